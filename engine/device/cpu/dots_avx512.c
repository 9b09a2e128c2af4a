/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The decode products for AVX-512 with VNNI and VBMI.  A vector of 64 bytes holds
 * sixteen elements of each of four blocks in the order of dd_q8_group: lane
 * 4 d + b of a sum belongs to block b.
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

/* Byte tables.  A byte at `at` is in the first 64 bytes, or else in the 64 that
 * start at `second`. */
#define PLACE(at, second) ((at) < 64 ? (at) : (at) - (second) + 64)
#define DWORD(at, second)                                                                          \
  PLACE (at, second), PLACE ((at) + 1, second), PLACE ((at) + 2, second), PLACE ((at) + 3, second)
#define DWORDS(at, stride, second)                                                                 \
  DWORD (at, second), DWORD ((at) + (stride), second), DWORD ((at) + 2 * (stride), second),        \
      DWORD ((at) + 3 * (stride), second)
/* Sixteen bytes of each of four blocks, woven. */
#define WEAVE(at, stride, second)                                                                  \
  { DWORDS (at, stride, second), DWORDS ((at) + 4, stride, second),                                \
    DWORDS ((at) + 8, stride, second), DWORDS ((at) + 12, stride, second) }

#define WORD(at, second) PLACE (at, second), PLACE ((at) + 1, second)
#define WORDS(at, stride, second)                                                                  \
  WORD (at, second), WORD ((at) + (stride), second), WORD ((at) + 2 * (stride), second),           \
      WORD ((at) + 3 * (stride), second)
/* A 16-bit float of each of four blocks, for sixteen lanes. */
#define SPREAD(at, stride, second)                                                                 \
  { WORDS (at, stride, second), WORDS (at, stride, second), WORDS (at, stride, second),            \
    WORDS (at, stride, second) }
/* A 16-bit float of each of four blocks, twice. */
#define TWO_WORDS(at, second) WORD (at, second), WORD (at, second)
#define TWICE(at, stride, second)                                                                  \
  { TWO_WORDS (at, second), TWO_WORDS ((at) + (stride), second),                                   \
    TWO_WORDS ((at) + 2 * (stride), second), TWO_WORDS ((at) + 3 * (stride), second) }

/* The weights of one or two groups, unpacked: signed bytes in the order of the
 * activations. */
typedef struct dots_unit {
  __m512i w[2][2];      /* of each group: its first half blocks, its second */
  __m512i start[2];     /* -128 times the lane's weights: takes off what the 128 in x adds */
  vf scale[2];          /* of each lane's block; K types with a scale of 16: of all */
  __m512i halves[2][2]; /* those: the scales of w's half blocks, twice in a lane */
  vf minima;            /* of 8 or 16 half blocks */
} dots_unit;

ALWAYS_INLINE __m512i
load (const void *bytes)
{
  return _mm512_loadu_si512 (bytes);
}

ALWAYS_INLINE __m512i
load_32 (const uint8_t *bytes)
{
  return _mm512_castsi256_si512 (_mm256_loadu_si256 ((const __m256i *) bytes));
}

ALWAYS_INLINE __m512i
pick (const uint8_t table[64], __m512i first, __m512i second)
{
  return _mm512_permutex2var_epi8 (first, load (table), second);
}

ALWAYS_INLINE vf
pick_halves (const uint8_t table[32], __m512i first, __m512i second)
{
  __m512i index = _mm512_castsi256_si512 (_mm256_loadu_si256 ((const __m256i *) table));

  return _mm512_cvtph_ps (_mm512_castsi512_si256 (_mm512_permutex2var_epi8 (first, index, second)));
}

ALWAYS_INLINE __m512i
low_nibbles (__m512i bytes)
{
  return _mm512_and_si512 (bytes, _mm512_set1_epi8 (15));
}

ALWAYS_INLINE __m512i
high_nibbles (__m512i bytes)
{
  return low_nibbles (_mm512_srli_epi16 (bytes, 4));
}

ALWAYS_INLINE __m512i
less (__m512i bytes, int offset)
{
  return _mm512_sub_epi8 (bytes, _mm512_set1_epi8 ((char) offset));
}

