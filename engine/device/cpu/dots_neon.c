/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The decode products for NEON with dot products.  A vector of 16 bytes holds four
 * elements of each of four blocks in the order of dd_q8_group: lane b of a sum
 * belongs to block b.
 */
#include <arm_neon.h>

#include "device/cpu/dots_private.h"

#define LANES 4
#define DOTS_MOST 4
typedef float32x4_t vf;

ALWAYS_INLINE vf
vf_zero (void)
{
  return vdupq_n_f32 (0);
}

ALWAYS_INLINE vf
vf_load (const float *x)
{
  return vld1q_f32 (x);
}

ALWAYS_INLINE vf
vf_add (vf a, vf b)
{
  return vaddq_f32 (a, b);
}

ALWAYS_INLINE vf
vf_fma (vf a, vf b, vf c)
{
  return vfmaq_f32 (c, a, b);
}

ALWAYS_INLINE float
vf_sum (vf v)
{
  return (vgetq_lane_f32 (v, 0) + vgetq_lane_f32 (v, 2))
         + (vgetq_lane_f32 (v, 1) + vgetq_lane_f32 (v, 3));
}

/* Weights need no alignment: all loads are of bytes. */
ALWAYS_INLINE vf
load_f32 (const uint8_t *weights)
{
  return vreinterpretq_f32_u8 (vld1q_u8 (weights));
}

ALWAYS_INLINE vf
load_f16 (const uint8_t *weights)
{
  return vcvt_f32_f16 (vreinterpret_f16_u8 (vld1_u8 (weights)));
}

ALWAYS_INLINE vf
load_bf16 (const uint8_t *weights)
{
  return vreinterpretq_f32_u32 (vshll_n_u16 (vreinterpret_u16_u8 (vld1_u8 (weights)), 16));
}

/* The weights of one group, unpacked: signed bytes in the order of the activations. */
typedef struct dots_unit {
  int8x16_t w[8];     /* elements 4 i … 4 i + 3 of the four blocks */
  vf scale;           /* of the blocks; types with a scale of 16: of all */
  int32x4_t halves[2]; /* those: the scales of the first half blocks, of the second */
  vf minima[2];       /* of the half blocks of blocks 0 and 1, of 2 and 3 */
} dots_unit;

/* Sixteen bytes of each of four blocks, to the order of x. */
ALWAYS_INLINE void
weave (const uint8x16_t block[4], uint8x16_t w[4])
{
  uint32x4_t a = vreinterpretq_u32_u8 (block[0]), b = vreinterpretq_u32_u8 (block[1]);
  uint32x4_t c = vreinterpretq_u32_u8 (block[2]), d = vreinterpretq_u32_u8 (block[3]);
  uint64x2_t low[2] = { vreinterpretq_u64_u32 (vzip1q_u32 (a, b)),
                        vreinterpretq_u64_u32 (vzip1q_u32 (c, d)) };
  uint64x2_t high[2] = { vreinterpretq_u64_u32 (vzip2q_u32 (a, b)),
                         vreinterpretq_u64_u32 (vzip2q_u32 (c, d)) };

  w[0] = vreinterpretq_u8_u64 (vzip1q_u64 (low[0], low[1]));
  w[1] = vreinterpretq_u8_u64 (vzip2q_u64 (low[0], low[1]));
  w[2] = vreinterpretq_u8_u64 (vzip1q_u64 (high[0], high[1]));
  w[3] = vreinterpretq_u8_u64 (vzip2q_u64 (high[0], high[1]));
}

ALWAYS_INLINE uint8x16_t
low_nibbles (uint8x16_t bytes)
{
  return vandq_u8 (bytes, vdupq_n_u8 (15));
}

ALWAYS_INLINE uint8x16_t
high_nibbles (uint8x16_t bytes)
{
  return vshrq_n_u8 (bytes, 4);
}

ALWAYS_INLINE int8x16_t
less (uint8x16_t bytes, int offset)
{
  return vreinterpretq_s8_u8 (vsubq_u8 (bytes, vdupq_n_u8 ((uint8_t) offset)));
}

