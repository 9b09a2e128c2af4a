/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The bytes of a panel from the file's blocks, sixteen rows at once: what they hold as
 * nibbles and bits is transposed before it is taken apart, which is half the work
 * of taking rows apart one by one.  That is what short prompts wait for.
 *
 * The includer, gemm_avx512.c, defines before: gemm_panel and what transposes.
 */
#pragma once

/* Sixteen rows on their way into a panel. */
typedef struct gemm_filling {
  const gemm_strip *strip;
  gemm_panel *panel;
  int first; /* of the rows */
} gemm_filling;

/* Bytes [at, at + 16) of every row, as four vectors of four bytes of each. */
ALWAYS_INLINE void
gemm_take (const gemm_filling *self, size_t at, __m512i out[4])
{
  const uint8_t *const *rows = self->strip->rows + self->first;

  UNROLL
  for (int i = 0; i < 4; i++)
    out[i] = quarters (rows[i] + at, rows[i + 4] + at, rows[i + 8] + at, rows[i + 12] + at);
  transpose (out);
}

/* Four columns from `column`, a multiple of four, which are counted in `sum`. */
ALWAYS_INLINE void
gemm_put (const gemm_filling *self, int column, __m512i bytes, __m512i *sum)
{
  _mm512_store_si512 (self->panel->q[column / 4][self->first], bytes);
  *sum = _mm512_dpbusd_epi32 (*sum, _mm512_set1_epi8 (1), bytes);
}

/* All columns of scale `group` are there. */
ALWAYS_INLINE void
gemm_end (const gemm_filling *self, int group, __m512i sum)
{
  __m512i start = _mm512_sub_epi32 (_mm512_setzero_si512 (), sum);

  _mm512_store_si512 (self->panel->start[group] + self->first, _mm512_slli_epi32 (start, 7));
}

ALWAYS_INLINE __m512i
minus (__m512i bytes, int value)
{
  return _mm512_sub_epi8 (bytes, _mm512_set1_epi8 ((char) value));
}

ALWAYS_INLINE __m512i
levels (__m512i nibbles)
{
  __m128i table = _mm_loadu_si128 ((const __m128i *) dd_iq4_levels);

  return _mm512_shuffle_epi8 (_mm512_broadcast_i32x4 (table), nibbles);
}

/* Turned right by as many bits, which may be negative. */
ALWAYS_INLINE __m512i
turn (__m512i dwords, int bits)
{
  return _mm512_rorv_epi32 (dwords, _mm512_set1_epi32 (bits));
}

/* ---- blocks of 32 ---- */

/* How the low and high nibbles of a block become its bytes: the first sixteen columns are in the
 * low ones. */
typedef enum gemm_nibbles { GEMM_PLAIN, GEMM_MINUS_8, GEMM_LEVELS } gemm_nibbles;

ALWAYS_INLINE __m512i
bytes_of (__m512i nibbles, gemm_nibbles how)
{
  switch (how) {
  case GEMM_MINUS_8: return minus (nibbles, 8);
  case GEMM_LEVELS: return levels (nibbles);
  case GEMM_PLAIN: break;
  }
  return nibbles;
}

ALWAYS_INLINE void
fill_nibbles (const gemm_filling *self, int block, size_t at, gemm_nibbles how)
{
  __m512i both[4], sum = _mm512_setzero_si512 ();

  gemm_take (self, at, both);
  UNROLL
  for (int i = 0; i < 4; i++) {
    int column = DD_QK * block + 4 * i;

    gemm_put (self, column, bytes_of (low_nibbles (both[i]), how), &sum);
    gemm_put (self, column + 16, bytes_of (high_nibbles (both[i]), how), &sum);
  }
  gemm_end (self, block, sum);
}

/* The bits lie at `at`, right before the nibbles. */
ALWAYS_INLINE void
fill_fives (const gemm_filling *self, int block, size_t at, int less)
{
  __m512i bits[4], both[4], sum = _mm512_setzero_si512 ();

  gemm_take (self, at, bits);
  gemm_take (self, at + 4, both);
  UNROLL
  for (int i = 0; i < 4; i++) {
    __m512i low = add_bits (low_nibbles (both[i]), fifths_of (bits[0], 4 * i), 16);
    __m512i high = add_bits (high_nibbles (both[i]), fifths_of (bits[0], 16 + 4 * i), 16);

    gemm_put (self, DD_QK * block + 4 * i, minus (low, less), &sum);
    gemm_put (self, DD_QK * block + 16 + 4 * i, minus (high, less), &sum);
  }
  gemm_end (self, block, sum);
}

