/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A family's table: the end of each dots_<isa>.c, which has defined DOTS_TABLE
 * and how DOTS_BLOCKS (type, blocks of 32 in one of its own, kind) and DOTS_FLOATS
 * (type, bytes) become functions.  Kinds: weights of at most five bits or whole
 * bytes, or a scale for each half block of at most six bits; with minima or not.
 */
DOTS_FLOATS (f32, 4)
DOTS_FLOATS (f16, 2)
DOTS_FLOATS (bf16, 2)
DOTS_BLOCKS (q4_0, 1, small)
DOTS_BLOCKS (q4_1, 1, small_min)
DOTS_BLOCKS (q5_0, 1, small)
DOTS_BLOCKS (q5_1, 1, small_min)
DOTS_BLOCKS (q8_0, 1, bytes)
DOTS_BLOCKS (iq4_nl, 1, bytes)
DOTS_BLOCKS (q2_k, 8, halves_min)
DOTS_BLOCKS (q3_k, 8, halves)
DOTS_BLOCKS (q4_k, 8, small_min)
DOTS_BLOCKS (q5_k, 8, small_min)
DOTS_BLOCKS (q6_k, 8, halves)
DOTS_BLOCKS (iq4_xs, 8, bytes)

const dd_dots *
DOTS_TABLE (dd_type type)
{
  switch (type) {
  case DD_TYPE_F32: return &table_f32;
  case DD_TYPE_F16: return &table_f16;
  case DD_TYPE_BF16: return &table_bf16;
  case DD_TYPE_Q4_0: return &table_q4_0;
  case DD_TYPE_Q4_1: return &table_q4_1;
  case DD_TYPE_Q5_0: return &table_q5_0;
  case DD_TYPE_Q5_1: return &table_q5_1;
  case DD_TYPE_Q8_0: return &table_q8_0;
  case DD_TYPE_IQ4_NL: return &table_iq4_nl;
  case DD_TYPE_Q2_K: return &table_q2_k;
  case DD_TYPE_Q3_K: return &table_q3_k;
  case DD_TYPE_Q4_K: return &table_q4_k;
  case DD_TYPE_Q5_K: return &table_q5_k;
  case DD_TYPE_Q6_K: return &table_q6_k;
  case DD_TYPE_IQ4_XS: return &table_iq4_xs;
  }
  return NULL;
}
