// SPDX-License-Identifier: GPL-3.0-or-later
//
// IQ4_NL: 16 bytes of nibbles; d apart.
#include "inc/units/iq4.glsl"

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
  return iq4_unit (raw.quants, row_half (raw.scales.x, u));
}
