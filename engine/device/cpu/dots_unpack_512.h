/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Blocks of every quantised type to unsigned bytes in the order of dd_q8_wide, with
 * scales to match.  The includer, dots_avx512.c, defines before: vf and what goes with it.
 */
#pragma once

#include "device/cpu/bytes_512.h"

/* Byte tables.  A byte at `at` is in the first 64 bytes, or else in the 64 that
 * start at `second`. */
#define PLACE(at, second) ((at) < 64 ? (at) : (at) - (second) + 64)
#define DWORD(at, second)                                                                          \
  PLACE (at, second), PLACE ((at) + 1, second), PLACE ((at) + 2, second), PLACE ((at) + 3, second)
#define SIXTEEN(at, second)                                                                        \
  DWORD (at, second), DWORD ((at) + 4, second), DWORD ((at) + 8, second), DWORD ((at) + 12, second)
/* Sixteen bytes of each of four blocks. */
#define GATHER(at, stride, second)                                                                 \
  { SIXTEEN (at, second), SIXTEEN ((at) + (stride), second),                                       \
    SIXTEEN ((at) + 2 * (stride), second), SIXTEEN ((at) + 3 * (stride), second) }

#define WORD(at, second) PLACE (at, second), PLACE ((at) + 1, second)
#define FOUR_WORDS(at, second)                                                                     \
  WORD (at, second), WORD (at, second), WORD (at, second), WORD (at, second)
/* A 16-bit float of each of four blocks, for the lanes of each. */
#define SPREAD(at, stride, second)                                                                 \
  { FOUR_WORDS (at, second), FOUR_WORDS ((at) + (stride), second),                                 \
    FOUR_WORDS ((at) + 2 * (stride), second), FOUR_WORDS ((at) + 3 * (stride), second) }

/* The weights of up to four groups of four blocks, unpacked.  Everything is in the order of
 * dd_q8_wide: what is of block b of group g is in lane 4 b + g. */
typedef struct dots_unit {
  int shift;         /* the bytes are 1 << shift too large */
  __m512i w[8];      /* unsigned bytes: four elements of every block in each */
  vf scale;
  vf minima;
  vf halves[2]; /* types with a scale of 16: those instead, of the first halves and the second */
  __m512i minima_of; /* and what `minima` is multiplied by: 16-bit pairs, a half block's each */
} dots_unit;

ALWAYS_INLINE __m512i
load (const void *bytes)
{
  return _mm512_loadu_si512 (bytes);
}

ALWAYS_INLINE __m128i
load_16 (const void *bytes)
{
  return _mm_loadu_si128 (bytes);
}

ALWAYS_INLINE __m512i
pick (const uint8_t table[64], __m512i first, __m512i second)
{
  return _mm512_permutex2var_epi8 (first, load (table), second);
}

/* Adds the 16-bit floats of group `g` to those of the groups before. */
ALWAYS_INLINE void
pick_halves (const uint8_t table[32], int g, __m512i first, __m512i second, __m512i *halves)
{
  __m512i index = _mm512_castsi256_si512 (_mm256_loadu_si256 ((const __m256i *) table));
  __mmask64 places = UINT64_C (0x03030303) << 2 * g;

  *halves = _mm512_or_si512 (*halves,
                             _mm512_maskz_permutex2var_epi8 (places, first, index, second));
}

ALWAYS_INLINE vf
halves_to_floats (__m512i halves)
{
  return _mm512_cvtph_ps (_mm512_castsi512_si256 (halves));
}

/* The first halves of blocks are in the low nibbles of `bytes`, the second in the high. */
ALWAYS_INLINE void
set_nibbles (__m512i bytes[4], dots_unit *unit)
{
  transpose (bytes);
  UNROLL
  for (int k = 0; k < 4; k++) {
    unit->w[k] = low_nibbles (bytes[k]);
    unit->w[4 + k] = high_nibbles (bytes[k]);
  }
}

