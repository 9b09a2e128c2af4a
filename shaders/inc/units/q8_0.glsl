// SPDX-License-Identifier: GPL-3.0-or-later
//
// Q8_0: 32 signed bytes; d apart.

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

  raw.quants = Words4 (body).v[2u * u];
  raw.more = Words4 (body).v[2u * u + 1u];
  raw.scales.x = Words (scales).v[u >> 1];
  return raw;
}

Unit
unit_decode (Raw raw, uint u)
{
  return Unit (ivec4 (raw.quants), ivec4 (raw.more), vec2 (row_half (raw.scales.x, u)), vec2 (0.0));
}
