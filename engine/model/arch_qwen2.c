/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The qwen2 family (Qwen2, Qwen2.5): the llama decoder with biases on q, k and
 * v, and rotation of element i with element i + dims / 2.
 */
#include "model/private.h"

static bool
write (const dd_gguf *gguf, const dd_shape *shape, dd_plan *plan, dd_error *error)
{
  static const dd_decoder family = { .rope = DD_ROPE_HALVES, .needs_bias = true };

  return dd_build_decoder (gguf, shape, &family, plan, error);
}

const dd_arch dd_arch_qwen2 = { .name = "qwen2", .write = write };
