// SPDX-License-Identifier: GPL-3.0-or-later
//
// few.comp's inner loop over floats for blocks of bytes: the fallback of devices
// without products of bytes.
#include "inc/few_inputs.glsl"

struct Group {
  vec4 x[4];
};

Group
load_group (uint row, uint group)
{
  Group g;

  for (uint i = 0u; i < 4u; i++)
    g.x[i] = load_input (row, group * 16u + i * 4u);
  return g;
}

float
sum_of (Group g)
{
  precise float sum = 0.0;

  for (uint i = 0u; i < 4u; i++)
    sum = add_dot (g.x[i], vec4 (1.0), sum);
  return sum;
}

float
group_product (ivec4 q, Group g, float scale, float offset, float x_sum, float to)
{
  precise float dot = 0.0;
  precise float sum;

  for (uint i = 0u; i < 4u; i++)
    dot = add_dot (bytes_of (q[i]), g.x[i], dot);
  sum = fma (scale, dot, to);
  sum = fma (offset, x_sum, sum);
  return sum;
}

// sums[r][n] += row r's unit `u` times vector n.
void
add_products (uint u)
{
  uvec2 groups = unit_groups (u);
  Unit units[ROWS];

  for (uint r = 0u; r < ROWS; r++)
    units[r] = unit_decode (now[r], u);
  for (uint n = 0u; n < VECTORS; n++) {
    uint row = input_row (n);
    Group a = load_group (row, groups.x);
    Group b = load_group (row, groups.y);
    float a_sum = sum_of (a);
    float b_sum = sum_of (b);

    for (uint r = 0u; r < ROWS; r++) {
      float sum = group_product (units[r].first, a, units[r].scale.x, units[r].offset.x, a_sum,
                                 sums[r * VECTORS + n]);

      sums[r * VECTORS + n] = group_product (units[r].second, b, units[r].scale.y,
                                             units[r].offset.y, b_sum, sum);
    }
  }
}
