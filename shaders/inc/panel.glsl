// SPDX-License-Identifier: GPL-3.0-or-later
//
// Thirty-two elements of a row of a weight of type TYPE at a time: load_panel brings
// them as they lie in memory, unpack_panel makes floats of them, so that a shader
// may compute something else in between.  `column` is a multiple of 32; elements
// from `columns` on are 0.
//
// Needs the weight's body, scales, row_words, scale_words and columns in `p`.

#if TYPE == TYPE_F32
#define PANEL_WORDS 32
#elif TYPE == TYPE_F16 || TYPE == TYPE_BF16
#define PANEL_WORDS 16
#elif TYPE == TYPE_Q4_0 || TYPE == TYPE_Q4_1 || TYPE == TYPE_IQ4_NL
#define PANEL_WORDS 5
#elif TYPE == TYPE_Q5_0 || TYPE == TYPE_Q5_1 || TYPE == TYPE_IQ4_XS
#define PANEL_WORDS 6
#elif TYPE == TYPE_Q8_0
#define PANEL_WORDS 9
#elif TYPE == TYPE_Q2_K
#define PANEL_WORDS 10
#elif TYPE == TYPE_Q4_K
#define PANEL_WORDS 12
#elif TYPE == TYPE_Q3_K
#define PANEL_WORDS 20
#elif TYPE == TYPE_Q5_K
#define PANEL_WORDS 20
#elif TYPE == TYPE_Q6_K
#define PANEL_WORDS 18
#endif

struct Panel {
  uint w[PANEL_WORDS];
};

// The quantised words come first in a panel, then what scales them.

void
load_words (inout Panel panel, uint to, uint from, uint n)
{
  for (uint i = 0u; i < n; i++)
    panel.w[to + i] = Words (p.body).v[from + i];
}

// The same where the words lie at a multiple of 16 bytes.
void
load_quads (inout Panel panel, uint to, uint from, uint n)
{
  for (uint i = 0u; i < n; i += 4u) {
    uvec4 four = Words4 (p.body).v[(from + i) / 4u];

    panel.w[to + i] = four.x;
    panel.w[to + i + 1u] = four.y;
    panel.w[to + i + 2u] = four.z;
    panel.w[to + i + 3u] = four.w;
  }
}

// Scale `block` of a split row, as the bits of a half.
uint
load_scale (uint row, uint block)
{
  uint pair = Words (p.scales).v[row * p.scale_words + block / 2u];

  return (block & 1u) != 0u ? pair >> 16 : pair & 0xffffu;
}

Panel
load_panel (uint row, uint column)
{
  Panel panel;
  uint at = row * p.row_words;
  uint block = column / 32u;
  uint k = column / 256u; // K block
  uint j = block % 8u; // part of it
  uint half_k = j / 4u;

#if TYPE == TYPE_F32
  load_quads (panel, 0u, at + column, 32u);
#elif TYPE == TYPE_F16 || TYPE == TYPE_BF16
  load_quads (panel, 0u, at + column / 2u, 16u);
#elif TYPE == TYPE_Q4_0 || TYPE == TYPE_IQ4_NL
  load_quads (panel, 0u, at + block * 4u, 4u);
  panel.w[4] = load_scale (row, block);
#elif TYPE == TYPE_Q4_1
  load_words (panel, 0u, at + block * 5u + 1u, 4u);
  load_words (panel, 4u, at + block * 5u, 1u);
#elif TYPE == TYPE_Q5_0
  load_words (panel, 0u, at + block * 5u + 1u, 4u);
  load_words (panel, 4u, at + block * 5u, 1u);
  panel.w[5] = load_scale (row, block);
#elif TYPE == TYPE_Q5_1
  load_words (panel, 0u, at + block * 6u + 2u, 4u);
  load_words (panel, 4u, at + block * 6u + 1u, 1u);
  load_words (panel, 5u, at + block * 6u, 1u);
#elif TYPE == TYPE_Q8_0
  load_quads (panel, 0u, at + block * 8u, 8u);
  panel.w[8] = load_scale (row, block);
#elif TYPE == TYPE_Q2_K
  at += k * 21u;
  load_words (panel, 0u, at + 4u + half_k * 8u, 8u);
  load_words (panel, 8u, at + 20u, 1u);
  load_words (panel, 9u, at + j / 2u, 1u);
#elif TYPE == TYPE_Q3_K
  at += k * 27u;
  load_words (panel, 0u, at + 8u + half_k * 8u, 8u);
  load_words (panel, 8u, at, 8u);
  load_words (panel, 16u, at + 24u, 3u);
  panel.w[19] = load_scale (row, k);
#elif TYPE == TYPE_Q4_K
  at += k * 36u;
  load_quads (panel, 0u, at + 4u + j / 2u * 8u, 8u);
  load_quads (panel, 8u, at, 4u);
#elif TYPE == TYPE_Q5_K
  at += k * 44u;
  load_quads (panel, 0u, at + 12u + j / 2u * 8u, 8u);
  load_quads (panel, 8u, at + 4u, 8u);
  load_quads (panel, 16u, at, 4u);
#elif TYPE == TYPE_Q6_K
  at += k * 52u;
  load_quads (panel, 0u, at + half_k * 16u + j % 2u * 8u, 8u);
  load_quads (panel, 8u, at + 32u + half_k * 8u, 8u);
  load_words (panel, 16u, at + 48u + j / 2u, 1u);
  panel.w[17] = load_scale (row, k);
#elif TYPE == TYPE_IQ4_XS
  at += k * 34u;
  load_words (panel, 0u, at + 2u + j * 4u, 4u);
  load_words (panel, 4u, at, 2u);
#endif
  return panel;
}

