/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tables of a loaded range of steps, and where everything of a work lies in
 * its one piece of memory.  The same walk with no memory gives its size, so what
 * is measured is what is allocated.
 */
#include <string.h>

#include "base/alloc.h"
#include "device/cpu/cpu_private.h"

static int64_t
larger (int64_t a, int64_t b)
{
  return a > b ? a : b;
}

/* Floats per row of a buffer.  Whole cache lines and one more: rows a power of
 * two apart would all fall into the same few places of the caches. */
static int64_t
stride_of (int64_t width)
{
  return width > 0 ? cpu_round_up (width, 16) + 16 : 0;
}

static cpu_product
make_product (const cpu_device *device, const dd_weight *weight)
{
  cpu_product product = {
    .data = weight->data,
    .row_bytes = dd_type_row_bytes (weight->type, (uint64_t) weight->columns),
    .rows = weight->rows,
    .columns = weight->columns,
    .dots = dd_dots_get (device->isa, weight->type),
    .gemm = dd_gemm_get (device->isa, weight->type),
  };

  return product;
}

static int
find_turns (cpu_loaded *self, const dd_rope *rope)
{
  if (rope->style == DD_ROPE_NONE)
    return -1;
  for (int i = 0; i < self->n_ropes; i++) {
    if (dd_rope_same (self->ropes[i], rope))
      return i;
  }
  self->ropes[self->n_ropes] = rope;
  return self->n_ropes++;
}

/* EMBED needs no kernels: its rows are dequantised. */
static void
describe_step (cpu_loaded *self, const dd_step *step, cpu_step *out)
{
  const dd_weight *weights[3];

  out->step = step;
  out->turns = step->kind == DD_STEP_QKV ? find_turns (self, &step->qkv.rope) : -1;
  if (step->kind == DD_STEP_EMBED)
    return;
  out->n_products = dd_step_weights (step, weights);
  for (int i = 0; i < out->n_products; i++) {
    out->products[i] = make_product (self->device, weights[i]);
    out->forms |= 1u << out->products[i].dots->form;
    if (step->kind != DD_STEP_HEAD)
      out->packs |= 1u << out->products[i].gemm->pack_form;
  }
}

static void
describe_layer (cpu_loaded *self, const dd_step *step)
{
  uint64_t element = self->cache == DD_CACHE_F16 ? sizeof (uint16_t) : sizeof (float);
  cpu_layer *layer = &self->layers[step->layer];

  if (layer->stride > 0)
    return;
  layer->kv_heads = step->kv_heads;
  layer->head_dim = step->head_dim;
  layer->stride = cpu_round_up (step->head_dim, DD_VEC_PAD);
  layer->head_bytes = DD_PAGE_TOKENS * (uint64_t) layer->stride * element;
  layer->keys = self->page_bytes;
  layer->values = layer->keys + (uint64_t) layer->kv_heads * layer->head_bytes;
  self->page_bytes = layer->values + (uint64_t) layer->kv_heads * layer->head_bytes;
}

static void
need_products (cpu_needs *needs, const cpu_step *self)
{
  for (int i = 0; i < self->n_products; i++) {
    const cpu_product *product = &self->products[i];
    int64_t *columns = &needs->form_columns[product->dots->form];
    uint64_t scratch = product->gemm->scratch_bytes (product->columns);

    *columns = larger (*columns, product->columns);
    if (self->step->kind == DD_STEP_HEAD)
      continue;
    needs->gemm_scratch = scratch > needs->gemm_scratch ? scratch : needs->gemm_scratch;
    needs->prompt_staging = larger (needs->prompt_staging, 2 * product->gemm->tile);
  }
}

/* Prompt: queries, scores and sums of a block of rows, a page of keys and of
 * values as floats.  Decode: queries, scores and two sets of sums of one row. */
static void
need_attention (cpu_needs *needs, const dd_step *step)
{
  int64_t group = step->heads / step->kv_heads;
  int64_t stride = cpu_round_up (step->head_dim, DD_VEC_PAD);
  int64_t rows = larger (1, CPU_BLOCK_LANES / group);
  int64_t lanes = cpu_round_up (rows * group, DD_VEC_PAD);
  int64_t prompt = lanes * (2 * stride + DD_PAGE_TOKENS + 5) + 2 * DD_PAGE_TOKENS * stride;
  int64_t decode = group * (3 * stride + DD_PAGE_TOKENS + 5);

  needs->attend_scratch = larger (needs->attend_scratch, larger (prompt, decode));
  needs->part_stride = larger (needs->part_stride, stride + 16);
  needs->heads = (int) larger (needs->heads, step->heads);
  if (needs->kv_heads == 0 || step->kv_heads < needs->kv_heads)
    needs->kv_heads = step->kv_heads;
  if (needs->block_rows == 0 || rows < needs->block_rows)
    needs->block_rows = (int) rows;
}

