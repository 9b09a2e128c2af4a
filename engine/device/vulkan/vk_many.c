/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * QKV, PROJECT and GATE of prompt rows: products into scratch memory, then what
 * the step does with them.
 */
#include "device/vulkan/vk_private.h"

#define PLAIN_THREADS 64
#define PLAIN_ROWS 16 /* of a workgroup */
#define MATRIX_SUBGROUPS 4 /* of a workgroup */
#define MATRIX_PAD 32 /* rows and outputs that matrices may write, whatever their shape */
#define NORM_THREADS 256
#define HEAD_THREADS 64
#define FINISH_THREADS 256

/* How a workgroup's subgroups lie, and the matrices of each.  A result does not
 * depend on it, so the rows of a batch may decide. */
typedef struct vk_tile_shape {
  uint32_t subgroups_o; /* side by side along the outputs */
  uint32_t matrices_o, matrices_r;
} vk_tile_shape;

enum {
  TILE_LARGE,
  TILE_MEDIUM,
  TILE_LOW, /* few rows */
  TILES
};

static const vk_tile_shape tile_shapes[TILES] = {
  [TILE_LARGE] = { 2, 4, 4 },
  [TILE_MEDIUM] = { 2, 2, 2 },
  [TILE_LOW] = { 4, 2, 2 },
};

