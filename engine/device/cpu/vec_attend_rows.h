/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention of decode: the queries of one position that share a head of keys,
 * against one page.  A part of vec_kernels.h, which has defined what it needs.
 */

ALWAYS_INLINE vf
load_element (const void *elements, bool half, int64_t at)
{
  return half ? v_load_half ((const uint16_t *) elements + at)
              : v_load ((const float *) elements + at);
}

/* Asks for `count` rows of what comes next.  Memory then works while we compute:
 * the processor's own prefetching stops at each head's end. */
ALWAYS_INLINE void
bring_next (const dd_vec_page *page, bool half, int64_t position, int count)
{
  int64_t element = half ? sizeof (uint16_t) : sizeof (float);
  const char *from = page->next;

  for (int64_t i = 0; from && i < count * page->stride * element; i += 64)
    __builtin_prefetch (from + position * page->stride * element + i, 0, 2);
}

/* `queries` dots with each of the four positions at[0 … 3]; out[q][i]. */
ALWAYS_INLINE void
row_scores_block (const float *query,
                  int queries,
                  const dd_vec_page *keys,
                  bool half,
                  const int at[4],
                  float out[4][4])
{
  vf sums[4][4];

  UNROLL
  for (int q = 0; q < queries; q++) {
    UNROLL
    for (int i = 0; i < 4; i++)
      sums[q][i] = v_set (0);
  }
  for (int64_t d = 0; d < keys->stride; d += VW) {
    vf k[4];

    UNROLL
    for (int i = 0; i < 4; i++)
      k[i] = load_element (keys->elements, half, at[i] * keys->stride + d);
    UNROLL
    for (int q = 0; q < queries; q++) {
      vf a = v_load (query + q * keys->stride + d);

      UNROLL
      for (int i = 0; i < 4; i++)
        sums[q][i] = v_fma (a, k[i], sums[q][i]);
    }
  }
  UNROLL
  for (int q = 0; q < queries; q++)
    v_sum4 (sums[q], out[q]);
}

/* Four positions at a time; past the end the last one again, its dots thrown away. */
ALWAYS_INLINE void
row_scores_queries (const float *query,
                    int queries,
                    const dd_vec_page *keys,
                    bool half,
                    int first,
                    int last,
                    float *scores)
{
  for (int p = first; p < last; p += 4) {
    float out[4][4];
    int at[4];
    int n = last - p < 4 ? last - p : 4;

    for (int i = 0; i < 4; i++)
      at[i] = i < n ? p + i : last - 1;
    bring_next (keys, half, p, n);
    row_scores_block (query, queries, keys, half, at, out);
    for (int q = 0; q < queries; q++) {
      for (int i = 0; i < n; i++)
        scores[q * DD_PAGE_TOKENS + p + i] = out[q][i];
    }
  }
}

ALWAYS_INLINE void
row_scores_type (const float *query,
                 int group,
                 const dd_vec_page *keys,
                 bool half,
                 int first,
                 int last,
                 float *scores)
{
  int g = 0;

  for (; g + 4 <= group; g += 4)
    row_scores_queries (query + g * keys->stride, 4, keys, half, first, last,
                        scores + g * DD_PAGE_TOKENS);
  query += g * keys->stride;
  scores += g * DD_PAGE_TOKENS;
  if (group - g == 3)
    row_scores_queries (query, 3, keys, half, first, last, scores);
  else if (group - g == 2)
    row_scores_queries (query, 2, keys, half, first, last, scores);
  else if (group - g == 1)
    row_scores_queries (query, 1, keys, half, first, last, scores);
}

static void
row_scores (const float *query,
            int group,
            const dd_vec_page *keys,
            int first,
            int last,
            float *scores)
{
  if (keys->half)
    row_scores_type (query, group, keys, true, first, last, scores);
  else
    row_scores_type (query, group, keys, false, first, last, scores);
}

/* The vectors run over [0, DD_PAGE_TOKENS) whatever `first`, so that a position's
 * lane is its own. */
