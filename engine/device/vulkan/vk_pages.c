/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The pool of pages: slabs of some pages each, so growing moves nothing.  The
 * addresses of pages go into the table of each batch.  In a page, for every layer
 * keys and then values, each [kv_head][DD_PAGE_TOKENS][head_dim].
 */
#include <string.h>

#include "base/alloc.h"
#include "device/cells.h"
#include "device/vulkan/vk_work.h"

#define REGIONS 64

static uint64_t
page_offset (const vk_loaded *self, uint32_t page)
{
  return page % self->pages_per_slab * self->page_bytes;
}

static const vk_slab *
slab_of (const vk_loaded *self, uint32_t page)
{
  return &self->pages.slabs[page / self->pages_per_slab];
}

/* ---- growing ----------------------------------------------------------- */

static void
cut_slabs (vk_loaded *self, uint32_t n)
{
  while (self->pages.n_slabs > n)
    vk_slab_close (self->device, &self->pages.slabs[--self->pages.n_slabs]);
}

static bool
add_slabs (vk_loaded *self, uint32_t n, dd_error *error)
{
  uint32_t before = self->pages.n_slabs;
  vk_place place;

  while (self->pages.n_slabs < n) {
    if (!vk_arena_add (&self->pages, self->pages_per_slab * self->page_bytes, &place, error)
        || !vk_arena_open (&self->pages, error)) {
      cut_slabs (self, before);
      return false;
    }
  }
  return true;
}

static bool
clear_pages (vk_loaded *self, uint32_t first, uint32_t count, dd_error *error)
{
  vk_once once;

  if (self->pages.home == VK_HOME_DIRECT) {
    for (uint32_t i = first; i < count; i++)
      memset (slab_of (self, i)->mapped + page_offset (self, i), 0, self->page_bytes);
    return true;
  }
  if (!vk_once_begin (self->device, &once, error))
    return false;
  for (uint32_t i = first; i < count; i++)
    self->device->fn.CmdFillBuffer (once.commands, slab_of (self, i)->buffer, page_offset (self, i),
                                    self->page_bytes, 0);
  return vk_once_end (&once, error);
}

bool
vk_pages_resize (dd_loaded *loaded, uint32_t count, dd_error *error)
{
  vk_loaded *self = (vk_loaded *) loaded;
  uint32_t slabs;
  uint32_t before = self->pages.n_slabs;

  if (self->page_bytes == 0) {
    self->n_pages = count;
    return true;
  }
  slabs = (uint32_t) ((count + self->pages_per_slab - 1) / self->pages_per_slab);
  if (count > self->n_pages
      && (!add_slabs (self, slabs, error) || !clear_pages (self, self->n_pages, count, error))) {
    cut_slabs (self, before);
    return false;
  }
  cut_slabs (self, slabs);
  self->n_pages = count;
  return true;
}

/* ---- copying ----------------------------------------------------------- */

/* Regions of a copy from buffer to buffer, given to the driver some at a time. */
typedef struct regions {
  vk_device *device;
  VkCommandBuffer commands;
  VkBuffer from, to;
  VkBufferCopy list[REGIONS];
  uint32_t n;
} regions;

static void
flush_regions (regions *self)
{
  if (self->n > 0)
    self->device->fn.CmdCopyBuffer (self->commands, self->from, self->to, self->n, self->list);
  self->n = 0;
}

static void
add_region (regions *self, uint64_t from, uint64_t to, uint64_t bytes)
{
  if (self->n == REGIONS)
    flush_regions (self);
  self->list[self->n++] = (VkBufferCopy) { from, to, bytes };
}

static void
add_layer (const vk_loaded *self,
           const vk_step *step,
           uint64_t from,
           uint64_t to,
           int tokens,
           regions *out)
{
  uint64_t row = (uint64_t) step->step->head_dim * dd_cell_bytes (self->cache);

  for (int side = 0; side < 2; side++)
    for (int head = 0; head < step->step->kv_heads; head++) {
      uint64_t at = (side ? step->values : step->keys) + (uint64_t) head * DD_PAGE_TOKENS * row;

      add_region (out, from + at, to + at, (uint64_t) tokens * row);
    }
}

bool
vk_pages_copy (dd_loaded *loaded, uint32_t from, uint32_t to, int tokens, dd_error *error)
{
  vk_loaded *self = (vk_loaded *) loaded;
  vk_once once;
  regions copy = { .device = self->device };

  if (self->page_bytes == 0)
    return true;
  if (!vk_once_begin (self->device, &once, error))
    return false;
  copy.commands = once.commands;
  copy.from = slab_of (self, from)->buffer;
  copy.to = slab_of (self, to)->buffer;
  for (size_t i = 0; i < self->count; i++) {
    if (self->steps[i].step->kind == DD_STEP_QKV)
      add_layer (self, &self->steps[i], page_offset (self, from), page_offset (self, to), tokens,
                 &copy);
  }
  flush_regions (&copy);
  return vk_once_end (&once, error);
}