ALWAYS_INLINE void
set_weights (dots_unit *unit, int g, __m512i first, __m512i second, vf scale)
{
  const __m512i bias = _mm512_set1_epi8 (-128);
  __m512i dot = _mm512_dpbusd_epi32 (_mm512_setzero_si512 (), bias, first);

  dot = _mm512_dpbusd_epi32 (dot, bias, second);
  unit->start[g] = _mm512_sub_epi32 (_mm512_setzero_si512 (), dot);
  unit->w[g][0] = first;
  unit->w[g][1] = second;
  unit->scale[g] = scale;
}

/* The same for a scale of each half block, out of sixteen `words`; |w| is at most
 * 32, so that two products with x fit 16 bits. */
ALWAYS_INLINE void
set_halves (dots_unit *unit, int g, __m512i first, __m512i second, __m256i words, vf scale)
{
  const __m512i bias = _mm512_set1_epi8 (-128);
  const __m512i index = _mm512_broadcast_i32x4 (_mm_setr_epi16 (0, 0, 2, 2, 4, 4, 6, 6));
  __m512i dot;

  for (int h = 0; h < 2; h++)
    unit->halves[g][h] =
        _mm512_permutexvar_epi16 (_mm512_add_epi16 (index, _mm512_set1_epi16 ((short) (8 * g + h))),
                                  _mm512_castsi256_si512 (words));
  dot = _mm512_madd_epi16 (_mm512_maddubs_epi16 (bias, first), unit->halves[g][0]);
  dot = _mm512_dpwssd_epi32 (dot, _mm512_maddubs_epi16 (bias, second), unit->halves[g][1]);
  unit->start[g] = _mm512_sub_epi32 (_mm512_setzero_si512 (), dot);
  unit->w[g][0] = first;
  unit->w[g][1] = second;
  unit->scale[g] = scale;
}

ALWAYS_INLINE void
unpack_q4_0 (const uint8_t *weights, dots_unit *unit)
{
  static const uint8_t weave[64] = WEAVE (2, 18, 8), spread[32] = SPREAD (0, 18, 8);
  __m512i first = load (weights);
  __m512i bytes = pick (weave, first, load (weights + 8));

  set_weights (unit, 0, less (low_nibbles (bytes), 8), less (high_nibbles (bytes), 8),
               pick_halves (spread, first, first));
}

ALWAYS_INLINE void
unpack_q4_1 (const uint8_t *weights, dots_unit *unit)
{
  static const uint8_t weave[64] = WEAVE (4, 20, 16), spread[32] = SPREAD (0, 20, 16);
  static const uint8_t twice[32] = TWICE (2, 20, 16);
  __m512i first = load (weights);
  __m512i bytes = pick (weave, first, load (weights + 16));

  set_weights (unit, 0, low_nibbles (bytes), high_nibbles (bytes),
               pick_halves (spread, first, first));
  unit->minima = pick_halves (twice, first, first);
}

ALWAYS_INLINE void
unpack_q8_0 (const uint8_t *weights, dots_unit *unit)
{
  static const uint8_t weave0[64] = WEAVE (2, 34, 56), weave1[64] = WEAVE (0, 34, 54);
  static const uint8_t spread[32] = SPREAD (0, 34, 56);
  __m512i first = load (weights), third = load (weights + 56);

  set_weights (unit, 0, pick (weave0, first, third),
               pick (weave1, load (weights + 18), load (weights + 72)),
               pick_halves (spread, first, third));
}

/* w + 16 where the bit of the element is set: `bytes` has for each element the
 * byte with its bit. */
ALWAYS_INLINE __m512i
add_fifth_bits (__m512i w, __m512i bytes)
{
  const __m512i bits = _mm512_setr_epi32 (0x08040201, 0x08040201, 0x08040201, 0x08040201,
                                          (int) 0x80402010, (int) 0x80402010, (int) 0x80402010,
                                          (int) 0x80402010, 0x08040201, 0x08040201, 0x08040201,
                                          0x08040201, (int) 0x80402010, (int) 0x80402010,
                                          (int) 0x80402010, (int) 0x80402010);

  return _mm512_mask_add_epi8 (w, _mm512_test_epi8_mask (bytes, bits), w, _mm512_set1_epi8 (16));
}

/* Byte `at` + d / 2 of each of four blocks for every element of a half block. */
#define SAME(at, second)                                                                           \
  PLACE (at, second), PLACE (at, second), PLACE (at, second), PLACE (at, second)
#define SAMES(at, stride, second)                                                                  \
  SAME (at, second), SAME ((at) + (stride), second), SAME ((at) + 2 * (stride), second),           \
      SAME ((at) + 3 * (stride), second)
