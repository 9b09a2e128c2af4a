/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The memory of a work, all of it taken here, and how floats get in and out.
 */
#include <string.h>

#include "base/alloc.h"
#include "device/logits.h"
#include "device/vulkan/vk_work.h"

#define SLOT_SEQUENCES 64 /* whose pages a slot has room for from the start */

/* ---- planning ---------------------------------------------------------- */

static bool
plan (vk_arena *arena, uint64_t rows, uint64_t row_bytes, vk_place *out, dd_error *error)
{
  return rows * row_bytes == 0 || vk_arena_add (arena, rows * row_bytes, out, error);
}

/* The packed planes of a buffer; HEAD counts rows of logits, which are no more. */
static bool
plan_packed (vk_work *self, int buffer, dd_error *error)
{
  const vk_needs *needs = &self->loaded->needs;
  uint64_t rows = (uint64_t) self->rows;
  uint64_t columns = vk_round_up ((uint64_t) needs->columns[buffer], VK_LANE);
  uint64_t blocks = columns / VK_LANE;
  vk_place *places = self->others[buffer];
  bool q8 = needs->q8[buffer], f16 = needs->f16[buffer];

  return plan (&self->memory, q8 ? rows : 0, columns, &places[0], error)
         && plan (&self->memory, q8 ? rows : 0, blocks * 8, &places[1], error)
         && plan (&self->memory, f16 ? rows : 0, columns * 2, &places[2], error)
         && plan (&self->memory, f16 ? rows : 0, 4, &places[3], error)
         && plan (&self->memory, q8 || f16 ? rows : 0, blocks * 4, &places[4], error);
}

static bool
plan_memory (vk_work *self, dd_error *error)
{
  const vk_loaded *loaded = self->loaded;
  uint64_t rows = (uint64_t) self->rows;
  uint64_t logit_rows = loaded->needs.logits ? (uint64_t) self->logit_rows : 0;
  const uint64_t scratch[VK_GROUPS] = {
    [VK_GROUP_FEW] = vk_few_scratch (loaded, self->rows),
    [VK_GROUP_MANY] = vk_many_scratch (loaded, self->rows),
    [VK_GROUP_ATTEND] = vk_attend_scratch (loaded, self->rows),
  };

  for (int i = 0; i < DD_BUFFERS; i++) {
    if (!plan (&self->memory, rows, (uint64_t) loaded->stride[i] * 4, &self->places[i], error)
        || !plan_packed (self, i, error))
      return false;
  }
  for (int i = 0; i < VK_GROUPS; i++) {
    if (!plan (&self->memory, 1, scratch[i], &self->scratch_places[i], error))
      return false;
  }
  return plan (&self->memory, logit_rows, (uint64_t) loaded->logits_stride * 4, &self->logits_place,
               error)
         && plan (&self->memory, logit_rows, 4, &self->picks_place, error)
         && plan (&self->read, logit_rows, (uint64_t) loaded->logits_stride * 4, &self->read_logits,
                  error);
}

/* Floats on their way from and to the host. */
static bool
plan_transfer (vk_work *self, dd_error *error)
{
  int64_t widest = 0;

  for (int i = 0; i < DD_BUFFERS; i++)
    widest = self->loaded->stride[i] > widest ? self->loaded->stride[i] : widest;
  if (self->memory.home == VK_HOME_DIRECT)
    widest = 0;
  return plan (&self->read, (uint64_t) self->rows, (uint64_t) widest * 4, &self->transfer, error);
}

static bool
plan_slot (vk_work *self, vk_slot *slot, dd_error *error)
{
  const vk_loaded *loaded = self->loaded;
  uint64_t rows = (uint64_t) self->rows;
  const uint64_t sizes[5] = {
    rows * sizeof (struct vk_row),
    slot->page_room * sizeof (uint64_t),
    (uint64_t) self->logit_rows * sizeof (uint32_t),
    rows * sizeof (struct vk_tile),
    (uint64_t) loaded->n_ropes * rows * (uint64_t) loaded->turn_stride * sizeof (float),
  };
  uint64_t size = 0;

  slot->host = (vk_arena) { .device = loaded->device, .home = VK_HOME_DIRECT };
  slot->own = (vk_arena) { .device = loaded->device, .home = VK_HOME_DEVICE };
  for (int i = 0; i < 5; i++) {
    slot->offsets[i] = size;
    size += vk_round_up (sizes[i], 64);
  }
  return vk_arena_add (&slot->host, size, &slot->place, error)
         && (loaded->device->direct || vk_arena_add (&slot->own, size, &slot->place, error));
}

