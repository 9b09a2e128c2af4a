/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The decode products in vectors of 32 bytes, for AVX2 with or without VNNI: two
 * bytes fours of each of four blocks in the order of dd_q8_group, so that lane
 * 4 d + b of a sum belongs to block b.  The processor multiplies unsigned by signed
 * bytes: weights of up to six bits are left unsigned, and what that adds to them is
 * taken off as a minimum is.  Each file that includes this defines before: DOTS_TABLE
 * and the products dot_small (weights of 0 … 31), dot_bytes (signed ones) and add_words.
 */
#define LANES 8
#define DOTS_MOST 4
typedef __m256 vf;

ALWAYS_INLINE vf
vf_zero (void)
{
  return _mm256_setzero_ps ();
}

ALWAYS_INLINE vf
vf_load (const float *x)
{
  return _mm256_loadu_ps (x);
}

ALWAYS_INLINE vf
vf_add (vf a, vf b)
{
  return _mm256_add_ps (a, b);
}

ALWAYS_INLINE vf
vf_fma (vf a, vf b, vf c)
{
  return _mm256_fmadd_ps (a, b, c);
}

ALWAYS_INLINE float
vf_sum (vf v)
{
  __m128 four = _mm_add_ps (_mm256_castps256_ps128 (v), _mm256_extractf128_ps (v, 1));
  __m128 two = _mm_add_ps (four, _mm_movehl_ps (four, four));

  return _mm_cvtss_f32 (_mm_add_ss (two, _mm_movehdup_ps (two)));
}

ALWAYS_INLINE __m128i
load_16 (const void *bytes)
{
  return _mm_loadu_si128 (bytes);
}

ALWAYS_INLINE __m256i
load_32 (const void *bytes)
{
  return _mm256_loadu_si256 (bytes);
}

ALWAYS_INLINE vf
load_f32 (const uint8_t *weights)
{
  return _mm256_castsi256_ps (load_32 (weights));
}

ALWAYS_INLINE vf
load_f16 (const uint8_t *weights)
{
  return _mm256_cvtph_ps (load_16 (weights));
}

ALWAYS_INLINE vf
load_bf16 (const uint8_t *weights)
{
  return _mm256_castsi256_ps (_mm256_slli_epi32 (_mm256_cvtepu16_epi32 (load_16 (weights)), 16));
}

/* The weights of one group, unpacked: bytes in the order of the activations. */
typedef struct dots_unit {
  __m256i w[4];      /* of two half blocks each: first, first, second, second */
  vf scale;          /* of each lane's block; types with a scale of 16: of all */
  __m256i halves[2]; /* those: the scales of the half blocks, twice in a lane */
  vf minima;         /* of the half blocks: to be added */
} dots_unit;

ALWAYS_INLINE __m256i
nibbles (__m256i bytes, int shift)
{
  return _mm256_and_si256 (_mm256_srli_epi16 (bytes, shift), _mm256_set1_epi8 (15));
}

ALWAYS_INLINE __m256i
two (const uint8_t *low, const uint8_t *high)
{
  return _mm256_inserti128_si256 (_mm256_castsi128_si256 (load_16 (low)), load_16 (high), 1);
}

/* Sixteen bytes each of blocks 0 and 2, and of 1 and 3, to the order of x. */
ALWAYS_INLINE void
weave (__m256i even, __m256i odd, __m256i w[2])
{
  w[0] = _mm256_permute4x64_epi64 (_mm256_unpacklo_epi32 (even, odd), 0xd8);
  w[1] = _mm256_permute4x64_epi64 (_mm256_unpackhi_epi32 (even, odd), 0xd8);
}

/* Four blocks of nibbles, `bytes` apart: the low ones are the first halves. */
ALWAYS_INLINE void
weave_blocks (const uint8_t *qs, int bytes, __m256i w[4])
{
  __m256i woven[2];

  weave (two (qs, qs + 2 * bytes), two (qs + bytes, qs + 3 * bytes), woven);
  for (int i = 0; i < 4; i++)
    w[i] = nibbles (woven[i % 2], i / 2 * 4);
}

