/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The decode products in portable C: the specification of the quantised product.
 * Each block of 32 (or half block, where a type has a scale for each 16) is an
 * exact integer sum; sums are scaled and added in double.
 */
#include "device/cpu/dots_private.h"

/* Up to eight blocks of 32 weights, w = scale * q - minimum for each half. */
typedef struct unpacked {
  int8_t q[8][DD_QK];
  double scale[8][2];
  double minimum[8][2];
} unpacked;

typedef void (*unpack_fn) (const uint8_t *block, unpacked *out);

static double
half (const void *bytes)
{
  return (double) dd_half_to_float (dd_load_u16 (bytes));
}

static void
set_scale (unpacked *out, int b, double scale, double minimum)
{
  for (int h = 0; h < 2; h++) {
    out->scale[b][h] = scale;
    out->minimum[b][h] = minimum;
  }
}

/* Nibbles as bytes: the low ones first, 16 apart (blocks of 32). */
static void
unpack_nibbles (const uint8_t qs[16], int offset, int8_t q[DD_QK])
{
  for (int i = 0; i < 16; i++) {
    q[i] = (int8_t) ((qs[i] & 15) - offset);
    q[i + 16] = (int8_t) ((qs[i] >> 4) - offset);
  }
}

static void
add_fifth_bits (const uint8_t qh[4], int8_t q[DD_QK])
{
  for (int i = 0; i < DD_QK; i++)
    q[i] = (int8_t) (q[i] + ((qh[i / 8] >> i % 8 & 1) << 4));
}

static void
unpack_q4_0 (const uint8_t *block, unpacked *out)
{
  unpack_nibbles (block + 2, 8, out->q[0]);
  set_scale (out, 0, half (block), 0);
}

static void
unpack_q4_1 (const uint8_t *block, unpacked *out)
{
  unpack_nibbles (block + 4, 0, out->q[0]);
  set_scale (out, 0, half (block), -half (block + 2));
}

static void
unpack_q5_0 (const uint8_t *block, unpacked *out)
{
  unpack_nibbles (block + 6, 16, out->q[0]);
  add_fifth_bits (block + 2, out->q[0]);
  set_scale (out, 0, half (block), 0);
}

static void
unpack_q5_1 (const uint8_t *block, unpacked *out)
{
  unpack_nibbles (block + 8, 0, out->q[0]);
  add_fifth_bits (block + 4, out->q[0]);
  set_scale (out, 0, half (block), -half (block + 2));
}

static void
unpack_q8_0 (const uint8_t *block, unpacked *out)
{
  memcpy (out->q[0], block + 2, DD_QK);
  set_scale (out, 0, half (block), 0);
}

static void
unpack_levels (const uint8_t qs[16], int8_t q[DD_QK])
{
  for (int i = 0; i < 16; i++) {
    q[i] = dd_iq4_levels[qs[i] & 15];
    q[i + 16] = dd_iq4_levels[qs[i] >> 4];
  }
}

static void
unpack_iq4_nl (const uint8_t *block, unpacked *out)
{
  unpack_levels (block + 2, out->q[0]);
  set_scale (out, 0, half (block), 0);
}

static void
unpack_iq4_xs (const uint8_t *bytes, unpacked *out)
{
  const uint8_t *qs = bytes + offsetof (dd_block_iq4_xs, qs);
  double d = half (bytes);
  uint64_t scales = iq4_xs_scales (bytes);

  for (int b = 0; b < 8; b++) {
    unpack_levels (qs + 16 * b, out->q[b]);
    set_scale (out, b, d * ((int) (scales >> 8 * b & 63) - 32), 0);
  }
}

/* Two bits of 32 bytes at each of four shifts: blocks 4 * half … + 3. */
static void
unpack_pairs (const uint8_t qs[32], int8_t q[4][DD_QK])
{
  for (int b = 0; b < 4; b++) {
    for (int i = 0; i < DD_QK; i++)
      q[b][i] = (int8_t) (qs[i] >> 2 * b & 3);
  }
}

