/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The llama family: Llama 1, 2 and 3, Mistral, komt, SmolLM2, TinyLlama.  RMS
 * norms, grouped-query attention, rotation of adjacent pairs (the converter to
 * GGUF has permuted the rows of q and k for it), a gated hidden layer.
 */
#include "model/private.h"

static bool
write (const dd_gguf *gguf, const dd_shape *shape, dd_plan *plan, dd_error *error)
{
  static const dd_decoder family = { .rope = DD_ROPE_PAIRS, .needs_bias = false };

  return dd_build_decoder (gguf, shape, &family, plan, error);
}

const dd_arch dd_arch_llama = { .name = "llama", .also = "mistral", .write = write };
