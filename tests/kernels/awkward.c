/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The awkward device: opening, loading, its thread and its queue.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "awkward-private.h"
#include "device/reference/reference.h"

static void
awkward_caps (dd_device *base, dd_caps *out)
{
  snprintf (out->id, sizeof out->id, "awkward");
  snprintf (out->name, sizeof out->name, "Awkward");
  snprintf (out->features, sizeof out->features, "its own thread, 16-bit activations");
  out->n_heaps = 2;
  snprintf (out->heaps[0].name, sizeof out->heaps[0].name, "weights");
  snprintf (out->heaps[1].name, sizeof out->heaps[1].name, "the rest");
  out->heaps[0].total = out->heaps[0].available = 1u << 30;
  out->heaps[1].total = out->heaps[1].available = 1u << 28;
  out->max_rows = AWKWARD_MAX_ROWS;
  out->decode_rows = 8;
}

static bool
awkward_measure (dd_device *base, const dd_request *request, dd_measured *out, dd_error *error)
{
  dd_measured inner;

  if (!dd_device_measure (((awkward *) base)->inner, request, &inner, error))
    return false;
  out->n_heaps = 2;
  out->heaps[0].weights = inner.heaps[0].weights;
  out->heaps[1] = inner.heaps[0];
  out->heaps[1].weights = 0;
  return true;
}

bool
awkward_memory_left (awkward *device, dd_error *error)
{
  bool left;

  pthread_mutex_lock (&device->lock);
  left = device->fail_memory != 1;
  if (device->fail_memory > 0)
    device->fail_memory--;
  pthread_mutex_unlock (&device->lock);
  return left || dd_fail (error, DD_ERROR_DEVICE_MEMORY, "the awkward device has no room");
}

static bool
awkward_load (dd_device *base, const dd_request *request, dd_loaded **out, dd_error *error)
{
  awkward *device = (awkward *) base;
  awkward_loaded *loaded;

  if (!awkward_memory_left (device, error))
    return false;
  loaded = calloc (1, sizeof *loaded);
  if (!loaded)
    return dd_fail_memory (error, "the awkward device");
  if (!dd_device_load (device->inner, request, &loaded->inner, error)) {
    free (loaded);
    return false;
  }
  *out = &loaded->base;
  return true;
}

static void
awkward_unload (dd_loaded *base)
{
  awkward_loaded *loaded = (awkward_loaded *) base;

  awkward_pages_free (loaded);
  dd_device_unload (&loaded->inner);
  free (loaded);
}

static bool
awkward_submit (dd_work *base,
                const dd_batch *batch,
                size_t first,
                size_t count,
                dd_ticket *ticket,
                dd_error *error)
{
  awkward *device = (awkward *) base->loaded->device;
  awkward_work *work = (awkward_work *) base;
  awkward_job *job = work->jobs;
  awkward_job **end = &device->queue;

  pthread_mutex_lock (&device->lock);
  while (job->ticket != 0)
    job++; /* the front keeps to DD_TICKETS, so one is free */
  while (*end)
    end = &(*end)->next;
  *job = (awkward_job) {
    .ticket = *ticket,
    .work = work,
    .batch = *batch,
    .first = first,
    .count = count,
    .picks = (awkward_work *) dd_loaded_picked (base->loaded, batch->picked_from),
  };
  *end = job;
  work->n_jobs++;
  pthread_cond_broadcast (&device->changed);
  pthread_mutex_unlock (&device->lock);
  return true;
}

/* Whether a job of the work up to `ticket` is in the queue.  Locked. */
static bool
is_queued (const awkward *device, const awkward_work *work, dd_ticket ticket)
{
  for (const awkward_job *job = device->queue; job; job = job->next) {
    if (job->work == work && job->ticket <= ticket)
      return true;
  }
  return false;
}

static bool
awkward_wait (dd_work *base, dd_ticket ticket, dd_error *error)
{
  awkward *device = (awkward *) base->loaded->device;
  awkward_work *work = (awkward_work *) base;
  bool cancelled;
  bool lost;

  pthread_mutex_lock (&device->lock);
  if (device->lose == 1)
    device->lost = true;
  if (device->lose > 0)
    device->lose--;
  pthread_cond_broadcast (&device->changed);
  while (is_queued (device, work, ticket))
    pthread_cond_wait (&device->changed, &device->lock);
  lost = device->lost;
  cancelled = work->cancelled;
  /* Where this fails nothing of the work may be left running. */
  while ((lost || cancelled) && work->n_jobs > 0)
    pthread_cond_wait (&device->changed, &device->lock);
  work->cancelled = false;
  pthread_mutex_unlock (&device->lock);
  if (lost)
    return dd_fail (error, DD_ERROR_DEVICE_LOST, "the awkward device is lost");
  return !cancelled || dd_fail (error, DD_ERROR_CANCELLED, "cancelled");
}

static void
awkward_cancel (dd_work *base)
{
  awkward *device = (awkward *) base->loaded->device;

  pthread_mutex_lock (&device->lock);
  ((awkward_work *) base)->cancelled = true;
  pthread_cond_broadcast (&device->changed);
  pthread_mutex_unlock (&device->lock);
}

