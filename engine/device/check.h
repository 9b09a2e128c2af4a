/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the front checks before a device sees it: that a plan is sound and that a
 * batch keeps to the limits of its work.  Everything else of the front is in
 * device.c.
 */
#pragma once

#include "device/device.h"

/* Shapes, geometry and widths of the steps [first, first + count), which lie in
 * the plan.  With `data` also that weights and vectors are there. */
DD_MUST_CHECK bool dd_check_steps (const dd_plan *plan,
                                   size_t first,
                                   size_t count,
                                   bool data,
                                   dd_error *error);

/* Rows, positions, pages, and as far as the steps [first, first + count) use
 * them tokens and rows with logits. */
DD_MUST_CHECK bool dd_check_batch (const dd_work *work,
                                   const dd_batch *batch,
                                   size_t first,
                                   size_t count,
                                   dd_error *error);

/* Rows of the batch that ask for logits. */
int dd_batch_logit_rows (const dd_batch *batch);
