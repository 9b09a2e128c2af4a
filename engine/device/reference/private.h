/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of the reference device share: reference.c owns the device and
 * the queue, memory.c pages and activations, steps.c the arithmetic.
 */
#pragma once

#include <stdatomic.h>

#include "device/reference/reference.h"

#define REFERENCE_MAX_ROWS 512
#define REFERENCE_DECODE_ROWS 16

typedef struct reference_work reference_work;

/* Recorded by submit, run by a wait. */
typedef struct reference_submission reference_submission;
struct reference_submission {
  dd_ticket ticket; /* 0: the slot is free */
  reference_work *work;
  dd_batch batch; /* borrowed arrays */
  size_t first, count;
  const reference_work *picks; /* borrowed: whose logits the picked rows look at, or NULL */
  reference_submission *next;
};

typedef struct reference_loaded {
  dd_loaded base;
  int *cache_index; /* owned: of each of the plan's layers among those kept here, or -1 */
  int n_layers; /* kept here */
  int64_t kv_width; /* floats of keys (or values) per token and layer */
  uint8_t **pages; /* owned: [base.n_pages], each [layer][keys, values][slot][kv_width] */
  uint32_t n_slots; /* of `pages` */
  reference_submission *queue; /* oldest first */
} reference_loaded;

struct reference_work {
  dd_work base;
  float *buffers[DD_BUFFERS]; /* owned: [max_rows][plan->width] */
  float *logits; /* owned: [max_logit_rows][n_vocab] */
  double *in; /* owned: the normed input of a step */
  double *out; /* owned: its products */
  float *weights; /* owned: one row, dequantised */
  reference_submission slots[DD_TICKETS];
  atomic_bool cancelled;
};

/* steps.c: runs until the end or until the work is cancelled. */
void reference_run (const reference_submission *submission);

/* memory.c */
bool reference_measure (dd_device *device,
                        const dd_request *request,
                        dd_measured *out,
                        dd_error *error);
bool reference_pages_resize (dd_loaded *loaded, uint32_t count, dd_error *error);
bool reference_pages_copy (dd_loaded *loaded,
                           uint32_t from,
                           uint32_t to,
                           int tokens,
                           dd_error *error);
bool reference_work_new (dd_loaded *loaded,
                         int rows,
                         int logit_rows,
                         dd_work **out,
                         dd_error *error);
void reference_work_free (dd_work *work);
bool reference_put (dd_work *work,
                    int rows,
                    dd_buffer buffer,
                    const float *values,
                    dd_error *error);
bool reference_get (dd_work *work, int rows, dd_buffer buffer, float *values, dd_error *error);
bool reference_cache_get (dd_loaded *loaded,
                          int layer,
                          uint32_t page,
                          int slot,
                          float *keys,
                          float *values,
                          dd_error *error);
bool reference_cache_put (dd_loaded *loaded,
                          int layer,
                          uint32_t page,
                          int slot,
                          const float *keys,
                          const float *values,
                          dd_error *error);

/* The keys (side 0) or values (side 1) of a token and layer: `count` floats from
 * element `first` on, rounded as the cache keeps them. */
void reference_cache_read (const reference_loaded *loaded,
                           int layer,
                           uint32_t page,
                           int slot,
                           int side,
                           int64_t first,
                           int64_t count,
                           float *out);
void reference_cache_write (reference_loaded *loaded,
                            int layer,
                            uint32_t page,
                            int slot,
                            int side,
                            int64_t first,
                            int64_t count,
                            const float *values);
