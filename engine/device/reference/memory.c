/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reference device's memory: pages of keys and values, and the activations
 * of a batch.  measure counts with the functions that allocate.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "device/cells.h"
#include "device/reference/private.h"
/* How much a work needs, in elements. */
typedef struct sizes {
  uint64_t buffers[DD_BUFFERS];
  uint64_t logits;
  uint64_t in;
  uint64_t out;
  uint64_t weights;
} sizes;

static uint64_t
largest (uint64_t a, uint64_t b)
{
  return a > b ? a : b;
}

/* Every factor is bounded by the plan's check (a weight's bytes fit in 64 bits)
 * and REFERENCE_MAX_ROWS; what is absurd all the same fails in dd_alloc_array. */
static sizes
sizes_of (const dd_plan *plan, size_t first, size_t count, int rows, int logit_rows)
{
  sizes need = { 0 };

  for (int i = 0; i < DD_BUFFERS; i++)
    need.buffers[i] = (uint64_t) rows * (uint64_t) plan->width[i];
  for (size_t i = first; i < first + count; i++) {
    const dd_weight *weights[3];
    int n = dd_step_weights (&plan->steps[i], weights);
    bool head = plan->steps[i].kind == DD_STEP_HEAD;
    uint64_t n_out = 0;

    for (int w = 0; w < n; w++) {
      need.weights = largest (need.weights, (uint64_t) weights[w]->columns);
      n_out += (uint64_t) weights[w]->rows;
    }
    if (plan->steps[i].kind == DD_STEP_EMBED)
      continue;
    if (head)
      need.logits = (uint64_t) logit_rows * (uint64_t) plan->n_vocab;
    need.out = largest (need.out, n_out * (uint64_t) (head ? logit_rows : rows));
  }
  need.in = need.weights * (uint64_t) rows;
  return need;
}

static uint64_t
page_bytes (int n_layers, int64_t kv_width, dd_cache_type type)
{
  return (uint64_t) n_layers * 2 * DD_PAGE_TOKENS * (uint64_t) kv_width * dd_cell_bytes (type);
}

bool
reference_measure (dd_device *device, const dd_request *request, dd_measured *out, dd_error *error)
{
  sizes need = sizes_of (request->plan, request->first, request->count, request->rows,
                         request->logit_rows);
  dd_memory *ram = &out->heaps[0];
  uint64_t n_pages = ((uint64_t) request->context + DD_PAGE_TOKENS - 1) / DD_PAGE_TOKENS;
  int64_t kv_width;
  int n_layers = dd_plan_cache_layers (request->plan, request->first, request->count, &kv_width);

  out->n_heaps = 1;
  ram->weights = dd_plan_weight_bytes (request->plan, request->first, request->count);
  if (!dd_mul_u64 (n_pages, sizeof (uint8_t *) + page_bytes (n_layers, kv_width, request->cache),
                   &ram->cache))
    return dd_fail (error, DD_ERROR_ARGUMENT, "the cache does not fit in 64 bits");
  for (int i = 0; i < DD_BUFFERS; i++)
    ram->activations += need.buffers[i] * sizeof (float);
  ram->activations += (need.logits + need.weights) * sizeof (float);
  ram->activations += (need.in + need.out) * sizeof (double);
  ram->activations += sizeof (reference_work) + sizeof (reference_loaded);
  ram->activations += ((uint64_t) request->plan->n_layers + 1) * sizeof (int); /* cache_index */
  return true;
}

bool
reference_pages_resize (dd_loaded *base, uint32_t count, dd_error *error)
{
  reference_loaded *loaded = (reference_loaded *) base;
  uint64_t bytes = page_bytes (loaded->n_layers, loaded->kv_width, base->cache);
  uint32_t n = base->n_pages;

  if (count > loaded->n_slots) {
    void *pages = loaded->pages;

    if (!dd_grow (DD_TAG_CACHE, &pages, loaded->n_slots * sizeof *loaded->pages,
                  count * sizeof *loaded->pages))
      return dd_fail_memory (error, "the pages of a context");
    loaded->pages = pages;
    loaded->n_slots = count;
  }
  for (; n < count && bytes > 0; n++) {
    loaded->pages[n] = dd_alloc (DD_TAG_CACHE, bytes);
    if (!loaded->pages[n])
      break;
  }
  if (n < count && bytes > 0) {
    while (n > base->n_pages)
      dd_free (loaded->pages[--n]);
    return dd_fail_memory (error, "the pages of a context");
  }
  for (uint32_t i = count; i < base->n_pages; i++) {
    dd_free (loaded->pages[i]);
    loaded->pages[i] = NULL;
  }
  return true;
}

/* Where the keys or values of a token and layer are. */
static uint8_t *
cache_at (const reference_loaded *loaded, int layer, uint32_t page, int slot, int side)
{
  uint64_t row = ((uint64_t) loaded->cache_index[layer] * 2 + (uint64_t) side) * DD_PAGE_TOKENS
                 + (uint64_t) slot;

  return loaded->pages[page]
         + row * (uint64_t) loaded->kv_width * dd_cell_bytes (loaded->base.cache);
}

