/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ATTEND: prompt rows in tiles of one sequence, a pass over their pages each;
 * decode rows one by one, their pages in chunks that are merged in order.
 */
#include "device/vulkan/vk_private.h"

#define PAGE_TOKENS ((uint32_t) DD_PAGE_TOKENS)
#define GROUP_ROWS VK_FEW /* decode rows whose chunks are kept at a time */
#define MERGE_THREADS 128
#define MANY_THREADS 128

enum {
  PIPELINE_FEW,
  PIPELINE_MERGE,
  PIPELINE_MANY,
};

/* The parts of rows * heads * chunks that wait to be merged: sums, then what
 * belongs to each. */
static uint64_t
sums_bytes (const dd_step *step, uint64_t rows)
{
  return vk_round_up (rows * (uint64_t) step->heads * VK_ATTEND_CHUNKS * (uint64_t) step->head_dim
                          * sizeof (float),
                      16);
}

uint64_t
vk_attend_scratch (const vk_loaded *loaded, int rows)
{
  uint64_t n = rows < GROUP_ROWS ? (uint64_t) rows : GROUP_ROWS;
  uint64_t most = 0;

  for (size_t i = 0; i < loaded->count; i++) {
    const dd_step *step = loaded->steps[i].step;
    uint64_t bytes;

    if (step->kind != DD_STEP_ATTEND)
      continue;
    bytes = sums_bytes (step, n)
            + n * (uint64_t) step->heads * VK_ATTEND_CHUNKS * 2 * sizeof (float);
    most = bytes > most ? bytes : most;
  }
  return most;
}

static uint32_t
smaller (uint32_t a, uint32_t b)
{
  return a < b ? a : b;
}

/* Lanes for every eight elements of a head where a subgroup has as many; heads
 * as the registers and 16 KiB of shared memory allow. */
static bool
prepare_few (vk_loaded *loaded, vk_step *step, dd_error *error)
{
  const dd_step *plan = step->step;
  uint32_t subgroup = loaded->device->features.subgroup;
  uint32_t dim = (uint32_t) plan->head_dim;
  uint32_t group = (uint32_t) (plan->heads / plan->kv_heads);
  uint32_t units = (dim + 7) / 8;
  uint32_t lanes = 1;
  uint32_t heads, threads;

  while (lanes < units && lanes < subgroup)
    lanes *= 2;
  heads = smaller (smaller (group, 8 / ((units + lanes - 1) / lanes)), dim > 512 ? 1 : 512 / dim);
  threads = smaller (smaller (256, 8 * subgroup), PAGE_TOKENS * lanes);
  return vk_pipeline_get (loaded->device, VK_SHADER_attend_few,
                          (uint32_t[]) { threads, subgroup, dim, loaded->cache == DD_CACHE_F32,
                                         group, heads > 0 ? heads : 1, lanes },
                          7, &step->attend[PIPELINE_FEW], error)
         && vk_pipeline_get (loaded->device, VK_SHADER_attend_merge,
                             (uint32_t[]) { MERGE_THREADS, subgroup, dim, 0 }, 4,
                             &step->attend[PIPELINE_MERGE], error);
}

/* Rows and steps such that 32 KiB of shared memory do. */
static bool
prepare_many (vk_loaded *loaded, vk_step *step, dd_error *error)
{
  const dd_step *plan = step->step;
  uint32_t dim = (uint32_t) plan->head_dim;
  uint32_t tile = dim > 128 ? 16 : 32;

  return vk_pipeline_get (loaded->device, VK_SHADER_attend_many,
                          (uint32_t[]) { MANY_THREADS, loaded->device->features.subgroup, dim,
                                         loaded->cache == DD_CACHE_F32,
                                         (uint32_t) (plan->heads / plan->kv_heads), tile,
                                         dim > 96 ? 8 : 16 },
                          7, &step->attend[PIPELINE_MANY], error);
}

bool
vk_attend_prepare (vk_loaded *loaded, vk_step *step, dd_error *error)
{
  return prepare_few (loaded, step, error) && prepare_many (loaded, step, error);
}

static struct vk_push_attend
push_of (const vk_recorder *recorder, const vk_step *step)
{
  const vk_loaded *loaded = recorder->loaded;
  const dd_step *plan = step->step;
  VkDeviceAddress scratch = recorder->work->scratch[VK_GROUP_ATTEND];
  uint64_t rows = smaller ((uint32_t) recorder->work->rows, GROUP_ROWS);

  return (struct vk_push_attend) {
    .q = recorder->work->buffers[plan->in],
    .o = recorder->work->buffers[plan->out],
    .rows = recorder->batch.rows,
    .pages = recorder->batch.pages,
    .tiles = recorder->batch.tiles,
    .sums = scratch,
    .softmax = scratch + sums_bytes (plan, rows),
    .keys = (uint32_t) step->keys,
    .values = (uint32_t) step->values,
    .q_stride = (uint32_t) loaded->stride[plan->in],
    .o_stride = (uint32_t) loaded->stride[plan->out],
    .heads = (uint32_t) plan->heads,
    .window = (uint32_t) plan->attend.window,
    .scale = plan->attend.scale,
    .cap = plan->attend.cap,
  };
}

/* Chunks of the row that has most, as attend.glsl's span_of counts them. */
static uint32_t
most_chunks (const dd_attend *attend, int32_t position)
{
  uint32_t pages = (uint32_t) position / PAGE_TOKENS + 1;

  if (attend->window > 0)
    pages = smaller (pages, (uint32_t) attend->window / PAGE_TOKENS + 2);
  return smaller (pages, VK_ATTEND_CHUNKS);
}

static void
record_few (vk_recorder *recorder, const vk_step *step, struct vk_push_attend *push)
{
  const dd_step *plan = step->step;
  uint32_t group = (uint32_t) (plan->heads / plan->kv_heads);
  uint32_t heads = step->attend[PIPELINE_FEW]->constants[5];
  uint32_t width = (uint32_t) (plan->heads * plan->head_dim);
  const vk_packed *packed = vk_few_packs (recorder, step, width);

  if (packed) {
    push->packed = packed->q8;
    push->factors = packed->q8_factors;
  }
  for (int first = recorder->n_prompt; first < recorder->n_rows; first += GROUP_ROWS) {
    uint32_t rows = smaller ((uint32_t) (recorder->n_rows - first), GROUP_ROWS);

    push->first = (uint32_t) first;
    if (first > recorder->n_prompt)
      vk_stage (recorder); /* the chunks of the rows before have been merged */
    vk_dispatch (recorder, step->attend[PIPELINE_FEW], push, sizeof *push,
                 most_chunks (&plan->attend, recorder->last_decode),
                 (uint32_t) plan->kv_heads * vk_blocks (group, heads), rows);
    vk_stage (recorder);
    vk_dispatch (recorder, step->attend[PIPELINE_MERGE], push, sizeof *push,
                 vk_blocks (width, MERGE_THREADS), rows, 1);
  }
}

void
vk_attend_record (vk_recorder *recorder, const vk_step *step)
{
  struct vk_push_attend push = push_of (recorder, step);
  uint32_t tile = step->attend[PIPELINE_MANY]->constants[5];

  if (recorder->n_prompt > 0)
    vk_dispatch (recorder, step->attend[PIPELINE_MANY], &push, sizeof push,
                 (uint32_t) recorder->n_tiles * (VK_TILE_ROWS / tile), (uint32_t) step->step->heads,
                 1);
  record_few (recorder, step, &push);
}