ALWAYS_INLINE void
unpack_q4_0 (const uint8_t *weights, int groups, dots_unit *unit)
{
  static const uint8_t gather[64] = GATHER (2, 18, 8), spread[32] = SPREAD (0, 18, 8);
  __m512i scales = _mm512_setzero_si512 (), bytes[4] = { 0 };

  UNROLL
  for (int g = 0; g < groups; g++, weights += 4 * sizeof (dd_block_q4_0)) {
    __m512i first = load (weights);

    bytes[g] = pick (gather, first, load (weights + 8));
    pick_halves (spread, g, first, first, &scales);
  }
  set_nibbles (bytes, unit);
  unit->scale = halves_to_floats (scales);
  unit->shift = 3;
}

ALWAYS_INLINE void
unpack_q4_1 (const uint8_t *weights, int groups, dots_unit *unit)
{
  static const uint8_t gather[64] = GATHER (4, 20, 16), spread[32] = SPREAD (0, 20, 16);
  static const uint8_t spread_minima[32] = SPREAD (2, 20, 16);
  __m512i scales = _mm512_setzero_si512 (), minima = scales, bytes[4] = { 0 };

  UNROLL
  for (int g = 0; g < groups; g++, weights += 4 * sizeof (dd_block_q4_1)) {
    __m512i first = load (weights);

    bytes[g] = pick (gather, first, load (weights + 16));
    pick_halves (spread, g, first, first, &scales);
    pick_halves (spread_minima, g, first, first, &minima);
  }
  set_nibbles (bytes, unit);
  unit->scale = halves_to_floats (scales);
  unit->minima = halves_to_floats (minima);
}

ALWAYS_INLINE void
unpack_q8_0 (const uint8_t *weights, int groups, dots_unit *unit)
{
  static const uint8_t gather0[64] = GATHER (2, 34, 56), gather1[64] = GATHER (0, 34, 54);
  static const uint8_t spread[32] = SPREAD (0, 34, 56);
  __m512i scales = _mm512_setzero_si512 ();

  UNROLL
  for (int g = 0; g < groups; g++, weights += 4 * sizeof (dd_block_q8_0)) {
    __m512i first = load (weights), third = load (weights + 56);

    unit->w[g] = pick (gather0, first, third);
    unit->w[4 + g] = pick (gather1, load (weights + 18), load (weights + 72));
    pick_halves (spread, g, first, third, &scales);
  }
  transpose (unit->w);
  transpose (unit->w + 4);
  UNROLL
  for (int j = 0; j < 8; j++)
    unit->w[j] = _mm512_xor_si512 (unit->w[j], _mm512_set1_epi8 (-128));
  unit->scale = halves_to_floats (scales);
  unit->shift = 7;
}

/* The 32 bits of each of four blocks, for the lanes of each. */
#define FOUR_DWORDS(at, second)                                                                    \
  DWORD (at, second), DWORD (at, second), DWORD (at, second), DWORD (at, second)
#define FIFTHS(at, stride, second)                                                                 \
  { FOUR_DWORDS (at, second), FOUR_DWORDS ((at) + (stride), second),                               \
    FOUR_DWORDS ((at) + 2 * (stride), second), FOUR_DWORDS ((at) + 3 * (stride), second) }

/* Adds the fifth bits of group `g` to those of the groups before. */
ALWAYS_INLINE void
pick_fifths (const uint8_t table[64], int g, __m512i first, __m512i second, __m512i *fifths)
{
  __mmask64 places = UINT64_C (0x000f000f000f000f) << 4 * g;

  *fifths = _mm512_or_si512 (*fifths,
                             _mm512_maskz_permutex2var_epi8 (places, first, load (table), second));
}

/* Adds to the bytes of each block their bits, bit e of its 32 to element e. */
ALWAYS_INLINE void
add_fifths (__m512i fifths, dots_unit *unit)
{
  UNROLL
  for (int j = 0; j < 8; j++)
    unit->w[j] = add_bits (unit->w[j], fifths_of (fifths, 4 * j), 16);
}