static void
need_step (cpu_loaded *self, const cpu_step *described)
{
  const dd_step *step = described->step;
  cpu_needs *needs = &self->needs;

  need_products (needs, described);
  switch (step->kind) {
  case DD_STEP_QKV:
    describe_layer (self, step);
    needs->normed_stride = larger (needs->normed_stride, stride_of (step->qkv.q.columns));
    needs->prompt_staging = larger (needs->prompt_staging, step->head_dim);
    if (described->turns >= 0)
      needs->turn_stride = larger (needs->turn_stride, 2 * step->qkv.rope.dims);
    break;
  case DD_STEP_ATTEND:
    describe_layer (self, step);
    need_attention (needs, step);
    break;
  case DD_STEP_PROJECT:
    if (step->project.post_norm)
      needs->normed_stride = larger (needs->normed_stride, stride_of (step->project.w.rows));
    break;
  case DD_STEP_GATE:
    needs->normed_stride = larger (needs->normed_stride, stride_of (step->gate.gate.columns));
    break;
  case DD_STEP_HEAD:
    needs->normed_stride = larger (needs->normed_stride, stride_of (step->head.w.columns));
    needs->logits_stride = cpu_round_up (step->head.w.rows, 16);
    break;
  case DD_STEP_EMBED:
  case DD_STEP_KINDS: break;
  }
}

static void
describe (cpu_loaded *self)
{
  const dd_plan *plan = self->plan;

  for (int i = 0; i < DD_BUFFERS; i++)
    self->needs.stride[i] = stride_of (plan->width[i]);
  self->needs.decode_staging = 2 * DD_VECTORS * CPU_DECODE_ROWS;
  for (size_t i = 0; i < self->count; i++) {
    describe_step (self, &plan->steps[self->first + i], &self->steps[i]);
    need_step (self, &self->steps[i]);
  }
}

static size_t
layers_of (const dd_plan *plan)
{
  return plan->n_layers > 0 ? (size_t) plan->n_layers : 1;
}

bool
cpu_describe (cpu_device *device, const dd_request *request, cpu_loaded **out, dd_error *error)
{
  cpu_loaded *self = dd_alloc (DD_TAG_DEVICE, sizeof *self);

  if (!self)
    return dd_fail_memory (error, "the steps of a model");
  self->device = device;
  self->plan = request->plan;
  self->first = request->first;
  self->count = request->count;
  self->cache = request->cache;
  self->steps = dd_alloc_array (DD_TAG_DEVICE, self->count, sizeof *self->steps);
  self->layers = dd_alloc_array (DD_TAG_DEVICE, layers_of (self->plan), sizeof *self->layers);
  self->ropes = dd_alloc_array (DD_TAG_DEVICE, self->count, sizeof *self->ropes);
  if (!self->steps || !self->layers || !self->ropes) {
    cpu_loaded_free (self);
    return dd_fail_memory (error, "the steps of a model");
  }
  describe (self);
  *out = self;
  return true;
}

void
cpu_loaded_free (cpu_loaded *self)
{
  if (!self)
    return;
  cpu_ahead_end (self);
  for (uint32_t i = 0; i < self->n_pages; i++)
    dd_free (self->pages[i]);
  dd_free (self->pages);
  dd_free (self->ropes);
  dd_free (self->layers);
  dd_free (self->steps);
  dd_free (self);
}

uint64_t
cpu_loaded_bytes (const cpu_loaded *self)
{
  return sizeof *self + self->count * (sizeof *self->steps + sizeof *self->ropes)
         + layers_of (self->plan) * sizeof *self->layers;
}

/* Hands out aligned parts of memory, or of none while counting. */
typedef struct cursor {
  uint8_t *memory;
  uint64_t used;
} cursor;

static void *
part (cursor *at, uint64_t bytes)
{
  void *result = at->memory && bytes > 0 ? at->memory + at->used : NULL;

  at->used += (bytes + 63) & ~UINT64_C (63);
  return result;
}

