// SPDX-License-Identifier: GPL-3.0-or-later
//
// Q4_K, 144 bytes of 256 elements.
#include "inc/units/k4.glsl"

const bool UNIT_IS_BLOCK = false;

void
unit_prepare ()
{
}

Raw
unit_load (uvec2 body, uvec2 scales, uint u)
{
  uint block = u / 8u * 9u;
  Raw raw;

  raw.scales = Words4 (body).v[block];
  raw.quants = Words4 (body).v[block + 1u + (u & 7u)];
  return raw;
}

Unit
unit_decode (Raw raw, uint u)
{
  vec4 scales = k4_scales (raw.scales, (u & 7u) / 2u);

  return Unit (ivec4 (raw.quants & 0x0f0f0f0fu), ivec4 (raw.quants >> 4 & 0x0f0f0f0fu),
               half_float (raw.scales.x) * scales.xy, -half_float (raw.scales.x >> 16) * scales.zw);
}
