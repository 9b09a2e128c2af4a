/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The prompt products with AVX2 and AVX-VNNI: `vpdpbusd` in 256 bits, the VEX
 * encoding that laptops without AVX-512 have.
 */
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "device/cpu/unroll.h"

#define GEMM_TABLE dd_gemm_avxvnni
#define FULL_OFFSET 128

/* Adds `words` times four columns of 16 rows and 4 activations.  Nothing saturates,
 * so `run` does not matter. */
ALWAYS_INLINE void
multiply_run (const uint8_t (*w)[4],
              const int8_t (*x)[4][4],
              int words,
              int run,
              __m256i sums[4][2])
{
  UNROLL
  for (int k = 0; k < words; k++) {
    __m256i w0 = _mm256_load_si256 ((const __m256i *) w[32 * k]);
    __m256i w1 = _mm256_load_si256 ((const __m256i *) w[32 * k + 8]);

    UNROLL
    for (int a = 0; a < 4; a++) {
      __m256i four;
      int32_t bytes;

      memcpy (&bytes, x[k][a], 4);
      four = _mm256_set1_epi32 (bytes);
      sums[a][0] = _mm256_dpbusd_avx_epi32 (sums[a][0], w0, four);
      sums[a][1] = _mm256_dpbusd_avx_epi32 (sums[a][1], w1, four);
    }
  }
}

#include "device/cpu/gemm_ymm.h"
