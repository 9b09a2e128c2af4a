/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The work on floats, written once over a vector type `vf` of VW lanes and
 * compiled by each vec_<isa>.c, which defines before: vf, vmask, VW,
 * TILE_VECTORS (vectors of a register tile's width), VEC_TABLE and the v_
 * functions.  What rows do to each other is decided here, once for all sets:
 * nothing.  Attention stands in two parts of its own, included where they belong.
 */
#include <math.h>

#include "device/cpu/unroll.h"
#include "device/cpu/vec.h"
#include "plan/plan.h"

#define TILE_LANES (TILE_VECTORS * VW > DD_VEC_PAD ? TILE_VECTORS * VW : DD_VEC_PAD)
#define LOG2_E 0x1.715476p+0f

/* exp (x) for x of -87.3 … 88, beyond as at those ends; NaN stays NaN.
 * exp (n ln 2 + r) with |r| <= ln 2 / 2; ln 2 in two parts, the first short
 * enough for exact multiples; 1 + r + r² q (r), q fitted to 3e-9 of exp. */
static inline vf
v_exp (vf x)
{
  vf n, r, q;

  x = v_min (v_set (88.0f), v_max (v_set (-87.3f), x));
  n = v_round (v_mul (x, v_set (LOG2_E)));
  r = v_fma (n, v_set (-0.693359375f), x);
  r = v_fma (n, v_set (2.12194442e-4f), r);
  q = v_fma (v_set (0x1.6db4e4p-10f), r, v_set (0x1.123be0p-7f));
  q = v_fma (q, r, v_set (0x1.55545ep-5f));
  q = v_fma (q, r, v_set (0x1.55548ep-3f));
  q = v_fma (q, r, v_set (0.5f));
  return v_scale (v_add (v_fma (v_mul (r, r), q, r), v_set (1.0f)), n);
}

/* The same, but 0 below -87: for weights, whose products must not be subnormal. */
static inline vf
v_exp_weight (vf x)
{
  return v_select (v_less (x, v_set (-87.0f)), v_set (0), v_exp (x));
}

/* An odd polynomial fitted to 4e-9 below 0.625, 1 - 2 / (exp (2y) + 1) above. */
static inline vf
v_tanh (vf y)
{
  vf magnitude = v_abs (y);
  vf z = v_mul (y, y);
  vf p, e;

  p = v_fma (v_set (-0.005717037f), z, v_set (0.020650579f));
  p = v_fma (p, z, v_set (-0.053743497f));
  p = v_fma (p, z, v_set (0.13331491f));
  p = v_fma (p, z, v_set (-0.33333284f));
  e = v_add (v_exp (v_add (magnitude, magnitude)), v_set (1.0f));
  return v_select (v_less (magnitude, v_set (0.625f)), v_fma (v_mul (y, z), p, y),
                   v_with_sign (v_sub (v_set (1.0f), v_div (v_set (2.0f), e)), y));
}

static double
sum_of_squares (const float *x, int64_t n)
{
  vf sums[4] = { v_set (0), v_set (0), v_set (0), v_set (0) };
  double total = 0;
  int64_t i = 0;

  for (; i + 4 * VW <= n; i += 4 * VW) {
    UNROLL
    for (int j = 0; j < 4; j++)
      sums[j] = v_fma (v_load (x + i + j * VW), v_load (x + i + j * VW), sums[j]);
  }
  for (; i + VW <= n; i += VW)
    sums[0] = v_fma (v_load (x + i), v_load (x + i), sums[0]);
  if (i < n)
    sums[0] = v_fma (v_load_n (x + i, n - i), v_load_n (x + i, n - i), sums[0]);
  for (int j = 0; j < 4; j++)
    total += v_sum_double (sums[j]);
  return total;
}

static void
rms_norm (const float *x, const float *norm, float eps, int64_t n, float *out)
{
  vf scale = v_set ((float) (1 / sqrt (sum_of_squares (x, n) / (double) n + (double) eps)));
  int64_t i = 0;

  for (; i + VW <= n; i += VW)
    v_store (out + i, v_mul (v_mul (v_load (x + i), scale), v_load (norm + i)));
  if (i < n)
    v_store_n (out + i, v_mul (v_mul (v_load_n (x + i, n - i), scale), v_load_n (norm + i, n - i)),
               n - i);
}

static void
add (float *x, const float *y, int64_t n)
{
  int64_t i = 0;

  for (; i + VW <= n; i += VW)
    v_store (x + i, v_add (v_load (x + i), v_load (y + i)));
  if (i < n)
    v_store_n (x + i, v_add (v_load_n (x + i, n - i), v_load_n (y + i, n - i)), n - i);
}

static void
add_scaled (float *x, const float *y, float scale, int64_t n)
{
  vf s = v_set (scale);
  int64_t i = 0;

  for (; i + VW <= n; i += VW)
    v_store (x + i, v_fma (v_load (y + i), s, v_load (x + i)));
  if (i < n)
    v_store_n (x + i, v_fma (v_load_n (y + i, n - i), s, v_load_n (x + i, n - i)), n - i);
}

static void
multiply (float *x, float scale, int64_t n)
{
  vf s = v_set (scale);
  int64_t i = 0;

  for (; i + VW <= n; i += VW)
    v_store (x + i, v_mul (v_load (x + i), s));
  if (i < n)
    v_store_n (x + i, v_mul (v_load_n (x + i, n - i), s), n - i);
}

static inline vf
v_cap (vf x, vf cap)
{
  return v_mul (cap, v_tanh (v_div (x, cap)));
}

static void
cap_values (float *x, float cap, int64_t n)
{
  vf c = v_set (cap);
  int64_t i = 0;

  for (; i + VW <= n; i += VW)
    v_store (x + i, v_cap (v_load (x + i), c));
  if (i < n)
    v_store_n (x + i, v_cap (v_load_n (x + i, n - i), c), n - i);
}

/* g / (1 + exp (-g)) */
static inline vf
v_silu (vf g)
{
  return v_div (g, v_add (v_set (1.0f), v_exp (v_sub (v_set (0), g))));
}

/* 0.5 g (1 + tanh z) = g / (1 + exp (-2z)), z = sqrt (2 / pi) (g + 0.044715 g³) */
static inline vf
v_gelu (vf g)
{
  vf inner = v_fma (v_mul (g, g), v_set (0.044715f), v_set (1.0f));
  vf minus_2z = v_mul (v_mul (v_set (-1.5957691216f), g), inner);

  return v_div (g, v_add (v_set (1.0f), v_exp (minus_2z)));
}

static void
silu_mul (const float *gate, const float *up, float *out, int64_t n)
{
  int64_t i = 0;

  for (; i + VW <= n; i += VW)
    v_store (out + i, v_mul (v_silu (v_load (gate + i)), v_load (up + i)));
  if (i < n)
    v_store_n (out + i, v_mul (v_silu (v_load_n (gate + i, n - i)), v_load_n (up + i, n - i)),
               n - i);
}

static void
gelu_mul (const float *gate, const float *up, float *out, int64_t n)
{
  int64_t i = 0;

  for (; i + VW <= n; i += VW)
    v_store (out + i, v_mul (v_gelu (v_load (gate + i)), v_load (up + i)));
  if (i < n)
    v_store_n (out + i, v_mul (v_gelu (v_load_n (gate + i, n - i)), v_load_n (up + i, n - i)),
               n - i);
}

static void
turn_pairs (float *x, const float *cosines, const float *sines, int64_t dims)
{
  int64_t i = 0;

  for (; VW > 1 && i + VW <= dims; i += VW) {
    vf a = v_load (x + i);
    vf crossed = v_mul (v_swap_pairs (a), v_load (sines + i));

    v_store (x + i, v_fma (a, v_load (cosines + i), crossed));
  }
  for (; i < dims; i += 2) {
    float even = x[i];

    x[i] = even * cosines[i] + x[i + 1] * sines[i];
    x[i + 1] = x[i + 1] * cosines[i] + even * sines[i + 1];
  }
}

static void
turn_halves (float *x, const float *cosines, const float *sines, int64_t dims)
{
  int64_t half = dims / 2;
  int64_t i = 0;

  for (; i + VW <= half; i += VW) {
    vf a = v_load (x + i);
    vf b = v_load (x + half + i);
    vf c = v_load (cosines + i);
    vf s = v_load (sines + i);

    v_store (x + i, v_sub (v_mul (a, c), v_mul (b, s)));
    v_store (x + half + i, v_add (v_mul (b, c), v_mul (a, s)));
  }
  for (; i < half; i++) {
    float a = x[i];
    float b = x[half + i];

    x[i] = a * cosines[i] - b * sines[i];
    x[half + i] = b * cosines[i] + a * sines[i];
  }
}

static void
narrow (const float *x, uint16_t *out, int64_t n)
{
  float rest[VW] = { 0 };
  uint16_t halves[VW];
  int64_t i = 0;

  for (; i + VW <= n; i += VW)
    v_store_half (out + i, v_load (x + i));
  if (i == n)
    return;
  for (int64_t j = i; j < n; j++)
    rest[j - i] = x[j];
  v_store_half (halves, v_load (rest));
  for (int64_t j = i; j < n; j++)
    out[j] = halves[j - i];
}

static void
widen (const uint16_t *x, float *out, int64_t n)
{
  uint16_t rest[VW] = { 0 };
  int64_t i = 0;

  for (; i + VW <= n; i += VW)
    v_store (out + i, v_load_half (x + i));
  if (i == n)
    return;
  for (int64_t j = i; j < n; j++)
    rest[j - i] = x[j];
  v_store_n (out + i, v_load_half (rest), n - i);
}

static float
largest_of (const float *x, int64_t n)
{
  vf top[2] = { v_set (-INFINITY), v_set (-INFINITY) };
  float result;
  int64_t i = 0;

  for (; i + 2 * VW <= n; i += 2 * VW) {
    top[0] = v_max (v_load (x + i), top[0]);
    top[1] = v_max (v_load (x + i + VW), top[1]);
  }
  result = v_largest (v_max (top[0], top[1]));
  for (; i < n; i++)
    result = x[i] > result ? x[i] : result;
  return result;
}

/* Few enough numbers are added as floats not to show; blocks of them as doubles. */
static double
sum_exp (const float *x, float shift, int64_t n)
{
  vf s = v_set (shift);
  float rest[VW];
  double total = 0;
  int64_t i = 0;

  while (i + VW <= n) {
    int64_t end = i + 16 * VW <= n ? i + 16 * VW : n;
    vf sum = v_set (0);

    for (; i + VW <= end; i += VW)
      sum = v_add (sum, v_exp_weight (v_sub (v_load (x + i), s)));
    total += v_sum_double (sum);
  }
  if (i < n) {
    for (int64_t j = 0; j < VW; j++)
      rest[j] = i + j < n ? x[i + j] : -INFINITY;
    total += v_sum_double (v_exp_weight (v_sub (v_load (rest), s)));
  }
  return total;
}

static bool
all_finite (const float *x, int64_t n)
{
  bool finite = true;
  int64_t i = 0;

  for (; i + VW <= n; i += VW)
    finite = v_all (v_less (v_abs (v_load (x + i)), v_set (INFINITY))) && finite;
  for (; i < n; i++)
    finite = fabsf (x[i]) < INFINITY && finite;
  return finite;
}

#include "device/cpu/vec_attend_rows.h"
#include "device/cpu/vec_attend_tiles.h"

const dd_vec VEC_TABLE = {
  .tile_lanes = TILE_LANES,
  .rms_norm = rms_norm,
  .add = add,
  .add_scaled = add_scaled,
  .multiply = multiply,
  .cap = cap_values,
  .silu_mul = silu_mul,
  .gelu_mul = gelu_mul,
  .turn_pairs = turn_pairs,
  .turn_halves = turn_halves,
  .narrow = narrow,
  .widen = widen,
  .largest = largest_of,
  .sum_exp = sum_exp,
  .finite = all_finite,
  .row_scores = row_scores,
  .row_weights = row_weights,
  .row_values = row_values,
  .tile_scores = tile_scores,
  .tile_weights = tile_weights,
  .tile_values = tile_values,
};
