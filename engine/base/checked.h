/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Arithmetic on sizes that come from outside.  Each returns false when the
 * result does not fit, and then leaves `*out` unspecified.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

static inline bool
dd_add_u64 (uint64_t a, uint64_t b, uint64_t *out)
{
  return !__builtin_add_overflow (a, b, out);
}

static inline bool
dd_mul_u64 (uint64_t a, uint64_t b, uint64_t *out)
{
  return !__builtin_mul_overflow (a, b, out);
}

/* Rounds up to a multiple of `alignment`, a power of two. */
static inline bool
dd_align_u64 (uint64_t a, uint64_t alignment, uint64_t *out)
{
  uint64_t sum;

  if (__builtin_add_overflow (a, alignment - 1, &sum))
    return false;
  *out = sum & ~(alignment - 1);
  return true;
}
