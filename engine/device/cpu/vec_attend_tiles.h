/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention of prompts: a tile of queries side by side, a lane each, against one
 * page.  A part of vec_kernels.h, which has defined what it needs.
 */

/* `positions` rows of keys by `vectors` vectors of lanes. */
ALWAYS_INLINE void
tile_scores_block (const dd_vec_tile *tile,
                   int lane,
                   int vectors,
                   const float *keys,
                   int64_t stride,
                   int p,
                   int positions)
{
  vf sums[8][4];

  UNROLL
  for (int i = 0; i < positions; i++) {
    UNROLL
    for (int j = 0; j < vectors; j++)
      sums[i][j] = v_set (0);
  }
  for (int64_t d = 0; d < stride; d++) {
    vf q[4];

    UNROLL
    for (int j = 0; j < vectors; j++)
      q[j] = v_load (tile->query + d * tile->lanes + lane + j * VW);
    UNROLL
    for (int i = 0; i < positions; i++) {
      vf k = v_set (keys[(p + i) * stride + d]);

      UNROLL
      for (int j = 0; j < vectors; j++)
        sums[i][j] = v_fma (k, q[j], sums[i][j]);
    }
  }
  UNROLL
  for (int i = 0; i < positions; i++) {
    UNROLL
    for (int j = 0; j < vectors; j++)
      v_store (tile->scores + (p + i) * tile->lanes + lane + j * VW, sums[i][j]);
  }
}

/* A narrow block takes more positions, to keep as many sums going at once. */
ALWAYS_INLINE void
tile_scores_lanes (const dd_vec_tile *tile,
                   int lane,
                   int vectors,
                   const float *keys,
                   int64_t stride,
                   int positions)
{
  int p = 0;

  if (vectors == 1) {
    for (; p + 8 <= positions; p += 8)
      tile_scores_block (tile, lane, vectors, keys, stride, p, 8);
  }
  for (; p + 4 <= positions; p += 4)
    tile_scores_block (tile, lane, vectors, keys, stride, p, 4);
  for (; p < positions; p++)
    tile_scores_block (tile, lane, vectors, keys, stride, p, 1);
}

static void
tile_scores (const dd_vec_tile *tile, const float *keys, int64_t stride, int positions)
{
  int lane = 0;

  for (; lane + TILE_VECTORS * VW <= tile->lanes; lane += TILE_VECTORS * VW)
    tile_scores_lanes (tile, lane, TILE_VECTORS, keys, stride, positions);
  if (TILE_VECTORS > 3 && lane + 3 * VW <= tile->lanes) {
    tile_scores_lanes (tile, lane, 3, keys, stride, positions);
    lane += 3 * VW;
  }
  if (TILE_VECTORS > 2 && lane + 2 * VW <= tile->lanes) {
    tile_scores_lanes (tile, lane, 2, keys, stride, positions);
    lane += 2 * VW;
  }
  if (lane < tile->lanes)
    tile_scores_lanes (tile, lane, 1, keys, stride, positions);
}

static inline vmask
seen (const dd_vec_tile *tile, int lane, int position)
{
  vf p = v_set ((float) position);
  vf after = v_add (p, v_set (1.0f));

  /* lo <= p as lo < p + 1: all are whole numbers. */
  return v_both (v_less (v_load (tile->lo + lane), after), v_less (p, v_load (tile->hi + lane)));
}