ALWAYS_INLINE void
unpack_q5_0 (const uint8_t *weights, int groups, dots_unit *unit)
{
  static const uint8_t gather[64] = GATHER (6, 22, 24), spread[32] = SPREAD (0, 22, 24);
  static const uint8_t spread_fifths[64] = FIFTHS (2, 22, 24);
  __m512i scales = _mm512_setzero_si512 (), fifths = scales, bytes[4] = { 0 };

  UNROLL
  for (int g = 0; g < groups; g++, weights += 4 * sizeof (dd_block_q5_0)) {
    __m512i first = load (weights), second = load (weights + 24);

    bytes[g] = pick (gather, first, second);
    pick_fifths (spread_fifths, g, first, second, &fifths);
    pick_halves (spread, g, first, second, &scales);
  }
  set_nibbles (bytes, unit);
  add_fifths (fifths, unit);
  unit->scale = halves_to_floats (scales);
  unit->shift = 4;
}

ALWAYS_INLINE void
unpack_q5_1 (const uint8_t *weights, int groups, dots_unit *unit)
{
  static const uint8_t gather[64] = GATHER (8, 24, 32), spread[32] = SPREAD (0, 24, 32);
  static const uint8_t spread_fifths[64] = FIFTHS (4, 24, 32);
  static const uint8_t spread_minima[32] = SPREAD (2, 24, 32);
  __m512i scales = _mm512_setzero_si512 (), minima = scales, fifths = scales, bytes[4] = { 0 };

  UNROLL
  for (int g = 0; g < groups; g++, weights += 4 * sizeof (dd_block_q5_1)) {
    __m512i first = load (weights), second = load (weights + 32);

    bytes[g] = pick (gather, first, second);
    pick_fifths (spread_fifths, g, first, second, &fifths);
    pick_halves (spread, g, first, second, &scales);
    pick_halves (spread_minima, g, first, second, &minima);
  }
  set_nibbles (bytes, unit);
  add_fifths (fifths, unit);
  unit->scale = halves_to_floats (scales);
  unit->minima = halves_to_floats (minima);
}

/* Nibbles to their levels plus 128. */
ALWAYS_INLINE void
set_levels (dots_unit *unit)
{
  __m128i table = _mm_xor_si128 (load_16 (dd_iq4_levels), _mm_set1_epi8 (-128));

  UNROLL
  for (int j = 0; j < 8; j++)
    unit->w[j] = _mm512_shuffle_epi8 (_mm512_broadcast_i32x4 (table), unit->w[j]);
  unit->shift = 7;
}

ALWAYS_INLINE void
unpack_iq4_nl (const uint8_t *weights, int groups, dots_unit *unit)
{
  unpack_q4_0 (weights, groups, unit);
  set_levels (unit);
}

/* ---- K types: two blocks of 256, or one and nothing ---- */

/* 64 bytes of each group of four blocks, those of the two groups of `a` and, where it is
 * there, of `b`. */
ALWAYS_INLINE void
load_groups (const uint8_t *a, const uint8_t *b, int groups, __m512i bytes[4])
{
  UNROLL
  for (int g = 0; g < 4; g++)
    bytes[g] = g < groups ? load ((g < 2 ? a : b) + 64 * (g % 2)) : _mm512_setzero_si512 ();
}

/* Four elements of the 32 bytes that the four blocks of a group share, for each of them, when
 * `a` and `b` are those of two groups. */
ALWAYS_INLINE __m512i
shared_by_four (__m512i a, __m512i b, int j)
{
  const __m512i places = _mm512_broadcast_i32x4 (_mm_setr_epi32 (0, 8, 16, 24));

  return _mm512_permutex2var_epi32 (a, _mm512_add_epi32 (places, _mm512_set1_epi32 (j)), b);
}

