// SPDX-License-Identifier: GPL-3.0-or-later
//
// Q4_1, 20 bytes: d and the minimum m, then 16 bytes of quants.

const bool UNIT_IS_BLOCK = true;

uvec2
unit_groups (uint u)
{
  return uvec2 (2u * u, 2u * u + 1u);
}

void
unit_prepare ()
{
}

Raw
unit_load (uvec2 body, uvec2 scales, uint u)
{
  Raw raw;

  raw.scales.x = Words (body).v[5u * u];
  raw.quants = load_loose (body, 20u * u + 4u);
  return raw;
}

Unit
unit_decode (Raw raw, uint u)
{
  return Unit (ivec4 (raw.quants & 0x0f0f0f0fu), ivec4 (raw.quants >> 4 & 0x0f0f0f0fu),
               vec2 (half_float (raw.scales.x)), vec2 (half_float (raw.scales.x >> 16)));
}
