/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The reference device itself: opening, loading, and a queue of submissions that
 * wait runs one after the other on the caller's thread.
 */
#include "device/reference/private.h"

#include <stdio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "device/logits.h"

static void
reference_caps (dd_device *device, dd_caps *out)
{
  uint64_t page = (uint64_t) sysconf (_SC_PAGESIZE);

  snprintf (out->id, sizeof out->id, "reference");
  snprintf (out->name, sizeof out->name, "Reference");
  snprintf (out->features, sizeof out->features, "scalar, double precision, one thread");
  out->n_heaps = 1;
  snprintf (out->heaps[0].name, sizeof out->heaps[0].name, "RAM");
  out->heaps[0].total = page * (uint64_t) sysconf (_SC_PHYS_PAGES);
  out->heaps[0].available = page * (uint64_t) sysconf (_SC_AVPHYS_PAGES);
  out->max_rows = REFERENCE_MAX_ROWS;
  out->decode_rows = REFERENCE_DECODE_ROWS;
  out->slow_steps = true;
}

static void
reference_unload (dd_loaded *base)
{
  reference_loaded *loaded = (reference_loaded *) base;

  for (uint32_t i = 0; i < base->n_pages; i++)
    dd_free (loaded->pages[i]);
  dd_free (loaded->pages);
  dd_free (loaded->cache_index);
  dd_free (loaded);
}

/* Numbers the layers that have a cache here. */
static bool
index_layers (reference_loaded *loaded, const dd_request *request)
{
  const dd_plan *plan = request->plan;
  int n = 0;

  loaded->n_layers = dd_plan_cache_layers (plan, request->first, request->count, &loaded->kv_width);
  loaded->cache_index = dd_alloc_array (DD_TAG_DEVICE, (size_t) plan->n_layers + 1,
                                        sizeof *loaded->cache_index);
  if (!loaded->cache_index)
    return false;
  for (int i = 0; i < plan->n_layers; i++)
    loaded->cache_index[i] = -1;
  for (size_t i = request->first; i < request->first + request->count; i++) {
    const dd_step *step = &plan->steps[i];

    if (step->kind == DD_STEP_QKV)
      loaded->cache_index[step->layer] = n++;
  }
  return true;
}

static bool
reference_load (dd_device *device, const dd_request *request, dd_loaded **out, dd_error *error)
{
  uint64_t bytes = dd_plan_weight_bytes (request->plan, request->first, request->count);
  reference_loaded *loaded = dd_alloc (DD_TAG_DEVICE, sizeof *loaded);

  if (!loaded || !index_layers (loaded, request)) {
    dd_free (loaded);
    return dd_fail_memory (error, "a model on the reference device");
  }
  /* Weights are used where they are, so there is nothing to wait for. */
  if (request->progress.report
      && !request->progress.report (bytes, bytes, request->progress.user)) {
    reference_unload (&loaded->base);
    return dd_fail (error, DD_ERROR_CANCELLED, "loading was cancelled");
  }
  *out = &loaded->base;
  return true;
}

static bool
reference_submit (dd_work *base,
                  const dd_batch *batch,
                  size_t first,
                  size_t count,
                  dd_ticket *ticket,
                  dd_error *error)
{
  reference_work *work = (reference_work *) base;
  reference_loaded *loaded = (reference_loaded *) base->loaded;
  reference_submission *slot = work->slots;
  reference_submission **end = &loaded->queue;

  while (slot->ticket != 0)
    slot++; /* the front keeps to DD_TICKETS, so one is free */
  while (*end)
    end = &(*end)->next;
  *slot = (reference_submission) {
    .ticket = *ticket,
    .work = work,
    .batch = *batch,
    .first = first,
    .count = count,
    .picks = (reference_work *) dd_loaded_picked (base->loaded, batch->picked_from),
  };
  *end = slot;
  return true;
}

/* Takes every submission of a cancelled work out of the queue. */
static void
drop_submissions (reference_loaded *loaded, const reference_work *work)
{
  reference_submission **link = &loaded->queue;

  while (*link) {
    reference_submission *slot = *link;

    if (slot->work == work) {
      *link = slot->next;
      slot->ticket = 0;
    } else {
      link = &slot->next;
    }
  }
}

static bool
reference_wait (dd_work *base, dd_ticket ticket, dd_error *error)
{
  reference_work *work = (reference_work *) base;
  reference_loaded *loaded = (reference_loaded *) base->loaded;

  while (loaded->queue && loaded->queue->ticket <= ticket && !atomic_load (&work->cancelled)) {
    reference_submission *slot = loaded->queue;

    reference_run (slot);
    loaded->queue = slot->next;
    slot->ticket = 0;
  }
  if (!atomic_exchange (&work->cancelled, false))
    return true;
  drop_submissions (loaded, work);
  return dd_fail (error, DD_ERROR_CANCELLED, "cancelled");
}

static void
reference_cancel (dd_work *work)
{
  atomic_store (&((reference_work *) work)->cancelled, true);
}

static bool
reference_fetch (dd_work *base, const dd_fetch *fetch, dd_error *error)
{
  int64_t n_vocab = base->loaded->plan->n_vocab;

  dd_logits_fetch (((reference_work *) base)->logits + fetch->row * n_vocab, n_vocab, fetch);
  return true;
}

static bool
reference_lost (dd_device *device)
{
  return false;
}

static void
reference_free (dd_device *device)
{
  dd_free (device);
}

static const dd_device_fns reference_fns = {
  .caps = reference_caps,
  .measure = reference_measure,
  .load = reference_load,
  .unload = reference_unload,
  .pages_resize = reference_pages_resize,
  .pages_copy = reference_pages_copy,
  .work_new = reference_work_new,
  .work_free = reference_work_free,
  .submit = reference_submit,
  .wait = reference_wait,
  .cancel = reference_cancel,
  .put = reference_put,
  .get = reference_get,
  .fetch = reference_fetch,
  .cache_get = reference_cache_get,
  .cache_put = reference_cache_put,
  .lost = reference_lost,
  .free = reference_free,
};

bool
dd_reference_open (dd_device **out, dd_error *error)
{
  *out = dd_alloc (DD_TAG_DEVICE, sizeof **out);
  if (!*out)
    return dd_fail_memory (error, "the reference device");
  (*out)->fns = &reference_fns;
  return true;
}
