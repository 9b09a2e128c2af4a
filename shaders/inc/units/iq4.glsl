// SPDX-License-Identifier: GPL-3.0-or-later
//
// What IQ4_NL and IQ4_XS share: nibbles are numbers of sixteen levels.  A table in
// shared memory turns a byte into the levels of both of its nibbles.

const int IQ4_LEVELS_OF[16]
    = int[16](-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

shared uint iq4_pairs[256]; // the low nibble's level, and 16 bits up the high one's

// By all threads of the workgroup, before anything is decoded.
void
unit_prepare ()
{
  for (uint i = gl_LocalInvocationID.x; i < 256u; i += THREADS)
    iq4_pairs[i] = uint (IQ4_LEVELS_OF[i & 15u] & 255) | uint (IQ4_LEVELS_OF[i >> 4] & 255) << 16;
  barrier ();
}

// The levels of four bytes: of their low nibbles, of their high ones.
uvec2
iq4_levels (uint bytes)
{
  uint even = iq4_pairs[bytes & 255u] | iq4_pairs[bytes >> 8 & 255u] << 8;
  uint odd = iq4_pairs[bytes >> 16 & 255u] | iq4_pairs[bytes >> 24] << 8;

  return uvec2 ((even & 0xffffu) | odd << 16, even >> 16 | (odd & 0xffff0000u));
}

Unit
iq4_unit (uvec4 quants, float scale)
{
  uvec2 a = iq4_levels (quants.x);
  uvec2 b = iq4_levels (quants.y);
  uvec2 c = iq4_levels (quants.z);
  uvec2 d = iq4_levels (quants.w);

  return Unit (ivec4 (a.x, b.x, c.x, d.x), ivec4 (a.y, b.y, c.y, d.y), vec2 (scale), vec2 (0.0));
}

const bool UNIT_IS_BLOCK = true;

uvec2
unit_groups (uint u)
{
  return uvec2 (2u * u, 2u * u + 1u);
}
