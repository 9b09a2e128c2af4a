/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From floats to blocks.  The legacy types round as ggml's reference functions
 * do, to the bit.  Q4_K and Q6_K look for the scales that lose least; their
 * files are as good as other tools' but not the same bytes.  Numbers that are
 * not finite give some block, never a fault.
 */
#include "quant/blocks.h"
#include "quant/half.h"
#include "quant/quant.h"

#include <math.h>

typedef void (*block_fn) (const float *x, void *out);

/* An integer in [low, high]; NaN gives `low`. */
static inline int
clamp (float x, int low, int high)
{
  if (!(x > (float) low))
    return low;
  return x < (float) high ? (int) x : high;
}

/* To the nearest, halves to even. */
static inline int
nearest (float x, int low, int high)
{
  return clamp (rintf (x), low, high);
}

static inline float
inverse (float d)
{
  return d != 0 ? 1 / d : 0;
}

/* The element of largest magnitude, with its sign; the first of equals. */
static float
extreme (const float *x, int n)
{
  float best = 0;

  for (int j = 0; j < n; j++)
    if (fabsf (x[j]) > fabsf (best))
      best = x[j];
  return best;
}

static void
range (const float *x, int n, float *low, float *high)
{
  *low = *high = x[0];
  for (int j = 1; j < n; j++) {
    *low = x[j] < *low ? x[j] : *low;
    *high = x[j] > *high ? x[j] : *high;
  }
}

static void
f32_block (const float *x, void *out)
{
  memcpy (out, x, sizeof *x);
}

static void
f16_block (const float *x, void *out)
{
  uint16_t half = dd_half_from_float (*x);

  memcpy (out, &half, sizeof half);
}

