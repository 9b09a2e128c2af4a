/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The way through a tile, the same for every family: chunk of columns by chunk,
 * each unpacked once for all activations.  The includer defines before:
 *   gemm_panel        weights of GEMM_ROWS rows and one chunk as its kernels want them
 *   GEMM_GROUP        activations of a record
 * An activation record holds one chunk of GEMM_GROUP activations; records lie
 * [chunk][group], in the order in which a tile reads them.
 */
#pragma once

#include "device/cpu/gemm_rows.h"
#include "device/cpu/unroll.h"

#define GEMM_TILE GEMM_ROWS
#define GEMM_COUNT 512 /* activations of one pass over a tile */

/* How a type is multiplied. */
typedef struct gemm_recipe {
  gemm_unpack_fn unpack;
  void (*arrange) (const gemm_strip *strip, int units, gemm_panel *panel);
  /* Adds the chunk's part of GEMM_ROWS x GEMM_GROUP products to `sums`. */
  void (*kernel) (const gemm_panel *panel,
                  const void *record,
                  int units,
                  float sums[GEMM_GROUP][GEMM_ROWS]);
  int unit;           /* columns of the smallest part: 32, floats 1 */
  int units;          /* of a chunk */
  size_t chunk_bytes; /* of a row in the file */
  size_t record;      /* bytes */
} gemm_recipe;

typedef struct gemm_scratch {
  _Alignas (64) gemm_panel panel;
  _Alignas (64) gemm_strip strip;
  _Alignas (64) float sums[GEMM_COUNT / GEMM_GROUP][GEMM_GROUP][GEMM_ROWS];
} gemm_scratch;

static size_t
gemm_scratch_bytes (int64_t columns)
{
  return sizeof (gemm_scratch);
}

static inline int64_t
gemm_groups (int64_t count)
{
  return (count + GEMM_GROUP - 1) / GEMM_GROUP;
}

static inline size_t
gemm_packed_bytes (int64_t columns, int64_t count, int chunk, size_t record)
{
  return (size_t) ((columns + chunk - 1) / chunk) * (size_t) gemm_groups (count) * record;
}

static void
gemm_store (float sums[][GEMM_GROUP][GEMM_ROWS],
            int64_t rows,
            int64_t count,
            float *out,
            int64_t out_stride)
{
  for (int64_t c = 0; c < count; c++)
    memcpy (out + c * out_stride, sums[c / GEMM_GROUP][c % GEMM_GROUP],
            (size_t) rows * sizeof (float));
}

/* One chunk of a tile's rows.  Rows that are not there repeat the last one: nothing
 * else may be read.  Each row's next chunk is asked for, because so many rows in
 * turn are more than processors foresee, and into the second cache: few requests of
 * the first can be under way at a time, and these come all at once. */
static void
gemm_unpack (const gemm_recipe *recipe,
             const uint8_t *weights,
             uint64_t row_bytes,
             int64_t rows,
             int units,
             gemm_scratch *scratch)
{
  for (int r = 0; r < GEMM_ROWS; r++) {
    const uint8_t *row = weights + (uint64_t) (r < rows ? r : rows - 1) * row_bytes;

    for (size_t i = 0; i < recipe->chunk_bytes; i += 64)
      __builtin_prefetch (row + recipe->chunk_bytes + i, 0, 2);
    scratch->strip.rows[r] = row;
    recipe->unpack (row, units, &scratch->strip, r);
  }
  recipe->arrange (&scratch->strip, units, &scratch->panel);
}

/* dd_gemm's multiply. */
static void
gemm_multiply (const gemm_recipe *recipe,
               const uint8_t *weights,
               uint64_t row_bytes,
               int64_t rows,
               int64_t columns,
               const void *packed,
               int64_t count,
               float *out,
               int64_t out_stride,
               void *memory)
{
  const int64_t most = GEMM_COUNT / GEMM_GROUP;
  gemm_scratch *scratch = memory;
  int64_t units = columns / recipe->unit, groups = gemm_groups (count);

  for (int64_t first = 0; first < groups; first += most) {
    int64_t n = groups - first < most ? groups - first : most;
    int64_t c = first * GEMM_GROUP;

    memset (scratch->sums, 0, (size_t) n * sizeof scratch->sums[0]);
    for (int64_t u = 0, chunk = 0; u < units; u += recipe->units, chunk++) {
      int here = (int) (units - u < recipe->units ? units - u : recipe->units);
      const uint8_t *record = (const uint8_t *) packed
                              + (size_t) (chunk * groups + first) * recipe->record;

      gemm_unpack (recipe, weights + (size_t) chunk * recipe->chunk_bytes, row_bytes, rows, here,
                   scratch);
      for (int64_t g = 0; g < n; g++)
        recipe->kernel (&scratch->panel, record + (size_t) g * recipe->record, here,
                        scratch->sums[g]);
    }
    gemm_store (scratch->sums, rows, count - c < GEMM_COUNT ? count - c : GEMM_COUNT,
                out + c * out_stride, out_stride);
  }
}
