/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tables of a loaded range of steps: where every weight and vector will lie,
 * and how wide the buffers are.  No memory of the device is taken, so measuring
 * is this walk and nothing else.
 */
#include <string.h>

#include "base/alloc.h"
#include "device/vulkan/vk_load.h"
#include "device/vulkan/vk_work.h"

#define PAGE_SLAB_BYTES (UINT64_C (64) << 20)
#define PAGE_SLAB_MOST 16 /* pages */

/* ---- weights ----------------------------------------------------------- */

bool
vk_type_is_split (dd_type type)
{
  return dd_type_get ((uint32_t) type)->bytes % 4 != 0 && dd_type_get ((uint32_t) type)->block > 1;
}

#define MOST_COLUMNS (INT64_C (1) << 28) /* so that a row's bytes fit 32 bits */

void
vk_weight_describe (const dd_weight *weight, vk_weight *out)
{
  const dd_type_info *type = dd_type_get ((uint32_t) weight->type);
  bool split = vk_type_is_split (weight->type);
  uint64_t blocks = (uint64_t) weight->columns / type->block;

  *out = (vk_weight) {
    .type = weight->type,
    .rows = weight->rows,
    .columns = weight->columns,
    .row_bytes = (uint32_t) vk_round_up (blocks * (type->bytes - (split ? 2 : 0)), VK_ROW_ALIGN),
    .scale_bytes = split ? (uint32_t) vk_round_up (blocks * 2, VK_ROW_ALIGN) : 0,
  };
}

uint64_t
vk_weight_bytes (const vk_weight *weight)
{
  return (uint64_t) weight->rows * ((uint64_t) weight->row_bytes + weight->scale_bytes) + VK_SLACK;
}

void
vk_weight_open (const vk_arena *arena, vk_weight *weight)
{
  weight->body = vk_address (arena, weight->place);
  if (weight->scale_bytes > 0)
    weight->scales = weight->body + (uint64_t) weight->rows * weight->row_bytes;
}

static bool
describe_weight (vk_loaded *self, const dd_weight *weight, vk_weight *out, dd_error *error)
{
  if (weight->columns > MOST_COLUMNS)
    return dd_fail (error, DD_ERROR_UNSUPPORTED, "a matrix of the model is too wide");
  vk_weight_describe (weight, out);
  out->ways = vk_ways_of (self->device, weight);
  return vk_arena_add (&self->weights, vk_weight_bytes (out), &out->place, error);
}

/* ---- vectors ----------------------------------------------------------- */

void
vk_visit_vectors (const vk_step *self, vk_vector_fn visit, void *user)
{
  const dd_step *step = self->step;
  vk_step *out = (vk_step *) self;

  switch (step->kind) {
  case DD_STEP_QKV:
    visit (step->qkv.norm, step->qkv.q.columns, &out->norm, user);
    visit (step->qkv.q_bias, step->qkv.q.rows, &out->bias[0], user);
    visit (step->qkv.k_bias, step->qkv.k.rows, &out->bias[1], user);
    visit (step->qkv.v_bias, step->qkv.v.rows, &out->bias[2], user);
    visit (step->qkv.q_norm, step->head_dim, &out->head_norm[0], user);
    visit (step->qkv.k_norm, step->head_dim, &out->head_norm[1], user);
    break;
  case DD_STEP_PROJECT:
    visit (step->project.bias, step->project.w.rows, &out->bias[0], user);
    visit (step->project.post_norm, step->project.w.rows, &out->post_norm, user);
    break;
  case DD_STEP_GATE: visit (step->gate.norm, step->gate.gate.columns, &out->norm, user); break;
  case DD_STEP_HEAD: visit (step->head.norm, step->head.w.columns, &out->norm, user); break;
  case DD_STEP_EMBED:
  case DD_STEP_ATTEND:
  case DD_STEP_KINDS: break;
  }
}

/* A plan made to measure may lack data, so all vectors that a step can have for
 * sure are counted, present or not; those that are optional only if present. */
static void
count_vector (const float *data, int64_t n, VkDeviceAddress *out, void *user)
{
  uint64_t *bytes = user;

  (void) data;
  (void) out;
  *bytes += vk_round_up ((uint64_t) n * sizeof (float), 16);
}

/* ---- steps ------------------------------------------------------------- */

static int
find_turns (vk_loaded *self, const dd_rope *rope)
{
  if (rope->style == DD_ROPE_NONE)
    return -1;
  if (rope->dims > self->turn_stride)
    self->turn_stride = rope->dims;
  for (int i = 0; i < self->n_ropes; i++) {
    if (dd_rope_same (self->ropes[i], rope))
      return i;
  }
  self->ropes[self->n_ropes] = rope;
  return self->n_ropes++;
}

/* Keys and values: of QKV the layer's place, of ATTEND the same again. */
static void
describe_cache (vk_loaded *self, vk_step *out)
{
  const dd_step *step = out->step;
  uint64_t element = self->cache == DD_CACHE_F16 ? 2 : 4;
  uint64_t bytes = (uint64_t) step->kv_heads * DD_PAGE_TOKENS * (uint64_t) step->head_dim * element;

  if (step->kind == DD_STEP_QKV) {
    bytes = vk_round_up (bytes, 256);
    out->keys = self->page_bytes;
    out->values = out->keys + bytes;
    self->page_bytes += 2 * bytes;
    return;
  }
  for (vk_step *other = self->steps; other < out; other++) {
    if (other->step->kind == DD_STEP_QKV && other->step->layer == step->layer) {
      out->keys = other->keys;
      out->values = other->values;
    }
  }
}

