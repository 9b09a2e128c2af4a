/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The prompt products with NEON and dot products: `sdot` takes signed bytes on both
 * sides and one of four words of activations by its place, so that bytes need no
 * offset and no broadcast.
 *
 * A kernel holds the integer sums of 16 rows x 4 activations in 16 of 32 registers.
 */
#include <arm_neon.h>

#include "device/cpu/gemm.h"
#include "quant/blocks.h"
#include "quant/half.h"

#define GEMM_GROUP 4

/* Weights of 32 rows and 256 columns (floats: 128), ready to multiply. */
typedef struct gemm_panel {
  union {
    int8_t q[64][32][4]; /* four columns of a row make an element of a vector */
    float f[128][32];
  };
  float scale[16][32];
  int16_t mins[16][32];
  float min[8][32]; /* per block; K types: [0], what mins are multiples of */
} gemm_panel;

static inline void
gemm_levels (const uint8_t *qs, int8_t *low, int8_t *high)
{
  int8x16_t table = vld1q_s8 (dd_iq4_levels);
  uint8x16_t bytes = vld1q_u8 (qs);

  vst1q_s8 (low, vqtbl1q_s8 (table, vandq_u8 (bytes, vdupq_n_u8 (15))));
  vst1q_s8 (high, vqtbl1q_s8 (table, vshrq_n_u8 (bytes, 4)));
}

static inline void
gemm_bits (uint32_t bits, uint8_t out[32])
{
  uint8x16_t bit = vreinterpretq_u8_u64 (vdupq_n_u64 (0x8040201008040201u));
  uint8x16_t low = vcombine_u8 (vdup_n_u8 ((uint8_t) bits), vdup_n_u8 ((uint8_t) (bits >> 8)));
  uint8x16_t high = vcombine_u8 (vdup_n_u8 ((uint8_t) (bits >> 16)),
                                 vdup_n_u8 ((uint8_t) (bits >> 24)));

  vst1q_u8 (out, vandq_u8 (vtstq_u8 (low, bit), vdupq_n_u8 (16)));
  vst1q_u8 (out + 16, vandq_u8 (vtstq_u8 (high, bit), vdupq_n_u8 (16)));
}

static inline void
gemm_halves (const uint8_t *from, int n, float *out)
{
  int i = 0;

  for (; i + 4 <= n; i += 4)
    vst1q_f32 (out + i, vcvt_f32_f16 (vreinterpret_f16_u8 (vld1_u8 (from + 2 * i))));
  for (; i < n; i++)
    out[i] = dd_half_to_float (dd_load_u16 (from + 2 * i));
}

#include "device/cpu/gemm_panels.h"

/* Activations of one chunk, four columns of four activations side by side.  Q8 has
 * a scale per 32 columns, Q8K one per 256. */
typedef struct record_q8 {
  int8_t q[64][4][4];
  float scale[8][4];
  float sum[8][4]; /* scale * sum of q */
} record_q8;

typedef struct record_q8k {
  int8_t q[64][4][4];
  int16_t sums16[16][4]; /* of q over 16 columns */
  int16_t sums32[8][4];
  float scale[4];
} record_q8k;

typedef struct record_f32 {
  float x[128][4];
} record_f32;

/* --- activations --- */

static void
pack_bytes (const int8_t q[GEMM_CHUNK], int columns, int a, int8_t out[64][4][4])
{
  for (int k = 0; k < columns / 4; k++)
    memcpy (out[k][a], q + 4 * k, 4);
}

static void
pack_activation_q8 (const float *x, int columns, int a, void *memory)
{
  record_q8 *record = memory;
  int8_t q[GEMM_CHUNK];

  for (int b = 0; b < columns / DD_QK; b++) {
    float scale = gemm_quantise (x + DD_QK * b, DD_QK, q + DD_QK * b);

    record->scale[b][a] = scale;
    record->sum[b][a] = scale * (float) gemm_sum (q + DD_QK * b, DD_QK);
  }
  pack_bytes (q, columns, a, record->q);
}

static void
pack_activation_q8k (const float *x, int columns, int a, void *memory)
{
  record_q8k *record = memory;
  int8_t q[GEMM_CHUNK];

  record->scale[a] = gemm_quantise (x, GEMM_CHUNK, q);
  for (int g = 0; g < 16; g++)
    record->sums16[g][a] = (int16_t) gemm_sum (q + 16 * g, 16);
  for (int g = 0; g < 8; g++)
    record->sums32[g][a] = (int16_t) (record->sums16[2 * g][a] + record->sums16[2 * g + 1][a]);
  pack_bytes (q, GEMM_CHUNK, a, record->q);
}

