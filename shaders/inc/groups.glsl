// SPDX-License-Identifier: GPL-3.0-or-later
//
// Products of sixteen signed bytes with sixteen others, and what they come to: written
// in one place for all who multiply units (inc/units.glsl) with q8 (inc/q8.glsl).

int
dot_group (ivec4 a, ivec4 b)
{
  int sum = dotPacked4x8EXT (a.x, b.x);

  sum += dotPacked4x8EXT (a.y, b.y);
  sum += dotPacked4x8EXT (a.z, b.z);
  sum += dotPacked4x8EXT (a.w, b.w);
  return sum;
}

// The sum of the bytes of group `group` of q8.
int
sum_of_group (uvec2 factor, uint group)
{
  return bitfieldExtract (int (factor.y), int (group & 1u) * 16, 16);
}

float
group_product (float scale, float offset, int dot, float sum)
{
  precise float part = offset * sum;

  return fma (scale, float (dot), part);
}
