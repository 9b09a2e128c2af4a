/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The prompt products in 256-bit vectors, for gemm_avx2.c and gemm_avxvnni.c, which
 * differ in how bytes are multiplied.  Each defines before:
 *   GEMM_TABLE    the family's function
 *   FULL_OFFSET   what is added to weights that use all 8 bits
 *   multiply_run  sums += weights x activations, see there
 * Weights are bytes without a sign, their least value added (`offset`); what that
 * adds to the products is the start of each sum, from the activations' sums.
 *
 * A kernel holds the integer sums of 16 rows x 4 activations in 8 registers.
 */
#include <immintrin.h>

#include "device/cpu/gemm.h"
#include "quant/blocks.h"
#include "quant/half.h"

#define GEMM_GROUP 4

/* Weights of 32 rows and 256 columns (floats: 128), ready to multiply. */
typedef struct gemm_panel {
  union {
    uint8_t q[64][32][4]; /* four columns of a row make an element of a vector */
    float f[128][32];
  };
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
  const __m256i byte = _mm256_setr_epi8 (0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2,
                                         2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
  const __m256i bit = _mm256_set1_epi64x ((long long) 0x8040201008040201u);
  __m256i copies = _mm256_shuffle_epi8 (_mm256_set1_epi32 ((int) bits), byte);
  __m256i set = _mm256_cmpeq_epi8 (_mm256_and_si256 (copies, bit), bit);

  _mm256_storeu_si256 ((__m256i *) out, _mm256_and_si256 (set, _mm256_set1_epi8 (16)));
}

static inline void
gemm_halves (const uint8_t *from, int n, float *out)
{
  int i = 0;

  for (; i + 8 <= n; i += 8)
    _mm256_storeu_ps (out + i,
                      _mm256_cvtph_ps (_mm_loadu_si128 ((const __m128i *) (from + 2 * i))));
  for (; i < n; i++)
    out[i] = dd_half_to_float (dd_load_u16 (from + 2 * i));
}

#include "device/cpu/gemm_panels.h"

/* Activations of one chunk, four columns of four activations side by side.  Q8 has
 * a scale per 32 columns, Q8K one per 256. */
typedef struct record_q8 {
  int8_t q[64][4][4];
  int32_t minus[8][4]; /* the sum of q, [block][activation] */
  float scale[8][4];
  float sum[8][4]; /* scale * sum of q */
} record_q8;

typedef struct record_q8k {
  int8_t q[64][4][4];
  int32_t minus16[16][4]; /* the sum of q over 16 columns */
  int32_t minus32[8][4];
  int32_t minus256[1][4];
  int16_t pairs16[8][4][2]; /* the sums themselves, two by two */
  int16_t pairs32[4][4][2];
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
    int sum = gemm_sum (q + DD_QK * b, DD_QK);

    record->scale[b][a] = scale;
    record->minus[b][a] = -sum;
    record->sum[b][a] = scale * (float) sum;
  }
  pack_bytes (q, columns, a, record->q);
}

