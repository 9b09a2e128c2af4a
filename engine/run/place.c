/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Placing steps on devices.
 */
#include "run/place.h"

#include <limits.h>
#include <string.h>

static bool
step_reads (const dd_step *step, dd_buffer buffer)
{
  if (step->kind != DD_STEP_EMBED && step->in == buffer)
    return true;
  return step->kind == DD_STEP_PROJECT && step->out == buffer;
}

static bool
step_writes (const dd_step *step, dd_buffer buffer)
{
  return step->kind != DD_STEP_HEAD && step->out == buffer;
}

bool
dd_plan_can_cut (const dd_plan *plan, size_t at)
{
  if (at == 0 || at >= plan->n_steps)
    return false;
  for (int buffer = 0; buffer < DD_BUFFERS; buffer++) {
    if (buffer == DD_BUFFER_X)
      continue;
    for (size_t i = at; i < plan->n_steps; i++) {
      if (step_reads (&plan->steps[i], (dd_buffer) buffer))
        return false;
      if (step_writes (&plan->steps[i], (dd_buffer) buffer))
        break;
    }
  }
  return true;
}

/* The end of the n-th shortest range that starts at `first`, n from 1; the plan's
 * end counts as a cut.  `first` for 0. */
static size_t
nth_cut (const dd_plan *plan, size_t first, size_t n)
{
  size_t at = first;

  while (n > 0 && at < plan->n_steps) {
    at++;
    if (at == plan->n_steps || dd_plan_can_cut (plan, at))
      n--;
  }
  return at;
}

static size_t
count_cuts (const dd_plan *plan, size_t first)
{
  size_t count = 1;

  for (size_t at = first + 1; at < plan->n_steps; at++)
    count += dd_plan_can_cut (plan, at);
  return count;
}

static void
add_memory (dd_memory *sum, const dd_memory *more)
{
  sum->weights += more->weights;
  sum->cache += more->cache;
  sum->activations += more->activations;
}

static bool
is_host (dd_device *device)
{
  dd_caps caps;

  dd_device_caps (device, &caps);
  return strcmp (caps.heaps[0].name, "RAM") == 0;
}

/* What ranges that were placed before take of a heap of the device. */
static dd_memory
taken_before (const dd_places *before, const dd_device *device, int heap)
{
  dd_memory sum = { 0 };

  for (int i = 0; i < before->count; i++) {
    const dd_place *place = &before->items[i];

    if (place->device == device)
      add_memory (&sum, &place->measured.heaps[heap]);
  }
  return sum;
}

/* Whether a heap has room.  Weights in main memory are the file's own pages,
 * which the system takes from other files' pages: they must fit the machine, the
 * rest must fit what is free. */
static bool
heap_fits (const dd_heap *heap, const dd_memory *need)
{
  uint64_t own = need->cache + need->activations;

  if (strcmp (heap->name, "RAM") == 0)
    return own <= heap->available && need->weights + own <= heap->total;
  return need->weights + own <= heap->available;
}

/* Measures the steps from `first` to `end` and says whether they fit; a device that holds no
 * piece so large says so itself. */
static bool
try_range (dd_device *device,
           const dd_caps *caps,
           const dd_request *request,
           const dd_places *before,
           size_t first,
           size_t end,
           dd_measured *measured,
           bool *fit,
           dd_error *error)
{
  dd_request part = *request;

  part.first = first;
  part.count = end - first;
  *fit = dd_device_measure (device, &part, measured, error);
  if (!*fit)
    return error->code == DD_ERROR_DEVICE_MEMORY;
  for (int i = 0; i < measured->n_heaps; i++) {
    dd_memory need = taken_before (before, device, i);

    add_memory (&need, &measured->heaps[i]);
    *fit = *fit && heap_fits (&caps->heaps[i], &need);
  }
  return true;
}

/* The most cuts that a range from `first` may have without more than `layers` layers. */
static size_t
cuts_of_layers (const dd_plan *plan, size_t first, int layers)
{
  size_t cuts = 0, all = count_cuts (plan, first), end = first;

  while (cuts < all) {
    size_t next = nth_cut (plan, end, 1);

    for (; end < next; end++)
      layers -= plan->steps[end].kind == DD_STEP_QKV;
    if (layers < 0)
      break;
    cuts++;
  }
  return cuts;
}

/* The longest range from `first`, of at most `layers` layers, that the device has room for:
 * all of it if it can be, else by halving, as what is needed grows with the range.
 * `out->count` is 0 if not even one layer fits. */
static bool
longest_range (dd_device *device,
               int layers,
               const dd_request *request,
               const dd_places *before,
               size_t first,
               dd_place *out,
               dd_error *error)
{
  size_t good = 0, bad = cuts_of_layers (request->plan, first, layers) + 1;
  size_t middle = bad - 1;
  dd_measured measured;
  dd_caps caps;
  bool fit;

  dd_device_caps (device, &caps);
  out->device = device;
  out->first = first;
  while (bad - good > 1) {
    size_t end = nth_cut (request->plan, first, middle);

    if (!try_range (device, &caps, request, before, first, end, &measured, &fit, error))
      return false;
    if (fit) {
      good = middle;
      out->count = end - first;
      out->measured = measured;
    } else {
      bad = middle;
    }
    middle = good + (bad - good) / 2;
  }
  return true;
}

static dd_memory
sum_heaps (const dd_measured *measured)
{
  dd_memory sum = { 0 };

  for (int i = 0; i < measured->n_heaps; i++)
    add_memory (&sum, &measured->heaps[i]);
  return sum;
}

/* Words for a model that is too big for its last device, `first` being where the
 * others stopped. */
