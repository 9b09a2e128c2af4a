/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The awkward device's pages and activations, and a step run on them.
 */
#include <stdlib.h>
#include <string.h>

#include "awkward-private.h"
#include "quant/half.h"

static int64_t
kv_width (const dd_loaded *loaded)
{
  int64_t width;

  dd_plan_cache_layers (loaded->plan, loaded->first, loaded->count, &width);
  return width;
}

static uint64_t
page_floats (const dd_loaded *loaded)
{
  return (uint64_t) loaded->plan->n_layers * 2 * DD_PAGE_TOKENS * (uint64_t) kv_width (loaded);
}

/* Backwards, and turned by the slot's number: nobody's natural order. */
static float *
element (const awkward_loaded *loaded, int layer, uint32_t page, int slot, int side, int64_t i)
{
  int64_t width = kv_width (&loaded->base);
  int64_t row = ((int64_t) layer * DD_PAGE_TOKENS + (DD_PAGE_TOKENS - 1 - slot)) * 2 + side;

  return loaded->store[loaded->address[page]] + row * width + (width - 1 - i + slot) % width;
}

static float
rounded (const dd_loaded *loaded, float value)
{
  return loaded->cache == DD_CACHE_F16 ? dd_half_to_float (dd_half_from_float (value)) : value;
}

bool
awkward_cache_get (dd_loaded *base,
                   int layer,
                   uint32_t page,
                   int slot,
                   float *keys,
                   float *values,
                   dd_error *error)
{
  const awkward_loaded *loaded = (const awkward_loaded *) base;
  int64_t n = dd_loaded_kv_width (base, layer);

  for (int64_t i = 0; i < n && keys; i++)
    keys[i] = *element (loaded, layer, page, slot, 0, i);
  for (int64_t i = 0; i < n && values; i++)
    values[i] = *element (loaded, layer, page, slot, 1, i);
  return true;
}

bool
awkward_cache_put (dd_loaded *base,
                   int layer,
                   uint32_t page,
                   int slot,
                   const float *keys,
                   const float *values,
                   dd_error *error)
{
  awkward_loaded *loaded = (awkward_loaded *) base;
  int64_t n = dd_loaded_kv_width (base, layer);

  for (int64_t i = 0; i < n && keys; i++)
    *element (loaded, layer, page, slot, 0, i) = rounded (base, keys[i]);
  for (int64_t i = 0; i < n && values; i++)
    *element (loaded, layer, page, slot, 1, i) = rounded (base, values[i]);
  return true;
}

bool
awkward_pages_copy (dd_loaded *base, uint32_t from, uint32_t to, int tokens, dd_error *error)
{
  awkward_loaded *loaded = (awkward_loaded *) base;
  int64_t width = kv_width (base);

  for (int layer = 0; layer < base->plan->n_layers; layer++)
    for (int slot = 0; slot < tokens; slot++)
      for (int side = 0; side < 2; side++)
        for (int64_t i = 0; i < width; i++)
          *element (loaded, layer, to, slot, side, i) = *element (loaded, layer, from, slot, side,
                                                                  i);
  return true;
}

void
awkward_pages_free (awkward_loaded *loaded)
{
  for (uint32_t i = 0; i < loaded->base.n_pages; i++)
    free (loaded->store[i]);
  free (loaded->store);
  free (loaded->address);
}

/* A store of `count` pages in the order of another day: old pages move to new
 * addresses with what they hold. */
static bool
move_pages (awkward_loaded *loaded, uint32_t count)
{
  uint32_t kept = loaded->base.n_pages < count ? loaded->base.n_pages : count;
  float **store = calloc (count + 1, sizeof *store);
  uint32_t *address = calloc (count + 1, sizeof *address);
  bool ok = store && address;

  for (uint32_t i = 0; i < count && ok; i++) {
    address[i] = count - 1 - (i % 2 ? i / 2 : count - 1 - i / 2);
    if (i >= kept)
      ok = (store[address[i]] = calloc (page_floats (&loaded->base) + 1, sizeof (float)));
  }
  if (!ok) {
    for (uint32_t i = kept; i < count && store && address; i++)
      free (store[address[i]]);
    free (store);
    free (address);
    return false;
  }
  for (uint32_t i = 0; i < loaded->base.n_pages; i++) {
    if (i < kept)
      store[address[i]] = loaded->store[loaded->address[i]];
    else
      free (loaded->store[loaded->address[i]]);
  }
  free (loaded->store);
  free (loaded->address);
  loaded->store = store;
  loaded->address = address;
  return true;
}

