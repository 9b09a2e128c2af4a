/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * QKV, PROJECT and GATE of prompt rows: products into scratch memory, then what
 * the step does with them.
 */
#include "device/vulkan/vk_private.h"

#define PLAIN_THREADS 64
#define PLAIN_ROWS 16 /* of a workgroup */
#define NORM_THREADS 256
#define HEAD_THREADS 64
#define FINISH_THREADS 256

enum {
  PIPELINE_PRODUCT, /* and the next two: of each weight */
  PIPELINE_NORM = 3,
  PIPELINE_FINISH,
};

/* Scratch: factors of the rows, then the products, one after the other in a row. */
typedef struct vk_products {
  VkDeviceAddress factors; /* float [row] */
  VkDeviceAddress y; /* float [row][stride] */
  uint32_t at[3]; /* where each weight's product begins in a row */
  uint32_t stride;
} vk_products;

static uint32_t
blocks_of (uint32_t n, uint32_t size)
{
  return (n + size - 1) / size;
}

static vk_products
products_of (const dd_step *step)
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

static uint64_t
factor_bytes (int rows)
{
  return vk_round_up ((uint64_t) rows * sizeof (float), 256);
}

static bool
has_products (const dd_step *step)
{
  return step->kind == DD_STEP_QKV || step->kind == DD_STEP_PROJECT || step->kind == DD_STEP_GATE;
}

void
vk_many_needs (vk_loaded *loaded, vk_step *step)
{
}

uint64_t
vk_many_scratch (const vk_loaded *loaded, int rows, int logit_rows)
{
  uint64_t most = 0;

  for (size_t i = 0; i < loaded->count; i++) {
    const dd_step *step = loaded->steps[i].step;
    uint64_t bytes;

    if (!has_products (step))
      continue;
    bytes = (uint64_t) rows * products_of (step).stride * sizeof (float);
    most = bytes > most ? bytes : most;
  }
  return most > 0 ? factor_bytes (rows) + most : 0;
}

/* Processors that pose as GPUs load lane by lane, and have short subgroups. */
static bool
loads_one_by_one (const vk_device *device)
{
  return device->features.subgroup == 8;
}

static bool
prepare_product (vk_loaded *loaded, vk_step *step, int i, dd_error *error)
{
  static const vk_shader shaders[DD_TYPE_LIMIT] = { VK_BY_TYPE (many_, ) };

  return vk_pipeline_get (loaded->device, shaders[step->weights[i].type],
                          (uint32_t[]) { PLAIN_THREADS, loaded->device->features.subgroup,
                                         PLAIN_ROWS, loads_one_by_one (loaded->device) },
                          4, &step->many[PIPELINE_PRODUCT + i], error);
}

static bool
prepare_finish (vk_loaded *loaded, vk_step *step, dd_error *error)
{
  const dd_step *plan = step->step;
  uint32_t subgroup = loaded->device->features.subgroup;
  const vk_pipeline **out = &step->many[PIPELINE_FINISH];

  switch (plan->kind) {
  case DD_STEP_QKV:
    return vk_pipeline_get (loaded->device, VK_SHADER_finish_qkv,
                            (uint32_t[]) { HEAD_THREADS, subgroup, (uint32_t) plan->head_dim,
                                           loaded->cache == DD_CACHE_F32, (uint32_t) plan->heads,
                                           (uint32_t) plan->kv_heads,
                                           plan->qkv.rope.style == DD_ROPE_HALVES },
                            7, out, error);
  case DD_STEP_GATE:
    return vk_pipeline_get (loaded->device, VK_SHADER_finish_gate,
                            (uint32_t[]) { FINISH_THREADS, subgroup,
                                           plan->gate.activation == DD_ACTIVATION_GELU },
                            3, out, error);
  default:
    return vk_pipeline_get (loaded->device, VK_SHADER_finish_project,
                            (uint32_t[]) { FINISH_THREADS, subgroup }, 2, out, error);
  }
}

bool
vk_many_prepare (vk_loaded *loaded, vk_step *step, dd_error *error)
{
  for (int i = 0; i < step->n_weights; i++) {
    if (!prepare_product (loaded, step, i, error))
      return false;
  }
  return vk_pipeline_get (loaded->device, VK_SHADER_finish_norm,
                          (uint32_t[]) { NORM_THREADS, loaded->device->features.subgroup }, 2,
                          &step->many[PIPELINE_NORM], error)
         && prepare_finish (loaded, step, error);
}