/* Four blocks of nibbles, `bytes` apart: the low ones are the first halves. */
ALWAYS_INLINE void
weave_blocks (const uint8_t *qs, int bytes, uint8x16_t w[8])
{
  uint8x16_t block[4], woven[4];

  for (int b = 0; b < 4; b++)
    block[b] = vld1q_u8 (qs + b * bytes);
  weave (block, woven);
  for (int i = 0; i < 4; i++) {
    w[i] = low_nibbles (woven[i]);
    w[i + 4] = high_nibbles (woven[i]);
  }
}

ALWAYS_INLINE void
set_weights (dots_unit *unit, const uint8x16_t w[8], int offset)
{
  for (int i = 0; i < 8; i++)
    unit->w[i] = less (w[i], offset);
}

/* A 16-bit float of each of four blocks. */
ALWAYS_INLINE vf
four_halves (const uint8_t *at, int bytes)
{
  uint64_t halves = 0;

  for (int b = 0; b < 4; b++)
    halves |= (uint64_t) dd_load_u16 (at + b * bytes) << 16 * b;
  return vcvt_f32_f16 (vreinterpret_f16_u64 (vcreate_u64 (halves)));
}

ALWAYS_INLINE vf
one_half (const uint8_t *at)
{
  return vcvt_f32_f16 (vreinterpret_f16_u16 (vdup_n_u16 (dd_load_u16 (at))));
}

/* The first four bytes */
ALWAYS_INLINE int32x4_t
four_bytes (uint64_t bytes)
{
  uint16x8_t words = vmovl_u8 (vcreate_u8 (bytes));

  return vreinterpretq_s32_u32 (vmovl_u16 (vget_low_u16 (words)));
}

ALWAYS_INLINE void
set_minima (dots_unit *unit, vf minima)
{
  unit->minima[0] = vzip1q_f32 (minima, minima);
  unit->minima[1] = vzip2q_f32 (minima, minima);
}

ALWAYS_INLINE void
unpack_q4_0 (const uint8_t *weights, int g, dots_unit *unit)
{
  uint8x16_t w[8];

  weave_blocks (weights + 2, 18, w);
  set_weights (unit, w, 8);
  unit->scale = four_halves (weights, 18);
}

ALWAYS_INLINE void
unpack_q4_1 (const uint8_t *weights, int g, dots_unit *unit)
{
  uint8x16_t w[8];

  weave_blocks (weights + 4, 20, w);
  set_weights (unit, w, 0);
  unit->scale = four_halves (weights, 20);
  set_minima (unit, four_halves (weights + 2, 20));
}

/* w + 16 where the element's bit is set: each block's four bytes have the bits of
 * its 32 elements. */
ALWAYS_INLINE void
add_fifth_bits (const uint8_t *qh, int bytes, uint8x16_t w[8])
{
  const uint8x16_t index = { 0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12 };
  const uint32x4_t bits[2] = { vdupq_n_u32 (0x08040201), vdupq_n_u32 (0x80402010) };
  uint32_t four[4];
  uint8x16_t all;

  for (int b = 0; b < 4; b++)
    memcpy (&four[b], qh + b * bytes, 4);
  all = vreinterpretq_u8_u32 (vld1q_u32 (four));
  for (int i = 0; i < 8; i++) {
    uint8x16_t byte = vqtbl1q_u8 (all, vaddq_u8 (index, vdupq_n_u8 ((uint8_t) (i / 2))));
    uint8x16_t set = vtstq_u8 (byte, vreinterpretq_u8_u32 (bits[i % 2]));

    w[i] = vorrq_u8 (w[i], vandq_u8 (set, vdupq_n_u8 (16)));
  }
}

ALWAYS_INLINE void
unpack_q5_0 (const uint8_t *weights, int g, dots_unit *unit)
{
  uint8x16_t w[8];

  weave_blocks (weights + 6, 22, w);
  add_fifth_bits (weights + 2, 22, w);
  set_weights (unit, w, 16);
  unit->scale = four_halves (weights, 22);
}

ALWAYS_INLINE void
unpack_q5_1 (const uint8_t *weights, int g, dots_unit *unit)
{
  uint8x16_t w[8];

  weave_blocks (weights + 8, 24, w);
  add_fifth_bits (weights + 4, 24, w);
  set_weights (unit, w, 0);
  unit->scale = four_halves (weights, 24);
  set_minima (unit, four_halves (weights + 2, 24));
}

