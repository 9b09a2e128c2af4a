/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tools that families are written with.  Every tensor is checked for its
 * shape before a step may point to it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/private.h"

#define NAME 64

void
dd_build_fail (dd_build *build, dd_code code, const char *format, ...)
{
  char text[DD_ERROR_TEXT];
  va_list arguments;

  if (build->failed)
    return;
  va_start (arguments, format);
  vsnprintf (text, sizeof text, format, arguments);
  va_end (arguments);
  dd_fail (build->error, code, "%s", text);
  build->failed = true;
}

static const dd_gguf_tensor *
find (const dd_build *build, const char *format, int layer, char name[NAME])
{
  snprintf (name, NAME, format, layer);
  return dd_gguf_find_tensor (build->gguf, name);
}

bool
dd_build_has (const dd_build *build, const char *name, int layer)
{
  char full[NAME];

  return find (build, name, layer, full) != NULL;
}

/* A tensor that must be there with this shape; NULL after a failure. */
static const dd_gguf_tensor *
require (dd_build *build, const char *format, int layer, int64_t rows, int64_t columns)
{
  char name[NAME];
  const dd_gguf_tensor *tensor = find (build, format, layer, name);

  if (tensor == NULL) {
    dd_build_fail (build, DD_ERROR_FORMAT,
                   "the model lacks the tensor “%s”; its file is damaged "
                   "or of a kind that Dadam does not know",
                   name);
    return NULL;
  }
  if (tensor->dims[0] != (uint64_t) columns || tensor->dims[1] != (uint64_t) rows
      || tensor->dims[2] != 1 || tensor->dims[3] != 1) {
    dd_build_fail (build, DD_ERROR_FORMAT,
                   "the tensor “%s” is %llu × %llu and should be %lld × %lld; the file is damaged "
                   "or of a kind that Dadam does not know",
                   name, (unsigned long long) tensor->dims[1], (unsigned long long) tensor->dims[0],
                   (long long) rows, (long long) columns);
    return NULL;
  }
  return tensor;
}

dd_weight
dd_build_weight (dd_build *build, const char *name, int layer, int64_t rows, int64_t columns)
{
  const dd_gguf_tensor *tensor = require (build, name, layer, rows, columns);

  if (tensor == NULL)
    return (dd_weight) { 0 };
  return (dd_weight) {
    .type = (dd_type) tensor->type,
    .rows = rows,
    .columns = columns,
    .data = tensor->data,
    .bytes = tensor->bytes,
  };
}

const float *
dd_build_vector (dd_build *build, const char *name, int layer, int64_t length, bool required)
{
  const dd_gguf_tensor *tensor;
  float *values;

  if (!required && !dd_build_has (build, name, layer))
    return NULL;
  tensor = require (build, name, layer, 1, length);
  if (tensor == NULL)
    return NULL;
  values = dd_arena_array (&build->plan->arena, (size_t) length, sizeof *values);
  if (values == NULL)
    dd_build_fail (build, DD_ERROR_NO_MEMORY, "not enough memory for the model's tables");
  else if (tensor->data != NULL)
    dd_dequantise ((dd_type) tensor->type, tensor->data, values, (size_t) length);
  return values;
}

dd_step *
dd_build_step (dd_build *build, dd_step_kind kind, int layer, dd_buffer in, dd_buffer out)
{
  dd_plan *plan = build->plan;
  dd_step *step;

  if (build->failed)
    return NULL;
  if (plan->steps == NULL) {
    build->room = 2 + 5 * (size_t) build->shape->layers;
    plan->steps = dd_arena_array (&plan->arena, build->room, sizeof *plan->steps);
  }
  if (plan->steps == NULL || plan->n_steps == build->room) {
    dd_build_fail (build, DD_ERROR_NO_MEMORY, "not enough memory for the model's steps");
    return NULL;
  }
  step = &plan->steps[plan->n_steps++];
  *step = (dd_step) { .kind = kind, .layer = layer, .in = in, .out = out };
  if (kind == DD_STEP_QKV || kind == DD_STEP_ATTEND) {
    step->heads = build->shape->heads;
    step->kv_heads = build->shape->kv_heads;
    step->head_dim = build->shape->head_dim;
  }
  return step;
}
