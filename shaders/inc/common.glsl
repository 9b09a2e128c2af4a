// SPDX-License-Identifier: GPL-3.0-or-later
//
// What every shader begins with: reaching memory by address, floats and bytes of words.
// A shader includes this (after #version and GL_GOOGLE_include_directive), then declares
// its constants, 0 the size of the workgroup and 1 that of its subgroups, and its push
// constants as `p`: layout (push_constant, scalar) uniform Push { vk_push_pack p; };

#extension GL_EXT_buffer_reference : require
#extension GL_EXT_buffer_reference_uvec2 : require
#extension GL_EXT_scalar_block_layout : require
#extension GL_EXT_control_flow_attributes : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require

#include "inc/push.h"
#include "inc/types.h"

// `Floats (address).v[i]`; Vec4s and Words4 want addresses that are multiples of 16.
layout (buffer_reference, scalar, buffer_reference_align = 4) buffer Floats { float v[]; };
layout (buffer_reference, scalar, buffer_reference_align = 4) buffer Ints { int v[]; };
layout (buffer_reference, scalar, buffer_reference_align = 4) buffer Words { uint v[]; };
layout (buffer_reference, scalar, buffer_reference_align = 8) buffer Words2 { uvec2 v[]; };
layout (buffer_reference, scalar, buffer_reference_align = 16) buffer Words4 { uvec4 v[]; };
layout (buffer_reference, scalar, buffer_reference_align = 16) buffer Vec4s { vec4 v[]; };
layout (buffer_reference, scalar, buffer_reference_align = 4) buffer Rows { vk_row v[]; };
layout (buffer_reference, scalar, buffer_reference_align = 4) buffer Tiles { vk_tile v[]; };

// The 16-bit float in the low half of a word, subnormals too, whatever the
// device's own conversions do with them.
float
half_float (uint bits)
{
  uint magnitude = bits & 0x7fffu;
  float value = magnitude < 0x400u    ? float (magnitude) * 5.9604644775390625e-8
                : magnitude >= 0x7c00u ? uintBitsToFloat (0x7f800000u | (magnitude & 0x3ffu) << 13)
                                       : uintBitsToFloat ((magnitude << 13) + 0x38000000u);

  return (bits & 0x8000u) != 0u ? -value : value;
}

// Four bfloats.
vec4
bfloats (uvec2 words)
{
  return uintBitsToFloat (
      uvec4 (words.x << 16, words.x & 0xffff0000u, words.y << 16, words.y & 0xffff0000u));
}

// Four signed bytes.
vec4
bytes_of (int word)
{
  return vec4 (ivec4 (word << 24, word << 16, word << 8, word) >> 24);
}

// Elements from number `i` on of a row of `columns`, those behind its end as zeros.
vec4
cut (vec4 x, uint i, uint columns)
{
  return mix (vec4 (0.0), x, lessThan (uvec4 (i, i + 1u, i + 2u, i + 3u), uvec4 (columns)));
}

// The address, or another that can be read where there is none.  llvmpipe of Mesa 26
// reads what all lanes read at one place even in a branch that none takes, so such
// a read is done in any case, of something, and its value used only if it counts.
uvec2
readable (uvec2 address, uvec2 other)
{
  return address != uvec2 (0) ? address : other;
}

// An address so many bytes on; a carry is kept.
uvec2
plus (uvec2 address, uint bytes)
{
  uint carry;
  uint low = uaddCarry (address.x, bytes, carry);

  return uvec2 (low, address.y + carry);
}

// The same by count * size bytes, which may pass 32 bits.
uvec2
plus_many (uvec2 address, uint count, uint size)
{
  uint high, low;

  umulExtended (count, size, high, low);
  address = plus (address, low);
  return uvec2 (address.x, address.y + high);
}
