/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a user may choose about answers: the system prompt, the prompt format, how
 * words are drawn and how long an answer may be.  Kept as JSON objects that have only
 * what was chosen; a conversation's are laid over its model's.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define DADAM_CHOICE_PENALTY_WINDOW 256 /* how many last tokens the penalties see */

typedef struct {
  char *system; /* %NULL: none */
  char *format; /* a prompt format's name; %NULL: the model's */

  double temperature; /* 0: always the likeliest word */
  gint64 top_k;       /* 0: off */
  double top_p;       /* 1: off */
  double min_p;       /* 0: off */
  double repeat_penalty;    /* 1: off */
  double frequency_penalty; /* 0: off */
  double presence_penalty;  /* 0: off */
  gint64 seed;       /* -1: another one for each answer */
  gint64 max_tokens; /* of an answer; 0: until the context is full */
  gint64 context;    /* tokens; 0: the model's own.  Of a model, not of a conversation */
} DadamChoices;

DadamChoices *dadam_choices_new (void);
DadamChoices *dadam_choices_copy (const DadamChoices *self);
void dadam_choices_free (DadamChoices *self);
void dadam_choices_apply (DadamChoices *self, const char *json);
char *dadam_choices_to_json (const DadamChoices *self, const DadamChoices *base);
char *dadam_choices_describe (const DadamChoices *self, const DadamChoices *other);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamChoices, dadam_choices_free)

G_END_DECLS
