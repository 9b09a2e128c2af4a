/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What all families of prompt products share: one weight row of any type to
 * signed bytes and small scales, and activations to 8 bits.  Plain C that
 * compilers turn into vectors, so it is included by each gemm_<isa>.c and
 * compiled with that file's flags.  It knows no panel: how bytes are laid out
 * for the multiplier is each family's own affair.
 *
 * The includer defines before: gemm_levels (the IQ4 levels of sixteen low and
 * sixteen high nibbles), gemm_bits (32 bits to bytes of 0 or 16) and gemm_halves
 * (16-bit floats to floats).
 */
#pragma once

#include <math.h>
#include <string.h>

#include "quant/blocks.h"
#include "quant/half.h"

#define GEMM_ROWS 32   /* weight rows of a panel */
#define GEMM_CHUNK 256 /* columns of a quantised panel */
#define GEMM_FLOATS 128 /* columns of a panel of floats */
#define GEMM_BLOCKS (GEMM_CHUNK / DD_QK)

/* Weight rows as they come out of a file, row by row.  Families that take the bytes of many
 * rows at once leave q as it is.  A weight is
 *   types with blocks of 32:  q * half (d) + half (m), d and m per block
 *   K types:                  q * half (d256) * scales - half (dmin256) * mins
 * with scales and mins per 16 or 32 columns as the type has them.  Q2_K and Q3_K
 * have their small scales multiplied into q, where they fit exactly. */
typedef struct gemm_strip {
  const uint8_t *rows[GEMM_ROWS]; /* where they are in the file */
  union {
    int8_t q[GEMM_ROWS][GEMM_CHUNK];
    float f[GEMM_ROWS][GEMM_FLOATS]; /* types of floats, as they are */
  };
  uint16_t d[GEMM_ROWS][GEMM_BLOCKS];
  uint16_t m[GEMM_ROWS][GEMM_BLOCKS];
  int8_t scales[GEMM_ROWS][16];
  uint8_t mins[GEMM_ROWS][16];
  uint16_t d256[GEMM_ROWS];
  uint16_t dmin256[GEMM_ROWS];
} gemm_strip;

/* Writes row `r` of the strip from `units` blocks of 32 (K types: always 8, one
 * block of theirs) or floats at `from`, which needs no alignment: the scales of a type
 * (scales_) or all of it (unpack_). */
typedef void (*gemm_unpack_fn) (const uint8_t *from, int units, gemm_strip *strip, int r);

static inline void
unpack_f32 (const uint8_t *from, int columns, gemm_strip *strip, int r)
{
  memcpy (strip->f[r], from, (size_t) columns * sizeof (float));
}

static inline void
unpack_f16 (const uint8_t *from, int columns, gemm_strip *strip, int r)
{
  gemm_halves (from, columns, strip->f[r]);
}

static inline void
unpack_bf16 (const uint8_t *from, int columns, gemm_strip *strip, int r)
{
  for (int k = 0; k < columns; k++)
    strip->f[r][k] = dd_bfloat_to_float (dd_load_u16 (from + 2 * k));
}

/* Bytes as compilers' own vectors: one source for every instruction set, where
 * loops over bytes are left scalar too often. */
typedef uint8_t gemm_bytes16 __attribute__ ((vector_size (16)));
typedef uint8_t gemm_bytes32 __attribute__ ((vector_size (32)));

/* `a` in the lower half and `b` in the upper. */
static inline void
gemm_two (uint8_t a, uint8_t b, gemm_bytes32 *out)
{
  const gemm_bytes32 upper = { 0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
                               0,   0,   0,   0,   0,   255, 255, 255, 255, 255, 255,
                               255, 255, 255, 255, 255, 255, 255, 255, 255, 255 };
  const gemm_bytes32 none = { 0 };

  *out = (none + a) ^ (upper & (none + (uint8_t) (a ^ b)));
}

/* The 16-bit floats that lie `size` bytes apart. */
static inline void
gemm_scales (const uint8_t *from, int blocks, size_t size, uint16_t *halves)
{
  for (int b = 0; b < blocks; b++)
    halves[b] = dd_load_u16 (from + (size_t) b * size);
}

