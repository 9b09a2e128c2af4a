/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The ends of QKV, GATE and PROJECT whose products lie in scratch memory: bias, norms,
 * rotation, activation, the sum (finish.comp).  Prompt rows always end so, decode rows
 * where few.comp cannot end them itself.
 */
#include "device/vulkan/vk_private.h"

#define HEAD_THREADS 64 /* of a head */
#define ROW_THREADS 256

vk_products
vk_products_of (const dd_step *step)
{
  const dd_weight *weights[3];
  int n = dd_step_weights (step, weights);
  vk_products out = { 0 };

  for (int i = 0; i < n; i++) {
    out.at[i] = out.stride;
    out.stride += (uint32_t) vk_round_up ((uint64_t) weights[i]->rows, VK_LANE);
  }
  return out;
}

float
vk_norm_eps (const dd_step *step)
{
  switch (step->kind) {
  case DD_STEP_QKV: return step->qkv.eps;
  case DD_STEP_GATE: return step->gate.eps;
  case DD_STEP_HEAD: return step->head.eps;
  default: return 0;
  }
}

static bool
get_qkv (vk_loaded *loaded, const dd_step *step, const vk_pipeline **out, dd_error *error)
{
  const uint32_t constants[] = {
    HEAD_THREADS,
    loaded->device->features.subgroup,
    (uint32_t) step->head_dim,
    loaded->cache == DD_CACHE_F32,
    (uint32_t) step->heads,
    (uint32_t) step->kv_heads,
    step->qkv.rope.style == DD_ROPE_HALVES,
  };

  return vk_pipeline_get (loaded->device, VK_SHADER_finish_qkv, constants, 7, out, error);
}

bool
vk_finish_prepare (vk_loaded *loaded, const dd_step *step, const vk_pipeline **out, dd_error *error)
{
  uint32_t subgroup = loaded->device->features.subgroup;

  switch (step->kind) {
  case DD_STEP_QKV: return get_qkv (loaded, step, out, error);
  case DD_STEP_GATE:
    return vk_pipeline_get (loaded->device, VK_SHADER_finish_gate,
                            (uint32_t[]) { ROW_THREADS, subgroup,
                                           step->gate.activation == DD_ACTIVATION_GELU },
                            3, out, error);
  default:
    return vk_pipeline_get (loaded->device, VK_SHADER_finish_project,
                            (uint32_t[]) { ROW_THREADS, subgroup }, 2, out, error);
  }
}

VkDeviceAddress
vk_turns_of (const vk_recorder *recorder, const vk_step *step)
{
  if (step->turns < 0)
    return 0;
  return recorder->batch.turns
         + (uint64_t) step->turns * (uint64_t) recorder->n_rows
               * (uint64_t) recorder->loaded->turn_stride * 4;
}

static void
finish_qkv (vk_recorder *recorder,
            const vk_step *step,
            const vk_pipeline *pipeline,
            const vk_products *products,
            uint64_t first,
            uint32_t count)
{
  const vk_loaded *loaded = recorder->loaded;
  const dd_step *plan = step->step;
  uint64_t turns = vk_turns_of (recorder, step);
  const struct vk_push_finish_qkv push = {
    .y = products->y + first * products->stride * 4,
    .factors = products->factors,
    .q = recorder->work->buffers[plan->out] + first * (uint64_t) loaded->stride[plan->out] * 4,
    .rows = recorder->batch.rows + first * sizeof (struct vk_row),
    .pages = recorder->batch.pages,
    .turns = turns ? turns + first * (uint64_t) loaded->turn_stride * 4 : 0,
    .bias = { step->bias[0], step->bias[1], step->bias[2] },
    .norm = { step->head_norm[0], step->head_norm[1] },
    .y_stride = products->stride,
    .y_k = products->at[1],
    .y_v = products->at[2],
    .q_stride = (uint32_t) loaded->stride[plan->out],
    .turn_stride = (uint32_t) loaded->turn_stride,
    .pairs = (uint32_t) plan->qkv.rope.dims / 2,
    .keys = (uint32_t) step->keys,
    .values = (uint32_t) step->values,
    .eps = plan->qkv.eps,
  };

  vk_dispatch (recorder, pipeline, &push, sizeof push,
               (uint32_t) (plan->heads + 2 * plan->kv_heads), count, 1);
}

static void
finish_rows (vk_recorder *recorder,
             const vk_step *step,
             const vk_pipeline *pipeline,
             const vk_products *products,
             uint64_t first,
             uint32_t count)
{
  const vk_loaded *loaded = recorder->loaded;
  const dd_step *plan = step->step;
  bool gate = plan->kind == DD_STEP_GATE;
  uint32_t outputs = (uint32_t) step->weights[0].rows;
  const struct vk_push_finish push = {
    .y = products->y + first * products->stride * 4,
    .factors = products->factors,
    .target = recorder->work->buffers[plan->out] + first * (uint64_t) loaded->stride[plan->out] * 4,
    .bias = gate ? 0 : step->bias[0],
    .norm = gate ? 0 : step->post_norm,
    .count = outputs,
    .y_stride = products->stride,
    .y_up = products->at[1],
    .target_stride = (uint32_t) loaded->stride[plan->out],
    .eps = gate ? 0 : plan->project.eps,
    .scale = gate ? 0 : plan->project.scale,
  };

  vk_dispatch (recorder, pipeline, &push, sizeof push, gate ? vk_blocks (outputs, ROW_THREADS) : 1,
               count, 1);
}

void
vk_finish_record (vk_recorder *recorder,
                  const vk_step *step,
                  const vk_pipeline *pipeline,
                  const vk_products *products,
                  int first,
                  int count)
{
  (step->step->kind == DD_STEP_QKV ? finish_qkv : finish_rows) (recorder, step, pipeline, products,
                                                                (uint64_t) first, (uint32_t) count);
}
