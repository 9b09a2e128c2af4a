/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows that go through a plan together.
 */
#pragma once

#include "dadam/types.h"

/* Names a submission to a device; 0 is none.  Grows, never used again. */
typedef uint64_t dd_ticket;

/* One token of one sequence. */
typedef struct dd_row {
  dd_token token;    /* or DD_ROW_PICKED (r) */
  int32_t position;  /* counted from 0 in its sequence */
  uint32_t sequence; /* index into the batch's sequences */
  bool logits;       /* HEAD computes this row */
} dd_row;

/* In place of a token: the one that had the largest logit in row r (counted
 * among the rows with logits) of ticket `picked_from` (the lowest number on a
 * tie), which was submitted to the same dd_loaded, on any work. */
#define DD_ROW_PICKED(r) (-1 - (dd_token) (r))

/* The pages of a sequence: page i holds positions 64 i … 64 i + 63.  Numbers are
 * those of the device's page pool. */
typedef struct dd_sequence {
  const uint32_t *pages;
  uint32_t n_pages;
} dd_sequence;

/* First the prompt rows, then the decode rows: a row's kind decides its path
 * through the device, never the number of rows.  Rows of one sequence stand in
 * order of position and see each other's keys and values causally.  Borrowed
 * until the ticket is waited for. */
typedef struct dd_batch {
  const dd_row *rows;
  int n_prompt;
  int n_decode;
  const dd_sequence *sequences;
  uint32_t n_sequences;
  dd_ticket picked_from;
} dd_batch;