/* ---- single cells ------------------------------------------------------ */

static const vk_step *
step_of_layer (const vk_loaded *self, int layer)
{
  const vk_step *step = self->steps;

  while (step->step->kind != DD_STEP_QKV || step->step->layer != layer)
    step++;
  return step;
}

static uint64_t
cell_offset (const vk_loaded *self,
             const vk_step *step,
             uint32_t page,
             int slot,
             int side,
             int head)
{
  uint64_t row = (uint64_t) step->step->head_dim * dd_cell_bytes (self->cache);

  return page_offset (self, page) + (side ? step->values : step->keys)
         + ((uint64_t) head * DD_PAGE_TOKENS + (uint64_t) slot) * row;
}

/* A token's keys or values of a layer, where the host sees the page and as one piece. */
typedef struct cell {
  vk_loaded *loaded;
  const vk_step *step;
  uint32_t page;
  int slot, side;
  uint64_t row; /* bytes of a head */
} cell;

static void
move_seen (const cell *self, uint8_t *bytes, bool put)
{
  uint8_t *mapped = slab_of (self->loaded, self->page)->mapped;

  for (int h = 0; h < self->step->step->kv_heads; h++, bytes += self->row) {
    uint8_t *at = mapped
                  + cell_offset (self->loaded, self->step, self->page, self->slot, self->side, h);

    memcpy (put ? at : bytes, put ? bytes : at, self->row);
  }
}

/* Through memory that the host sees. */
static bool
copy_cell (const cell *self, VkBuffer staging, bool put, dd_error *error)
{
  VkBuffer page = slab_of (self->loaded, self->page)->buffer;
  regions copy = {
    .device = self->loaded->device,
    .from = put ? staging : page,
    .to = put ? page : staging,
  };
  vk_once once;

  if (!vk_once_begin (self->loaded->device, &once, error))
    return false;
  copy.commands = once.commands;
  for (int h = 0; h < self->step->step->kv_heads; h++) {
    uint64_t at = cell_offset (self->loaded, self->step, self->page, self->slot, self->side, h);
    uint64_t row = (uint64_t) h * self->row;

    add_region (&copy, put ? row : at, put ? at : row, self->row);
  }
  flush_regions (&copy);
  return vk_once_end (&once, error);
}

static bool
move_unseen (const cell *self, uint8_t *bytes, bool put, dd_error *error)
{
  vk_device *device = self->loaded->device;
  vk_slab staging = { .size = self->row * (uint64_t) self->step->step->kv_heads };
  bool ok;

  if (!vk_slab_open (device, VK_HOME_READ, &staging, error))
    return false;
  if (put)
    memcpy (staging.mapped, bytes, staging.size);
  ok = copy_cell (self, staging.buffer, put, error);
  if (ok && !put)
    memcpy (bytes, staging.mapped, staging.size);
  vk_slab_close (device, &staging);
  return ok;
}

/* Floats into the cell, or out of it; nothing where there are none. */
static bool
visit_cell (vk_loaded *loaded,
            int layer,
            uint32_t page,
            int slot,
            int side,
            const float *in,
            float *out,
            dd_error *error)
{
  const vk_step *step = step_of_layer (loaded, layer);
  cell self = { loaded, step, page,
                slot,   side, (uint64_t) step->step->head_dim * dd_cell_bytes (loaded->cache) };
  int64_t n = (int64_t) step->step->kv_heads * step->step->head_dim;
  uint8_t *bytes;
  bool ok = true;

  if (!in && !out)
    return true;
  bytes = dd_alloc (DD_TAG_DEVICE, (size_t) n * dd_cell_bytes (loaded->cache));
  if (!bytes)
    return dd_fail_memory (error, "a cell of the cache");
  if (in)
    dd_cells_write (loaded->cache, bytes, n, in);
  if (slab_of (loaded, page)->mapped)
    move_seen (&self, bytes, in != NULL);
  else
    ok = move_unseen (&self, bytes, in != NULL, error);
  if (ok && out)
    dd_cells_read (loaded->cache, bytes, n, out);
  dd_free (bytes);
  return ok;
}

bool
vk_cache_get (dd_loaded *loaded,
              int layer,
              uint32_t page,
              int slot,
              float *keys,
              float *values,
              dd_error *error)
{
  vk_loaded *self = (vk_loaded *) loaded;

  return visit_cell (self, layer, page, slot, 0, NULL, keys, error)
         && visit_cell (self, layer, page, slot, 1, NULL, values, error);
}

bool
vk_cache_put (dd_loaded *loaded,
              int layer,
              uint32_t page,
              int slot,
              const float *keys,
              const float *values,
              dd_error *error)
{
  vk_loaded *self = (vk_loaded *) loaded;

  return visit_cell (self, layer, page, slot, 0, keys, NULL, error)
         && visit_cell (self, layer, page, slot, 1, values, NULL, error);
}
