/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The decode products for AVX-512 with VNNI and VBMI.  Sixteen blocks of 32 are a
 * unit: a vector of 64 bytes holds half of each of four blocks in the order of
 * dd_q8_wide.  Whole numbers are summed until there is one for each block, and only
 * then scaled, sixteen blocks by one multiplication: the float work, which shares
 * its ports with the products, would otherwise be half of everything.
 */
#include <immintrin.h>

#include "device/cpu/dots_private.h"

#define LANES 16
#define DOTS_MOST 8
typedef __m512 vf;

ALWAYS_INLINE vf
vf_zero (void)
{
  return _mm512_setzero_ps ();
}

ALWAYS_INLINE vf
vf_load (const float *x)
{
  return _mm512_loadu_ps (x);
}

ALWAYS_INLINE vf
vf_add (vf a, vf b)
{
  return _mm512_add_ps (a, b);
}

ALWAYS_INLINE vf
vf_fma (vf a, vf b, vf c)
{
  return _mm512_fmadd_ps (a, b, c);
}

ALWAYS_INLINE float
vf_sum (vf v)
{
  __m256 high = _mm256_castpd_ps (_mm512_extractf64x4_pd (_mm512_castps_pd (v), 1));
  __m256 eight = _mm256_add_ps (_mm512_castps512_ps256 (v), high);
  __m128 four = _mm_add_ps (_mm256_castps256_ps128 (eight), _mm256_extractf128_ps (eight, 1));
  __m128 two = _mm_add_ps (four, _mm_movehl_ps (four, four));

  return _mm_cvtss_f32 (_mm_add_ss (two, _mm_movehdup_ps (two)));
}

ALWAYS_INLINE vf
load_f32 (const uint8_t *weights)
{
  return _mm512_loadu_ps (weights);
}

ALWAYS_INLINE vf
load_f16 (const uint8_t *weights)
{
  return _mm512_cvtph_ps (_mm256_loadu_si256 ((const __m256i *) weights));
}

ALWAYS_INLINE vf
load_bf16 (const uint8_t *weights)
{
  __m512i words = _mm512_cvtepu16_epi32 (_mm256_loadu_si256 ((const __m256i *) weights));

  return _mm512_castsi512_ps (_mm512_slli_epi32 (words, 16));
}

#include "device/cpu/dots_unpack_512.h"

/* ---- products ---- */

/* The sums of the four lanes of each block, group after group. */
ALWAYS_INLINE __m512i
sum_lanes (const __m512i dots[4])
{
  __m512i a = _mm512_add_epi32 (_mm512_unpacklo_epi32 (dots[0], dots[1]),
                                _mm512_unpackhi_epi32 (dots[0], dots[1]));
  __m512i b = _mm512_add_epi32 (_mm512_unpacklo_epi32 (dots[2], dots[3]),
                                _mm512_unpackhi_epi32 (dots[2], dots[3]));

  return _mm512_add_epi32 (_mm512_unpacklo_epi64 (a, b), _mm512_unpackhi_epi64 (a, b));
}

ALWAYS_INLINE __m512i
dot_bytes (const dots_unit *unit, int groups, const dd_q8_wide *x)
{
  __m512i dots[4] = { 0 };

  UNROLL
  for (int g = 0; g < groups; g++) {
    dots[g] = _mm512_dpbusd_epi32 (_mm512_setzero_si512 (), unit->w[g][0], load (x->q[g][0]));
    dots[g] = _mm512_dpbusd_epi32 (dots[g], unit->w[g][1], load (x->q[g][1]));
  }
  return sum_lanes (dots);
}

/* |w| is at most 63, so that two products with x fit 16 bits. */
ALWAYS_INLINE __m512i
dot_halves (const dots_unit *unit, int groups, const dd_q8_wide *x)
{
  __m512i dots[4] = { 0 };

  UNROLL
  for (int g = 0; g < groups; g++) {
    dots[g] = _mm512_madd_epi16 (_mm512_maddubs_epi16 (unit->w[g][0], load (x->q[g][0])),
                                 unit->halves[g][0]);
    dots[g] = _mm512_dpwssd_epi32 (dots[g], _mm512_maddubs_epi16 (unit->w[g][1], load (x->q[g][1])),
                                   unit->halves[g][1]);
  }
  return sum_lanes (dots);
}

