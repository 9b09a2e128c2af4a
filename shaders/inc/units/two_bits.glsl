// SPDX-License-Identifier: GPL-3.0-or-later
//
// Q2_K and Q3_K keep two bits of each of 256 elements in 64 bytes: halves of 128
// elements have 32 bytes each, and groups of 32 elements two bits of all of them.
// Unit c of a block has the 16 bytes of half c / 4 and side c % 2, of them places
// 2 (c / 2 % 2) and the next.

uvec2
unit_groups (uint u)
{
  uint first = (u & ~3u) * 2u + (u & 1u) + (u & 2u) * 2u;

  return uvec2 (first, first + 2u);
}

// Where the bytes of unit `c` begin.
uint
two_bits_at (uint c)
{
  return c / 4u * 32u + (c & 1u) * 16u;
}

uvec4
two_bits_first (uvec4 quants, uint c)
{
  return quants >> (c & 2u) * 2u & 0x03030303u;
}

uvec4
two_bits_second (uvec4 quants, uint c)
{
  return quants >> ((c & 2u) * 2u + 2u) & 0x03030303u;
}
