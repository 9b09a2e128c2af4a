/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The queue of submissions.  Each goes to the driver in chunks of steps that take
 * about as long as the options allow, measured while waiting; only a few are on
 * their way at once, so a cancellation finds the rest still here, no watchdog
 * fires and the desktop gets its turn.  The first chunks start in submit, the rest
 * in wait; the order is that of submission.
 */
#include <time.h>

#include "base/alloc.h"
#include "device/vulkan/vk_work.h"

#define FIRST_SPEED 4e9 /* until measured */
#define DEFAULT_MS 50
#define AHEAD 2.5 /* chunks' worth of time that may be on its way */
#define FIRST_STEPS 12 /* of an idle device, which runs them while the next are recorded … */
#define SECOND_STEPS 48 /* … and so on */
#define PATIENCE UINT64_C (20000000) /* ns between looks at a cancellation */

double
vk_now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double) time.tv_sec + 1e-9 * (double) time.tv_nsec;
}

static double
budget (const vk_device *device)
{
  int ms = device->vulkan->options.submission_ms;

  return 1e-3 * (ms > 0 ? ms : DEFAULT_MS) * (device->speed > 0 ? device->speed : FIRST_SPEED);
}

/* ---- chunks on their way ----------------------------------------------- */

static uint64_t
reached (vk_device *device)
{
  uint64_t value = 0;
  VkResult result = device->fn.GetSemaphoreCounterValue (device->handle, device->timeline, &value);

  if (result == VK_ERROR_DEVICE_LOST)
    atomic_store (&device->lost, true);
  return result == VK_SUCCESS ? value : 0;
}

/* Takes a chunk as done at `end`.  One that was waited for tells the speed; one
 * that was done already ran at least so fast. */
static void
end_chunk (vk_device *device, double end, bool waited)
{
  vk_chunk *chunk = &device->chunks[0];
  double start = chunk->start > device->chunk_end ? chunk->start : device->chunk_end;
  double speed = end > start ? chunk->cost / (end - start) : 0;

  if (speed > 0 && device->speed == 0)
    device->speed = speed;
  else if (speed > 0 && (waited || speed > device->speed))
    device->speed += 0.3 * (speed - device->speed);
  device->chunk_end = end;
  device->n_chunks--;
  for (int i = 0; i < device->n_chunks; i++)
    device->chunks[i] = device->chunks[i + 1];
}

static void
end_chunks (vk_device *device)
{
  uint64_t value = device->n_chunks > 0 ? reached (device) : 0;

  while (device->n_chunks > 0 && device->chunks[0].value <= value)
    end_chunk (device, vk_now (), false);
}

static double
cost_ahead (const vk_device *device)
{
  double cost = 0;

  for (int i = 0; i < device->n_chunks; i++)
    cost += device->chunks[i].cost;
  return cost;
}

/* Waits a while for the oldest chunk. */
static VkResult
wait_chunk (vk_device *device, uint64_t nanoseconds)
{
  VkResult result;

  end_chunks (device);
  if (device->n_chunks == 0)
    return VK_SUCCESS;
  result = vk_timeline_wait (device, device->timeline, device->chunks[0].value, nanoseconds);
  if (result == VK_SUCCESS)
    end_chunk (device, vk_now (), true);
  return result;
}

/* ---- recording and submitting a chunk ---------------------------------- */

static void
copy_slot (vk_recorder *recorder, vk_entry *entry)
{
  const vk_slot *slot = entry->slot;
  const VkBufferCopy copy = { 0, 0, slot->own.n_slabs > 0 ? slot->own.slabs[0].size : 0 };

  if (entry->copied || slot->own.n_slabs == 0)
    return;
  recorder->device->fn.CmdCopyBuffer (recorder->commands, slot->host.slabs[0].buffer,
                                      slot->own.slabs[0].buffer, 1, &copy);
  recorder->dirty = true;
  entry->copied = true;
}

/* How many of the next steps fit the budget, at least one; fills their cost. */
static size_t
steps_of_chunk (const vk_entry *entry, double *cost)
{
  const vk_loaded *loaded = entry->work->loaded;
  int ahead = loaded->device->n_chunks;
  size_t most_steps = ahead == 0 ? FIRST_STEPS : ahead == 1 ? SECOND_STEPS : SIZE_MAX;
  double most = budget (loaded->device);
  size_t n = 0;

  *cost = 0;
  while (n < most_steps && entry->next_step + n < entry->end) {
    double step = vk_step_cost (loaded, &loaded->steps[entry->next_step + n], entry);

    if (n > 0 && *cost + step > most)
      break;
    *cost += step;
    n++;
  }
  return n;
}

