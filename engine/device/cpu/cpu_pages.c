/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The pool of pages: each page is one allocation, so the pool grows and shrinks
 * without moving any.  What it refuses: knowing which session a page is of.
 */
#include <string.h>

#include "base/alloc.h"
#include "device/cells.h"
#include "device/cpu/cpu_private.h"

static void *
element_at (const cpu_loaded *self,
            const cpu_layer *layer,
            uint32_t page,
            int slot,
            bool values,
            int head)
{
  uint64_t at = (values ? layer->values : layer->keys) + (uint64_t) head * layer->head_bytes;

  return self->pages[page] + at
         + (uint64_t) slot * (uint64_t) layer->stride * dd_cell_bytes (self->cache);
}

uint64_t
cpu_cache_bytes (const cpu_loaded *self, int64_t tokens)
{
  uint64_t pages = ((uint64_t) tokens + DD_PAGE_TOKENS - 1) / DD_PAGE_TOKENS;

  return pages * (self->page_bytes + sizeof *self->pages);
}

static void
free_pages (cpu_loaded *self, uint32_t from)
{
  for (uint32_t i = from; i < self->n_pages; i++) {
    dd_free (self->pages[i]);
    self->pages[i] = NULL;
  }
  self->n_pages = from < self->n_pages ? from : self->n_pages;
}

static bool
grow_table (cpu_loaded *self, uint32_t count)
{
  void *table = self->pages;

  if (count <= self->pages_room)
    return true;
  if (!dd_grow (DD_TAG_CACHE, &table, self->pages_room * sizeof *self->pages,
                count * sizeof *self->pages))
    return false;
  self->pages = table;
  self->pages_room = count;
  return true;
}

bool
cpu_pages_resize (dd_loaded *loaded, uint32_t count, dd_error *error)
{
  cpu_loaded *self = (cpu_loaded *) loaded;
  uint32_t before = self->n_pages;

  if (count <= before) {
    free_pages (self, count);
    return true;
  }
  if (!grow_table (self, count))
    return dd_fail_memory (error, "the pages of a context");
  /* A range without a layer has pages of nothing. */
  for (; self->n_pages < count; self->n_pages++) {
    if (self->page_bytes == 0)
      continue;
    self->pages[self->n_pages] = dd_alloc (DD_TAG_CACHE, self->page_bytes);
    if (!self->pages[self->n_pages]) {
      free_pages (self, before);
      return dd_fail_memory (error, "the pages of a context");
    }
  }
  return true;
}

bool
cpu_pages_copy (dd_loaded *loaded, uint32_t from, uint32_t to, int tokens, dd_error *error)
{
  const cpu_loaded *self = (cpu_loaded *) loaded;

  for (int i = 0; i < self->plan->n_layers; i++) {
    const cpu_layer *layer = &self->layers[i];
    size_t bytes = (size_t) tokens * (size_t) layer->stride * dd_cell_bytes (self->cache);

    if (layer->stride == 0)
      continue;
    for (int head = 0; head < layer->kv_heads; head++) {
      memcpy (element_at (self, layer, to, 0, false, head),
              element_at (self, layer, from, 0, false, head), bytes);
      memcpy (element_at (self, layer, to, 0, true, head),
              element_at (self, layer, from, 0, true, head), bytes);
    }
  }
  return true;
}

static void
read_head (const cpu_loaded *self, const void *from, float *out, int n)
{
  if (self->cache == DD_CACHE_F16)
    self->device->vec->widen (from, out, n);
  else
    memcpy (out, from, (size_t) n * sizeof *out);
}

static void
write_head (const cpu_loaded *self, void *to, const float *x, int n)
{
  if (self->cache == DD_CACHE_F16)
    self->device->vec->narrow (x, to, n);
  else
    memcpy (to, x, (size_t) n * sizeof *x);
}

bool
cpu_cache_get (dd_loaded *loaded,
               int layer_number,
               uint32_t page,
               int slot,
               float *keys,
               float *values,
               dd_error *error)
{
  const cpu_loaded *self = (cpu_loaded *) loaded;
  const cpu_layer *layer = &self->layers[layer_number];

  for (int head = 0; head < layer->kv_heads; head++) {
    if (keys)
      read_head (self, element_at (self, layer, page, slot, false, head),
                 keys + (int64_t) head * layer->head_dim, layer->head_dim);
    if (values)
      read_head (self, element_at (self, layer, page, slot, true, head),
                 values + (int64_t) head * layer->head_dim, layer->head_dim);
  }
  return true;
}

bool
cpu_cache_put (dd_loaded *loaded,
               int layer_number,
               uint32_t page,
               int slot,
               const float *keys,
               const float *values,
               dd_error *error)
{
  const cpu_loaded *self = (cpu_loaded *) loaded;
  const cpu_layer *layer = &self->layers[layer_number];

  for (int head = 0; head < layer->kv_heads; head++) {
    if (keys)
      write_head (self, element_at (self, layer, page, slot, false, head),
                  keys + (int64_t) head * layer->head_dim, layer->head_dim);
    if (values)
      write_head (self, element_at (self, layer, page, slot, true, head),
                  values + (int64_t) head * layer->head_dim, layer->head_dim);
  }
  return true;
}

void
cpu_store_head (const cpu_run *run,
                const cpu_layer *layer,
                const dd_row *row,
                bool values,
                int head,
                const float *x)
{
  const dd_sequence *sequence = &run->batch->sequences[row->sequence];
  uint32_t page = sequence->pages[row->position / DD_PAGE_TOKENS];

  write_head (run->loaded,
              element_at (run->loaded, layer, page, row->position % DD_PAGE_TOKENS, values, head),
              x, layer->head_dim);
}

dd_vec_page
cpu_head_page (const cpu_run *run,
               const cpu_layer *layer,
               const dd_row *row,
               int64_t position,
               bool values,
               int head)
{
  const dd_sequence *sequence = &run->batch->sequences[row->sequence];
  uint32_t page = sequence->pages[position / DD_PAGE_TOKENS];
  dd_vec_page out = {
    .elements = element_at (run->loaded, layer, page, 0, values, head),
    .half = run->loaded->cache == DD_CACHE_F16,
    .stride = layer->stride,
  };

  return out;
}
