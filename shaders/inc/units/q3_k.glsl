// SPDX-License-Identifier: GPL-3.0-or-later
//
// Q3_K, 108 bytes of 256 elements and d apart: the third bits, 32 bytes whose bit
// k belongs to elements 32 k and on; 64 bytes of the lower two; 16 scales of 6
// bits less 32.  Where the third bit is missing the element is less by 4.
#include "inc/units/two_bits.glsl"

const bool UNIT_IS_BLOCK = false;

void
unit_prepare ()
{
}

Raw
unit_load (uvec2 body, uvec2 scales, uint u)
{
  uint block = u / 8u * 108u;
  Raw raw;

  raw.more = load_loose (body, block + (u & 1u) * 16u);
  raw.quants = load_loose (body, block + 32u + two_bits_at (u & 7u));
  raw.scales.x = Words (body).v[(block + 96u) / 4u];
  raw.scales.y = Words (body).v[(block + 100u) / 4u];
  raw.scales.z = Words (body).v[(block + 104u) / 4u];
  raw.scales.w = Words (scales).v[u >> 4];
  return raw;
}

// Scale number `j` of the twelve bytes.
float
q3_k_scale (uvec4 packed, uint j)
{
  uint low = ((j & 4u) != 0u ? packed.y : packed.x) >> ((j & 3u) * 8u + j / 8u * 4u) & 15u;
  uint high = packed.z >> ((j & 3u) * 8u + j / 4u * 2u) & 3u;

  return float (int (low | high << 4) - 32);
}

Unit
unit_decode (Raw raw, uint u)
{
  uint c = u & 7u;
  uvec2 groups = unit_groups (c);
  uvec4 third = raw.more >> groups.x / 2u;
  vec2 scale = row_half (raw.scales.w, u >> 3)
               * vec2 (q3_k_scale (raw.scales, groups.x), q3_k_scale (raw.scales, groups.y));

  return Unit (ivec4 (two_bits_first (raw.quants, c) | (third & 0x01010101u) << 2),
               ivec4 (two_bits_second (raw.quants, c) | (third >> 1 & 0x01010101u) << 2), scale,
               -4.0 * scale);
}
