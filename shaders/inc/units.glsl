// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rows of weights of the type TYPE, 32 elements at a time: a unit is two groups
// of 16 consecutive elements, each with one scale and one offset,
//   weight = scale * q + offset,   q a signed byte,
// and is read with one or two 16-byte loads of quants.  A row of 32 n columns has
// n units; the two groups of a unit need not be neighbours: unit_groups.
//
// Every type has a file with
//   Raw unit_load (uvec2 body, uvec2 scales, uint u)    what lies in memory
//   Unit unit_decode (Raw raw, uint u)                  shifts and masks alone
//   uvec2 unit_groups (uint u)                          in groups from the row's start
//   UNIT_IS_BLOCK: both groups lie in block u of 32 and share scale and offset
// and, where it looks levels up in shared memory, unit_prepare ().
// Needs inc/common.glsl.  Rows are as struct vk_weight has them.

struct Raw {
  uvec4 quants;
  uvec4 more; // what else the type keeps of these elements
  uvec4 scales;
};

struct Unit {
  ivec4 first, second; // the groups: element 4 i + j is byte j of word i
  vec2 scale;
  vec2 offset;
};

// Blocks whose size is a multiple of 4 bytes only.
layout (buffer_reference, scalar, buffer_reference_align = 4) buffer LooseWords4 { uvec4 v; };

uvec4
load_loose (uvec2 row, uint byte)
{
  return LooseWords4 (plus (row, byte)).v;
}

// 16-bit float number `i` of a row of them.
float
row_half (uint word, uint i)
{
  return half_float (word >> (i & 1u) * 16u);
}

// The lowest four bits of `bits`, one to each byte, in place `shift`.
uint
spread_bits (uint bits, uint shift)
{
  return ((bits & 15u) * 0x00204081u & 0x01010101u) << shift;
}

// Sixteen bits, one to each byte of a group.
uvec4
spread_group (uint bits, uint shift)
{
  return uvec4 (spread_bits (bits, shift), spread_bits (bits >> 4, shift),
                spread_bits (bits >> 8, shift), spread_bits (bits >> 12, shift));
}

#if TYPE == TYPE_Q4_0
#include "inc/units/q4_0.glsl"
#elif TYPE == TYPE_Q4_1
#include "inc/units/q4_1.glsl"
#elif TYPE == TYPE_Q5_0
#include "inc/units/q5_0.glsl"
#elif TYPE == TYPE_Q5_1
#include "inc/units/q5_1.glsl"
#elif TYPE == TYPE_Q8_0
#include "inc/units/q8_0.glsl"
#elif TYPE == TYPE_Q2_K
#include "inc/units/q2_k.glsl"
#elif TYPE == TYPE_Q3_K
#include "inc/units/q3_k.glsl"
#elif TYPE == TYPE_Q4_K
#include "inc/units/q4_k.glsl"
#elif TYPE == TYPE_Q5_K
#include "inc/units/q5_k.glsl"
#elif TYPE == TYPE_Q6_K
#include "inc/units/q6_k.glsl"
#elif TYPE == TYPE_IQ4_NL
#include "inc/units/iq4_nl.glsl"
#elif TYPE == TYPE_IQ4_XS
#include "inc/units/iq4_xs.glsl"
#endif
