/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What dots_avx512.c and gemm_avx512.c do alike with the bytes of quantised blocks.
 * The includer, which is compiled for AVX-512, defines before: ALWAYS_INLINE and UNROLL.
 */
#pragma once

/* The lanes of 128 bits as matrices of four by four, a row of each in every vector: turns rows
 * and columns, so that what four vectors had side by side is in one lane of each. */
ALWAYS_INLINE void
transpose (__m512i v[4])
{
  __m512i a = _mm512_unpacklo_epi32 (v[0], v[1]), b = _mm512_unpacklo_epi32 (v[2], v[3]);
  __m512i c = _mm512_unpackhi_epi32 (v[0], v[1]), d = _mm512_unpackhi_epi32 (v[2], v[3]);

  v[0] = _mm512_unpacklo_epi64 (a, b);
  v[1] = _mm512_unpackhi_epi64 (a, b);
  v[2] = _mm512_unpacklo_epi64 (c, d);
  v[3] = _mm512_unpackhi_epi64 (c, d);
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

/* w | (bits & mask) */
ALWAYS_INLINE __m512i
add_bits (__m512i w, __m512i bits, int mask)
{
  return _mm512_ternarylogic_epi32 (w, bits, _mm512_set1_epi8 ((char) mask), 0xf8);
}

/* Of the 32 bits in each lane those of elements `first` to first + 3, as the fifth bits of bytes;
 * the other bits of these are anything. */
ALWAYS_INLINE __m512i
fifths_of (__m512i bits, int first)
{
  uint64_t from = 0; /* where the eight bits that end as a byte begin, of two lanes' 64 */

  UNROLL
  for (int i = 0; i < 8; i++)
    from |= (uint64_t) ((i / 4 * 32 + first + i % 4 - 4) & 63) << 8 * i;
  return _mm512_multishift_epi64_epi8 (_mm512_set1_epi64 ((long long) from), bits);
}
