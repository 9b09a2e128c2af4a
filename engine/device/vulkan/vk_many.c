/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * QKV, PROJECT and GATE of prompt rows: products (vk_product.c) into scratch memory, then
 * what the step does with them (vk_finish.c).  Scratch has the factors of the rows, then
 * the products.
 */
#include "device/vulkan/vk_private.h"

#define NORM_THREADS 256

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

/* All weights of a step or none: they share the packed rows and what those were divided by. */
static bool
uses_matrices (const vk_step *step)
{
  for (int i = 0; i < step->n_weights; i++) {
    if (!(step->weights[i].ways & VK_WAYS_OF_HALVES))
      return false;
  }
  return true;
}

/* The way of the step's weight `i`. */
static unsigned
way_of (const vk_step *step, int i)
{
  unsigned ways = step->weights[i].ways;

  if (!uses_matrices (step))
    return ways & VK_WAY_TILES;
  return ways & VK_WAY_MATRICES ? VK_WAY_MATRICES : VK_WAY_FLEXIBLE;
}

/* Ways that all weights may have want the input in f16, those that any may have in q8. */
void
vk_many_needs (vk_loaded *loaded, vk_step *step)
{
  dd_buffer in = step->step->in;
  const dd_weight *weights[3];
  int n = dd_step_weights (step->step, weights);
  bool halves = true, tiles = false;

  for (int i = 0; i < n; i++) {
    unsigned ways = step->weights[i].ways | vk_ways_ahead (loaded->device, weights[i]);

    halves = halves && (ways & VK_WAYS_OF_HALVES);
    tiles = tiles || (ways & VK_WAY_TILES);
  }
  loaded->needs.f16[in] |= halves;
  loaded->needs.q8[in] |= tiles;
  if ((halves || tiles) && weights[0]->columns > loaded->needs.columns[in])
    loaded->needs.columns[in] = weights[0]->columns;
}

uint64_t
vk_many_scratch (const vk_loaded *loaded, int rows)
{
  uint64_t most = 0;

  for (size_t i = 0; i < loaded->count; i++) {
    const dd_step *step = loaded->steps[i].step;
    uint64_t bytes;

    if (!has_products (step))
      continue;
    bytes = vk_round_up ((uint64_t) rows, VK_PRODUCT_PAD) * vk_products_of (step).stride
            * sizeof (float);
    most = bytes > most ? bytes : most;
  }
  return most > 0 ? factor_bytes (rows) + most : 0;
}

bool
vk_many_prepare (vk_loaded *loaded, vk_step *step, dd_error *error)
{
  for (int i = 0; i < step->n_weights; i++) {
    if (!vk_product_prepare (loaded->device, step->weights[i].type, way_of (step, i),
                             step->step->kind != DD_STEP_PROJECT, &step->many.products[i], error))
      return false;
  }
  return vk_pipeline_get (loaded->device, VK_SHADER_finish_norm,
                          (uint32_t[]) { NORM_THREADS, loaded->device->features.subgroup }, 2,
                          &step->many.norm, error)
         && vk_finish_prepare (loaded, step->step, &step->many.finish, error);
}

static void
record_product (vk_recorder *recorder, const vk_step *step, const vk_products *products, int i)
{
  const vk_weight *weight = &step->weights[i];
  dd_buffer in = step->step->in;
  const vk_packed *packed = &recorder->work->packed[in];
  struct vk_push_many push = {
    .body = weight->body,
    .scales = weight->scales,
    .x = recorder->work->buffers[in],
    .factors = step->norm,
    .target = products->y + products->at[i] * sizeof (float),
    .row_words = weight->row_bytes / 4,
    .scale_words = weight->scale_bytes / 4,
    .columns = (uint32_t) weight->columns,
    .outputs = (uint32_t) weight->rows,
    .rows = (uint32_t) recorder->n_prompt,
    .x_stride = (uint32_t) recorder->loaded->stride[in],
    .target_stride = products->stride,
  };

  if (way_of (step, i) & VK_WAYS_OF_HALVES) {
    push.x = packed->f16;
    push.factors = 0;
    push.x_stride = (uint32_t) vk_round_up ((uint64_t) weight->columns, VK_LANE);
  } else if (way_of (step, i) == VK_WAY_TILES) {
    push.x = packed->q8;
    push.factors = packed->q8_factors;
  }
  vk_product_record (recorder, &step->many.products[i], &push);
}

/* The rows' 1 / rms, times what packing took out; no one waits for it but the end. */
static void
record_norm (vk_recorder *recorder,
             const vk_step *step,
             const vk_products *products,
             VkDeviceAddress scales)
{
  const dd_step *plan = step->step;
  struct vk_push_finish_norm push = {
    .x = recorder->work->buffers[plan->in],
    .scales = scales,
    .factors = products->factors,
    .columns = (uint32_t) step->weights[0].columns,
    .stride = (uint32_t) recorder->loaded->stride[plan->in],
    .eps = vk_norm_eps (plan),
  };

  vk_dispatch (recorder, step->many.norm, &push, sizeof push, 1, (uint32_t) recorder->n_prompt, 1);
}

/* The input as the products want it. */
static void
pack_input (vk_recorder *recorder, const vk_step *step)
{
  bool matrices = uses_matrices (step);
  bool tiles = false;

  for (int i = 0; i < step->n_weights; i++)
    tiles = tiles || way_of (step, i) == VK_WAY_TILES;
  if (!matrices && !tiles)
    return;
  vk_pack (recorder, matrices ? VK_FORM_F16 : VK_FORM_Q8, step->step->in, step->weights[0].columns,
           step->norm, false, 0, recorder->n_prompt);
  vk_stage (recorder);
}

void
vk_many_record (vk_recorder *recorder, const vk_step *step)
{
  const dd_step *plan = step->step;
  VkDeviceAddress scales = uses_matrices (step) ? recorder->work->packed[plan->in].f16_factors : 0;
  vk_products products = vk_products_of (plan);

  products.factors = recorder->work->scratch[VK_GROUP_MANY];
  products.y = products.factors + factor_bytes (recorder->work->rows);
  if (recorder->n_prompt == 0)
    return;
  pack_input (recorder, step);
  for (int i = 0; i < step->n_weights; i++)
    record_product (recorder, step, &products, i);
  if (step->norm)
    record_norm (recorder, step, &products, scales);
  else
    products.factors = scales;
  vk_stage (recorder);
  vk_finish_record (recorder, step, step->many.finish, &products, 0, recorder->n_prompt);
}