static void
record_product (vk_recorder *recorder, const vk_step *step, const vk_products *products, int i)
{
  const vk_weight *weight = &step->weights[i];
  const vk_pipeline *pipeline = step->many[PIPELINE_PRODUCT + i];
  uint32_t rows = (uint32_t) recorder->n_prompt;
  struct vk_push_many push = {
    .body = weight->body,
    .scales = weight->scales,
    .x = recorder->work->buffers[step->step->in],
    .norm = step->norm,
    .target = products->y + products->at[i] * sizeof (float),
    .row_words = weight->row_bytes / 4,
    .scale_words = weight->scale_bytes / 4,
    .columns = (uint32_t) weight->columns,
    .outputs = (uint32_t) weight->rows,
    .rows = rows,
    .x_stride = (uint32_t) recorder->loaded->stride[step->step->in],
    .target_stride = products->stride,
  };

  vk_dispatch (recorder, pipeline, &push, sizeof push,
               blocks_of (push.outputs, pipeline->constants[0]),
               blocks_of (rows, pipeline->constants[2]), 1);
}

/* The rows' 1 / rms; no one waits for it but the end. */
static void
record_norm (vk_recorder *recorder, const vk_step *step, const vk_products *products)
{
  const dd_step *plan = step->step;
  struct vk_push_finish_norm push = {
    .x = recorder->work->buffers[plan->in],
    .factors = products->factors,
    .columns = (uint32_t) step->weights[0].columns,
    .stride = (uint32_t) recorder->loaded->stride[plan->in],
    .eps = plan->kind == DD_STEP_QKV ? plan->qkv.eps : plan->gate.eps,
  };

  vk_dispatch (recorder, step->many[PIPELINE_NORM], &push, sizeof push, 1,
               (uint32_t) recorder->n_prompt, 1);
}

static void
finish_qkv (vk_recorder *recorder, const vk_step *step, const vk_products *products)
{
  const vk_loaded *loaded = recorder->loaded;
  const dd_step *plan = step->step;
  uint64_t turned = (uint64_t) recorder->n_rows * (uint64_t) loaded->turn_stride * sizeof (float);
  bool turns = step->turns >= 0 && plan->qkv.rope.style != DD_ROPE_NONE;
  struct vk_push_finish_qkv push = {
    .y = products->y,
    .factors = products->factors,
    .q = recorder->work->buffers[plan->out],
    .rows = recorder->batch.rows,
    .pages = recorder->batch.pages,
    .turns = turns ? recorder->batch.turns + (uint64_t) step->turns * turned : 0,
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

  vk_dispatch (recorder, step->many[PIPELINE_FINISH], &push, sizeof push,
               (uint32_t) (plan->heads + 2 * plan->kv_heads), (uint32_t) recorder->n_prompt, 1);
}

static void
finish_other (vk_recorder *recorder, const vk_step *step, const vk_products *products)
{
  const dd_step *plan = step->step;
  bool gate = plan->kind == DD_STEP_GATE;
  uint32_t count = (uint32_t) step->weights[0].rows;
  struct vk_push_finish push = {
    .y = products->y,
    .factors = gate ? products->factors : 0,
    .target = recorder->work->buffers[plan->out],
    .bias = gate ? 0 : step->bias[0],
    .norm = gate ? 0 : step->post_norm,
    .count = count,
    .y_stride = products->stride,
    .y_up = products->at[1],
    .target_stride = (uint32_t) recorder->loaded->stride[plan->out],
    .eps = gate ? 0 : plan->project.eps,
    .scale = gate ? 0 : plan->project.scale,
  };

  vk_dispatch (recorder, step->many[PIPELINE_FINISH], &push, sizeof push,
               gate ? blocks_of (count, FINISH_THREADS) : 1, (uint32_t) recorder->n_prompt, 1);
}

void
vk_many_record (vk_recorder *recorder, const vk_step *step)
{
  vk_products products = products_of (step->step);
  VkDeviceAddress scratch = recorder->work->scratch[VK_GROUP_MANY];

  products.factors = scratch;
  products.y = scratch + factor_bytes (recorder->work->rows);
  if (recorder->n_prompt == 0)
    return;
  for (int i = 0; i < step->n_weights; i++)
    record_product (recorder, step, &products, i);
  if (step->norm)
    record_norm (recorder, step, &products);
  vk_stage (recorder);
  if (step->step->kind == DD_STEP_QKV)
    finish_qkv (recorder, step, &products);
  else
    finish_other (recorder, step, &products);
}
