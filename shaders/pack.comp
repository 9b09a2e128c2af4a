// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rows of floats, times a vector, into the packed form that products read, and
// the sums of squares of every 32 plain elements, from which they get the row's
// norm.  A workgroup per row.
//   PATH 1, q8: eight lanes take a block of 32 together, four elements each
//   PATH 2, f16: times a power of two that brings the row's largest to 1024 or less
#version 460
#extension GL_GOOGLE_include_directive : require
#include "inc/common.glsl"
#include "inc/q8.glsl"

layout (local_size_x_id = 0) in;
layout (constant_id = 0) const uint WORKGROUP = 256;
layout (constant_id = 1) const uint SUBGROUP = 32;

layout (push_constant, scalar) uniform Push { vk_push_pack p; };

uint row; // of the target
Floats source;
uint blocks;

float
plain (uint i)
{
  return i < p.columns ? source.v[i] : 0.0;
}

float
normed (uint i)
{
  precise float x = plain (i);

  if (p.norm != uvec2 (0) && i < p.columns)
    x = x * Floats (p.norm).v[i];
  return x;
}

vec4
normed_four (uint i)
{
  return vec4 (normed (i), normed (i + 1u), normed (i + 2u), normed (i + 3u));
}

float
largest_of (vec4 x)
{
  return max (max (abs (x.x), abs (x.y)), max (abs (x.z), abs (x.w)));
}

void
write_squares (uint block, uint lane)
{
  uint i = block * 32u + lane * 4u;
  float sum = q8_squares (vec4 (plain (i), plain (i + 1u), plain (i + 2u), plain (i + 3u)));

  if (lane == 0u && block < blocks && p.squares != uvec2 (0))
    Floats (p.squares).v[row * blocks + block] = sum;
}

#if PATH == 1
void
pack_block (uint block, uint lane)
{
  Q8 q = q8_of (normed_four (block * 32u + lane * 4u));

  if (block >= blocks)
    return;
  Words (p.packed).v[(row * blocks + block) * 8u + lane] = q.packed;
  if (lane == 0u)
    Words2 (p.factors).v[row * blocks + block] = q.factor;
}

void
pack_row ()
{
  uint lane = gl_LocalInvocationID.x % 8u;

  /* All lanes go round together: shuffles want their neighbours. */
  for (uint block = gl_LocalInvocationID.x / 8u;
       block - gl_LocalInvocationID.x / 8u < blocks; block += WORKGROUP / 8u) {
    pack_block (block, lane);
    write_squares (block, lane);
  }
}
#else
shared float largest_of_lane[WORKGROUP];

float
largest_of_row ()
{
  float largest = 0.0;

  for (uint i = gl_LocalInvocationID.x * 4u; i < p.columns; i += WORKGROUP * 4u)
    largest = max (largest, largest_of (normed_four (i)));
  largest_of_lane[gl_LocalInvocationID.x] = largest;
  barrier ();
  for (uint half_size = WORKGROUP / 2u; half_size > 0u; half_size /= 2u) {
    if (gl_LocalInvocationID.x < half_size)
      largest_of_lane[gl_LocalInvocationID.x]
          = max (largest_of_lane[gl_LocalInvocationID.x],
                 largest_of_lane[gl_LocalInvocationID.x + half_size]);
    barrier ();
  }
  return largest_of_lane[0];
}

// The exponent e of a power of two with largest / 2^e <= 1024 and > 256; 2^e and
// 2^-e are both plain numbers.
int
exponent_of (float largest)
{
  int exponent = int (floatBitsToUint (largest) >> 23 & 255u) - 127;

  return clamp (exponent - 9, -126, 126);
}

void
pack_row ()
{
  int exponent = exponent_of (largest_of_row ());
  float factor = uintBitsToFloat (uint (127 - exponent) << 23);
  uint lane = gl_LocalInvocationID.x % 8u;

  for (uint block = gl_LocalInvocationID.x / 8u;
       block - gl_LocalInvocationID.x / 8u < blocks; block += WORKGROUP / 8u) {
    vec4 x = normed_four (block * 32u + lane * 4u) * factor;

    if (block < blocks)
      Words2 (p.packed).v[(row * blocks + block) * 8u + lane]
          = uvec2 (packHalf2x16 (x.xy), packHalf2x16 (x.zw));
    write_squares (block, lane);
  }
  if (gl_LocalInvocationID.x == 0u)
    Floats (p.factors).v[row] = uintBitsToFloat (uint (127 + exponent) << 23);
}
#endif

void
main ()
{
  uint from;

  row = p.first + gl_WorkGroupID.x;
  blocks = (p.columns + 31u) / 32u;
  from = Words (readable (p.map, p.source)).v[row];
  if (p.map == uvec2 (0))
    from = row;
  source = Floats (plus_many (p.source, from, p.source_stride * 4u));
  pack_row ();
}