/* 32 bytes of each of two blocks of 256. */
ALWAYS_INLINE __m512i
load_two (const uint8_t *a, const uint8_t *b)
{
  __m512i first = _mm512_castsi256_si512 (_mm256_loadu_si256 ((const __m256i *) a));

  return _mm512_inserti64x4 (first, _mm256_loadu_si256 ((const __m256i *) b), 1);
}

/* Four elements of the 32 bytes that eight blocks share, for each of them; of load_two(). */
ALWAYS_INLINE __m512i
shared_by_eight (__m512i bytes, int j)
{
  const __m512i places = _mm512_broadcast_i32x4 (_mm_setr_epi32 (0, 0, 8, 8));

  return _mm512_permutexvar_epi32 (_mm512_add_epi32 (places, _mm512_set1_epi32 (j)), bytes);
}

/* Turned right by first + block * (b % 4) + odd * (g % 2) bits. */
ALWAYS_INLINE __m512i
turn (__m512i dwords, int first, int block, int odd)
{
  const __m512i groups = _mm512_broadcast_i32x4 (_mm_setr_epi32 (first, first + odd, first,
                                                                 first + odd));
  const __m512i blocks = _mm512_setr_epi32 (0, 0, 0, 0, block, block, block, block, 2 * block,
                                            2 * block, 2 * block, 2 * block, 3 * block, 3 * block,
                                            3 * block, 3 * block);

  return _mm512_rorv_epi32 (dwords, _mm512_add_epi32 (groups, blocks));
}

/* The 16-bit floats at `a` and, where it is there, at `b`, for the lanes of each. */
ALWAYS_INLINE vf
spread_two (int groups, const uint8_t *a, const uint8_t *b)
{
  __m256i first = _mm256_set1_epi16 ((short) dd_load_u16 (a));
  __m256i second = _mm256_set1_epi16 ((short) (groups > 2 ? dd_load_u16 (b) : 0));

  return _mm512_cvtph_ps (_mm256_mask_blend_epi16 (0xcccc, first, second));
}

