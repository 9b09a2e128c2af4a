/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One sequence through a whole plan that lies on one device or on several, on
 * the device interface alone.
 */
#pragma once

#include "device/device.h"

#define FORWARD_PARTS 3
#define FORWARD_PAGES 4

typedef struct forward {
  const dd_plan *plan;
  int n; /* parts */
  size_t ends[FORWARD_PARTS]; /* the step after each part */
  dd_loaded *loaded[FORWARD_PARTS]; /* owned */
  dd_work *work[FORWARD_PARTS]; /* owned */
  float *x; /* owned: on its way from part to part */
  uint32_t pages[FORWARD_PAGES];
  size_t slice; /* steps of a submission; 0: all at once */
} forward;

/* The steps up to ends[0] on devices[0], from there up to ends[1] on devices[1]…
 * End with forward_end, also after a failure. */
DD_MUST_CHECK bool forward_start (forward *f,
                                  const dd_plan *plan,
                                  dd_device *const *devices,
                                  const size_t *ends,
                                  int n,
                                  dd_cache_type cache,
                                  int rows,
                                  dd_error *error);
void forward_end (forward *f);

/* Runs rows of sequence 0; the logits of those that ask go to `logits`. */
DD_MUST_CHECK bool forward_run (forward *f,
                                const dd_row *rows,
                                int n_prompt,
                                int n_decode,
                                float *logits,
                                dd_error *error);
