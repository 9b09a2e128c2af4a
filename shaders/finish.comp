// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the products of a prompt's rows still need to be steps, one row of the batch
// per gl_WorkGroupID.y:
//   STEP 0  the factor of a row: 1 / rms of its input, times what packing took out
//   STEP 1  QKV: factor, bias, the heads' norm, rotation; q to Q, k and v to the pages
//   STEP 2  GATE: factor, activation (gate) * up to H
//   STEP 3  PROJECT: factor, bias, post-norm, added to X
#version 460
#extension GL_GOOGLE_include_directive : require
#include "inc/common.glsl"

layout (local_size_x_id = 0) in;
layout (constant_id = 0) const uint THREADS = 256; // a power of two
layout (constant_id = 1) const uint SUBGROUP = 32;

shared float part[THREADS];

// The sum of what every thread has, in fixed order.
float
sum_of_all (float mine)
{
  uint thread = gl_LocalInvocationID.x;

  barrier (); /* who still reads the last sum */
  part[thread] = mine;
  barrier ();
  for (uint n = THREADS / 2u; n > 0u; n /= 2u) {
    if (thread < n) {
      precise float both = part[thread] + part[thread + n];

      part[thread] = both;
    }
    barrier ();
  }
  return part[0];
}

float
rms_factor (float squares, uint n, float eps)
{
  return 1.0 / sqrt (squares / float (n) + eps);
}

// The row's, where there are factors; `other` is some row of floats.
float
factor_of (uint row, uvec2 factors, uvec2 other)
{
  float factor = Floats (readable (factors, other)).v[row];

  return factors != uvec2 (0) ? factor : 1.0;
}

#if STEP == 0
layout (push_constant, scalar) uniform Push { vk_push_finish_norm p; };

void
main ()
{
  uint row = gl_WorkGroupID.y;
  precise float squares = 0.0;
  precise float factor;

  for (uint i = gl_LocalInvocationID.x; i < p.columns; i += THREADS) {
    float x = Floats (p.x).v[row * p.stride + i];

    squares = fma (x, x, squares);
  }
  factor = rms_factor (sum_of_all (squares), p.columns, p.eps);
  factor *= factor_of (row, p.scales, p.x);
  if (gl_LocalInvocationID.x == 0u)
    Floats (p.factors).v[row] = factor;
}

#elif STEP == 1
layout (constant_id = 2) const uint HEAD_DIM = 128;
layout (constant_id = 3) const uint CACHE_F32 = 0;
layout (constant_id = 4) const uint HEADS = 32;
layout (constant_id = 5) const uint KEY_HEADS = 8;
layout (constant_id = 6) const uint HALVES = 0; // elements i and i + pairs turn together

layout (push_constant, scalar) uniform Push { vk_push_finish_qkv p; };

shared float head[HEAD_DIM];

// The finished head `number` of q (side 0), k (1) or v (2) into `head`.
void
read_head (uint row, uint side, uint number)
{
  uint from = row * p.y_stride + (side == 0u ? 0u : side == 1u ? p.y_k : p.y_v) + number * HEAD_DIM;
  float factor = factor_of (row, p.factors, p.y);
  precise float squares = 0.0;

  for (uint i = gl_LocalInvocationID.x; i < HEAD_DIM; i += THREADS) {
    precise float x = Floats (p.y).v[from + i] * factor;

    if (p.bias[side] != uvec2 (0))
      x += Floats (p.bias[side]).v[number * HEAD_DIM + i];
    head[i] = x;
    squares = fma (x, x, squares);
  }
  if (side < 2u && p.norm[side] != uvec2 (0)) {
    float scale = rms_factor (sum_of_all (squares), HEAD_DIM, p.eps);

    for (uint i = gl_LocalInvocationID.x; i < HEAD_DIM; i += THREADS)
      head[i] = head[i] * scale * Floats (p.norm[side]).v[i];
  }
}