static float *
floats (cursor *at, int64_t count)
{
  return part (at, (uint64_t) count * sizeof (float));
}

static void
place_packed (cpu_work *self, cursor *at)
{
  const cpu_loaded *loaded = self->loaded;
  uint64_t bytes[DD_PACKS] = { 0 };

  for (size_t i = 0; i < loaded->count; i++) {
    const cpu_step *step = &loaded->steps[i];

    for (int j = 0; step->packs != 0 && j < step->n_products; j++) {
      const cpu_product *product = &step->products[j];
      uint64_t size = product->gemm->packed_bytes (product->columns, self->rows);

      if (size > bytes[product->gemm->pack_form])
        bytes[product->gemm->pack_form] = size;
    }
  }
  for (int i = 0; i < DD_PACKS; i++)
    self->packed[i] = part (at, bytes[i]);
}

static uint64_t
form_bytes (const cpu_needs *needs, int form, int count)
{
  if (form == DD_FORM_F32 || needs->form_columns[form] == 0)
    return 0;
  return dd_vectors_bytes ((dd_form) form, needs->form_columns[form], count);
}

static void
place_area (const cpu_work *self, cpu_area *area, cursor *at)
{
  const cpu_needs *needs = &self->loaded->needs;

  area->normed = floats (at, CPU_PRIVATE * needs->normed_stride);
  for (int i = 0; i < DD_FORMS; i++)
    area->forms[i] = part (at, form_bytes (needs, i, CPU_PRIVATE));
  area->staging = floats (at, larger (needs->prompt_staging * self->rows, needs->decode_staging));
  area->scratch = part (at, needs->gemm_scratch);
  area->attend = floats (at, needs->attend_scratch);
}

/* Decode rows that leave threads idle unless their positions are shared out. */
static int
split_rows (const cpu_work *self)
{
  const cpu_needs *needs = &self->loaded->needs;
  int threads = dd_pool_threads (self->loaded->device->pool);
  int rows;

  if (threads == 1 || needs->kv_heads == 0)
    return 0;
  rows = (4 * threads + needs->kv_heads - 1) / needs->kv_heads;
  rows = rows < DD_VECTORS ? rows : DD_VECTORS;
  return rows < self->rows ? rows : self->rows;
}

uint64_t
cpu_place (cpu_work *self, uint8_t *memory)
{
  const cpu_needs *needs = &self->loaded->needs;
  int threads = dd_pool_threads (self->loaded->device->pool);
  cursor at = { memory, 0 };

  for (int i = 0; i < DD_BUFFERS; i++)
    self->buffers[i] = floats (&at, needs->stride[i] * self->rows);
  self->normed = floats (&at, needs->normed_stride * larger (self->rows, DD_VECTORS));
  place_packed (self, &at);
  for (int i = 0; i < DD_FORMS; i++)
    self->forms[i] = part (&at, form_bytes (needs, i, DD_VECTORS));
  self->logits = floats (&at, needs->logits_stride * self->logit_rows);
  self->logit_index = part (&at, (uint64_t) self->rows * sizeof *self->logit_index);
  self->turns = floats (&at, self->loaded->n_ropes * needs->turn_stride * self->rows);
  self->turn_positions = part (&at, (uint64_t) self->rows * sizeof *self->turn_positions);
  self->blocks = part (&at, (uint64_t) self->rows * sizeof *self->blocks);
  self->split_rows = split_rows (self);
  self->parts = floats (&at, (int64_t) self->split_rows * needs->heads * CPU_RANGES
                                 * needs->part_stride);
  self->areas = part (&at, (uint64_t) threads * sizeof *self->areas);
  for (int i = 0; i < threads; i++) {
    cpu_area counted;

    place_area (self, memory ? &self->areas[i] : &counted, &at);
  }
  return at.used;
}

uint64_t
cpu_picks_bytes (int logit_rows)
{
  return sizeof (cpu_picks) + (uint64_t) logit_rows * sizeof (dd_token);
}

uint64_t
cpu_work_bytes (cpu_loaded *loaded, int rows, int logit_rows)
{
  cpu_work counted = { .loaded = loaded, .rows = rows, .logit_rows = logit_rows };

  return sizeof counted + cpu_picks_bytes (logit_rows) + cpu_place (&counted, NULL);
}