ALWAYS_INLINE void
tile_weights_lanes (const dd_vec_tile *tile, int lane, int positions, float cap, bool masked)
{
  vf old = v_load (tile->largest + lane);
  vf top = old;
  vf total = v_set (0);
  vf fade;

  for (int p = 0; p < positions; p++) {
    float *at = tile->scores + p * tile->lanes + lane;
    vf s = v_load (at);

    if (cap > 0) {
      s = v_cap (s, v_set (cap));
      v_store (at, s);
    }
    if (masked)
      s = v_select (seen (tile, lane, p), s, v_set (DD_VEC_LOWEST));
    top = v_max (s, top);
  }
  for (int p = 0; p < positions; p++) {
    float *at = tile->scores + p * tile->lanes + lane;
    vf weight = v_exp_weight (v_sub (v_load (at), top));

    if (masked)
      weight = v_select (seen (tile, lane, p), weight, v_set (0));
    v_store (at, weight);
    total = v_add (total, weight);
  }
  fade = v_exp_weight (v_sub (old, top));
  v_store (tile->largest + lane, top);
  v_store (tile->sum + lane, v_fma (v_load (tile->sum + lane), fade, total));
  v_store (tile->fade + lane, fade);
}

static void
tile_weights (const dd_vec_tile *tile, int positions, float cap)
{
  for (int lane = 0; lane < tile->lanes; lane += VW) {
    if (tile->lo)
      tile_weights_lanes (tile, lane, positions, cap, true);
    else
      tile_weights_lanes (tile, lane, positions, cap, false);
  }
}

ALWAYS_INLINE void
tile_values_block (const dd_vec_tile *tile,
                   int lane,
                   int lanes,
                   int vectors,
                   const float *values,
                   int64_t stride,
                   int64_t d,
                   int first,
                   int last,
                   float *out)
{
  vf sums[4][8];

  UNROLL
  for (int i = 0; i < lanes; i++) {
    vf fade = v_set (tile->fade[lane + i]);

    UNROLL
    for (int j = 0; j < vectors; j++)
      sums[i][j] = v_mul (v_load (out + (lane + i) * stride + d + j * VW), fade);
  }
  for (int p = first; p < last; p++) {
    const float *weights = tile->scores + p * tile->lanes + lane;
    vf v[8];

    UNROLL
    for (int j = 0; j < vectors; j++)
      v[j] = v_load (values + p * stride + d + j * VW);
    UNROLL
    for (int i = 0; i < lanes; i++) {
      vf weight = v_set (weights[i]);

      UNROLL
      for (int j = 0; j < vectors; j++)
        sums[i][j] = v_fma (weight, v[j], sums[i][j]);
    }
  }
  UNROLL
  for (int i = 0; i < lanes; i++) {
    UNROLL
    for (int j = 0; j < vectors; j++)
      v_store (out + (lane + i) * stride + d + j * VW, sums[i][j]);
  }
}

/* A single lane takes a wider block, to keep as many sums going at once. */
ALWAYS_INLINE void
tile_values_lanes (const dd_vec_tile *tile,
                   int lane,
                   int lanes,
                   const float *values,
                   int64_t stride,
                   int first,
                   int last,
                   float *out)
{
  int64_t d = 0;

  if (lanes == 1) {
    for (; d + 8 * VW <= stride; d += 8 * VW)
      tile_values_block (tile, lane, lanes, 8, values, stride, d, first, last, out);
  }
  for (; d + TILE_VECTORS * VW <= stride; d += TILE_VECTORS * VW)
    tile_values_block (tile, lane, lanes, TILE_VECTORS, values, stride, d, first, last, out);
  for (; d < stride; d += VW)
    tile_values_block (tile, lane, lanes, 1, values, stride, d, first, last, out);
}

static void
tile_values (const dd_vec_tile *tile,
             int lane,
             int count,
             const float *values,
             int64_t stride,
             int first,
             int last,
             float *out)
{
  int end = lane + count;

  for (; lane + 4 <= end; lane += 4)
    tile_values_lanes (tile, lane, 4, values, stride, first, last, out);
  if (end - lane == 3)
    tile_values_lanes (tile, lane, 3, values, stride, first, last, out);
  else if (end - lane == 2)
    tile_values_lanes (tile, lane, 2, values, stride, first, last, out);
  else if (end - lane == 1)
    tile_values_lanes (tile, lane, 1, values, stride, first, last, out);
}
