// SPDX-License-Identifier: GPL-3.0-or-later
//
// few.comp's inner loop for weights that are floats, eight at a time.  Rows may be
// of any length.
#include "inc/few_inputs.glsl"

struct Raw {
  uvec4 a, b; // b: the second four of F32
};

// Arrays whose size is a constant of the pipeline are no arguments.
Raw now[ROWS], next[ROWS]; // rows of weights: as they lie in memory
float sums[ROWS * VECTORS];

void
unit_prepare ()
{
}

uint
unit_count ()
{
  return (p.columns + 7u) / 8u;
}

uint
scale_bytes ()
{
  return 0u;
}

Raw
unit_load (uvec2 body, uvec2 scales, uint u)
{
  if (TYPE == TYPE_F32)
    return Raw (Words4 (body).v[2u * u], Words4 (body).v[2u * u + 1u]);
  return Raw (Words4 (body).v[u], uvec4 (0));
}

vec4
two_halves (uvec2 words)
{
  return vec4 (half_float (words.x), half_float (words.x >> 16), half_float (words.y),
               half_float (words.y >> 16));
}

vec4
weights_of (Raw raw, bool second)
{
  if (TYPE == TYPE_F32)
    return uintBitsToFloat (second ? raw.b : raw.a);
  if (TYPE == TYPE_F16)
    return two_halves (second ? raw.a.zw : raw.a.xy);
  return bfloats (second ? raw.a.zw : raw.a.xy);
}

// sums[r][n] += row r's unit `u` times vector n.
void
add_products (uint u)
{
  vec4 w[ROWS * 2u];

  for (uint r = 0u; r < ROWS; r++) {
    w[2u * r] = cut (weights_of (now[r], false), u * 8u, p.columns);
    w[2u * r + 1u] = cut (weights_of (now[r], true), u * 8u + 4u, p.columns);
  }
  for (uint n = 0u; n < VECTORS; n++) {
    uint row = input_row (n);
    vec4 a = cut (load_input (row, u * 8u), u * 8u, p.columns);
    vec4 b = cut (load_input (row, u * 8u + 4u), u * 8u + 4u, p.columns);

    for (uint r = 0u; r < ROWS; r++) {
      float sum = add_dot (w[2u * r], a, sums[r * VECTORS + n]);

      sums[r * VECTORS + n] = add_dot (w[2u * r + 1u], b, sum);
    }
  }
}
