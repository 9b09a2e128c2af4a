// SPDX-License-Identifier: GPL-3.0-or-later
//
// Puts the chunks that attend_few gathered together, in order: one thread per
// element of O.  A workgroup owns whole blocks of 32 elements and also writes them
// packed to 8 bits, as the next product wants them.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "inc/common.glsl"
#include "inc/q8.glsl"

layout (local_size_x_id = 0) in;
layout (constant_id = 0) const uint THREADS = 128;
layout (constant_id = 1) const uint SUBGROUP = 32;
layout (constant_id = 2) const uint HEAD_DIM = 128;
layout (constant_id = 3) const uint CACHE_F32 = 0;

layout (push_constant, scalar) uniform Push { vk_push_attend p; };

#include "inc/attend.glsl"

float
merge (uint row, uint head, uint e, uint chunks)
{
  uint at = (row * p.heads + head) * VK_ATTEND_CHUNKS;
  float most = ATTEND_FLOOR;
  precise float gathered = 0.0;
  precise float weights = 0.0;

  for (uint c = 0u; c < chunks; c++)
    most = max (most, uintBitsToFloat (Words2 (p.softmax).v[at + c].x));
  for (uint c = 0u; c < chunks; c++) {
    precise float fade = exp (uintBitsToFloat (Words2 (p.softmax).v[at + c].x) - most);

    gathered = fma (Floats (p.sums).v[(at + c) * HEAD_DIM + e], fade, gathered);
    weights = fma (uintBitsToFloat (Words2 (p.softmax).v[at + c].y), fade, weights);
  }
  return gathered / weights;
}

shared float merged[THREADS];

// The workgroup's blocks: eight lanes for each.
void
pack (uint row, uint thread)
{
  uint block = gl_WorkGroupID.x * (THREADS / 32u) + thread / 8u;
  uint blocks = p.heads * HEAD_DIM / 32u;
  uint at = min (thread * 4u, THREADS - 4u);
  Q8 q = q8_of (vec4 (merged[at], merged[at + 1u], merged[at + 2u], merged[at + 3u]));

  if (thread >= THREADS / 4u || block >= blocks)
    return;
  block += row * blocks;
  Words (p.packed).v[block * 8u + thread % 8u] = q.packed;
  if (thread % 8u == 0u)
    Words2 (p.factors).v[block] = q.factor;
}

void
main ()
{
  uint thread = gl_SubgroupID * SUBGROUP + gl_SubgroupInvocationID;
  uint row = gl_WorkGroupID.y;
  uint i = gl_WorkGroupID.x * THREADS + thread;
  bool real = i < p.heads * HEAD_DIM;
  vk_row info = Rows (p.rows).v[p.first + row];
  float x = 0.0;

  if (real) {
    x = merge (row, i / HEAD_DIM, i % HEAD_DIM, span_of (uint (info.position), p.window).chunks);
    Floats (p.o).v[(p.first + row) * p.o_stride + i] = x;
  }
  if (p.packed == uvec2 (0))
    return;
  merged[thread] = x;
  barrier ();
  pack (p.first + row, thread);
}
