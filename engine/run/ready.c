/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Making a model ready, and what its sessions share.
 */
#include "run/ready.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "run/scheduler.h"

#define FIRST_ROWS 64 /* of the first chunk, whose speed is not known */
#define LEAST_ROWS 32

/* ---- placing ----------------------------------------------------------- */

/* Opens the devices, `test`ed where need be; fills `chosen` and `request`. */
static bool
find_devices (dd_ready *ready,
              dd_devices *devices,
              const dd_plan *plan,
              const dd_ready_options *options,
              bool test,
              dd_error *error)
{
  dd_device *device;
  int rows = DD_CHUNK_ROWS;
  dd_caps caps;

  if (options->context < rows)
    rows = (int) options->context;
  if (!dd_devices_choose (devices, options->devices, dd_plan_types (plan), test, &ready->chosen,
                          error))
    return false;
  for (int i = 0; i < ready->chosen.count; i++) {
    if (!dd_devices_get (devices, ready->chosen.sources[i], &device, error))
      return false;
    dd_device_caps (device, &caps);
    rows = caps.max_rows < rows ? caps.max_rows : rows;
  }
  ready->plan = plan;
  ready->rows = rows;
  ready->group = rows < DD_GROUP ? rows : DD_GROUP;
  ready->request = (dd_request) {
    .plan = plan,
    .cache = options->cache,
    .context = options->context,
    .rows = rows,
    .logit_rows = ready->group,
    .progress = options->progress,
  };
  return true;
}

/* Says so if the device that was to be filled first gets nothing. */
static void
note_empty (dd_ready *ready, dd_device *first)
{
  char *note = ready->chosen.passed_over;
  dd_caps caps;

  for (int i = 0; i < ready->places.count; i++)
    if (ready->places.items[i].device == first)
      return;
  dd_device_caps (first, &caps);
  if (note[0] == '\0')
    snprintf (note, sizeof ready->chosen.passed_over,
              "%s has no room for a layer of this model with its context", caps.name);
}

/* Finds places for the steps on the devices, which are open. */
static bool
find_places (dd_ready *ready, dd_devices *devices, int card_layers, dd_error *error)
{
  dd_device *opened[DD_PLACES];

  for (int i = 0; i < ready->chosen.count; i++)
    if (!dd_devices_get (devices, ready->chosen.sources[i], &opened[i], error))
      return false;
  if (!dd_places_find (opened, ready->chosen.count, card_layers, &ready->request, &ready->places,
                       error))
    return false;
  note_empty (ready, opened[0]);
  return true;
}

/* Whether the model could do with less of its cards' memory; then with so many layers
 * there. */
static bool
fewer_layers (const dd_ready *ready, int *card_layers)
{
  int layers = dd_places_card_layers (&ready->places, ready->plan);

  *card_layers = layers - (layers + 7) / 8;
  return ready->chosen.count > 1 && layers > 0;
}

/* Finds places and loads them.  Other programs take memory too, and drivers promise
 * what they do not have: then with fewer layers on the cards. */
static bool
load_places (dd_ready *ready, dd_devices *devices, int card_layers, dd_error *error)
{
  for (;;) {
    if (!find_places (ready, devices, card_layers, error))
      return false;
    if (dd_places_load (&ready->places, &ready->request, error))
      return true;
    if (error->code != DD_ERROR_DEVICE_MEMORY || !fewer_layers (ready, &card_layers))
      return false;
  }
}

void
dd_ready_taken (const dd_ready *ready, uint64_t taken[DD_DEVICES])
{
  memset (taken, 0, DD_DEVICES * sizeof taken[0]);
  for (int i = 0; i < ready->places.count; i++) {
    const dd_place *place = &ready->places.items[i];

    taken[ready->chosen.sources[place->which]] += dd_place_bytes (place);
  }
}

bool
dd_ready_measure (dd_devices *devices,
                  const dd_plan *plan,
                  const dd_ready_options *options,
                  dd_estimate *out,
                  dd_error *error)
{
  dd_ready trial = { 0 };
  bool ok;

  *out = (dd_estimate) { 0 };
  pthread_rwlock_rdlock (&devices->in_use);
  ok = find_devices (&trial, devices, plan, options, false, error)
       && find_places (&trial, devices, INT_MAX, error);
  if (ok) {
    *out = (dd_estimate) {
      .memory = dd_places_memory (&trial.places),
      .layers = plan->n_layers,
      .card_layers = dd_places_card_layers (&trial.places, plan),
    };
    dd_ready_taken (&trial, out->taken);
    for (int i = 0; i < trial.chosen.count; i++)
      out->chosen |= 1u << trial.chosen.sources[i];
  }
  pthread_rwlock_unlock (&devices->in_use);
  return ok;
}

