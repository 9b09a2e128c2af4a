/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the families of decode products share: their tables, the passes over the
 * groups of activations, and the unpacking of scales that all do alike.
 */
#pragma once

#include "device/cpu/dots.h"
#include "device/cpu/unroll.h"
#include "quant/blocks.h"
#include "quant/half.h"

/* Each family's kernels; NULL where it has none. */
const dd_dots *dots_scalar (dd_type type);
const dd_dots *dots_avx2 (dd_type type);
const dd_dots *dots_avxvnni (dd_type type);
const dd_dots *dots_avx512 (dd_type type);
const dd_dots *dots_neon (dd_type type);

void quantise_scalar (const float *x, dd_vectors *vectors, int c, int64_t first, int64_t last);
void quantise_avx2 (const float *x, dd_vectors *vectors, int c, int64_t first, int64_t last);
void quantise_avx512 (const float *x, dd_vectors *vectors, int c, int64_t first, int64_t last);
void quantise_neon (const float *x, dd_vectors *vectors, int c, int64_t first, int64_t last);

/* Magnitudes as bits: below LEAST a block counts as zero, because 127 / magnitude
 * must be finite; from INFINITE on it has no scale. */
#define QUANTISE_LEAST UINT32_C (0x0d800000) /* 2^-100 */
#define QUANTISE_INFINITE UINT32_C (0x7f800000)

/* The largest of the 32 magnitudes as bits, which orders NaN above infinity. */
typedef uint32_t (*quantise_largest_fn) (const float *x);
/* q = x * inverse rounded to the nearest even. */
typedef void (*quantise_round_fn) (const float *x, float inverse, int8_t q[DD_QK]);

ALWAYS_INLINE void
quantise_block (quantise_largest_fn largest,
                quantise_round_fn round_all,
                const float *x,
                dd_q8_group *group,
                int block)
{
  uint32_t bits = x ? largest (x) : 0;
  bool usual = bits >= QUANTISE_LEAST && bits < QUANTISE_INFINITE;
  int8_t q[DD_QK] = { 0 };
  float scale = 0;
  int sums[2] = { 0, 0 };

  if (usual) {
    scale = dd_float_from_bits (bits) / 127;
    round_all (x, 127 / dd_float_from_bits (bits), q);
  } else if (bits >= QUANTISE_INFINITE) {
    scale = dd_float_from_bits (UINT32_C (0x7fc00000));
  }
  for (int e = 0; e < DD_QK; e++)
    sums[e / 16] += q[e];
  for (int e = 0; e < DD_QK; e += 4)
    memcpy (group->q + dd_q8_place (block, e), q + e, 4);
  group->scale[block] = scale;
  for (int h = 0; h < 2; h++)
    group->parts[block][h] = scale * (float) sums[h];
}

ALWAYS_INLINE void
quantise_groups (quantise_largest_fn largest,
                 quantise_round_fn round_all,
                 const float *x,
                 dd_vectors *vectors,
                 int c,
                 int64_t first,
                 int64_t last)
{
  dd_q8_group *groups = vectors->groups + c * vectors->groups_stride;

  for (int64_t i = first; i < last; i += DD_Q8_GROUP) {
    for (int b = 0; b < 4; b++) {
      int64_t at = i + b * DD_QK;

      quantise_block (largest, round_all, at < last ? x + at : NULL, &groups[i / DD_Q8_GROUP], b);
    }
  }
}

/* The eight scales and minima of Q4_K and Q5_K, one per byte. */
static inline void
k4_scales (const uint8_t packed[12], uint64_t *scales, uint64_t *minima)
{
  uint32_t a, b, c;

  memcpy (&a, packed, 4);
  memcpy (&b, packed + 4, 4);
  memcpy (&c, packed + 8, 4);
  *scales = (a & 0x3f3f3f3f) | (uint64_t) ((c & 0x0f0f0f0f) | (a >> 2 & 0x30303030)) << 32;
  *minima = (b & 0x3f3f3f3f) | (uint64_t) ((c >> 4 & 0x0f0f0f0f) | (b >> 2 & 0x30303030)) << 32;
}

/* The sixteen scales of Q3_K plus 32, one per byte, eight in each word. */
static inline void
q3k_scales (const uint8_t packed[12], uint64_t scales[2])
{
  uint64_t low;
  uint32_t high;

  memcpy (&low, packed, 8);
  memcpy (&high, packed + 8, 4);
  for (int i = 0; i < 2; i++) {
    uint64_t top = (high >> 4 * i & 0x03030303)
                   | (uint64_t) (high >> (4 * i + 2) & 0x03030303) << 32;

    scales[i] = (low >> 4 * i & UINT64_C (0x0f0f0f0f0f0f0f0f)) | top << 4;
  }
}

/* The eight scales of IQ4_XS plus 32, one per byte. */
static inline uint64_t
iq4_xs_scales (const uint8_t *block)
{
  uint32_t low;
  uint64_t scales = 0;
  uint32_t high = dd_load_u16 (block + offsetof (dd_block_iq4_xs, scales_h));

  memcpy (&low, block + offsetof (dd_block_iq4_xs, scales_l), 4);
  for (int i = 0; i < 8; i++)
    scales |= (uint64_t) ((low >> 4 * i & 15) | (high >> 2 * i & 3) << 4) << 8 * i;
  return scales;
}