#define FIFTHS(at, stride, second)                                                                 \
  { SAMES (at, stride, second), SAMES (at, stride, second), SAMES ((at) + 1, stride, second),      \
    SAMES ((at) + 1, stride, second) }

ALWAYS_INLINE void
unpack_q5_0 (const uint8_t *weights, dots_unit *unit)
{
  static const uint8_t weave[64] = WEAVE (6, 22, 24), spread[32] = SPREAD (0, 22, 24);
  static const uint8_t fifths0[64] = FIFTHS (2, 22, 24), fifths1[64] = FIFTHS (4, 22, 24);
  __m512i first = load (weights), second = load (weights + 24);
  __m512i bytes = pick (weave, first, second);
  __m512i w0 = add_fifth_bits (low_nibbles (bytes), pick (fifths0, first, second));
  __m512i w1 = add_fifth_bits (high_nibbles (bytes), pick (fifths1, first, second));

  set_weights (unit, 0, less (w0, 16), less (w1, 16), pick_halves (spread, first, second));
}

ALWAYS_INLINE void
unpack_q5_1 (const uint8_t *weights, dots_unit *unit)
{
  static const uint8_t weave[64] = WEAVE (8, 24, 32), spread[32] = SPREAD (0, 24, 32);
  static const uint8_t fifths0[64] = FIFTHS (4, 24, 32), fifths1[64] = FIFTHS (6, 24, 32);
  static const uint8_t twice[32] = TWICE (2, 24, 32);
  __m512i first = load (weights), second = load (weights + 32);
  __m512i bytes = pick (weave, first, second);
  __m512i w0 = add_fifth_bits (low_nibbles (bytes), pick (fifths0, first, second));
  __m512i w1 = add_fifth_bits (high_nibbles (bytes), pick (fifths1, first, second));

  set_weights (unit, 0, w0, w1, pick_halves (spread, first, second));
  unit->minima = pick_halves (twice, first, second);
}

ALWAYS_INLINE __m512i
levels (__m512i nibbles)
{
  __m128i table = _mm_loadu_si128 ((const __m128i *) dd_iq4_levels);

  return _mm512_shuffle_epi8 (_mm512_broadcast_i32x4 (table), nibbles);
}

ALWAYS_INLINE void
unpack_iq4_nl (const uint8_t *weights, dots_unit *unit)
{
  static const uint8_t weave[64] = WEAVE (2, 18, 8), spread[32] = SPREAD (0, 18, 8);
  __m512i first = load (weights);
  __m512i bytes = pick (weave, first, load (weights + 8));

  set_weights (unit, 0, levels (low_nibbles (bytes)), levels (high_nibbles (bytes)),
               pick_halves (spread, first, first));
}

/* One scale for all lanes. */
ALWAYS_INLINE vf
spread_half (const uint8_t *bytes)
{
  return _mm512_cvtph_ps (_mm256_set1_epi16 ((short) dd_load_u16 (bytes)));
}

/* d * (byte - offset) for the first four bytes, to the lanes of four blocks. */
ALWAYS_INLINE vf
spread_bytes (uint64_t bytes, int offset, vf d)
{
  __m128i four = _mm_cvtepu8_epi32 (_mm_cvtsi64_si128 ((long long) bytes));

  four = _mm_sub_epi32 (four, _mm_set1_epi32 (offset));
  return _mm512_mul_ps (_mm512_cvtepi32_ps (_mm512_broadcast_i32x4 (four)), d);
}

/* d * byte for eight bytes, each twice. */
ALWAYS_INLINE vf
twice_bytes (uint64_t bytes, vf d)
{
  __m128i eight = _mm_cvtsi64_si128 ((long long) bytes);
  __m512i dwords = _mm512_cvtepu8_epi32 (_mm_unpacklo_epi8 (eight, eight));

  return _mm512_mul_ps (_mm512_cvtepi32_ps (dwords), d);
}

/* Four dwords of each of four blocks, which start at these dwords. */
ALWAYS_INLINE __m512i
dwords (int a, int b, int c, int d)
{
  return _mm512_setr_epi32 (a, b, c, d, a + 1, b + 1, c + 1, d + 1, a + 2, b + 2, c + 2, d + 2,
                            a + 3, b + 3, c + 3, d + 3);
}