static void
pack_activation_f32 (const float *x, int columns, int a, void *memory)
{
  record_f32 *record = memory;

  for (int k = 0; k < columns; k++)
    record->x[k][a] = x[k];
}

/* --- weights into a panel --- */

/* Four words of four rows each from 16 bytes of 4 rows. */
static inline void
transpose_words (const void *first, size_t stride, uint32x4_t out[4])
{
  const uint8_t *from = first;
  uint32x4_t z[4];
  uint64x2_t t[4];

  UNROLL
  for (int i = 0; i < 4; i++)
    z[i] = vreinterpretq_u32_u8 (vld1q_u8 (from + (size_t) i * stride));
  t[0] = vreinterpretq_u64_u32 (vtrn1q_u32 (z[0], z[1]));
  t[1] = vreinterpretq_u64_u32 (vtrn2q_u32 (z[0], z[1]));
  t[2] = vreinterpretq_u64_u32 (vtrn1q_u32 (z[2], z[3]));
  t[3] = vreinterpretq_u64_u32 (vtrn2q_u32 (z[2], z[3]));
  out[0] = vreinterpretq_u32_u64 (vtrn1q_u64 (t[0], t[2]));
  out[1] = vreinterpretq_u32_u64 (vtrn1q_u64 (t[1], t[3]));
  out[2] = vreinterpretq_u32_u64 (vtrn2q_u64 (t[0], t[2]));
  out[3] = vreinterpretq_u32_u64 (vtrn2q_u64 (t[1], t[3]));
}

static inline void
arrange_bytes (const gemm_strip *strip, int columns, gemm_panel *panel)
{
  for (int h = 0; h < 32; h += 4) {
    for (int k = 0; k < columns; k += 16) {
      uint32x4_t out[4];

      transpose_words (&strip->q[h][k], sizeof strip->q[0], out);
      UNROLL
      for (int i = 0; i < 4; i++)
        vst1q_s8 (panel->q[k / 4 + i][h], vreinterpretq_s8_u32 (out[i]));
    }
  }
}

/* One half per row and block, [row][8], to floats [block][row]. */
static inline void
arrange_halves (const uint16_t halves[32][8], int blocks, float out[][32])
{
  for (int h = 0; h < 32; h += 4) {
    uint32x4_t pairs[4];

    transpose_words (halves[h], sizeof halves[0], pairs);
    for (int b = 0; b < blocks; b++) {
      uint16x4_t half = b % 2 ? vshrn_n_u32 (pairs[b / 2], 16) : vmovn_u32 (pairs[b / 2]);

      vst1q_f32 (out[b] + h, vcvt_f32_f16 (vreinterpret_f16_u16 (half)));
    }
  }
}

static inline float32x4_t
load_halves (const uint16_t *halves)
{
  return vcvt_f32_f16 (vreinterpret_f16_u16 (vld1_u16 (halves)));
}

static inline void
arrange_q8 (const gemm_strip *strip, int blocks, bool with_min, gemm_panel *panel)
{
  arrange_bytes (strip, DD_QK * blocks, panel);
  arrange_halves (strip->d, blocks, panel->scale);
  if (with_min)
    arrange_halves (strip->m, blocks, panel->min);
}

/* Small scales, with signs, times the row's d: exact, 8 and 11 bits in 24.  Without
 * small scales (`groups` 1) d alone. */
static inline void
arrange_k (const gemm_strip *strip, int groups, int mins, gemm_panel *panel)
{
  arrange_bytes (strip, GEMM_CHUNK, panel);
  for (int h = 0; h < 32; h += 4) {
    float32x4_t d = load_halves (strip->d256 + h);
    uint32x4_t fours[4];

    if (groups == 1)
      vst1q_f32 (panel->scale[0] + h, d);
    else
      transpose_words (strip->scales[h], sizeof strip->scales[0], fours);
    for (int g = 0; groups > 1 && g < groups; g++) {
      int32x4_t up = vshlq_s32 (vreinterpretq_s32_u32 (fours[g / 4]), vdupq_n_s32 (24 - g % 4 * 8));

      vst1q_f32 (panel->scale[g] + h, vmulq_f32 (d, vcvtq_f32_s32 (vshrq_n_s32 (up, 24))));
    }
    if (mins == 0)
      continue;
    transpose_words (strip->mins[h], sizeof strip->mins[0], fours);
    for (int g = 0; g < mins; g++) {
      uint32x4_t down = vshlq_u32 (fours[g / 4], vdupq_n_s32 (-(g % 4 * 8)));

      vst1_s16 (panel->mins[g] + h,
                vreinterpret_s16_u16 (vmovn_u32 (vandq_u32 (down, vdupq_n_u32 (255)))));
    }
    vst1q_f32 (panel->min[0] + h, load_halves (strip->dmin256 + h));
  }
}

