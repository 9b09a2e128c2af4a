// SPDX-License-Identifier: GPL-3.0-or-later
//
// Products of many rows with cooperative matrices, f16 x f16 -> f32:
// out[row][o] = sum of weight[o][c] * x[row][c], with x packed by pack.comp.
//
// A workgroup has TILE_O outputs and TILE_R rows.  It goes through the columns a unit at
// a time: while subgroups multiply what lies in one half of the shared memory, the
// next weights and rows are on their way, and are then unpacked into the other half.
// An output's sum goes from the first unit to the last, whatever its place in the tile.
// The target has room for whole matrices (VK_PRODUCT_PAD).
//
// M, N and K are a size that the driver lists, or one of our own if that is asked for and the
// driver has NV_cooperative_matrix2: no card has shown yet that it is right and quicker there.
// Of that extension nothing else is used: workgroup scope, tensor addressing and loads that
// decode no driver in software has, so no test could run them without a card.  On one, a tile
// at workgroup scope whose weights are decoded as they are loaded would have to be quicker
// than this in the contest of vk_choose.c, and pass what these pass in tests/kernels.
#version 460
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#include "inc/common.glsl"

layout (local_size_x_id = 0) in;
layout (constant_id = 0) const uint THREADS = 128;
layout (constant_id = 1) const uint SUBGROUP = 32;
layout (constant_id = 2) const uint M = 16; // outputs, rows and columns of the device's matrices
layout (constant_id = 3) const uint N = 16;
layout (constant_id = 4) const uint K = 16;
layout (constant_id = 5) const uint MATRICES_O = 4; // matrices of a subgroup
layout (constant_id = 6) const uint MATRICES_R = 4;
layout (constant_id = 7) const uint SUBGROUPS_O = 2; // side by side along the outputs

layout (push_constant, scalar) uniform Push { vk_push_many p; };

#include "inc/unit_floats.glsl"

#define UNIT 32u /* columns */
#define STRIDE 5u /* uvec4 of a row of a unit of halves, and one against bank conflicts */

const uint SUBGROUPS_R = THREADS / SUBGROUP / SUBGROUPS_O;
const uint TILE_O = SUBGROUPS_O * MATRICES_O * M;
const uint TILE_R = SUBGROUPS_R * MATRICES_R * N;
const uint UNITS = (TILE_O + THREADS - 1u) / THREADS; // of a thread at a time
const uint EIGHTS = (TILE_R * 4u + THREADS - 1u) / THREADS;
const uint HALF_W = TILE_O * STRIDE;
const uint HALF_X = TILE_R * STRIDE;

shared uvec4 shared_w[2u * HALF_W];
shared uvec4 shared_x[2u * HALF_X];

uvec2 bodies[UNITS], scales[UNITS]; // rows of this thread
Raw raw[UNITS];
uvec4 eight[EIGHTS]; // elements of x

void
find_rows (uint thread)
{
  for (uint i = 0u; i < UNITS; i++) {
    uint o = min (gl_WorkGroupID.x * TILE_O + thread + i * THREADS, p.outputs - 1u);

    bodies[i] = plus_many (p.body, o, p.row_words * 4u);
    scales[i] = plus_many (p.scales, o, p.scale_words * 4u);
  }
}

void
load_step (uint u, uint thread)
{
  for (uint i = 0u; i < UNITS; i++)
    raw[i] = unit_load (bodies[i], scales[i], u);
  for (uint i = 0u; i < EIGHTS; i++) {
    uint at = thread + i * THREADS;
    uint row = min (gl_WorkGroupID.y * TILE_R + at / 4u, p.rows - 1u);

    eight[i] = Words4 (p.x).v[(row * p.x_stride + unit_column (u, at % 4u * 2u)) / 8u];
  }
}

uvec4
halves_of (vec4 a, vec4 b)
{
  return uvec4 (packHalf2x16 (a.xy), packHalf2x16 (a.zw), packHalf2x16 (b.xy), packHalf2x16 (b.zw));
}

void
share_step (uint u, uint thread, uint side)
{
  for (uint i = 0u; i < UNITS; i++) {
    uint o = thread + i * THREADS;
    vec4 w[8];

    unit_floats (raw[i], u, w);
    if (o < TILE_O) {
      for (uint j = 0u; j < 4u; j++)
        shared_w[side * HALF_W + o * STRIDE + j] = halves_of (w[2u * j], w[2u * j + 1u]);
    }
  }
  for (uint i = 0u; i < EIGHTS; i++) {
    uint at = thread + i * THREADS;

    if (at < TILE_R * 4u)
      shared_x[side * HALF_X + at / 4u * STRIDE + at % 4u] = eight[i];
  }
}

void
main ()
{
  uint thread = gl_SubgroupID * SUBGROUP + gl_SubgroupInvocationID;
  uint first_o = gl_SubgroupID % SUBGROUPS_O * MATRICES_O * M; // in the tile
  uint first_r = gl_SubgroupID / SUBGROUPS_O * MATRICES_R * N;
  coopmat<float, gl_ScopeSubgroup, M, N, gl_MatrixUseAccumulator> sum[MATRICES_O * MATRICES_R];
  coopmat<float16_t, gl_ScopeSubgroup, M, K, gl_MatrixUseA> w[MATRICES_O];
  coopmat<float16_t, gl_ScopeSubgroup, K, N, gl_MatrixUseB> x;
  uint side = 0u;

  for (uint i = 0u; i < MATRICES_O * MATRICES_R; i++)
    sum[i] = coopmat<float, gl_ScopeSubgroup, M, N, gl_MatrixUseAccumulator> (0.0);
  unit_prepare ();
  find_rows (thread);
  load_step (0u, thread);
  share_step (0u, thread, 0u);
  barrier ();
  for (uint u = 0u; u * UNIT < p.columns; u++) {
    bool more = (u + 1u) * UNIT < p.columns;

    if (more)
      load_step (u + 1u, thread);
    for (uint k = 0u; k < UNIT; k += K) {
      for (uint i = 0u; i < MATRICES_O; i++)
        coopMatLoad (w[i], shared_w, side * HALF_W + (first_o + i * M) * STRIDE + k / 8u, STRIDE,
                     gl_CooperativeMatrixLayoutRowMajor);
      for (uint j = 0u; j < MATRICES_R; j++) {
        coopMatLoad (x, shared_x, side * HALF_X + (first_r + j * N) * STRIDE + k / 8u, STRIDE,
                     gl_CooperativeMatrixLayoutColumnMajor);
        for (uint i = 0u; i < MATRICES_O; i++)
          sum[i * MATRICES_R + j] = coopMatMulAdd (w[i], x, sum[i * MATRICES_R + j]);
      }
    }
    side ^= 1u;
    if (more)
      share_step (u + 1u, thread, side);
    barrier ();
  }
  for (uint i = 0u; i < MATRICES_O; i++) {
    uint o = gl_WorkGroupID.x * TILE_O + first_o + i * M;

    for (uint j = 0u; j < MATRICES_R; j++) {
      uint row = gl_WorkGroupID.y * TILE_R + first_r + j * N;

      if (o < p.outputs && row < p.rows)
        coopMatStore (sum[i * MATRICES_R + j], Floats (p.target).v, row * p.target_stride + o,
                      p.target_stride, gl_CooperativeMatrixLayoutColumnMajor);
    }
  }
}
