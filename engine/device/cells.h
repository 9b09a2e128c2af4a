/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Keys and values as they lie in pages: elements of a cache type to floats and back.
 */
#pragma once

#include <string.h>

#include "dadam/types.h"
#include "quant/half.h"

static inline size_t
dd_cell_bytes (dd_cache_type cache)
{
  return cache == DD_CACHE_F16 ? sizeof (uint16_t) : sizeof (float);
}

/* `n` elements from `at`, which need not be aligned. */
static inline void
dd_cells_read (dd_cache_type cache, const void *at, int64_t n, float *out)
{
  if (cache == DD_CACHE_F32) {
    memcpy (out, at, (size_t) n * sizeof *out);
    return;
  }
  for (int64_t i = 0; i < n; i++) {
    uint16_t half;

    memcpy (&half, (const uint8_t *) at + 2 * i, sizeof half);
    out[i] = dd_half_to_float (half);
  }
}

static inline void
dd_cells_write (dd_cache_type cache, void *at, int64_t n, const float *values)
{
  if (cache == DD_CACHE_F32) {
    memcpy (at, values, (size_t) n * sizeof *values);
    return;
  }
  for (int64_t i = 0; i < n; i++) {
    uint16_t half = dd_half_from_float (values[i]);

    memcpy ((uint8_t *) at + 2 * i, &half, sizeof half);
  }
}