/* Where field `field_` of a row's block is. */
#define GEMM_AT(type_, field_)                                                                     \
  ((size_t) block * sizeof (dd_block_##type_) + offsetof (dd_block_##type_, field_))

ALWAYS_INLINE void
fill_q4_0 (const gemm_filling *self, int block)
{
  fill_nibbles (self, block, GEMM_AT (q4_0, qs), GEMM_MINUS_8);
}

ALWAYS_INLINE void
fill_q4_1 (const gemm_filling *self, int block)
{
  fill_nibbles (self, block, GEMM_AT (q4_1, qs), GEMM_PLAIN);
}

ALWAYS_INLINE void
fill_iq4_nl (const gemm_filling *self, int block)
{
  fill_nibbles (self, block, GEMM_AT (iq4_nl, qs), GEMM_LEVELS);
}

ALWAYS_INLINE void
fill_q5_0 (const gemm_filling *self, int block)
{
  fill_fives (self, block, GEMM_AT (q5_0, qh), 16);
}

ALWAYS_INLINE void
fill_q5_1 (const gemm_filling *self, int block)
{
  fill_fives (self, block, GEMM_AT (q5_1, qh), 0);
}

ALWAYS_INLINE void
fill_q8_0 (const gemm_filling *self, int block)
{
  __m512i sum = _mm512_setzero_si512 ();

  UNROLL
  for (int half = 0; half < 2; half++) {
    __m512i bytes[4];

    gemm_take (self, GEMM_AT (q8_0, qs) + 16 * (size_t) half, bytes);
    UNROLL
    for (int i = 0; i < 4; i++)
      gemm_put (self, DD_QK * block + 16 * half + 4 * i, bytes[i], &sum);
  }
  gemm_end (self, block, sum);
}

/* ---- K types ---- */

ALWAYS_INLINE void
fill_iq4_xs (const gemm_filling *self)
{
  for (int b = 0; b < GEMM_BLOCKS; b++)
    fill_nibbles (self, b, offsetof (dd_block_iq4_xs, qs) + 16 * (size_t) b, GEMM_LEVELS);
}

/* Each byte has a column of two neighbouring blocks of 32; the fifth bits of all blocks lie side
 * by side at `qh`, where that is not 0. */
ALWAYS_INLINE void
fill_k4 (const gemm_filling *self, size_t qs, size_t qh)
{
  __m512i sums[GEMM_BLOCKS] = { 0 };

  for (int half = 0; half < 2; half++) {
    __m512i bits[4], both[4];

    if (qh > 0)
      gemm_take (self, qh + 16 * (size_t) half, bits);
    UNROLL
    for (int pair = 0; pair < GEMM_BLOCKS / 2; pair++) {
      gemm_take (self, qs + 32 * (size_t) pair + 16 * (size_t) half, both);
      UNROLL
      for (int i = 0; i < 4; i++) {
        __m512i low = low_nibbles (both[i]), high = high_nibbles (both[i]);
        int column = 64 * pair + 16 * half + 4 * i;

        if (qh > 0) {
          low = add_bits (low, turn (bits[i], 2 * pair - 4), 16);
          high = add_bits (high, turn (bits[i], 2 * pair - 3), 16);
        }
        gemm_put (self, column, low, &sums[2 * pair]);
        gemm_put (self, column + 32, high, &sums[2 * pair + 1]);
      }
    }
  }
  UNROLL
  for (int b = 0; b < GEMM_BLOCKS; b++)
    gemm_end (self, b, sums[b]);
}

ALWAYS_INLINE void
fill_q4_k (const gemm_filling *self)
{
  fill_k4 (self, offsetof (dd_block_q4_k, qs), 0);
}

ALWAYS_INLINE void
fill_q5_k (const gemm_filling *self)
{
  fill_k4 (self, offsetof (dd_block_q5_k, qs), offsetof (dd_block_q5_k, qh));
}

/* Each byte of `both` has a column and that 64 further on; `top` has two bits of both of them, and
 * of those of the next 32 columns. */
ALWAYS_INLINE void
fill_sixes (const gemm_filling *self, const __m512i top[4], size_t at, int shift, int column)
{
  __m512i both[4], sums[2] = { 0 };

  gemm_take (self, at, both);
  UNROLL
  for (int i = 0; i < 4; i++) {
    __m512i low = add_bits (low_nibbles (both[i]), turn (top[i], shift - 4), 48);
    __m512i high = add_bits (high_nibbles (both[i]), turn (top[i], shift), 48);

    gemm_put (self, column + 4 * i, minus (low, 32), &sums[0]);
    gemm_put (self, column + 64 + 4 * i, minus (high, 32), &sums[1]);
  }
  gemm_end (self, column / 16, sums[0]);
  gemm_end (self, column / 16 + 4, sums[1]);
}

ALWAYS_INLINE void
fill_q6_k (const gemm_filling *self)
{
  for (int quarter = 0; quarter < 4; quarter++) {
    const size_t half = (size_t) quarter / 2, part = (size_t) quarter % 2;
    __m512i top[4];

    gemm_take (self, offsetof (dd_block_q6_k, qh) + 32 * half + 16 * part, top);
    UNROLL
    for (int next = 0; next < 2; next++)
      fill_sixes (self, top, 64 * half + 32 * (size_t) next + 16 * part, 2 * next,
                  (int) (128 * half + 16 * part) + 32 * next);
  }
}

/* The scale of sixteen columns in all bytes of its row. */
ALWAYS_INLINE __m512i
scale_of (const __m512i scales[4], int group)
{
  __m128i each = _mm_setr_epi8 (0, 0, 0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12);
  __m512i places = _mm512_broadcast_i32x4 (_mm_add_epi8 (each, _mm_set1_epi8 ((char) (group % 4))));

  return _mm512_shuffle_epi8 (scales[group / 4], places);
}

/* Where bit `bit` of the bytes is set. */
ALWAYS_INLINE __mmask64
where (__m512i bytes, int bit)
{
  return _mm512_test_epi8_mask (bytes, _mm512_set1_epi8 ((char) (1 << bit)));
}

/* The scale of sixteen columns times their 2-bit values. */
ALWAYS_INLINE void
fill_q2_k (const gemm_filling *self)
{
  __m512i scales[4], sum = _mm512_setzero_si512 ();

  gemm_take (self, offsetof (dd_block_q2_k, scales), scales);
  UNROLL
  for (int m = 0; m < 4; m++)
    scales[m] = low_nibbles (scales[m]);
  UNROLL
  for (int quarter = 0; quarter < 4; quarter++) {
    __m512i bits[4];

    gemm_take (self, offsetof (dd_block_q2_k, qs) + 16 * (size_t) quarter, bits);
    UNROLL
    for (int s = 0; s < 4; s++) {
      int group = quarter / 2 * 8 + 2 * s + quarter % 2;
      __m512i scale = scale_of (scales, group), twice = _mm512_add_epi8 (scale, scale);

      UNROLL
      for (int i = 0; i < 4; i++) {
        __m512i q = _mm512_maskz_mov_epi8 (where (bits[i], 2 * s), scale);

        q = _mm512_mask_add_epi8 (q, where (bits[i], 2 * s + 1), q, twice);
        gemm_put (self, 16 * group + 4 * i, q, &sum);
      }
    }
  }
  gemm_end (self, 0, sum);
}

/* Minus the scale of sixteen columns times their 3-bit values, -4 to 3: see unpack_q3_k (). */
ALWAYS_INLINE void
fill_q3_k (const gemm_filling *self)
{
  __m512i scales[4], sum = _mm512_setzero_si512 ();

  transpose_words (self->strip->scales[self->first], sizeof self->strip->scales[0], scales);
  UNROLL
  for (int quarter = 0; quarter < 4; quarter++) {
    __m512i bits[4], thirds[4];

    gemm_take (self, offsetof (dd_block_q3_k, qs) + 16 * (size_t) quarter, bits);
    gemm_take (self, offsetof (dd_block_q3_k, hmask) + 16 * (size_t) (quarter % 2), thirds);
    UNROLL
    for (int s = 0; s < 4; s++) {
      int group = quarter / 2 * 8 + 2 * s + quarter % 2;
      __m512i scale = scale_of (scales, group), twice = _mm512_add_epi8 (scale, scale);
      __m512i four = _mm512_add_epi8 (twice, twice);

      UNROLL
      for (int i = 0; i < 4; i++) {
        __m512i q = _mm512_mask_sub_epi8 (four, where (bits[i], 2 * s), four, scale);

        q = _mm512_mask_sub_epi8 (q, where (bits[i], 2 * s + 1), q, twice);
        q = _mm512_mask_sub_epi8 (q, where (thirds[i], group / 2), q, four);
        gemm_put (self, 16 * group + 4 * i, q, &sum);
      }
    }
  }
  gemm_end (self, 0, sum);
}
