/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The prompt products with AVX2 alone.  `vpmaddubsw` adds two products of bytes in
 * 16 bits and saturates: weights of few bits leave room to add several before they
 * are widened, weights of 8 bits must have their sign moved to the activation.
 */
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "device/cpu/unroll.h"

#define GEMM_TABLE dd_gemm_avx2
#define FULL_OFFSET 0

/* Two products of bytes in each 16 bits.  `full`: the weights have signs, and
 * |w| * (x with w's sign) is at most 2 * 128 * 127. */
ALWAYS_INLINE __m256i
multiply_bytes (__m256i w, __m256i x, int full)
{
  return full ? _mm256_maddubs_epi16 (_mm256_abs_epi8 (w), _mm256_sign_epi8 (x, w))
              : _mm256_maddubs_epi16 (w, x);
}

/* Adds `words` times four columns of 16 rows and 4 activations, widening after every
 * `run` words: weights up to 15 allow 8 (15 * 127 * 2 * 8 < 2^15), up to 31 four, up
 * to 63 two.  A run of one is for weights with signs. */
ALWAYS_INLINE void
multiply_run (const uint8_t (*w)[4],
              const int8_t (*x)[4][4],
              int words,
              int run,
              __m256i sums[4][2])
{
  const __m256i ones = _mm256_set1_epi16 (1);

  UNROLL
  for (int first = 0; first < words; first += run) {
    __m256i pairs[4][2];

    UNROLL
    for (int k = first; k < first + run; k++) {
      __m256i w0 = _mm256_load_si256 ((const __m256i *) w[32 * k]);
      __m256i w1 = _mm256_load_si256 ((const __m256i *) w[32 * k + 8]);

      UNROLL
      for (int a = 0; a < 4; a++) {
        __m256i four, t0, t1;
        int32_t bytes;

        memcpy (&bytes, x[k][a], 4);
        four = _mm256_set1_epi32 (bytes);
        t0 = multiply_bytes (w0, four, run == 1);
        t1 = multiply_bytes (w1, four, run == 1);
        pairs[a][0] = k == first ? t0 : _mm256_add_epi16 (pairs[a][0], t0);
        pairs[a][1] = k == first ? t1 : _mm256_add_epi16 (pairs[a][1], t1);
      }
    }
    UNROLL
    for (int a = 0; a < 4; a++) {
      sums[a][0] = _mm256_add_epi32 (sums[a][0], _mm256_madd_epi16 (pairs[a][0], ones));
      sums[a][1] = _mm256_add_epi32 (sums[a][1], _mm256_madd_epi16 (pairs[a][1], ones));
    }
  }
}

#include "device/cpu/gemm_ymm.h"