ALWAYS_INLINE void
unpack_q8_0 (const uint8_t *weights, int g, dots_unit *unit)
{
  uint8x16_t block[4], w[8];

  for (int h = 0; h < 2; h++) {
    for (int b = 0; b < 4; b++)
      block[b] = vld1q_u8 (weights + 34 * b + 2 + 16 * h);
    weave (block, w + 4 * h);
  }
  set_weights (unit, w, 0);
  unit->scale = four_halves (weights, 34);
}

ALWAYS_INLINE void
look_up (dots_unit *unit, const uint8x16_t w[8])
{
  int8x16_t levels = vld1q_s8 (dd_iq4_levels);

  for (int i = 0; i < 8; i++)
    unit->w[i] = vqtbl1q_s8 (levels, w[i]);
}

ALWAYS_INLINE void
unpack_iq4_nl (const uint8_t *weights, int g, dots_unit *unit)
{
  uint8x16_t w[8];

  weave_blocks (weights + 2, 18, w);
  look_up (unit, w);
  unit->scale = four_halves (weights, 18);
}

ALWAYS_INLINE void
unpack_iq4_xs (const uint8_t *weights, int g, dots_unit *unit)
{
  int32x4_t scales = four_bytes (iq4_xs_scales (weights) >> 32 * g);
  uint8x16_t w[8];

  weave_blocks (weights + offsetof (dd_block_iq4_xs, qs) + 64 * g, 16, w);
  look_up (unit, w);
  unit->scale = vmulq_f32 (vcvtq_f32_s32 (vsubq_s32 (scales, vdupq_n_s32 (32))),
                           one_half (weights));
}

/* Group `g` of Q4_K or Q5_K: low nibbles are blocks 0 and 2, high ones 1 and 3. */
ALWAYS_INLINE void
weave_nibbles (const uint8_t *qs, int g, uint8x16_t w[8])
{
  for (int h = 0; h < 2; h++) {
    const uint8_t *at = qs + 64 * g + 16 * h;
    uint8x16_t first = vld1q_u8 (at), second = vld1q_u8 (at + 32);
    uint8x16_t block[4] = { low_nibbles (first), high_nibbles (first), low_nibbles (second),
                            high_nibbles (second) };

    weave (block, w + 4 * h);
  }
}

/* A field of some bits out of each of 32 bytes, for four blocks: of block b those
 * from bit `first` + b * `step` on; shifted left by `up`. */
ALWAYS_INLINE uint8x16_t
fields (const uint8_t *bytes, int i, int first, int step, int mask, int up)
{
  const int32x4_t shift = { -first, -first - step, -first - 2 * step, -first - 3 * step };
  uint32_t four;
  uint8x16_t field;

  memcpy (&four, bytes + 4 * i, 4);
  field = vreinterpretq_u8_u32 (vshlq_u32 (vdupq_n_u32 (four), shift));
  return vshlq_u8 (vandq_u8 (field, vdupq_n_u8 ((uint8_t) mask)), vdupq_n_s8 ((int8_t) up));
}

/* The scales and minima of Q4_K and Q5_K. */
ALWAYS_INLINE void
set_k4_scales (dots_unit *unit, const uint8_t *weights, int g)
{
  uint64_t scales, minima;

  k4_scales (weights + 4, &scales, &minima);
  unit->scale = vmulq_f32 (vcvtq_f32_s32 (four_bytes (scales >> 32 * g)), one_half (weights));
  set_minima (unit, vmulq_f32 (vcvtq_f32_s32 (four_bytes (minima >> 32 * g)),
                               vnegq_f32 (one_half (weights + 2))));
}

ALWAYS_INLINE void
unpack_q4_k (const uint8_t *weights, int g, dots_unit *unit)
{
  uint8x16_t w[8];

  weave_nibbles (weights + offsetof (dd_block_q4_k, qs), g, w);
  set_weights (unit, w, 0);
  set_k4_scales (unit, weights, g);
}

ALWAYS_INLINE void
unpack_q5_k (const uint8_t *weights, int g, dots_unit *unit)
{
  const uint8_t *fifths = weights + offsetof (dd_block_q5_k, qh);
  uint8x16_t w[8];

  weave_nibbles (weights + offsetof (dd_block_q5_k, qs), g, w);
  for (int i = 0; i < 8; i++)
    w[i] = vorrq_u8 (w[i], fields (fifths, i, 4 * g, 1, 1, 4));
  set_weights (unit, w, 0);
  set_k4_scales (unit, weights, g);
}

