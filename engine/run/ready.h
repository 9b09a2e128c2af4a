/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A model made ready: its plan placed and loaded on devices, with what all its
 * sessions share (pages, scratch, passes), and how fast it has been so far.
 */
#pragma once

#include "run/batch.h"
#include "run/pages.h"
#include "run/sampler.h"
#include "text/detok.h"

#define DD_GROUP 16       /* rows of a decode pass */
#define DD_CHUNK_ROWS 512 /* rows of a prompt pass at most */
#define DD_PARKED 4       /* prompt passes of a model that may be on their way at once */

typedef struct dd_runner dd_runner;
typedef struct dd_ready dd_ready;

/* What steps of one kind have taken so far, old ones counting less. */
typedef struct dd_speed {
  double most;          /* units of the largest step of the model, for one row */
  double units, seconds;
} dd_speed;

struct dd_ready {
  /* borrowed */
  dd_runner *runner;
  const dd_plan *plan;
  const dd_vocab *vocab;
  /* owned */
  dd_places places;
  dd_pages *pages;
  dd_sampler sampler;
  dd_pass *decode;      /* NULL until needed */
  dd_pass *spare;       /* a prompt pass that nobody uses; NULL: none */
  double *units;        /* per step: multiplications of one row (ATTEND: and position) */
  /* state */
  dd_chosen chosen;     /* of the runner's devices; dd_place.which counts in it */
  dd_request request;   /* with which it was placed */
  int rows;             /* of a prompt pass at most */
  int group;            /* of a decode pass at most */
  uint32_t n_sessions;
  uint32_t n_pages;     /* of every place */
  int n_parked;         /* prompt passes in use */
  dd_speed speeds[DD_STEP_KINDS]; /* of prompt work */
  double decode_seconds; /* of the last decode pass */
  bool gone;            /* could not be loaded again */
  dd_error gone_error;
  dd_ready *next;       /* in the runner's list */
};

/* What dd_ready_new needs to know. */
typedef struct dd_ready_options {
  const char *devices;  /* as people write them; NULL: the best */
  int64_t context;      /* tokens of a session */
  dd_cache_type cache;
  dd_progress progress;
} dd_ready_options;

/* The dry run: which devices would be used and how much of their memory. */
DD_MUST_CHECK bool dd_ready_measure (dd_devices *devices,
                                     const dd_plan *plan,
                                     const dd_ready_options *options,
                                     dd_estimate *out,
                                     dd_error *error);

/* What its places take of each device, in bytes, by the number of the device's source. */
void dd_ready_taken (const dd_ready *ready, uint64_t taken[DD_DEVICES]);

/* Places and loads a plan and adds it to the runner.  Any thread.  Plan and
 * vocabulary outlive it. */
DD_MUST_CHECK bool dd_ready_new (dd_runner *runner,
                                 const dd_plan *plan,
                                 const dd_vocab *vocab,
                                 const dd_ready_options *options,
                                 dd_ready **out,
                                 dd_error *error);
/* Its sessions are closed before. */
void dd_ready_free (dd_ready **ready);

/* Counts a session: room for its pages, and on the first one what sessions
 * share.  The engine thread, as all below. */
DD_MUST_CHECK bool dd_ready_join (dd_ready *ready, dd_error *error);
void dd_ready_leave (dd_ready *ready);

/* The pass of decode rows, made anew if it was dropped. */
DD_MUST_CHECK bool dd_ready_decode (dd_ready *ready, dd_pass **out, dd_error *error);
/* A prompt pass for `*rows` rows, `logit_rows` of them with logits; where memory
 * is short `*rows` becomes smaller.  Give it back with one of the next two. */
DD_MUST_CHECK bool dd_ready_pass (dd_ready *ready,
                                  int *rows,
                                  int logit_rows,
                                  dd_pass **out,
                                  dd_error *error);
void dd_ready_give_back (dd_ready *ready, dd_pass **pass);
/* For passes that failed or were cancelled. */
void dd_ready_drop (dd_ready *ready, dd_pass **pass);

/* Rows of a chunk that starts at `position` and whose longest step takes about
 * `seconds` at most; few while the steps' speed is not known. */
int dd_ready_chunk (const dd_ready *ready, size_t position, double seconds);
/* How many of the pass's next steps take about `seconds`, at least 1; what they
 * will take in `*estimate`, 0 if that is not known. */
size_t dd_ready_slice (const dd_ready *ready,
                       const dd_pass *pass,
                       double seconds,
                       double *estimate);
/* What the steps from `first` on, as far as the pass has come, did take. */
void dd_ready_measured (dd_ready *ready, const dd_pass *pass, size_t first, double seconds);

/* A lost device.  Whether any place is on one of these sources (a mask); unloads
 * those places, drops all passes and forgets all pages; loads what is not loaded. */
bool dd_ready_uses (const dd_ready *ready, unsigned sources);
void dd_ready_unload (dd_ready *ready, unsigned sources);
DD_MUST_CHECK bool dd_ready_reload (dd_ready *ready, dd_error *error);

/* A card without memory.  Whether there are layers on cards that could go elsewhere; loads the
 * model anew with fewer there, all pages forgotten, or else it is `gone`. */
bool dd_ready_may_shrink (const dd_ready *ready);
void dd_ready_shrink (dd_ready *ready);