bool
awkward_pages_resize (dd_loaded *base, uint32_t count, dd_error *error)
{
  awkward *device = (awkward *) base->device;
  awkward_loaded *loaded = (awkward_loaded *) base;
  bool ok;

  if (count > base->n_pages && !awkward_memory_left (device, error))
    return false;
  pthread_mutex_lock (&device->inner_lock);
  ok = dd_device_pages_resize (loaded->inner, count, error);
  pthread_mutex_unlock (&device->inner_lock);
  if (!ok)
    return false;
  return move_pages (loaded, count) || dd_fail_memory (error, "the awkward device's pages");
}

static bool
allocate_work (const dd_plan *plan, int rows, awkward_work *work)
{
  int64_t widest = 1;
  bool ok = true;

  for (int i = 0; i < DD_BUFFERS; i++) {
    work->halves[i] = calloc ((size_t) (rows * plan->width[i] + 1), sizeof *work->halves[i]);
    widest = plan->width[i] > widest ? plan->width[i] : widest;
    ok = ok && work->halves[i];
  }
  work->floats = calloc ((size_t) (rows * widest), sizeof *work->floats);
  return ok && work->floats;
}

bool
awkward_work_new (dd_loaded *base, int rows, int logit_rows, dd_work **out, dd_error *error)
{
  awkward *device = (awkward *) base->device;
  awkward_work *work;
  bool ok;

  if (!awkward_memory_left (device, error))
    return false;
  work = calloc (1, sizeof *work);
  if (!work || !allocate_work (base->plan, rows, work)) {
    awkward_work_free (&work->base);
    return dd_fail_memory (error, "the awkward device's batch");
  }
  pthread_mutex_lock (&device->inner_lock);
  ok = dd_device_work_new (((awkward_loaded *) base)->inner, rows, logit_rows, &work->inner, error);
  pthread_mutex_unlock (&device->inner_lock);
  *out = &work->base;
  if (!ok)
    awkward_work_free (&work->base);
  return ok;
}

void
awkward_work_free (dd_work *base)
{
  awkward_work *work = (awkward_work *) base;

  if (!work)
    return;
  if (work->inner) {
    awkward *device = (awkward *) base->loaded->device;

    pthread_mutex_lock (&device->inner_lock);
    dd_device_work_free (&work->inner);
    pthread_mutex_unlock (&device->inner_lock);
  }
  for (int i = 0; i < DD_BUFFERS; i++)
    free (work->halves[i]);
  free (work->floats);
  free (work);
}

bool
awkward_put (dd_work *base, int rows, dd_buffer buffer, const float *values, dd_error *error)
{
  int64_t n = rows * base->loaded->plan->width[buffer];

  for (int64_t i = 0; i < n; i++)
    ((awkward_work *) base)->halves[buffer][i] = dd_half_from_float (values[i]);
  return true;
}

bool
awkward_get (dd_work *base, int rows, dd_buffer buffer, float *values, dd_error *error)
{
  int64_t n = rows * base->loaded->plan->width[buffer];

  for (int64_t i = 0; i < n; i++)
    values[i] = dd_half_to_float (((awkward_work *) base)->halves[buffer][i]);
  return true;
}

bool
awkward_fetch (dd_work *base, const dd_fetch *fetch, dd_error *error)
{
  awkward *device = (awkward *) base->loaded->device;
  bool ok;

  pthread_mutex_lock (&device->inner_lock);
  ok = dd_device_fetch (((awkward_work *) base)->inner, fetch, error);
  pthread_mutex_unlock (&device->inner_lock);
  return ok;
}

