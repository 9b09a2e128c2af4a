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

// Over the eight lanes of a block; every subgroup has a multiple of eight.
float
sum_of_block (float x)
{
  precise float sum = x;

  sum = sum + subgroupShuffleXor (sum, 1u);
  sum = sum + subgroupShuffleXor (sum, 2u);
  sum = sum + subgroupShuffleXor (sum, 4u);
  return sum;
}

void
write_squares (uint block, uint lane)
{
  uint i = block * 32u + lane * 4u;
  precise float sum = plain (i) * plain (i);
  precise float b = plain (i + 1u) * plain (i + 1u);
  precise float c = plain (i + 2u) * plain (i + 2u);
  precise float d = plain (i + 3u) * plain (i + 3u);

  sum = (sum + b) + (c + d);
  sum = sum_of_block (sum);
  if (lane == 0u && block < blocks && p.squares != uvec2 (0))
    Floats (p.squares).v[row * blocks + block] = sum;
}

#if PATH == 1
// Rounds to -127…127 and returns the four bytes; a block of zeros has scale 0.
void
pack_block (uint block, uint lane)
{
  vec4 x = normed_four (block * 32u + lane * 4u);
  float largest = largest_of (x);
  precise float scale, inverse;
  ivec4 q;
  int sum, other;

  largest = max (largest, subgroupShuffleXor (largest, 1u));
  largest = max (largest, subgroupShuffleXor (largest, 2u));
  largest = max (largest, subgroupShuffleXor (largest, 4u));
  scale = largest / 127.0;
  inverse = largest > 0.0 ? 127.0 / largest : 0.0;
  q = ivec4 (clamp (roundEven (x * (isinf (inverse) ? 0.0 : inverse)), -127.0, 127.0));
  sum = q.x + q.y + q.z + q.w;
  sum += subgroupShuffleXor (sum, 1u);
  sum += subgroupShuffleXor (sum, 2u);
  other = subgroupShuffleXor (sum, 4u);
  if (block >= blocks)
    return;
  Words (p.packed).v[(row * blocks + block) * 8u + lane]
      = uint (q.x & 255) | uint (q.y & 255) << 8 | uint (q.z & 255) << 16 | uint (q.w & 255) << 24;
  if (lane == 0u)
    Words2 (p.factors).v[row * blocks + block]
        = uvec2 (floatBitsToUint (scale), uint (sum & 0xffff) | uint (other & 0xffff) << 16);
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
  row = p.first + gl_WorkGroupID.x;
  blocks = (p.columns + 31u) / 32u;
  source = Floats (plus_many (p.source, p.map != uvec2 (0) ? Words (p.map).v[row] : row,
                              p.source_stride * 4u));
  pack_row ();
}
