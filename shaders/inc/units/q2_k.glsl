// SPDX-License-Identifier: GPL-3.0-or-later
//
// Q2_K, 84 bytes of 256 elements: a byte of scale and minimum per group of 16, 64
// bytes of quants, d and dmin.
#include "inc/units/two_bits.glsl"

const bool UNIT_IS_BLOCK = false;

void
unit_prepare ()
{
}

Raw
unit_load (uvec2 body, uvec2 scales, uint u)
{
  uint block = u / 8u * 84u;
  uint group = unit_groups (u & 7u).x; // the other is two on: the same word or the next half of it
  Raw raw;

  raw.scales.x = Words (body).v[(block + group) >> 2];
  raw.scales.y = Words (body).v[(block + group + 2u) >> 2];
  raw.scales.z = Words (body).v[(block + 80u) >> 2];
  raw.quants = load_loose (body, block + 16u + two_bits_at (u & 7u));
  return raw;
}

Unit
unit_decode (Raw raw, uint u)
{
  uvec2 groups = unit_groups (u & 7u);
  uvec2 bytes = raw.scales.xy >> (groups & 3u) * 8u;

  return Unit (ivec4 (two_bits_first (raw.quants, u & 7u)),
               ivec4 (two_bits_second (raw.quants, u & 7u)),
               half_float (raw.scales.z) * vec2 (bytes & 15u),
               -half_float (raw.scales.z >> 16) * vec2 (bytes >> 4 & 15u));
}
