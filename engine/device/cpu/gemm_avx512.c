/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The prompt products with AVX-512 and VNNI.  `vpdpbusd` multiplies unsigned by
 * signed bytes: activations are packed as q + 128 and the weights stay signed, so
 * that the correction -128 * (sum of the weights) belongs to the panel, where it
 * is the start of every accumulator and costs nothing.
 *
 * A kernel holds the integer sums of 32 rows x 8 activations in 16 registers; one
 * broadcast serves two multiplications.  Float sums wait in memory meanwhile.
 */
#include <immintrin.h>

#include "device/cpu/gemm.h"
#include "quant/blocks.h"

#define GEMM_GROUP 8

/* Weights of 32 rows and 256 columns (floats: 128), ready to multiply. */
typedef struct gemm_panel {
  union {
    int8_t q[64][32][4]; /* four columns of a row make an element of a vector */
    float f[128][32];
  };
  int32_t start[16][32]; /* -128 * sum of q, per scale */
  float scale[16][32];
  int16_t min_pairs[8][32][2]; /* K types: mins of two neighbouring groups */
  float min[8][32]; /* per block; K types: [0], minus what min_pairs are multiples of */
} gemm_panel;

static inline void
gemm_levels (const uint8_t *qs, int8_t *low, int8_t *high)
{
  __m128i table = _mm_loadu_si128 ((const __m128i *) dd_iq4_levels);
  __m128i bytes = _mm_loadu_si128 ((const __m128i *) qs);
  __m128i mask = _mm_set1_epi8 (15);

  _mm_storeu_si128 ((__m128i *) low, _mm_shuffle_epi8 (table, _mm_and_si128 (bytes, mask)));
  bytes = _mm_and_si128 (_mm_srli_epi16 (bytes, 4), mask);
  _mm_storeu_si128 ((__m128i *) high, _mm_shuffle_epi8 (table, bytes));
}

static inline void
gemm_bits (uint32_t bits, uint8_t out[32])
{
  _mm256_storeu_si256 ((__m256i *) out, _mm256_maskz_set1_epi8 (bits, 16));
}

static inline void
gemm_halves (const uint8_t *from, int n, float *out)
{
  for (int i = 0; i < n; i += 16) {
    __mmask16 some = n - i < 16 ? (__mmask16) ((1u << (n - i)) - 1) : 0xffff;
    __m256i halves = _mm256_maskz_loadu_epi16 (some, from + 2 * i);

    _mm512_storeu_ps (out + i, _mm512_cvtph_ps (halves));
  }
}

#include "device/cpu/gemm_panels.h"

/* Activations of one chunk: q + 128 of four columns, of eight activations side by
 * side.  Q8 has a scale per 32 columns, Q8K one per 256 and integer sums. */
typedef struct record_q8 {
  uint8_t q[64][8][4];
  float scale[8][8]; /* [block][activation] */
  float sum[8][8]; /* scale * sum of q */
} record_q8;

typedef struct record_q8k {
  uint8_t q[64][8][4];
  int16_t sums16[8][8][2]; /* sums of q over 16 columns, [group / 2][activation][group % 2] */
  int16_t sums32[4][8][2];
  float scale[8];
  float padding[8];
} record_q8k;

typedef struct record_f32 {
  float x[128][8];
} record_f32;

/* --- activations --- */

