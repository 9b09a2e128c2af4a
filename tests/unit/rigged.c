/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A device table with some functions put in the way of another's.
 */
#include "rigged.h"

#include <stdio.h>
#include <string.h>

#include "device/reference/reference.h"

static rigged *slots[RIGGED];
static dd_device_fns tables[RIGGED];
static const dd_device_fns *inners[RIGGED]; /* the devices' own */

static rigged *
of_device (dd_device *device)
{
  return slots[device->fns - tables];
}

static const dd_device_fns *
inner_of (const dd_device *device)
{
  return inners[device->fns - tables];
}

static void
rigged_caps (dd_device *device, dd_caps *out)
{
  const rigged *self = of_device (device);

  inner_of (device)->caps (device, out);
  snprintf (out->id, sizeof out->id, "%s", self->id);
  if (self->name != NULL)
    snprintf (out->name, sizeof out->name, "%s", self->name);
  if (self->max_rows > 0)
    out->max_rows = self->max_rows;
  if (self->memory > 0) {
    snprintf (out->heaps[0].name, sizeof out->heaps[0].name, "VRAM");
    out->heaps[0].total = out->heaps[0].available = self->memory;
  }
}

static bool
rigged_submit (dd_work *work,
               const dd_batch *batch,
               size_t first,
               size_t count,
               dd_ticket *out,
               dd_error *error)
{
  rigged *self = of_device (work->loaded->device);
  int rows = batch->n_prompt + batch->n_decode;

  if (rows > self->most_rows)
    self->most_rows = rows;
  self->pending += (double) count
                   * (batch->n_prompt * self->prompt_cost
                      + (batch->n_decode > 0 ? self->decode_cost : 0));
  return inner_of (work->loaded->device)->submit (work, batch, first, count, out, error);
}

static bool
rigged_wait (dd_work *work, dd_ticket ticket, dd_error *error)
{
  const dd_device_fns *inner = inner_of (work->loaded->device);
  rigged *self = of_device (work->loaded->device);

  if (self->clock != NULL)
    *self->clock += self->pending;
  self->pending = 0;
  if (self->lose_at > 0 && --self->lose_at == 0)
    self->lost = true;
  if (self->lost || (self->fail_at > 0 && --self->fail_at == 0)) {
    /* Nothing runs any more after a failure. */
    inner->cancel (work);
    (void) !inner->wait (work, ticket, error);
    return dd_fail (error, self->lost ? DD_ERROR_DEVICE_LOST : self->fail_code,
                    "failed on purpose");
  }
  return inner->wait (work, ticket, error);
}

static bool
rigged_work_new (dd_loaded *loaded, int rows, int logit_rows, dd_work **out, dd_error *error)
{
  rigged *self = of_device (loaded->device);

  if (self->fail_new > 0 && --self->fail_new == 0)
    return dd_fail (error, DD_ERROR_DEVICE_MEMORY, "no memory on purpose");
  if (!inner_of (loaded->device)->work_new (loaded, rows, logit_rows, out, error))
    return false;
  self->works++;
  return true;
}

static void
rigged_work_free (dd_work *work)
{
  of_device (work->loaded->device)->works--;
  inner_of (work->loaded->device)->work_free (work);
}

static bool
rigged_lost (dd_device *device)
{
  return of_device (device)->lost;
}

static bool
rigged_open (void *user, dd_device **out, dd_error *error)
{
  rigged *self = user;
  int slot = 0;

  if (self->refuse)
    return dd_fail (error, DD_ERROR_UNSUPPORTED, "refused on purpose");
  while (slots[slot] != self)
    slot++;
  if (!(self->cpu != NULL ? dd_cpu_open (self->cpu, out, error) : dd_reference_open (out, error)))
    return false;
  inners[slot] = (*out)->fns;
  tables[slot] = *inners[slot];
  tables[slot].caps = rigged_caps;
  tables[slot].submit = rigged_submit;
  tables[slot].wait = rigged_wait;
  tables[slot].work_new = rigged_work_new;
  tables[slot].work_free = rigged_work_free;
  tables[slot].lost = rigged_lost;
  (*out)->fns = &tables[slot];
  self->lost = false;
  self->opened++;
  return true;
}

dd_source
rigged_source (rigged *self, int slot)
{
  slots[slot] = self;
  return (dd_source) { .id = self->id, .open = rigged_open, .user = self };
}