static void
bf16_block (const float *x, void *out)
{
  uint32_t bits = dd_bits_from_float (*x);
  uint16_t half;

  if ((bits & 0x7fffffff) > 0x7f800000)
    half = (uint16_t) (bits >> 16 | 64); /* a quiet NaN */
  else
    half = (uint16_t) ((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
  memcpy (out, &half, sizeof half);
}

static void
q4_0_block (const float *x, void *out)
{
  float d = extreme (x, DD_QK) / -8;
  float id = inverse (d);
  dd_block_q4_0 b = { .d = dd_half_from_float (d) };

  for (int j = 0; j < 16; j++) {
    int low = clamp (x[j] * id + 8.5f, 0, 15);
    int high = clamp (x[j + 16] * id + 8.5f, 0, 15);

    b.qs[j] = (uint8_t) (low | high << 4);
  }
  memcpy (out, &b, sizeof b);
}

static void
q4_1_block (const float *x, void *out)
{
  dd_block_q4_1 b;
  float min, max, d, id;

  range (x, DD_QK, &min, &max);
  d = (max - min) / 15;
  id = inverse (d);
  b.d = dd_half_from_float (d);
  b.m = dd_half_from_float (min);
  for (int j = 0; j < 16; j++) {
    int low = clamp ((x[j] - min) * id + 0.5f, 0, 15);
    int high = clamp ((x[j + 16] - min) * id + 0.5f, 0, 15);

    b.qs[j] = (uint8_t) (low | high << 4);
  }
  memcpy (out, &b, sizeof b);
}

/* Splits 32 five-bit numbers into nibbles and high bits. */
static void
pack_five (const uint8_t q[32], uint8_t qs[16], uint8_t qh[4])
{
  for (int j = 0; j < 16; j++)
    qs[j] = (uint8_t) ((q[j] & 15) | (q[j + 16] & 15) << 4);
  memset (qh, 0, 4);
  for (int j = 0; j < 32; j++)
    qh[j / 8] |= (uint8_t) (q[j] >> 4 << j % 8);
}

static void
q5_0_block (const float *x, void *out)
{
  float d = extreme (x, DD_QK) / -16;
  float id = inverse (d);
  dd_block_q5_0 b = { .d = dd_half_from_float (d) };
  uint8_t q[DD_QK];

  for (int j = 0; j < DD_QK; j++)
    q[j] = (uint8_t) clamp (x[j] * id + 16.5f, 0, 31);
  pack_five (q, b.qs, b.qh);
  memcpy (out, &b, sizeof b);
}

static void
q5_1_block (const float *x, void *out)
{
  dd_block_q5_1 b;
  uint8_t q[DD_QK];
  float min, max, d, id;

  range (x, DD_QK, &min, &max);
  d = (max - min) / 31;
  id = inverse (d);
  b.d = dd_half_from_float (d);
  b.m = dd_half_from_float (min);
  for (int j = 0; j < DD_QK; j++)
    q[j] = (uint8_t) clamp ((x[j] - min) * id + 0.5f, 0, 31);
  pack_five (q, b.qs, b.qh);
  memcpy (out, &b, sizeof b);
}

static void
q8_0_block (const float *x, void *out)
{
  float d = fabsf (extreme (x, DD_QK)) / 127;
  float id = inverse (d);
  dd_block_q8_0 b = { .d = dd_half_from_float (d) };

  for (int j = 0; j < DD_QK; j++)
    b.qs[j] = (int8_t) clamp (roundf (x[j] * id), -128, 127); /* halves away from zero */
  memcpy (out, &b, sizeof b);
}

/* ---- K types: x is near scale * q - min, q being 0 … levels --------------- */

/* Large elements matter more: what they are multiplied with is not known, and
 * their errors are the ones that show in the product. */
static void
weigh (const float *x, int n, float *weights)
{
  double squares = 0;

  for (int j = 0; j < n; j++)
    squares += (double) x[j] * x[j];
  for (int j = 0; j < n; j++)
    weights[j] = (float) sqrt (squares / n) + fabsf (x[j]);
}

/* The weighted squared error of a scale and a min. */
static double
range_error (const float *x, const float *weights, int n, int levels, float scale, float min)
{
  float inverted = inverse (scale);
  double sum = 0;

  for (int j = 0; j < n; j++) {
    double off = (double) scale * nearest ((x[j] + min) * inverted, 0, levels) - min - x[j];

    sum += weights[j] * off * off;
  }
  return sum;
}

/* The least-squares scale and min for the levels that `inverted` and `low` give. */
static bool
fit_line (const float *x,
          const float *weights,
          int n,
          int levels,
          float inverted,
          float low,
          float *scale,
          float *min)
{
  double w = 0, q1 = 0, q2 = 0, x1 = 0, xq = 0, det;

  for (int j = 0; j < n; j++) {
    double q = nearest ((x[j] - low) * inverted, 0, levels), wj = weights[j];

    w += wj;
    q1 += wj * q;
    q2 += wj * q * q;
    x1 += wj * x[j];
    xq += wj * x[j] * q;
  }
  det = w * q2 - q1 * q1;
  if (!(det > 0))
    return false;
  *scale = (float) ((w * xq - x1 * q1) / det);
  *min = (float) ((q1 * xq - q2 * x1) / det);
  if (*min < 0) { /* the format has no offset above zero */
    *min = 0;
    *scale = (float) (xq / q2);
  }
  return true;
}

/* The best scale and min (>= 0) of a sub-block. */
static void
fit_range (const float *x, const float *weights, int n, int levels, float *scale, float *min)
{
  float low, high;
  double best;

  range (x, n, &low, &high);
  low = low > 0 ? 0 : low;
  *min = -low;
  *scale = high > low ? (high - low) / (float) levels : 0;
  if (!(high > low))
    return;
  best = range_error (x, weights, n, levels, *scale, *min);
  for (int step = -10; step <= 10; step++) {
    float inverted = ((float) levels + 0.1f * (float) step) / (high - low);
    float s, m;

    if (fit_line (x, weights, n, levels, inverted, low, &s, &m)) {
      double error = range_error (x, weights, n, levels, s, m);

      if (error < best) {
        best = error;
        *scale = s;
        *min = m;
      }
    }
  }
}

/* Rounds a sub-block's scale and min to multiples of d and dmin: of the nine
 * neighbours the pair that loses least. */
static void
round_pair (const float *x,
            const float *weights,
            float d,
            float dmin,
            float scale,
            float min,
            uint8_t *ls,
            uint8_t *lm)
{
  int s0 = nearest (scale * inverse (d), 0, 63);
  int m0 = nearest (min * inverse (dmin), 0, 63);
  double best = INFINITY;

  *ls = (uint8_t) s0;
  *lm = (uint8_t) m0;
  for (int s = s0 > 0 ? s0 - 1 : 0; s <= s0 + 1 && s < 64; s++)
    for (int m = m0 > 0 ? m0 - 1 : 0; m <= m0 + 1 && m < 64; m++) {
      double error = range_error (x, weights, 32, 15, d * (float) s, dmin * (float) m);

      if (error < best) {
        best = error;
        *ls = (uint8_t) s;
        *lm = (uint8_t) m;
      }
    }
}

/* The inverse of dd_k4_scale_min, into zeroed bytes. */
static void
pack_scale_min (uint8_t scales[12], int j, uint8_t scale, uint8_t min)
{
  if (j < 4) {
    scales[j] |= scale;
    scales[j + 4] |= min;
  } else {
    scales[j + 4] = (uint8_t) ((scale & 15) | (min & 15) << 4);
    scales[j - 4] |= (uint8_t) (scale >> 4 << 6);
    scales[j] |= (uint8_t) (min >> 4 << 6);
  }
}

static void
q4_k_block (const float *x, void *out)
{
  dd_block_q4_k b = { 0 };
  float weights[8][32], scale[8], min[8];
  float top_scale = 0, top_min = 0, d, dmin;

  for (int j = 0; j < 8; j++) {
    weigh (x + 32 * j, 32, weights[j]);
    fit_range (x + 32 * j, weights[j], 32, 15, &scale[j], &min[j]);
    top_scale = fmaxf (top_scale, scale[j]);
    top_min = fmaxf (top_min, min[j]);
  }
  b.d = dd_half_from_float (top_scale / 63);
  b.dmin = dd_half_from_float (top_min / 63);
  d = dd_half_to_float (b.d);
  dmin = dd_half_to_float (b.dmin);
  for (int j = 0; j < 8; j++) {
    uint8_t ls, lm;
    float inverted;

    round_pair (x + 32 * j, weights[j], d, dmin, scale[j], min[j], &ls, &lm);
    pack_scale_min (b.scales, j, ls, lm);
    inverted = inverse (d * (float) ls);
    for (int l = 0; l < 32; l++) {
      int q = nearest ((x[32 * j + l] + dmin * (float) lm) * inverted, 0, 15);

      b.qs[j / 2 * 32 + l] |= (uint8_t) (q << j % 2 * 4);
    }
  }
  memcpy (out, &b, sizeof b);
}

/* ---- Q6_K: x is near scale * q, q being -32 … 31 -------------------------- */

/* The scale, of either sign, that loses least, each error weighted by x².  For
 * given levels the best scale is xq / qq and gains xq² / qq. */
static float
fit_scale (const float *x)
{
  float top = extreme (x, 16), best_scale = 0;
  double best = 0;

  if (top == 0)
    return 0;
  for (int step = -9; step <= 9; step++) {
    float inverted = -(32 + 0.1f * (float) step) / top;
    double xq = 0, qq = 0;

    for (int j = 0; j < 16; j++) {
      double q = nearest (x[j] * inverted, -32, 31), w = (double) x[j] * x[j];

      xq += w * x[j] * q;
      qq += w * q * q;
    }
    if (qq > 0 && xq * xq > best * qq) {
      best = xq * xq / qq;
      best_scale = (float) (xq / qq);
    }
  }
  return best_scale;
}

static void
q6_k_block (const float *x, void *out)
{
  dd_block_q6_k b = { 0 };
  float scale[16], d, id;

  for (int j = 0; j < 16; j++)
    scale[j] = fit_scale (x + 16 * j);
  b.d = dd_half_from_float (extreme (scale, 16) / -128);
  d = dd_half_to_float (b.d);
  id = inverse (d);
  for (int j = 0; j < 16; j++)
    b.scales[j] = (int8_t) nearest (scale[j] * id, -128, 127);
  for (int i = 0; i < DD_QK_K; i++) {
    int half = i / 128;
    int q = nearest (x[i] * inverse (d * (float) b.scales[i / 16]), -32, 31) + 32;

    b.ql[half * 64 + i % 64] |= (uint8_t) ((q & 15) << i / 64 % 2 * 4);
    b.qh[half * 32 + i % 32] |= (uint8_t) (q >> 4 << i / 32 % 4 * 2);
  }
  memcpy (out, &b, sizeof b);
}

static const block_fn blocks_of[DD_TYPE_LIMIT] = {
  [DD_TYPE_F32] = f32_block,   [DD_TYPE_F16] = f16_block,   [DD_TYPE_BF16] = bf16_block,
  [DD_TYPE_Q4_0] = q4_0_block, [DD_TYPE_Q4_1] = q4_1_block, [DD_TYPE_Q5_0] = q5_0_block,
  [DD_TYPE_Q5_1] = q5_1_block, [DD_TYPE_Q8_0] = q8_0_block, [DD_TYPE_Q4_K] = q4_k_block,
  [DD_TYPE_Q6_K] = q6_k_block,
};

void
dd_quantise (dd_type type, const float *in, void *blocks, size_t count)
{
  const dd_type_info *info = dd_type_get (type);
  uint8_t *bytes = blocks;

  assert (info != NULL && info->can_quantise && count % info->block == 0);
  for (size_t i = 0; i < count; i += info->block) {
    blocks_of[type](in + i, bytes);
    bytes += info->bytes;
  }
}
