/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the device must know of a batch: its rows, the addresses of their pages,
 * who asks for logits, tiles of prompt rows, and the angles of rotation, which
 * are computed here in double.
 */
#include <math.h>
#include <string.h>

#include "device/vulkan/vk_work.h"

enum { ROWS, PAGES, MAP, TILES, TURNS };

static void *
array_of (const vk_slot *slot, int which)
{
  return vk_mapped (&slot->host, slot->place) + slot->offsets[which];
}

vk_batch
vk_slot_batch (const vk_slot *slot)
{
  const vk_arena *arena = slot->own.n_slabs > 0 ? &slot->own : &slot->host;
  VkDeviceAddress start = vk_address (arena, slot->place);

  return (vk_batch) {
    .rows = start + slot->offsets[ROWS],
    .pages = start + slot->offsets[PAGES],
    .map = start + slot->offsets[MAP],
    .tiles = start + slot->offsets[TILES],
    .turns = start + slot->offsets[TURNS],
  };
}

/* ---- pages ------------------------------------------------------------- */

/* An earlier row of the same sequence, -1: none.  Neighbours mostly. */
static int
earlier_row (const dd_batch *batch, int row)
{
  for (int i = row - 1; i >= 0; i--) {
    if (batch->rows[i].sequence == batch->rows[row].sequence)
      return i;
  }
  return -1;
}

/* Pages of a sequence that its rows from `row` on can see. */
static uint32_t
pages_seen (const dd_batch *batch, int row)
{
  const dd_sequence *sequence = &batch->sequences[batch->rows[row].sequence];
  uint32_t n = 0;

  for (int i = row; i < batch->n_prompt + batch->n_decode; i++) {
    uint32_t needed = (uint32_t) batch->rows[i].position / DD_PAGE_TOKENS + 1;

    if (batch->rows[i].sequence == batch->rows[row].sequence && needed > n)
      n = needed;
  }
  return n < sequence->n_pages ? n : sequence->n_pages;
}

static uint64_t
count_pages (const dd_batch *batch)
{
  uint64_t n = 0;

  for (int i = 0; i < batch->n_prompt + batch->n_decode; i++) {
    if (earlier_row (batch, i) < 0)
      n += pages_seen (batch, i);
  }
  return n;
}

/* Appends a sequence's pages at `at`; returns how many. */
static uint32_t
write_pages (const vk_loaded *loaded, const dd_batch *batch, int row, uint64_t *out)
{
  const dd_sequence *sequence = &batch->sequences[batch->rows[row].sequence];
  uint32_t n = pages_seen (batch, row);

  for (uint32_t i = 0; i < n; i++)
    out[i] = vk_page_address (loaded, sequence->pages[i]);
  return n;
}

/* ---- rows -------------------------------------------------------------- */

static void
write_rows (const vk_work *work, vk_entry *entry, const dd_batch *batch)
{
  const vk_loaded *loaded = work->loaded;
  bool cached = loaded->page_bytes > 0;
  struct vk_row *rows = array_of (entry->slot, ROWS);
  uint32_t *map = array_of (entry->slot, MAP);
  uint64_t *pages = array_of (entry->slot, PAGES);
  uint32_t starts[VK_MAX_ROWS];
  uint32_t used = 0;

  for (int i = 0; i < batch->n_prompt + batch->n_decode; i++) {
    const dd_row *row = &batch->rows[i];
    int earlier = earlier_row (batch, i);
    int32_t *last = i < batch->n_prompt ? &entry->last_prompt : &entry->last_decode;

    starts[i] = earlier >= 0 ? starts[earlier] : used;
    if (earlier < 0 && cached)
      used += write_pages (loaded, batch, i, pages + used);
    rows[i] = (struct vk_row) { row->token, row->position, starts[i], VK_NO_LOGITS };
    if (row->logits && entry->n_logits < work->logit_rows) {
      rows[i].logits = (uint32_t) entry->n_logits;
      map[entry->n_logits++] = (uint32_t) i;
    }
    if (row->position > *last)
      *last = row->position;
  }
}

static void
write_tiles (vk_entry *entry, const dd_batch *batch)
{
  struct vk_tile *tiles = array_of (entry->slot, TILES);
  struct vk_tile tile = { 0, 0 };

  for (int i = 0; i < batch->n_prompt; i++) {
    if (tile.count == VK_TILE_ROWS
        || (tile.count > 0 && batch->rows[i].sequence != batch->rows[i - 1].sequence)) {
      tiles[entry->n_tiles++] = tile;
      tile = (struct vk_tile) { (uint32_t) i, 0 };
    }
    tile.count++;
  }
  if (tile.count > 0)
    tiles[entry->n_tiles++] = tile;
}

static void
write_turns (const dd_rope *rope, int32_t position, float *out)
{
  for (int i = 0; i < rope->dims / 2; i++) {
    double angle = position * rope->frequencies[i];

    out[2 * i] = (float) (cos (angle) * (double) rope->magnitude);
    out[2 * i + 1] = (float) (sin (angle) * (double) rope->magnitude);
  }
}

static void
write_all_turns (const vk_loaded *loaded, vk_entry *entry, const dd_batch *batch)
{
  float *out = array_of (entry->slot, TURNS);
  int n = batch->n_prompt + batch->n_decode;

  for (int rope = 0; rope < loaded->n_ropes; rope++)
    for (int i = 0; i < n; i++)
      write_turns (loaded->ropes[rope], batch->rows[i].position,
                   out + ((int64_t) rope * n + i) * loaded->turn_stride);
}

bool
vk_slot_fill (vk_work *work, vk_entry *entry, const dd_batch *batch, bool turns, dd_error *error)
{
  if (work->loaded->page_bytes > 0 && !vk_slot_room (work, entry->slot, count_pages (batch), error))
    return false;
  entry->n_prompt = batch->n_prompt;
  entry->n_decode = batch->n_decode;
  entry->last_prompt = entry->last_decode = -1;
  write_rows (work, entry, batch);
  write_tiles (entry, batch);
  if (turns)
    write_all_turns (work->loaded, entry, batch);
  return true;
}
