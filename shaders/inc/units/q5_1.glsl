// SPDX-License-Identifier: GPL-3.0-or-later
//
// Q5_1, 24 bytes: d and the minimum m, the fifth bits, then 16 bytes of quants.

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

  raw.scales.x = Words (body).v[6u * u];
  raw.more.x = Words (body).v[6u * u + 1u];
  raw.quants = load_loose (body, 24u * u + 8u);
  return raw;
}

Unit
unit_decode (Raw raw, uint u)
{
  return Unit (ivec4 ((raw.quants & 0x0f0f0f0fu) | spread_group (raw.more.x, 4u)),
               ivec4 ((raw.quants >> 4 & 0x0f0f0f0fu) | spread_group (raw.more.x >> 16, 4u)),
               vec2 (half_float (raw.scales.x)), vec2 (half_float (raw.scales.x >> 16)));
}