#define GEMM_HALVES(type_, field_)                                                                 \
  gemm_scales (from + offsetof (dd_block_##type_, field_), blocks, sizeof (dd_block_##type_),      \
               strip->field_[r])
#define GEMM_SCALES(type_)                                                                         \
  static inline void scales_##type_ (const uint8_t *from, int blocks, gemm_strip *strip, int r)    \
  {                                                                                                \
    GEMM_HALVES (type_, d);                                                                        \
  }
#define GEMM_SCALES_MIN(type_)                                                                     \
  static inline void scales_##type_ (const uint8_t *from, int blocks, gemm_strip *strip, int r)    \
  {                                                                                                \
    GEMM_HALVES (type_, d);                                                                        \
    GEMM_HALVES (type_, m);                                                                        \
  }

GEMM_SCALES (q4_0)
GEMM_SCALES_MIN (q4_1)
GEMM_SCALES (q5_0)
GEMM_SCALES_MIN (q5_1)
GEMM_SCALES (q8_0)
GEMM_SCALES (iq4_nl)

/* q = nibble - minus, the low ones first. */
static inline void
gemm_nibbles16 (const uint8_t *qs, int minus, int8_t *q)
{
  gemm_bytes16 both, low, high;

  memcpy (&both, qs, 16);
  low = (both & 15) - (uint8_t) minus;
  high = (both >> 4) - (uint8_t) minus;
  memcpy (q, &low, 16);
  memcpy (q + 16, &high, 16);
}

static inline void
gemm_fives (const uint8_t *qh, const uint8_t *qs, int minus, int8_t *q)
{
  gemm_bytes16 both, low, high;
  uint8_t sixteens[32];
  uint32_t bits;

  memcpy (&bits, qh, 4);
  gemm_bits (bits, sixteens);
  memcpy (&low, sixteens, 16);
  memcpy (&high, sixteens + 16, 16);
  memcpy (&both, qs, 16);
  low = (low | (both & 15)) - (uint8_t) minus;
  high = (high | both >> 4) - (uint8_t) minus;
  memcpy (q, &low, 16);
  memcpy (q + 16, &high, 16);
}

static inline void
unpack_q4_0 (const uint8_t *from, int blocks, gemm_strip *strip, int r)
{
  scales_q4_0 (from, blocks, strip, r);
  for (int b = 0; b < blocks; b++, from += sizeof (dd_block_q4_0))
    gemm_nibbles16 (from + offsetof (dd_block_q4_0, qs), 8, strip->q[r] + DD_QK * b);
}

static inline void
unpack_q4_1 (const uint8_t *from, int blocks, gemm_strip *strip, int r)
{
  scales_q4_1 (from, blocks, strip, r);
  for (int b = 0; b < blocks; b++, from += sizeof (dd_block_q4_1))
    gemm_nibbles16 (from + offsetof (dd_block_q4_1, qs), 0, strip->q[r] + DD_QK * b);
}

static inline void
unpack_q5_0 (const uint8_t *from, int blocks, gemm_strip *strip, int r)
{
  scales_q5_0 (from, blocks, strip, r);
  for (int b = 0; b < blocks; b++, from += sizeof (dd_block_q5_0)) {
    gemm_fives (from + offsetof (dd_block_q5_0, qh), from + offsetof (dd_block_q5_0, qs), 16,
                strip->q[r] + DD_QK * b);
  }
}

static inline void
unpack_q5_1 (const uint8_t *from, int blocks, gemm_strip *strip, int r)
{
  scales_q5_1 (from, blocks, strip, r);
  for (int b = 0; b < blocks; b++, from += sizeof (dd_block_q5_1)) {
    gemm_fives (from + offsetof (dd_block_q5_1, qh), from + offsetof (dd_block_q5_1, qs), 0,
                strip->q[r] + DD_QK * b);
  }
}

static inline void
unpack_q8_0 (const uint8_t *from, int blocks, gemm_strip *strip, int r)
{
  scales_q8_0 (from, blocks, strip, r);
  for (int b = 0; b < blocks; b++, from += sizeof (dd_block_q8_0))
    memcpy (strip->q[r] + DD_QK * b, from + offsetof (dd_block_q8_0, qs), DD_QK);
}

static inline void
unpack_iq4_nl (const uint8_t *from, int blocks, gemm_strip *strip, int r)
{
  scales_iq4_nl (from, blocks, strip, r);
  for (int b = 0; b < blocks; b++, from += sizeof (dd_block_iq4_nl)) {
    int8_t *q = strip->q[r] + DD_QK * b;

    gemm_levels (from + offsetof (dd_block_iq4_nl, qs), q, q + 16);
  }
}

static inline void
scales_q2_k (const uint8_t *from, int blocks, gemm_strip *strip, int r)
{
  const uint8_t *scales = from + offsetof (dd_block_q2_k, scales);

  for (int g = 0; g < 16; g++)
    strip->mins[r][g] = scales[g] >> 4;
  strip->d256[r] = dd_load_u16 (from + offsetof (dd_block_q2_k, d));
  strip->dmin256[r] = dd_load_u16 (from + offsetof (dd_block_q2_k, dmin));
}

/* The scale of sixteen columns times their 2-bit values, one bit at a time. */
static inline void
unpack_q2_k (const uint8_t *from, int blocks, gemm_strip *strip, int r)
{
  const uint8_t *scales = from + offsetof (dd_block_q2_k, scales);

  scales_q2_k (from, blocks, strip, r);
  for (int g = 0; g < 16; g += 2) {
    gemm_bytes32 bits, scale, q;

    memcpy (&bits, from + offsetof (dd_block_q2_k, qs) + 32 * (g / 8), 32);
    gemm_two (scales[g] & 15, scales[g + 1] & 15, &scale);
    bits >>= g % 8;
    q = (-(bits & 1) & scale) + (-(bits >> 1 & 1) & (scale << 1));
    memcpy (strip->q[r] + 16 * g, &q, 32);
  }
}

/* The sixteen scales of Q3_K as signed bytes, four at a time. */
static inline void
gemm_q3k_scales (const uint8_t packed[12], uint8_t scales[16])
{
  uint32_t word[3];

  memcpy (word, packed, 12);
  for (int i = 0; i < 4; i++) {
    uint32_t low = word[i % 2] >> 4 * (i / 2) & 0x0f0f0f0f;
    uint32_t biased = low | (word[2] >> 2 * i & 0x03030303) << 4;
    /* Minus 32 in each byte: no borrow crosses with the top bit set meanwhile. */
    uint32_t four = ((biased | 0x80808080) - 0x20202020) ^ 0x80808080;

    memcpy (scales + 4 * i, &four, 4);
  }
}

/* Minus d: see unpack_q3_k (). */
static inline void
scales_q3_k (const uint8_t *from, int blocks, gemm_strip *strip, int r)
{
  gemm_q3k_scales (from + offsetof (dd_block_q3_k, scales), (uint8_t *) strip->scales[r]);
  strip->d256[r] = dd_load_u16 (from + offsetof (dd_block_q3_k, d)) ^ 0x8000;
}

/* The scale of sixteen columns times their 3-bit values, -4 to 3, is -124 to
 * 128: negated it fits a byte, and d is negated with it.  On the way bytes wrap. */
static inline void
unpack_q3_k (const uint8_t *from, int blocks, gemm_strip *strip, int r)
{
  gemm_bytes32 hmask;
  const uint8_t *scales = (const uint8_t *) strip->scales[r];

  memcpy (&hmask, from + offsetof (dd_block_q3_k, hmask), 32);
  scales_q3_k (from, blocks, strip, r);
  for (int g = 0; g < 16; g += 2) {
    gemm_bytes32 bits, high, scale, q;

    memcpy (&bits, from + offsetof (dd_block_q3_k, qs) + 32 * (g / 8), 32);
    gemm_two (scales[g], scales[g + 1], &scale);
    bits >>= g % 8;
    high = hmask >> g / 2;
    q = (scale << 2) - (-(bits & 1) & scale) - (-(bits >> 1 & 1) & (scale << 1))
        - (-(high & 1) & (scale << 2));
    memcpy (strip->q[r] + 16 * g, &q, 32);
  }
}

/* The eight scales and mins as bytes, four at a time. */
static inline void
scales_q4_k (const uint8_t *from, int blocks, gemm_strip *strip, int r)
{
  uint32_t word[3], scale[2], min[2];

  memcpy (word, from + offsetof (dd_block_q4_k, scales), 12);
  scale[0] = word[0] & 0x3f3f3f3f;
  min[0] = word[1] & 0x3f3f3f3f;
  scale[1] = (word[2] & 0x0f0f0f0f) | (word[0] >> 2 & 0x30303030);
  min[1] = (word[2] >> 4 & 0x0f0f0f0f) | (word[1] >> 2 & 0x30303030);
  memcpy (strip->scales[r], scale, 8);
  memcpy (strip->mins[r], min, 8);
  strip->d256[r] = dd_load_u16 (from + offsetof (dd_block_q4_k, d));
  strip->dmin256[r] = dd_load_u16 (from + offsetof (dd_block_q4_k, dmin));
}

/* Its blocks begin as those of Q4_K do. */
static inline void
scales_q5_k (const uint8_t *from, int blocks, gemm_strip *strip, int r)
{
  scales_q4_k (from, blocks, strip, r);
}

static inline void
unpack_q4_k (const uint8_t *from, int blocks, gemm_strip *strip, int r)
{
  scales_q4_k (from, blocks, strip, r);
  for (int g = 0; g < 4; g++) {
    int8_t *q = strip->q[r] + 64 * g;
    gemm_bytes32 both, low, high;

    memcpy (&both, from + offsetof (dd_block_q4_k, qs) + 32 * g, 32);
    low = both & 15;
    high = both >> 4;
    memcpy (q, &low, 32);
    memcpy (q + 32, &high, 32);
  }
}

static inline void
unpack_q5_k (const uint8_t *from, int blocks, gemm_strip *strip, int r)
{
  gemm_bytes32 fifth;

  memcpy (&fifth, from + offsetof (dd_block_q5_k, qh), 32);
  scales_q5_k (from, blocks, strip, r);
  for (int g = 0; g < 4; g++, fifth >>= 2) {
    int8_t *q = strip->q[r] + 64 * g;
    gemm_bytes32 both, low, high;

    memcpy (&both, from + offsetof (dd_block_q5_k, qs) + 32 * g, 32);
    low = (both & 15) | (fifth & 1) << 4;
    high = both >> 4 | (fifth & 2) << 3;
    memcpy (q, &low, 32);
    memcpy (q + 32, &high, 32);
  }
}

static inline void
scales_q6_k (const uint8_t *from, int blocks, gemm_strip *strip, int r)
{
  memcpy (strip->scales[r], from + offsetof (dd_block_q6_k, scales), 16);
  strip->d256[r] = dd_load_u16 (from + offsetof (dd_block_q6_k, d));
}

static inline void
unpack_q6_k (const uint8_t *from, int blocks, gemm_strip *strip, int r)
{
  scales_q6_k (from, blocks, strip, r);
  for (int h = 0; h < 4; h++) {
    /* Thirty-two low nibbles and, 64 columns on, the high ones. */
    int8_t *q = strip->q[r] + 128 * (h / 2) + 32 * (h % 2);
    gemm_bytes32 both, top, low, high;

    memcpy (&both, from + 32 * h, 32);
    memcpy (&top, from + offsetof (dd_block_q6_k, qh) + 32 * (h / 2), 32);
    top >>= 2 * (h % 2);
    low = ((both & 15) | (top & 3) << 4) - 32;
    high = (both >> 4 | (top & 48)) - 32;
    memcpy (q, &low, 32);
    memcpy (q + 64, &high, 32);
  }
}

static inline void
scales_iq4_xs (const uint8_t *from, int blocks, gemm_strip *strip, int r)
{
  const uint8_t *low = from + offsetof (dd_block_iq4_xs, scales_l);
  uint16_t high = dd_load_u16 (from + offsetof (dd_block_iq4_xs, scales_h));

  for (int g = 0; g < 8; g++)
    strip->scales[r][g] = (int8_t) (((low[g / 2] >> 4 * (g % 2) & 15) | (high >> 2 * g & 3) << 4)
                                    - 32);
  strip->d256[r] = dd_load_u16 (from);
}

static inline void
unpack_iq4_xs (const uint8_t *from, int blocks, gemm_strip *strip, int r)
{
  scales_iq4_xs (from, blocks, strip, r);
  for (int g = 0; g < 8; g++) {
    int8_t *q = strip->q[r] + 32 * g;

    gemm_levels (from + offsetof (dd_block_iq4_xs, qs) + 16 * g, q, q + 16);
  }
}

/* `n` activations (a multiple of 16) to q * scale with q in -127…127; returns the
 * scale.  The largest magnitude is found on the bits, where a NaN is above all:
 * a group with a value that is not finite has the scale NaN and no values. */
static inline float
gemm_quantise (const float *restrict x, int n, int8_t *restrict q)
{
  uint32_t largest = 0;
  float top, inverse;

  for (int i = 0; i < n; i++) {
    uint32_t bits = dd_bits_from_float (x[i]) & 0x7fffffff;

    largest = bits > largest ? bits : largest;
  }
  top = dd_float_from_bits (largest);
  /* Below 2^-120 the inverse would overflow, and the values cannot matter. */
  if (!(top >= 0x1p-120f && top < INFINITY)) {
    memset (q, 0, (size_t) n);
    return top < 0x1p-120f ? 0.0f : NAN;
  }
  inverse = 127.0f / top;
  for (int i = 0; i < n; i++)
    q[i] = (int8_t) (int) rintf (x[i] * inverse);
  return top / 127.0f;
}

static inline int
gemm_sum (const int8_t *q, int n)
{
  int sum = 0;

  for (int i = 0; i < n; i++)
    sum += q[i];
  return sum;
}
