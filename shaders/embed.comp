// SPDX-License-Identifier: GPL-3.0-or-later
//
// EMBED: rows of the table, dequantised and scaled, into X.  A workgroup per row.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "inc/common.glsl"
#include "inc/dequantise.glsl"

layout (local_size_x_id = 0) in;
layout (constant_id = 0) const uint WORKGROUP = 256;
layout (constant_id = 1) const uint SUBGROUP = 32;

layout (push_constant, scalar) uniform Push { vk_push_embed p; };

void
main ()
{
  uint row = p.first + gl_WorkGroupID.x;
  int token = Rows (p.rows).v[row].token;
  int picked = Ints (readable (p.picks, p.rows)).v[max (-1 - token, 0)];
  Words body, scales;
  Floats target = Floats (plus_many (p.target, row, p.stride * 4u));

  if (token < 0)
    token = picked;
  body = Words (plus_many (p.body, uint (token), p.row_words * 4u));
  scales = Words (plus_many (p.scales, uint (token), p.scale_words * 4u));
  for (uint i = gl_LocalInvocationID.x; i < p.columns; i += WORKGROUP)
    target.v[i] = p.scale * element (body, scales, i);
}