/* Four bytes of each of four groups into the order of lanes. */
ALWAYS_INLINE __m128i
to_lanes (uint64_t a, uint64_t b)
{
  return _mm_shuffle_epi8 (_mm_set_epi64x ((long long) b, (long long) a),
                           _mm_setr_epi8 (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
}

ALWAYS_INLINE vf
scale_bytes (__m128i bytes, int offset, vf d)
{
  __m512i whole = _mm512_sub_epi32 (_mm512_cvtepu8_epi32 (bytes), _mm512_set1_epi32 (offset));

  return _mm512_mul_ps (_mm512_cvtepi32_ps (whole), d);
}

/* Two times sixteen bytes, a pair for each lane's block. */
ALWAYS_INLINE __m256i
pairs_to_lanes (__m128i a, __m128i b)
{
  const __m256i places = _mm256_setr_epi16 (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);

  return _mm256_permutexvar_epi16 (places, _mm256_set_m128i (b, a));
}

ALWAYS_INLINE void
set_k4_scales (const uint8_t *a, const uint8_t *b, int groups, dots_unit *unit)
{
  const uint64_t at = offsetof (dd_block_q4_k, scales);
  uint64_t scales[2], minima[2];

  k4_scales (a + at, &scales[0], &minima[0]);
  k4_scales (b + at, &scales[1], &minima[1]);
  unit->scale = scale_bytes (to_lanes (scales[0], scales[1]), 0, spread_two (groups, a, b));
  unit->minima = scale_bytes (to_lanes (minima[0], minima[1]), 0,
                              spread_two (groups, a + 2, b + 2));
}

/* Of each group blocks 0 and 2 are in the low nibbles, 1 and 3 in the high. */
ALWAYS_INLINE void
set_k4_nibbles (const uint8_t *a, const uint8_t *b, int groups, dots_unit *unit)
{
  const __m512i first = _mm512_setr_epi64 (0, 1, 8, 9, 4, 5, 12, 13);
  const __m512i second = _mm512_setr_epi64 (2, 3, 10, 11, 6, 7, 14, 15);
  __m512i bytes[4];

  load_groups (a, b, groups, bytes);
  transpose (bytes);
  UNROLL
  for (int k = 0; k < 4; k++) {
    __m512i low = low_nibbles (bytes[k]), high = high_nibbles (bytes[k]);

    unit->w[k] = _mm512_permutex2var_epi64 (low, first, high);
    unit->w[4 + k] = _mm512_permutex2var_epi64 (low, second, high);
  }
}

ALWAYS_INLINE void
unpack_q4_k (const uint8_t *weights, int groups, dots_unit *unit)
{
  const uint8_t *next = weights + sizeof (dd_block_q4_k);
  const uint64_t qs = offsetof (dd_block_q4_k, qs);

  set_k4_nibbles (weights + qs, next + qs, groups, unit);
  set_k4_scales (weights, next, groups, unit);
}

ALWAYS_INLINE void
unpack_q5_k (const uint8_t *weights, int groups, dots_unit *unit)
{
  const uint8_t *next = weights + sizeof (dd_block_q5_k);
  const uint64_t qs = offsetof (dd_block_q5_k, qs), qh = offsetof (dd_block_q5_k, qh);
  __m512i fifths = load_two (weights + qh, next + qh);

  set_k4_nibbles (weights + qs, next + qs, groups, unit);
  UNROLL
  for (int j = 0; j < 8; j++)
    unit->w[j] = add_bits (unit->w[j], turn (shared_by_eight (fifths, j), -4, 1, 4), 16);
  set_k4_scales (weights, next, groups, unit);
}

ALWAYS_INLINE void
unpack_iq4_xs (const uint8_t *weights, int groups, dots_unit *unit)
{
  const uint8_t *next = weights + sizeof (dd_block_iq4_xs);
  const uint64_t qs = offsetof (dd_block_iq4_xs, qs);
  uint64_t scales[2] = { iq4_xs_scales (weights), iq4_xs_scales (next) };
  __m512i bytes[4];

  load_groups (weights + qs, next + qs, groups, bytes);
  set_nibbles (bytes, unit);
  set_levels (unit);
  unit->scale = scale_bytes (to_lanes (scales[0], scales[1]), 32,
                             spread_two (groups, weights, next));
}

/* Signed bytes, two of each block, as 16-bit pairs in the lanes. */
ALWAYS_INLINE __m512i
halves_to_lanes (__m128i a, __m128i b)
{
  return _mm512_cvtepi8_epi16 (pairs_to_lanes (a, b));
}

/* Scales of half blocks, times `d`. */
ALWAYS_INLINE void
set_halves (__m128i a, __m128i b, vf d, dots_unit *unit)
{
  __m512i pairs = halves_to_lanes (a, b);
  __m512i first = _mm512_srai_epi32 (_mm512_slli_epi32 (pairs, 16), 16);

  unit->halves[0] = _mm512_mul_ps (_mm512_cvtepi32_ps (first), d);
  unit->halves[1] = _mm512_mul_ps (_mm512_cvtepi32_ps (_mm512_srai_epi32 (pairs, 16)), d);
}

/* Blocks 0 and 2 have their low bits in the first 32 bytes, 1 and 3 in the others, 2
 * and 3 in the high nibbles; the high bits lie side by side. */
ALWAYS_INLINE __m512i
weave_q6_k (__m512i low, __m512i high)
{
  const __m512i shift = _mm512_setr_epi32 (0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 4, 4, 4, 4, 4, 4);
  __m512i w;

  /* (low & 15) | (high & 48) */
  low = _mm512_srlv_epi32 (low, shift);
  w = _mm512_ternarylogic_epi32 (_mm512_set1_epi8 (15), low, high, 0xca);
  return _mm512_and_si512 (w, _mm512_set1_epi8 (63));
}

ALWAYS_INLINE void
unpack_q6_k (const uint8_t *weights, int groups, dots_unit *unit)
{
  const uint8_t *next = weights + sizeof (dd_block_q6_k);
  const uint64_t scales = offsetof (dd_block_q6_k, scales), d = offsetof (dd_block_q6_k, d);
  const uint64_t qh = offsetof (dd_block_q6_k, qh);
  __m512i high[2] = { load (weights + qh), load (next + qh) }, bytes[4];

  load_groups (weights, next, groups, bytes);
  transpose (bytes);
  UNROLL
  for (int k = 0; k < 4; k++) {
    unit->w[k] = weave_q6_k (_mm512_shuffle_i32x4 (bytes[k], bytes[k], 0x88),
                             turn (shared_by_four (high[0], high[1], k), -4, 2, 0));
    unit->w[4 + k] = weave_q6_k (_mm512_shuffle_i32x4 (bytes[k], bytes[k], 0xdd),
                                 turn (shared_by_four (high[0], high[1], 4 + k), -4, 2, 0));
  }
  set_halves (load_16 (weights + scales), load_16 (next + scales),
              spread_two (groups, weights + d, next + d), unit);
  unit->shift = 5;
}

/* The pairs of bits of a group's blocks lie side by side. */
ALWAYS_INLINE void
set_pairs (__m512i a, __m512i b, dots_unit *unit)
{
  UNROLL
  for (int j = 0; j < 8; j++)
    unit->w[j] = _mm512_and_si512 (turn (shared_by_four (a, b, j), 0, 2, 0), _mm512_set1_epi8 (3));
}

ALWAYS_INLINE void
unpack_q2_k (const uint8_t *weights, int groups, dots_unit *unit)
{
  const __m128i nibble = _mm_set1_epi8 (15);
  const uint8_t *next = weights + sizeof (dd_block_q2_k);
  const uint64_t d = offsetof (dd_block_q2_k, d), dmin = offsetof (dd_block_q2_k, dmin);
  const uint64_t qs = offsetof (dd_block_q2_k, qs);
  __m128i a = load_16 (weights + offsetof (dd_block_q2_k, scales));
  __m128i b = load_16 (next + offsetof (dd_block_q2_k, scales));

  set_pairs (load (weights + qs), load (next + qs), unit);
  set_halves (_mm_and_si128 (a, nibble), _mm_and_si128 (b, nibble),
              spread_two (groups, weights + d, next + d), unit);
  unit->minima_of = halves_to_lanes (_mm_and_si128 (_mm_srli_epi16 (a, 4), nibble),
                                     _mm_and_si128 (_mm_srli_epi16 (b, 4), nibble));
  unit->minima = spread_two (groups, weights + dmin, next + dmin);
}

ALWAYS_INLINE __m128i
load_q3k_scales (const uint8_t *block)
{
  uint64_t scales[2];

  q3k_scales (block + offsetof (dd_block_q3_k, scales), scales);
  return _mm_sub_epi8 (_mm_set_epi64x ((long long) scales[1], (long long) scales[0]),
                       _mm_set1_epi8 (32));
}

ALWAYS_INLINE void
unpack_q3_k (const uint8_t *weights, int groups, dots_unit *unit)
{
  const uint8_t *next = weights + sizeof (dd_block_q3_k);
  const uint64_t d = offsetof (dd_block_q3_k, d), hmask = offsetof (dd_block_q3_k, hmask);
  const uint64_t qs = offsetof (dd_block_q3_k, qs);
  __m512i thirds = load_two (weights + hmask, next + hmask);

  set_pairs (load (weights + qs), load (next + qs), unit);
  UNROLL
  for (int j = 0; j < 8; j++)
    unit->w[j] = add_bits (unit->w[j], turn (shared_by_eight (thirds, j), -2, 1, 4), 4);
  set_halves (load_q3k_scales (weights), load_q3k_scales (next),
              spread_two (groups, weights + d, next + d), unit);
  unit->shift = 2;
}