static bool
too_big (dd_device *device, const dd_request *request, size_t first, dd_error *error)
{
  const double gib = 1024.0 * 1024.0 * 1024.0;
  dd_request part = *request;
  uint64_t available = 0;
  dd_measured measured;
  dd_memory need;
  dd_caps caps;

  dd_device_caps (device, &caps);
  for (int i = 0; i < caps.n_heaps; i++)
    available += caps.heaps[i].available;
  part.first = first;
  part.count = request->plan->n_steps - first;
  if (!dd_device_measure (device, &part, &measured, error))
    return false;
  need = sum_heaps (&measured);
  return dd_fail (error, DD_ERROR_DEVICE_MEMORY,
                  "%s has %.1f GiB free and the model needs %.1f GiB for its weights and %.1f GiB "
                  "for a context of %lld tokens; close other programs, or choose a shorter context "
                  "or a smaller model",
                  caps.id, (double) available / gib, (double) need.weights / gib,
                  (double) (need.cache + need.activations) / gib, (long long) request->context);
}

/* Fills the devices in their order with the steps from `first` on. */
static bool
fill (dd_device *const *devices,
      int n_devices,
      int card_layers,
      const dd_request *request,
      size_t first,
      dd_places *out,
      dd_error *error)
{
  for (int i = 0; i < n_devices && first < request->plan->n_steps; i++) {
    dd_place place = { .which = i };
    bool host = is_host (devices[i]);

    if (!host && card_layers == 0)
      continue;
    if (!longest_range (devices[i], host ? INT_MAX : card_layers, request, out, first, &place,
                        error))
      return false;
    if (place.count == 0)
      continue;
    card_layers -= host ? 0 : dd_place_layers (&place, request->plan);
    out->items[out->count++] = place;
    first += place.count;
  }
  if (first < request->plan->n_steps)
    return too_big (devices[n_devices - 1], request, first, error);
  return true;
}

/* Puts the table of tokens on the last device. */
static bool
keep_table (dd_device *const *devices,
            int n_devices,
            const dd_request *request,
            dd_places *out,
            dd_error *error)
{
  dd_place *place = &out->items[0];
  dd_request part = *request;

  part.first = 0;
  part.count = 1;
  *place = (dd_place) { .device = devices[n_devices - 1], .which = n_devices - 1, .count = 1 };
  out->count = 1;
  return dd_device_measure (place->device, &part, &place->measured, error);
}

static bool
find (dd_device *const *devices,
      int n_devices,
      int card_layers,
      const dd_request *request,
      dd_places *out,
      dd_error *error)
{
  const dd_plan *plan = request->plan;

  *out = (dd_places) { 0 };
  if (n_devices > 1 && is_host (devices[n_devices - 1]) && !is_host (devices[0])
      && plan->steps[0].kind == DD_STEP_EMBED && dd_plan_can_cut (plan, 1)) {
    if (!keep_table (devices, n_devices, request, out, error)
        || !fill (devices, n_devices, card_layers, request, 1, out, error))
      return false;
    if (out->items[1].which != out->items[0].which)
      return true;
    *out = (dd_places) { 0 }; /* nothing fits elsewhere: all in one place */
  }
  return fill (devices, n_devices, card_layers, request, 0, out, error);
}

bool
dd_places_find (dd_device *const *devices,
                int n_devices,
                int card_layers,
                const dd_request *request,
                dd_places *out,
                dd_error *error)
{
  bool ok = find (devices, n_devices, card_layers, request, out, error);

  if (!ok)
    *out = (dd_places) { 0 }; /* a part of a plan is none */
  return ok;
}

/* Progress of one range as a part of all. */
typedef struct all_progress {
  dd_progress inner;
  uint64_t before, total;
} all_progress;

static bool
report_part (uint64_t done, uint64_t total, void *user)
{
  const all_progress *all = user;

  (void) total;
  return all->inner.report (all->before + done, all->total, all->inner.user);
}

bool
dd_places_load (dd_places *places, const dd_request *request, dd_error *error)
{
  all_progress all = { request->progress, 0, dd_places_memory (places).weights };

  for (int i = 0; i < places->count; i++) {
    dd_place *place = &places->items[i];
    dd_request part = *request;

    part.first = place->first;
    part.count = place->count;
    if (request->progress.report != NULL)
      part.progress = (dd_progress) { report_part, &all };
    if (!dd_device_load (place->device, &part, &place->loaded, error)) {
      dd_places_unload (places);
      return false;
    }
    all.before += sum_heaps (&place->measured).weights;
  }
  return true;
}

void
dd_places_unload (dd_places *places)
{
  for (int i = 0; i < places->count; i++)
    dd_device_unload (&places->items[i].loaded);
}

dd_memory
dd_places_memory (const dd_places *places)
{
  dd_memory sum = { 0 };

  for (int i = 0; i < places->count; i++) {
    dd_memory part = sum_heaps (&places->items[i].measured);

    add_memory (&sum, &part);
  }
  return sum;
}

uint64_t
dd_place_bytes (const dd_place *place)
{
  dd_memory sum = sum_heaps (&place->measured);

  return sum.weights + sum.cache + sum.activations;
}

int
dd_place_layers (const dd_place *place, const dd_plan *plan)
{
  int layers = 0;

  for (size_t i = place->first; i < place->first + place->count; i++)
    layers += plan->steps[i].kind == DD_STEP_QKV;
  return layers;
}

int
dd_places_card_layers (const dd_places *places, const dd_plan *plan)
{
  int layers = 0;

  for (int i = 0; i < places->count; i++)
    if (places->items[i].device != NULL && !is_host (places->items[i].device))
      layers += dd_place_layers (&places->items[i], plan);
  return layers;
}