bool
vk_work_plan (vk_work *self, dd_error *error)
{
  const vk_loaded *loaded = self->loaded;
  uint64_t pages = ((uint64_t) loaded->plan->context + DD_PAGE_TOKENS) / DD_PAGE_TOKENS;
  uint64_t sequences = (uint64_t) (self->rows < SLOT_SEQUENCES ? self->rows : SLOT_SEQUENCES);

  self->memory = (vk_arena) { .device = loaded->device, .home = vk_home_of (loaded->device) };
  self->read = (vk_arena) { .device = loaded->device, .home = VK_HOME_READ };
  if (!plan_memory (self, error) || !plan_transfer (self, error))
    return false;
  for (int i = 0; i < DD_TICKETS; i++) {
    self->slots[i].page_room = loaded->page_bytes > 0 ? pages * sequences : 1;
    if (!plan_slot (self, &self->slots[i], error))
      return false;
  }
  return true;
}

uint64_t
vk_work_bytes (const vk_work *self)
{
  uint64_t bytes = vk_arena_bytes (&self->memory) + vk_arena_bytes (&self->read);

  for (int i = 0; i < DD_TICKETS; i++)
    bytes += vk_arena_bytes (&self->slots[i].host) + vk_arena_bytes (&self->slots[i].own);
  return bytes;
}

bool
vk_slot_room (vk_work *self, vk_slot *slot, uint64_t pages, dd_error *error)
{
  if (pages <= slot->page_room)
    return true;
  vk_arena_close (&slot->host);
  vk_arena_close (&slot->own);
  slot->page_room = pages;
  if (plan_slot (self, slot, error) && vk_arena_open (&slot->host, error)
      && vk_arena_open (&slot->own, error))
    return true;
  vk_arena_close (&slot->host);
  vk_arena_close (&slot->own);
  slot->page_room = 0; /* the next try begins anew */
  return false;
}

/* ---- taking ------------------------------------------------------------ */

static bool
take_memory (vk_work *self, dd_error *error)
{
  if (!vk_arena_open (&self->memory, error) || !vk_arena_open (&self->read, error))
    return false;
  for (int i = 0; i < DD_TICKETS; i++) {
    if (!vk_arena_open (&self->slots[i].host, error) || !vk_arena_open (&self->slots[i].own, error))
      return false;
  }
  return true;
}

static void
place_packed (vk_work *self, int buffer)
{
  const vk_needs *needs = &self->loaded->needs;
  const vk_place *places = self->others[buffer];
  vk_packed *out = &self->packed[buffer];

  if (needs->q8[buffer]) {
    out->q8 = vk_address (&self->memory, places[0]);
    out->q8_factors = vk_address (&self->memory, places[1]);
  }
  if (needs->f16[buffer]) {
    out->f16 = vk_address (&self->memory, places[2]);
    out->f16_factors = vk_address (&self->memory, places[3]);
  }
  if (needs->q8[buffer] || needs->f16[buffer])
    out->squares = vk_address (&self->memory, places[4]);
}

static void
place_memory (vk_work *self)
{
  const vk_loaded *loaded = self->loaded;

  if (self->memory.n_slabs == 0)
    return;
  for (int i = 0; i < DD_BUFFERS; i++) {
    if (loaded->stride[i] > 0)
      self->buffers[i] = vk_address (&self->memory, self->places[i]);
    place_packed (self, i);
  }
  for (int i = 0; i < VK_GROUPS; i++)
    self->scratch[i] = vk_address (&self->memory, self->scratch_places[i]);
  self->logits = vk_address (&self->memory, self->logits_place);
  self->picks = vk_address (&self->memory, self->picks_place);
}

static bool
take_commands (vk_work *self, dd_error *error)
{
  VkResult result = vk_commands_new (self->loaded->device, &self->pool, VK_COMMANDS,
                                     self->commands);

  return result == VK_SUCCESS
         || vk_failed (self->loaded->device, result, "preparing a batch", error);
}

void
vk_work_clear (vk_work *self)
{
  vk_device *device = self->loaded->device;

  if (self->pool)
    device->fn.DestroyCommandPool (device->handle, self->pool, NULL);
  for (int i = 0; i < DD_TICKETS; i++) {
    vk_arena_close (&self->slots[i].host);
    vk_arena_close (&self->slots[i].own);
  }
  vk_arena_close (&self->memory);
  vk_arena_close (&self->read);
}

