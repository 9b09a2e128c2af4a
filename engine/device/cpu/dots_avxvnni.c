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

ALWAYS_INLINE __m256i
dot_small (const __m256i w[4], const int8_t *q)
{
  const __m256i *x = (const __m256i *) (const void *) q;
  __m256i sum = _mm256_setzero_si256 ();

  for (int i = 0; i < 4; i++)
    sum = _mm256_dpbusd_avx_epi32 (sum, w[i], x[i]);
  return sum;
}

/* Signs go to x. */
ALWAYS_INLINE __m256i
dot_bytes (const __m256i w[4], const int8_t *q)
{
  const __m256i *x = (const __m256i *) (const void *) q;
  __m256i sum = _mm256_setzero_si256 ();

  for (int i = 0; i < 4; i++)
    sum = _mm256_dpbusd_avx_epi32 (sum, _mm256_abs_epi8 (w[i]), _mm256_sign_epi8 (x[i], w[i]));
  return sum;
}

#define DOTS_TABLE dots_avxvnni
#include "device/cpu/dots_256.h"
