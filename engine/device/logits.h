/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is asked of one row of logits in host memory, for devices that keep them
 * there.  Plain double arithmetic in one order: same bits on every machine with
 * the same libm.
 */
#pragma once

#include "device/device.h"

/* Fills what `fetch` wants from `n` logits; NaN sorts below everything. */
void dd_logits_fetch (const float *logits, int64_t n, const dd_fetch *fetch);

/* The lowest token among those with the largest logit; 0 if all are NaN. */
dd_token dd_logits_pick (const float *logits, int64_t n);
