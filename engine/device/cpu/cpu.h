/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The CPU device: weights used where they lie in the file map, quantised
 * kernels for each instruction set chosen once at opening, one pool of threads.
 */
#pragma once

#include "base/pool.h"
#include "device/device.h"

/* Instruction set families, each with kernels of its own.  Text is the same for
 * any number of threads within one family, and may differ between families. */
typedef enum dd_cpu_isa {
  DD_CPU_SCALAR,
  DD_CPU_AVX2,     /* AVX2, FMA, F16C */
  DD_CPU_AVX_VNNI, /* and AVX-VNNI */
  DD_CPU_AVX512,   /* AVX-512 F, BW, DQ, VL, VBMI and VNNI */
  DD_CPU_NEON,     /* and dot products */
  DD_CPU_ISAS
} dd_cpu_isa;

typedef struct dd_cpu_options {
  int threads;          /* 0: dd_pool_default_threads */
  unsigned without;     /* families not to use, a mask of 1 << dd_cpu_isa; it can only remove */
  bool low_priority;
} dd_cpu_options;

/* The best family of this machine and the options. */
dd_cpu_isa dd_cpu_isa_best (unsigned without);
const char *dd_cpu_isa_name (dd_cpu_isa isa);

DD_MUST_CHECK bool dd_cpu_open (const dd_cpu_options *options, dd_device **out, dd_error *error);

/* For the caller that wants its own reading of memory beside a run (bench). */
dd_pool *dd_cpu_pool (dd_device *device);