static bool
resize_places (void *user, uint32_t count, dd_error *error)
{
  dd_ready *ready = user;
  dd_error ignored;

  for (int i = 0; i < ready->places.count; i++) {
    if (dd_device_pages_resize (ready->places.items[i].loaded, count, error))
      continue;
    /* All places alike: those that did grow go back. */
    while (i-- > 0)
      (void) !dd_device_pages_resize (ready->places.items[i].loaded, ready->n_pages, &ignored);
    return false;
  }
  ready->n_pages = count;
  return true;
}

static bool
copy_in_places (void *user, uint32_t from, uint32_t to, int tokens, dd_error *error)
{
  dd_ready *ready = user;

  for (int i = 0; i < ready->places.count; i++)
    if (!dd_device_pages_copy (ready->places.items[i].loaded, from, to, tokens, error))
      return false;
  return true;
}

static const dd_pages_fns page_fns = { resize_places, copy_in_places };

/* Multiplications of one row per step; ATTEND's are per position. */
static double
step_units (const dd_step *step)
{
  const dd_weight *weights[3];
  int n = dd_step_weights (step, weights);
  double units = 0;

  if (step->kind == DD_STEP_EMBED)
    return (double) step->embed.table.columns;
  if (step->kind == DD_STEP_ATTEND)
    return 2.0 * step->heads * step->head_dim;
  for (int i = 0; i < n; i++)
    units += (double) weights[i]->rows * (double) weights[i]->columns;
  return units;
}

static bool
count_units (dd_ready *ready, dd_error *error)
{
  const dd_plan *plan = ready->plan;

  ready->units = dd_alloc_array (DD_TAG_RUN, plan->n_steps, sizeof (double));
  if (ready->units == NULL)
    return dd_fail_memory (error, "the model's steps");
  for (size_t i = 0; i < plan->n_steps; i++) {
    dd_speed *speed = &ready->speeds[plan->steps[i].kind];

    ready->units[i] = step_units (&plan->steps[i]);
    if (ready->units[i] > speed->most)
      speed->most = ready->units[i];
  }
  return true;
}

bool
dd_ready_new (dd_runner *runner,
              const dd_plan *plan,
              const dd_vocab *vocab,
              const dd_ready_options *options,
              dd_ready **out,
              dd_error *error)
{
  dd_ready *ready = dd_alloc (DD_TAG_RUN, sizeof *ready);
  bool ok;

  *out = NULL;
  if (ready == NULL)
    return dd_fail_memory (error, "a model");
  ready->vocab = vocab;
  /* A lost device is not replaced while this thread loads onto it; once in the
   * list the model is loaded again with the others. */
  pthread_rwlock_rdlock (&runner->devices->in_use);
  ok = find_devices (ready, runner->devices, plan, options, true, error)
       && count_units (ready, error) && dd_pages_new (&page_fns, ready, &ready->pages, error)
       && load_places (ready, runner->devices, INT_MAX, error);
  ready->request.progress = (dd_progress) { 0 };
  if (ok)
    dd_runner_add (runner, ready);
  pthread_rwlock_unlock (&runner->devices->in_use);
  if (!ok)
    dd_ready_free (&ready);
  *out = ready;
  return ok;
}

static void
drop_passes (dd_ready *ready)
{
  dd_pass_free (&ready->decode);
  dd_pass_free (&ready->spare);
}

void
dd_ready_free (dd_ready **ready)
{
  dd_ready *self = *ready;

  if (self == NULL)
    return;
  if (self->runner != NULL)
    dd_runner_remove (self->runner, self);
  drop_passes (self);
  dd_places_unload (&self->places);
  dd_pages_free (&self->pages);
  dd_sampler_clear (&self->sampler);
  dd_free (self->units);
  dd_free (self);
  *ready = NULL;
}

