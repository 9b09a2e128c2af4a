/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Products of decode rows, up to VK_FEW in a pass over the weights, and of HEAD's
 * rows.  Most steps are finished by the product itself; norms of heads and of
 * outputs, and a GATE of two types, go through scratch and finish.comp.
 */
#include "device/vulkan/vk_private.h"

#define COUNTS 5 /* pipelines of a weight: for 1, 2, 4, 8 and 16 rows */
#define OUTPUTS 32 /* of a workgroup */
#define FINISH 15 /* index of the finishing pipeline in vk_step.few */
#define MOST_THREADS 512
#define MOST_THREADS_NARROW 32 /* of processors */

/* What differs between the products of a step. */
typedef struct few_job {
  const vk_weight *weight;
  const vk_weight *other; /* GATE of one type: the second */
  int pipelines; /* index of the first in vk_step.few */
  dd_buffer in;
  int first, count; /* rows; `first` is 0 for HEAD, whose input is packed by number */
  bool normed;
  VkDeviceAddress target;
  uint32_t target_stride;
  const vk_packed *pack; /* also pack what becomes of it; NULL: do not */
  struct vk_push_few push; /* the members that are the step's own */
} few_job;

static bool
whole_bytes (const vk_weight *weight)
{
  return (weight->ways & VK_WAY_BYTES) != 0;
}

static bool
is_mixed_gate (const vk_step *step)
{
  return step->step->kind == DD_STEP_GATE && step->weights[0].type != step->weights[1].type;
}

static bool
has_head_norm (const vk_step *step)
{
  return step->step->kind == DD_STEP_QKV && (step->step->qkv.q_norm || step->step->qkv.k_norm);
}

/* few.comp stores neighbours together and takes pairs from both halves of what turns: these
 * meet in fours. */
static bool
has_ragged_turns (const vk_step *step)
{
  const dd_rope *rope = &step->step->qkv.rope;

  return step->step->kind == DD_STEP_QKV && rope->style == DD_ROPE_HALVES
         && (step->step->head_dim % 4 || rope->dims % 4);
}

/* Whether finish.comp does the end of the step.  Asked of the plan: addresses are not known yet
 * when a load is measured. */
static bool
needs_finish (const vk_step *step)
{
  const dd_step *s = step->step;

  return has_head_norm (step) || has_ragged_turns (step) || is_mixed_gate (step)
         || (s->kind == DD_STEP_PROJECT && s->project.post_norm);
}

void
vk_few_needs (vk_loaded *loaded, vk_step *step)
{
  dd_buffer in = step->step->in;
  const dd_weight *weights[3];
  int n = dd_step_weights (step->step, weights);

  for (int i = 0; i < n; i++) {
    if (!((step->weights[i].ways | vk_ways_ahead (loaded->device, weights[i])) & VK_WAY_BYTES))
      continue;
    loaded->needs.q8[in] = true;
    if (loaded->needs.columns[in] < weights[i]->columns)
      loaded->needs.columns[in] = weights[i]->columns;
  }
}

uint64_t
vk_few_scratch (const vk_loaded *loaded, int rows)
{
  uint64_t most = 0;

  for (size_t i = 0; i < loaded->count; i++) {
    const vk_step *step = &loaded->steps[i];
    uint64_t stride = needs_finish (step) ? vk_products_of (step->step).stride : 0;

    most = stride > most ? stride : most;
  }
  return most * (uint64_t) rows * sizeof (float);
}

/* ---- pipelines --------------------------------------------------------- */

/* Rows of weights that a subgroup takes at a time share their loads of the input;
 * more rows of input leave fewer registers for it. */
static uint32_t
rows_at_once (const vk_features *features, int vectors)
{
  if (vk_loads_one_by_one (features))
    return vectors <= 4 ? 4 : 2;
  return vectors <= 8 ? 2 : 1;
}

static uint32_t
threads (const vk_features *features, uint32_t rows)
{
  uint32_t most = vk_loads_one_by_one (features) ? MOST_THREADS_NARROW : MOST_THREADS;
  uint32_t n = OUTPUTS / rows * features->subgroup;

  if (most > features->workgroup)
    most = features->workgroup;
  while (n > most)
    n /= 2;
  return n;
}

