/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A pass: one batch on its way through all placements of a model, with its
 * activations on each, so that it can stop after any step and go on later.
 */
#pragma once

#include "run/place.h"

typedef struct dd_pass {
  const dd_places *places; /* borrowed */
  int room, logit_room;
  /* owned */
  dd_work *works[DD_RANGES];
  dd_row *rows;            /* room */
  dd_sequence *sequences;  /* n_sequences of `sequence_room` */
  float *crossing;         /* room * width of X, where there are several places */
  /* state */
  int sequence_room;
  dd_batch batch;
  int n_logits;
  int place;               /* where the next step is */
  size_t next;             /* step */
} dd_pass;

/* A pass for batches of at most `rows` rows, `logit_rows` of them with logits,
 * of at most `sequences` sequences.  `places` are loaded and outlive it. */
DD_MUST_CHECK bool dd_pass_new (const dd_places *places,
                                int rows,
                                int logit_rows,
                                int sequences,
                                dd_pass **out,
                                dd_error *error);
void dd_pass_free (dd_pass **pass);

/* Starts a new batch. */
void dd_pass_begin (dd_pass *pass);
/* Adds a sequence; returns its index.  `pages` are borrowed until the batch is done. */
uint32_t dd_pass_sequence (dd_pass *pass, const uint32_t *pages, uint32_t n_pages);
/* Adds a row; those of given tokens before those of made ones. */
void dd_pass_row (dd_pass *pass, dd_kind kind, dd_row row);

/* Runs at most `steps` more steps; blocks. */
DD_MUST_CHECK bool dd_pass_run (dd_pass *pass, size_t steps, dd_error *error);
bool dd_pass_done (const dd_pass *pass);

/* The logits of the row that was added as the `row`-th with logits. */
DD_MUST_CHECK bool dd_pass_logits (dd_pass *pass, int row, float *logits, dd_error *error);

/* From any thread: the running dd_pass_run, or else the next, fails soon with
 * DD_ERROR_CANCELLED.  A pass that was cancelled is freed, not used again. */
void dd_pass_cancel (dd_pass *pass);
