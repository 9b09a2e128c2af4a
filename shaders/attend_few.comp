// SPDX-License-Identifier: GPL-3.0-or-later
//
// Attention of made rows: one workgroup gathers, for one row, up to HEADS query
// heads that share keys and one chunk of the row's pages, a sum of values with the
// largest score and the sum of weights; attend_merge puts the chunks together.
//
// LANES threads share a position, each with UNITS times eight elements of the
// head, so that all keys and values of a page are on their way at once.  Every
// group of lanes runs its own online softmax over its positions; the groups are
// merged in fixed order at the end.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "inc/common.glsl"

layout (local_size_x_id = 0) in;
layout (constant_id = 0) const uint THREADS = 256;
layout (constant_id = 1) const uint SUBGROUP = 32;
layout (constant_id = 2) const uint HEAD_DIM = 128;
layout (constant_id = 3) const uint CACHE_F32 = 0;
layout (constant_id = 4) const uint GROUP = 4; // query heads per key head
layout (constant_id = 5) const uint HEADS = 4; // of them in a workgroup
layout (constant_id = 6) const uint LANES = 16; // a power of two, at most SUBGROUP

layout (push_constant, scalar) uniform Push { vk_push_attend p; };

#include "inc/attend.glsl"

const uint UNITS = (HEAD_UNITS + LANES - 1u) / LANES; // per lane
const uint STRIDE = THREADS / LANES; // positions at a time
const uint TIMES = (PAGE_TOKENS + STRIDE - 1u) / STRIDE; // positions of a page per thread
const uint SUBGROUPS = THREADS / SUBGROUP;

shared float shared_sum[SUBGROUPS * HEADS * HEAD_DIM];
shared vec2 shared_softmax[SUBGROUPS * HEADS];

vec4 query[HEADS * UNITS * 2u];
vec4 sum[HEADS * UNITS * 2u];
float largest[HEADS];
float total[HEADS];

void
load_queries (uint row, uint head, uint lane)
{
  for (uint h = 0u; h < HEADS; h++) {
    uint at = row * p.q_stride + min (head + h, p.heads - 1u) * HEAD_DIM;

    for (uint u = 0u; u < UNITS; u++) {
      for (uint i = 0u; i < 8u; i++) {
        uint e = (lane + u * LANES) * 8u + i;

        query[(h * UNITS + u) * 2u + i / 4u][i % 4u] = e < HEAD_DIM ? Floats (p.q).v[at + e] : 0.0;
      }
    }
  }
}

// The page's keys and values, all of them at once.  Arrays whose size is a constant of the
// pipeline are no arguments.
Raw key[TIMES * UNITS];
Raw value[TIMES * UNITS];
bool seen[TIMES]; // whether the row sees the position
float score[TIMES * HEADS]; // and then what it weighs

void
load_page (uvec2 memory, uint keys, uint values, uint page, Span span, uint lane, uint slot)
{
  for (uint t = 0u; t < TIMES; t++) {
    uint at = slot + t * STRIDE;
    uint position = page * PAGE_TOKENS + at;

    seen[t] = at < PAGE_TOKENS && position >= span.first && position <= span.last;
    for (uint u = 0u; u < UNITS; u++) {
      uint unit = lane + u * LANES;
      bool real = seen[t] && unit < HEAD_UNITS;

      key[t * UNITS + u] = Raw (uvec4 (0), uvec4 (0));
      value[t * UNITS + u] = key[t * UNITS + u];
      if (real) {
        key[t * UNITS + u] = load_unit (memory, keys + at * ROW_BYTES, unit);
        value[t * UNITS + u] = load_unit (memory, values + at * ROW_BYTES, unit);
      }
    }
  }
}

// Keys times queries, added up over the lanes of a position.
void
score_page ()
{
  for (uint t = 0u; t < TIMES; t++) {
    for (uint h = 0u; h < HEADS; h++)
      score[t * HEADS + h] = 0.0;
    for (uint u = 0u; u < UNITS; u++) {
      Eight k = unpack (key[t * UNITS + u]);

      for (uint h = 0u; h < HEADS; h++) {
        uint q = (h * UNITS + u) * 2u;
        precise vec4 x = fma (k.b, query[q + 1u], k.a * query[q]);
        precise float s = score[t * HEADS + h] + ((x.x + x.y) + (x.z + x.w));

        score[t * HEADS + h] = s;
      }
    }
  }
  for (uint o = LANES / 2u; o > 0u; o >>= 1u) {
    for (uint i = 0u; i < TIMES * HEADS; i++) {
      precise float s = score[i] + subgroupShuffleXor (score[i], o);

      score[i] = s;
    }
  }
}

// From scores to weights of head `h`; what was gathered before fades to the new maximum.
void
soften (uint h)
{
  precise float most = largest[h];
  precise float fade, weights;

  for (uint t = 0u; t < TIMES; t++) {
    uint i = t * HEADS + h;

    score[i] = seen[t] ? score_of (score[i], p.scale, p.cap) : ATTEND_FLOOR;
    most = max (most, score[i]);
  }
  fade = exp (largest[h] - most);
  largest[h] = most;
  weights = total[h] * fade;
  for (uint u = 0u; u < UNITS * 2u; u++)
    sum[h * UNITS * 2u + u] *= fade;
  for (uint t = 0u; t < TIMES; t++) {
    score[t * HEADS + h] = seen[t] ? exp (score[t * HEADS + h] - most) : 0.0;
    weights = weights + score[t * HEADS + h];
  }
  total[h] = weights;
}

