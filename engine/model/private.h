/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the families' pages are written with: finding checked tensors, adding
 * steps, frequencies.
 */
#pragma once

#include "model/model.h"

/* A family being written.  The first failure is kept and everything after it
 * does nothing, so that a page reads straight. */
typedef struct dd_build {
  const dd_gguf *gguf;
  const dd_shape *shape;
  dd_plan *plan;
  size_t room;      /* steps allocated */
  dd_error *error;
  bool failed;
} dd_build;

/* The matrix `name` (printf with the layer) of `rows` by `columns`. */
dd_weight dd_build_weight (dd_build *build,
                           const char *name,
                           int layer,
                           int64_t rows,
                           int64_t columns);
/* The vector `name` as floats; NULL if it is not there and not `required`. */
const float *dd_build_vector (dd_build *build,
                              const char *name,
                              int layer,
                              int64_t length,
                              bool required);
bool dd_build_has (const dd_build *build, const char *name, int layer);
/* The next step, zeroed but for its kind, layer and buffers. */
dd_step *dd_build_step (dd_build *build, dd_step_kind kind, int layer, dd_buffer in, dd_buffer out);
/* Rotary frequencies of the file: linear, YaRN, Llama-3's factors. */
dd_rope dd_build_rope (dd_build *build, dd_rope_style style);
/* Reports the first failure. */
void dd_build_fail (dd_build *build, dd_code code, const char *format, ...) DD_PRINTF (3, 4);

/* A number of the family's own keys, "<architecture>.<name>". */
bool dd_shape_integer (const dd_gguf *gguf, const char *name, int64_t *out);
bool dd_shape_number (const dd_gguf *gguf, const char *name, double *out);
bool dd_shape_text (const dd_gguf *gguf, const char *name, dd_text *out);

/* The layers that llama and qwen2 share; they differ in the way of rotation and
 * in qwen2's biases. */
typedef struct dd_decoder {
  dd_rope_style rope;
  bool needs_bias; /* of q, k and v */
} dd_decoder;
bool dd_build_decoder (const dd_gguf *gguf,
                       const dd_shape *shape,
                       const dd_decoder *family,
                       dd_plan *plan,
                       dd_error *error);

extern const dd_arch dd_arch_llama;
extern const dd_arch dd_arch_qwen2;
