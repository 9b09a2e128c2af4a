/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The checking front of every device: what is asked is checked here once, what
 * all devices must remember is remembered here, then the device's own table is
 * called.  Computes nothing.
 */
#include "device/device.h"

#include <inttypes.h>

#include "device/check.h"

/* Far above any real session; keeps page counts inside 32 bits. */
#define MOST_CONTEXT (INT64_C (1) << 31)

static bool
check_present (dd_device *device, dd_error *error)
{
  if (!device->fns->lost (device))
    return true;
  return dd_fail (error, DD_ERROR_DEVICE_LOST, "the device stopped answering");
}

/* Between tickets only. */
static bool
check_idle (const dd_work *work, dd_error *error)
{
  if (!check_present (work->loaded->device, error))
    return false;
  if (work->n_running == 0)
    return true;
  return dd_fail (error, DD_ERROR_ARGUMENT, "ticket %" PRIu64 " has not been waited for",
                  work->running[work->n_running - 1]);
}

static bool
check_range (const dd_plan *plan, size_t first, size_t count, dd_error *error)
{
  if (count >= 1 && first < plan->n_steps && count <= plan->n_steps - first)
    return true;
  return dd_fail (error, DD_ERROR_ARGUMENT, "steps %zu + %zu of a plan of %zu", first, count,
                  plan->n_steps);
}

static bool
check_request (dd_device *device, const dd_request *request, bool load, dd_error *error)
{
  if (!check_present (device, error)
      || !check_range (request->plan, request->first, request->count, error))
    return false;
  if (request->cache != DD_CACHE_F16 && request->cache != DD_CACHE_F32)
    return dd_fail (error, DD_ERROR_ARGUMENT, "there is no cache type %d", (int) request->cache);
  return dd_check_steps (request->plan, request->first, request->count, load, error);
}

void
dd_device_caps (dd_device *device, dd_caps *out)
{
  *out = (dd_caps) { 0 };
  device->fns->caps (device, out);
}

bool
dd_device_measure (dd_device *device, const dd_request *request, dd_measured *out, dd_error *error)
{
  dd_request asked = *request;
  dd_caps caps;

  if (!check_request (device, request, false, error))
    return false;
  dd_device_caps (device, &caps);
  if (asked.context < 1 || asked.context > MOST_CONTEXT)
    return dd_fail (error, DD_ERROR_ARGUMENT, "a context of %" PRId64 " tokens", asked.context);
  if (asked.logit_rows == 0)
    asked.logit_rows = 1;
  if (asked.rows < 1 || asked.rows > caps.max_rows || asked.logit_rows < 0
      || asked.logit_rows > asked.rows)
    return dd_fail (error, DD_ERROR_ARGUMENT, "%d rows with %d of logits on a device of %d rows",
                    asked.rows, asked.logit_rows, caps.max_rows);
  *out = (dd_measured) { 0 };
  return device->fns->measure (device, &asked, out, error);
}

bool
dd_device_load (dd_device *device, const dd_request *request, dd_loaded **out, dd_error *error)
{
  dd_loaded *loaded;

  *out = NULL;
  if (!check_request (device, request, true, error)
      || !device->fns->load (device, request, &loaded, error))
    return false;
  loaded->device = device;
  loaded->plan = request->plan;
  loaded->first = request->first;
  loaded->count = request->count;
  loaded->cache = request->cache;
  *out = loaded;
  return true;
}

void
dd_device_unload (dd_loaded **loaded)
{
  if (!*loaded)
    return;
  while ((*loaded)->works) {
    dd_work *work = (*loaded)->works;

    dd_device_work_free (&work);
  }
  (*loaded)->device->fns->unload (*loaded);
  *loaded = NULL;
}

/* Between tickets of all works. */
static bool
check_all_idle (const dd_loaded *loaded, dd_error *error)
{
  for (const dd_work *work = loaded->works; work; work = work->next) {
    if (!check_idle (work, error))
      return false;
  }
  return check_present (loaded->device, error);
}

bool
dd_device_pages_resize (dd_loaded *loaded, uint32_t count, dd_error *error)
{
  if (!check_all_idle (loaded, error))
    return false;
  if (count == loaded->n_pages)
    return true;
  if (!loaded->device->fns->pages_resize (loaded, count, error))
    return false;
  loaded->n_pages = count;
  return true;
}

static bool
check_page (const dd_loaded *loaded, uint32_t page, dd_error *error)
{
  if (!check_present (loaded->device, error))
    return false;
  if (page < loaded->n_pages)
    return true;
  return dd_fail (error, DD_ERROR_ARGUMENT, "page %" PRIu32 " of %" PRIu32, page, loaded->n_pages);
}