static void
unpack_q2_k (const uint8_t *bytes, unpacked *out)
{
  const uint8_t *scales = bytes + offsetof (dd_block_q2_k, scales);
  const uint8_t *qs = bytes + offsetof (dd_block_q2_k, qs);
  double d = half (bytes + offsetof (dd_block_q2_k, d));
  double dmin = half (bytes + offsetof (dd_block_q2_k, dmin));

  unpack_pairs (qs, out->q);
  unpack_pairs (qs + 32, out->q + 4);
  for (int i = 0; i < 16; i++) {
    out->scale[i / 2][i % 2] = d * (scales[i] & 15);
    out->minimum[i / 2][i % 2] = dmin * (scales[i] >> 4);
  }
}

static void
unpack_q3_k (const uint8_t *bytes, unpacked *out)
{
  const uint8_t *hmask = bytes + offsetof (dd_block_q3_k, hmask);
  const uint8_t *qs = bytes + offsetof (dd_block_q3_k, qs);
  const uint8_t *scales = bytes + offsetof (dd_block_q3_k, scales);
  double d = half (bytes + offsetof (dd_block_q3_k, d));

  unpack_pairs (qs, out->q);
  unpack_pairs (qs + 32, out->q + 4);
  for (int b = 0; b < 8; b++) {
    for (int i = 0; i < DD_QK; i++)
      out->q[b][i] = (int8_t) (out->q[b][i] - (hmask[i] >> b & 1 ? 0 : 4));
  }
  for (int i = 0; i < 16; i++) {
    out->scale[i / 2][i % 2] = d * dd_q3k_scale (scales, i);
    out->minimum[i / 2][i % 2] = 0;
  }
}

static void
unpack_q4_k (const uint8_t *bytes, unpacked *out)
{
  const uint8_t *qs = bytes + offsetof (dd_block_q4_k, qs);
  double d = half (bytes), dmin = half (bytes + 2);
  uint64_t scales, minima;

  k4_scales (bytes + offsetof (dd_block_q4_k, scales), &scales, &minima);
  for (int b = 0; b < 8; b++) {
    for (int i = 0; i < DD_QK; i++)
      out->q[b][i] = (int8_t) (qs[b / 2 * 32 + i] >> b % 2 * 4 & 15);
    set_scale (out, b, d * (double) (scales >> 8 * b & 63), dmin * (double) (minima >> 8 * b & 63));
  }
}

static void
unpack_q5_k (const uint8_t *bytes, unpacked *out)
{
  const uint8_t *qs = bytes + offsetof (dd_block_q5_k, qs);
  const uint8_t *qh = bytes + offsetof (dd_block_q5_k, qh);
  double d = half (bytes), dmin = half (bytes + 2);
  uint64_t scales, minima;

  k4_scales (bytes + offsetof (dd_block_q5_k, scales), &scales, &minima);
  for (int b = 0; b < 8; b++) {
    for (int i = 0; i < DD_QK; i++)
      out->q[b][i] = (int8_t) ((qs[b / 2 * 32 + i] >> b % 2 * 4 & 15) | (qh[i] >> b & 1) << 4);
    set_scale (out, b, d * (double) (scales >> 8 * b & 63), dmin * (double) (minima >> 8 * b & 63));
  }
}

static void
unpack_q6_k (const uint8_t *bytes, unpacked *out)
{
  const int8_t *scales = (const int8_t *) bytes + offsetof (dd_block_q6_k, scales);
  double d = half (bytes + offsetof (dd_block_q6_k, d));

  for (int b = 0; b < 8; b++) {
    const uint8_t *ql = bytes + b / 4 * 64 + b % 2 * 32;
    const uint8_t *qh = bytes + offsetof (dd_block_q6_k, qh) + b / 4 * 32;

    for (int i = 0; i < DD_QK; i++)
      out->q[b][i] = (int8_t) (((ql[i] >> b % 4 / 2 * 4 & 15) | (qh[i] >> b % 4 * 2 & 3) << 4)
                               - 32);
    for (int h = 0; h < 2; h++) {
      out->scale[b][h] = d * scales[2 * b + h];
      out->minimum[b][h] = 0;
    }
  }
}

static double
dot_block (const int8_t q[DD_QK],
           const double scale[2],
           const double minimum[2],
           const dd_q8_group *x,
           int b)
{
  double sum = 0;

  for (int h = 0; h < 2; h++) {
    int dot = 0, total = 0;

    for (int e = 16 * h; e < 16 * h + 16; e++) {
      int value = x->q[dd_q8_place (b, e)];

      dot += q[e] * value;
      total += value;
    }
    sum += x->scale[b] * (scale[h] * dot - minimum[h] * total);
  }
  return sum;
}