enum {
  PIPELINE_PRODUCT, /* of each weight and tile; with no matrices the first of each weight alone */
  PIPELINE_NORM = 3 * TILES,
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

static bool
usable_shape (const vk_shape *shape)
{
  return shape->m % 8 == 0 && shape->n % 8 == 0 && shape->k % 8 == 0 && MATRIX_PAD % shape->m == 0
         && MATRIX_PAD % shape->n == 0 && VK_LANE % shape->k == 0;
}

/* The largest of the device's matrices; NULL: it has none or none worth using. */
static const vk_shape *
matrix_of (const vk_device *device)
{
  const vk_shape *best = NULL;

  for (int i = 0; i < device->features.n_shapes; i++) {
    const vk_shape *shape = &device->features.shapes[i];

    if (usable_shape (shape)
        && (!best || shape->m * shape->n * shape->k > best->m * best->n * best->k))
      best = shape;
  }
  return best;
}

/* f16 has not the range of F32 and BF16. */
bool
vk_many_has_matrices (const vk_device *device, dd_type type)
{
  return type != DD_TYPE_F32 && type != DD_TYPE_BF16 && matrix_of (device);
}

/* All weights of a step or none: they share the packed rows and what those were divided by. */
static bool
uses_matrices (const vk_step *step)
{
  for (int i = 0; i < step->n_weights; i++) {
    if (!(step->weights[i].ways & VK_WAY_MATRICES))
      return false;
  }
  return true;
}

void
vk_many_needs (vk_loaded *loaded, vk_step *step)
{
  dd_buffer in = step->step->in;
  const dd_weight *weights[3];
  int n = dd_step_weights (step->step, weights);

  for (int i = 0; i < n; i++) {
    if (!(vk_ways_ahead (loaded->device, weights[i]) & VK_WAY_MATRICES))
      return;
  }
  loaded->needs.f16[in] = true;
  if (step->weights[0].columns > loaded->needs.columns[in])
    loaded->needs.columns[in] = step->weights[0].columns;
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
    bytes = vk_round_up ((uint64_t) rows, MATRIX_PAD) * products_of (step).stride * sizeof (float);
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
plain_pipeline (vk_device *device,
                dd_type type,
                bool normed,
                const vk_pipeline **out,
                dd_error *error)
{
  static const vk_shader shaders[DD_TYPE_LIMIT] = { VK_BY_TYPE (many_, ) };

  return vk_pipeline_get (device, shaders[type],
                          (uint32_t[]) { PLAIN_THREADS, device->features.subgroup, PLAIN_ROWS,
                                         loads_one_by_one (device), normed },
                          5, out, error);
}

static bool
prepare_plain (vk_loaded *loaded, vk_step *step, int i, dd_error *error)
{
  return plain_pipeline (loaded->device, step->weights[i].type, step->step->kind != DD_STEP_PROJECT,
                         &step->many[PIPELINE_PRODUCT + i * TILES], error);
}

/* Two steps of 32 columns of a tile's weights and rows, padded: see many_matrix.comp. */
static bool
fits_shared (const vk_device *device, const vk_shape *shape, const vk_tile_shape *tile)
{
  uint32_t outputs = tile->subgroups_o * tile->matrices_o * shape->m;
  uint32_t rows = MATRIX_SUBGROUPS / tile->subgroups_o * tile->matrices_r * shape->n;

  return 2 * (outputs + rows) * 80 <= device->features.shared_bytes;
}

static bool
matrix_pipeline (vk_device *device, dd_type type, int t, const vk_pipeline **out, dd_error *error)
{
  static const vk_shader shaders[DD_TYPE_LIMIT] = {
    VK_BY_QUANTISED_TYPE (matrix_, ),
    [DD_TYPE_F16] = VK_SHADER_matrix_f16,
  };
  const vk_tile_shape *tile = &tile_shapes[t];
  const vk_shape *shape = matrix_of (device);
  uint32_t subgroup = device->features.subgroup;

  if (t == TILE_LARGE && !fits_shared (device, shape, tile))
    tile = &tile_shapes[TILE_MEDIUM];
  return vk_pipeline_get (device, shaders[type],
                          (uint32_t[]) { MATRIX_SUBGROUPS * subgroup, subgroup, shape->m, shape->n,
                                         shape->k, tile->matrices_o, tile->matrices_r,
                                         tile->subgroups_o },
                          8, out, error);
}

static bool
prepare_matrix (vk_loaded *loaded, vk_step *step, int i, dd_error *error)
{
  for (int t = 0; t < TILES; t++) {
    if (!matrix_pipeline (loaded->device, step->weights[i].type, t,
                          &step->many[PIPELINE_PRODUCT + i * TILES + t], error))
      return false;
  }
  return true;
}

/* Large tiles unless there are few rows, or so few tiles that most of a GPU would rest. */
static int
tile_for (uint32_t outputs, uint32_t rows)
{
  bool little = (uint64_t) outputs * rows < 96 * 128 * 128;

  return rows <= 32 ? TILE_LOW : little ? TILE_MEDIUM : TILE_LARGE;
}

bool
vk_many_pipeline (vk_device *device,
                  const vk_weight *weight,
                  bool matrices,
                  uint32_t rows,
                  const vk_pipeline **out,
                  dd_error *error)
{
  if (matrices)
    return matrix_pipeline (device, weight->type, tile_for ((uint32_t) weight->rows, rows), out,
                            error);
  return plain_pipeline (device, weight->type, false, out, error);
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
  bool matrices = uses_matrices (step);

  for (int i = 0; i < step->n_weights; i++) {
    if (!(matrices ? prepare_matrix : prepare_plain) (loaded, step, i, error))
      return false;
  }
  return vk_pipeline_get (loaded->device, VK_SHADER_finish_norm,
                          (uint32_t[]) { NORM_THREADS, loaded->device->features.subgroup }, 2,
                          &step->many[PIPELINE_NORM], error)
         && prepare_finish (loaded, step, error);
}

static struct vk_push_many
push_of (const vk_recorder *recorder, const vk_step *step, const vk_products *products, int i)
{
  const vk_weight *weight = &step->weights[i];
  dd_buffer in = step->step->in;
  bool matrices = uses_matrices (step);

  return (struct vk_push_many) {
    .body = weight->body,
    .scales = weight->scales,
    .x = matrices ? recorder->work->packed[in].f16 : recorder->work->buffers[in],
    .norm = matrices ? 0 : step->norm,
    .target = products->y + products->at[i] * sizeof (float),
    .row_words = weight->row_bytes / 4,
    .scale_words = weight->scale_bytes / 4,
    .columns = (uint32_t) weight->columns,
    .outputs = (uint32_t) weight->rows,
    .rows = (uint32_t) recorder->n_prompt,
    .x_stride = matrices ? (uint32_t) vk_round_up ((uint64_t) weight->columns, VK_LANE)
                         : (uint32_t) recorder->loaded->stride[in],
    .target_stride = products->stride,
  };
}

void
vk_many_dispatch (vk_recorder *recorder,
                  const vk_pipeline *pipeline,
                  bool matrices,
                  const struct vk_push_many *push)
{
  const uint32_t *constants = pipeline->constants;
  uint32_t outputs = PLAIN_THREADS, rows = PLAIN_ROWS;

  if (matrices) {
    outputs = constants[7] * constants[5] * constants[2];
    rows = MATRIX_SUBGROUPS / constants[7] * constants[6] * constants[3];
  }
  vk_dispatch (recorder, pipeline, push, sizeof *push, blocks_of (push->outputs, outputs),
               blocks_of (push->rows, rows), 1);
}

static void
record_product (vk_recorder *recorder, const vk_step *step, const vk_products *products, int i)
{
  struct vk_push_many push = push_of (recorder, step, products, i);
  bool matrices = uses_matrices (step);
  int t = matrices ? tile_for (push.outputs, push.rows) : 0;

  vk_many_dispatch (recorder, step->many[PIPELINE_PRODUCT + i * TILES + t], matrices, &push);
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
finish_other (vk_recorder *recorder,
              const vk_step *step,
              const vk_products *products,
              VkDeviceAddress scales)
{
  const dd_step *plan = step->step;
  bool gate = plan->kind == DD_STEP_GATE;
  uint32_t count = (uint32_t) step->weights[0].rows;
  struct vk_push_finish push = {
    .y = products->y,
    .factors = gate ? products->factors : scales,
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
  const dd_step *plan = step->step;
  bool matrices = uses_matrices (step);
  VkDeviceAddress scales = matrices ? recorder->work->packed[plan->in].f16_factors : 0;
  vk_products products = products_of (plan);

  products.factors = recorder->work->scratch[VK_GROUP_MANY];
  products.y = products.factors + factor_bytes (recorder->work->rows);
  if (recorder->n_prompt == 0)
    return;
  if (matrices) {
    vk_pack (recorder, VK_FORM_F16, plan->in, step->weights[0].columns, step->norm, false, 0,
             recorder->n_prompt);
    vk_stage (recorder);
  }
  for (int i = 0; i < step->n_weights; i++)
    record_product (recorder, step, &products, i);
  if (step->norm)
    record_norm (recorder, step, &products, scales);
  vk_stage (recorder);
  if (plan->kind == DD_STEP_QKV)
    finish_qkv (recorder, step, &products);
  else
    finish_other (recorder, step, &products, scales);
}