/* `two`: of two weights at once; `mapped`: of the rows that asked, plain. */
static bool
get_pipeline (vk_device *device,
              dd_type type,
              bool bytes,
              int size,
              bool two,
              bool mapped,
              const vk_pipeline **out,
              dd_error *error)
{
  static const vk_shader plain[DD_TYPE_LIMIT] = { VK_BY_TYPE (few_, _plain) };
  static const vk_shader whole[DD_TYPE_LIMIT] = { VK_BY_QUANTISED_TYPE (few_, _int) };
  uint32_t rows = rows_at_once (&device->features, 1 << size);
  const uint32_t constants[] = { threads (&device->features, rows),
                                 device->features.subgroup,
                                 1u << size,
                                 rows,
                                 two ? 2 : 1,
                                 mapped && !bytes };

  return vk_pipeline_get (device, bytes ? whole[type] : plain[type], constants, 6, out, error);
}

bool
vk_few_pipeline (vk_device *device,
                 dd_type type,
                 bool bytes,
                 int size,
                 const vk_pipeline **out,
                 dd_error *error)
{
  return get_pipeline (device, type, bytes, size, false, false, out, error);
}

static bool
prepare_weight (vk_loaded *loaded, vk_step *step, int i, bool two, dd_error *error)
{
  const vk_weight *weight = &step->weights[i];

  for (int size = 0; size < COUNTS; size++) {
    if (!get_pipeline (loaded->device, weight->type, whole_bytes (weight), size, two,
                       step->step->kind == DD_STEP_HEAD, &step->few[i * COUNTS + size], error))
      return false;
  }
  return true;
}

bool
vk_few_prepare (vk_loaded *loaded, vk_step *step, dd_error *error)
{
  bool two = step->step->kind == DD_STEP_GATE && !is_mixed_gate (step);

  for (int i = 0; i < (two ? 1 : step->n_weights); i++) {
    if (!prepare_weight (loaded, step, i, two, error))
      return false;
  }
  return !needs_finish (step) || vk_finish_prepare (loaded, step->step, &step->few[FINISH], error);
}

/* ---- products ---------------------------------------------------------- */

/* The input of a pass from row `row` on. */
static void
set_source (const vk_recorder *recorder,
            const vk_step *step,
            const few_job *job,
            int row,
            struct vk_push_few *push)
{
  const vk_packed *packed = &recorder->work->packed[job->in];
  uint32_t stride = (uint32_t) recorder->loaded->stride[job->in];
  uint64_t columns = (uint64_t) job->weight->columns;

  if (whole_bytes (job->weight)) {
    push->source = packed->q8 + (uint64_t) row * columns;
    push->factors = packed->q8_factors + (uint64_t) row * columns / VK_LANE * 8;
    if (job->normed)
      push->squares = packed->squares + (uint64_t) row * columns / VK_LANE * 4;
    return;
  }
  push->source = recorder->work->buffers[job->in];
  push->source_stride = stride;
  push->factors = job->normed ? step->norm : 0;
  push->squares = job->normed ? push->source : 0;
  if (step->step->kind == DD_STEP_HEAD)
    push->extra[FEW_MAP] = recorder->batch.map + (uint64_t) row * 4;
  else
    push->source += (uint64_t) row * stride * 4;
}

/* Where the rows from `row` on are packed to. */
static void
set_packed (const few_job *job, int row, struct vk_push_few *push)
{
  uint64_t blocks = (uint64_t) row * push->outputs / OUTPUTS;

  push->extra[FEW_PACKED] = job->pack->q8 + blocks * OUTPUTS;
  push->extra[FEW_FACTORS] = job->pack->q8_factors + blocks * 8;
  if ((push->modes & 15) == FEW_PROJECT)
    push->squares = job->pack->squares + blocks * 4;
}

void
vk_few_dispatch (vk_recorder *recorder, const vk_pipeline *pipeline, const struct vk_push_few *push)
{
  vk_dispatch (recorder, pipeline, push, sizeof *push, vk_blocks (push->outputs, OUTPUTS), 1, 1);
}

