/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From blocks to floats, one small function per type.  The order of the float
 * operations is the one that the `gguf` Python package uses, so that values are
 * equal to the bit; no speed is sought.
 */
#include "quant/blocks.h"
#include "quant/half.h"
#include "quant/quant.h"

const int8_t dd_iq4_levels[16] = { -127, -104, -83, -65, -49, -35, -22, -10,
                                   1,    13,   25,  38,  53,  69,  89,  113 };

/* Every function takes one block, unaligned, and writes its elements. */
typedef void (*block_fn) (const void *bytes, float *out);

static void
f32_block (const void *bytes, float *out)
{
  memcpy (out, bytes, sizeof *out);
}

static void
f16_block (const void *bytes, float *out)
{
  *out = dd_half_to_float (dd_load_u16 (bytes));
}

static void
bf16_block (const void *bytes, float *out)
{
  *out = dd_bfloat_to_float (dd_load_u16 (bytes));
}

static void
q4_0_block (const void *bytes, float *out)
{
  dd_block_q4_0 b;
  float d;

  memcpy (&b, bytes, sizeof b);
  d = dd_half_to_float (b.d);
  for (int j = 0; j < 16; j++) {
    out[j] = d * (float) ((b.qs[j] & 15) - 8);
    out[j + 16] = d * (float) ((b.qs[j] >> 4) - 8);
  }
}

static void
q4_1_block (const void *bytes, float *out)
{
  dd_block_q4_1 b;
  float d, m;

  memcpy (&b, bytes, sizeof b);
  d = dd_half_to_float (b.d);
  m = dd_half_to_float (b.m);
  for (int j = 0; j < 16; j++) {
    out[j] = d * (float) (b.qs[j] & 15) + m;
    out[j + 16] = d * (float) (b.qs[j] >> 4) + m;
  }
}

/* The fifth bit of element `j` of a Q5_0 or Q5_1 block, in its place. */
static inline int
fifth_bit (const uint8_t qh[4], int j)
{
  return (qh[j / 8] >> j % 8 & 1) << 4;
}

static void
q5_0_block (const void *bytes, float *out)
{
  dd_block_q5_0 b;
  float d;

  memcpy (&b, bytes, sizeof b);
  d = dd_half_to_float (b.d);
  for (int j = 0; j < 16; j++) {
    out[j] = d * (float) (((b.qs[j] & 15) | fifth_bit (b.qh, j)) - 16);
    out[j + 16] = d * (float) ((b.qs[j] >> 4 | fifth_bit (b.qh, j + 16)) - 16);
  }
}

static void
q5_1_block (const void *bytes, float *out)
{
  dd_block_q5_1 b;
  float d, m;

  memcpy (&b, bytes, sizeof b);
  d = dd_half_to_float (b.d);
  m = dd_half_to_float (b.m);
  for (int j = 0; j < 16; j++) {
    out[j] = d * (float) ((b.qs[j] & 15) | fifth_bit (b.qh, j)) + m;
    out[j + 16] = d * (float) (b.qs[j] >> 4 | fifth_bit (b.qh, j + 16)) + m;
  }
}

static void
q8_0_block (const void *bytes, float *out)
{
  dd_block_q8_0 b;
  float d;

  memcpy (&b, bytes, sizeof b);
  d = dd_half_to_float (b.d);
  for (int j = 0; j < 32; j++)
    out[j] = d * (float) b.qs[j];
}

/* Two bits of element `i` of a Q2_K or Q3_K block: halves of 128 elements use 32
 * bytes each, groups of 32 elements two bits of all of them. */
static inline int
two_bits (const uint8_t qs[64], int i)
{
  return qs[i / 128 * 32 + i % 32] >> i / 32 % 4 * 2 & 3;
}

static void
q2_k_block (const void *bytes, float *out)
{
  dd_block_q2_k b;
  float d, dmin;

  memcpy (&b, bytes, sizeof b);
  d = dd_half_to_float (b.d);
  dmin = dd_half_to_float (b.dmin);
  for (int i = 0; i < DD_QK_K; i++) {
    float scale = d * (float) (b.scales[i / 16] & 15);
    float min = dmin * (float) (b.scales[i / 16] >> 4);

    out[i] = scale * (float) two_bits (b.qs, i) - min;
  }
}

static void
q3_k_block (const void *bytes, float *out)
{
  dd_block_q3_k b;
  float d;

  memcpy (&b, bytes, sizeof b);
  d = dd_half_to_float (b.d);
  for (int i = 0; i < DD_QK_K; i++) {
    float scale = d * (float) dd_q3k_scale (b.scales, i / 16);
    int high = b.hmask[i % 32] >> i / 32 & 1;

    out[i] = scale * (float) (two_bits (b.qs, i) - (high ? 0 : 4));
  }
}

