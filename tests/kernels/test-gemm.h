/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the test of the prompt products and its bench share.
 */
#pragma once

#include "device/cpu/gemm.h"

/* Calls multiply tile by tile, as the device does. */
void gemm_run (const dd_gemm *gemm,
               const uint8_t *weights,
               uint64_t row_bytes,
               int64_t rows,
               int64_t columns,
               const void *packed,
               int64_t count,
               float *out,
               int64_t out_stride,
               void *scratch);

/* Speed of every type for one family against the family's int8 peak, 2 threads. */
void gemm_bench (dd_cpu_isa isa, const char *only);
