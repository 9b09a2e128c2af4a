// SPDX-License-Identifier: GPL-3.0-or-later
//
// One element of a weight's row, of the type TYPE, as the reference has it: for
// EMBED and where nothing depends on speed.  Rows are as struct vk_weight says:
// of split types `body` is the blocks without d and `scales` the d of each.

uint
byte_at (Words row, uint byte)
{
  return row.v[byte >> 2] >> (byte & 3u) * 8u & 255u;
}

int
signed_byte_at (Words row, uint byte)
{
  return int (byte_at (row, byte) << 24) >> 24;
}

uint
short_at (Words row, uint byte)
{
  return row.v[byte >> 2] >> (byte & 2u) * 8u & 0xffffu;
}

uint
nibble_at (Words row, uint byte, bool high)
{
  return byte_at (row, byte) >> (high ? 4 : 0) & 15u;
}

// Scale and min number `j` of the twelve packed bytes of Q4_K and Q5_K at `at`.
uvec2
k4_scale_min (Words row, uint at, uint j)
{
  if (j < 4u)
    return uvec2 (byte_at (row, at + j) & 63u, byte_at (row, at + j + 4u) & 63u);
  return uvec2 ((byte_at (row, at + j + 4u) & 15u) | byte_at (row, at + j - 4u) >> 6 << 4,
                byte_at (row, at + j + 4u) >> 4 | byte_at (row, at + j) >> 6 << 4);
}

const int IQ4_LEVELS[16]
    = int[16](-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

#if TYPE == TYPE_F32
float
element (Words body, Words scales, uint i)
{
  return uintBitsToFloat (body.v[i]);
}
#elif TYPE == TYPE_F16
float
element (Words body, Words scales, uint i)
{
  return half_float (short_at (body, 2u * i));
}
#elif TYPE == TYPE_BF16
float
element (Words body, Words scales, uint i)
{
  return uintBitsToFloat (short_at (body, 2u * i) << 16);
}
#elif TYPE == TYPE_Q4_0 || TYPE == TYPE_IQ4_NL
float
element (Words body, Words scales, uint i)
{
  uint q = nibble_at (body, i / 32u * 16u + i % 16u, i % 32u >= 16u);
  float d = half_float (short_at (scales, i / 32u * 2u));

#if TYPE == TYPE_Q4_0
  return d * float (int (q) - 8);
#else
  return d * float (IQ4_LEVELS[q]);
#endif
}
#elif TYPE == TYPE_Q5_0
float
element (Words body, Words scales, uint i)
{
  uint block = i / 32u * 20u;
  uint j = i % 32u;
  uint q = nibble_at (body, block + 4u + j % 16u, j >= 16u) | (body.v[block >> 2] >> j & 1u) << 4;

  return half_float (short_at (scales, i / 32u * 2u)) * float (int (q) - 16);
}
#elif TYPE == TYPE_Q8_0
float
element (Words body, Words scales, uint i)
{
  return half_float (short_at (scales, i / 32u * 2u)) * float (signed_byte_at (body, i));
}
#elif TYPE == TYPE_Q4_1
float
element (Words body, Words scales, uint i)
{
  uint block = i / 32u * 20u;
  precise float x = half_float (short_at (body, block))
                    * float (nibble_at (body, block + 4u + i % 16u, i % 32u >= 16u));
  precise float y = x + half_float (short_at (body, block + 2u));

  return y;
}
#elif TYPE == TYPE_Q5_1
float
element (Words body, Words scales, uint i)
{
  uint block = i / 32u * 24u;
  uint j = i % 32u;
  uint q = nibble_at (body, block + 8u + j % 16u, j >= 16u)
           | (body.v[(block >> 2) + 1u] >> j & 1u) << 4;
  precise float x = half_float (short_at (body, block)) * float (q);
  precise float y = x + half_float (short_at (body, block + 2u));

  return y;
}
#elif TYPE == TYPE_Q2_K
float
element (Words body, Words scales, uint i)
{
  uint block = i / 256u * 84u;
  uint j = i % 256u;
  uint scale = byte_at (body, block + j / 16u);
  uint q = byte_at (body, block + 16u + j / 128u * 32u + j % 32u) >> j / 32u % 4u * 2u & 3u;
  precise float a = half_float (short_at (body, block + 80u)) * float (scale & 15u);
  precise float b = half_float (short_at (body, block + 82u)) * float (scale >> 4);
  precise float x = a * float (q);
  precise float y = x - b;

  return y;
}
#elif TYPE == TYPE_Q3_K
float
element (Words body, Words scales, uint i)
{
  uint block = i / 256u * 108u;
  uint j = i % 256u;
  uint group = j / 16u;
  uint low = nibble_at (body, block + 96u + group % 8u, group >= 8u);
  uint high = byte_at (body, block + 104u + group % 4u) >> 2u * (group / 4u) & 3u;
  uint q = byte_at (body, block + 32u + j / 128u * 32u + j % 32u) >> j / 32u % 4u * 2u & 3u;
  uint bit = byte_at (body, block + j % 32u) >> j / 32u & 1u;
  float d = half_float (short_at (scales, i / 256u * 2u));
  precise float scale = d * float (int (low | high << 4) - 32);

  return scale * float (int (q) - (bit != 0u ? 0 : 4));
}
#elif TYPE == TYPE_Q4_K || TYPE == TYPE_Q5_K
float
element (Words body, Words scales, uint i)
{
#if TYPE == TYPE_Q4_K
  uint block = i / 256u * 144u;
  uint quants = 16u;
#else
  uint block = i / 256u * 176u;
  uint quants = 48u;
#endif
  uint j = i % 256u;
  uvec2 pair = k4_scale_min (body, block + 4u, j / 32u);
  uint q = nibble_at (body, block + quants + j / 64u * 32u + j % 32u, j / 32u % 2u != 0u);
  precise float a = half_float (short_at (body, block)) * float (pair.x);
  precise float b = half_float (short_at (body, block + 2u)) * float (pair.y);
  precise float y;

#if TYPE == TYPE_Q5_K
  q |= (byte_at (body, block + 16u + j % 32u) >> j / 32u & 1u) << 4;
#endif
  y = a * float (q);
  y = y - b;
  return y;
}
#elif TYPE == TYPE_Q6_K
float
element (Words body, Words scales, uint i)
{
  uint block = i / 256u * 208u;
  uint j = i % 256u;
  uint half_block = j / 128u;
  uint low = nibble_at (body, block + half_block * 64u + j % 64u, j / 64u % 2u != 0u);
  uint high = byte_at (body, block + 128u + half_block * 32u + j % 32u) >> j / 32u % 4u * 2u & 3u;
  float d = half_float (short_at (scales, i / 256u * 2u));
  precise float scale = d * float (signed_byte_at (body, block + 192u + j / 16u));

  return scale * float (int (low | high << 4) - 32);
}
#elif TYPE == TYPE_IQ4_XS
float
element (Words body, Words scales, uint i)
{
  uint block = i / 256u * 136u;
  uint j = i % 256u;
  uint group = j / 32u;
  uint low = nibble_at (body, block + 4u + group / 2u, group % 2u != 0u);
  uint high = short_at (body, block + 2u) >> 2u * group & 3u;
  uint q = nibble_at (body, block + 8u + group * 16u + j % 16u, j / 16u % 2u != 0u);
  precise float scale = half_float (short_at (body, block)) * float (int (low | high << 4) - 32);

  return scale * float (IQ4_LEVELS[q]);
}
#endif