vec2
two_halves (uint word)
{
  return vec2 (half_float (word & 0xffffu), half_float (word >> 16));
}

vec4
bytes_of (uint word)
{
  return vec4 (word & 0xffu, (word >> 8) & 0xffu, (word >> 16) & 0xffu, word >> 24);
}

vec4
signed_bytes_of (uint word)
{
  int x = int (word);

  return vec4 (x << 24 >> 24, x << 16 >> 24, x << 8 >> 24, x >> 24);
}

// Bits 4 i … 4 i + 3 of `bits` as bit 4 of the four bytes.
uint
fifth_bits (uint bits, uint i)
{
  uint four = bits >> (4u * i);

  return (four & 1u) << 4 | (four & 2u) << 11 | (four & 4u) << 18 | (four & 8u) << 25;
}

// Scale and min number j of the twelve bytes of Q4_K and Q5_K.
uvec2
scale_min (uint a, uint b, uint c, uint j)
{
  uint shift = 8u * (j & 3u);

  if (j < 4u)
    return uvec2 (a >> shift, b >> shift) & 63u;
  return uvec2 ((c >> shift & 15u) | (a >> (shift + 6u) & 3u) << 4,
                (c >> (shift + 4u) & 15u) | (b >> (shift + 6u) & 3u) << 4);
}

#if TYPE == TYPE_IQ4_NL || TYPE == TYPE_IQ4_XS
// The sixteen levels, four to a word.
const uint levels[4] = uint[] (0xbfad9881u, 0xf6eaddcfu, 0x26190d01u, 0x71594535u);

vec4
levels_of (uint nibbles)
{
  ivec4 x;

  for (uint i = 0u; i < 4u; i++) {
    uint n = nibbles >> (8u * i) & 15u;

    x[i] = int (levels[n >> 2] << (24u - 8u * (n & 3u))) >> 24;
  }
  return vec4 (x);
}
#endif

// Scale number n (0-15) of the twelve bytes of Q3_K.
float
scale_3k (uint a, uint b, uint c, uint n)
{
  uint low = (n & 4u) != 0u ? b : a;
  uint four = low >> (8u * (n & 3u) + (n >= 8u ? 4u : 0u)) & 15u;
  uint two = c >> (8u * (n & 3u) + 2u * (n / 4u)) & 3u;

  return float (int (four | two << 4) - 32);
}

