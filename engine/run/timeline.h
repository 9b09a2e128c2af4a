/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One sequence of tokens with their kinds, and the pages that hold what has been
 * computed of it.  Decides what is kept when the sequence changes; computes
 * nothing and knows no device.
 */
#pragma once

#include "run/pages.h"

typedef struct dd_timeline {
  dd_pages *pool; /* borrowed */
  /* owned */
  dd_token *tokens;  /* `room` */
  uint8_t *kinds;    /* `room`, dd_kind each */
  uint32_t *pages;   /* held, n_pages of them; page i has positions 64 i … */
  /* state */
  size_t room;       /* tokens at most */
  size_t n_tokens;
  size_t computed;   /* positions below have keys and values; <= n_tokens */
  uint32_t n_pages;  /* the pages of `computed`, and those taken to write */
} dd_timeline;

DD_MUST_CHECK bool dd_timeline_init (dd_timeline *timeline,
                                     dd_pages *pool,
                                     size_t room,
                                     dd_error *error);
void dd_timeline_clear (dd_timeline *timeline);

/* Makes the sequence these tokens.  The spans' counts add up to no more than
 * `room` (checked by the caller).  Keeps what is common, takes over what other
 * timelines of the pool have computed. */
void dd_timeline_sync (dd_timeline *timeline,
                       const dd_token *tokens,
                       const dd_span *spans,
                       size_t n_spans);

/* Takes over what the pool has beyond what is computed. */
void dd_timeline_match (dd_timeline *timeline);

/* Lets what is computed end at `position` at the latest. */
void dd_timeline_rewind (dd_timeline *timeline, size_t position);

/* Adds a token; there is room. */
void dd_timeline_append (dd_timeline *timeline, dd_token token, dd_kind kind);

/* How many tokens of one kind, at most `most` of them, are to be computed next. */
size_t dd_timeline_next (const dd_timeline *timeline, size_t most, dd_kind *kind);

/* Has pages ready that the positions from `computed` to `end` may be written to,
 * and room in the pool for the page after those. */
DD_MUST_CHECK bool dd_timeline_prepare (dd_timeline *timeline, size_t end, dd_error *error);
/* Positions up to `end` have been computed. */
void dd_timeline_advance (dd_timeline *timeline, size_t end);
/* What was prepared will not be written. */
void dd_timeline_abandon (dd_timeline *timeline);

/* The pool has forgotten its pages. */
void dd_timeline_forget (dd_timeline *timeline);