/* Dwords d … d + 3 of 32 bytes for each of four blocks, turned right by bits that
 * differ by `step` from block to block. */
ALWAYS_INLINE __m512i
turn (__m512i bytes, int d, int first, int step)
{
  const __m512i turns = _mm512_broadcast_i32x4 (_mm_setr_epi32 (first & 31, (first + step) & 31,
                                                                (first + 2 * step) & 31,
                                                                (first + 3 * step) & 31));

  return _mm512_rorv_epi32 (_mm512_permutexvar_epi32 (dwords (d, d, d, d), bytes), turns);
}

/* Q4_K and Q5_K: low nibbles are blocks 0 and 2, high ones 1 and 3. */
ALWAYS_INLINE __m512i
weave_nibbles (__m512i bytes, int d)
{
  return _mm512_permutex2var_epi32 (low_nibbles (bytes), dwords (d, d + 16, d + 8, d + 24),
                                    high_nibbles (bytes));
}

ALWAYS_INLINE void
unpack_q4_k (const uint8_t *weights, dots_unit *unit)
{
  const uint8_t *qs = weights + offsetof (dd_block_q4_k, qs);
  vf d = spread_half (weights);
  uint64_t scales, minima;

  k4_scales (weights + offsetof (dd_block_q4_k, scales), &scales, &minima);
  for (int g = 0; g < 2; g++) {
    __m512i bytes = load (qs + 64 * g);

    set_weights (unit, g, weave_nibbles (bytes, 0), weave_nibbles (bytes, 4),
                 spread_bytes (scales >> 32 * g, 0, d));
  }
  unit->minima = twice_bytes (minima, spread_half (weights + 2));
}

/* w | (bits & mask) */
ALWAYS_INLINE __m512i
add_bits (__m512i w, __m512i bits, int mask)
{
  return _mm512_ternarylogic_epi32 (w, bits, _mm512_set1_epi8 ((char) mask), 0xf8);
}

ALWAYS_INLINE void
unpack_q5_k (const uint8_t *weights, dots_unit *unit)
{
  const uint8_t *qs = weights + offsetof (dd_block_q5_k, qs);
  __m512i fifths = load_32 (weights + offsetof (dd_block_q5_k, qh));
  vf d = spread_half (weights);
  uint64_t scales, minima;

  k4_scales (weights + offsetof (dd_block_q5_k, scales), &scales, &minima);
  for (int g = 0; g < 2; g++) {
    __m512i bytes = load (qs + 64 * g);

    set_weights (unit, g, add_bits (weave_nibbles (bytes, 0), turn (fifths, 0, 4 * g - 4, 1), 16),
                 add_bits (weave_nibbles (bytes, 4), turn (fifths, 4, 4 * g - 4, 1), 16),
                 spread_bytes (scales >> 32 * g, 0, d));
  }
  unit->minima = twice_bytes (minima, spread_half (weights + 2));
}

ALWAYS_INLINE void
unpack_iq4_xs (const uint8_t *weights, dots_unit *unit)
{
  const uint8_t *qs = weights + offsetof (dd_block_iq4_xs, qs);
  uint64_t scales = iq4_xs_scales (weights);
  vf d = spread_half (weights);

  for (int g = 0; g < 2; g++) {
    __m512i bytes = _mm512_permutexvar_epi32 (dwords (0, 4, 8, 12), load (qs + 64 * g));

    set_weights (unit, g, levels (low_nibbles (bytes)), levels (high_nibbles (bytes)),
                 spread_bytes (scales >> 32 * g, 32, d));
  }
}

/* Q6_K: blocks 0 and 2 have their low bits in the first 32 bytes, 1 and 3 in the
 * others, 2 and 3 in the high nibbles; the high bits lie side by side. */
ALWAYS_INLINE __m512i
weave_q6_k (__m512i low, __m512i high, int d)
{
  const __m512i shift = _mm512_broadcast_i32x4 (_mm_setr_epi32 (0, 0, 4, 4));
  __m512i w;

  low = _mm512_permutexvar_epi32 (dwords (d, d + 8, d, d + 8), low);
  low = _mm512_srlv_epi32 (low, shift);
  /* (low & 15) | (high & 48) */
  w = _mm512_ternarylogic_epi32 (_mm512_set1_epi8 (15), low, turn (high, d, -4, 2), 0xca);
  return less (_mm512_and_si512 (w, _mm512_set1_epi8 (63)), 32);
}