/* Moves a slot's keys and values of a layer into the reference's page or back. */
static bool
visit (awkward_loaded *loaded, int layer, uint32_t page, int slot, bool there)
{
  dd_error error;
  float kv[2][8192];

  if (there)
    return awkward_cache_get (&loaded->base, layer, page, slot, kv[0], kv[1], &error)
           && dd_device_cache_put (loaded->inner, layer, page, slot, kv[0], kv[1], &error);
  return dd_device_cache_get (loaded->inner, layer, page, slot, kv[0], kv[1], &error)
         && awkward_cache_put (&loaded->base, layer, page, slot, kv[0], kv[1], &error);
}

/* Everything that the batch's rows may see, before an ATTEND. */
static bool
bring_pages (awkward_loaded *loaded, const dd_batch *batch, int layer)
{
  for (uint32_t s = 0; s < batch->n_sequences; s++)
    for (uint32_t p = 0; p < batch->sequences[s].n_pages; p++)
      for (int slot = 0; slot < DD_PAGE_TOKENS; slot++)
        if (!visit (loaded, layer, batch->sequences[s].pages[p], slot, true))
          return false;
  return true;
}

/* What the batch's rows have written, after a QKV. */
static bool
fetch_rows (awkward_loaded *loaded, const dd_batch *batch, int layer)
{
  for (int i = 0; i < batch->n_prompt + batch->n_decode; i++) {
    const dd_row *row = &batch->rows[i];
    uint32_t page = batch->sequences[row->sequence].pages[row->position / DD_PAGE_TOKENS];

    if (!visit (loaded, layer, page, row->position % DD_PAGE_TOKENS, false))
      return false;
  }
  return true;
}

/* A buffer from 16 bits into the reference, or back. */
static bool
carry (awkward_work *work, int rows, dd_buffer buffer, bool there)
{
  dd_error error;

  if (there)
    return awkward_get (&work->base, rows, buffer, work->floats, &error)
           && dd_device_put (work->inner, rows, buffer, work->floats, &error);
  return dd_device_get (work->inner, rows, buffer, work->floats, &error)
         && awkward_put (&work->base, rows, buffer, work->floats, &error);
}

static bool
run_inner (const awkward_job *job, size_t number)
{
  awkward_work *work = job->work;
  dd_batch batch = job->batch;
  dd_ticket ticket;
  dd_error error;

  /* Everything before this job has run, so the logits to pick from are the last ones. */
  batch.picked_from = job->picks ? job->picks->inner->head_ticket : 0;
  if (!dd_device_submit (work->inner, &batch, number, 1, &ticket, &error))
    return false;
  /* A broken file is told by the front of this device too; the step is done. */
  return dd_device_wait (work->inner, ticket, &error) || error.code == DD_ERROR_BROKEN_MODEL;
}

bool
awkward_run_step (const awkward_job *job, size_t number)
{
  awkward_work *work = job->work;
  awkward_loaded *loaded = (awkward_loaded *) work->base.loaded;
  awkward *device = (awkward *) loaded->base.device;
  const dd_step *step = &loaded->base.plan->steps[number];
  int rows = job->batch.n_prompt + job->batch.n_decode;
  bool ok = true;

  pthread_mutex_lock (&device->inner_lock);
  if (step->kind != DD_STEP_EMBED)
    ok = carry (work, rows, step->in, true);
  if (step->kind == DD_STEP_PROJECT)
    ok = ok && carry (work, rows, step->out, true);
  if (step->kind == DD_STEP_ATTEND)
    ok = ok && bring_pages (loaded, &job->batch, step->layer);
  ok = ok && run_inner (job, number);
  if (step->kind == DD_STEP_QKV)
    ok = ok && fetch_rows (loaded, &job->batch, step->layer);
  if (step->kind != DD_STEP_HEAD)
    ok = ok && carry (work, rows, step->out, false);
  pthread_mutex_unlock (&device->inner_lock);
  return ok;
}
