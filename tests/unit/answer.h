/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Answers of sessions, collected: what the tests of sessions, scheduler and
 * engine share.
 */
#pragma once

#include "dadam/engine.h"

#define ANSWER_TOKENS 4096

typedef struct answer {
  dd_token tokens[ANSWER_TOKENS];
  int count;
  char text[4 * ANSWER_TOKENS];
  size_t length;
  dd_choice best[20];       /* of the last token */
  int n_best;
  int readings;             /* events */
  int losses, moves;        /* events */
  uint64_t done, total;     /* of the last one */
  int ends;
  dd_stop_reason reason;
  dd_error error;
  dd_stats stats;
  int cancel_after;         /* tokens; 0: never */
} answer;

/* For dd_generation.event; `user` is an answer. */
void answer_event (dd_session *session, const dd_event *event, void *user);

/* A generation into `out`, which is emptied: ends are ignored, `max` tokens. */
dd_generation answer_want (answer *out, int max);

/* Works until nothing runs. */
void answer_work (dd_engine *engine);

/* `count` tokens that follow from `seed`. */
void answer_prompt (dd_token *tokens, size_t count, uint64_t seed);

/* Syncs given tokens (then made ones, if any) and starts. */
void answer_start (dd_session *session,
                   const dd_token *given,
                   size_t n_given,
                   const dd_token *made,
                   size_t n_made,
                   const dd_generation *generation);

bool answer_equal (const answer *a, const answer *b);

/* Makes the model forget what it has computed and no session holds. */
void answer_forget (dd_model *model);