ALWAYS_INLINE void
unpack_q6_k (const uint8_t *weights, dots_unit *unit)
{
  const uint8_t *scales = weights + offsetof (dd_block_q6_k, scales);
  __m256i words = _mm256_cvtepi8_epi16 (_mm_loadu_si128 ((const __m128i *) scales));
  vf d = spread_half (weights + offsetof (dd_block_q6_k, d));

  for (int g = 0; g < 2; g++) {
    __m512i low = load (weights + 64 * g);
    __m512i high = load_32 (weights + offsetof (dd_block_q6_k, qh) + 32 * g);

    set_halves (unit, g, weave_q6_k (low, high, 0), weave_q6_k (low, high, 4), words, d);
  }
}

/* Q2_K and Q3_K: the pairs of bits of four blocks lie side by side. */
ALWAYS_INLINE __m512i
weave_pairs (__m512i bytes, int d)
{
  return _mm512_and_si512 (turn (bytes, d, 0, 2), _mm512_set1_epi8 (3));
}

ALWAYS_INLINE void
unpack_q2_k (const uint8_t *weights, dots_unit *unit)
{
  const uint8_t *scales = weights + offsetof (dd_block_q2_k, scales);
  __m128i bytes = _mm_loadu_si128 ((const __m128i *) scales);
  __m128i low = _mm_and_si128 (bytes, _mm_set1_epi8 (15));
  __m128i high = _mm_and_si128 (_mm_srli_epi16 (bytes, 4), _mm_set1_epi8 (15));
  vf d = spread_half (weights + offsetof (dd_block_q2_k, d));
  vf dmin = spread_half (weights + offsetof (dd_block_q2_k, dmin));

  for (int g = 0; g < 2; g++) {
    __m512i pairs = load_32 (weights + offsetof (dd_block_q2_k, qs) + 32 * g);

    set_halves (unit, g, weave_pairs (pairs, 0), weave_pairs (pairs, 4), _mm256_cvtepu8_epi16 (low),
                d);
  }
  unit->minima = _mm512_mul_ps (_mm512_cvtepi32_ps (_mm512_cvtepu8_epi32 (high)), dmin);
}

ALWAYS_INLINE void
unpack_q3_k (const uint8_t *weights, dots_unit *unit)
{
  __m512i thirds = load_32 (weights + offsetof (dd_block_q3_k, hmask));
  vf d = spread_half (weights + offsetof (dd_block_q3_k, d));
  uint64_t scales[2];
  __m256i words;

  q3k_scales (weights + offsetof (dd_block_q3_k, scales), scales);
  words = _mm256_cvtepu8_epi16 (_mm_set_epi64x ((long long) scales[1], (long long) scales[0]));
  words = _mm256_sub_epi16 (words, _mm256_set1_epi16 (32));
  for (int g = 0; g < 2; g++) {
    __m512i pairs = load_32 (weights + offsetof (dd_block_q3_k, qs) + 32 * g);
    __m512i w0 = add_bits (weave_pairs (pairs, 0), turn (thirds, 0, 4 * g - 2, 1), 4);
    __m512i w1 = add_bits (weave_pairs (pairs, 4), turn (thirds, 4, 4 * g - 2, 1), 4);

    set_halves (unit, g, less (w0, 4), less (w1, 4), words, d);
  }
}

/* sum + scale * dot: the lane's scales of the weights and of x. */
ALWAYS_INLINE vf
add_scaled (vf sum, __m512i dot, vf scale, const dd_q8_group *x)
{
  vf both = _mm512_mul_ps (scale, _mm512_broadcast_f32x4 (_mm_load_ps (x->scale)));

  return vf_fma (_mm512_cvtepi32_ps (dot), both, sum);
}

ALWAYS_INLINE vf
feed_group (const dots_unit *unit, int g, const dd_q8_group *x, vf sum)
{
  __m512i dot = _mm512_dpbusd_epi32 (unit->start[g], load (x->q), unit->w[g][0]);

  dot = _mm512_dpbusd_epi32 (dot, load (x->q + 64), unit->w[g][1]);
  return add_scaled (sum, dot, unit->scale[g], x);
}

