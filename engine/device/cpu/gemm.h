/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The prompt products: many activation rows against weights.  Activations are
 * packed once per step; each thread unpacks a tile of weight rows into a panel
 * that fits its cache and multiplies it with all of them.
 *
 * Every output is one fixed sequence of operations, whatever the number of rows
 * in the chunk and the tile it falls in.
 */
#pragma once

#include "device/cpu/cpu.h"

/* A form of packed activations; types that share one share its number, so that
 * a step with mixed types packs each form once. */
#define DD_PACKS 3

typedef struct dd_gemm {
  int pack_form;    /* 0 … DD_PACKS - 1 */
  int tile;         /* weight rows that a thread takes at a time */
  int group;        /* activation rows that are packed together */

  /* Bytes of all packed activations, and of one thread's scratch. */
  size_t (*packed_bytes) (int64_t columns, int64_t count);
  size_t (*scratch_bytes) (int64_t columns);

  /* Packs activation rows [first, last) (multiples of `group`, or the end) of
   * `x` ([count][stride]) into `packed`. */
  void (*pack) (const float *x,
                int64_t stride,
                int64_t columns,
                int64_t count,
                int64_t first,
                int64_t last,
                void *packed);

  /* out[c * out_stride + r] = weights row r . activation c for `rows` (<= tile,
   * ragged allowed) rows starting at `weights` and all `count` activations. */
  void (*multiply) (const uint8_t *weights,
                    uint64_t row_bytes,
                    int64_t rows,
                    int64_t columns,
                    const void *packed,
                    int64_t count,
                    float *out,
                    int64_t out_stride,
                    void *scratch);
} dd_gemm;

/* Kernels of a family; never NULL for a type that the engine knows. */
const dd_gemm *dd_gemm_get (dd_cpu_isa isa, dd_type type);

/* The families' own, which gemm.c chooses from. */
const dd_gemm *dd_gemm_scalar (dd_type type);
const dd_gemm *dd_gemm_avx2 (dd_type type);
const dd_gemm *dd_gemm_avxvnni (dd_type type);
const dd_gemm *dd_gemm_avx512 (dd_type type);
const dd_gemm *dd_gemm_neon (dd_type type);
