// SPDX-License-Identifier: GPL-3.0-or-later
//
// Thirty-two elements of a row of a weight of any type as floats.  unit_load brings
// them as they lie in memory and unit_floats decodes them, so that a shader may
// compute something else in between.  They are two groups of sixteen neighbours, which
// unit_groups finds: w[i] are four elements from unit_column (u, i) on.  Elements behind
// the row's last are 0.  Needs the weight's row_words and columns in `p`.

#if TYPE == TYPE_F32 || TYPE == TYPE_F16 || TYPE == TYPE_BF16

const uint QUADS = TYPE == TYPE_F32 ? 8u : 4u;

struct Raw {
  uvec4 quads[QUADS];
};

void
unit_prepare ()
{
}

uvec2
unit_groups (uint u)
{
  return uvec2 (2u * u, 2u * u + 1u);
}

Raw
unit_load (uvec2 body, uvec2 scales, uint u)
{
  Raw raw;

  for (uint i = 0u; i < QUADS; i++)
    raw.quads[i] = Words4 (body).v[min (u * QUADS + i, p.row_words / 4u - 1u)];
  return raw;
}

vec4
four_of (Raw raw, uint i)
{
#if TYPE == TYPE_F32
  return uintBitsToFloat (raw.quads[i]);
#else
  uvec4 quad = raw.quads[i / 2u];
  uvec2 words = (i & 1u) != 0u ? quad.zw : quad.xy;

#if TYPE == TYPE_F16
  return vec4 (unpackHalf2x16 (words.x), unpackHalf2x16 (words.y));
#else
  return bfloats (words);
#endif
#endif
}

void
unit_floats (Raw raw, uint u, out vec4 w[8])
{
  for (uint i = 0u; i < 8u; i++)
    w[i] = cut (four_of (raw, i), u * 32u + i * 4u, p.columns);
}

#else
#include "inc/units.glsl"

void
unit_floats (Raw raw, uint u, out vec4 w[8])
{
  Unit unit = unit_decode (raw, u);

  for (uint i = 0u; i < 4u; i++) {
    w[i] = fma (vec4 (unit.scale.x), bytes_of (unit.first[i]), vec4 (unit.offset.x));
    w[i + 4u] = fma (vec4 (unit.scale.y), bytes_of (unit.second[i]), vec4 (unit.offset.y));
  }
}
#endif

uint
unit_column (uint u, uint i)
{
  return unit_groups (u)[i / 4u] * 16u + i % 4u * 4u;
}
