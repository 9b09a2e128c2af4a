/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From a GGUF file to a plan: the shape is read and checked against the
 * tensors, then the family's own page (arch_*.c) writes the steps.  Knows no
 * device and no text.
 */
#pragma once

#include "gguf/reader.h"
#include "plan/plan.h"

/* Hyper-parameters, all checked: ranges, divisibility, and against the tensors. */
typedef struct dd_shape {
  int layers;
  int width;    /* n_embd */
  int heads;
  int kv_heads; /* divides heads */
  int head_dim; /* even, <= 256 */
  int hidden;   /* n_ff */
  int64_t vocab;
  int64_t context;
  float eps;
  int window;   /* 0: none */
  int rope_dims;
  double rope_base;
} dd_shape;

typedef struct dd_arch {
  const char *name; /* general.architecture */
  const char *also; /* what hubs call models of it beside that; NULL: nothing */
  bool (*write) (const dd_gguf *gguf, const dd_shape *shape, dd_plan *plan, dd_error *error);
} dd_arch;

/* Reads the shape of any supported family. */
DD_MUST_CHECK bool dd_shape_read (const dd_gguf *gguf, dd_shape *out, dd_error *error);

/* The families there are, by number; NULL after the last. */
const dd_arch *dd_model_family (size_t i);

/* The forward pass of the file's model.  The file outlives the plan, whose
 * weights point into its maps.  Unknown families, mixtures of experts and
 * missing or misshapen tensors are each named in the error. */
DD_MUST_CHECK bool dd_model_plan (const dd_gguf *gguf, dd_plan **out, dd_error *error);
