/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The decode products for AVX-512 with VNNI and VBMI.  Sixteen blocks of 32 are a
 * unit: a vector of 64 bytes holds four elements of each of them in the order of
 * dd_q8_wide, so that each lane sums one block and nothing is summed across lanes.
 * Sixteen blocks are then scaled by one multiplication.  Weights are brought into
 * this order once for all vectors of a pass.
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

/* Adds the products of vectors [first, last) of the unit: a sum for each block in its lane. */
ALWAYS_INLINE __m512i
dot_bytes (const dots_unit *unit, const dd_q8_wide *x, int first, int last, __m512i sum)
{
  UNROLL
  for (int j = first; j < last; j++)
    sum = _mm512_dpbusd_epi32 (sum, unit->w[j], load (x->q[j]));
  return sum;
}

ALWAYS_INLINE vf
add_scaled (vf sum, __m512i dot, vf scale, const dd_q8_wide *x)
{
  return vf_fma (_mm512_cvtepi32_ps (dot), _mm512_mul_ps (scale, vf_load (x->scale)), sum);
}

/* Bytes that are too large. */
ALWAYS_INLINE vf
feed_bytes (const dots_unit *unit, const dd_q8_wide *x, vf sum)
{
  __m512i less = _mm512_slli_epi32 (load (x->less), (unsigned) unit->shift);

  return add_scaled (sum, dot_bytes (unit, x, 0, 8, less), unit->scale, x);
}

ALWAYS_INLINE vf
feed_small_min_1 (const dots_unit *unit, const dd_q8_wide *x, vf sum)
{
  __m512i dot = dot_bytes (unit, x, 0, 8, _mm512_setzero_si512 ());

  return vf_fma (unit->minima, vf_load (x->parts), add_scaled (sum, dot, unit->scale, x));
}

ALWAYS_INLINE vf
feed_small_min_8 (const dots_unit *unit, const dd_q8_wide *x, vf sum)
{
  __m512i dot = dot_bytes (unit, x, 0, 8, _mm512_setzero_si512 ());

  return _mm512_fnmadd_ps (unit->minima, vf_load (x->parts), add_scaled (sum, dot, unit->scale, x));
}

/* The products of the half blocks, which start from `a` and `b`, by their scales. */
ALWAYS_INLINE vf
dot_halves (const dots_unit *unit, const dd_q8_wide *x, __m512i a, __m512i b)
{
  vf first = _mm512_cvtepi32_ps (dot_bytes (unit, x, 0, 4, a));
  vf second = _mm512_cvtepi32_ps (dot_bytes (unit, x, 4, 8, b));

  return vf_fma (first, unit->halves[0], _mm512_mul_ps (second, unit->halves[1]));
}

ALWAYS_INLINE vf
feed_halves_8 (const dots_unit *unit, const dd_q8_wide *x, vf sum)
{
  const unsigned down = 16 - (unsigned) unit->shift;
  __m512i less = load (x->less_halves), high = _mm512_set1_epi32 ((int) 0xffff0000);
  __m512i first = _mm512_srai_epi32 (_mm512_slli_epi32 (less, 16), down);
  __m512i second = _mm512_srai_epi32 (_mm512_and_si512 (less, high), down);

  return vf_fma (dot_halves (unit, x, first, second), vf_load (x->scale), sum);
}

ALWAYS_INLINE vf
feed_halves_min_8 (const dots_unit *unit, const dd_q8_wide *x, vf sum)
{
  const __m512i zero = _mm512_setzero_si512 ();
  vf less = _mm512_cvtepi32_ps (_mm512_madd_epi16 (unit->minima_of, load (x->less_halves)));
  vf all = vf_fma (unit->minima, less, dot_halves (unit, x, zero, zero));

  return vf_fma (all, vf_load (x->scale), sum);
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
typedef vf (*dots_feed_fn) (const dots_unit *unit, const dd_q8_wide *x, vf sum);

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
    sums[c] = feed (&unit, x[c] + at, sums[c]);
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

/* From blocks side by side, four of a group, their halves apart, to the order of lanes; and what
 * a unit's scales and sums are. */
static void
finish_wide (const int8_t q[2][4][4][16], dd_q8_wide *out)
{
  const __m512i ones = _mm512_set1_epi8 (1), zero = _mm512_setzero_si512 ();
  __m512i less[2], both;

  for (int h = 0; h < 2; h++) {
    __m512i v[4] = { load (q[h][0]), load (q[h][1]), load (q[h][2]), load (q[h][3]) };

    transpose (v);
    less[h] = zero;
    for (int k = 0; k < 4; k++) {
      less[h] = _mm512_dpbusd_epi32 (less[h], ones, v[k]);
      _mm512_storeu_si512 (out->q[4 * h + k], v[k]);
    }
    less[h] = _mm512_sub_epi32 (zero, less[h]);
  }
  both = _mm512_add_epi32 (less[0], less[1]);
  _mm512_storeu_si512 (out->less, both);
  _mm512_storeu_ps (out->parts, _mm512_mul_ps (_mm512_cvtepi32_ps (_mm512_sub_epi32 (zero, both)),
                                               vf_load (out->scale)));
  _mm512_storeu_si512 (out->less_halves, _mm512_mask_blend_epi16 (0xaaaaaaaa, less[0],
                                                                  _mm512_slli_epi32 (less[1], 16)));
}

/* `blocks` of 32, the rest zero. */
static void
quantise_wide (const float *x, int blocks, dd_q8_wide *out)
{
  float inverse[16];
  uint32_t largest[16] = { 0 };
  int8_t q[2][4][4][16];
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
    memset (q, 0, sizeof q);
  for (int i = 0; i < blocks; i++) {
    int lane = i % 4 * 4 + i / 4;

    if (usual >> lane & 1) {
      round_half (x + i * DD_QK, inverse[lane], q[0][i / 4][i % 4]);
      round_half (x + i * DD_QK + 16, inverse[lane], q[1][i / 4][i % 4]);
    }
  }
  finish_wide (q, out);
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
