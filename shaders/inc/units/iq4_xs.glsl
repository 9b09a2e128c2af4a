// SPDX-License-Identifier: GPL-3.0-or-later
//
// IQ4_XS, 136 bytes of 256 elements: d, the upper two bits of eight scales, their
// lower four, then 16 bytes of nibbles per 32 elements.
#include "inc/units/iq4.glsl"

Raw
unit_load (uvec2 body, uvec2 scales, uint u)
{
  uint block = u / 8u * 136u;
  Raw raw;

  raw.scales.x = Words (body).v[block / 4u];
  raw.scales.y = Words (body).v[block / 4u + 1u];
  raw.quants = load_loose (body, block + 8u + (u & 7u) * 16u);
  return raw;
}

Unit
unit_decode (Raw raw, uint u)
{
  uint c = u & 7u;
  uint low = raw.scales.y >> 4u * c & 15u;
  uint high = raw.scales.x >> (16u + 2u * c) & 3u;

  return iq4_unit (raw.quants, half_float (raw.scales.x) * float (int (low | high << 4) - 32));
}
