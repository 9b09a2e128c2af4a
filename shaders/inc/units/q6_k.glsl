// SPDX-License-Identifier: GPL-3.0-or-later
//
// Q6_K, 208 bytes of 256 elements and d apart: 128 bytes of lower nibbles (halves
// of 128 elements have 64, elements and those 64 on), 64 bytes of the upper two
// bits (32 per half, four elements 32 apart in each), 16 signed scales; less 32.
// Unit c has the 16 bytes c of the nibbles.

const bool UNIT_IS_BLOCK = false;

void
unit_prepare ()
{
}

uvec2
unit_groups (uint u)
{
  uint first = (u & ~3u) * 2u + (u & 3u);

  return uvec2 (first, first + 4u);
}

Raw
unit_load (uvec2 body, uvec2 scales, uint u)
{
  uint block = u / 8u * 13u;
  uint c = u & 7u;
  Raw raw;

  raw.quants = Words4 (body).v[block + c];
  raw.more = Words4 (body).v[block + 8u + c / 4u * 2u + (c & 1u)];
  raw.scales.x = Words (body).v[(block + 12u) * 4u + c / 4u * 2u];
  raw.scales.y = Words (body).v[(block + 12u) * 4u + c / 4u * 2u + 1u];
  raw.scales.z = Words (scales).v[u >> 4];
  return raw;
}

Unit
unit_decode (Raw raw, uint u)
{
  uvec4 upper = raw.more >> (u & 2u);
  ivec2 bytes = ivec2 (raw.scales.xy << (24u - (u & 3u) * 8u)) >> 24;
  vec2 scale = row_half (raw.scales.z, u >> 3) * vec2 (bytes);

  return Unit (ivec4 ((raw.quants & 0x0f0f0f0fu) | (upper & 0x03030303u) << 4),
               ivec4 ((raw.quants >> 4 & 0x0f0f0f0fu) | (upper & 0x30303030u)), scale,
               -32.0 * scale);
}