ALWAYS_INLINE vf
add_scaled (vf sum, __m512i dot, vf scale, const dd_q8_wide *x)
{
  return vf_fma (_mm512_cvtepi32_ps (dot), _mm512_mul_ps (scale, vf_load (x->scale)), sum);
}

/* Bytes that are too large. */
ALWAYS_INLINE vf
feed_bytes (const dots_unit *unit, int groups, const dd_q8_wide *x, vf sum)
{
  __m512i more = _mm512_slli_epi32 (load (x->sums), (unsigned) unit->shift);

  return add_scaled (sum, _mm512_sub_epi32 (dot_bytes (unit, groups, x), more), unit->scale, x);
}

ALWAYS_INLINE vf
feed_small_min_1 (const dots_unit *unit, int groups, const dd_q8_wide *x, vf sum)
{
  return vf_fma (unit->minima, vf_load (x->parts),
                 add_scaled (sum, dot_bytes (unit, groups, x), unit->scale, x));
}

ALWAYS_INLINE vf
feed_small_min_8 (const dots_unit *unit, int groups, const dd_q8_wide *x, vf sum)
{
  return _mm512_fnmadd_ps (unit->minima, vf_load (x->parts),
                           add_scaled (sum, dot_bytes (unit, groups, x), unit->scale, x));
}

ALWAYS_INLINE vf
feed_halves_8 (const dots_unit *unit, int groups, const dd_q8_wide *x, vf sum)
{
  __m512i more = _mm512_madd_epi16 (unit->pairs, load (x->halves));

  more = _mm512_slli_epi32 (more, (unsigned) unit->shift);
  return add_scaled (sum, _mm512_sub_epi32 (dot_halves (unit, groups, x), more), unit->scale, x);
}

ALWAYS_INLINE vf
feed_halves_min_8 (const dots_unit *unit, int groups, const dd_q8_wide *x, vf sum)
{
  __m512i minima = _mm512_madd_epi16 (unit->minima_pairs, load (x->halves));

  sum = add_scaled (sum, dot_halves (unit, groups, x), unit->scale, x);
  return _mm512_fnmadd_ps (_mm512_cvtepi32_ps (minima),
                           _mm512_mul_ps (unit->minima, vf_load (x->scale)), sum);
}

#define feed_small_1 feed_bytes
#define feed_bytes_1 feed_bytes
#define feed_bytes_8 feed_bytes
#define DOTS_FEED(kind_, blocks_) feed_##kind_##_##blocks_
#define DOTS_X dd_q8_wide
#define DOTS_X_GROUPS 4
#define DOTS_X_OF(vectors_, c_) ((vectors_)->wides + (c_) * (vectors_)->wides_stride)
#define DOTS_FORM DD_FORM_Q8_WIDE
typedef void (*dots_unpack_fn) (const uint8_t *weights, int groups, dots_unit *unit);
typedef vf (*dots_feed_fn) (const dots_unit *unit, int groups, const dd_q8_wide *x, vf sum);

ALWAYS_INLINE void
dots_step (dots_unpack_fn unpack,
           dots_feed_fn feed,
           int groups,
           const uint8_t *weights,
           const dd_q8_wide *const *x,
           int64_t at,
           vf *sums,
           int n)
{
  dots_unit unit = { 0 };

  unpack (weights, groups, &unit);
  UNROLL
  for (int c = 0; c < n; c++)
    sums[c] = feed (&unit, groups, x[c] + at, sums[c]);
}

/* ---- activations ---- */