void
add_values ()
{
  for (uint t = 0u; t < TIMES; t++) {
    for (uint u = 0u; u < UNITS; u++) {
      Eight v = unpack (value[t * UNITS + u]);

      for (uint h = 0u; h < HEADS; h++) {
        uint s = (h * UNITS + u) * 2u;
        vec4 weight = vec4 (score[t * HEADS + h]);

        sum[s] = fma (weight, v.a, sum[s]);
        sum[s + 1u] = fma (weight, v.b, sum[s + 1u]);
      }
    }
  }
}

// The keys and values of one page into the running sums.
void
gather_page (uvec2 memory, uint keys, uint values, uint page, Span span, uint lane, uint slot)
{
  load_page (memory, keys, values, page, span, lane, slot);
  score_page ();
  for (uint h = 0u; h < HEADS; h++)
    soften (h);
  add_values ();
}

// Groups of lanes of one subgroup into one.
void
merge_subgroup ()
{
  for (uint o = LANES; o < SUBGROUP; o <<= 1u) {
    for (uint h = 0u; h < HEADS; h++) {
      float other = subgroupShuffleXor (largest[h], o);
      float most = max (largest[h], other);
      precise float mine = exp (largest[h] - most);
      precise float theirs = exp (other - most);
      precise float x = total[h] * mine;
      precise float y = subgroupShuffleXor (total[h], o) * theirs;

      largest[h] = most;
      total[h] = x + y;
      for (uint u = 0u; u < UNITS * 2u; u++) {
        uint s = h * UNITS * 2u + u;
        precise vec4 a = sum[s] * mine;
        precise vec4 b = subgroupShuffleXor (sum[s], o) * theirs;

        sum[s] = a + b;
      }
    }
  }
}

void
share (uint lane)
{
  for (uint h = 0u; h < HEADS; h++) {
    uint at = gl_SubgroupID * HEADS + h;

    if (lane == 0u)
      shared_softmax[at] = vec2 (largest[h], total[h]);
    for (uint u = 0u; u < UNITS; u++) {
      for (uint i = 0u; i < 8u; i++) {
        uint e = (lane + u * LANES) * 8u + i;

        if (e < HEAD_DIM)
          shared_sum[at * HEAD_DIM + e] = sum[(h * UNITS + u) * 2u + i / 4u][i % 4u];
      }
    }
  }
}

// The subgroups' sums, in order, to the place of this chunk.
void
write_chunk (uint row, uint head, uint heads, uint chunk, uint thread)
{
  for (uint i = thread; i < heads * HEAD_DIM; i += THREADS) {
    uint h = i / HEAD_DIM;
    uint e = i % HEAD_DIM;
    uint at = (row * p.heads + head + h) * VK_ATTEND_CHUNKS + chunk;
    float most = ATTEND_FLOOR;
    precise float gathered = 0.0;
    precise float weights = 0.0;

    for (uint s = 0u; s < SUBGROUPS; s++)
      most = max (most, shared_softmax[s * HEADS + h].x);
    for (uint s = 0u; s < SUBGROUPS; s++) {
      precise float fade = exp (shared_softmax[s * HEADS + h].x - most);

      gathered = fma (shared_sum[(s * HEADS + h) * HEAD_DIM + e], fade, gathered);
      weights = fma (shared_softmax[s * HEADS + h].y, fade, weights);
    }
    Floats (p.sums).v[at * HEAD_DIM + e] = gathered;
    if (e == 0u)
      Words2 (p.softmax).v[at] = floatBitsToUint (vec2 (most, weights));
  }
}

void
main ()
{
  uint thread = gl_SubgroupID * SUBGROUP + gl_SubgroupInvocationID;
  uint lane = thread % LANES;
  uint groups = (GROUP + HEADS - 1u) / HEADS; // workgroups that share a key head
  uint key_head = gl_WorkGroupID.y / groups;
  uint head = key_head * GROUP + gl_WorkGroupID.y % groups * HEADS;
  uint row = gl_WorkGroupID.z;
  vk_row info = Rows (p.rows).v[p.first + row];
  Span span = span_of (uint (info.position), p.window);
  uint page = span.page + gl_WorkGroupID.x * span.per_chunk;
  uint end = min (page + span.per_chunk, span.page + span.pages);

  if (gl_WorkGroupID.x >= span.chunks)
    return;
  load_queries (p.first + row, head, lane);
  for (uint i = 0u; i < HEADS; i++) {
    largest[i] = ATTEND_FLOOR;
    total[i] = 0.0;
  }
  for (uint i = 0u; i < HEADS * UNITS * 2u; i++)
    sum[i] = vec4 (0.0);
  for (; page < end; page++) {
    uint at = key_head * HEAD_BYTES;

    gather_page (page_of (info, min (page, end - 1u)), p.keys + at, p.values + at, page, span, lane, thread / LANES);
  }
  merge_subgroup ();
  if (gl_SubgroupInvocationID < LANES)
    share (lane);
  barrier ();
  write_chunk (row, head, min (HEADS, key_head * GROUP + GROUP - head), gl_WorkGroupID.x, thread);
}