/* The scales of eight half blocks. */
ALWAYS_INLINE void
set_halves (dots_unit *unit, int16x8_t words, vf scale)
{
  int32x4_t low = vmovl_s16 (vget_low_s16 (words)), high = vmovl_high_s16 (words);

  unit->halves[0] = vuzp1q_s32 (low, high);
  unit->halves[1] = vuzp2q_s32 (low, high);
  unit->scale = scale;
}

ALWAYS_INLINE void
unpack_q6_k (const uint8_t *weights, int g, dots_unit *unit)
{
  const uint8_t *high = weights + offsetof (dd_block_q6_k, qh) + 32 * g;
  const uint8_t *scales = weights + offsetof (dd_block_q6_k, scales) + 8 * g;
  uint8x16_t w[8];

  for (int h = 0; h < 2; h++) {
    const uint8_t *low = weights + 64 * g + 16 * h;
    uint8x16_t even = vld1q_u8 (low), odd = vld1q_u8 (low + 32);
    uint8x16_t block[4] = { low_nibbles (even), low_nibbles (odd), high_nibbles (even),
                            high_nibbles (odd) };

    weave (block, w + 4 * h);
  }
  for (int i = 0; i < 8; i++)
    w[i] = vorrq_u8 (w[i], fields (high, i, 0, 2, 3, 4));
  set_weights (unit, w, 32);
  set_halves (unit, vmovl_s8 (vreinterpret_s8_u8 (vld1_u8 (scales))),
              one_half (weights + offsetof (dd_block_q6_k, d)));
}

ALWAYS_INLINE void
unpack_q2_k (const uint8_t *weights, int g, dots_unit *unit)
{
  const uint8_t *pairs = weights + offsetof (dd_block_q2_k, qs) + 32 * g;
  uint8x8_t bytes = vld1_u8 (weights + offsetof (dd_block_q2_k, scales) + 8 * g);
  int16x8_t minima = vreinterpretq_s16_u16 (vmovl_u8 (vshr_n_u8 (bytes, 4)));
  vf dmin = vnegq_f32 (one_half (weights + offsetof (dd_block_q2_k, dmin)));
  uint8x16_t w[8];

  for (int i = 0; i < 8; i++)
    w[i] = fields (pairs, i, 0, 2, 3, 0);
  set_weights (unit, w, 0);
  set_halves (unit, vreinterpretq_s16_u16 (vmovl_u8 (vand_u8 (bytes, vdup_n_u8 (15)))),
              one_half (weights + offsetof (dd_block_q2_k, d)));
  unit->minima[0] = vmulq_f32 (vcvtq_f32_s32 (vmovl_s16 (vget_low_s16 (minima))), dmin);
  unit->minima[1] = vmulq_f32 (vcvtq_f32_s32 (vmovl_high_s16 (minima)), dmin);
}

ALWAYS_INLINE void
unpack_q3_k (const uint8_t *weights, int g, dots_unit *unit)
{
  const uint8_t *pairs = weights + offsetof (dd_block_q3_k, qs) + 32 * g;
  const uint8_t *thirds = weights + offsetof (dd_block_q3_k, hmask);
  uint64_t scales[2];
  uint8x16_t w[8];
  int16x8_t words;

  q3k_scales (weights + offsetof (dd_block_q3_k, scales), scales);
  words = vreinterpretq_s16_u16 (vmovl_u8 (vcreate_u8 (scales[g])));
  for (int i = 0; i < 8; i++)
    w[i] = vorrq_u8 (fields (pairs, i, 0, 2, 3, 0), fields (thirds, i, 4 * g, 1, 1, 2));
  set_weights (unit, w, 4);
  set_halves (unit, vsubq_s16 (words, vdupq_n_s16 (32)),
              one_half (weights + offsetof (dd_block_q3_k, d)));
}

ALWAYS_INLINE int8x16_t
load_x (const dd_q8_group *x, int i)
{
  return vld1q_s8 (x->q + 16 * i);
}