static void
record_chunk (vk_entry *entry, VkCommandBuffer commands, size_t n)
{
  vk_work *work = entry->work;
  vk_recorder recorder = {
    .device = work->loaded->device,
    .loaded = work->loaded,
    .work = work,
    .commands = commands,
    .batch = vk_slot_batch (entry->slot),
    .n_prompt = entry->n_prompt,
    .n_decode = entry->n_decode,
    .n_rows = entry->n_prompt + entry->n_decode,
    .n_logits = entry->n_logits,
    .n_tiles = entry->n_tiles,
    .last_prompt = entry->last_prompt,
    .last_decode = entry->last_decode,
    .picks = entry->picks,
  };

  copy_slot (&recorder, entry);
  for (size_t i = 0; i < n; i++)
    vk_step_record (&recorder, entry->next_step + i);
}

static void
take_out (vk_device *device, vk_entry *entry)
{
  vk_entry **link = &device->oldest;

  while (*link && *link != entry)
    link = &(*link)->next;
  if (*link)
    *link = entry->next;
}

static VkResult
submit_chunk (vk_device *device, vk_entry *entry)
{
  vk_work *work = entry->work;
  int which = work->next_commands;
  VkCommandBuffer commands = work->commands[which];
  double cost;
  size_t n = steps_of_chunk (entry, &cost);
  VkResult result = vk_commands_begin (device, commands);

  if (result != VK_SUCCESS)
    return result;
  record_chunk (entry, commands, n);
  result = vk_commands_submit (device, commands, device->timeline, device->submitted + 1);
  if (result != VK_SUCCESS)
    return result;
  device->submitted++;
  work->values[which] = entry->value = device->submitted;
  work->next_commands = (which + 1) % VK_COMMANDS;
  device->chunks[device->n_chunks++] = (vk_chunk) { device->submitted, cost, vk_now () };
  entry->next_step += n;
  return VK_SUCCESS;
}

static void
free_entry (vk_device *device, vk_entry *entry)
{
  take_out (device, entry);
  *entry = (vk_entry) { 0 };
}

/* Forgets everything of a work that has not been submitted.  What is on its way
 * runs out. */
static void
drop_entries (vk_device *device, vk_work *work)
{
  for (int i = 0; i < DD_TICKETS; i++) {
    if (work->entries[i].work)
      take_out (device, &work->entries[i]);
  }
}

/* Whether one more chunk may be sent on its way. */
static bool
may_submit (vk_device *device, const vk_entry *entry)
{
  const vk_work *work = entry->work;

  if (device->n_chunks == VK_CHUNKS || reached (device) < work->values[work->next_commands])
    return false;
  return device->n_chunks == 0 || cost_ahead (device) < AHEAD * budget (device);
}

/* Sends chunks on their way as long as there is room. */
static void
pump (vk_device *device)
{
  end_chunks (device);
  while (device->oldest) {
    vk_entry *entry = device->oldest;

    if (atomic_load (&entry->work->cancelled)) {
      entry->work->dropped = true;
      drop_entries (device, entry->work);
      continue;
    }
    if (!may_submit (device, entry))
      return;
    entry->result = submit_chunk (device, entry);
    if (entry->result == VK_ERROR_DEVICE_LOST)
      atomic_store (&device->lost, true);
    if (entry->result != VK_SUCCESS || entry->next_step == entry->end)
      take_out (device, entry);
  }
}

/* ---- submitting -------------------------------------------------------- */

static vk_slot *
slot_of (vk_work *work, const vk_entry *entry)
{
  return &work->slots[entry - work->entries];
}