static float
row_weights (float *scores, int first, int last, float cap, float *largest, float *sum)
{
  int start = first - first % VW;
  int end = last + (VW - last % VW) % VW;
  vf top = v_set (*largest);
  vf total = v_set (0);
  float fade[VW];

  if (cap > 0)
    cap_values (scores + first, cap, last - first);
  for (int p = start; p < first; p++)
    scores[p] = -INFINITY;
  for (int p = last; p < end; p++)
    scores[p] = -INFINITY;
  for (int p = start; p < end; p += VW)
    top = v_max (v_load (scores + p), top);
  top = v_set (v_largest (top));
  for (int p = start; p < end; p += VW) {
    vf weight = v_exp_weight (v_sub (v_load (scores + p), top));

    v_store (scores + p, weight);
    total = v_add (total, weight);
  }
  v_store (fade, v_exp_weight (v_sub (v_set (*largest), top)));
  v_store_n (largest, top, 1);
  *sum = *sum * fade[0] + v_sum (total);
  return fade[0];
}

ALWAYS_INLINE void
row_values_block (const float *weights,
                  const float *fade,
                  int queries,
                  int vectors,
                  const dd_vec_page *values,
                  bool half,
                  int64_t d,
                  int first,
                  int last,
                  float *out)
{
  vf sums[4][8];

  UNROLL
  for (int q = 0; q < queries; q++) {
    UNROLL
    for (int j = 0; j < vectors; j++)
      sums[q][j] = v_mul (v_load (out + q * values->stride + d + j * VW), v_set (fade[q]));
  }
  for (int p = first; p < last; p++) {
    vf v[8];

    if (d == 0)
      bring_next (values, half, p, 1);
    UNROLL
    for (int j = 0; j < vectors; j++)
      v[j] = load_element (values->elements, half, p * values->stride + d + j * VW);
    UNROLL
    for (int q = 0; q < queries; q++) {
      vf weight = v_set (weights[q * DD_PAGE_TOKENS + p]);

      UNROLL
      for (int j = 0; j < vectors; j++)
        sums[q][j] = v_fma (weight, v[j], sums[q][j]);
    }
  }
  UNROLL
  for (int q = 0; q < queries; q++) {
    UNROLL
    for (int j = 0; j < vectors; j++)
      v_store (out + q * values->stride + d + j * VW, sums[q][j]);
  }
}

ALWAYS_INLINE void
row_values_queries (const float *weights,
                    const float *fade,
                    int queries,
                    const dd_vec_page *values,
                    bool half,
                    int first,
                    int last,
                    float *out)
{
  int64_t d = 0;

  for (; d + TILE_VECTORS * VW <= values->stride; d += TILE_VECTORS * VW)
    row_values_block (weights, fade, queries, TILE_VECTORS, values, half, d, first, last, out);
  for (; d < values->stride; d += VW)
    row_values_block (weights, fade, queries, 1, values, half, d, first, last, out);
}

ALWAYS_INLINE void
row_values_type (const float *weights,
                 const float *fade,
                 int group,
                 const dd_vec_page *values,
                 bool half,
                 int first,
                 int last,
                 float *out)
{
  int g = 0;

  for (; g + 4 <= group; g += 4)
    row_values_queries (weights + g * DD_PAGE_TOKENS, fade + g, 4, values, half, first, last,
                        out + g * values->stride);
  weights += g * DD_PAGE_TOKENS;
  fade += g;
  out += g * values->stride;
  if (group - g == 3)
    row_values_queries (weights, fade, 3, values, half, first, last, out);
  else if (group - g == 2)
    row_values_queries (weights, fade, 2, values, half, first, last, out);
  else if (group - g == 1)
    row_values_queries (weights, fade, 1, values, half, first, last, out);
}

static void
row_values (const float *weights,
            const float *fade,
            int group,
            const dd_vec_page *values,
            int first,
            int last,
            float *out)
{
  if (values->half)
    row_values_type (weights, fade, group, values, true, first, last, out);
  else
    row_values_type (weights, fade, group, values, false, first, last, out);
}