ALWAYS_INLINE vf
add_scaled (vf sum, int32x4_t dot, vf scale, const dd_q8_group *x)
{
  return vfmaq_f32 (sum, vcvtq_f32_s32 (dot), vmulq_f32 (scale, vld1q_f32 (x->scale)));
}

ALWAYS_INLINE vf
add_minima (vf sum, const vf minima[2], const dd_q8_group *x)
{
  sum = vfmaq_f32 (sum, minima[0], vld1q_f32 (x->parts[0]));
  return vfmaq_f32 (sum, minima[1], vld1q_f32 (x->parts[2]));
}

/* Two sums of integers, so that one need not wait for the other. */
ALWAYS_INLINE vf
feed_small (const dots_unit *unit, const dd_q8_group *x, vf sum)
{
  int32x4_t dots[2] = { vdupq_n_s32 (0), vdupq_n_s32 (0) };

  for (int i = 0; i < 8; i++)
    dots[i / 4] = vdotq_s32 (dots[i / 4], unit->w[i], load_x (x, i));
  return add_scaled (sum, vaddq_s32 (dots[0], dots[1]), unit->scale, x);
}

ALWAYS_INLINE vf
feed_small_min (const dots_unit *unit, const dd_q8_group *x, vf sum)
{
  return add_minima (feed_small (unit, x, sum), unit->minima, x);
}

ALWAYS_INLINE vf
feed_halves (const dots_unit *unit, const dd_q8_group *x, vf sum)
{
  int32x4_t dots[2] = { vdupq_n_s32 (0), vdupq_n_s32 (0) };

  for (int i = 0; i < 8; i++)
    dots[i / 4] = vdotq_s32 (dots[i / 4], unit->w[i], load_x (x, i));
  dots[0] = vmulq_s32 (dots[0], unit->halves[0]);
  return add_scaled (sum, vmlaq_s32 (dots[0], dots[1], unit->halves[1]), unit->scale, x);
}

ALWAYS_INLINE vf
feed_halves_min (const dots_unit *unit, const dd_q8_group *x, vf sum)
{
  return add_minima (feed_halves (unit, x, sum), unit->minima, x);
}

#define feed_bytes feed_small
#define DOTS_FEED(kind_, blocks_) feed_##kind_
typedef void (*dots_unpack_fn) (const uint8_t *weights, int g, dots_unit *unit);
typedef vf (*dots_feed_fn) (const dots_unit *unit, const dd_q8_group *x, vf sum);

/* One group at a time: it takes eight registers and more. */
ALWAYS_INLINE void
dots_step (dots_unpack_fn unpack,
           dots_feed_fn feed,
           int groups,
           const uint8_t *weights,
           const dd_q8_group *const *x,
           int64_t group,
           vf *sums,
           int n)
{
  UNROLL
  for (int g = 0; g < groups; g++) {
    dots_unit unit;

    unpack (weights, g, &unit);
    UNROLL
    for (int c = 0; c < n; c++)
      sums[c] = feed (&unit, x[c] + group + g, sums[c]);
  }
}

static uint32_t
largest_magnitude (const float *x)
{
  uint32x4_t largest = vdupq_n_u32 (0);

  for (int i = 0; i < DD_QK; i += 4) {
    uint32x4_t bits = vreinterpretq_u32_f32 (vld1q_f32 (x + i));

    largest = vmaxq_u32 (largest, vandq_u32 (bits, vdupq_n_u32 (0x7fffffff)));
  }
  return vmaxvq_u32 (largest);
}

static void
round_all (const float *x, float inverse, int8_t q[DD_QK])
{
  for (int i = 0; i < DD_QK; i += 8) {
    int32x4_t low = vcvtnq_s32_f32 (vmulq_n_f32 (vld1q_f32 (x + i), inverse));
    int32x4_t high = vcvtnq_s32_f32 (vmulq_n_f32 (vld1q_f32 (x + i + 4), inverse));

    vst1_s8 (q + i, vqmovn_s16 (vcombine_s16 (vqmovn_s32 (low), vqmovn_s32 (high))));
  }
}

void
quantise_neon (const float *x, dd_vectors *vectors, int c, int64_t first, int64_t last)
{
  quantise_groups (largest_magnitude, round_all, x, vectors, c, first, last);
}

#define DOTS_TABLE dots_neon
#include "device/cpu/dots_rows.h"
