// SPDX-License-Identifier: GPL-3.0-or-later
//
// Products of many rows in f32, for devices without cooperative matrices and for
// weights that f16 does not hold: out[row][o] = sum of weight[o][c] * factors[c] * x[row][c].
//
// Every thread unpacks its own output's weights, 32 at a time, in registers and
// multiplies them with ROWS rows of x, whose elements all threads of a workgroup read
// together, from memory or (SPREAD, for processors, whose lanes load one by one) each
// lane a part and then in turn.  No barriers, nothing shared.  An output's sum goes from the first
// column to the last, so it does not depend on the rows beside it.
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

#include "inc/panel.glsl"

float sum[ROWS];

vec4
load_x (uint at, uint column)
{
  vec4 x;

  if (column + 4u <= p.columns && p.x_stride % 4u == 0u)
    return Vec4s (p.x).v[at / 4u];
  for (uint i = 0u; i < 4u; i++)
    x[i] = column + i < p.columns ? Floats (p.x).v[at + i] : 0.0;
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

  for (uint r = 0u; r < ROWS; r++)
    sum[r] = 0.0;
  for (uint column = 0u; column < p.columns; column += 32u) {
    vec4 w[8];

    unpack_panel (load_panel (min (output_, p.outputs - 1u), column), column, w);
    if (NORMED != 0u) {
      for (uint i = 0u; i < 8u; i++)
        w[i] *= load_norm (column + 4u * i);
    }
    for (uint r = 0u; r < ROWS; r++) {
      uint at = min (row + r, last) * p.x_stride + column;
      uint lane = 4u * (gl_SubgroupInvocationID & 7u);
      precise float s = sum[r];
      vec4 mine;

      if (SPREAD != 0u)
        mine = load_x (at + lane, column + lane);
      for (uint i = 0u; i < 8u; i++) {
        vec4 x = SPREAD != 0u ? subgroupBroadcast (mine, i) : load_x (at + 4u * i, column + 4u * i);

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