/* One pass over the weight for rows [row, row + rows). */
static void
record_pass (vk_recorder *recorder, const vk_step *step, const few_job *job, int row, int rows)
{
  struct vk_push_few push = job->push;
  const vk_weight *w = job->weight;
  int size = 0;

  while (1 << size < rows)
    size++;
  push.body = w->body;
  push.scales = w->scales;
  push.row_words = w->row_bytes / 4;
  push.columns = (uint32_t) w->columns;
  push.outputs = (uint32_t) w->rows;
  push.target = job->target + (uint64_t) row * job->target_stride * 4;
  push.target_stride = job->target_stride;
  push.modes |= (uint32_t) rows << 16;
  set_source (recorder, step, job, row, &push);
  if (job->other) {
    push.extra[FEW_BODY] = job->other->body;
    push.extra[FEW_SCALES] = job->other->scales;
  }
  if (job->pack)
    set_packed (job, row, &push);
  else if (push.extra[FEW_TURNS])
    push.extra[FEW_TURNS] += (uint64_t) row * push.turn_stride * 4;
  if ((push.modes & 15) == FEW_CACHE)
    push.extra[FEW_ROWS] += (uint64_t) row * sizeof (struct vk_row);
  vk_few_dispatch (recorder, step->few[job->pipelines + size], &push);
}

static void
record_job (vk_recorder *recorder, const vk_step *step, const few_job *job)
{
  for (int done = 0; done < job->count; done += VK_FEW) {
    int rows = job->count - done < VK_FEW ? job->count - done : VK_FEW;

    record_pass (recorder, step, job, job->first + done, rows);
  }
}

/* ---- the steps --------------------------------------------------------- */

/* The job of weight `i` into scratch, nothing but the input's norm done. */
static few_job
job_to_scratch (const vk_recorder *recorder, const vk_step *step, int i)
{
  const vk_products products = vk_products_of (step->step);
  few_job job = {
    .weight = &step->weights[i],
    .pipelines = i * COUNTS,
    .in = step->step->in,
    .first = recorder->n_prompt,
    .count = recorder->n_decode,
    .normed = step->step->kind != DD_STEP_PROJECT,
    .target = recorder->work->scratch[VK_GROUP_FEW] + products.at[i] * sizeof (float),
    .target_stride = products.stride,
  };

  job.push.modes = FEW_MODES (FEW_FLOATS, 0, 0, 0, 0);
  job.push.eps = vk_norm_eps (step->step);
  return job;
}

static void
record_qkv_part (vk_recorder *recorder, const vk_step *step, int i)
{
  const dd_step *s = step->step;
  few_job job = job_to_scratch (recorder, step, i);
  uint32_t style = i < 2 && step->turns >= 0 ? (uint32_t) s->qkv.rope.style : 0;

  job.push.modes = FEW_MODES (i == 0 ? FEW_FLOATS : FEW_CACHE, style,
                              recorder->loaded->cache == DD_CACHE_F32, 0, 0);
  job.push.geometry = (uint32_t) s->head_dim | (uint32_t) s->qkv.rope.dims << 16;
  job.push.turn_stride = (uint32_t) recorder->loaded->turn_stride;
  job.push.extra[FEW_BIAS] = step->bias[i];
  job.push.extra[FEW_ROWS] = recorder->batch.rows;
  job.push.extra[FEW_PAGES] = recorder->batch.pages;
  job.push.extra[FEW_TURNS] = style ? vk_turns_of (recorder, step) : 0;
  job.push.cache = (uint32_t) (i == 1 ? step->keys : step->values);
  job.target = recorder->work->buffers[s->out];
  job.target_stride = (uint32_t) recorder->loaded->stride[s->out];
  record_job (recorder, step, &job);
}

/* The step after this one, if it takes the `columns` that this one makes in bytes. */
static const vk_step *
packed_next (const vk_recorder *recorder, const vk_step *step, int64_t columns)
{
  const vk_loaded *loaded = recorder->loaded;
  const vk_step *next = step + 1;

  if (step->number + 1 >= loaded->count || columns % OUTPUTS || next->step->kind == DD_STEP_HEAD
      || next->step->in != step->step->out)
    return NULL;
  for (int i = 0; i < next->n_weights; i++) {
    if (next->weights[i].columns == columns && whole_bytes (&next->weights[i]))
      return next;
  }
  return NULL;
}

const vk_packed *
vk_few_packs (vk_recorder *recorder, const vk_step *step, int64_t columns)
{
  const vk_step *next = packed_next (recorder, step, columns);

  recorder->packed[step->step->out] = next;
  return next ? &recorder->work->packed[step->step->out] : NULL;
}

