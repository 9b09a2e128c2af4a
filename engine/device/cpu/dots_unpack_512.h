/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Blocks of every quantised type to unsigned bytes in the order of dd_q8_wide, with
 * scales to match.  The includer, dots_avx512.c, defines before: vf and what goes with it.
 */
#pragma once

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

/* The weights of up to four groups of four blocks, unpacked: unsigned bytes in the order of the
 * activations.  Whole numbers of lane 4 b + g belong to block b of group g. */
typedef struct dots_unit {
  int shift;              /* the bytes are 1 << shift too large */
  __m512i w[4][2];        /* of each group: the first halves of its blocks, the second */
  vf scale;               /* K types with a scale of 16: of the whole block */
  vf minima;
  __m512i halves[4][2];   /* those: the scales of w's halves in all their lanes */
  __m512i pairs;          /* and of each lane's block, both halves' */
  __m512i minima_pairs;
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

ALWAYS_INLINE void
unpack_q4_0 (const uint8_t *weights, int groups, dots_unit *unit)
{
  static const uint8_t gather[64] = GATHER (2, 18, 8), spread[32] = SPREAD (0, 18, 8);
  __m512i scales = _mm512_setzero_si512 ();

  UNROLL
  for (int g = 0; g < groups; g++, weights += 4 * sizeof (dd_block_q4_0)) {
    __m512i first = load (weights);
    __m512i bytes = pick (gather, first, load (weights + 8));

    unit->w[g][0] = low_nibbles (bytes);
    unit->w[g][1] = high_nibbles (bytes);
    pick_halves (spread, g, first, first, &scales);
  }
  unit->scale = halves_to_floats (scales);
  unit->shift = 3;
}

ALWAYS_INLINE void
unpack_q4_1 (const uint8_t *weights, int groups, dots_unit *unit)
{
  static const uint8_t gather[64] = GATHER (4, 20, 16), spread[32] = SPREAD (0, 20, 16);
  static const uint8_t spread_minima[32] = SPREAD (2, 20, 16);
  __m512i scales = _mm512_setzero_si512 (), minima = scales;

  UNROLL
  for (int g = 0; g < groups; g++, weights += 4 * sizeof (dd_block_q4_1)) {
    __m512i first = load (weights);
    __m512i bytes = pick (gather, first, load (weights + 16));

    unit->w[g][0] = low_nibbles (bytes);
    unit->w[g][1] = high_nibbles (bytes);
    pick_halves (spread, g, first, first, &scales);
    pick_halves (spread_minima, g, first, first, &minima);
  }
  unit->scale = halves_to_floats (scales);
  unit->minima = halves_to_floats (minima);
}

ALWAYS_INLINE void
unpack_q8_0 (const uint8_t *weights, int groups, dots_unit *unit)
{
  static const uint8_t gather0[64] = GATHER (2, 34, 56), gather1[64] = GATHER (0, 34, 54);
  static const uint8_t spread[32] = SPREAD (0, 34, 56);
  const __m512i bias = _mm512_set1_epi8 (-128);
  __m512i scales = _mm512_setzero_si512 ();

  UNROLL
  for (int g = 0; g < groups; g++, weights += 4 * sizeof (dd_block_q8_0)) {
    __m512i first = load (weights), third = load (weights + 56);

    unit->w[g][0] = _mm512_xor_si512 (pick (gather0, first, third), bias);
    unit->w[g][1] = _mm512_xor_si512 (pick (gather1, load (weights + 18), load (weights + 72)),
                                      bias);
    pick_halves (spread, g, first, third, &scales);
  }
  unit->scale = halves_to_floats (scales);
  unit->shift = 7;
}

/* w + 16 where the bit of the element is set: `bytes` has for each element the
 * byte with its bit. */
ALWAYS_INLINE __m512i
add_fifth_bits (__m512i w, __m512i bytes)
{
  const __m512i bits = _mm512_set1_epi64 ((long long) UINT64_C (0x8040201008040201));

  return _mm512_mask_add_epi8 (w, _mm512_test_epi8_mask (bytes, bits), w, _mm512_set1_epi8 (16));
}

/* Two bytes of each of four blocks, each for eight elements. */
#define EIGHT(at, second)                                                                          \
  PLACE (at, second), PLACE (at, second), PLACE (at, second), PLACE (at, second),                  \
      PLACE (at, second), PLACE (at, second), PLACE (at, second), PLACE (at, second)
#define EIGHTS(at, second) EIGHT (at, second), EIGHT ((at) + 1, second)
#define FIFTHS(at, stride, second)                                                                 \
  { EIGHTS (at, second), EIGHTS ((at) + (stride), second), EIGHTS ((at) + 2 * (stride), second),   \
    EIGHTS ((at) + 3 * (stride), second) }

ALWAYS_INLINE void
unpack_q5_0 (const uint8_t *weights, int groups, dots_unit *unit)
{
  static const uint8_t gather[64] = GATHER (6, 22, 24), spread[32] = SPREAD (0, 22, 24);
  static const uint8_t fifths0[64] = FIFTHS (2, 22, 24), fifths1[64] = FIFTHS (4, 22, 24);
  __m512i scales = _mm512_setzero_si512 ();

  UNROLL
  for (int g = 0; g < groups; g++, weights += 4 * sizeof (dd_block_q5_0)) {
    __m512i first = load (weights), second = load (weights + 24);
    __m512i bytes = pick (gather, first, second);

    unit->w[g][0] = add_fifth_bits (low_nibbles (bytes), pick (fifths0, first, second));
    unit->w[g][1] = add_fifth_bits (high_nibbles (bytes), pick (fifths1, first, second));
    pick_halves (spread, g, first, second, &scales);
  }
  unit->scale = halves_to_floats (scales);
  unit->shift = 4;
}

ALWAYS_INLINE void
unpack_q5_1 (const uint8_t *weights, int groups, dots_unit *unit)
{
  static const uint8_t gather[64] = GATHER (8, 24, 32), spread[32] = SPREAD (0, 24, 32);
  static const uint8_t fifths0[64] = FIFTHS (4, 24, 32), fifths1[64] = FIFTHS (6, 24, 32);
  static const uint8_t spread_minima[32] = SPREAD (2, 24, 32);
  __m512i scales = _mm512_setzero_si512 (), minima = scales;

  UNROLL
  for (int g = 0; g < groups; g++, weights += 4 * sizeof (dd_block_q5_1)) {
    __m512i first = load (weights), second = load (weights + 32);
    __m512i bytes = pick (gather, first, second);

    unit->w[g][0] = add_fifth_bits (low_nibbles (bytes), pick (fifths0, first, second));
    unit->w[g][1] = add_fifth_bits (high_nibbles (bytes), pick (fifths1, first, second));
    pick_halves (spread, g, first, second, &scales);
    pick_halves (spread_minima, g, first, second, &minima);
  }
  unit->scale = halves_to_floats (scales);
  unit->minima = halves_to_floats (minima);
}

/* The levels plus 128. */
ALWAYS_INLINE __m512i
levels (__m512i nibbles)
{
  __m128i table = _mm_xor_si128 (load_16 (dd_iq4_levels), _mm_set1_epi8 (-128));

  return _mm512_shuffle_epi8 (_mm512_broadcast_i32x4 (table), nibbles);
}

ALWAYS_INLINE void
unpack_iq4_nl (const uint8_t *weights, int groups, dots_unit *unit)
{
  unpack_q4_0 (weights, groups, unit);
  UNROLL
  for (int g = 0; g < groups; g++) {
    unit->w[g][0] = levels (unit->w[g][0]);
    unit->w[g][1] = levels (unit->w[g][1]);
  }
  unit->shift = 7;
}

/* ---- K types: two blocks of 256, or one and nothing ---- */

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

/* Half blocks of 64 bytes with blocks 0 and 2 in the low nibbles, 1 and 3 in the high. */
ALWAYS_INLINE void
set_nibbles (const uint8_t *qs, __m512i w[2])
{
  const __m512i first = _mm512_setr_epi64 (0, 1, 8, 9, 4, 5, 12, 13);
  const __m512i second = _mm512_setr_epi64 (2, 3, 10, 11, 6, 7, 14, 15);
  __m512i bytes = load (qs), low = low_nibbles (bytes), high = high_nibbles (bytes);

  w[0] = _mm512_permutex2var_epi64 (low, first, high);
  w[1] = _mm512_permutex2var_epi64 (low, second, high);
}

ALWAYS_INLINE void
unpack_q4_k (const uint8_t *weights, int groups, dots_unit *unit)
{
  const uint8_t *next = weights + sizeof (dd_block_q4_k);

  UNROLL
  for (int g = 0; g < groups; g++)
    set_nibbles ((g < 2 ? weights : next) + offsetof (dd_block_q4_k, qs) + 64 * (g % 2),
                 unit->w[g]);
  set_k4_scales (weights, next, groups, unit);
}

/* Sixteen bytes for each of four blocks, turned right by bits that differ by `step`
 * from block to block. */
ALWAYS_INLINE __m512i
turn (const uint8_t *bytes, int first, int step)
{
  const int a = first & 31, b = (first + step) & 31, c = (first + 2 * step) & 31,
            d = (first + 3 * step) & 31;
  const __m512i turns = _mm512_setr_epi32 (a, a, a, a, b, b, b, b, c, c, c, c, d, d, d, d);

  return _mm512_rorv_epi32 (_mm512_broadcast_i32x4 (load_16 (bytes)), turns);
}

/* w | (bits & mask) */
ALWAYS_INLINE __m512i
add_bits (__m512i w, __m512i bits, int mask)
{
  return _mm512_ternarylogic_epi32 (w, bits, _mm512_set1_epi8 ((char) mask), 0xf8);
}

ALWAYS_INLINE void
unpack_q5_k (const uint8_t *weights, int groups, dots_unit *unit)
{
  const uint8_t *next = weights + sizeof (dd_block_q5_k);

  UNROLL
  for (int g = 0; g < groups; g++) {
    const uint8_t *block = g < 2 ? weights : next;
    const uint8_t *fifths = block + offsetof (dd_block_q5_k, qh);

    set_nibbles (block + offsetof (dd_block_q5_k, qs) + 64 * (g % 2), unit->w[g]);
    UNROLL
    for (int h = 0; h < 2; h++)
      unit->w[g][h] = add_bits (unit->w[g][h], turn (fifths + 16 * h, 4 * (g % 2) - 4, 1), 16);
  }
  set_k4_scales (weights, next, groups, unit);
}

ALWAYS_INLINE void
unpack_iq4_xs (const uint8_t *weights, int groups, dots_unit *unit)
{
  const uint8_t *next = weights + sizeof (dd_block_iq4_xs);
  uint64_t scales[2] = { iq4_xs_scales (weights), iq4_xs_scales (next) };

  UNROLL
  for (int g = 0; g < groups; g++) {
    const uint8_t *qs = (g < 2 ? weights : next) + offsetof (dd_block_iq4_xs, qs) + 64 * (g % 2);
    __m512i bytes = load (qs);

    unit->w[g][0] = levels (low_nibbles (bytes));
    unit->w[g][1] = levels (high_nibbles (bytes));
  }
  unit->scale = scale_bytes (to_lanes (scales[0], scales[1]), 32,
                             spread_two (groups, weights, next));
  unit->shift = 7;
}

/* Scales of half blocks, two times sixteen bytes. */
ALWAYS_INLINE void
set_halves (__m128i a, __m128i b, int groups, dots_unit *unit)
{
  const __m512i blocks = _mm512_setr_epi32 (0, 0, 0, 0, 0x20002, 0x20002, 0x20002, 0x20002, 0x40004,
                                            0x40004, 0x40004, 0x40004, 0x60006, 0x60006, 0x60006,
                                            0x60006);
  __m512i words = _mm512_cvtepi8_epi16 (_mm256_set_m128i (b, a));

  UNROLL
  for (int g = 0; g < groups; g++) {
    UNROLL
    for (int h = 0; h < 2; h++)
      unit->halves[g][h] =
          _mm512_permutexvar_epi16 (_mm512_add_epi16 (blocks,
                                                      _mm512_set1_epi16 ((short) (8 * g + h))),
                                    words);
  }
  unit->pairs = _mm512_cvtepi8_epi16 (pairs_to_lanes (a, b));
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

  UNROLL
  for (int g = 0; g < groups; g++) {
    const uint8_t *block = g < 2 ? weights : next;
    const uint8_t *high = block + offsetof (dd_block_q6_k, qh) + 32 * (g % 2);
    __m512i low = load (block + 64 * (g % 2));

    unit->w[g][0] = weave_q6_k (_mm512_shuffle_i32x4 (low, low, 0x88), turn (high, -4, 2));
    unit->w[g][1] = weave_q6_k (_mm512_shuffle_i32x4 (low, low, 0xdd), turn (high + 16, -4, 2));
  }
  set_halves (load_16 (weights + scales), load_16 (next + scales), groups, unit);
  unit->scale = spread_two (groups, weights + d, next + d);
  unit->shift = 5;
}

/* The pairs of bits of four blocks lie side by side. */
ALWAYS_INLINE __m512i
weave_pairs (const uint8_t *bytes)
{
  return _mm512_and_si512 (turn (bytes, 0, 2), _mm512_set1_epi8 (3));
}

ALWAYS_INLINE void
unpack_q2_k (const uint8_t *weights, int groups, dots_unit *unit)
{
  const __m128i nibble = _mm_set1_epi8 (15);
  const uint8_t *next = weights + sizeof (dd_block_q2_k);
  const uint64_t d = offsetof (dd_block_q2_k, d), dmin = offsetof (dd_block_q2_k, dmin);
  __m128i a = load_16 (weights + offsetof (dd_block_q2_k, scales));
  __m128i b = load_16 (next + offsetof (dd_block_q2_k, scales));

  UNROLL
  for (int g = 0; g < groups; g++) {
    const uint8_t *qs = (g < 2 ? weights : next) + offsetof (dd_block_q2_k, qs) + 32 * (g % 2);

    unit->w[g][0] = weave_pairs (qs);
    unit->w[g][1] = weave_pairs (qs + 16);
  }
  set_halves (_mm_and_si128 (a, nibble), _mm_and_si128 (b, nibble), groups, unit);
  a = _mm_and_si128 (_mm_srli_epi16 (a, 4), nibble);
  b = _mm_and_si128 (_mm_srli_epi16 (b, 4), nibble);
  unit->minima_pairs = _mm512_cvtepi8_epi16 (pairs_to_lanes (a, b));
  unit->scale = spread_two (groups, weights + d, next + d);
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
  const uint64_t d = offsetof (dd_block_q3_k, d);

  UNROLL
  for (int g = 0; g < groups; g++) {
    const uint8_t *block = g < 2 ? weights : next;
    const uint8_t *qs = block + offsetof (dd_block_q3_k, qs) + 32 * (g % 2);
    const uint8_t *thirds = block + offsetof (dd_block_q3_k, hmask);

    UNROLL
    for (int h = 0; h < 2; h++)
      unit->w[g][h] = add_bits (weave_pairs (qs + 16 * h),
                                turn (thirds + 16 * h, 4 * (g % 2) - 2, 1), 4);
  }
  set_halves (load_q3k_scales (weights), load_q3k_scales (next), groups, unit);
  unit->scale = spread_two (groups, weights + d, next + d);
  unit->shift = 2;
}
