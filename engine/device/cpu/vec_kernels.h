/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The work on floats, written once over a vector type `vf` of VW lanes and
 * compiled by each vec_<isa>.c, which defines before: vf, vmask, VW,
 * TILE_VECTORS (vectors of a register tile's width), VEC_TABLE and the v_
 * functions.  What rows do to each other is decided here, once for all sets:
 * nothing.
 */
#include <math.h>

#include "device/cpu/vec.h"
#include "plan/plan.h"

/* Register tiles live in arrays, which only unrolled loops keep in registers. */
#define ALWAYS_INLINE static inline __attribute__ ((always_inline))
#if defined(__clang__)
#define UNROLL _Pragma ("unroll")
#else
#define UNROLL _Pragma ("GCC unroll 16")
#endif

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

ALWAYS_INLINE vf
load_element (const void *elements, bool half, int64_t at)
{
  return half ? v_load_half ((const uint16_t *) elements + at)
              : v_load ((const float *) elements + at);
}

/* Asks for `count` rows of what comes next.  Memory then works while we compute:
 * the processor's own prefetching stops at each head's end. */
ALWAYS_INLINE void
bring_next (const dd_vec_page *page, bool half, int64_t position, int count)
{
  int64_t element = half ? sizeof (uint16_t) : sizeof (float);
  const char *from = page->next;

  for (int64_t i = 0; from && i < count * page->stride * element; i += 64)
    __builtin_prefetch (from + position * page->stride * element + i, 0, 2);
}

/* `queries` dots with each of the four positions at[0 … 3]; out[q][i]. */
ALWAYS_INLINE void
row_scores_block (const float *query,
                  int queries,
                  const dd_vec_page *keys,
                  bool half,
                  const int at[4],
                  float out[4][4])
{
  vf sums[4][4];

  UNROLL
  for (int q = 0; q < queries; q++) {
    UNROLL
    for (int i = 0; i < 4; i++)
      sums[q][i] = v_set (0);
  }
  for (int64_t d = 0; d < keys->stride; d += VW) {
    vf k[4];

    UNROLL
    for (int i = 0; i < 4; i++)
      k[i] = load_element (keys->elements, half, at[i] * keys->stride + d);
    UNROLL
    for (int q = 0; q < queries; q++) {
      vf a = v_load (query + q * keys->stride + d);

      UNROLL
      for (int i = 0; i < 4; i++)
        sums[q][i] = v_fma (a, k[i], sums[q][i]);
    }
  }
  UNROLL
  for (int q = 0; q < queries; q++)
    v_sum4 (sums[q], out[q]);
}

/* Four positions at a time; past the end the last one again, its dots thrown away. */
ALWAYS_INLINE void
row_scores_queries (const float *query,
                    int queries,
                    const dd_vec_page *keys,
                    bool half,
                    int first,
                    int last,
                    float *scores)
{
  for (int p = first; p < last; p += 4) {
    float out[4][4];
    int at[4];
    int n = last - p < 4 ? last - p : 4;

    for (int i = 0; i < 4; i++)
      at[i] = i < n ? p + i : last - 1;
    bring_next (keys, half, p, n);
    row_scores_block (query, queries, keys, half, at, out);
    for (int q = 0; q < queries; q++) {
      for (int i = 0; i < n; i++)
        scores[q * DD_PAGE_TOKENS + p + i] = out[q][i];
    }
  }
}

ALWAYS_INLINE void
row_scores_type (const float *query,
                 int group,
                 const dd_vec_page *keys,
                 bool half,
                 int first,
                 int last,
                 float *scores)
{
  int g = 0;

  for (; g + 4 <= group; g += 4)
    row_scores_queries (query + g * keys->stride, 4, keys, half, first, last,
                        scores + g * DD_PAGE_TOKENS);
  query += g * keys->stride;
  scores += g * DD_PAGE_TOKENS;
  if (group - g == 3)
    row_scores_queries (query, 3, keys, half, first, last, scores);
  else if (group - g == 2)
    row_scores_queries (query, 2, keys, half, first, last, scores);
  else if (group - g == 1)
    row_scores_queries (query, 1, keys, half, first, last, scores);
}

static void
row_scores (const float *query,
            int group,
            const dd_vec_page *keys,
            int first,
            int last,
            float *scores)
{
  if (keys->half)
    row_scores_type (query, group, keys, true, first, last, scores);
  else
    row_scores_type (query, group, keys, false, first, last, scores);
}

/* The vectors run over [0, DD_PAGE_TOKENS) whatever `first`, so that a position's
 * lane is its own. */
static float
row_weights (float *scores, int first, int last, float cap, float *largest, float *sum)
{
  int start = first - first % VW;
  int end = last + (VW - last % VW) % VW;
  vf top = v_set (*largest);
  vf total = v_set (0);
  float fade[VW];

  if (cap > 0)
    cap_values (scores + first, cap, last - first);
  for (int p = start; p < first; p++)
    scores[p] = -INFINITY;
  for (int p = last; p < end; p++)
    scores[p] = -INFINITY;
  for (int p = start; p < end; p += VW)
    top = v_max (v_load (scores + p), top);
  top = v_set (v_largest (top));
  for (int p = start; p < end; p += VW) {
    vf weight = v_exp_weight (v_sub (v_load (scores + p), top));

    v_store (scores + p, weight);
    total = v_add (total, weight);
  }
  v_store (fade, v_exp_weight (v_sub (v_set (*largest), top)));
  v_store_n (largest, top, 1);
  *sum = *sum * fade[0] + v_sum (total);
  return fade[0];
}

ALWAYS_INLINE void
row_values_block (const float *weights,
                  const float *fade,
                  int queries,
                  int vectors,
                  const dd_vec_page *values,
                  bool half,
                  int64_t d,
                  int first,
                  int last,
                  float *out)
{
  vf sums[4][8];

  UNROLL
  for (int q = 0; q < queries; q++) {
    UNROLL
    for (int j = 0; j < vectors; j++)
      sums[q][j] = v_mul (v_load (out + q * values->stride + d + j * VW), v_set (fade[q]));
  }
  for (int p = first; p < last; p++) {
    vf v[8];

    if (d == 0)
      bring_next (values, half, p, 1);
    UNROLL
    for (int j = 0; j < vectors; j++)
      v[j] = load_element (values->elements, half, p * values->stride + d + j * VW);
    UNROLL
    for (int q = 0; q < queries; q++) {
      vf weight = v_set (weights[q * DD_PAGE_TOKENS + p]);

      UNROLL
      for (int j = 0; j < vectors; j++)
        sums[q][j] = v_fma (weight, v[j], sums[q][j]);
    }
  }
  UNROLL
  for (int q = 0; q < queries; q++) {
    UNROLL
    for (int j = 0; j < vectors; j++)
      v_store (out + q * values->stride + d + j * VW, sums[q][j]);
  }
}

ALWAYS_INLINE void
row_values_queries (const float *weights,
                    const float *fade,
                    int queries,
                    const dd_vec_page *values,
                    bool half,
                    int first,
                    int last,
                    float *out)
{
  int64_t d = 0;

  for (; d + TILE_VECTORS * VW <= values->stride; d += TILE_VECTORS * VW)
    row_values_block (weights, fade, queries, TILE_VECTORS, values, half, d, first, last, out);
  for (; d < values->stride; d += VW)
    row_values_block (weights, fade, queries, 1, values, half, d, first, last, out);
}

ALWAYS_INLINE void
row_values_type (const float *weights,
                 const float *fade,
                 int group,
                 const dd_vec_page *values,
                 bool half,
                 int first,
                 int last,
                 float *out)
{
  int g = 0;

  for (; g + 4 <= group; g += 4)
    row_values_queries (weights + g * DD_PAGE_TOKENS, fade + g, 4, values, half, first, last,
                        out + g * values->stride);
  weights += g * DD_PAGE_TOKENS;
  fade += g;
  out += g * values->stride;
  if (group - g == 3)
    row_values_queries (weights, fade, 3, values, half, first, last, out);
  else if (group - g == 2)
    row_values_queries (weights, fade, 2, values, half, first, last, out);
  else if (group - g == 1)
    row_values_queries (weights, fade, 1, values, half, first, last, out);
}

static void
row_values (const float *weights,
            const float *fade,
            int group,
            const dd_vec_page *values,
            int first,
            int last,
            float *out)
{
  if (values->half)
    row_values_type (weights, fade, group, values, true, first, last, out);
  else
    row_values_type (weights, fade, group, values, false, first, last, out);
}

/* `positions` rows of keys by `vectors` vectors of lanes. */
ALWAYS_INLINE void
tile_scores_block (const dd_vec_tile *tile,
                   int lane,
                   int vectors,
                   const float *keys,
                   int64_t stride,
                   int p,
                   int positions)
{
  vf sums[8][4];

  UNROLL
  for (int i = 0; i < positions; i++) {
    UNROLL
    for (int j = 0; j < vectors; j++)
      sums[i][j] = v_set (0);
  }
  for (int64_t d = 0; d < stride; d++) {
    vf q[4];

    UNROLL
    for (int j = 0; j < vectors; j++)
      q[j] = v_load (tile->query + d * tile->lanes + lane + j * VW);
    UNROLL
    for (int i = 0; i < positions; i++) {
      vf k = v_set (keys[(p + i) * stride + d]);

      UNROLL
      for (int j = 0; j < vectors; j++)
        sums[i][j] = v_fma (k, q[j], sums[i][j]);
    }
  }
  UNROLL
  for (int i = 0; i < positions; i++) {
    UNROLL
    for (int j = 0; j < vectors; j++)
      v_store (tile->scores + (p + i) * tile->lanes + lane + j * VW, sums[i][j]);
  }
}

/* A narrow block takes more positions, to keep as many sums going at once. */
ALWAYS_INLINE void
tile_scores_lanes (const dd_vec_tile *tile,
                   int lane,
                   int vectors,
                   const float *keys,
                   int64_t stride,
                   int positions)
{
  int p = 0;

  if (vectors == 1) {
    for (; p + 8 <= positions; p += 8)
      tile_scores_block (tile, lane, vectors, keys, stride, p, 8);
  }
  for (; p + 4 <= positions; p += 4)
    tile_scores_block (tile, lane, vectors, keys, stride, p, 4);
  for (; p < positions; p++)
    tile_scores_block (tile, lane, vectors, keys, stride, p, 1);
}

static void
tile_scores (const dd_vec_tile *tile, const float *keys, int64_t stride, int positions)
{
  int lane = 0;

  for (; lane + TILE_VECTORS * VW <= tile->lanes; lane += TILE_VECTORS * VW)
    tile_scores_lanes (tile, lane, TILE_VECTORS, keys, stride, positions);
  if (TILE_VECTORS > 3 && lane + 3 * VW <= tile->lanes) {
    tile_scores_lanes (tile, lane, 3, keys, stride, positions);
    lane += 3 * VW;
  }
  if (TILE_VECTORS > 2 && lane + 2 * VW <= tile->lanes) {
    tile_scores_lanes (tile, lane, 2, keys, stride, positions);
    lane += 2 * VW;
  }
  if (lane < tile->lanes)
    tile_scores_lanes (tile, lane, 1, keys, stride, positions);
}

static inline vmask
seen (const dd_vec_tile *tile, int lane, int position)
{
  vf p = v_set ((float) position);
  vf after = v_add (p, v_set (1.0f));

  /* lo <= p as lo < p + 1: all are whole numbers. */
  return v_both (v_less (v_load (tile->lo + lane), after), v_less (p, v_load (tile->hi + lane)));
}

ALWAYS_INLINE void
tile_weights_lanes (const dd_vec_tile *tile, int lane, int positions, float cap, bool masked)
{
  vf old = v_load (tile->largest + lane);
  vf top = old;
  vf total = v_set (0);
  vf fade;

  for (int p = 0; p < positions; p++) {
    float *at = tile->scores + p * tile->lanes + lane;
    vf s = v_load (at);

    if (cap > 0) {
      s = v_cap (s, v_set (cap));
      v_store (at, s);
    }
    if (masked)
      s = v_select (seen (tile, lane, p), s, v_set (DD_VEC_LOWEST));
    top = v_max (s, top);
  }
  for (int p = 0; p < positions; p++) {
    float *at = tile->scores + p * tile->lanes + lane;
    vf weight = v_exp_weight (v_sub (v_load (at), top));

    if (masked)
      weight = v_select (seen (tile, lane, p), weight, v_set (0));
    v_store (at, weight);
    total = v_add (total, weight);
  }
  fade = v_exp_weight (v_sub (old, top));
  v_store (tile->largest + lane, top);
  v_store (tile->sum + lane, v_fma (v_load (tile->sum + lane), fade, total));
  v_store (tile->fade + lane, fade);
}

static void
tile_weights (const dd_vec_tile *tile, int positions, float cap)
{
  for (int lane = 0; lane < tile->lanes; lane += VW) {
    if (tile->lo)
      tile_weights_lanes (tile, lane, positions, cap, true);
    else
      tile_weights_lanes (tile, lane, positions, cap, false);
  }
}

ALWAYS_INLINE void
tile_values_block (const dd_vec_tile *tile,
                   int lane,
                   int lanes,
                   int vectors,
                   const float *values,
                   int64_t stride,
                   int64_t d,
                   int first,
                   int last,
                   float *out)
{
  vf sums[4][8];

  UNROLL
  for (int i = 0; i < lanes; i++) {
    vf fade = v_set (tile->fade[lane + i]);

    UNROLL
    for (int j = 0; j < vectors; j++)
      sums[i][j] = v_mul (v_load (out + (lane + i) * stride + d + j * VW), fade);
  }
  for (int p = first; p < last; p++) {
    const float *weights = tile->scores + p * tile->lanes + lane;
    vf v[8];

    UNROLL
    for (int j = 0; j < vectors; j++)
      v[j] = v_load (values + p * stride + d + j * VW);
    UNROLL
    for (int i = 0; i < lanes; i++) {
      vf weight = v_set (weights[i]);

      UNROLL
      for (int j = 0; j < vectors; j++)
        sums[i][j] = v_fma (weight, v[j], sums[i][j]);
    }
  }
  UNROLL
  for (int i = 0; i < lanes; i++) {
    UNROLL
    for (int j = 0; j < vectors; j++)
      v_store (out + (lane + i) * stride + d + j * VW, sums[i][j]);
  }
}

/* A single lane takes a wider block, to keep as many sums going at once. */
ALWAYS_INLINE void
tile_values_lanes (const dd_vec_tile *tile,
                   int lane,
                   int lanes,
                   const float *values,
                   int64_t stride,
                   int first,
                   int last,
                   float *out)
{
  int64_t d = 0;

  if (lanes == 1) {
    for (; d + 8 * VW <= stride; d += 8 * VW)
      tile_values_block (tile, lane, lanes, 8, values, stride, d, first, last, out);
  }
  for (; d + TILE_VECTORS * VW <= stride; d += TILE_VECTORS * VW)
    tile_values_block (tile, lane, lanes, TILE_VECTORS, values, stride, d, first, last, out);
  for (; d < stride; d += VW)
    tile_values_block (tile, lane, lanes, 1, values, stride, d, first, last, out);
}

static void
tile_values (const dd_vec_tile *tile,
             int lane,
             int count,
             const float *values,
             int64_t stride,
             int first,
             int last,
             float *out)
{
  int end = lane + count;

  for (; lane + 4 <= end; lane += 4)
    tile_values_lanes (tile, lane, 4, values, stride, first, last, out);
  if (end - lane == 3)
    tile_values_lanes (tile, lane, 3, values, stride, first, last, out);
  else if (end - lane == 2)
    tile_values_lanes (tile, lane, 2, values, stride, first, last, out);
  else if (end - lane == 1)
    tile_values_lanes (tile, lane, 1, values, stride, first, last, out);
}

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
