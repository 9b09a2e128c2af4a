/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A plain copy in the device's own memory: what products, which read their weights once, can
 * be measured against.
 */
#include <math.h>

#include "device/vulkan/vk_work.h"

#define MOST_BYTES (UINT64_C (256) << 20) /* of each of two buffers: more than caches hold … */
#define LEAST_BYTES (UINT64_C (32) << 20) /* … and this is all that may be left */
#define RUNS 5
#define ENOUGH 20e-3 /* seconds of a run … */
#define MOST_COPIES 64 /* … and copies in it */

typedef struct copying {
  vk_device *device;
  vk_slab from, to; /* owned */
} copying;

static void
close_copying (copying *self)
{
  vk_slab_close (self->device, &self->from);
  vk_slab_close (self->device, &self->to);
}

static bool
open_copying (copying *self)
{
  for (uint64_t size = MOST_BYTES; size >= LEAST_BYTES; size /= 2) {
    vk_home home = vk_home_of (self->device);
    dd_error ignored;

    self->from.size = self->to.size = size;
    if (vk_slab_open (self->device, home, &self->from, &ignored)
        && vk_slab_open (self->device, home, &self->to, &ignored))
      return true;
    close_copying (self);
  }
  return false;
}

/* Something in both, so that no page of them is still to be found. */
static bool
fill (const copying *self)
{
  dd_error ignored;
  vk_once once;

  if (!vk_once_begin (self->device, &once, &ignored))
    return false;
  self->device->fn.CmdFillBuffer (once.commands, self->from.buffer, 0, VK_WHOLE_SIZE, 0x12345678);
  self->device->fn.CmdFillBuffer (once.commands, self->to.buffer, 0, VK_WHOLE_SIZE, 0);
  return vk_once_end (&once, &ignored);
}

static bool
run (const copying *self, int copies, double *seconds)
{
  const VkBufferCopy copy = { 0, 0, self->from.size };
  double begun;
  dd_error ignored;
  vk_once once;
  bool ok;

  if (!vk_once_begin (self->device, &once, &ignored))
    return false;
  for (int i = 0; i < copies; i++) {
    self->device->fn.CmdCopyBuffer (once.commands, self->from.buffer, self->to.buffer, 1, &copy);
    vk_barrier (self->device, once.commands);
  }
  begun = vk_now ();
  ok = vk_once_end (&once, &ignored);
  *seconds = vk_now () - begun;
  return ok;
}

double
dd_vulkan_copy_limit (dd_device *device)
{
  copying self = { .device = (vk_device *) device };
  double best = 0, seconds;
  int copies = 1;

  if (open_copying (&self) && fill (&self) && run (&self, copies, &seconds)) {
    copies = (int) fmin (ENOUGH / fmax (seconds, 1e-6), MOST_COPIES - 1) + 1;
    for (int i = 0; i < RUNS && run (&self, copies, &seconds); i++)
      best = fmax (best, 2.0 * copies * (double) self.from.size / seconds);
  }
  close_copying (&self);
  return best;
}
