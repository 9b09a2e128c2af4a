// SPDX-License-Identifier: GPL-3.0-or-later
//
// few.comp's inner loop over bytes: 32 weights and 32 elements of q8 at a time.
#include "inc/groups.glsl"

// sums[r][n] += row r's unit `u` times vector n.
void
add_products (uint u)
{
  uvec2 groups = unit_groups (u);
  uint blocks = p.columns / 32u;
  Unit units[ROWS];

  for (uint r = 0u; r < ROWS; r++)
    units[r] = unit_decode (now[r], u);
  for (uint n = 0u; n < VECTORS; n++) {
    uint row = row_here (n) * blocks;
    ivec4 a = ivec4 (Words4 (p.source).v[row * 2u + groups.x]);
    ivec4 b = ivec4 (Words4 (p.source).v[row * 2u + groups.y]);
    uvec2 f = Words2 (p.factors).v[row + groups.x / 2u];
    uvec2 g = f;

    if (!UNIT_IS_BLOCK)
      g = Words2 (p.factors).v[row + groups.y / 2u];
    for (uint r = 0u; r < ROWS; r++) {
      int first = dot_group (units[r].first, a);
      int second = dot_group (units[r].second, b);
      int first_sum = sum_of_group (f, groups.x);
      int second_sum = sum_of_group (g, groups.y);
      precise float sum = sums[r * VECTORS + n];

      if (UNIT_IS_BLOCK) {
        first += second;
        first_sum += second_sum;
      }
      sum = fma (uintBitsToFloat (f.x),
                 group_product (units[r].scale.x, units[r].offset.x, first, float (first_sum)), sum);
      if (!UNIT_IS_BLOCK)
        sum = fma (uintBitsToFloat (g.x),
                   group_product (units[r].scale.y, units[r].offset.y, second, float (second_sum)), sum);
      sums[r * VECTORS + n] = sum;
    }
  }
}

float
lane_squares (uint n)
{
  uint blocks = p.columns / 32u;
  precise float sum = 0.0;

  for (uint b = gl_SubgroupInvocationID; b < blocks; b += SUBGROUP)
    sum = sum + Floats (p.squares).v[row_here (n) * blocks + b];
  return sum;
}