static void
pack_activation_q8k (const float *x, int columns, int a, void *memory)
{
  record_q8k *record = memory;
  int8_t q[GEMM_CHUNK];
  int all = 0;

  record->scale[a] = gemm_quantise (x, GEMM_CHUNK, q);
  for (int g = 0; g < 8; g++) {
    int low = gemm_sum (q + 32 * g, 16), high = gemm_sum (q + 32 * g + 16, 16);

    record->minus16[2 * g][a] = -low;
    record->minus16[2 * g + 1][a] = -high;
    record->minus32[g][a] = -(low + high);
    record->pairs16[g][a][0] = (int16_t) low;
    record->pairs16[g][a][1] = (int16_t) high;
    record->pairs32[g / 2][a][g % 2] = (int16_t) (low + high);
    all += low + high;
  }
  record->minus256[0][a] = -all;
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

/* Four words of eight rows each from 16 bytes of 8 rows. */
static inline void
transpose_words (const void *first, size_t stride, __m256i out[4])
{
  const uint8_t *from = first;
  __m256i z[4], t[4];

  UNROLL
  for (int i = 0; i < 4; i++)
    z[i] = _mm256_loadu2_m128i ((const __m128i *) (from + (size_t) (i + 4) * stride),
                                (const __m128i *) (from + (size_t) i * stride));
  t[0] = _mm256_unpacklo_epi32 (z[0], z[1]);
  t[1] = _mm256_unpackhi_epi32 (z[0], z[1]);
  t[2] = _mm256_unpacklo_epi32 (z[2], z[3]);
  t[3] = _mm256_unpackhi_epi32 (z[2], z[3]);
  out[0] = _mm256_unpacklo_epi64 (t[0], t[2]);
  out[1] = _mm256_unpackhi_epi64 (t[0], t[2]);
  out[2] = _mm256_unpacklo_epi64 (t[1], t[3]);
  out[3] = _mm256_unpackhi_epi64 (t[1], t[3]);
}

static inline void
arrange_bytes (const gemm_strip *strip, int columns, int offset, gemm_panel *panel)
{
  const __m256i least = _mm256_set1_epi8 ((char) offset);

  for (int h = 0; h < 32; h += 8) {
    for (int k = 0; k < columns; k += 16) {
      __m256i out[4];

      transpose_words (&strip->q[h][k], sizeof strip->q[0], out);
      UNROLL
      for (int i = 0; i < 4; i++)
        _mm256_store_si256 ((__m256i *) panel->q[k / 4 + i][h], _mm256_add_epi8 (out[i], least));
    }
  }
}

static inline __m256
eight_halves (__m256i words)
{
  __m256i halves = _mm256_packus_epi32 (words, words);

  return _mm256_cvtph_ps (_mm256_castsi256_si128 (_mm256_permute4x64_epi64 (halves, 0x08)));
}

/* One half per row and block, [row][8], to floats [block][row]. */
static inline void
arrange_halves (const uint16_t halves[32][8], int blocks, float out[][32])
{
  for (int h = 0; h < 32; h += 8) {
    __m256i pairs[4];

    transpose_words (halves[h], sizeof halves[0], pairs);
    for (int b = 0; b < blocks; b++) {
      __m256i half = b % 2 ? _mm256_srli_epi32 (pairs[b / 2], 16)
                           : _mm256_and_si256 (pairs[b / 2], _mm256_set1_epi32 (0xffff));

      _mm256_store_ps (out[b] + h, eight_halves (half));
    }
  }
}

static inline __m256
load_halves (const uint16_t *halves)
{
  return _mm256_cvtph_ps (_mm_loadu_si128 ((const __m128i *) halves));
}

/* Signed small scales times the row's d: exact, 8 and 11 bits in 24.  Without small
 * scales d alone. */
static inline void
arrange_scales (const gemm_strip *strip, int groups, gemm_panel *panel)
{
  for (int h = 0; h < 32; h += 8) {
    __m256 d = load_halves (strip->d256 + h);
    __m256i fours[4];

    if (groups == 1)
      _mm256_store_ps (panel->scale[0] + h, d);
    else
      transpose_words (strip->scales[h], sizeof strip->scales[0], fours);
    for (int g = 0; groups > 1 && g < groups; g++) {
      __m256i scale = _mm256_srai_epi32 (_mm256_slli_epi32 (fours[g / 4], 24 - g % 4 * 8), 24);

      _mm256_store_ps (panel->scale[g] + h, _mm256_mul_ps (d, _mm256_cvtepi32_ps (scale)));
    }
  }
}

/* The mins of neighbouring groups as pairs of 16 bits. */
static inline void
arrange_mins (const gemm_strip *strip, int pairs, gemm_panel *panel)
{
  const __m256i low = _mm256_set1_epi32 (0xff), high = _mm256_set1_epi32 (0xff0000);

  for (int h = 0; h < 32 && pairs > 0; h += 8) {
    __m256i fours[4];

    transpose_words (strip->mins[h], sizeof strip->mins[0], fours);
    for (int p = 0; p < pairs; p++) {
      __m256i two = p % 2 ? _mm256_srli_epi32 (fours[p / 2], 16) : fours[p / 2];

      _mm256_store_si256 ((__m256i *) panel->min_pairs[p][h],
                          _mm256_or_si256 (_mm256_and_si256 (two, low),
                                           _mm256_and_si256 (_mm256_slli_epi32 (two, 8), high)));
    }
    _mm256_store_ps (panel->min[0] + h,
                     _mm256_sub_ps (_mm256_setzero_ps (), load_halves (strip->dmin256 + h)));
  }
}

static inline void
arrange_q8 (const gemm_strip *strip, int blocks, int offset, bool with_min, gemm_panel *panel)
{
  arrange_bytes (strip, DD_QK * blocks, offset, panel);
  arrange_halves (strip->d, blocks, panel->scale);
  if (with_min)
    arrange_halves (strip->m, blocks, panel->min);
}

static inline void
arrange_k (const gemm_strip *strip, int offset, int groups, int pairs, gemm_panel *panel)
{
  arrange_bytes (strip, GEMM_CHUNK, offset, panel);
  arrange_scales (strip, groups, panel);
  arrange_mins (strip, pairs, panel);
}

static void
arrange_floats (const gemm_strip *strip, int units, gemm_panel *panel)
{
  for (int h = 0; h < 32; h += 8) {
    for (int k = 0; k < units; k += 4) {
      __m256i out[4];

      transpose_words (&strip->f[h][k], sizeof strip->f[0], out);
      UNROLL
      for (int i = 0; i < 4; i++)
        _mm256_store_si256 ((__m256i *) (panel->f[k + i] + h), out[i]);
    }
  }
}

/* --- kernels --- */

/* The sums' starts: minus what the offset, 2^shift, adds. */
ALWAYS_INLINE void
start_sums (const int32_t minus[4], int offset, int shift, __m256i sums[4][2])
{
  UNROLL
  for (int a = 0; a < 4; a++)
    sums[a][0] = sums[a][1] = offset == 0 ? _mm256_setzero_si256 ()
                                          : _mm256_slli_epi32 (_mm256_set1_epi32 (minus[a]), shift);
}

/* Types with blocks of 32: sums += q . q * scale * d, then + m * (scale * sum). */
ALWAYS_INLINE void
kernel_q8 (const gemm_panel *panel,
           const record_q8 *record,
           int blocks,
           int offset,
           int run,
           bool with_min,
           float sums[4][32])
{
  for (int h = 0; h < 32; h += 16) {
    _Alignas (32) float parts[4][2][8];

    for (int a = 0; a < 4; a++)
      memcpy (parts[a], sums[a] + h, sizeof parts[a]);
    for (int b = 0; b < blocks; b++) {
      __m256i whole[4][2];

      start_sums (record->minus[b], offset, __builtin_ctz (offset | 256), whole);
      multiply_run (&panel->q[8 * b][h], &record->q[8 * b], 8, run, whole);
      UNROLL
      for (int a = 0; a < 4; a++) {
        __m256 scale = _mm256_set1_ps (record->scale[b][a]);

        UNROLL
        for (int v = 0; v < 2; v++) {
          __m256 part = _mm256_mul_ps (_mm256_cvtepi32_ps (whole[a][v]), scale);

          part = _mm256_fmadd_ps (part, _mm256_load_ps (panel->scale[b] + h + 8 * v),
                                  _mm256_load_ps (parts[a][v]));
          if (with_min)
            part = _mm256_fmadd_ps (_mm256_load_ps (panel->min[b] + h + 8 * v),
                                    _mm256_set1_ps (record->sum[b][a]), part);
          _mm256_store_ps (parts[a][v], part);
        }
      }
    }
    for (int a = 0; a < 4; a++)
      memcpy (sums[a] + h, parts[a], sizeof parts[a]);
  }
}

/* What a block of 256 starts from: -dmin * (mins . sums of q), or nothing. */
ALWAYS_INLINE void
start_parts (const gemm_panel *panel,
             const int16_t (*xpairs)[4][2],
             int pairs,
             int h,
             float parts[4][2][8])
{
  UNROLL
  for (int a = 0; a < 4; a++) {
    UNROLL
    for (int v = 0; v < 2; v++) {
      __m256i sum = _mm256_setzero_si256 ();

      for (int p = 0; p < pairs; p++) {
        int32_t two;

        memcpy (&two, xpairs[p][a], 4);
        sum =
            _mm256_add_epi32 (sum,
                              _mm256_madd_epi16 (_mm256_load_si256 ((const __m256i *) panel
                                                                        ->min_pairs[p][h + 8 * v]),
                                                 _mm256_set1_epi32 (two)));
      }
      _mm256_store_ps (parts[a][v],
                       pairs == 0 ? _mm256_setzero_ps ()
                                  : _mm256_mul_ps (_mm256_cvtepi32_ps (sum),
                                                   _mm256_load_ps (panel->min[0] + h + 8 * v)));
    }
  }
}

ALWAYS_INLINE void
scale_sums (__m256i sums[4][2], const float *scale, float parts[4][2][8])
{
  UNROLL
  for (int a = 0; a < 4; a++) {
    UNROLL
    for (int v = 0; v < 2; v++)
      _mm256_store_ps (parts[a][v], _mm256_fmadd_ps (_mm256_cvtepi32_ps (sums[a][v]),
                                                     _mm256_load_ps (scale + 8 * v),
                                                     _mm256_load_ps (parts[a][v])));
  }
}

/* sums += parts * the activations' scales */
ALWAYS_INLINE void
finish_parts (float parts[4][2][8], const float scales[4], int h, float sums[4][32])
{
  UNROLL
  for (int a = 0; a < 4; a++) {
    UNROLL
    for (int v = 0; v < 2; v++)
      _mm256_store_ps (sums[a] + h + 8 * v,
                       _mm256_fmadd_ps (_mm256_load_ps (parts[a][v]), _mm256_set1_ps (scales[a]),
                                        _mm256_load_ps (sums[a] + h + 8 * v)));
  }
}

/* K types with a scale per `words` words of four columns; where the small scales are
 * in q (Q2_K, Q3_K) that is all 64. */
ALWAYS_INLINE void
kernel_k (const gemm_panel *panel,
          const record_q8k *record,
          int words,
          int offset,
          int run,
          int pairs,
          float sums[4][32])
{
  const int32_t (*minus)[4] = words == 4   ? record->minus16
                              : words == 8 ? record->minus32
                                           : record->minus256;

  for (int h = 0; h < 32; h += 16) {
    _Alignas (32) float parts[4][2][8];

    start_parts (panel, words == 8 ? record->pairs32 : record->pairs16, pairs, h, parts);
    for (int g = 0; g < 64 / words; g++) {
      __m256i whole[4][2];

      start_sums (minus[g], offset, __builtin_ctz (offset | 256), whole);
      for (int k = g * words; k < (g + 1) * words; k += words < 8 ? words : 8)
        multiply_run (&panel->q[k][h], &record->q[k], words < 8 ? words : 8, run, whole);
      scale_sums (whole, panel->scale[g] + h, parts);
    }
    finish_parts (parts, record->scale, h, sums);
  }
}

static void
kernel_floats (const gemm_panel *panel, const void *memory, int units, float sums[4][32])
{
  const record_f32 *record = memory;

  for (int h = 0; h < 32; h += 16) {
    __m256 sum[4][2];

    UNROLL
    for (int a = 0; a < 4; a++) {
      sum[a][0] = _mm256_load_ps (sums[a] + h);
      sum[a][1] = _mm256_load_ps (sums[a] + h + 8);
    }
    for (int k = 0; k < units; k++) {
      __m256 w0 = _mm256_load_ps (panel->f[k] + h), w1 = _mm256_load_ps (panel->f[k] + h + 8);

      UNROLL
      for (int a = 0; a < 4; a++) {
        __m256 x = _mm256_set1_ps (record->x[k][a]);

        sum[a][0] = _mm256_fmadd_ps (w0, x, sum[a][0]);
        sum[a][1] = _mm256_fmadd_ps (w1, x, sum[a][1]);
      }
    }
    UNROLL
    for (int a = 0; a < 4; a++) {
      _mm256_store_ps (sums[a] + h, sum[a][0]);
      _mm256_store_ps (sums[a] + h + 8, sum[a][1]);
    }
  }
}

/* A kind is what types share: the scales' group, whether there are mins, the offset,
 * and how many products of bytes fit 16 bits (`run`, see multiply_run). */
#define BLOCK_KIND(kind_, offset_, run_, with_min_)                                                \
  static void arrange_##kind_ (const gemm_strip *strip, int units, gemm_panel *panel)              \
  {                                                                                                \
    arrange_q8 (strip, units, offset_, with_min_, panel);                                          \
  }                                                                                                \
  static void kernel_##kind_ (const gemm_panel *panel, const void *record, int units,              \
                              float sums[4][32])                                                   \
  {                                                                                                \
    kernel_q8 (panel, record, units, offset_, run_, with_min_, sums);                              \
  }
