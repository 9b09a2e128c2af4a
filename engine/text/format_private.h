/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a prompt format is made of: the table is in format.c, the writing in
 * render.c.
 */
#pragma once

#include "text/format.h"

/* In the pieces these stand for the vocabulary's own tokens, where it has them
 * and, for BOS, where it wants one. */
#define DD_FORMAT_BOS "\1"
#define DD_FORMAT_EOS "\2"

/* A conversation is BOS, the system text between its pieces (or, without one,
 * `start`), and the turns: the user's text between its pieces and, where it was
 * answered, the answer between its own.  Control tokens written in the pieces are
 * those tokens; NULL is an empty piece. */
typedef struct dd_format_text {
  const char *needs;         /* a token without which the format cannot be written, or NULL */
  const char *start;         /* in place of the system text where there is none */
  const char *system_before; /* NULL: the system text is put before a user's, with an empty line */
  const char *system_after;
  const char *again; /* before every turn but the first */
  const char *user_before;
  const char *user_after; /* up to where the model is to answer */
  const char
      *answer_before; /* before an answer given as text; made tokens begin as they were made */
  const char *answer_after; /* after an answer given as text */
  const char *made_after; /* after made tokens, which are without the end token */
  bool system_in_last; /* it goes to the last user's text, not to the first */
  bool trims; /* texts lose the spaces and line ends around them */
} dd_format_text;