bool
vk_work_new (dd_loaded *loaded, int rows, int logit_rows, dd_work **out, dd_error *error)
{
  vk_work *self = dd_alloc (DD_TAG_DEVICE, sizeof *self);

  if (!self)
    return dd_fail_memory (error, "the activations of a batch");
  self->base.loaded = loaded;
  self->loaded = (vk_loaded *) loaded;
  self->rows = rows;
  self->logit_rows = logit_rows;
  atomic_init (&self->cancelled, false);
  if (!vk_work_plan (self, error) || !take_memory (self, error) || !take_commands (self, error)) {
    vk_work_clear (self);
    dd_free (self);
    return false;
  }
  place_memory (self);
  *out = &self->base;
  return true;
}

void
vk_work_free (dd_work *work)
{
  vk_work *self = (vk_work *) work;

  vk_drain (self);
  vk_work_clear (self);
  dd_free (self);
}

/* ---- floats in and out ------------------------------------------------- */

/* Rows between the transfer area, laid out as the buffer, and the buffer. */
static bool
move_rows (vk_work *self, int rows, dd_buffer buffer, bool put, dd_error *error)
{
  vk_device *device = self->loaded->device;
  uint64_t bytes = (uint64_t) rows * (uint64_t) self->loaded->stride[buffer] * 4;
  VkBuffer there = self->memory.slabs[self->places[buffer].slab].buffer;
  VkBuffer here = self->read.slabs[self->transfer.slab].buffer;
  uint64_t there_at = self->places[buffer].offset, here_at = self->transfer.offset;
  const VkBufferCopy copy = { put ? here_at : there_at, put ? there_at : here_at, bytes };
  vk_once once;

  if (!vk_once_begin (device, &once, error))
    return false;
  device->fn.CmdCopyBuffer (once.commands, put ? here : there, put ? there : here, 1, &copy);
  return vk_once_end (&once, error);
}

static float *
visible_rows (vk_work *self, dd_buffer buffer)
{
  if (self->memory.home == VK_HOME_DIRECT)
    return (float *) vk_mapped (&self->memory, self->places[buffer]);
  return (float *) vk_mapped (&self->read, self->transfer);
}

static bool
check_used (const vk_work *self, dd_buffer buffer, dd_error *error)
{
  return self->loaded->stride[buffer] > 0
         || dd_fail (error, DD_ERROR_ARGUMENT, "no step here uses buffer %d", (int) buffer);
}

bool
vk_put (dd_work *work, int rows, dd_buffer buffer, const float *values, dd_error *error)
{
  vk_work *self = (vk_work *) work;
  int64_t width = self->loaded->plan->width[buffer];
  int64_t stride = self->loaded->stride[buffer];
  float *out;

  if (!check_used (self, buffer, error))
    return false;
  out = visible_rows (self, buffer);
  for (int i = 0; i < rows; i++) {
    memcpy (out + i * stride, values + i * width, (size_t) width * sizeof *values);
    memset (out + i * stride + width, 0, (size_t) (stride - width) * sizeof *values);
  }
  return self->memory.home == VK_HOME_DIRECT || move_rows (self, rows, buffer, true, error);
}

bool
vk_get (dd_work *work, int rows, dd_buffer buffer, float *values, dd_error *error)
{
  vk_work *self = (vk_work *) work;
  int64_t width = self->loaded->plan->width[buffer];
  int64_t stride = self->loaded->stride[buffer];
  const float *in;

  if (!check_used (self, buffer, error)
      || (self->memory.home != VK_HOME_DIRECT && !move_rows (self, rows, buffer, false, error)))
    return false;
  in = visible_rows (self, buffer);
  for (int i = 0; i < rows; i++)
    memcpy (values + i * width, in + i * stride, (size_t) width * sizeof *values);
  return true;
}

bool
vk_fetch (dd_work *work, const dd_fetch *fetch, dd_error *error)
{
  const vk_work *self = (const vk_work *) work;
  const float *logits = (const float *) vk_mapped (&self->read, self->read_logits);

  dd_logits_fetch (logits + fetch->row * self->loaded->logits_stride, self->loaded->plan->n_vocab,
                   fetch);
  return true;
}