ALWAYS_INLINE vf
feed_halves (const dots_unit *unit, int g, const dd_q8_group *x, vf sum)
{
  __m512i first = _mm512_maddubs_epi16 (load (x->q), unit->w[g][0]);
  __m512i second = _mm512_maddubs_epi16 (load (x->q + 64), unit->w[g][1]);
  __m512i dot = _mm512_dpwssd_epi32 (unit->start[g], first, unit->halves[g][0]);

  dot = _mm512_dpwssd_epi32 (dot, second, unit->halves[g][1]);
  return add_scaled (sum, dot, unit->scale[g], x);
}

/* Minima of two groups. */
ALWAYS_INLINE vf
feed_minima (const dots_unit *unit, const dd_q8_group *x, vf sum)
{
  __m512d first = _mm512_castpd256_pd512 (_mm256_castps_pd (_mm256_load_ps (x[0].parts[0])));
  __m256d second = _mm256_castps_pd (_mm256_load_ps (x[1].parts[0]));
  __m512 parts = _mm512_castpd_ps (_mm512_insertf64x4 (first, second, 1));

  return _mm512_fnmadd_ps (unit->minima, parts, sum);
}

ALWAYS_INLINE vf
feed_small_1 (const dots_unit *unit, const dd_q8_group *x, vf sum)
{
  return feed_group (unit, 0, x, sum);
}

ALWAYS_INLINE vf
feed_small_min_1 (const dots_unit *unit, const dd_q8_group *x, vf sum)
{
  __m512 parts = _mm512_castps256_ps512 (_mm256_load_ps (x->parts[0]));

  return _mm512_mask3_fmadd_ps (unit->minima, parts, feed_group (unit, 0, x, sum), 0xff);
}

ALWAYS_INLINE vf
feed_small_8 (const dots_unit *unit, const dd_q8_group *x, vf sum)
{
  return feed_group (unit, 1, x + 1, feed_group (unit, 0, x, sum));
}

ALWAYS_INLINE vf
feed_small_min_8 (const dots_unit *unit, const dd_q8_group *x, vf sum)
{
  return feed_minima (unit, x, feed_small_8 (unit, x, sum));
}

ALWAYS_INLINE vf
feed_halves_8 (const dots_unit *unit, const dd_q8_group *x, vf sum)
{
  return feed_halves (unit, 1, x + 1, feed_halves (unit, 0, x, sum));
}

ALWAYS_INLINE vf
feed_halves_min_8 (const dots_unit *unit, const dd_q8_group *x, vf sum)
{
  return feed_minima (unit, x, feed_halves_8 (unit, x, sum));
}

#define feed_bytes_1 feed_small_1
#define feed_bytes_8 feed_small_8
#define DOTS_FEED(kind_, blocks_) feed_##kind_##_##blocks_
typedef void (*dots_unpack_fn) (const uint8_t *weights, dots_unit *unit);
typedef vf (*dots_feed_fn) (const dots_unit *unit, const dd_q8_group *x, vf sum);

ALWAYS_INLINE void
dots_step (dots_unpack_fn unpack,
           dots_feed_fn feed,
           int groups,
           const uint8_t *weights,
           const dd_q8_group *const *x,
           int64_t group,
           vf *sums,
           int n)
{
  dots_unit unit;

  unpack (weights, &unit);
  UNROLL
  for (int c = 0; c < n; c++)
    sums[c] = feed (&unit, x[c] + group, sums[c]);
}

static uint32_t
largest_magnitude (const float *x)
{
  const __m512i magnitude = _mm512_set1_epi32 (0x7fffffff);
  __m512i a = _mm512_and_si512 (load (x), magnitude),
          b = _mm512_and_si512 (load (x + 16), magnitude);

  return (uint32_t) _mm512_reduce_max_epi32 (_mm512_max_epi32 (a, b));
}

static void
round_all (const float *x, float inverse, int8_t q[DD_QK])
{
  for (int i = 0; i < DD_QK; i += 16) {
    __m512i whole = _mm512_cvt_roundps_epi32 (_mm512_mul_ps (_mm512_loadu_ps (x + i),
                                                             _mm512_set1_ps (inverse)),
                                              _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);

    _mm_storeu_si128 ((__m128i *) (q + i), _mm512_cvtepi32_epi8 (whole));
  }
}

void
quantise_avx512 (const float *x, dd_vectors *vectors, int c, int64_t first, int64_t last)
{
  quantise_groups (largest_magnitude, round_all, x, vectors, c, first, last);
}

#define DOTS_TABLE dots_avx512
#include "device/cpu/dots_rows.h"