static void
pack_bytes (const int8_t q[GEMM_CHUNK], int columns, int a, uint8_t out[64][8][4])
{
  for (int k = 0; k < columns / 4; k++) {
    uint32_t four;

    memcpy (&four, q + 4 * k, 4);
    four ^= 0x80808080;
    memcpy (out[k][a], &four, 4);
  }
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
  for (int g = 0; g < 8; g++) {
    int low = gemm_sum (q + 32 * g, 16), high = gemm_sum (q + 32 * g + 16, 16);

    record->sums16[g][a][0] = (int16_t) low;
    record->sums16[g][a][1] = (int16_t) high;
    record->sums32[g / 2][a][g % 2] = (int16_t) (low + high);
  }
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

#include "device/cpu/bytes_512.h"

/* Sixteen bytes of each of four rows.  Of rows i, i + 4, i + 8 and i + 12 in vector i, transposed,
 * each vector has four columns of sixteen rows. */
ALWAYS_INLINE __m512i
quarters (const void *a, const void *b, const void *c, const void *d)
{
  __m512i z = _mm512_castsi128_si512 (_mm_loadu_si128 (a));

  z = _mm512_mask_broadcast_i32x4 (z, 0x00f0, _mm_loadu_si128 (b));
  z = _mm512_mask_broadcast_i32x4 (z, 0x0f00, _mm_loadu_si128 (c));
  return _mm512_mask_broadcast_i32x4 (z, 0xf000, _mm_loadu_si128 (d));
}

/* Sixteen bytes of each of sixteen rows, `stride` apart. */
ALWAYS_INLINE void
transpose_words (const void *first, size_t stride, __m512i out[4])
{
  const uint8_t *from = first;

  UNROLL
  for (int i = 0; i < 4; i++, from += stride)
    out[i] = quarters (from, from + 4 * stride, from + 8 * stride, from + 12 * stride);
  transpose (out);
}

#include "device/cpu/gemm_fill_512.h"

/* One half per row and block, [row][8], to floats [block][row]. */
static inline void
arrange_halves (const uint16_t halves[32][8], int blocks, float out[][32])
{
  for (int h = 0; h < 32; h += 16) {
    __m512i pairs[4];

    transpose_words (halves[h], sizeof halves[0], pairs);
    for (int b = 0; b < blocks; b++) {
      __m512i half = b % 2 ? _mm512_srli_epi32 (pairs[b / 2], 16) : pairs[b / 2];

      _mm512_store_ps (out[b] + h, _mm512_cvtph_ps (_mm512_cvtepi32_epi16 (half)));
    }
  }
}

static inline __m512
sixteen_halves (const uint16_t *halves)
{
  return _mm512_cvtph_ps (_mm256_loadu_si256 ((const __m256i *) halves));
}

/* Signed small scales times the row's d: exact, 8 and 11 bits in 24. */
static inline void
arrange_scales (const gemm_strip *strip, int groups, gemm_panel *panel)
{
  for (int h = 0; h < 32; h += 16) {
    __m512 d = sixteen_halves (strip->d256 + h);
    __m512i fours[4];

    transpose_words (strip->scales[h], sizeof strip->scales[0], fours);
    UNROLL
    for (int g = 0; g < groups; g++) {
      __m512i scale = _mm512_srai_epi32 (_mm512_slli_epi32 (fours[g / 4], 24 - g % 4 * 8), 24);

      _mm512_store_ps (panel->scale[g] + h, _mm512_mul_ps (d, _mm512_cvtepi32_ps (scale)));
    }
  }
}

/* The mins of neighbouring groups as pairs of 16 bits. */
static inline void
arrange_mins (const gemm_strip *strip, int groups, gemm_panel *panel)
{
  const __m512i low = _mm512_set1_epi32 (0xff), high = _mm512_set1_epi32 (0xff0000);

  for (int h = 0; h < 32; h += 16) {
    __m512i fours[4];

    transpose_words (strip->mins[h], sizeof strip->mins[0], fours);
    for (int p = 0; p < groups / 2; p++) {
      __m512i two = p % 2 ? _mm512_srli_epi32 (fours[p / 2], 16) : fours[p / 2];
      __m512i pair = _mm512_or_si512 (_mm512_and_si512 (two, low),
                                      _mm512_and_si512 (_mm512_slli_epi32 (two, 8), high));

      _mm512_store_si512 (panel->min_pairs[p][h], pair);
    }
    _mm512_store_ps (panel->min[0] + h,
                     _mm512_sub_ps (_mm512_setzero_ps (), sixteen_halves (strip->dmin256 + h)));
  }
}

ALWAYS_INLINE void
scale_blocks (const gemm_strip *strip, int units, gemm_panel *panel)
{
  arrange_halves (strip->d, units, panel->scale);
}

ALWAYS_INLINE void
scale_blocks_min (const gemm_strip *strip, int units, gemm_panel *panel)
{
  arrange_halves (strip->d, units, panel->scale);
  arrange_halves (strip->m, units, panel->min);
}

ALWAYS_INLINE void
scale_k32 (const gemm_strip *strip, gemm_panel *panel)
{
  arrange_scales (strip, 8, panel);
}

ALWAYS_INLINE void
scale_k32_min (const gemm_strip *strip, gemm_panel *panel)
{
  arrange_scales (strip, 8, panel);
  arrange_mins (strip, 8, panel);
}

ALWAYS_INLINE void
scale_k16 (const gemm_strip *strip, gemm_panel *panel)
{
  arrange_scales (strip, 16, panel);
}

ALWAYS_INLINE void
scale_k256 (const gemm_strip *strip, gemm_panel *panel)
{
  for (int h = 0; h < 32; h += 16)
    _mm512_store_ps (panel->scale[0] + h, sixteen_halves (strip->d256 + h));
}

ALWAYS_INLINE void
scale_k256_min (const gemm_strip *strip, gemm_panel *panel)
{
  scale_k256 (strip, panel);
  arrange_mins (strip, 16, panel);
}

#define ARRANGE_BLOCKS(type_, kind_)                                                               \
  static void arrange_##type_ (const gemm_strip *strip, int units, gemm_panel *panel)              \
  {                                                                                                \
    for (int first = 0; first < GEMM_ROWS; first += 16) {                                          \
      gemm_filling filling = { strip, panel, first };                                              \
                                                                                                   \
      for (int b = 0; b < units; b++)                                                              \
        fill_##type_ (&filling, b);                                                                \
    }                                                                                              \
    scale_##kind_ (strip, units, panel);                                                           \
  }
#define ARRANGE_K(type_, kind_)                                                                    \
  static void arrange_##type_ (const gemm_strip *strip, int units, gemm_panel *panel)              \
  {                                                                                                \
    for (int first = 0; first < GEMM_ROWS; first += 16) {                                          \
      gemm_filling filling = { strip, panel, first };                                              \
                                                                                                   \
      fill_##type_ (&filling);                                                                     \
    }                                                                                              \
    scale_##kind_ (strip, panel);                                                                  \
  }

ARRANGE_BLOCKS (q4_0, blocks)
ARRANGE_BLOCKS (q4_1, blocks_min)
ARRANGE_BLOCKS (q5_0, blocks)
ARRANGE_BLOCKS (q5_1, blocks_min)
ARRANGE_BLOCKS (q8_0, blocks)
ARRANGE_BLOCKS (iq4_nl, blocks)
ARRANGE_K (q2_k, k256_min)
ARRANGE_K (q3_k, k256)
ARRANGE_K (q4_k, k32_min)
ARRANGE_K (q5_k, k32_min)
ARRANGE_K (q6_k, k16)
ARRANGE_K (iq4_xs, k32)

static void
arrange_floats (const gemm_strip *strip, int units, gemm_panel *panel)
{
  for (int h = 0; h < 32; h += 16) {
    for (int k = 0; k < units; k += 4) {
      __m512i out[4];

      transpose_words (&strip->f[h][k], sizeof strip->f[0], out);
      UNROLL
      for (int i = 0; i < 4; i++)
        _mm512_store_si512 (panel->f[k + i] + h, out[i]);
    }
  }
}

/* --- kernels --- */

ALWAYS_INLINE void
start_words (const int32_t start[32], __m512i sums[8][2])
{
  UNROLL
  for (int a = 0; a < 8; a++) {
    sums[a][0] = _mm512_load_si512 (start);
    sums[a][1] = _mm512_load_si512 (start + 16);
  }
}

/* Adds `words` times four columns.  Unrolled, for in a loop compilers move all the
 * sums from register to register. */
ALWAYS_INLINE void
multiply_words (const int8_t (*w)[32][4], const uint8_t (*x)[8][4], int words, __m512i sums[8][2])
{
  UNROLL
  for (int k = 0; k < words; k++) {
    __m512i w0 = _mm512_load_si512 (w[k][0]), w1 = _mm512_load_si512 (w[k][16]);

    UNROLL
    for (int a = 0; a < 8; a++) {
      int32_t four;

      memcpy (&four, x[k][a], 4);
      sums[a][0] = _mm512_dpbusd_epi32 (sums[a][0], _mm512_set1_epi32 (four), w0);
      sums[a][1] = _mm512_dpbusd_epi32 (sums[a][1], _mm512_set1_epi32 (four), w1);
    }
  }
}

/* Types with blocks of 32: sums += q . q * (d * scale), then + m * (scale * sum).
 * `sums` may be anywhere as far as compilers know; a copy keeps the rest in registers. */
ALWAYS_INLINE void
kernel_q8 (const gemm_panel *panel,
           const record_q8 *record,
           int blocks,
           bool with_min,
           float sums[8][32])
{
  __m512 parts[8][2];

  UNROLL
  for (int a = 0; a < 8; a++) {
    parts[a][0] = _mm512_load_ps (sums[a]);
    parts[a][1] = _mm512_load_ps (sums[a] + 16);
  }
  for (int b = 0; b < blocks; b++) {
    __m512 d0 = _mm512_load_ps (panel->scale[b]), d1 = _mm512_load_ps (panel->scale[b] + 16);
    __m512i whole[8][2];

    start_words (panel->start[b], whole);
    multiply_words (panel->q + 8 * b, record->q + 8 * b, 8, whole);
    UNROLL
    for (int a = 0; a < 8; a++) {
      __m512 scale = _mm512_set1_ps (record->scale[b][a]);

      parts[a][0] = _mm512_fmadd_ps (_mm512_mul_ps (_mm512_cvtepi32_ps (whole[a][0]), scale), d0,
                                     parts[a][0]);
      parts[a][1] = _mm512_fmadd_ps (_mm512_mul_ps (_mm512_cvtepi32_ps (whole[a][1]), scale), d1,
                                     parts[a][1]);
      if (with_min) {
        __m512 sum = _mm512_set1_ps (record->sum[b][a]);

        parts[a][0] = _mm512_fmadd_ps (_mm512_load_ps (panel->min[b]), sum, parts[a][0]);
        parts[a][1] = _mm512_fmadd_ps (_mm512_load_ps (panel->min[b] + 16), sum, parts[a][1]);
      }
    }
  }
  UNROLL
  for (int a = 0; a < 8; a++) {
    _mm512_store_ps (sums[a], parts[a][0]);
    _mm512_store_ps (sums[a] + 16, parts[a][1]);
  }
}

/* What a block of 256 starts from: -dmin * (mins . sums of q), or nothing. */
ALWAYS_INLINE void
start_parts (const gemm_panel *panel, const int16_t (*xsums)[8][2], int pairs, float parts[8][32])
{
  __m512i sums[8][2];

  if (pairs == 0) {
    memset (parts, 0, 8 * sizeof parts[0]);
    return;
  }
  UNROLL
  for (int a = 0; a < 8; a++)
    sums[a][0] = sums[a][1] = _mm512_setzero_si512 ();
  UNROLL
  for (int p = 0; p < pairs; p++) {
    __m512i m0 = _mm512_load_si512 (panel->min_pairs[p][0]);
    __m512i m1 = _mm512_load_si512 (panel->min_pairs[p][16]);

    UNROLL
    for (int a = 0; a < 8; a++) {
      int32_t two;

      memcpy (&two, xsums[p][a], 4);
      sums[a][0] = _mm512_dpwssd_epi32 (sums[a][0], m0, _mm512_set1_epi32 (two));
      sums[a][1] = _mm512_dpwssd_epi32 (sums[a][1], m1, _mm512_set1_epi32 (two));
    }
  }
  UNROLL
  for (int a = 0; a < 8; a++) {
    UNROLL
    for (int h = 0; h < 2; h++)
      _mm512_store_ps (parts[a] + 16 * h, _mm512_mul_ps (_mm512_cvtepi32_ps (sums[a][h]),
                                                         _mm512_load_ps (panel->min[0] + 16 * h)));
  }
}

/* parts += sums * scale */
ALWAYS_INLINE void
scale_sums (__m512i sums[8][2], const float scale[32], float parts[8][32])
{
  UNROLL
  for (int a = 0; a < 8; a++) {
    UNROLL
    for (int h = 0; h < 2; h++)
      _mm512_store_ps (parts[a] + 16 * h, _mm512_fmadd_ps (_mm512_cvtepi32_ps (sums[a][h]),
                                                           _mm512_load_ps (scale + 16 * h),
                                                           _mm512_load_ps (parts[a] + 16 * h)));
  }
}

/* sums += parts * the activations' scales */
ALWAYS_INLINE void
finish_parts (const float parts[8][32], const float scales[8], float sums[8][32])
{
  UNROLL
  for (int a = 0; a < 8; a++) {
    UNROLL
    for (int h = 0; h < 2; h++)
      _mm512_store_ps (sums[a] + 16 * h, _mm512_fmadd_ps (_mm512_load_ps (parts[a] + 16 * h),
                                                          _mm512_set1_ps (scales[a]),
                                                          _mm512_load_ps (sums[a] + 16 * h)));
  }
}

/* K types with a scale per `words` words of four columns. */
ALWAYS_INLINE void
kernel_k (const gemm_panel *panel,
          const record_q8k *record,
          int words,
          int pairs,
          float sums[8][32])
{
  _Alignas (64) float parts[8][32];

  start_parts (panel, record->sums32, pairs, parts);
  for (int g = 0; g < 64 / words; g++) {
    __m512i whole[8][2];

    start_words (panel->start[g], whole);
    multiply_words (panel->q + words * g, record->q + words * g, words, whole);
    scale_sums (whole, panel->scale[g], parts);
  }
  finish_parts (parts, record->scale, sums);
}

/* Q2_K and Q3_K, whose small scales are in q: one scale for all 256 columns. */
ALWAYS_INLINE void
kernel_whole (const gemm_panel *panel, const record_q8k *record, int pairs, float sums[8][32])
{
  _Alignas (64) float parts[8][32];
  __m512i whole[8][2];

  start_parts (panel, record->sums16, pairs, parts);
  start_words (panel->start[0], whole);
  for (int k = 0; k < 64; k += 8)
    multiply_words (panel->q + k, record->q + k, 8, whole);
  scale_sums (whole, panel->scale[0], parts);
  finish_parts (parts, record->scale, sums);
}

static void
kernel_blocks (const gemm_panel *panel, const void *record, int units, float sums[8][32])
{
  kernel_q8 (panel, record, units, false, sums);
}

static void
kernel_blocks_min (const gemm_panel *panel, const void *record, int units, float sums[8][32])
{
  kernel_q8 (panel, record, units, true, sums);
}

static void
kernel_k32 (const gemm_panel *panel, const void *record, int units, float sums[8][32])
{
  kernel_k (panel, record, 8, 0, sums);
}

static void
kernel_k32_min (const gemm_panel *panel, const void *record, int units, float sums[8][32])
{
  kernel_k (panel, record, 8, 4, sums);
}

static void
kernel_k16 (const gemm_panel *panel, const void *record, int units, float sums[8][32])
{
  kernel_k (panel, record, 4, 0, sums);
}

static void
kernel_k256 (const gemm_panel *panel, const void *record, int units, float sums[8][32])
{
  kernel_whole (panel, record, 0, sums);
}

static void
kernel_k256_min (const gemm_panel *panel, const void *record, int units, float sums[8][32])
{
  kernel_whole (panel, record, 8, sums);
}

static void
kernel_floats (const gemm_panel *panel, const void *memory, int units, float sums[8][32])
{
  const record_f32 *record = memory;
  __m512 sum[8][2];

  UNROLL
  for (int a = 0; a < 8; a++) {
    sum[a][0] = _mm512_load_ps (sums[a]);
    sum[a][1] = _mm512_load_ps (sums[a] + 16);
  }
  for (int k = 0; k < units; k++) {
    __m512 w0 = _mm512_load_ps (panel->f[k]), w1 = _mm512_load_ps (panel->f[k] + 16);

    UNROLL
    for (int a = 0; a < 8; a++) {
      __m512 x = _mm512_set1_ps (record->x[k][a]);

      sum[a][0] = _mm512_fmadd_ps (w0, x, sum[a][0]);
      sum[a][1] = _mm512_fmadd_ps (w1, x, sum[a][1]);
    }
  }
  UNROLL
  for (int a = 0; a < 8; a++) {
    _mm512_store_ps (sums[a], sum[a][0]);
    _mm512_store_ps (sums[a] + 16, sum[a][1]);
  }
}

#define GEMM_UNPACK(type_) scales_##type_
#define GEMM_ARRANGE(type_, kind_) arrange_##type_
#define GEMM_TABLE dd_gemm_avx512
#include "device/cpu/gemm_types.h"