/* ---- sessions ---------------------------------------------------------- */

/* Pages for every session at its longest, and one each for a copy. */
static uint32_t
page_limit (const dd_ready *ready, uint32_t n_sessions)
{
  uint64_t each = (uint64_t) (ready->request.context + DD_PAGE_TOKENS - 1) / DD_PAGE_TOKENS + 1;
  uint64_t all = each * n_sessions;

  return all > UINT32_MAX ? UINT32_MAX : (uint32_t) all;
}

bool
dd_ready_join (dd_ready *ready, dd_error *error)
{
  dd_pass *pass;

  if (ready->gone) {
    *error = ready->gone_error;
    return false;
  }
  if (ready->sampler.n_vocab == 0
      && !dd_sampler_init (&ready->sampler, ready->plan->n_vocab, error))
    return false;
  if (!dd_ready_decode (ready, &pass, error)
      || !dd_pages_raise (ready->pages, page_limit (ready, ready->n_sessions + 1), error))
    return false;
  ready->n_sessions++;
  return true;
}

void
dd_ready_leave (dd_ready *ready)
{
  ready->n_sessions--;
  /* What the last one computed stays for the next to find. */
  dd_pages_lower (ready->pages, page_limit (ready, ready->n_sessions > 0 ? ready->n_sessions : 1));
}

/* ---- passes ------------------------------------------------------------ */

bool
dd_ready_decode (dd_ready *ready, dd_pass **out, dd_error *error)
{
  if (ready->decode == NULL
      && !dd_pass_new (&ready->places, ready->group, ready->group, ready->group, &ready->decode,
                       error))
    return false;
  *out = ready->decode;
  return true;
}

/* Room in whole pages, so that a slightly longer prompt finds the spare pass fit. */
static int
round_rows (const dd_ready *ready, int rows)
{
  rows += (DD_PAGE_TOKENS - rows % DD_PAGE_TOKENS) % DD_PAGE_TOKENS;
  return rows < ready->rows ? rows : ready->rows;
}

bool
dd_ready_pass (dd_ready *ready, int *rows, int logit_rows, dd_pass **out, dd_error *error)
{
  int room = round_rows (ready, *rows);

  *out = NULL;
  if (ready->spare != NULL && ready->spare->room >= *rows
      && ready->spare->logit_room >= logit_rows) {
    *out = ready->spare;
    ready->spare = NULL;
  } else {
    dd_pass_free (&ready->spare);
  }
  while (*out == NULL
         && !dd_pass_new (&ready->places, room, logit_rows < room ? logit_rows : room, 1, out,
                          error)) {
    if ((error->code != DD_ERROR_NO_MEMORY && error->code != DD_ERROR_DEVICE_MEMORY)
        || room <= DD_GROUP)
      return false;
    room = room / 2 > DD_GROUP ? room / 2 : DD_GROUP;
  }
  *rows = *rows < (*out)->room ? *rows : (*out)->room;
  ready->n_parked++;
  return true;
}

void
dd_ready_give_back (dd_ready *ready, dd_pass **pass)
{
  if (*pass == NULL)
    return;
  if (ready->spare == NULL || ready->spare->room < (*pass)->room) {
    dd_pass *smaller = ready->spare;

    ready->spare = *pass;
    *pass = smaller;
  }
  dd_pass_free (pass);
  ready->n_parked--;
}

void
dd_ready_drop (dd_ready *ready, dd_pass **pass)
{
  if (*pass == NULL)
    return;
  dd_pass_free (pass);
  ready->n_parked--;
}

/* ---- how long things take ---------------------------------------------- */

/* Seconds of step `i` for the whole batch of a pass; 0 if not known. */
static double
step_seconds (const dd_ready *ready, const dd_pass *pass, size_t i, double *units)
{
  int rows = pass->batch.n_prompt + pass->batch.n_decode;
  dd_step_kind kind = ready->plan->steps[i].kind;
  const dd_speed *speed = &ready->speeds[kind];

  *units = ready->units[i] * (kind == DD_STEP_HEAD ? pass->n_logits : rows);
  if (kind == DD_STEP_ATTEND)
    *units *= pass->rows[rows - 1].position + 1;
  return speed->units > 0 ? *units * speed->seconds / speed->units : 0;
}

