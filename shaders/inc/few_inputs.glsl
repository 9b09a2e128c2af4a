// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rows of floats as few.comp's input.

// Where row `n` of the input begins, in elements.
uint
input_row (uint n)
{
  n = row_here (n);
  if (MAPPED != 0u)
    n = Words (p.extra[FEW_MAP]).v[n];
  return n * p.source_stride;
}

// Four elements from `i`, a multiple of four, times the vector there may be.  What
// lies past the columns is whatever it is.
vec4
load_input (uint row, uint i)
{
  vec4 x = Vec4s (p.source).v[(row + i) / 4u];

  if (p.factors != uvec2 (0))
    x = x * Vec4s (p.factors).v[i / 4u];
  return x;
}

float
lane_squares (uint n)
{
  uint row = input_row (n);
  precise float sum = 0.0;

  for (uint i = gl_SubgroupInvocationID; i < p.columns; i += SUBGROUP) {
    float x = Floats (p.source).v[row + i];

    sum = fma (x, x, sum);
  }
  return sum;
}

float
add_dot (vec4 a, vec4 b, float to)
{
  precise float sum = fma (a.x, b.x, to);

  sum = fma (a.y, b.y, sum);
  sum = fma (a.z, b.z, sum);
  sum = fma (a.w, b.w, sum);
  return sum;
}
