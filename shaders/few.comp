// SPDX-License-Identifier: GPL-3.0-or-later
//
// Products of one to sixteen rows with a weight, to the end of a step.  A workgroup
// has 32 outputs for all rows; each of its subgroups takes a few of them at a time
// and goes through their columns side by side.
//
// The sequence of operations that makes an output is the same for any VECTORS:
// lane l adds up units l, l + SUBGROUP, … and the lanes are added as a tree.
//   PATH 0, plain: floats of both, multiplied and added
//   PATH 1, int: signed bytes of both, products of four bytes at a time
#version 460
#extension GL_GOOGLE_include_directive : require
#include "inc/common.glsl"
#extension GL_EXT_integer_dot_product : enable

layout (local_size_x_id = 0) in;
layout (constant_id = 0) const uint THREADS = 128;
layout (constant_id = 1) const uint SUBGROUP = 32;
layout (constant_id = 2) const uint VECTORS = 1;
layout (constant_id = 3) const uint ROWS = 1; // of weights at a time in a subgroup
layout (constant_id = 4) const uint WEIGHTS = 1; // 2: GATE
layout (constant_id = 5) const uint MAPPED = 0; // 1: HEAD, plain: FEW_MAP says which rows

layout (push_constant, scalar) uniform Push { vk_push_few p; };

const uint OUTPUTS = 32u;
const uint SUBGROUPS = THREADS / SUBGROUP;

shared float results[WEIGHTS * VECTORS * OUTPUTS]; // [weight][row][output]
shared float roots[VECTORS]; // 1 / the root of the row's mean square

uint
rows_here ()
{
  return p.modes >> 16;
}

// Row `n` of the input, the last one for those there are not: nothing is read that
// may not be there.
uint
row_here (uint n)
{
  return min (n, rows_here () - 1u);
}

// The output that place `i` of all workgroups' has: in order, but the elements of
// a pair that turns lie side by side.
uint
output_at (uint i)
{
  uint head_dim = p.geometry & 0xffffu;
  uint dims = p.geometry >> 16;

  if ((p.modes >> 4 & 3u) != 2u)
    return i;
  return i % head_dim < dims ? i - i % head_dim + i % head_dim / 2u + (i & 1u) * (dims / 2u) : i;
}

#if PATH == 1
#include "inc/few_units.glsl"
#include "inc/few_int.glsl"
#elif TYPE == TYPE_F32 || TYPE == TYPE_F16 || TYPE == TYPE_BF16
#include "inc/few_floats.glsl"
#else
#include "inc/few_units.glsl"
#include "inc/few_plain.glsl"
#endif
#include "inc/q8.glsl"
#include "inc/few_finish.glsl"

float
sum_of_lanes (float x)
{
  precise float sum = x;

  for (uint step = 1u; step < SUBGROUP; step *= 2u)
    sum = sum + subgroupShuffleXor (sum, step);
  return sum;
}

// Rows [first, first + ROWS) of the weights' OUTPUTS each, times all vectors.
void
multiply (uint first)
{
  uvec2 bodies[ROWS], scales[ROWS];
  uint units = unit_count ();

  for (uint r = 0u; r < ROWS; r++) {
    uint o = min (output_at (gl_WorkGroupID.x * OUTPUTS + (first + r) % OUTPUTS), p.outputs - 1u);
    bool other = WEIGHTS > 1u && first >= OUTPUTS;

    bodies[r] = plus_many (other ? p.extra[FEW_BODY] : p.body, o, p.row_words * 4u);
    scales[r] = plus_many (other ? p.extra[FEW_SCALES] : p.scales, o, scale_bytes ());
    for (uint n = 0u; n < VECTORS; n++)
      sums[r * VECTORS + n] = 0.0;
  }
  for (uint r = 0u; r < ROWS && gl_SubgroupInvocationID < units; r++)
    next[r] = unit_load (bodies[r], scales[r], gl_SubgroupInvocationID);
  for (uint u = gl_SubgroupInvocationID; u < units; u += SUBGROUP) {
    /* The next unit is on its way while this one is multiplied. */
    for (uint r = 0u; r < ROWS; r++) {
      now[r] = next[r];
      if (u + SUBGROUP < units)
        next[r] = unit_load (bodies[r], scales[r], u + SUBGROUP);
    }
    add_products (u);
  }
  for (uint r = 0u; r < ROWS; r++) {
    for (uint n = 0u; n < VECTORS; n++) {
      float sum = sum_of_lanes (sums[r * VECTORS + n]);
      uint weight = (first + r) / OUTPUTS;

      if (gl_SubgroupInvocationID == 0u)
        results[(weight * VECTORS + n) * OUTPUTS + (first + r) % OUTPUTS] = sum;
    }
  }
}

// The factor that the input's RMS norm leaves for the products.
void
find_root (uint n)
{
  precise float sum = sum_of_lanes (lane_squares (n));
  precise float mean = sum / float (p.columns) + p.eps;

  if (gl_SubgroupInvocationID == 0u)
    roots[n] = 1.0 / sqrt (mean);
}

void
main ()
{
  uint kind = p.modes & 15u;
  bool normed = p.squares != uvec2 (0) && kind != FEW_PROJECT;

  unit_prepare ();
  for (uint first = gl_SubgroupID * ROWS; first < WEIGHTS * OUTPUTS; first += SUBGROUPS * ROWS)
    multiply (first);
  for (uint n = gl_SubgroupID; n < VECTORS; n += SUBGROUPS) {
    if (normed)
      find_root (n);
    else if (gl_SubgroupInvocationID == 0u)
      roots[n] = 1.0;
  }
  barrier ();
  finish (kind);
}
