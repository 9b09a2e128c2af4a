// SPDX-License-Identifier: GPL-3.0-or-later
//
// Q5_0, 20 bytes and d apart: the fifth bits, then 16 bytes of quants; 0-31 less
// 16.

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

  raw.more.x = Words (body).v[5u * u];
  raw.quants = load_loose (body, 20u * u + 4u);
  raw.scales.x = Words (scales).v[u >> 1];
  return raw;
}

Unit
unit_decode (Raw raw, uint u)
{
  float d = row_half (raw.scales.x, u);

  return Unit (ivec4 ((raw.quants & 0x0f0f0f0fu) | spread_group (raw.more.x, 4u)),
               ivec4 ((raw.quants >> 4 & 0x0f0f0f0fu) | spread_group (raw.more.x >> 16, 4u)),
               vec2 (d), vec2 (-16.0 * d));
}