void
rotate_head (uint row)
{
  barrier ();
  for (uint i = gl_LocalInvocationID.x; i < p.pairs; i += THREADS) {
    uint a = HALVES != 0u ? i : 2u * i;
    uint b = HALVES != 0u ? i + p.pairs : 2u * i + 1u;
    float cosine = Floats (p.turns).v[row * p.turn_stride + 2u * i];
    float sine = Floats (p.turns).v[row * p.turn_stride + 2u * i + 1u];
    precise float x = head[a] * cosine;
    precise float y = head[a] * sine;

    x = fma (-head[b], sine, x);
    y = fma (head[b], cosine, y);
    head[a] = x;
    head[b] = y;
  }
}

// Pairs of elements, so that 16-bit ones need not be written singly.
void
store_head (uint row, uint side, uint number)
{
  vk_row info = Rows (p.rows).v[row];
  uint position = uint (info.position);
  uvec2 page = Words2 (p.pages).v[info.pages + position / 64u];
  uint at = (number * 64u + position % 64u) * HEAD_DIM;

  page = plus (page, side == 1u ? p.keys : p.values);
  for (uint i = 2u * gl_LocalInvocationID.x; i < HEAD_DIM; i += 2u * THREADS) {
    if (CACHE_F32 != 0u) {
      Floats (page).v[at + i] = head[i];
      Floats (page).v[at + i + 1u] = head[i + 1u];
    } else {
      Words (page).v[(at + i) / 2u] = packHalf2x16 (vec2 (head[i], head[i + 1u]));
    }
  }
}

void
main ()
{
  uint row = gl_WorkGroupID.y;
  uint number = gl_WorkGroupID.x;
  uint side = number < HEADS ? 0u : number < HEADS + KEY_HEADS ? 1u : 2u;

  number -= side == 0u ? 0u : side == 1u ? HEADS : HEADS + KEY_HEADS;
  read_head (row, side, number);
  if (side < 2u && p.turns != uvec2 (0))
    rotate_head (row);
  barrier ();
  if (side > 0u) {
    store_head (row, side, number);
  } else {
    for (uint i = gl_LocalInvocationID.x; i < HEAD_DIM; i += THREADS)
      Floats (p.q).v[row * p.q_stride + number * HEAD_DIM + i] = head[i];
  }
}

#elif STEP == 2
layout (constant_id = 2) const uint GELU = 0;

layout (push_constant, scalar) uniform Push { vk_push_finish p; };

float
activate (float x)
{
  if (GELU == 0u)
    return x / (1.0 + exp (-x));
  /* Beyond 10 it is 1, and drivers' tanh may overflow. */
  return 0.5 * x * (1.0 + tanh (clamp (0.7978845608028654 * (x + 0.044715 * x * x * x), -10.0, 10.0)));
}

void
main ()
{
  uint row = gl_WorkGroupID.y;
  uint i = gl_WorkGroupID.x * THREADS + gl_LocalInvocationID.x;
  float factor;

  if (i >= p.count)
    return;
  factor = factor_of (row, p.factors, p.y);
  Floats (p.target).v[row * p.target_stride + i]
      = activate (Floats (p.y).v[row * p.y_stride + i] * factor)
        * (Floats (p.y).v[row * p.y_stride + p.y_up + i] * factor);
}

#else
layout (push_constant, scalar) uniform Push { vk_push_finish p; };

float
product (uint row, uint i, float factor)
{
  precise float y = Floats (p.y).v[row * p.y_stride + i] * factor;

  if (p.bias != uvec2 (0))
    y += Floats (p.bias).v[i];
  return y;
}

void
main ()
{
  uint row = gl_WorkGroupID.y;
  float factor = factor_of (row, p.factors, p.y);
  float norm = 1.0;

  if (p.norm != uvec2 (0)) {
    precise float squares = 0.0;

    for (uint i = gl_LocalInvocationID.x; i < p.count; i += THREADS) {
      float y = product (row, i, factor);

      squares = fma (y, y, squares);
    }
    norm = rms_factor (sum_of_all (squares), p.count, p.eps);
  }
  for (uint i = gl_LocalInvocationID.x; i < p.count; i += THREADS) {
    uint at = row * p.target_stride + i;
    precise float y = product (row, i, factor);

    if (p.norm != uvec2 (0))
      y = y * norm * Floats (p.norm).v[i];
    Floats (p.target).v[at] = fma (p.scale, y, Floats (p.target).v[at]);
  }
}
#endif
