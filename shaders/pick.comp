// SPDX-License-Identifier: GPL-3.0-or-later
//
// The token with the largest logit of each row: the lowest on a tie, NaN below
// everything, 0 if all are NaN.  A workgroup per row.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "inc/common.glsl"

layout (local_size_x_id = 0) in;
layout (constant_id = 0) const uint WORKGROUP = 256;
layout (constant_id = 1) const uint SUBGROUP = 32;

layout (push_constant, scalar) uniform Push { vk_push_pick p; };

shared uint keys[WORKGROUP];
shared uint tokens[WORKGROUP];

// Rises as the float does; 0 for NaN.  Both zeros are one.
uint
key_of (float x)
{
  uint bits = floatBitsToUint (x);

  if ((bits & 0x7fffffffu) > 0x7f800000u)
    return 0u;
  if ((bits & 0x7fffffffu) == 0u)
    return 0x80000000u;
  return (bits & 0x80000000u) != 0u ? ~bits : bits | 0x80000000u;
}

void
main ()
{
  Floats logits = Floats (plus_many (p.logits, gl_WorkGroupID.x, p.stride * 4u));
  uint me = gl_LocalInvocationID.x;
  uint key = 0u;
  uint token = 0u;

  for (uint i = me; i < p.count; i += WORKGROUP) {
    uint other = key_of (logits.v[i]);

    if (other > key) {
      key = other;
      token = i;
    }
  }
  keys[me] = key;
  tokens[me] = token;
  barrier ();
  for (uint half_size = WORKGROUP / 2u; half_size > 0u; half_size /= 2u) {
    if (me < half_size) {
      uint other = me + half_size;

      if (keys[other] > keys[me] || (keys[other] == keys[me] && tokens[other] < tokens[me])) {
        keys[me] = keys[other];
        tokens[me] = tokens[other];
      }
    }
    barrier ();
  }
  if (me == 0u)
    Ints (p.picks).v[gl_WorkGroupID.x] = keys[0] != 0u ? int (tokens[0]) : 0;
}