ALWAYS_INLINE vf
both (__m128 four)
{
  return _mm256_insertf128_ps (_mm256_castps128_ps256 (four), four, 1);
}

ALWAYS_INLINE vf
twice (__m128 four)
{
  return _mm256_permutevar8x32_ps (_mm256_castps128_ps256 (four),
                                   _mm256_setr_epi32 (0, 0, 1, 1, 2, 2, 3, 3));
}

/* What takes `offset` off the weights again. */
ALWAYS_INLINE vf
less (vf scale, int offset)
{
  return _mm256_mul_ps (scale, _mm256_set1_ps ((float) -offset));
}

/* A 16-bit float of each of four blocks. */
ALWAYS_INLINE __m128
four_halves (const uint8_t *at, int bytes)
{
  uint64_t halves = 0;

  for (int b = 0; b < 4; b++)
    halves |= (uint64_t) dd_load_u16 (at + b * bytes) << 16 * b;
  return _mm_cvtph_ps (_mm_cvtsi64_si128 ((long long) halves));
}

ALWAYS_INLINE __m128
one_half (const uint8_t *at)
{
  return _mm_cvtph_ps (_mm_set1_epi16 ((short) dd_load_u16 (at)));
}

/* d * (byte - offset) of the first four bytes */
ALWAYS_INLINE __m128
four_bytes (uint64_t bytes, int offset, __m128 d)
{
  __m128i four = _mm_cvtepu8_epi32 (_mm_cvtsi64_si128 ((long long) bytes));

  return _mm_mul_ps (_mm_cvtepi32_ps (_mm_sub_epi32 (four, _mm_set1_epi32 (offset))), d);
}

ALWAYS_INLINE void
unpack_q4_0 (const uint8_t *weights, int g, dots_unit *unit)
{
  __m128 scale = four_halves (weights, 18);

  weave_blocks (weights + 2, 18, unit->w);
  unit->scale = both (scale);
  unit->minima = less (twice (scale), 8);
}

ALWAYS_INLINE void
unpack_q4_1 (const uint8_t *weights, int g, dots_unit *unit)
{
  weave_blocks (weights + 4, 20, unit->w);
  unit->scale = both (four_halves (weights, 20));
  unit->minima = twice (four_halves (weights + 2, 20));
}

/* w + 16 where the element's bit is set: byte i of each block's four has the bits
 * of w[i], the lower ones for the lower lanes. */
ALWAYS_INLINE void
add_fifth_bits (const uint8_t *qh, int bytes, __m256i w[4])
{
  const __m256i bits = _mm256_setr_epi32 (0x08040201, 0x08040201, 0x08040201, 0x08040201,
                                          (int) 0x80402010, (int) 0x80402010, (int) 0x80402010,
                                          (int) 0x80402010);
  const __m256i first = _mm256_setr_epi32 (0, 0x04040404, 0x08080808, 0x0c0c0c0c, 0, 0x04040404,
                                           0x08080808, 0x0c0c0c0c);
  uint32_t four[4];
  __m256i all;

  for (int b = 0; b < 4; b++)
    memcpy (&four[b], qh + b * bytes, 4);
  all = _mm256_broadcastsi128_si256 (load_16 (four));
  for (int i = 0; i < 4; i++) {
    __m256i set = _mm256_shuffle_epi8 (all, _mm256_add_epi8 (first, _mm256_set1_epi8 ((char) i)));

    set = _mm256_cmpeq_epi8 (_mm256_and_si256 (set, bits), bits);
    w[i] = _mm256_add_epi8 (w[i], _mm256_and_si256 (set, _mm256_set1_epi8 (16)));
  }
}

ALWAYS_INLINE void
unpack_q5_0 (const uint8_t *weights, int g, dots_unit *unit)
{
  __m128 scale = four_halves (weights, 22);

  weave_blocks (weights + 6, 22, unit->w);
  add_fifth_bits (weights + 2, 22, unit->w);
  unit->scale = both (scale);
  unit->minima = less (twice (scale), 16);
}