bool
dd_device_pages_copy (dd_loaded *loaded, uint32_t from, uint32_t to, int tokens, dd_error *error)
{
  if (!check_page (loaded, from, error) || !check_page (loaded, to, error))
    return false;
  if (tokens < 0 || tokens > DD_PAGE_TOKENS)
    return dd_fail (error, DD_ERROR_ARGUMENT, "%d tokens of a page of %d", tokens, DD_PAGE_TOKENS);
  if (from == to || tokens == 0)
    return true;
  return loaded->device->fns->pages_copy (loaded, from, to, tokens, error);
}

bool
dd_device_work_new (dd_loaded *loaded, int rows, int logit_rows, dd_work **out, dd_error *error)
{
  dd_caps caps;
  dd_work *work;

  *out = NULL;
  if (!check_present (loaded->device, error))
    return false;
  dd_device_caps (loaded->device, &caps);
  if (rows < 1 || rows > caps.max_rows || logit_rows < 0 || logit_rows > rows)
    return dd_fail (error, DD_ERROR_ARGUMENT, "%d rows with %d of logits on a device of %d rows",
                    rows, logit_rows, caps.max_rows);
  if (!loaded->device->fns->work_new (loaded, rows, logit_rows, &work, error))
    return false;
  work->loaded = loaded;
  work->max_rows = rows;
  work->max_logit_rows = logit_rows;
  work->next = loaded->works;
  loaded->works = work;
  *out = work;
  return true;
}

void
dd_device_work_free (dd_work **work)
{
  dd_work *dead = *work;
  dd_work **link;

  if (!dead)
    return;
  if (dead->n_running > 0) {
    dd_error ignored;

    /* Done or cancelled: either way nothing runs after this. */
    dd_device_cancel (dead);
    (void) !dd_device_wait (dead, dead->running[dead->n_running - 1], &ignored);
  }
  for (link = &dead->loaded->works; *link != dead; link = &(*link)->next)
    ;
  *link = dead->next;
  dead->loaded->device->fns->work_free (dead);
  *work = NULL;
}

static bool
has_head (const dd_plan *plan, size_t first, size_t count)
{
  for (size_t i = first; i < first + count; i++) {
    if (plan->steps[i].kind == DD_STEP_HEAD)
      return true;
  }
  return false;
}

bool
dd_device_submit (dd_work *work,
                  const dd_batch *batch,
                  size_t first,
                  size_t count,
                  dd_ticket *out,
                  dd_error *error)
{
  const dd_loaded *loaded = work->loaded;
  dd_device *device = loaded->device;
  dd_ticket ticket = device->last_ticket + 1;

  *out = 0;
  if (!check_present (device, error))
    return false;
  if (count < 1 || first < loaded->first || count > loaded->count
      || first - loaded->first > loaded->count - count)
    return dd_fail (error, DD_ERROR_ARGUMENT, "steps %zu + %zu where %zu + %zu are loaded", first,
                    count, loaded->first, loaded->count);
  if (work->n_running == DD_TICKETS)
    return dd_fail (error, DD_ERROR_ARGUMENT, "%d tickets are running already", DD_TICKETS);
  if (!dd_check_batch (work, batch, first, count, error)
      || !device->fns->submit (work, batch, first, count, &ticket, error))
    return false;
  device->last_ticket = ticket;
  work->running[work->n_running++] = ticket;
  if (has_head (loaded->plan, first, count)) {
    work->head_ticket = ticket;
    work->head_rows = dd_batch_logit_rows (batch);
  }
  *out = ticket;
  return true;
}

/* Forgets the tickets up to `ticket`. */
static void
end_tickets (dd_work *work, dd_ticket ticket)
{
  int kept = 0;

  for (int i = 0; i < work->n_running; i++) {
    if (work->running[i] > ticket)
      work->running[kept++] = work->running[i];
  }
  work->n_running = kept;
}

bool
dd_device_wait (dd_work *work, dd_ticket ticket, dd_error *error)
{
  const dd_plan *plan = work->loaded->plan;
  dd_device *device = work->loaded->device;

  if (ticket == 0 || ticket > device->last_ticket)
    return dd_fail (error, DD_ERROR_ARGUMENT, "ticket %" PRIu64 " was never given", ticket);
  /* A lost device is asked all the same: it must let go of what runs. */
  if (!device->fns->wait (work, ticket, error)) {
    work->n_running = 0;
    work->head_ticket = 0;
    return false;
  }
  end_tickets (work, ticket);
  if (plan->broken && plan->broken (plan->owner))
    return dd_fail (error, DD_ERROR_BROKEN_MODEL,
                    "the model's file could not be read: it was cut short, or its disk fails; "
                    "download it again and open it anew");
  return true;
}

