// SPDX-License-Identifier: GPL-3.0-or-later
//
// EMBED: rows of the table, dequantised and scaled, into X.  A workgroup per row.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "inc/common.glsl"

layout (local_size_x_id = 0) in;
layout (constant_id = 0) const uint THREADS = 128;
layout (constant_id = 1) const uint SUBGROUP = 32;

layout (push_constant, scalar) uniform Push { vk_push_embed p; };

#include "inc/unit_floats.glsl"

void
main ()
{
  uint row = p.first + gl_WorkGroupID.x;
  int token = Rows (p.rows).v[row].token;
  int picked = Ints (readable (p.picks, p.rows)).v[max (-1 - token, 0)];
  Vec4s target = Vec4s (plus_many (p.target, row, p.stride * 4u));
  uvec2 body, scales;

  if (token < 0)
    token = picked;
  body = plus_many (p.body, uint (token), p.row_words * 4u);
  scales = plus_many (p.scales, uint (token), p.scale_words * 4u);
  unit_prepare ();
  for (uint u = gl_LocalInvocationID.x; u * 32u < p.columns; u += THREADS) {
    vec4 w[8];

    unit_floats (unit_load (body, scales, u), u, w);
    for (uint i = 0u; i < 8u; i++)
      target.v[unit_column (u, i) / 4u] = p.scale * w[i];
  }
}
