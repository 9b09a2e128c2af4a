/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sums and tiles of a kernel live in arrays, which only unrolled loops keep in registers.
 */
#pragma once

#if defined(__clang__)
#define UNROLL _Pragma ("unroll")
#else
#define UNROLL _Pragma ("GCC unroll 16")
#endif

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))