void
dd_device_cancel (dd_work *work)
{
  work->loaded->device->fns->cancel (work);
}

static bool
check_transfer (const dd_work *work, int rows, dd_buffer buffer, dd_error *error)
{
  if (!check_idle (work, error))
    return false;
  if (rows < 1 || rows > work->max_rows)
    return dd_fail (error, DD_ERROR_ARGUMENT, "%d rows of a work of %d", rows, work->max_rows);
  if ((unsigned) buffer >= DD_BUFFERS || work->loaded->plan->width[buffer] < 1)
    return dd_fail (error, DD_ERROR_ARGUMENT, "the plan has no buffer %d", (int) buffer);
  return true;
}

bool
dd_device_put (dd_work *work, int rows, dd_buffer buffer, const float *values, dd_error *error)
{
  return check_transfer (work, rows, buffer, error)
         && work->loaded->device->fns->put (work, rows, buffer, values, error);
}

bool
dd_device_get (dd_work *work, int rows, dd_buffer buffer, float *values, dd_error *error)
{
  return check_transfer (work, rows, buffer, error)
         && work->loaded->device->fns->get (work, rows, buffer, values, error);
}

bool
dd_device_fetch (dd_work *work, const dd_fetch *fetch, dd_error *error)
{
  if (!check_idle (work, error))
    return false;
  if (work->head_ticket == 0 || fetch->row < 0 || fetch->row >= work->head_rows)
    return dd_fail (error, DD_ERROR_ARGUMENT, "row %d of %d rows with logits", fetch->row,
                    work->head_ticket == 0 ? 0 : work->head_rows);
  if (fetch->n_best < 0 || fetch->n_best > work->loaded->plan->n_vocab
      || (fetch->n_best > 0 && !fetch->best))
    return dd_fail (error, DD_ERROR_ARGUMENT, "the best %d of %" PRId64 " tokens", fetch->n_best,
                    work->loaded->plan->n_vocab);
  return work->loaded->device->fns->fetch (work, fetch, error);
}

/* That `layer` keeps its keys and values in this dd_loaded, and that the slot is there. */
static bool
check_slot (const dd_loaded *loaded, int layer, uint32_t page, int slot, dd_error *error)
{
  if (!check_all_idle (loaded, error) || !check_page (loaded, page, error))
    return false;
  if (slot < 0 || slot >= DD_PAGE_TOKENS)
    return dd_fail (error, DD_ERROR_ARGUMENT, "slot %d of a page of %d", slot, DD_PAGE_TOKENS);
  return dd_loaded_kv_width (loaded, layer) > 0
         || dd_fail (error, DD_ERROR_ARGUMENT, "layer %d has no cache here", layer);
}

bool
dd_device_cache_get (dd_loaded *loaded,
                     int layer,
                     uint32_t page,
                     int slot,
                     float *keys,
                     float *values,
                     dd_error *error)
{
  return check_slot (loaded, layer, page, slot, error)
         && loaded->device->fns->cache_get (loaded, layer, page, slot, keys, values, error);
}

bool
dd_device_cache_put (dd_loaded *loaded,
                     int layer,
                     uint32_t page,
                     int slot,
                     const float *keys,
                     const float *values,
                     dd_error *error)
{
  return check_slot (loaded, layer, page, slot, error)
         && loaded->device->fns->cache_put (loaded, layer, page, slot, keys, values, error);
}

bool
dd_device_lost (dd_device *device)
{
  return device->fns->lost (device);
}

void
dd_device_free (dd_device **device)
{
  if (!*device)
    return;
  (*device)->fns->free (*device);
  *device = NULL;
}

dd_work *
dd_loaded_picked (const dd_loaded *loaded, dd_ticket picked_from)
{
  for (dd_work *work = loaded->works; work; work = work->next) {
    if (picked_from != 0 && work->head_ticket == picked_from)
      return work;
  }
  return NULL;
}

int64_t
dd_loaded_kv_width (const dd_loaded *loaded, int layer)
{
  for (size_t i = loaded->first; i < loaded->first + loaded->count; i++) {
    const dd_step *step = &loaded->plan->steps[i];

    if (step->kind == DD_STEP_QKV && step->layer == layer)
      return (int64_t) step->kv_heads * step->head_dim;
  }
  return 0;
}
