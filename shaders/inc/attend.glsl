// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the attention shaders share: which positions a row sees, in which chunks
// they are gathered, and how keys and values are read from their pages.
//
// Needs the constants HEAD_DIM and CACHE_F32, and the push constants `p` of
// attention.

#define PAGE_TOKENS 64u
#define ATTEND_FLOOR (-1.7e38) /* where running maxima start: finite, so that differences are */

const uint CACHE_ELEMENT = CACHE_F32 != 0u ? 4u : 2u;
const uint ROW_BYTES = HEAD_DIM * CACHE_ELEMENT; /* of one position, one head, keys or values */
const uint HEAD_BYTES = PAGE_TOKENS * ROW_BYTES; /* of one head in a page */
const uint HEAD_UNITS = (HEAD_DIM + 7u) / 8u;
const bool WHOLE_UNITS = HEAD_DIM % 8u == 0u;

// The positions that a row sees and the pages they lie in.  Pages are gathered in
// chunks, few enough to be merged at once; all of it depends on nothing but the
// row's position and the step's window.
struct Span {
  uint first, last; // positions
  uint page, pages; // the first page and how many
  uint per_chunk; // pages
  uint chunks;
};

Span
span_of (uint position, uint window)
{
  Span s;

  s.last = position;
  s.first = window > 0u && position >= window ? position - window + 1u : 0u;
  s.page = s.first / PAGE_TOKENS;
  s.pages = s.last / PAGE_TOKENS - s.page + 1u;
  s.per_chunk = (s.pages + VK_ATTEND_CHUNKS - 1u) / VK_ATTEND_CHUNKS;
  s.chunks = (s.pages + s.per_chunk - 1u) / s.per_chunk;
  return s;
}

// Page `page` of a row's sequence.
uvec2
page_of (vk_row row, uint page)
{
  return Words2 (p.pages).v[row.pages + page];
}

// The part of a tile with which workgroup `number` is concerned; maybe no rows.
vk_tile
part_of_tile (uint number, uint rows)
{
  vk_tile tile = Tiles (p.tiles).v[number / (VK_TILE_ROWS / rows)];
  uint skipped = min (number % (VK_TILE_ROWS / rows) * rows, tile.count);

  tile.first += skipped;
  tile.count = min (tile.count - skipped, rows);
  return tile;
}

// Eight elements of a row of the cache as they lie in memory.
struct Raw {
  uvec4 a, b; // b: the second four of an F32 cache
};

struct Eight {
  vec4 a, b;
};

// One pair of elements at a time, for heads whose rows are no multiple of 16 bytes.
Raw
load_ragged (uvec2 page, uint row, uint unit)
{
  Raw raw = Raw (uvec4 (0), uvec4 (0));
  uint n = min (8u, HEAD_DIM - unit * 8u);

  for (uint i = 0u; i < n; i += 2u) {
    uint at = (row + (unit * 8u + i) * CACHE_ELEMENT) / 4u;

    if (CACHE_F32 == 0u) {
      raw.a[i / 2u] = Words (page).v[at];
    } else if (i < 4u) {
      raw.a[i] = Words (page).v[at];
      raw.a[i + 1u] = Words (page).v[at + 1u];
    } else {
      raw.b[i - 4u] = Words (page).v[at];
      raw.b[i - 3u] = Words (page).v[at + 1u];
    }
  }
  return raw;
}

// Unit `unit` of the row that begins `row` bytes into the page.
Raw
load_unit (uvec2 page, uint row, uint unit)
{
  if (!WHOLE_UNITS)
    return load_ragged (page, row, unit);
  if (CACHE_F32 == 0u)
    return Raw (Words4 (page).v[row / 16u + unit], uvec4 (0));
  return Raw (Words4 (page).v[row / 16u + unit * 2u], Words4 (page).v[row / 16u + unit * 2u + 1u]);
}

Eight
unpack (Raw raw)
{
  if (CACHE_F32 != 0u)
    return Eight (uintBitsToFloat (raw.a), uintBitsToFloat (raw.b));
  return Eight (vec4 (unpackHalf2x16 (raw.a.x), unpackHalf2x16 (raw.a.y)),
                vec4 (unpackHalf2x16 (raw.a.z), unpackHalf2x16 (raw.a.w)));
}

// scale * q . k, and the soft cap
float
score_of (float dot, float scale, float cap)
{
  float s = dot * scale;

  /* Beyond 10 it is 1, and drivers' tanh may overflow. */
  return cap > 0.0 ? cap * tanh (clamp (s / cap, -10.0, 10.0)) : s;
}