ALWAYS_INLINE void
dots_blocks (unpack_fn unpack,
             int bytes,
             int blocks,
             const uint8_t *weights,
             uint64_t row_bytes,
             int64_t rows,
             const dd_vectors *vectors,
             float *out,
             int64_t out_stride)
{
  for (int64_t r = 0; r < rows; r++) {
    const uint8_t *row = weights + (uint64_t) r * row_bytes;
    double sums[DD_VECTORS] = { 0 };
    unpacked w;

    for (int64_t i = 0; i < vectors->columns / DD_QK; i++) {
      if (i % blocks == 0)
        unpack (row + i / blocks * bytes, &w);
      for (int c = 0; c < vectors->count; c++)
        sums[c] += dot_block (w.q[i % blocks], w.scale[i % blocks], w.minimum[i % blocks],
                              &vectors->groups[c * vectors->groups_stride + i / 4], (int) (i % 4));
    }
    for (int c = 0; c < vectors->count; c++)
      out[c * out_stride + r] = (float) sums[c];
  }
}

typedef float (*load_fn) (const uint8_t *bytes);

ALWAYS_INLINE void
dots_floats (load_fn load,
             int bytes,
             const uint8_t *weights,
             uint64_t row_bytes,
             int64_t rows,
             const dd_vectors *vectors,
             float *out,
             int64_t out_stride)
{
  for (int64_t r = 0; r < rows; r++) {
    const uint8_t *row = weights + (uint64_t) r * row_bytes;

    for (int c = 0; c < vectors->count; c++) {
      const float *x = vectors->x + c * vectors->x_stride;
      double sum = 0;

      for (int64_t i = 0; i < vectors->columns; i++)
        sum += (double) load (row + i * bytes) * (double) x[i];
      out[c * out_stride + r] = (float) sum;
    }
  }
}

static float
load_f32 (const uint8_t *bytes)
{
  float value;

  memcpy (&value, bytes, sizeof value);
  return value;
}

static float
load_f16 (const uint8_t *bytes)
{
  return dd_half_to_float (dd_load_u16 (bytes));
}

static float
load_bf16 (const uint8_t *bytes)
{
  return dd_bfloat_to_float (dd_load_u16 (bytes));
}

static uint32_t
largest_magnitude (const float *x)
{
  uint32_t largest = 0;

  for (int i = 0; i < DD_QK; i++) {
    uint32_t bits = dd_bits_from_float (x[i]) & 0x7fffffff;

    largest = bits > largest ? bits : largest;
  }
  return largest;
}

/* Adding 1.5 * 2^23 leaves the nearest even integer in the low bits. */
static void
round_all (const float *x, float inverse, int8_t q[DD_QK])
{
  for (int i = 0; i < DD_QK; i++)
    q[i] = (int8_t) (int32_t) (dd_bits_from_float (x[i] * inverse + 0x1.8p23f) - 0x4b400000);
}

void
quantise_scalar (const float *x, dd_vectors *vectors, int c, int64_t first, int64_t last)
{
  quantise_groups (largest_magnitude, round_all, x, vectors, c, first, last);
}

#define DOTS_BLOCKS(type_, blocks_, kind_)                                                         \
  static void dots_##type_ (const uint8_t *weights, uint64_t row_bytes, int64_t rows,              \
                            const dd_vectors *vectors, float *out, int64_t out_stride)             \
  {                                                                                                \
    dots_blocks (unpack_##type_, sizeof (dd_block_##type_), blocks_, weights, row_bytes, rows,     \
                 vectors, out, out_stride);                                                        \
  }                                                                                                \
  static const dd_dots table_##type_ = { DD_FORM_Q8, dots_##type_ };

#define DOTS_FLOATS(type_, bytes_)                                                                 \
  static void dots_##type_ (const uint8_t *weights, uint64_t row_bytes, int64_t rows,              \
                            const dd_vectors *vectors, float *out, int64_t out_stride)             \
  {                                                                                                \
    dots_floats (load_##type_, bytes_, weights, row_bytes, rows, vectors, out, out_stride);        \
  }                                                                                                \
  static const dd_dots table_##type_ = { DD_FORM_F32, dots_##type_ };

#define DOTS_TABLE dots_scalar
#include "device/cpu/dots_types.h"