/* Whether a job may go on.  Locked. */
static bool
may_run (const awkward *device, const awkward_job *job)
{
  return !device->lost && !job->work->cancelled;
}

/* Sleeps for the step's delay.  Locked. */
static void
be_slow (awkward *device, const awkward_job *job)
{
  struct timespec until;

  clock_gettime (CLOCK_REALTIME, &until);
  until.tv_nsec += device->delay * 1000000L;
  until.tv_sec += until.tv_nsec / 1000000000L;
  until.tv_nsec %= 1000000000L;
  while (device->delay > 0 && may_run (device, job)) {
    if (pthread_cond_timedwait (&device->changed, &device->lock, &until) == ETIMEDOUT)
      break;
  }
}

/* Called and left with the lock. */
static void
run_job (awkward *device, awkward_job *job)
{
  for (size_t i = 0; i < job->count; i++) {
    bool ok;

    be_slow (device, job);
    if (!may_run (device, job))
      return;
    pthread_mutex_unlock (&device->lock);
    ok = awkward_run_step (job, job->first + i);
    pthread_mutex_lock (&device->lock);
    if (!ok) /* the reference fails at nothing but a bug of this file */
      device->lost = true;
    device->steps_done++;
  }
}

static void *
worker (void *user)
{
  awkward *device = user;

  pthread_mutex_lock (&device->lock);
  while (!device->quit) {
    awkward_job *job = device->queue;

    if (!job) {
      pthread_cond_wait (&device->changed, &device->lock);
      continue;
    }
    run_job (device, job);
    device->queue = job->next;
    job->work->n_jobs--;
    job->ticket = 0;
    pthread_cond_broadcast (&device->changed);
  }
  pthread_mutex_unlock (&device->lock);
  return NULL;
}

static bool
awkward_lost (dd_device *base)
{
  awkward *device = (awkward *) base;
  bool lost;

  pthread_mutex_lock (&device->lock);
  lost = device->lost;
  pthread_mutex_unlock (&device->lock);
  return lost;
}

static void
awkward_free (dd_device *base)
{
  awkward *device = (awkward *) base;

  pthread_mutex_lock (&device->lock);
  device->quit = true;
  pthread_cond_broadcast (&device->changed);
  pthread_mutex_unlock (&device->lock);
  pthread_join (device->thread, NULL);
  dd_device_free (&device->inner);
  pthread_mutex_destroy (&device->lock);
  pthread_mutex_destroy (&device->inner_lock);
  pthread_cond_destroy (&device->changed);
  free (device);
}

static const dd_device_fns awkward_fns = {
  .caps = awkward_caps,
  .measure = awkward_measure,
  .load = awkward_load,
  .unload = awkward_unload,
  .pages_resize = awkward_pages_resize,
  .pages_copy = awkward_pages_copy,
  .work_new = awkward_work_new,
  .work_free = awkward_work_free,
  .submit = awkward_submit,
  .wait = awkward_wait,
  .cancel = awkward_cancel,
  .put = awkward_put,
  .get = awkward_get,
  .fetch = awkward_fetch,
  .cache_get = awkward_cache_get,
  .cache_put = awkward_cache_put,
  .lost = awkward_lost,
  .free = awkward_free,
};

bool
awkward_open (dd_device **out, dd_error *error)
{
  awkward *device = calloc (1, sizeof *device);

  if (!device)
    return dd_fail_memory (error, "the awkward device");
  device->base.fns = &awkward_fns;
  if (!dd_reference_open (&device->inner, error)) {
    free (device);
    return false;
  }
  pthread_mutex_init (&device->lock, NULL);
  pthread_mutex_init (&device->inner_lock, NULL);
  pthread_cond_init (&device->changed, NULL);
  if (pthread_create (&device->thread, NULL, worker, device) != 0) {
    dd_device_free (&device->inner);
    free (device);
    return dd_fail (error, DD_ERROR_NO_MEMORY, "no thread for the awkward device");
  }
  *out = &device->base;
  return true;
}

static void
set (dd_device *base, int *field, int value)
{
  awkward *device = (awkward *) base;

  pthread_mutex_lock (&device->lock);
  *field = value;
  pthread_cond_broadcast (&device->changed);
  pthread_mutex_unlock (&device->lock);
}

void
awkward_set_delay (dd_device *device, int milliseconds)
{
  set (device, &((awkward *) device)->delay, milliseconds);
}

void
awkward_fail_memory (dd_device *device, int n)
{
  set (device, &((awkward *) device)->fail_memory, n);
}

void
awkward_lose (dd_device *device, int n)
{
  set (device, &((awkward *) device)->lose, n);
}

int
awkward_steps_done (dd_device *base)
{
  awkward *device = (awkward *) base;
  int done;

  pthread_mutex_lock (&device->lock);
  done = device->steps_done;
  pthread_mutex_unlock (&device->lock);
  return done;
}