ALWAYS_INLINE void
unpack_q5_1 (const uint8_t *weights, int g, dots_unit *unit)
{
  weave_blocks (weights + 8, 24, unit->w);
  add_fifth_bits (weights + 4, 24, unit->w);
  unit->scale = both (four_halves (weights, 24));
  unit->minima = twice (four_halves (weights + 2, 24));
}

ALWAYS_INLINE void
unpack_q8_0 (const uint8_t *weights, int g, dots_unit *unit)
{
  for (int h = 0; h < 2; h++) {
    const uint8_t *qs = weights + 2 + 16 * h;

    weave (two (qs, qs + 68), two (qs + 34, qs + 102), unit->w + 2 * h);
  }
  unit->scale = both (four_halves (weights, 34));
}

ALWAYS_INLINE void
look_up (__m256i w[4])
{
  __m256i levels = _mm256_broadcastsi128_si256 (load_16 (dd_iq4_levels));

  for (int i = 0; i < 4; i++)
    w[i] = _mm256_shuffle_epi8 (levels, w[i]);
}

ALWAYS_INLINE void
unpack_iq4_nl (const uint8_t *weights, int g, dots_unit *unit)
{
  weave_blocks (weights + 2, 18, unit->w);
  look_up (unit->w);
  unit->scale = both (four_halves (weights, 18));
}

ALWAYS_INLINE void
unpack_iq4_xs (const uint8_t *weights, int g, dots_unit *unit)
{
  weave_blocks (weights + offsetof (dd_block_iq4_xs, qs) + 64 * g, 16, unit->w);
  look_up (unit->w);
  unit->scale = both (four_bytes (iq4_xs_scales (weights) >> 32 * g, 32, one_half (weights)));
}

/* Group `g` of Q4_K or Q5_K: low nibbles are blocks 0 and 2, high ones 1 and 3. */
ALWAYS_INLINE void
weave_nibbles (const uint8_t *qs, int g, __m256i w[4])
{
  for (int h = 0; h < 2; h++) {
    const uint8_t *at = qs + 64 * g + 16 * h;
    __m256i bytes = two (at, at + 32);

    weave (nibbles (bytes, 0), nibbles (bytes, 4), w + 2 * h);
  }
}

/* A field of some bits out of each of 32 bytes, for four blocks: of block b those
 * from bit `first` + b * `step` on. */
ALWAYS_INLINE __m256i
fields (__m256i bytes, int i, int first, int step, int mask)
{
  const __m256i shift = _mm256_broadcastsi128_si256 (_mm_setr_epi32 (first, first + step,
                                                                     first + 2 * step,
                                                                     first + 3 * step));
  const __m256i index = _mm256_setr_epi32 (2 * i, 2 * i, 2 * i, 2 * i, 2 * i + 1, 2 * i + 1,
                                           2 * i + 1, 2 * i + 1);
  __m256i spread = _mm256_permutevar8x32_epi32 (bytes, index);

  return _mm256_and_si256 (_mm256_srlv_epi32 (spread, shift), _mm256_set1_epi8 ((char) mask));
}

ALWAYS_INLINE void
unpack_q4_k (const uint8_t *weights, int g, dots_unit *unit)
{
  uint64_t scales, minima;

  k4_scales (weights + offsetof (dd_block_q4_k, scales), &scales, &minima);
  weave_nibbles (weights + offsetof (dd_block_q4_k, qs), g, unit->w);
  unit->scale = both (four_bytes (scales >> 32 * g, 0, one_half (weights)));
  unit->minima = twice (four_bytes (minima >> 32 * g, 0, one_half (weights + 2)));
  unit->minima = _mm256_sub_ps (_mm256_setzero_ps (), unit->minima);
}

