/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the two files of the awkward device share: awkward.c owns the thread and
 * the queue, awkward-memory.c pages, activations and the running of a step.
 */
#pragma once

#include <pthread.h>

#include "awkward.h"

#define AWKWARD_MAX_ROWS 128

typedef struct awkward_work awkward_work;

typedef struct awkward_job awkward_job;
struct awkward_job {
  dd_ticket ticket; /* 0: the slot is free */
  awkward_work *work;
  dd_batch batch;
  size_t first, count;
  awkward_work *picks; /* whose logits the picked rows look at, or NULL */
  awkward_job *next;
};

typedef struct awkward {
  dd_device base;
  dd_device *inner; /* the reference, used under inner_lock */
  pthread_mutex_t inner_lock; /* never held together with `lock` */
  pthread_t thread;

  pthread_mutex_t lock; /* of what follows and of every job and work->cancelled */
  pthread_cond_t changed;
  awkward_job *queue; /* the first one is running */
  bool quit;
  bool lost;
  int delay; /* milliseconds of a step */
  int fail_memory; /* counts down to 1 */
  int lose; /* counts down to 1 */
  int steps_done;
} awkward;

/* Keys and values live in `store`, page p at store[address[p]], and visit the
 * reference's pages only while a step runs. */
typedef struct awkward_loaded {
  dd_loaded base;
  dd_loaded *inner;
  float **store;
  uint32_t *address;
} awkward_loaded;

struct awkward_work {
  dd_work base;
  dd_work *inner;
  uint16_t *halves[DD_BUFFERS]; /* activations between steps */
  float *floats; /* a batch of the widest buffer */
  awkward_job jobs[DD_TICKETS];
  int n_jobs;
  bool cancelled;
};

/* Runs one step of a job; false if the reference refuses it. */
bool awkward_run_step (const awkward_job *job, size_t step);

/* Counts an allocation; false if it is the one that fails. */
bool awkward_memory_left (awkward *device, dd_error *error);
void awkward_pages_free (awkward_loaded *loaded);

bool awkward_pages_resize (dd_loaded *loaded, uint32_t count, dd_error *error);
bool awkward_pages_copy (dd_loaded *loaded,
                         uint32_t from,
                         uint32_t to,
                         int tokens,
                         dd_error *error);
bool awkward_work_new (dd_loaded *loaded, int rows, int logit_rows, dd_work **out, dd_error *error);
void awkward_work_free (dd_work *work);
bool awkward_put (dd_work *work, int rows, dd_buffer buffer, const float *values, dd_error *error);
bool awkward_get (dd_work *work, int rows, dd_buffer buffer, float *values, dd_error *error);
bool awkward_fetch (dd_work *work, const dd_fetch *fetch, dd_error *error);
bool awkward_cache_get (dd_loaded *loaded,
                        int layer,
                        uint32_t page,
                        int slot,
                        float *keys,
                        float *values,
                        dd_error *error);
bool awkward_cache_put (dd_loaded *loaded,
                        int layer,
                        uint32_t page,
                        int slot,
                        const float *keys,
                        const float *values,
                        dd_error *error);
