// SPDX-License-Identifier: GPL-3.0-or-later
//
// Products of many rows in signed bytes, four at a time:
// out[row][o] = sum of weight[o][c] * x[row][c], with x packed by pack.comp to q8.
//
// A workgroup has TILE_O outputs and TILE_R rows.  It goes through the columns a unit
// at a time: while threads multiply what lies in one half of the shared memory, the
// next weights and rows are on their way, and are then put into the other half.  A
// thread has OUTPUTS outputs of ROWS rows, which lie apart so that neighbours read
// side by side.  An output's sum goes from the first unit to the last, whatever its
// place in the tile.
#version 460
#extension GL_GOOGLE_include_directive : require
#include "inc/common.glsl"
#extension GL_EXT_integer_dot_product : require

layout (local_size_x_id = 0) in;
layout (constant_id = 0) const uint THREADS = 128; // at least TILE_O, at least TILE_R
layout (constant_id = 1) const uint SUBGROUP = 32;
layout (constant_id = 2) const uint TILE_O = 64;
layout (constant_id = 3) const uint TILE_R = 64;
layout (constant_id = 4) const uint OUTPUTS = 4;

layout (push_constant, scalar) uniform Push { vk_push_many p; };

#include "inc/units.glsl"
#include "inc/groups.glsl"

const uint ACROSS = TILE_O / OUTPUTS; // threads side by side along the outputs
const uint DOWN = THREADS / ACROSS;
const uint ROWS = TILE_R / DOWN;

// [half][first groups, second groups, what scales them][output or row]
shared uvec4 shared_w[2u * 3u * TILE_O];
shared uvec4 shared_x[2u * 3u * TILE_R];

float sum[OUTPUTS * ROWS];

// What a thread brings of the next unit: of one output, of one row, or both.
uvec2 body, scales;
uint first_block; // of the row
Raw raw;
uvec4 quants[2];
uvec2 factors[2];

void
find_place (uint thread)
{
  uint o = min (gl_WorkGroupID.x * TILE_O + thread % TILE_O, p.outputs - 1u);
  uint row = min (gl_WorkGroupID.y * TILE_R + thread % TILE_R, p.rows - 1u);

  body = plus_many (p.body, o, p.row_words * 4u);
  scales = plus_many (p.scales, o, p.scale_words * 4u);
  first_block = row * (p.columns / 32u);
}

// The first threads bring weights, the last ones rows: with small tiles they are others.
bool
brings_weight (uint thread)
{
  return thread < TILE_O;
}

bool
brings_row (uint thread)
{
  return thread >= THREADS - TILE_R;
}

void
load_unit (uint u, uint thread)
{
  uvec2 groups = unit_groups (u);

  if (brings_weight (thread))
    raw = unit_load (body, scales, u);
  if (brings_row (thread)) {
    for (uint i = 0u; i < 2u; i++) {
      quants[i] = Words4 (p.x).v[first_block * 2u + groups[i]];
      factors[i] = Words2 (p.factors).v[first_block + groups[i] / 2u];
    }
  }
}

void
share_unit (uint u, uint thread, uint side)
{
  uvec2 groups = unit_groups (u);

  if (brings_weight (thread)) {
    uint at = side * 3u * TILE_O + thread % TILE_O;
    Unit unit = unit_decode (raw, u);

    shared_w[at] = uvec4 (unit.first);
    shared_w[at + TILE_O] = uvec4 (unit.second);
    shared_w[at + 2u * TILE_O] = floatBitsToUint (vec4 (unit.scale, unit.offset));
  }
  if (brings_row (thread)) {
    uint at = side * 3u * TILE_R + thread % TILE_R;
    vec2 sums = vec2 (sum_of_group (factors[0], groups.x), sum_of_group (factors[1], groups.y));

    shared_x[at] = quants[0];
    shared_x[at + TILE_R] = quants[1];
    shared_x[at + 2u * TILE_R] = uvec4 (factors[0].x, factors[1].x, floatBitsToUint (sums));
  }
}

// `to` and one output's unit times one row's: scales and offsets; factors and sums.
float
add_unit (ivec4 w[2], vec4 scale, ivec4 x[2], vec4 factor, float to)
{
  int first = dot_group (w[0], x[0]);
  int second = dot_group (w[1], x[1]);
  precise float result = to;

  if (UNIT_IS_BLOCK)
    return fma (factor.x, group_product (scale.x, scale.z, first + second, factor.z + factor.w), result);
  result = fma (factor.x, group_product (scale.x, scale.z, first, factor.z), result);
  result = fma (factor.y, group_product (scale.y, scale.w, second, factor.w), result);
  return result;
}

void
multiply (uint thread, uint side)
{
  uint o = side * 3u * TILE_O + thread % ACROSS;
  uint row = side * 3u * TILE_R + thread / ACROSS;
  ivec4 w[OUTPUTS][2];
  vec4 scale[OUTPUTS];

  for (uint i = 0u; i < OUTPUTS; i++) {
    w[i][0] = ivec4 (shared_w[o + i * ACROSS]);
    w[i][1] = ivec4 (shared_w[o + i * ACROSS + TILE_O]);
    scale[i] = uintBitsToFloat (shared_w[o + i * ACROSS + 2u * TILE_O]);
  }
  for (uint r = 0u; r < ROWS; r++) {
    ivec4 x[2];
    vec4 factor = uintBitsToFloat (shared_x[row + r * DOWN + 2u * TILE_R]);

    x[0] = ivec4 (shared_x[row + r * DOWN]);
    x[1] = ivec4 (shared_x[row + r * DOWN + TILE_R]);
    for (uint i = 0u; i < OUTPUTS; i++)
      sum[r * OUTPUTS + i] = add_unit (w[i], scale[i], x, factor, sum[r * OUTPUTS + i]);
  }
}

void
store (uint thread)
{
  for (uint r = 0u; r < ROWS; r++) {
    uint row = gl_WorkGroupID.y * TILE_R + thread / ACROSS + r * DOWN;

    for (uint i = 0u; i < OUTPUTS; i++) {
      uint o = gl_WorkGroupID.x * TILE_O + thread % ACROSS + i * ACROSS;

      if (row < p.rows && o < p.outputs)
        Floats (p.target).v[row * p.target_stride + o] = sum[r * OUTPUTS + i];
    }
  }
}

void
main ()
{
  uint thread = gl_LocalInvocationID.x;
  uint units = p.columns / 32u;

  for (uint i = 0u; i < OUTPUTS * ROWS; i++)
    sum[i] = 0.0;
  unit_prepare ();
  find_place (thread);
  load_unit (0u, thread);
  share_unit (0u, thread, 0u);
  barrier ();
  for (uint u = 0u; u < units; u++) {
    bool more = u + 1u < units;

    if (more)
      load_unit (u + 1u, thread);
    multiply (thread, u & 1u);
    if (more)
      share_unit (u + 1u, thread, u + 1u & 1u);
    barrier ();
  }
  store (thread);
}
