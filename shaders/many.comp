// SPDX-License-Identifier: GPL-3.0-or-later
//
// Products of many rows in f32, for where nothing else is quicker and for weights that
// f16 does not hold: out[row][o] = sum of weight[o][c] * factors[c] * x[row][c].
//
// Every thread unpacks its own output's weights, a unit at a time, in registers and
// multiplies them with ROWS rows of x, whose elements all threads of a workgroup read
// together, from memory or (SPREAD, for processors, whose lanes load one by one) each
// lane a part and then in turn.  An output's sum goes from the first unit to the last, so
// it does not depend on the rows beside it.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "inc/common.glsl"
#extension GL_KHR_shader_subgroup_ballot : require

layout (local_size_x_id = 0) in;
layout (constant_id = 0) const uint THREADS = 64;
layout (constant_id = 1) const uint SUBGROUP = 32;
layout (constant_id = 2) const uint ROWS = 16;
layout (constant_id = 3) const uint SPREAD = 0; // 1: x goes round by subgroupBroadcast
layout (constant_id = 4) const uint NORMED = 0; // 1: there is a norm

layout (push_constant, scalar) uniform Push { vk_push_many p; };

#include "inc/unit_floats.glsl"

float sum[ROWS];

// Of the row that begins there.
vec4
load_x (uint from, uint column)
{
  vec4 x;

  if (column + 4u <= p.columns && p.x_stride % 4u == 0u)
    return Vec4s (p.x).v[(from + column) / 4u];
  for (uint i = 0u; i < 4u; i++)
    x[i] = column + i < p.columns ? Floats (p.x).v[from + column + i] : 0.0;
  return x;
}

vec4
load_norm (uint column)
{
  vec4 x;

  for (uint i = 0u; i < 4u; i++)
    x[i] = column + i < p.columns ? Floats (p.factors).v[column + i] : 0.0;
  return x;
}

void
main ()
{
  uint output_ = gl_WorkGroupID.x * THREADS + gl_SubgroupID * SUBGROUP + gl_SubgroupInvocationID;
  uint row = gl_WorkGroupID.y * ROWS;
  uint last = p.rows - 1u;

  uvec2 body = plus_many (p.body, min (output_, p.outputs - 1u), p.row_words * 4u);
  uvec2 scales = plus_many (p.scales, min (output_, p.outputs - 1u), p.scale_words * 4u);

  for (uint r = 0u; r < ROWS; r++)
    sum[r] = 0.0;
  unit_prepare ();
  for (uint u = 0u; u * 32u < p.columns; u++) {
    vec4 w[8];

    unit_floats (unit_load (body, scales, u), u, w);
    if (NORMED != 0u) {
      for (uint i = 0u; i < 8u; i++)
        w[i] *= load_norm (unit_column (u, i));
    }
    for (uint r = 0u; r < ROWS; r++) {
      uint from = min (row + r, last) * p.x_stride;
      precise float s = sum[r];
      vec4 mine;

      if (SPREAD != 0u)
        mine = load_x (from, unit_column (u, gl_SubgroupInvocationID & 7u));
      for (uint i = 0u; i < 8u; i++) {
        vec4 x = SPREAD != 0u ? subgroupBroadcast (mine, i) : load_x (from, unit_column (u, i));

        s = fma (w[i].x, x.x, s);
        s = fma (w[i].y, x.y, s);
        s = fma (w[i].z, x.z, s);
        s = fma (w[i].w, x.w, s);
      }
      sum[r] = s;
    }
  }
  for (uint r = 0u; r < ROWS; r++) {
    if (row + r <= last && output_ < p.outputs)
      Floats (p.target).v[(row + r) * p.target_stride + output_] = sum[r];
  }
}