#define K_KIND(kind_, words_, offset_, run_, pairs_)                                               \
  static void arrange_##kind_ (const gemm_strip *strip, int units, gemm_panel *panel)              \
  {                                                                                                \
    arrange_k (strip, offset_, 64 / (words_), pairs_, panel);                                      \
  }                                                                                                \
  static void kernel_##kind_ (const gemm_panel *panel, const void *record, int units,              \
                              float sums[4][32])                                                   \
  {                                                                                                \
    kernel_k (panel, record, words_, offset_, run_, pairs_, sums);                                 \
  }

BLOCK_KIND (blocks_4bit, 8, 8, false)
BLOCK_KIND (blocks_min_4bit, 0, 8, true)
BLOCK_KIND (blocks_5bit, 16, 4, false)
BLOCK_KIND (blocks_min_5bit, 0, 4, true)
BLOCK_KIND (blocks, FULL_OFFSET, 1, false)
K_KIND (k32_min_4bit, 8, 0, 8, 4)
K_KIND (k32_min_5bit, 8, 0, 4, 4)
K_KIND (k32, 8, FULL_OFFSET, 1, 0)
K_KIND (k16, 4, 32, 2, 0)
K_KIND (k256_min, 64, 0, 2, 8)
K_KIND (k256, 64, FULL_OFFSET, 1, 0)

#define GEMM_4BIT(kind_) kind_##_4bit
#define GEMM_5BIT(kind_) kind_##_5bit
#include "device/cpu/gemm_types.h"