/* The largest magnitude of 32 elements as bits, which orders NaN above infinity. */
static inline uint32_t
largest_magnitude (const float *x)
{
  const __m512i magnitude = _mm512_set1_epi32 (0x7fffffff);
  __m512i a = _mm512_and_si512 (load (x), magnitude);
  __m512i b = _mm512_and_si512 (load (x + 16), magnitude);

  return (uint32_t) _mm512_reduce_max_epi32 (_mm512_max_epi32 (a, b));
}

/* x * inverse rounded to the nearest even, sixteen elements. */
static inline void
round_half (const float *x, float inverse, int8_t q[16])
{
  __m512i whole = _mm512_cvt_roundps_epi32 (_mm512_mul_ps (vf_load (x), _mm512_set1_ps (inverse)),
                                            _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);

  _mm_storeu_si128 ((__m128i *) q, _mm512_cvtepi32_epi8 (whole));
}

/* What a unit's scales and sums are, once its bytes are there. */
static void
finish_wide (dd_q8_wide *out)
{
  const __m512i ones = _mm512_set1_epi8 (1);
  __m512i halves[2], both;

  for (int h = 0; h < 2; h++) {
    __m512i dots[4];

    for (int g = 0; g < 4; g++)
      dots[g] = _mm512_dpbusd_epi32 (_mm512_setzero_si512 (), ones, load (out->q[g][h]));
    halves[h] = sum_lanes (dots);
  }
  both = _mm512_add_epi32 (halves[0], halves[1]);
  _mm512_storeu_si512 (out->sums, both);
  _mm512_storeu_ps (out->parts, _mm512_mul_ps (_mm512_cvtepi32_ps (both), vf_load (out->scale)));
  _mm512_storeu_si512 (out->halves, _mm512_mask_blend_epi16 (0xaaaaaaaa, halves[0],
                                                             _mm512_slli_epi32 (halves[1], 16)));
}

/* `blocks` of 32, the rest zero. */
static void
quantise_wide (const float *x, int blocks, dd_q8_wide *out)
{
  float inverse[16];
  uint32_t largest[16] = { 0 };
  __m512i bits;
  __mmask16 usual;

  for (int i = 0; i < blocks; i++)
    largest[i % 4 * 4 + i / 4] = largest_magnitude (x + i * DD_QK);
  bits = load (largest);
  usual = _mm512_cmpge_epu32_mask (bits, _mm512_set1_epi32 (QUANTISE_LEAST))
          & _mm512_cmplt_epu32_mask (bits, _mm512_set1_epi32 (QUANTISE_INFINITE));
  _mm512_storeu_ps (inverse,
                    _mm512_maskz_div_ps (usual, _mm512_set1_ps (127), _mm512_castsi512_ps (bits)));
  _mm512_storeu_ps (out->scale,
                    _mm512_maskz_div_ps (usual, _mm512_castsi512_ps (bits), _mm512_set1_ps (127)));
  _mm512_mask_storeu_epi32 (out->scale,
                            _mm512_cmpge_epu32_mask (bits, _mm512_set1_epi32 (QUANTISE_INFINITE)),
                            _mm512_set1_epi32 (0x7fc00000));
  if (blocks < 16 || usual != 0xffff)
    memset (out->q, 0, sizeof out->q);
  for (int i = 0; i < blocks; i++) {
    int lane = i % 4 * 4 + i / 4;

    if (usual >> lane & 1) {
      round_half (x + i * DD_QK, inverse[lane], out->q[i / 4][0][i % 4]);
      round_half (x + i * DD_QK + 16, inverse[lane], out->q[i / 4][1][i % 4]);
    }
  }
  finish_wide (out);
}

void
quantise_avx512 (const float *x, dd_vectors *vectors, int c, int64_t first, int64_t last)
{
  dd_q8_wide *wides = vectors->wides + c * vectors->wides_stride;

  for (int64_t i = first; i < last; i += DD_Q8_WIDE) {
    int64_t left = last - i < DD_Q8_WIDE ? last - i : DD_Q8_WIDE;

    quantise_wide (x + i, (int) (left / DD_QK), &wides[i / DD_Q8_WIDE]);
  }
}

#define DOTS_TABLE dots_avx512
#include "device/cpu/dots_rows.h"
