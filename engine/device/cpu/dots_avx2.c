/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The decode products for AVX2, and the quantising of activations for it and
 * AVX-VNNI.  Products of bytes are added in pairs of 16 bits, which saturate:
 * comments tell why they do not.
 */
#include <immintrin.h>

#include "device/cpu/dots_private.h"

/* sum + words . by, in pairs */
ALWAYS_INLINE __m256i
add_words (__m256i sum, __m256i words, __m256i by)
{
  return _mm256_add_epi32 (sum, _mm256_madd_epi16 (words, by));
}

/* Eight products of weights up to 31 fit: 8 * 31 * 127 < 2^15. */
ALWAYS_INLINE __m256i
dot_small (const __m256i w[4], const int8_t *q)
{
  const __m256i *x = (const __m256i *) (const void *) q;
  __m256i first = _mm256_add_epi16 (_mm256_maddubs_epi16 (w[0], x[0]),
                                    _mm256_maddubs_epi16 (w[1], x[1]));
  __m256i second = _mm256_add_epi16 (_mm256_maddubs_epi16 (w[2], x[2]),
                                     _mm256_maddubs_epi16 (w[3], x[3]));

  return _mm256_madd_epi16 (_mm256_add_epi16 (first, second), _mm256_set1_epi16 (1));
}

/* Signs go to x, which is -127 … 127: two products fit, 2 * 127 * 128 < 2^15. */
ALWAYS_INLINE __m256i
dot_bytes (const __m256i w[4], const int8_t *q)
{
  const __m256i *x = (const __m256i *) (const void *) q;
  __m256i sum = _mm256_setzero_si256 ();

  for (int i = 0; i < 4; i++) {
    __m256i pairs = _mm256_maddubs_epi16 (_mm256_abs_epi8 (w[i]), _mm256_sign_epi8 (x[i], w[i]));

    sum = add_words (sum, pairs, _mm256_set1_epi16 (1));
  }
  return sum;
}

static uint32_t
largest_magnitude (const float *x)
{
  const __m256i magnitude = _mm256_set1_epi32 (0x7fffffff);
  __m256i largest = _mm256_setzero_si256 ();
  __m128i four;

  for (int i = 0; i < DD_QK; i += 8) {
    __m256i bits = _mm256_loadu_si256 ((const __m256i *) (x + i));

    largest = _mm256_max_epi32 (largest, _mm256_and_si256 (bits, magnitude));
  }
  four = _mm_max_epi32 (_mm256_castsi256_si128 (largest), _mm256_extracti128_si256 (largest, 1));
  four = _mm_max_epi32 (four, _mm_shuffle_epi32 (four, 0x4e));
  four = _mm_max_epi32 (four, _mm_shuffle_epi32 (four, 0xb1));
  return (uint32_t) _mm_cvtsi128_si32 (four);
}

static void
round_all (const float *x, float inverse, int8_t q[DD_QK])
{
  __m256i whole[4], words[2], bytes;

  for (int i = 0; i < 4; i++) {
    __m256 scaled = _mm256_mul_ps (_mm256_loadu_ps (x + 8 * i), _mm256_set1_ps (inverse));

    whole[i] = _mm256_cvtps_epi32 (_mm256_round_ps (scaled,
                                                    _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
  }
  for (int i = 0; i < 2; i++)
    words[i] = _mm256_packs_epi32 (whole[2 * i], whole[2 * i + 1]);
  bytes = _mm256_packs_epi16 (words[0], words[1]);
  bytes = _mm256_permutevar8x32_epi32 (bytes, _mm256_setr_epi32 (0, 4, 1, 5, 2, 6, 3, 7));
  _mm256_storeu_si256 ((__m256i *) q, bytes);
}

void
quantise_avx2 (const float *x, dd_vectors *vectors, int c, int64_t first, int64_t last)
{
  quantise_groups (largest_magnitude, round_all, x, vectors, c, first, last);
}

#define DOTS_TABLE dots_avx2
#include "device/cpu/dots_256.h"
