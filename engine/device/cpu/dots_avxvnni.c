/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The decode products for AVX2 with AVX-VNNI, which multiplies and adds four
 * bytes to a lane at once.
 */
#include <immintrin.h>

#include "device/cpu/dots_private.h"

ALWAYS_INLINE __m256i
add_words (__m256i sum, __m256i words, __m256i by)
{
  return _mm256_dpwssd_avx_epi32 (sum, words, by);
}

/* -128 times the lane's weights */
ALWAYS_INLINE __m256i
start_bytes (const __m256i w[4])
{
  __m256i sum = _mm256_setzero_si256 ();

  for (int i = 0; i < 4; i++)
    sum = _mm256_dpbusd_avx_epi32 (sum, _mm256_set1_epi8 (-128), w[i]);
  return _mm256_sub_epi32 (_mm256_setzero_si256 (), sum);
}

ALWAYS_INLINE __m256i
dot_bytes (__m256i start, const __m256i w[4], const uint8_t *q)
{
  const __m256i *x = (const __m256i *) (const void *) q;

  for (int i = 0; i < 4; i++)
    start = _mm256_dpbusd_avx_epi32 (start, x[i], w[i]);
  return start;
}

#define start_small start_bytes
#define dot_small dot_bytes

#define DOTS_TABLE dots_avxvnni
#include "device/cpu/dots_256.h"