int
dd_ready_chunk (const dd_ready *ready, size_t position, double seconds)
{
  double longest = 0; /* of one row */
  int rows = DD_CHUNK_ROWS;

  for (int kind = 0; kind < DD_STEP_KINDS; kind++) {
    const dd_speed *speed = &ready->speeds[kind];
    double times = kind == DD_STEP_ATTEND ? (double) position + DD_CHUNK_ROWS : 1;
    double row;

    if (kind == DD_STEP_HEAD || speed->most == 0)
      continue;
    if (speed->units == 0)
      return FIRST_ROWS;
    row = speed->most * times * speed->seconds / speed->units;
    longest = row > longest ? row : longest;
  }
  if (longest * rows > seconds)
    rows = (int) (seconds / longest);
  rows -= rows % LEAST_ROWS;
  return rows > LEAST_ROWS ? rows : LEAST_ROWS;
}

size_t
dd_ready_slice (const dd_ready *ready, const dd_pass *pass, double seconds, double *estimate)
{
  size_t i = pass->next;

  *estimate = 0;
  while (i < ready->plan->n_steps) {
    double units, next = step_seconds (ready, pass, i, &units);

    if (i > pass->next && (next == 0 || *estimate + next > seconds))
      break;
    *estimate += next;
    i++;
    if (next == 0)
      break;
  }
  return i - pass->next;
}

void
dd_ready_measured (dd_ready *ready, const dd_pass *pass, size_t first, double seconds)
{
  double units[DD_STEP_KINDS] = { 0 }, expected[DD_STEP_KINDS] = { 0 }, all = 0;
  const double keep = 0.8;

  for (size_t i = first; i < pass->next; i++) {
    dd_step_kind kind = ready->plan->steps[i].kind;
    double step, takes = step_seconds (ready, pass, i, &step);

    units[kind] += step;
    expected[kind] += takes;
    all += takes;
  }
  /* Several kinds share the time in the proportion that was expected; one that
   * was never seen before is always alone. */
  for (int kind = 0; kind < DD_STEP_KINDS; kind++) {
    dd_speed *speed = &ready->speeds[kind];

    if (units[kind] == 0)
      continue;
    speed->units = speed->units * keep + units[kind];
    speed->seconds = speed->seconds * keep + seconds * (all > 0 ? expected[kind] / all : 1);
  }
}

/* ---- a lost device ----------------------------------------------------- */

static bool
place_is_of (const dd_ready *ready, int place, unsigned sources)
{
  return (sources >> ready->chosen.sources[ready->places.items[place].which] & 1) != 0;
}

bool
dd_ready_uses (const dd_ready *ready, unsigned sources)
{
  for (int i = 0; i < ready->places.count; i++)
    if (place_is_of (ready, i, sources))
      return true;
  return false;
}

void
dd_ready_unload (dd_ready *ready, unsigned sources)
{
  drop_passes (ready);
  dd_pages_forget (ready->pages);
  ready->n_pages = 0;
  for (int i = 0; i < ready->places.count; i++)
    if (place_is_of (ready, i, sources)) {
      dd_device_unload (&ready->places.items[i].loaded);
      ready->places.items[i].device = NULL; /* which may not live on */
    }
}

bool
dd_ready_reload (dd_ready *ready, dd_error *error)
{
  for (int i = 0; i < ready->places.count; i++) {
    dd_place *place = &ready->places.items[i];
    dd_request part = ready->request;

    if (place->loaded != NULL) {
      if (!dd_device_pages_resize (place->loaded, 0, error))
        return false;
      continue;
    }
    if (!dd_devices_get (ready->runner->devices, ready->chosen.sources[place->which],
                         &place->device, error))
      return false;
    part.first = place->first;
    part.count = place->count;
    if (!dd_device_load (place->device, &part, &place->loaded, error))
      return false;
  }
  return true;
}

/* ---- a card without memory ---------------------------------------------- */

bool
dd_ready_may_shrink (const dd_ready *ready)
{
  int card_layers;

  return fewer_layers (ready, &card_layers);
}

void
dd_ready_shrink (dd_ready *ready)
{
  int card_layers;

  (void) fewer_layers (ready, &card_layers);
  dd_ready_unload (ready, ~0u);
  ready->gone = !load_places (ready, ready->runner->devices, card_layers, &ready->gone_error);
}
