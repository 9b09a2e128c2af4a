/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Vectors of eight floats: AVX2, FMA and F16C.
 */
#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

#define VW 8
#define TILE_VECTORS 2
#define VEC_TABLE dd_vec_avx2

typedef __m256 vf;
typedef __m256 vmask;

static inline vf
v_load (const float *p)
{
  return _mm256_loadu_ps (p);
}
static inline void
v_store (float *p, vf a)
{
  _mm256_storeu_ps (p, a);
}
static inline vf
v_set (float a)
{
  return _mm256_set1_ps (a);
}
static inline vf
v_add (vf a, vf b)
{
  return _mm256_add_ps (a, b);
}
static inline vf
v_sub (vf a, vf b)
{
  return _mm256_sub_ps (a, b);
}
static inline vf
v_mul (vf a, vf b)
{
  return _mm256_mul_ps (a, b);
}
static inline vf
v_div (vf a, vf b)
{
  return _mm256_div_ps (a, b);
}
static inline vf
v_fma (vf a, vf b, vf c)
{
  return _mm256_fmadd_ps (a, b, c);
}
/* Both give `b` where one is NaN. */
static inline vf
v_max (vf a, vf b)
{
  return _mm256_max_ps (a, b);
}
static inline vf
v_min (vf a, vf b)
{
  return _mm256_min_ps (a, b);
}
static inline vf
v_abs (vf a)
{
  return _mm256_andnot_ps (_mm256_set1_ps (-0.0f), a);
}
static inline vf
v_swap_pairs (vf a)
{
  return _mm256_permute_ps (a, 0xb1);
}
static inline vmask
v_less (vf a, vf b)
{
  return _mm256_cmp_ps (a, b, _CMP_LT_OQ);
}
static inline vmask
v_both (vmask a, vmask b)
{
  return _mm256_and_ps (a, b);
}
static inline bool
v_all (vmask a)
{
  return _mm256_movemask_ps (a) == 0xff;
}
static inline vf
v_select (vmask m, vf a, vf b)
{
  return _mm256_blendv_ps (b, a, m);
}

static inline __m256i
first_n (int64_t n)
{
  return _mm256_cmpgt_epi32 (_mm256_set1_epi32 ((int) n),
                             _mm256_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7));
}

static inline vf
v_load_n (const float *p, int64_t n)
{
  return _mm256_maskload_ps (p, first_n (n));
}
static inline void
v_store_n (float *p, vf a, int64_t n)
{
  _mm256_maskstore_ps (p, first_n (n), a);
}

static inline vf
v_round (vf a)
{
  return _mm256_round_ps (a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

/* a * 2^n for a whole n of -126 … 127. */
static inline vf
v_scale (vf a, vf n)
{
  __m256i exponent = _mm256_add_epi32 (_mm256_cvtps_epi32 (n), _mm256_set1_epi32 (127));

  return _mm256_mul_ps (a, _mm256_castsi256_ps (_mm256_slli_epi32 (exponent, 23)));
}

static inline vf
v_with_sign (vf a, vf sign)
{
  __m256 bit = _mm256_set1_ps (-0.0f);

  return _mm256_or_ps (_mm256_andnot_ps (bit, a), _mm256_and_ps (bit, sign));
}

static inline vf
v_load_half (const uint16_t *p)
{
  return _mm256_cvtph_ps (_mm_loadu_si128 ((const __m128i *) p));
}

static inline void
v_store_half (uint16_t *p, vf a)
{
  _mm_storeu_si128 ((__m128i *) p,
                    _mm256_cvtps_ph (a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

static inline float
v_sum (vf a)
{
  __m128 b = _mm_add_ps (_mm256_castps256_ps128 (a), _mm256_extractf128_ps (a, 1));

  b = _mm_add_ps (b, _mm_movehl_ps (b, b));
  return _mm_cvtss_f32 (_mm_add_ss (b, _mm_movehdup_ps (b)));
}

/* Four sums at once, each in one and the same order. */
static inline void
v_sum4 (const vf a[4], float out[4])
{
  __m256 b = _mm256_hadd_ps (_mm256_hadd_ps (a[0], a[1]), _mm256_hadd_ps (a[2], a[3]));

  _mm_storeu_ps (out, _mm_add_ps (_mm256_castps256_ps128 (b), _mm256_extractf128_ps (b, 1)));
}

static inline float
v_largest (vf a)
{
  __m128 b = _mm_max_ps (_mm256_castps256_ps128 (a), _mm256_extractf128_ps (a, 1));

  b = _mm_max_ps (b, _mm_movehl_ps (b, b));
  return _mm_cvtss_f32 (_mm_max_ss (b, _mm_movehdup_ps (b)));
}

static inline double
v_sum_double (vf a)
{
  __m256d b = _mm256_add_pd (_mm256_cvtps_pd (_mm256_castps256_ps128 (a)),
                             _mm256_cvtps_pd (_mm256_extractf128_ps (a, 1)));
  __m128d c = _mm_add_pd (_mm256_castpd256_pd128 (b), _mm256_extractf128_pd (b, 1));

  return _mm_cvtsd_f64 (c) + _mm_cvtsd_f64 (_mm_unpackhi_pd (c, c));
}

#include "device/cpu/vec_kernels.h"
