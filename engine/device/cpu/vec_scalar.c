/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Vectors of one float in plain C, for machines without anything wider.
 */
#include <math.h>
#include <stdbool.h>

#include "quant/half.h"

#define VW 1
#define TILE_VECTORS 4
#define VEC_TABLE dd_vec_scalar

typedef float vf;
typedef bool vmask;

static inline vf
v_load (const float *p)
{
  return *p;
}
static inline void
v_store (float *p, vf a)
{
  *p = a;
}
static inline vf
v_load_n (const float *p, int64_t n)
{
  return *p;
}
static inline void
v_store_n (float *p, vf a, int64_t n)
{
  *p = a;
}
static inline vf
v_load_half (const uint16_t *p)
{
  return dd_half_to_float (*p);
}
static inline void
v_store_half (uint16_t *p, vf a)
{
  *p = dd_half_from_float (a);
}
static inline vf
v_set (float a)
{
  return a;
}
static inline vf
v_add (vf a, vf b)
{
  return a + b;
}
static inline vf
v_sub (vf a, vf b)
{
  return a - b;
}
static inline vf
v_mul (vf a, vf b)
{
  return a * b;
}
static inline vf
v_div (vf a, vf b)
{
  return a / b;
}
/* Rounded twice: a fused one would be a library call on old machines. */
static inline vf
v_fma (vf a, vf b, vf c)
{
  return a * b + c;
}
/* Both give `b` where one is NaN. */
static inline vf
v_max (vf a, vf b)
{
  return a > b ? a : b;
}
static inline vf
v_min (vf a, vf b)
{
  return a < b ? a : b;
}
static inline vf
v_abs (vf a)
{
  return fabsf (a);
}
static inline vf
v_with_sign (vf a, vf sign)
{
  return copysignf (a, sign);
}
static inline vf
v_swap_pairs (vf a)
{
  return a;
}
static inline vmask
v_less (vf a, vf b)
{
  return a < b;
}
static inline vmask
v_both (vmask a, vmask b)
{
  return a && b;
}
static inline bool
v_all (vmask a)
{
  return a;
}
static inline vf
v_select (vmask m, vf a, vf b)
{
  return m ? a : b;
}
static inline float
v_sum (vf a)
{
  return a;
}
static inline float
v_largest (vf a)
{
  return a;
}
static inline double
v_sum_double (vf a)
{
  return a;
}

/* Rounds |a| < 2^22 to the nearest whole number. */
static inline vf
v_round (vf a)
{
  return (a + 0x1.8p23f) - 0x1.8p23f;
}

/* a * 2^n for a whole n of -126 … 127. */
static inline vf
v_scale (vf a, vf n)
{
  return isnan (n) ? n : a * dd_float_from_bits ((uint32_t) ((int32_t) n + 127) << 23);
}

static inline void
v_sum4 (const vf a[4], float out[4])
{
  for (int i = 0; i < 4; i++)
    out[i] = a[i];
}

#include "device/cpu/vec_kernels.h"
