// SPDX-License-Identifier: GPL-3.0-or-later
//
// Q5_K, 176 bytes of 256 elements: after the header 32 bytes whose bit k is the
// fifth of elements 32 k and on.
#include "inc/units/k4.glsl"

const bool UNIT_IS_BLOCK = false;

void
unit_prepare ()
{
}

Raw
unit_load (uvec2 body, uvec2 scales, uint u)
{
  uint block = u / 8u * 11u;
  Raw raw;

  raw.scales = Words4 (body).v[block];
  raw.more = Words4 (body).v[block + 1u + (u & 1u)];
  raw.quants = Words4 (body).v[block + 3u + (u & 7u)];
  return raw;
}

Unit
unit_decode (Raw raw, uint u)
{
  uint c = (u & 7u) / 2u;
  vec4 scales = k4_scales (raw.scales, c);
  uvec4 fifth = raw.more >> 2u * c;

  return Unit (ivec4 ((raw.quants & 0x0f0f0f0fu) | (fifth & 0x01010101u) << 4),
               ivec4 ((raw.quants >> 4 & 0x0f0f0f0fu) | (fifth & 0x02020202u) << 3),
               half_float (raw.scales.x) * scales.xy, -half_float (raw.scales.x >> 16) * scales.zw);
}
