/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The messages of a conversation in the terminal as they are typed, pasted or piped in.
 */
#pragma once

#include <stdbool.h>

/* Once, before anything is read: whether what is typed is kept for the next start, and what the Tab
 * key completes at the beginning of a line, a list that ends with NULL and stays. */
void input_begin (bool keep, const char *const *completions);
/* Whether somebody sits at a terminal. */
bool input_is_typed (void);
/* Whether lines can be edited and those of before be brought back. */
bool input_is_edited (void);

/* The next message, asked for at a terminal; free () it.  A line is one, and so are lines that are
 * pasted at once or stand between """ and """.  NULL at the end of input, or when a signal ends the
 * program.  Ctrl+C clears what is typed, and tells how to leave when nothing is. */
char *input_read (void);

/* While an answer is written: what is typed meanwhile is not mixed into it but waits. */
void input_hold (bool hold);