// Element 4 i + n of the panel is w[i][n].
void
unpack_panel (Panel panel, uint column, out vec4 w[8])
{
  uint j = column / 32u % 8u;

  for (uint i = 0u; i < 8u; i++) {
#if TYPE == TYPE_F32
    w[i] = vec4 (uintBitsToFloat (panel.w[4u * i]), uintBitsToFloat (panel.w[4u * i + 1u]),
                 uintBitsToFloat (panel.w[4u * i + 2u]), uintBitsToFloat (panel.w[4u * i + 3u]));
#elif TYPE == TYPE_F16
    w[i] = vec4 (unpackHalf2x16 (panel.w[2u * i]), unpackHalf2x16 (panel.w[2u * i + 1u]));
#elif TYPE == TYPE_BF16
    uvec2 two = uvec2 (panel.w[2u * i], panel.w[2u * i + 1u]);

    w[i] = uintBitsToFloat (uvec4 (two.x << 16, two.x & 0xffff0000u, two.y << 16, two.y & 0xffff0000u));
#elif TYPE == TYPE_Q4_0
    w[i] = half_float (0xffffu & panel.w[4]) * (bytes_of (panel.w[i % 4u] >> (4u * (i / 4u)) & 0x0f0f0f0fu) - 8.0);
#elif TYPE == TYPE_Q4_1
    vec2 dm = two_halves (panel.w[4]);

    w[i] = fma (vec4 (dm.x), bytes_of (panel.w[i % 4u] >> (4u * (i / 4u)) & 0x0f0f0f0fu), vec4 (dm.y));
#elif TYPE == TYPE_Q5_0
    uint q = (panel.w[i % 4u] >> (4u * (i / 4u)) & 0x0f0f0f0fu) | fifth_bits (panel.w[4], i);

    w[i] = half_float (0xffffu & panel.w[5]) * (bytes_of (q) - 16.0);
#elif TYPE == TYPE_Q5_1
    uint q = (panel.w[i % 4u] >> (4u * (i / 4u)) & 0x0f0f0f0fu) | fifth_bits (panel.w[4], i);
    vec2 dm = two_halves (panel.w[5]);

    w[i] = fma (vec4 (dm.x), bytes_of (q), vec4 (dm.y));
#elif TYPE == TYPE_Q8_0
    w[i] = half_float (0xffffu & panel.w[8]) * signed_bytes_of (panel.w[i]);
#elif TYPE == TYPE_IQ4_NL
    w[i] = half_float (0xffffu & panel.w[4]) * levels_of (panel.w[i % 4u] >> (4u * (i / 4u)));
#elif TYPE == TYPE_IQ4_XS
    uint low = panel.w[5] >> (4u * j) & 15u;
    uint high = panel.w[4] >> (16u + 2u * j) & 3u;

    w[i] = half_float (0xffffu & panel.w[4]) * float (int (low | high << 4) - 32)
           * levels_of (panel.w[i % 4u] >> (4u * (i / 4u)));
#elif TYPE == TYPE_Q2_K
    uint scale = panel.w[9] >> (16u * (j & 1u) + 8u * (i / 4u));
    vec2 dm = two_halves (panel.w[8]);

    w[i] = fma (vec4 (dm.x * float (scale & 15u)), bytes_of (panel.w[i] >> (2u * (j & 3u)) & 0x03030303u),
                vec4 (-dm.y * float (scale >> 4 & 15u)));
#elif TYPE == TYPE_Q3_K
    uint high = ~(panel.w[8u + i] >> j) & 0x01010101u;
    float d = half_float (0xffffu & panel.w[19]) * scale_3k (panel.w[16], panel.w[17], panel.w[18], 2u * j + i / 4u);

    w[i] = d * (bytes_of (panel.w[i] >> (2u * (j & 3u)) & 0x03030303u) - bytes_of (high << 2));
#elif TYPE == TYPE_Q4_K
    vec2 dm = two_halves (panel.w[8]);
    uvec2 sm = scale_min (panel.w[9], panel.w[10], panel.w[11], j);

    w[i] = fma (vec4 (dm.x * float (sm.x)), bytes_of (panel.w[i] >> (4u * (j & 1u)) & 0x0f0f0f0fu),
                vec4 (-dm.y * float (sm.y)));
#elif TYPE == TYPE_Q5_K
    vec2 dm = two_halves (panel.w[16]);
    uvec2 sm = scale_min (panel.w[17], panel.w[18], panel.w[19], j);
    uint q = (panel.w[i] >> (4u * (j & 1u)) & 0x0f0f0f0fu) | (panel.w[8u + i] >> j & 0x01010101u) << 4;

    w[i] = fma (vec4 (dm.x * float (sm.x)), bytes_of (q), vec4 (-dm.y * float (sm.y)));
#elif TYPE == TYPE_Q6_K
    uint q = (panel.w[i] >> (4u * (j / 2u & 1u)) & 0x0f0f0f0fu)
             | (panel.w[8u + i] >> (2u * (j & 3u)) & 0x03030303u) << 4;
    int scale = int (panel.w[16] << (24u - 16u * (j & 1u) - 8u * (i / 4u))) >> 24;

    w[i] = half_float (0xffffu & panel.w[17]) * float (scale) * (bytes_of (q) - 32.0);
#endif
  }
#if TYPE == TYPE_F32 || TYPE == TYPE_F16 || TYPE == TYPE_BF16
  for (uint i = 0u; i < 32u; i++) {
    if (column + i >= p.columns)
      w[i / 4u][i % 4u] = 0.0;
  }
#endif
}