ALWAYS_INLINE void
unpack_q5_k (const uint8_t *weights, int g, dots_unit *unit)
{
  __m256i fifths = load_32 (weights + offsetof (dd_block_q5_k, qh));
  uint64_t scales, minima;

  k4_scales (weights + offsetof (dd_block_q5_k, scales), &scales, &minima);
  weave_nibbles (weights + offsetof (dd_block_q5_k, qs), g, unit->w);
  for (int i = 0; i < 4; i++)
    unit->w[i] = _mm256_or_si256 (unit->w[i],
                                  _mm256_slli_epi16 (fields (fifths, i, 4 * g, 1, 1), 4));
  unit->scale = both (four_bytes (scales >> 32 * g, 0, one_half (weights)));
  unit->minima = twice (four_bytes (minima >> 32 * g, 0, one_half (weights + 2)));
  unit->minima = _mm256_sub_ps (_mm256_setzero_ps (), unit->minima);
}

/* The scales of eight half blocks, whose weights are `offset` too large. */
ALWAYS_INLINE void
set_halves (dots_unit *unit, __m128i words, vf scale, int offset)
{
  const __m128i index = _mm_setr_epi8 (0, 1, 0, 1, 4, 5, 4, 5, 8, 9, 8, 9, 12, 13, 12, 13);

  for (int h = 0; h < 2; h++) {
    const __m128i here = _mm_add_epi8 (index, _mm_set1_epi8 ((char) (2 * h)));

    unit->halves[h] = _mm256_broadcastsi128_si256 (_mm_shuffle_epi8 (words, here));
  }
  unit->scale = scale;
  unit->minima = less (_mm256_mul_ps (_mm256_cvtepi32_ps (_mm256_cvtepi16_epi32 (words)), scale),
                       offset);
}

ALWAYS_INLINE void
unpack_q6_k (const uint8_t *weights, int g, dots_unit *unit)
{
  const __m256i shift = _mm256_setr_epi32 (0, 0, 0, 0, 4, 4, 4, 4);
  const uint8_t *scales = weights + offsetof (dd_block_q6_k, scales) + 8 * g;
  __m256i high = load_32 (weights + offsetof (dd_block_q6_k, qh) + 32 * g);
  __m128 d = one_half (weights + offsetof (dd_block_q6_k, d));

  for (int h = 0; h < 2; h++) {
    const uint8_t *low = weights + 64 * g + 16 * h;
    __m256i even = _mm256_srlv_epi32 (_mm256_broadcastsi128_si256 (load_16 (low)), shift);
    __m256i odd = _mm256_srlv_epi32 (_mm256_broadcastsi128_si256 (load_16 (low + 32)), shift);

    weave (nibbles (even, 0), nibbles (odd, 0), unit->w + 2 * h);
  }
  for (int i = 0; i < 4; i++) {
    __m256i top = _mm256_slli_epi16 (fields (high, i, 0, 2, 3), 4);

    unit->w[i] = _mm256_or_si256 (unit->w[i], top);
  }
  set_halves (unit, _mm_cvtepi8_epi16 (_mm_loadl_epi64 ((const __m128i *) scales)), both (d), 32);
}

ALWAYS_INLINE void
unpack_q2_k (const uint8_t *weights, int g, dots_unit *unit)
{
  __m256i pairs = load_32 (weights + offsetof (dd_block_q2_k, qs) + 32 * g);
  const uint8_t *scales = weights + offsetof (dd_block_q2_k, scales) + 8 * g;
  __m128i bytes = _mm_loadl_epi64 ((const __m128i *) scales);
  __m128i low = _mm_and_si128 (bytes, _mm_set1_epi8 (15));
  __m128i high = _mm_and_si128 (_mm_srli_epi16 (bytes, 4), _mm_set1_epi8 (15));
  __m128 d = one_half (weights + offsetof (dd_block_q2_k, d));
  __m128 dmin = one_half (weights + offsetof (dd_block_q2_k, dmin));
  vf minima = _mm256_mul_ps (_mm256_cvtepi32_ps (_mm256_cvtepu8_epi32 (high)), both (dmin));

  for (int i = 0; i < 4; i++)
    unit->w[i] = fields (pairs, i, 0, 2, 3);
  set_halves (unit, _mm_cvtepu8_epi16 (low), both (d), 0);
  unit->minima = _mm256_sub_ps (_mm256_setzero_ps (), minima);
}