/* Four bits of element `i` of a Q4_K or Q5_K block: groups of 64 elements use 32
 * bytes, the low halves first. */
static inline int
four_bits (const uint8_t qs[128], int i)
{
  return qs[i / 64 * 32 + i % 32] >> i / 32 % 2 * 4 & 15;
}

static void
q4_k_block (const void *bytes, float *out)
{
  dd_block_q4_k b;
  float d, dmin;

  memcpy (&b, bytes, sizeof b);
  d = dd_half_to_float (b.d);
  dmin = dd_half_to_float (b.dmin);
  for (int i = 0; i < DD_QK_K; i++) {
    uint8_t scale, min;

    dd_k4_scale_min (b.scales, i / 32, &scale, &min);
    out[i] = d * (float) scale * (float) four_bits (b.qs, i) - dmin * (float) min;
  }
}

static void
q5_k_block (const void *bytes, float *out)
{
  dd_block_q5_k b;
  float d, dmin;

  memcpy (&b, bytes, sizeof b);
  d = dd_half_to_float (b.d);
  dmin = dd_half_to_float (b.dmin);
  for (int i = 0; i < DD_QK_K; i++) {
    int q = four_bits (b.qs, i) | (b.qh[i % 32] >> i / 32 & 1) << 4;
    uint8_t scale, min;

    dd_k4_scale_min (b.scales, i / 32, &scale, &min);
    out[i] = d * (float) scale * (float) q - dmin * (float) min;
  }
}

static void
q6_k_block (const void *bytes, float *out)
{
  dd_block_q6_k b;
  float d;

  memcpy (&b, bytes, sizeof b);
  d = dd_half_to_float (b.d);
  for (int i = 0; i < DD_QK_K; i++) {
    int half = i / 128;
    int low = b.ql[half * 64 + i % 64] >> i / 64 % 2 * 4 & 15;
    int high = b.qh[half * 32 + i % 32] >> i / 32 % 4 * 2 & 3;

    out[i] = d * (float) b.scales[i / 16] * (float) ((low | high << 4) - 32);
  }
}

static void
iq4_nl_block (const void *bytes, float *out)
{
  dd_block_iq4_nl b;
  float d;

  memcpy (&b, bytes, sizeof b);
  d = dd_half_to_float (b.d);
  for (int j = 0; j < 16; j++) {
    out[j] = d * (float) dd_iq4_levels[b.qs[j] & 15];
    out[j + 16] = d * (float) dd_iq4_levels[b.qs[j] >> 4];
  }
}

static void
iq4_xs_block (const void *bytes, float *out)
{
  dd_block_iq4_xs b;
  float d;

  memcpy (&b, bytes, sizeof b);
  d = dd_half_to_float (b.d);
  for (int i = 0; i < DD_QK_K; i++) {
    int group = i / 32;
    int low = b.scales_l[group / 2] >> group % 2 * 4 & 15;
    int high = b.scales_h >> 2 * group & 3;
    int q = b.qs[group * 16 + i % 16] >> i / 16 % 2 * 4 & 15;

    out[i] = d * (float) ((low | high << 4) - 32) * (float) dd_iq4_levels[q];
  }
}

static const block_fn blocks_of[DD_TYPE_LIMIT] = {
  [DD_TYPE_F32] = f32_block,       [DD_TYPE_F16] = f16_block,       [DD_TYPE_Q4_0] = q4_0_block,
  [DD_TYPE_Q4_1] = q4_1_block,     [DD_TYPE_Q5_0] = q5_0_block,     [DD_TYPE_Q5_1] = q5_1_block,
  [DD_TYPE_Q8_0] = q8_0_block,     [DD_TYPE_Q2_K] = q2_k_block,     [DD_TYPE_Q3_K] = q3_k_block,
  [DD_TYPE_Q4_K] = q4_k_block,     [DD_TYPE_Q5_K] = q5_k_block,     [DD_TYPE_Q6_K] = q6_k_block,
  [DD_TYPE_IQ4_NL] = iq4_nl_block, [DD_TYPE_IQ4_XS] = iq4_xs_block, [DD_TYPE_BF16] = bf16_block,
};

void
dd_dequantise (dd_type type, const void *blocks, float *out, size_t count)
{
  const dd_type_info *info = dd_type_get (type);
  const uint8_t *bytes = blocks;

  assert (info != NULL && count % info->block == 0);
  for (size_t i = 0; i < count; i += info->block) {
    blocks_of[type](bytes, out + i);
    bytes += info->bytes;
  }
}
