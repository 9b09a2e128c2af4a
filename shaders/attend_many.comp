// SPDX-License-Identifier: GPL-3.0-or-later
//
// Attention of a prompt's rows in f32: one workgroup takes TILE rows of one
// sequence and one query head through the pages from the first that any of the
// rows sees to the last, with an online softmax per row.
//
// A row's sums take its positions page by page, counted from position 0, and a
// page of which it sees nothing leaves them bit for bit as they were: so a row's
// result does not depend on the rows beside it.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "inc/common.glsl"

#define WIDE 8u /* threads that share a row; a subgroup has no fewer */

layout (local_size_x_id = 0) in;
layout (constant_id = 0) const uint THREADS = 128;
layout (constant_id = 1) const uint SUBGROUP = 32;
layout (constant_id = 2) const uint HEAD_DIM = 128;
layout (constant_id = 3) const uint CACHE_F32 = 0;
layout (constant_id = 4) const uint GROUP = 4; // query heads per key head
layout (constant_id = 5) const uint TILE = 32; // rows
layout (constant_id = 6) const uint STEP = 8; // elements of keys, positions of values shared at a time

layout (push_constant, scalar) uniform Push { vk_push_attend p; };

#include "inc/attend.glsl"

const uint ROWS = TILE * WIDE / THREADS; // of a thread
const uint KEYS = PAGE_TOKENS / WIDE; // scores of a row per thread
const uint ELEMENTS = HEAD_UNITS; // of a row's sum per thread: WIDE apart
const uint WIDTH = HEAD_UNITS * 8u; // HEAD_DIM in whole units
const uint KEY_STRIDE = STEP / 4u + 1u; // vec4s, against bank conflicts
const uint SHARED_KEYS = PAGE_TOKENS * KEY_STRIDE;
const uint SHARED_VALUES = STEP * WIDTH / 4u;

shared vec4 shared_query[TILE * WIDTH / 4u];
shared vec4 shared_step[SHARED_KEYS > SHARED_VALUES ? SHARED_KEYS : SHARED_VALUES];
shared float shared_weight[TILE * (PAGE_TOKENS + 1u)];

float score[ROWS * KEYS];
float sum[ROWS * ELEMENTS];
float largest[ROWS];
float total[ROWS];

void
load_queries (vk_tile tile, uint head, uint thread)
{
  for (uint i = thread; i < TILE * WIDTH; i += THREADS) {
    uint row = i / WIDTH;
    uint e = i % WIDTH;
    float x = 0.0;

    if (row < tile.count && e < HEAD_DIM)
      x = Floats (p.q).v[(tile.first + row) * p.q_stride + head * HEAD_DIM + e];
    shared_query[i / 4u][i % 4u] = x;
  }
}

// Elements [first, first + STEP) of the page's keys.
void
share_keys (uvec2 memory, uint keys, uint first, uint thread)
{
  for (uint i = thread; i < PAGE_TOKENS * (STEP / 8u); i += THREADS) {
    uint position = i / (STEP / 8u);
    uint unit = i % (STEP / 8u);
    Eight k = Eight (vec4 (0.0), vec4 (0.0));

    if (first / 8u + unit < HEAD_UNITS)
      k = unpack (load_unit (memory, keys + position * ROW_BYTES, first / 8u + unit));
    shared_step[position * KEY_STRIDE + unit * 2u] = k.a;
    shared_step[position * KEY_STRIDE + unit * 2u + 1u] = k.b;
  }
}

// Positions [first, first + STEP) of the page's values.
void
share_values (uvec2 memory, uint values, uint first, uint thread)
{
  for (uint i = thread; i < STEP * HEAD_UNITS; i += THREADS) {
    uint position = i / HEAD_UNITS;
    uint unit = i % HEAD_UNITS;
    Eight v = unpack (
        load_unit (memory, values + (first + position) * ROW_BYTES, unit));

    shared_step[position * (WIDTH / 4u) + unit * 2u] = v.a;
    shared_step[position * (WIDTH / 4u) + unit * 2u + 1u] = v.b;
  }
}

// Thread (x, y) has the keys x, x + WIDE, … of rows ROWS y, ROWS y + 1, …
void
score_page (uvec2 memory, uint keys, uint x, uint y, uint thread)
{
  for (uint i = 0u; i < ROWS * KEYS; i++)
    score[i] = 0.0;
  for (uint first = 0u; first < WIDTH; first += STEP) {
    barrier ();
    share_keys (memory, keys, first, thread);
    barrier ();
    for (uint e = 0u; e < min (STEP, WIDTH - first) / 4u; e++) {
      vec4 q[ROWS];

      for (uint r = 0u; r < ROWS; r++)
        q[r] = shared_query[(y * ROWS + r) * (WIDTH / 4u) + first / 4u + e];
      for (uint j = 0u; j < KEYS; j++) {
        vec4 k = shared_step[(x + j * WIDE) * KEY_STRIDE + e];

        for (uint r = 0u; r < ROWS; r++) {
          precise float s = fma (q[r].x, k.x, score[r * KEYS + j]);

          s = fma (q[r].y, k.y, s);
          s = fma (q[r].z, k.z, s);
          score[r * KEYS + j] = fma (q[r].w, k.w, s);
        }
      }
    }
  }
}

