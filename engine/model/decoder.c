/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The decoder that the llama and qwen2 families share: for each layer five
 * steps, between the embedding and the head.
 */
#include "model/private.h"

/* q, k, v = rotate (W norm (x) + b), k and v into the cache. */
static void
add_qkv (dd_build *build, int layer, const dd_decoder *family, const dd_rope *rope)
{
  const dd_shape *shape = build->shape;
  int64_t q_width = (int64_t) shape->heads * shape->head_dim;
  int64_t kv_width = (int64_t) shape->kv_heads * shape->head_dim;
  dd_step *step = dd_build_step (build, DD_STEP_QKV, layer, DD_BUFFER_X, DD_BUFFER_Q);

  if (step == NULL)
    return;
  step->qkv = (dd_qkv) {
    .norm = dd_build_vector (build, "blk.%d.attn_norm.weight", layer, shape->width, true),
    .eps = shape->eps,
    .q = dd_build_weight (build, "blk.%d.attn_q.weight", layer, q_width, shape->width),
    .k = dd_build_weight (build, "blk.%d.attn_k.weight", layer, kv_width, shape->width),
    .v = dd_build_weight (build, "blk.%d.attn_v.weight", layer, kv_width, shape->width),
    .q_bias = dd_build_vector (build, "blk.%d.attn_q.bias", layer, q_width, family->needs_bias),
    .k_bias = dd_build_vector (build, "blk.%d.attn_k.bias", layer, kv_width, family->needs_bias),
    .v_bias = dd_build_vector (build, "blk.%d.attn_v.bias", layer, kv_width, family->needs_bias),
    .rope = *rope,
  };
}

/* o = softmax (q k / sqrt (head_dim)) v */
static void
add_attend (dd_build *build, int layer)
{
  dd_step *step = dd_build_step (build, DD_STEP_ATTEND, layer, DD_BUFFER_Q, DD_BUFFER_O);

  if (step == NULL)
    return;
  step->attend = (dd_attend) {
    .scale = (float) (1.0 / __builtin_sqrt ((double) build->shape->head_dim)),
    .window = build->shape->window,
  };
}

/* x += W in */
static void
add_project (dd_build *build,
             int layer,
             dd_buffer in,
             const char *weight,
             const char *bias,
             int64_t columns)
{
  dd_step *step = dd_build_step (build, DD_STEP_PROJECT, layer, in, DD_BUFFER_X);

  if (step == NULL)
    return;
  step->project = (dd_project) {
    .w = dd_build_weight (build, weight, layer, build->shape->width, columns),
    .bias = dd_build_vector (build, bias, layer, build->shape->width, false),
    .eps = build->shape->eps,
    .scale = 1,
  };
}

/* h = silu (Wg norm (x)) * (Wu norm (x)) */
static void
add_gate (dd_build *build, int layer)
{
  const dd_shape *shape = build->shape;
  dd_step *step = dd_build_step (build, DD_STEP_GATE, layer, DD_BUFFER_X, DD_BUFFER_H);

  if (step == NULL)
    return;
  step->gate = (dd_gate) {
    .norm = dd_build_vector (build, "blk.%d.ffn_norm.weight", layer, shape->width, true),
    .eps = shape->eps,
    .gate = dd_build_weight (build, "blk.%d.ffn_gate.weight", layer, shape->hidden, shape->width),
    .up = dd_build_weight (build, "blk.%d.ffn_up.weight", layer, shape->hidden, shape->width),
    .activation = DD_ACTIVATION_SILU,
  };
}

static void
add_embed (dd_build *build)
{
  dd_step *step = dd_build_step (build, DD_STEP_EMBED, -1, DD_BUFFER_X, DD_BUFFER_X);

  if (step != NULL)
    step->embed = (dd_embed) {
      .table = dd_build_weight (build, "token_embd.weight", 0, build->shape->vocab,
                                build->shape->width),
      .scale = 1,
    };
}

/* logits = W norm (x); a file without an output matrix uses the embedding's. */
static void
add_head (dd_build *build)
{
  const dd_shape *shape = build->shape;
  bool tied = !dd_build_has (build, "output.weight", 0);
  dd_step *step = dd_build_step (build, DD_STEP_HEAD, -1, DD_BUFFER_X, DD_BUFFER_X);

  if (step != NULL)
    step->head = (dd_head) {
      .norm = dd_build_vector (build, "output_norm.weight", 0, shape->width, true),
      .eps = shape->eps,
      .w = dd_build_weight (build, tied ? "token_embd.weight" : "output.weight", 0, shape->vocab,
                            shape->width),
      .scale = 1,
    };
}

bool
dd_build_decoder (const dd_gguf *gguf,
                  const dd_shape *shape,
                  const dd_decoder *family,
                  dd_plan *plan,
                  dd_error *error)
{
  dd_build build = { .gguf = gguf, .shape = shape, .plan = plan, .error = error };
  int64_t q_width = (int64_t) shape->heads * shape->head_dim;
  dd_rope rope = dd_build_rope (&build, family->rope);

  add_embed (&build);
  for (int layer = 0; layer < shape->layers; layer++) {
    add_qkv (&build, layer, family, &rope);
    add_attend (&build, layer);
    add_project (&build, layer, DD_BUFFER_O, "blk.%d.attn_output.weight", "blk.%d.attn_output.bias",
                 q_width);
    add_gate (&build, layer);
    add_project (&build, layer, DD_BUFFER_H, "blk.%d.ffn_down.weight", "blk.%d.ffn_down.bias",
                 shape->hidden);
  }
  add_head (&build);
  return !build.failed;
}