static void
arrange_floats (const gemm_strip *strip, int units, gemm_panel *panel)
{
  for (int h = 0; h < 32; h += 4) {
    for (int k = 0; k < units; k += 4) {
      uint32x4_t out[4];

      transpose_words (&strip->f[h][k], sizeof strip->f[0], out);
      UNROLL
      for (int i = 0; i < 4; i++)
        vst1q_f32 (panel->f[k + i] + h, vreinterpretq_f32_u32 (out[i]));
    }
  }
}

/* --- kernels --- */

/* Adds one word of four columns: 16 rows x 4 activations. */
ALWAYS_INLINE void
multiply_word (const int8_t (*w)[4], const int8_t x[4][4], int32x4_t sums[4][4])
{
  int8x16_t four = vld1q_s8 (x[0]);

  UNROLL
  for (int v = 0; v < 4; v++) {
    int8x16_t rows = vld1q_s8 (w[4 * v]);

    sums[0][v] = vdotq_laneq_s32 (sums[0][v], rows, four, 0);
    sums[1][v] = vdotq_laneq_s32 (sums[1][v], rows, four, 1);
    sums[2][v] = vdotq_laneq_s32 (sums[2][v], rows, four, 2);
    sums[3][v] = vdotq_laneq_s32 (sums[3][v], rows, four, 3);
  }
}

ALWAYS_INLINE void
multiply_words (const int8_t (*w)[32][4],
                const int8_t (*x)[4][4],
                int words,
                int h,
                int32x4_t sums[4][4])
{
  UNROLL
  for (int a = 0; a < 4; a++)
    sums[a][0] = sums[a][1] = sums[a][2] = sums[a][3] = vdupq_n_s32 (0);
  for (int k = 0; k < words; k += 4) {
    UNROLL
    for (int i = 0; i < 4; i++)
      multiply_word (&w[k + i][h], x[k + i], sums);
  }
}

/* Types with blocks of 32: sums += q . q * scale * d, then + m * (scale * sum). */
ALWAYS_INLINE void
kernel_q8 (const gemm_panel *panel,
           const record_q8 *record,
           int blocks,
           bool with_min,
           float sums[4][32])
{
  for (int h = 0; h < 32; h += 16) {
    float parts[4][16];

    for (int a = 0; a < 4; a++)
      memcpy (parts[a], sums[a] + h, sizeof parts[a]);
    for (int b = 0; b < blocks; b++) {
      int32x4_t whole[4][4];

      multiply_words (&panel->q[8 * b], &record->q[8 * b], 8, h, whole);
      UNROLL
      for (int a = 0; a < 4; a++) {
        UNROLL
        for (int v = 0; v < 4; v++) {
          float32x4_t part = vmulq_n_f32 (vcvtq_f32_s32 (whole[a][v]), record->scale[b][a]);

          part = vfmaq_f32 (vld1q_f32 (parts[a] + 4 * v), part,
                            vld1q_f32 (panel->scale[b] + h + 4 * v));
          if (with_min)
            part = vfmaq_n_f32 (part, vld1q_f32 (panel->min[b] + h + 4 * v), record->sum[b][a]);
          vst1q_f32 (parts[a] + 4 * v, part);
        }
      }
    }
    for (int a = 0; a < 4; a++)
      memcpy (sums[a] + h, parts[a], sizeof parts[a]);
  }
}

/* What a block of 256 starts from: -dmin * (mins . sums of q), or nothing. */
static inline void
start_parts (const gemm_panel *panel,
             const int16_t (*xsums)[4],
             int mins,
             int h,
             float parts[4][16])
{
  for (int a = 0; a < 4; a++) {
    for (int v = 0; v < 4; v++) {
      int32x4_t sum = vdupq_n_s32 (0);

      for (int g = 0; g < mins; g++)
        sum = vmlal_n_s16 (sum, vld1_s16 (panel->mins[g] + h + 4 * v), xsums[g][a]);
      vst1q_f32 (parts[a] + 4 * v,
                 mins == 0 ? vdupq_n_f32 (0)
                           : vnegq_f32 (vmulq_f32 (vcvtq_f32_s32 (sum),
                                                   vld1q_f32 (panel->min[0] + h + 4 * v))));
    }
  }
}