// From scores to weights, which go to shared memory.
void
soften (uint page, uint x, uint y, Span span[ROWS])
{
  for (uint r = 0u; r < ROWS; r++) {
    precise float most = ATTEND_FLOOR;
    precise float fade = 1.0;
    precise float weights = 0.0;

    for (uint j = 0u; j < KEYS; j++) {
      uint position = page * PAGE_TOKENS + x + j * WIDE;
      bool seen = position >= span[r].first && position <= span[r].last;
      uint i = r * KEYS + j;

      score[i] = seen ? score_of (score[i], p.scale, p.cap) : ATTEND_FLOOR;
      most = max (most, score[i]);
    }
    for (uint o = WIDE / 2u; o > 0u; o >>= 1u)
      most = max (most, subgroupShuffleXor (most, o));
    if (most > largest[r]) {
      fade = exp (largest[r] - most);
      largest[r] = most;
    }
    for (uint j = 0u; j < KEYS; j++) {
      uint position = page * PAGE_TOKENS + x + j * WIDE;
      bool seen = position >= span[r].first && position <= span[r].last;
      precise float weight = seen ? exp (score[r * KEYS + j] - largest[r]) : 0.0;

      weights += weight;
      shared_weight[(y * ROWS + r) * (PAGE_TOKENS + 1u) + x + j * WIDE] = weight;
    }
    for (uint o = WIDE / 2u; o > 0u; o >>= 1u)
      weights += subgroupShuffleXor (weights, o);
    total[r] = fma (total[r], fade, weights);
    for (uint j = 0u; j < ELEMENTS; j++)
      sum[r * ELEMENTS + j] *= fade;
  }
}

void
gather_page (uvec2 memory, uint values, uint x, uint y, uint thread)
{
  for (uint first = 0u; first < PAGE_TOKENS; first += STEP) {
    barrier ();
    share_values (memory, values, first, thread);
    barrier ();
    for (uint i = 0u; i < STEP; i++) {
      float weight[ROWS];

      for (uint r = 0u; r < ROWS; r++)
        weight[r] = shared_weight[(y * ROWS + r) * (PAGE_TOKENS + 1u) + first + i];
      for (uint j = 0u; j < ELEMENTS; j++) {
        uint e = x + j * WIDE;
        float v = shared_step[i * (WIDTH / 4u) + e / 4u][e % 4u];

        for (uint r = 0u; r < ROWS; r++)
          sum[r * ELEMENTS + j] = fma (weight[r], v, sum[r * ELEMENTS + j]);
      }
    }
  }
}

void
write_row (uint row, uint head, uint r, uint x)
{
  for (uint j = 0u; j < ELEMENTS; j++) {
    uint e = x + j * WIDE;
    float value = sum[r * ELEMENTS + j] / total[r];

    /* No negative zero: masked pages would turn it into the other one. */
    if (e < HEAD_DIM)
      Floats (p.o).v[row * p.o_stride + head * HEAD_DIM + e] = value == 0.0 ? 0.0 : value;
  }
}

void
main ()
{
  uint thread = gl_SubgroupID * SUBGROUP + gl_SubgroupInvocationID;
  uint x = thread % WIDE;
  uint y = thread / WIDE;
  uint head = gl_WorkGroupID.y;
  vk_tile tile = part_of_tile (gl_WorkGroupID.x, TILE);
  vk_row info;
  Span span[ROWS];
  uint first, last;

  if (tile.count == 0u)
    return;
  load_queries (tile, head, thread);
  for (uint r = 0u; r < ROWS; r++) {
    uint row = min (y * ROWS + r, tile.count - 1u);

    span[r] = span_of (uint (Rows (p.rows).v[tile.first + row].position), p.window);
    largest[r] = ATTEND_FLOOR;
    total[r] = 0.0;
  }
  for (uint i = 0u; i < ROWS * ELEMENTS; i++)
    sum[i] = 0.0;
  info = Rows (p.rows).v[tile.first];
  first = span_of (uint (info.position), p.window).page;
  last = uint (Rows (p.rows).v[tile.first + tile.count - 1u].position) / PAGE_TOKENS;
  for (uint page = first; page <= last; page++) {
    uvec2 memory = page_of (info, page);
    uint at = head / GROUP * HEAD_BYTES;

    score_page (memory, p.keys + at, x, y, thread);
    soften (page, x, y, span);
    gather_page (memory, p.values + at, x, y, thread);
  }
  for (uint r = 0u; r < ROWS; r++) {
    if (y * ROWS + r < tile.count)
      write_row (tile.first + y * ROWS + r, head, r, x);
  }
}
