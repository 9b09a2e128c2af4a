// SPDX-License-Identifier: GPL-3.0-or-later
//
// What Q4_K and Q5_K share: a block of 256 elements begins with d and dmin and
// twelve bytes of 6-bit scales and minima, one of each per 32 elements; groups of
// 64 elements have 32 bytes of lower nibbles, then higher.  Unit c of a block has
// 16 bytes of group c / 2.

uvec2
unit_groups (uint u)
{
  uint first = (u & ~1u) * 2u + (u & 1u);

  return uvec2 (first, first + 2u);
}

// Scales (x, y) and minima (z, w) of the sub-blocks 2 c and 2 c + 1.
vec4
k4_scales (uvec4 header, uint c)
{
  uint shift = (c & 1u) * 16u;
  uint low = c < 2u ? header.y >> shift : header.w >> shift;
  uint scale = c < 2u ? low & 0x3f3fu : (low & 0x0f0fu) | (header.y >> shift & 0xc0c0u) >> 2;
  uint other = header.z >> shift;
  uint least = c < 2u ? other & 0x3f3fu : (low >> 4 & 0x0f0fu) | (other & 0xc0c0u) >> 2;

  return vec4 (scale & 255u, scale >> 8, least & 255u, least >> 8);
}