bool
reference_pages_copy (dd_loaded *base, uint32_t from, uint32_t to, int tokens, dd_error *error)
{
  reference_loaded *loaded = (reference_loaded *) base;
  uint64_t row = (uint64_t) loaded->kv_width * dd_cell_bytes (base->cache);

  for (uint64_t i = 0; i < (uint64_t) loaded->n_layers * 2; i++) {
    uint64_t offset = i * DD_PAGE_TOKENS * row;

    memcpy (loaded->pages[to] + offset, loaded->pages[from] + offset, (uint64_t) tokens * row);
  }
  return true;
}

void
reference_cache_read (const reference_loaded *loaded,
                      int layer,
                      uint32_t page,
                      int slot,
                      int side,
                      int64_t first,
                      int64_t count,
                      float *out)
{
  const uint8_t *at = cache_at (loaded, layer, page, slot, side);

  dd_cells_read (loaded->base.cache, at + (uint64_t) first * dd_cell_bytes (loaded->base.cache),
                 count, out);
}

void
reference_cache_write (reference_loaded *loaded,
                       int layer,
                       uint32_t page,
                       int slot,
                       int side,
                       int64_t first,
                       int64_t count,
                       const float *values)
{
  uint8_t *at = cache_at (loaded, layer, page, slot, side);

  dd_cells_write (loaded->base.cache, at + (uint64_t) first * dd_cell_bytes (loaded->base.cache),
                  count, values);
}

bool
reference_cache_get (dd_loaded *base,
                     int layer,
                     uint32_t page,
                     int slot,
                     float *keys,
                     float *values,
                     dd_error *error)
{
  const reference_loaded *loaded = (const reference_loaded *) base;
  int64_t width = dd_loaded_kv_width (base, layer);

  if (keys)
    reference_cache_read (loaded, layer, page, slot, 0, 0, width, keys);
  if (values)
    reference_cache_read (loaded, layer, page, slot, 1, 0, width, values);
  return true;
}

bool
reference_cache_put (dd_loaded *base,
                     int layer,
                     uint32_t page,
                     int slot,
                     const float *keys,
                     const float *values,
                     dd_error *error)
{
  reference_loaded *loaded = (reference_loaded *) base;
  int64_t width = dd_loaded_kv_width (base, layer);

  if (keys)
    reference_cache_write (loaded, layer, page, slot, 0, 0, width, keys);
  if (values)
    reference_cache_write (loaded, layer, page, slot, 1, 0, width, values);
  return true;
}

static void *
take (uint64_t count, size_t size)
{
  return dd_alloc_array (DD_TAG_DEVICE, count > 0 ? count : 1, size);
}

bool
reference_work_new (dd_loaded *loaded, int rows, int logit_rows, dd_work **out, dd_error *error)
{
  sizes need = sizes_of (loaded->plan, loaded->first, loaded->count, rows, logit_rows);
  reference_work *work = dd_alloc (DD_TAG_DEVICE, sizeof *work);
  bool ok;

  if (!work)
    return dd_fail_memory (error, "the activations of a batch");
  work->logits = take (need.logits, sizeof *work->logits);
  work->in = take (need.in, sizeof *work->in);
  work->out = take (need.out, sizeof *work->out);
  work->weights = take (need.weights, sizeof *work->weights);
  ok = work->logits && work->in && work->out && work->weights;
  for (int i = 0; i < DD_BUFFERS; i++) {
    work->buffers[i] = take (need.buffers[i], sizeof *work->buffers[i]);
    ok = ok && work->buffers[i];
  }
  if (!ok) {
    reference_work_free (&work->base);
    return dd_fail_memory (error, "the activations of a batch");
  }
  *out = &work->base;
  return true;
}

void
reference_work_free (dd_work *base)
{
  reference_work *work = (reference_work *) base;

  for (int i = 0; i < DD_BUFFERS; i++)
    dd_free (work->buffers[i]);
  dd_free (work->logits);
  dd_free (work->in);
  dd_free (work->out);
  dd_free (work->weights);
  dd_free (work);
}

bool
reference_put (dd_work *base, int rows, dd_buffer buffer, const float *values, dd_error *error)
{
  size_t count = (size_t) rows * (size_t) base->loaded->plan->width[buffer];

  memcpy (((reference_work *) base)->buffers[buffer], values, count * sizeof *values);
  return true;
}

bool
reference_get (dd_work *base, int rows, dd_buffer buffer, float *values, dd_error *error)
{
  size_t count = (size_t) rows * (size_t) base->loaded->plan->width[buffer];

  memcpy (values, ((reference_work *) base)->buffers[buffer], count * sizeof *values);
  return true;
}
