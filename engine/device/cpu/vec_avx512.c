/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Vectors of sixteen floats: AVX-512.
 */
#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

#define VW 16
#define TILE_VECTORS 4
#define VEC_TABLE dd_vec_avx512

typedef __m512 vf;
typedef __mmask16 vmask;

static inline __mmask16
first_n (int64_t n)
{
  return (__mmask16) ((1u << n) - 1);
}
static inline vf
v_load (const float *p)
{
  return _mm512_loadu_ps (p);
}
static inline void
v_store (float *p, vf a)
{
  _mm512_storeu_ps (p, a);
}
static inline vf
v_load_n (const float *p, int64_t n)
{
  return _mm512_maskz_loadu_ps (first_n (n), p);
}
static inline void
v_store_n (float *p, vf a, int64_t n)
{
  _mm512_mask_storeu_ps (p, first_n (n), a);
}
static inline vf
v_set (float a)
{
  return _mm512_set1_ps (a);
}
static inline vf
v_add (vf a, vf b)
{
  return _mm512_add_ps (a, b);
}
static inline vf
v_sub (vf a, vf b)
{
  return _mm512_sub_ps (a, b);
}
static inline vf
v_mul (vf a, vf b)
{
  return _mm512_mul_ps (a, b);
}
static inline vf
v_div (vf a, vf b)
{
  return _mm512_div_ps (a, b);
}
static inline vf
v_fma (vf a, vf b, vf c)
{
  return _mm512_fmadd_ps (a, b, c);
}
/* Both give `b` where one is NaN. */
static inline vf
v_max (vf a, vf b)
{
  return _mm512_max_ps (a, b);
}
static inline vf
v_min (vf a, vf b)
{
  return _mm512_min_ps (a, b);
}
static inline vf
v_abs (vf a)
{
  return _mm512_abs_ps (a);
}
static inline vf
v_swap_pairs (vf a)
{
  return _mm512_permute_ps (a, 0xb1);
}
static inline vmask
v_less (vf a, vf b)
{
  return _mm512_cmp_ps_mask (a, b, _CMP_LT_OQ);
}
static inline vmask
v_both (vmask a, vmask b)
{
  return a & b;
}
static inline bool
v_all (vmask a)
{
  return a == 0xffff;
}
static inline vf
v_select (vmask m, vf a, vf b)
{
  return _mm512_mask_blend_ps (m, b, a);
}
static inline vf
v_round (vf a)
{
  return _mm512_roundscale_ps (a, 8);
}
static inline vf
v_scale (vf a, vf n)
{
  return _mm512_scalef_ps (a, n);
}

static inline vf
v_with_sign (vf a, vf sign)
{
  __m512 bit = _mm512_set1_ps (-0.0f);

  return _mm512_or_ps (_mm512_andnot_ps (bit, a), _mm512_and_ps (bit, sign));
}

static inline vf
v_load_half (const uint16_t *p)
{
  return _mm512_cvtph_ps (_mm256_loadu_si256 ((const __m256i *) p));
}

static inline void
v_store_half (uint16_t *p, vf a)
{
  _mm256_storeu_si256 ((__m256i *) p,
                       _mm512_cvtps_ph (a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

/* The upper half on the lower, three times more: the order is ours, not the compiler's. */
static inline float
v_sum (vf a)
{
  __m256 b = _mm256_add_ps (_mm512_castps512_ps256 (a), _mm512_extractf32x8_ps (a, 1));
  __m128 c = _mm_add_ps (_mm256_castps256_ps128 (b), _mm256_extractf128_ps (b, 1));

  c = _mm_add_ps (c, _mm_movehl_ps (c, c));
  return _mm_cvtss_f32 (_mm_add_ss (c, _mm_movehdup_ps (c)));
}

/* Four sums at once, each in one and the same order. */
static inline void
v_sum4 (const vf a[4], float out[4])
{
  __m256 b[4];
  __m256 c;

  for (int i = 0; i < 4; i++)
    b[i] = _mm256_add_ps (_mm512_castps512_ps256 (a[i]), _mm512_extractf32x8_ps (a[i], 1));
  c = _mm256_hadd_ps (_mm256_hadd_ps (b[0], b[1]), _mm256_hadd_ps (b[2], b[3]));
  _mm_storeu_ps (out, _mm_add_ps (_mm256_castps256_ps128 (c), _mm256_extractf128_ps (c, 1)));
}

static inline float
v_largest (vf a)
{
  return _mm512_reduce_max_ps (a);
}

static inline double
v_sum_double (vf a)
{
  __m512d low = _mm512_cvtps_pd (_mm512_castps512_ps256 (a));
  __m512d b = _mm512_add_pd (low, _mm512_cvtps_pd (_mm512_extractf32x8_ps (a, 1)));
  __m256d c = _mm256_add_pd (_mm512_castpd512_pd256 (b), _mm512_extractf64x4_pd (b, 1));
  __m128d d = _mm_add_pd (_mm256_castpd256_pd128 (c), _mm256_extractf128_pd (c, 1));

  return _mm_cvtsd_f64 (d) + _mm_cvtsd_f64 (_mm_unpackhi_pd (d, d));
}

#include "device/cpu/vec_kernels.h"