/* Lets the job pack its results for the next step. */
static void
pack_for_next (vk_recorder *recorder, const vk_step *step, few_job *job)
{
  const vk_step *next = packed_next (recorder, step, step->weights[0].rows);

  job->pack = vk_few_packs (recorder, step, step->weights[0].rows);
  if (next && step->step->kind == DD_STEP_PROJECT)
    job->push.extra[FEW_NORM] = next->norm;
}

static void
record_project (vk_recorder *recorder, const vk_step *step)
{
  few_job job = job_to_scratch (recorder, step, 0);

  job.push.modes = FEW_MODES (FEW_PROJECT, 0, 0, 0, 0);
  job.push.extra[FEW_BIAS] = step->bias[0];
  job.push.scale = step->step->project.scale;
  job.target = recorder->work->buffers[step->step->out];
  job.target_stride = (uint32_t) recorder->loaded->stride[step->step->out];
  pack_for_next (recorder, step, &job);
  record_job (recorder, step, &job);
}

static void
record_gate (vk_recorder *recorder, const vk_step *step)
{
  const dd_gate *gate = &step->step->gate;
  few_job job = job_to_scratch (recorder, step, 0);

  job.other = &step->weights[1];
  job.push.modes = FEW_MODES (FEW_GATE, 0, 0, gate->activation == DD_ACTIVATION_GELU, 0);
  job.target = recorder->work->buffers[step->step->out];
  job.target_stride = (uint32_t) recorder->loaded->stride[step->step->out];
  pack_for_next (recorder, step, &job);
  record_job (recorder, step, &job);
}

static void
record_head (vk_recorder *recorder, const vk_step *step)
{
  const dd_head *head = &step->step->head;
  few_job job = job_to_scratch (recorder, step, 0);

  job.first = 0;
  job.count = recorder->n_logits;
  job.push.modes = FEW_MODES (FEW_HEAD, 0, 0, 0, 0);
  job.push.scale = head->scale;
  job.push.cap = head->cap;
  job.target = recorder->work->logits;
  job.target_stride = (uint32_t) recorder->loaded->logits_stride;
  record_job (recorder, step, &job);
}

/* ---- what goes through scratch ----------------------------------------- */

static void
record_through_scratch (vk_recorder *recorder, const vk_step *step)
{
  vk_products products = vk_products_of (step->step);

  products.y = recorder->work->scratch[VK_GROUP_FEW];
  for (int i = 0; i < step->n_weights; i++) {
    few_job job = job_to_scratch (recorder, step, i);

    record_job (recorder, step, &job);
  }
  vk_stage (recorder);
  vk_finish_record (recorder, step, step->few[FINISH], &products, recorder->n_prompt,
                    recorder->n_decode);
}

/* ------------------------------------------------------------------------ */

/* The step's input packed, if any of its weights wants it so and the step before
 * has not done it.  HEAD's rows take the place of others. */
static void
pack_input (vk_recorder *recorder, const vk_step *step)
{
  bool head = step->step->kind == DD_STEP_HEAD;
  bool done = recorder->packed[step->step->in] == step;

  recorder->packed[step->step->in] = NULL;
  for (int i = 0; i < step->n_weights && !done; i++) {
    if (!whole_bytes (&step->weights[i]))
      continue;
    vk_pack (recorder, VK_FORM_Q8, step->step->in, step->weights[i].columns, step->norm, head,
             head ? 0 : recorder->n_prompt, head ? recorder->n_logits : recorder->n_decode);
    vk_stage (recorder);
    return;
  }
}

void
vk_few_record (vk_recorder *recorder, const vk_step *step)
{
  pack_input (recorder, step);
  if (needs_finish (step)) {
    recorder->packed[step->step->out] = NULL;
    record_through_scratch (recorder, step);
    return;
  }
  switch (step->step->kind) {
  case DD_STEP_QKV:
    for (int i = 0; i < 3; i++)
      record_qkv_part (recorder, step, i);
    break;
  case DD_STEP_PROJECT: record_project (recorder, step); break;
  case DD_STEP_GATE: record_gate (recorder, step); break;
  default: record_head (recorder, step); break;
  }
}