ALWAYS_INLINE void
unpack_q3_k (const uint8_t *weights, int g, dots_unit *unit)
{
  __m256i pairs = load_32 (weights + offsetof (dd_block_q3_k, qs) + 32 * g);
  __m256i thirds = load_32 (weights + offsetof (dd_block_q3_k, hmask));
  __m128 d = one_half (weights + offsetof (dd_block_q3_k, d));
  uint64_t scales[2];
  __m128i words;

  q3k_scales (weights + offsetof (dd_block_q3_k, scales), scales);
  words = _mm_cvtepu8_epi16 (_mm_cvtsi64_si128 ((long long) scales[g]));
  for (int i = 0; i < 4; i++) {
    __m256i top = _mm256_slli_epi16 (fields (thirds, i, 4 * g, 1, 1), 2);

    unit->w[i] = _mm256_or_si256 (fields (pairs, i, 0, 2, 3), top);
  }
  set_halves (unit, _mm_sub_epi16 (words, _mm_set1_epi16 (32)), both (d), 4);
}

ALWAYS_INLINE vf
add_scaled (vf sum, __m256i dot, vf scale, const dd_q8_group *x)
{
  return _mm256_fmadd_ps (_mm256_cvtepi32_ps (dot),
                          _mm256_mul_ps (scale, _mm256_broadcast_ps ((const __m128 *) x->scale)),
                          sum);
}

ALWAYS_INLINE vf
add_minima (vf sum, vf minima, const dd_q8_group *x)
{
  return _mm256_fmadd_ps (minima, _mm256_load_ps (x->parts[0]), sum);
}

ALWAYS_INLINE vf
feed_small_min (const dots_unit *unit, const dd_q8_group *x, vf sum)
{
  return add_minima (add_scaled (sum, dot_small (unit->w, x->q), unit->scale, x), unit->minima, x);
}

ALWAYS_INLINE vf
feed_bytes (const dots_unit *unit, const dd_q8_group *x, vf sum)
{
  return add_scaled (sum, dot_bytes (unit->w, x->q), unit->scale, x);
}

/* Weights of up to six bits: the sums of four products fit, 4 * 63 * 127 < 2^15. */
ALWAYS_INLINE vf
feed_halves_min (const dots_unit *unit, const dd_q8_group *x, vf sum)
{
  __m256i dot = _mm256_setzero_si256 ();

  for (int h = 0; h < 2; h++) {
    __m256i first = _mm256_maddubs_epi16 (unit->w[2 * h], load_32 (x->q + 64 * h));
    __m256i second = _mm256_maddubs_epi16 (unit->w[2 * h + 1], load_32 (x->q + 64 * h + 32));

    dot = add_words (dot, _mm256_add_epi16 (first, second), unit->halves[h]);
  }
  return add_minima (add_scaled (sum, dot, unit->scale, x), unit->minima, x);
}

/* All of those have something to take off. */
#define feed_small feed_small_min
#define feed_halves feed_halves_min
#define DOTS_FEED(kind_, blocks_) feed_##kind_
typedef void (*dots_unpack_fn) (const uint8_t *weights, int g, dots_unit *unit);
typedef vf (*dots_feed_fn) (const dots_unit *unit, const dd_q8_group *x, vf sum);

/* One group at a time: there are sixteen registers. */
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
  for (int g = 0; g < groups; g++) {
    dots_unit unit;

    unpack (weights, g, &unit);
    UNROLL
    for (int c = 0; c < n; c++)
      sums[c] = feed (&unit, x[c] + group + g, sums[c]);
  }
}

#include "device/cpu/dots_rows.h"
