/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Works: their memory, what was submitted, waiting and cancelling.  Submitting
 * only notes; the steps run inside wait, on the waiting thread and the pool, in
 * the order of submission over all works of a loaded range.
 */
#include <string.h>

#include "base/alloc.h"
#include "device/cpu/cpu_private.h"

static void
release_picks (cpu_picks *picks)
{
  if (picks && --picks->users == 0)
    dd_free (picks);
}

bool
cpu_work_new (dd_loaded *loaded, int rows, int logit_rows, dd_work **out, dd_error *error)
{
  cpu_work *self = dd_alloc (DD_TAG_DEVICE, sizeof *self);

  if (!self)
    return dd_fail_memory (error, "the activations of a batch");
  self->loaded = (cpu_loaded *) loaded;
  self->rows = rows;
  self->logit_rows = logit_rows;
  atomic_init (&self->cancelled, false);
  self->memory = dd_alloc (DD_TAG_DEVICE, cpu_place (self, NULL));
  self->picks = dd_alloc (DD_TAG_DEVICE, cpu_picks_bytes (logit_rows));
  if (!self->memory || !self->picks) {
    dd_free (self->memory);
    dd_free (self->picks);
    dd_free (self);
    return dd_fail_memory (error, "the activations of a batch");
  }
  cpu_place (self, self->memory);
  self->picks->users = 1;
  for (int i = 0; i < rows; i++)
    self->turn_positions[i] = -1;
  *out = &self->base;
  return true;
}

static void
remove_entry (cpu_loaded *loaded, cpu_entry *entry)
{
  cpu_entry **link = &loaded->oldest;

  while (*link != entry)
    link = &(*link)->next;
  *link = entry->next;
  release_picks (entry->picks);
  *entry = (cpu_entry) { 0 };
}

static void
drop_entries (cpu_work *self)
{
  for (int i = 0; i < DD_TICKETS; i++) {
    if (self->entries[i].work)
      remove_entry (self->loaded, &self->entries[i]);
  }
}

void
cpu_work_free (dd_work *work)
{
  cpu_work *self = (cpu_work *) work;

  drop_entries (self);
  release_picks (self->picks);
  dd_free (self->memory);
  dd_free (self);
}

static bool
has_picked_rows (const dd_batch *batch)
{
  for (int i = 0; i < batch->n_prompt + batch->n_decode; i++) {
    if (batch->rows[i].token < 0)
      return true;
  }
  return false;
}

static cpu_entry *
free_entry (cpu_work *self)
{
  for (int i = 0; i < DD_TICKETS; i++) {
    if (!self->entries[i].work)
      return &self->entries[i];
  }
  return NULL;
}

bool
cpu_submit (dd_work *work,
            const dd_batch *batch,
            size_t first,
            size_t count,
            dd_ticket *out,
            dd_error *error)
{
  cpu_work *self = (cpu_work *) work;
  cpu_loaded *loaded = self->loaded;
  cpu_entry *entry = free_entry (self);
  cpu_entry **link = &loaded->oldest;
  dd_work *source = dd_loaded_picked (&loaded->base, batch->picked_from);

  if (!entry)
    return dd_fail (error, DD_ERROR_ARGUMENT, "too many tickets are running");
  *entry = (cpu_entry) {
    .work = self,
    .ticket = *out,
    .batch = *batch,
    .first = first - loaded->first,
    .count = count,
  };
  if (source && has_picked_rows (batch)) {
    entry->picks = ((cpu_work *) source)->picks;
    entry->picks->users++;
  }
  while (*link)
    link = &(*link)->next;
  *link = entry;
  return true;
}

/* Rows of one sequence in blocks for prompt attention; rows that ask for logits. */
static void
arrange_rows (cpu_run *run)
{
  const dd_row *rows = run->batch->rows;
  cpu_work *work = run->work;

  for (int i = 0; i < run->n_rows; i++) {
    if (rows[i].logits)
      work->logit_index[run->n_logits++] = i;
    if (rows[i].position != work->turn_positions[i])
      run->turn = true;
  }
  for (int i = 0; i < run->n_prompt; i++) {
    cpu_block *block = run->n_blocks > 0 ? &work->blocks[run->n_blocks - 1] : NULL;

    if (!block || block->count >= run->loaded->needs.block_rows
        || rows[i].sequence != rows[block->first].sequence) {
      block = &work->blocks[run->n_blocks++];
      *block = (cpu_block) { .first = i };
    }
    block->count++;
  }
}

/* Runs the first `count` steps of what is left of an entry. */
static void
run_entry (cpu_entry *entry, size_t count)
{
  cpu_work *work = entry->work;
  cpu_device *device = work->loaded->device;
  cpu_run run = {
    .device = device,
    .vec = device->vec,
    .loaded = work->loaded,
    .work = work,
    .batch = &entry->batch,
    .picks = entry->picks ? entry->picks->tokens : NULL,
    .first = entry->first,
    .count = count,
    .n_prompt = entry->batch.n_prompt,
    .n_decode = entry->batch.n_decode,
    .n_rows = entry->batch.n_prompt + entry->batch.n_decode,
  };

  arrange_rows (&run);
  dd_pool_run (device->pool, cpu_run_steps, &run);
  entry->first += count;
  entry->count -= count;
}

/* Runs the oldest entry for a wait on `self`: an entry of its own as a whole, one
 * of another work a step at a time, so that cancelling `self` need not spoil it. */
static void
advance (cpu_work *self)
{
  cpu_entry *entry = self->loaded->oldest;
  cpu_work *owner = entry->work;

  run_entry (entry, owner == self ? entry->count : 1);
  if (owner != self && atomic_load (&owner->cancelled)) {
    drop_entries (owner);
    owner->dropped = true;
  } else if (entry->count == 0) {
    remove_entry (self->loaded, entry);
  }
}

bool
cpu_wait (dd_work *work, dd_ticket ticket, dd_error *error)
{
  cpu_work *self = (cpu_work *) work;
  const cpu_loaded *loaded = self->loaded;

  while (!atomic_load (&self->cancelled) && !self->dropped && loaded->oldest
         && loaded->oldest->ticket <= ticket)
    advance (self);
  if (!atomic_load (&self->cancelled) && !self->dropped)
    return true;
  drop_entries (self);
  self->dropped = false;
  atomic_store (&self->cancelled, false);
  return dd_fail (error, DD_ERROR_CANCELLED, "cancelled");
}

void
cpu_cancel (dd_work *work)
{
  atomic_store (&((cpu_work *) work)->cancelled, true);
}

bool
cpu_put (dd_work *work, int rows, dd_buffer buffer, const float *values, dd_error *error)
{
  const cpu_work *self = (cpu_work *) work;
  int64_t width = self->loaded->plan->width[buffer];

  for (int i = 0; i < rows; i++)
    memcpy (self->buffers[buffer] + i * self->loaded->needs.stride[buffer], values + i * width,
            (size_t) width * sizeof *values);
  return true;
}

bool
cpu_get (dd_work *work, int rows, dd_buffer buffer, float *values, dd_error *error)
{
  const cpu_work *self = (cpu_work *) work;
  int64_t width = self->loaded->plan->width[buffer];

  for (int i = 0; i < rows; i++)
    memcpy (values + i * width, self->buffers[buffer] + i * self->loaded->needs.stride[buffer],
            (size_t) width * sizeof *values);
  return true;
}