/* Entries are freed by wait; a ticket that a later one's wait covers too. */
static vk_entry *
find_entry (vk_work *work)
{
  for (int i = 0; i < DD_TICKETS; i++) {
    if (!work->entries[i].work)
      return &work->entries[i];
  }
  return NULL;
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

static bool
wants_turns (const vk_loaded *loaded, size_t first, size_t count)
{
  for (size_t i = first; i < first + count; i++) {
    if (loaded->steps[i].turns >= 0)
      return true;
  }
  return false;
}

bool
vk_submit (dd_work *work,
           const dd_batch *batch,
           size_t first,
           size_t count,
           dd_ticket *out,
           dd_error *error)
{
  vk_work *self = (vk_work *) work;
  vk_loaded *loaded = self->loaded;
  vk_device *device = loaded->device;
  vk_entry *entry = find_entry (self);
  const dd_work *source = dd_loaded_picked (&loaded->base, batch->picked_from);
  vk_entry **link = &device->oldest;

  if (!entry)
    return dd_fail (error, DD_ERROR_ARGUMENT, "too many tickets are running");
  first -= loaded->first;
  *entry = (vk_entry) { .ticket = *out, .next_step = first, .end = first + count };
  entry->slot = slot_of (self, entry);
  if (source && has_picked_rows (batch)) {
    entry->source = (const vk_work *) source;
    entry->picks = entry->source->picks;
  }
  if (!vk_slot_fill (self, entry, batch, wants_turns (loaded, first, count), error))
    return false;
  entry->work = self;
  while (*link)
    link = &(*link)->next;
  *link = entry;
  pump (device);
  return true;
}

/* ---- waiting ----------------------------------------------------------- */

/* Whether all of the work's entries up to the ticket are submitted, and the value
 * of the timeline when they are done. */
static bool
all_submitted (const vk_work *work, dd_ticket ticket, uint64_t *value)
{
  bool all = true;

  *value = 0;
  for (int i = 0; i < DD_TICKETS; i++) {
    const vk_entry *entry = &work->entries[i];

    if (!entry->work || entry->ticket > ticket)
      continue;
    all = all && entry->next_step == entry->end;
    *value = entry->value > *value ? entry->value : *value;
  }
  return all;
}

static VkResult
failure_of (const vk_work *work)
{
  for (int i = 0; i < DD_TICKETS; i++) {
    if (work->entries[i].work && work->entries[i].result != VK_SUCCESS)
      return work->entries[i].result;
  }
  return VK_SUCCESS;
}

/* Until the device is done with everything of the work that was submitted. */
static void
let_run_out (vk_device *device, const vk_work *work)
{
  uint64_t value = 0;

  for (int i = 0; i < VK_COMMANDS; i++)
    value = work->values[i] > value ? work->values[i] : value;
  if (value > 0 && !atomic_load (&device->lost)
      && vk_timeline_wait (device, device->timeline, value, UINT64_MAX) == VK_ERROR_DEVICE_LOST)
    atomic_store (&device->lost, true);
}

static void
free_entries (vk_device *device, vk_work *work, dd_ticket ticket)
{
  for (int i = 0; i < DD_TICKETS; i++) {
    if (work->entries[i].work && work->entries[i].ticket <= ticket)
      free_entry (device, &work->entries[i]);
  }
}

/* Ends every ticket of the work after a failure. */
static void
abandon (vk_device *device, vk_work *work)
{
  drop_entries (device, work);
  let_run_out (device, work);
  free_entries (device, work, UINT64_MAX);
  work->dropped = false;
}

static bool
cancelled (const vk_work *work)
{
  return atomic_load (&work->cancelled) || work->dropped;
}

bool
vk_wait (dd_work *work, dd_ticket ticket, dd_error *error)
{
  vk_work *self = (vk_work *) work;
  vk_device *device = self->loaded->device;
  VkResult result = VK_SUCCESS;
  uint64_t value;

  for (;;) {
    pump (device);
    if (result == VK_SUCCESS || result == VK_TIMEOUT)
      result = failure_of (self);
    if (result != VK_SUCCESS || cancelled (self) || atomic_load (&device->lost)
        || (all_submitted (self, ticket, &value) && value <= reached (device)))
      break;
    result = wait_chunk (device, PATIENCE);
    if (result == VK_TIMEOUT)
      result = VK_SUCCESS;
  }
  if (result == VK_SUCCESS && !cancelled (self) && !atomic_load (&device->lost)) {
    free_entries (device, self, ticket);
    return true;
  }
  if (result != VK_SUCCESS)
    (void) vk_failed (device, result, "computing", error);
  abandon (device, self);
  if (result != VK_SUCCESS || atomic_load (&device->lost))
    return vk_failed (device, result, "computing", error);
  atomic_store (&self->cancelled, false);
  return dd_fail (error, DD_ERROR_CANCELLED, "cancelled");
}

void
vk_cancel (dd_work *work)
{
  atomic_store (&((vk_work *) work)->cancelled, true);
}

/* ---- before a work is freed -------------------------------------------- */

static bool
is_source (const vk_device *device, const vk_work *work)
{
  for (const vk_entry *entry = device->oldest; entry; entry = entry->next) {
    if (entry->source == work)
      return true;
  }
  return false;
}

void
vk_drain (vk_work *work)
{
  vk_device *device = work->loaded->device;

  drop_entries (device, work);
  while (is_source (device, work) && !atomic_load (&device->lost)) {
    VkResult result;

    pump (device);
    result = wait_chunk (device, PATIENCE);
    if (result != VK_SUCCESS && result != VK_TIMEOUT)
      break;
  }
  /* Others' chunks that read this work's picks may be on their way. */
  if (!atomic_load (&device->lost) && device->submitted > 0)
    (void) vk_timeline_wait (device, device->timeline, device->submitted, UINT64_MAX);
}
