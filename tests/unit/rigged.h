/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reference device, or a CPU, with its limits and its fate in the test's hands.
 */
#pragma once

#include "device/cpu/cpu.h"
#include "run/devices.h"

typedef struct rigged {
  const char *id;
  const char *name;        /* NULL: the device's own */
  const dd_cpu_options *cpu; /* a CPU; NULL: the reference */
  int max_rows;            /* 0: the device's own */
  uint64_t memory;         /* of a heap that is not main memory; 0: the device's own */
  int lose_at;             /* the n-th wait from now on loses the device; 0: never */
  int fail_at;             /* the n-th wait from now on fails; 0: never */
  dd_code fail_code;
  int fail_new;            /* the n-th work_new from now on has no memory; 0: never */
  double *clock;           /* advanced by what steps cost; NULL: none */
  double prompt_cost;      /* seconds of a step for each prompt row */
  double decode_cost;      /* seconds of a step for all decode rows */
  double pending;          /* of what was submitted and not waited for */
  int most_rows;           /* of the largest batch seen */
  int opened;              /* times */
  int works;               /* alive */
  bool refuse;             /* opening fails */
  bool lost;
} rigged;

/* At most RIGGED of them at once; the same slot is used when it is opened again. */
#define RIGGED 4
dd_source rigged_source (rigged *self, int slot);
