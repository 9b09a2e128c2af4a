// SPDX-License-Identifier: GPL-3.0-or-later
//
// Q4_0: 16 bytes of quants, 0-15 less 8; d apart.  Byte j holds elements j and
// j + 16.

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

  raw.quants = Words4 (body).v[u];
  raw.scales.x = Words (scales).v[u >> 1];
  return raw;
}

Unit
unit_decode (Raw raw, uint u)
{
  float d = row_half (raw.scales.x, u);

  return Unit (ivec4 (raw.quants & 0x0f0f0f0fu), ivec4 (raw.quants >> 4 & 0x0f0f0f0fu), vec2 (d),
               vec2 (-8.0 * d));
}