/* K types with a scale per `words` words of four columns; where the small scales are
 * in q (Q2_K, Q3_K) that is all 64. */
ALWAYS_INLINE void
kernel_k (const gemm_panel *panel, const record_q8k *record, int words, int mins, float sums[4][32])
{
  for (int h = 0; h < 32; h += 16) {
    float parts[4][16];

    start_parts (panel, mins == 16 ? record->sums16 : record->sums32, mins, h, parts);
    for (int g = 0; g < 64 / words; g++) {
      int32x4_t whole[4][4];

      multiply_words (&panel->q[words * g], &record->q[words * g], words, h, whole);
      UNROLL
      for (int a = 0; a < 4; a++) {
        UNROLL
        for (int v = 0; v < 4; v++)
          vst1q_f32 (parts[a] + 4 * v,
                     vfmaq_f32 (vld1q_f32 (parts[a] + 4 * v), vcvtq_f32_s32 (whole[a][v]),
                                vld1q_f32 (panel->scale[g] + h + 4 * v)));
      }
    }
    for (int a = 0; a < 4; a++)
      for (int v = 0; v < 16; v += 4)
        vst1q_f32 (sums[a] + h + v, vfmaq_n_f32 (vld1q_f32 (sums[a] + h + v),
                                                 vld1q_f32 (parts[a] + v), record->scale[a]));
  }
}

static void
kernel_floats (const gemm_panel *panel, const void *memory, int units, float sums[4][32])
{
  const record_f32 *record = memory;

  for (int h = 0; h < 32; h += 16) {
    float32x4_t sum[4][4];

    UNROLL
    for (int a = 0; a < 4; a++) {
      UNROLL
      for (int v = 0; v < 4; v++)
        sum[a][v] = vld1q_f32 (sums[a] + h + 4 * v);
    }
    for (int k = 0; k < units; k++) {
      float32x4_t x = vld1q_f32 (record->x[k]);

      UNROLL
      for (int v = 0; v < 4; v++) {
        float32x4_t w = vld1q_f32 (panel->f[k] + h + 4 * v);

        sum[0][v] = vfmaq_laneq_f32 (sum[0][v], w, x, 0);
        sum[1][v] = vfmaq_laneq_f32 (sum[1][v], w, x, 1);
        sum[2][v] = vfmaq_laneq_f32 (sum[2][v], w, x, 2);
        sum[3][v] = vfmaq_laneq_f32 (sum[3][v], w, x, 3);
      }
    }
    UNROLL
    for (int a = 0; a < 4; a++) {
      UNROLL
      for (int v = 0; v < 4; v++)
        vst1q_f32 (sums[a] + h + 4 * v, sum[a][v]);
    }
  }
}

/* A kind is what types share: the scales' group and the mins. */
#define BLOCK_KIND(kind_, with_min_)                                                               \
  static void arrange_##kind_ (const gemm_strip *strip, int units, gemm_panel *panel)              \
  {                                                                                                \
    arrange_q8 (strip, units, with_min_, panel);                                                   \
  }                                                                                                \
  static void kernel_##kind_ (const gemm_panel *panel, const void *record, int units,              \
                              float sums[4][32])                                                   \
  {                                                                                                \
    kernel_q8 (panel, record, units, with_min_, sums);                                             \
  }
#define K_KIND(kind_, words_, mins_)                                                               \
  static void arrange_##kind_ (const gemm_strip *strip, int units, gemm_panel *panel)              \
  {                                                                                                \
    arrange_k (strip, 64 / (words_), mins_, panel);                                                \
  }                                                                                                \
  static void kernel_##kind_ (const gemm_panel *panel, const void *record, int units,              \
                              float sums[4][32])                                                   \
  {                                                                                                \
    kernel_k (panel, record, words_, mins_, sums);                                                 \
  }

BLOCK_KIND (blocks, false)
BLOCK_KIND (blocks_min, true)
K_KIND (k32_min, 8, 8)
K_KIND (k32, 8, 0)
K_KIND (k16, 4, 0)
K_KIND (k256_min, 64, 16)
K_KIND (k256, 64, 0)

#define GEMM_TABLE dd_gemm_neon
#include "device/cpu/gemm_types.h"
