/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The CPU device itself: opening, what it is, loading and measuring.  Loading
 * makes small tables; the weights stay where they are, and are read beside.
 */
#include "device/cpu/cpu.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "device/cpu/cpu_private.h"

static void
caps (dd_device *device, dd_caps *out)
{
  const cpu_device *self = (const cpu_device *) device;
  int threads = dd_pool_threads (self->pool);

  snprintf (out->id, sizeof out->id, "cpu");
  memcpy (out->name, self->name, sizeof out->name);
  snprintf (out->features, sizeof out->features, "%s, %d %s", dd_cpu_isa_name (self->isa), threads,
            threads == 1 ? "thread" : "threads");
  out->n_heaps = 1;
  snprintf (out->heaps[0].name, sizeof out->heaps[0].name, "RAM");
  cpu_memory (&out->heaps[0].total, &out->heaps[0].available);
  out->max_rows = CPU_MAX_ROWS;
  out->decode_rows = DD_VECTORS;
  out->slow_steps = true;
}

static bool
measure (dd_device *device, const dd_request *request, dd_measured *out, dd_error *error)
{
  cpu_loaded *described;

  if (!cpu_describe ((cpu_device *) device, request, &described, error))
    return false;
  out->n_heaps = 1;
  out->heaps[0].weights = dd_plan_weight_bytes (request->plan, request->first, request->count);
  out->heaps[0].cache = cpu_cache_bytes (described, request->context);
  out->heaps[0].activations = cpu_loaded_bytes (described)
                              + cpu_work_bytes (described, request->rows, request->logit_rows);
  cpu_loaded_free (described);
  return true;
}

static bool
load (dd_device *device, const dd_request *request, dd_loaded **out, dd_error *error)
{
  uint64_t bytes = dd_plan_weight_bytes (request->plan, request->first, request->count);
  cpu_loaded *self;

  if (!cpu_describe ((cpu_device *) device, request, &self, error))
    return false;
  if (request->progress.report
      && !request->progress.report (bytes, bytes, request->progress.user)) {
    cpu_loaded_free (self);
    return dd_fail (error, DD_ERROR_CANCELLED, "loading was cancelled");
  }
  cpu_ahead_start (self, bytes);
  *out = &self->base;
  return true;
}

static void
unload (dd_loaded *loaded)
{
  cpu_loaded_free ((cpu_loaded *) loaded);
}

static bool
lost (dd_device *device)
{
  return false;
}

static void
device_free (dd_device *device)
{
  cpu_device *self = (cpu_device *) device;

  dd_pool_free (&self->pool);
  dd_free (self);
}

static const dd_device_fns functions = {
  .caps = caps,
  .measure = measure,
  .load = load,
  .unload = unload,
  .pages_resize = cpu_pages_resize,
  .pages_copy = cpu_pages_copy,
  .work_new = cpu_work_new,
  .work_free = cpu_work_free,
  .submit = cpu_submit,
  .wait = cpu_wait,
  .cancel = cpu_cancel,
  .put = cpu_put,
  .get = cpu_get,
  .fetch = cpu_fetch,
  .cache_get = cpu_cache_get,
  .cache_put = cpu_cache_put,
  .lost = lost,
  .free = device_free,
};

bool
dd_cpu_open (const dd_cpu_options *options, dd_device **out, dd_error *error)
{
  int threads = options->threads > 0 ? options->threads : dd_pool_default_threads ();
  cpu_device *self = dd_alloc (DD_TAG_DEVICE, sizeof *self);

  if (!self)
    return dd_fail_memory (error, "the CPU device");
  if (!dd_pool_new (threads, options->low_priority, &self->pool, error)) {
    dd_free (self);
    return false;
  }
  self->base.fns = &functions;
  self->isa = dd_cpu_isa_best (options->without);
  self->vec = dd_vec_get (self->isa);
  self->quantise = dd_quantise_get (self->isa);
  cpu_name (self->name, sizeof self->name);
  *out = &self->base;
  return true;
}

dd_pool *
dd_cpu_pool (dd_device *device)
{
  return ((cpu_device *) device)->pool;
}