static void
use_buffer (vk_loaded *self, dd_buffer buffer)
{
  self->stride[buffer] = (int64_t) vk_round_up ((uint64_t) self->plan->width[buffer], VK_LANE);
}

static void
describe_needs (vk_loaded *self, vk_step *out)
{
  const dd_step *step = out->step;

  if (step->kind != DD_STEP_EMBED)
    use_buffer (self, step->in);
  if (step->kind != DD_STEP_HEAD)
    use_buffer (self, step->out);
  if (step->kind == DD_STEP_HEAD)
    self->needs.logits = true;
  if (step->kind == DD_STEP_QKV || step->kind == DD_STEP_ATTEND)
    describe_cache (self, out);
  if (step->kind == DD_STEP_EMBED || step->kind == DD_STEP_ATTEND)
    return;
  vk_few_needs (self, out);
  if (step->kind != DD_STEP_HEAD)
    vk_many_needs (self, out);
}

static bool
describe_step (vk_loaded *self, size_t number, dd_error *error)
{
  vk_step *out = &self->steps[number];
  const dd_weight *weights[3];

  out->step = &self->plan->steps[self->first + number];
  out->number = number;
  out->turns = out->step->kind == DD_STEP_QKV ? find_turns (self, &out->step->qkv.rope) : -1;
  out->n_weights = dd_step_weights (out->step, weights);
  for (int i = 0; i < out->n_weights; i++) {
    if (!describe_weight (self, weights[i], &out->weights[i], error))
      return false;
  }
  vk_visit_vectors (out, count_vector, &self->vector_bytes);
  describe_needs (self, out);
  return true;
}

/* Pages are taken some at a time. */
static bool
describe_pages (vk_loaded *self, dd_error *error)
{
  uint64_t most = self->device->about->most_allocation;

  self->page_bytes = vk_round_up (self->page_bytes, 256);
  if (self->page_bytes == 0)
    return true;
  self->pages_per_slab = (most < PAGE_SLAB_BYTES ? most : PAGE_SLAB_BYTES) / self->page_bytes;
  if (self->pages_per_slab > PAGE_SLAB_MOST)
    self->pages_per_slab = PAGE_SLAB_MOST;
  if (self->pages_per_slab < 1)
    self->pages_per_slab = 1;
  return vk_check_piece (self->device, self->page_bytes, error);
}

static bool
describe_all (vk_loaded *self, dd_error *error)
{
  self->steps = dd_alloc_array (DD_TAG_DEVICE, self->count, sizeof *self->steps);
  self->ropes = dd_alloc_array (DD_TAG_DEVICE, self->count, sizeof *self->ropes);
  if (!self->steps || !self->ropes)
    return dd_fail_memory (error, "the tables of a model");
  for (size_t i = 0; i < self->count; i++) {
    if (!describe_step (self, i, error))
      return false;
  }
  if (self->needs.logits)
    self->logits_stride = (int64_t) vk_round_up ((uint64_t) self->plan->n_vocab, VK_LANE);
  return describe_pages (self, error)
         && vk_arena_add (&self->weights, self->vector_bytes + 256, &self->vectors, error);
}

bool
vk_describe (vk_device *device, const dd_request *request, vk_loaded **out, dd_error *error)
{
  vk_loaded *self = dd_alloc (DD_TAG_DEVICE, sizeof *self);

  if (!self)
    return dd_fail_memory (error, "the tables of a model");
  self->base.device = &device->base;
  self->base.plan = request->plan;
  self->base.cache = request->cache;
  self->device = device;
  self->plan = request->plan;
  self->first = request->first;
  self->count = request->count;
  self->cache = request->cache;
  self->weights = (vk_arena) { .device = device, .home = vk_home_of (device) };
  self->pages = (vk_arena) { .device = device, .home = vk_home_of (device) };
  if (describe_all (self, error)) {
    *out = self;
    return true;
  }
  vk_loaded_free (self);
  return false;
}

void
vk_loaded_free (vk_loaded *self)
{
  vk_arena_close (&self->pages);
  vk_arena_close (&self->weights);
  dd_free (self->steps);
  dd_free (self->ropes);
  dd_free (self);
}

/* ---- measuring --------------------------------------------------------- */

static uint64_t
cache_bytes (const vk_loaded *self, int64_t context)
{
  uint64_t pages = ((uint64_t) context + DD_PAGE_TOKENS - 1) / DD_PAGE_TOKENS;
  uint64_t slabs;

  if (self->page_bytes == 0)
    return 0;
  slabs = (pages + self->pages_per_slab - 1) / self->pages_per_slab;
  return slabs * self->pages_per_slab * self->page_bytes;
}

bool
vk_measure (dd_device *device, const dd_request *request, dd_measured *out, dd_error *error)
{
  vk_loaded *self;
  vk_work work = { .rows = request->rows, .logit_rows = request->logit_rows };
  bool ok;

  if (!vk_describe ((vk_device *) device, request, &self, error))
    return false;
  work.loaded = self;
  ok = vk_work_plan (&work, error);
  out->n_heaps = 1;
  out->heaps[0].weights = vk_arena_bytes (&self->weights);
  out->heaps[0].cache = cache_bytes (self, request->context);
  out->heaps[0].activations = vk_work_bytes (&work);
  vk_work_clear (&work);
  vk_loaded_free (self);
  return ok;
}
