/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The device interface: what runs steps.  A device is a const table of
 * functions; callers go through the checking front dd_device_* below, so a
 * device may take sound arguments for granted.
 *
 * Threads: one engine thread calls everything but `caps`, `measure`, `lost` and `load`,
 * which may run on any thread, at the same time as submissions of what is already loaded.
 * Nothing blocks but load and wait.
 *
 * Order: the submissions of all works of one dd_loaded take effect in the order
 * in which they were made, so a row sees the keys and values that any earlier
 * ticket wrote.  A device may run them at once, later, or first in wait.
 */
#pragma once

#include "plan/batch.h"
#include "plan/plan.h"

typedef struct dd_device dd_device;     /* something that can run steps */
typedef struct dd_loaded dd_loaded; /* a range of a plan's steps on a device, with its pages */
typedef struct dd_work dd_work; /* the activations of one batch on a dd_loaded */

#define DD_HEAPS 4
#define DD_TICKETS 8 /* of one work that may be submitted and not waited for */

typedef struct dd_heap {
  char name[32]; /* "RAM" */
  uint64_t total; /* bytes */
  uint64_t available; /* bytes, as far as is known now */
} dd_heap;

typedef struct dd_caps {
  char id[32]; /* what people type: "cpu", "reference", "vulkan:0" */
  char name[96]; /* what people read: the processor's name */
  char features[160]; /* "AVX-512 VNNI, 8 threads" */
  int n_heaps;
  dd_heap heaps[DD_HEAPS];
  int max_rows; /* of one batch */
  int decode_rows; /* decode rows that one pass over the weights serves well */
  bool slow_steps; /* one step of a full batch may take long: the scheduler slices by steps */
} dd_caps;

/* What is to be placed on a device. */
typedef struct dd_request {
  const dd_plan *plan;
  size_t first, count; /* steps */
  dd_cache_type cache;
  int64_t context; /* tokens of one session, for measure */
  int rows; /* of the largest batch, for measure */
  int logit_rows; /* of them asking for logits, for measure; 0 counts as 1 */
  dd_progress progress; /* for load */
} dd_request;

/* Bytes per heap, in the order of dd_caps. */
typedef struct dd_measured {
  int n_heaps;
  dd_memory heaps[DD_HEAPS];
} dd_measured;

/* What is wanted of a row after its HEAD.  Unwanted members are NULL or 0. */
typedef struct dd_fetch {
  int row; /* counted among the batch's rows with `logits` */
  float *logits; /* n_vocab floats */
  dd_choice *best; /* n_best: the largest logits in falling order, `logprob` being logit
                           minus log-sum-exp; ties by lower token */
  int n_best;
  double *log_sum_exp;
  bool *finite; /* false if any logit is NaN or infinite */
} dd_fetch;

typedef struct dd_device_fns {
  void (*caps) (dd_device *device, dd_caps *out);
  /* The dry run of load and of growing pages: sizes are enough, weights need no data. */
  bool (*measure) (dd_device *device, const dd_request *request, dd_measured *out, dd_error *error);
  /* Makes the steps ready.  The plan outlives the result. */
  bool (*load) (dd_device *device, const dd_request *request, dd_loaded **out, dd_error *error);
  void (*unload) (dd_loaded *loaded);

  /* Makes the page pool hold `count` pages in all (more or fewer); new pages are
   * zero.  Pages keep their number and content.  No ticket is running. */
  bool (*pages_resize) (dd_loaded *loaded, uint32_t count, dd_error *error);
  /* Copies the first `tokens` tokens of page `from` to page `to`.  Tickets may be
   * running, but none that writes those tokens or uses page `to`. */
  bool (*pages_copy) (dd_loaded *loaded, uint32_t from, uint32_t to, int tokens, dd_error *error);

  /* Activations for batches of at most `rows` rows of which `logit_rows` ask for
   * logits.  All memory that a submission needs is taken here. */
  bool (*work_new) (dd_loaded *loaded, int rows, int logit_rows, dd_work **out, dd_error *error);
  void (*work_free) (dd_work *work);

  /* Starts the steps [first, first + count) of the plan (inside the loaded range)
   * for the batch.  A batch runs through its steps in one or several
   * submissions, in order, all on the same work; between them the activations
   * stay where they are, also while other works run.  `*out` comes filled with
   * the ticket's number (the front counts, per device).  Rows that are
   * DD_ROW_PICKED take their token from the last HEAD of the work that
   * dd_loaded_picked gives during the call. */
  bool (*submit) (dd_work *work,
                  const dd_batch *batch,
                  size_t first,
                  size_t count,
                  dd_ticket *out,
                  dd_error *error);
  /* Blocks until the ticket, and with it every earlier one of the work, is done.
   * False with DD_ERROR_CANCELLED, _DEVICE_LOST…: then no ticket of the work is
   * running any more, waited for or not. */
  bool (*wait) (dd_work *work, dd_ticket ticket, dd_error *error);
  /* From any thread: makes the running or next wait on this work return soon with
   * DD_ERROR_CANCELLED, which spends the cancellation.  The work's activations
   * are then worthless, and so are the slots of pages that its rows wrote; all
   * else is sound. */
  void (*cancel) (dd_work *work);

  /* Between tickets: a buffer of all rows of the batch, as floats, row after row,
   * plan->width[buffer] per row.  How X crosses from device to device. */
  bool (*put) (dd_work *work, int rows, dd_buffer buffer, const float *values, dd_error *error);
  bool (*get) (dd_work *work, int rows, dd_buffer buffer, float *values, dd_error *error);
  /* After a waited-for HEAD. */
  bool (*fetch) (dd_work *work, const dd_fetch *fetch, dd_error *error);

  /* Keys and values of one token and layer as floats, kv_heads * head_dim each
   * (for tests and diagnosis).  NULL pointers are skipped.  No ticket is running. */
  bool (*cache_get) (dd_loaded *loaded,
                     int layer,
                     uint32_t page,
                     int slot,
                     float *keys,
                     float *values,
                     dd_error *error);
  bool (*cache_put) (dd_loaded *loaded,
                     int layer,
                     uint32_t page,
                     int slot,
                     const float *keys,
                     const float *values,
                     dd_error *error);

  /* Whether the device stopped answering; it is then freed and opened anew. */
  bool (*lost) (dd_device *device);
  void (*free) (dd_device *device);
} dd_device_fns;

/* First member of every device's own struct, so of its loaded and work structs,
 * which start as zeros.  The front fills and keeps all of it but `fns`, after the
 * device's own function has succeeded. */
struct dd_device {
  const dd_device_fns *fns;
  dd_ticket last_ticket;
};
struct dd_loaded {
  dd_device *device;
  const dd_plan *plan;
  size_t first, count;
  dd_cache_type cache;
  uint32_t n_pages;
  dd_work *works; /* alive, linked by `next` */
};
struct dd_work {
  dd_loaded *loaded;
  int max_rows;
  int max_logit_rows;
  dd_work *next;
  dd_ticket running[DD_TICKETS]; /* not waited for, rising */
  int n_running;
  dd_ticket head_ticket; /* whose logits the work holds or will hold; 0: none */
  int head_rows; /* how many rows of logits */
};

/* The work whose last HEAD was ticket `picked_from`; NULL if there is none or a
 * later HEAD has taken its place. */
dd_work *dd_loaded_picked (const dd_loaded *loaded, dd_ticket picked_from);

/* Floats of keys (or values) per token of `layer`; 0 if it has no cache here. */
int64_t dd_loaded_kv_width (const dd_loaded *loaded, int layer);

/* The checking front: the same functions, arguments checked against the declared
 * limits (DD_ERROR_ARGUMENT), shared bookkeeping done here.  Works are freed
 * before their dd_loaded, that before its device; running tickets are cancelled
 * and waited for.  While a device is lost every call but these fails with
 * DD_ERROR_DEVICE_LOST.  wait fails with DD_ERROR_BROKEN_MODEL where the plan's
 * file turned out broken; the tickets are done all the same. */
void dd_device_caps (dd_device *device, dd_caps *out);
DD_MUST_CHECK bool dd_device_measure (dd_device *device,
                                      const dd_request *request,
                                      dd_measured *out,
                                      dd_error *error);
DD_MUST_CHECK bool dd_device_load (dd_device *device,
                                   const dd_request *request,
                                   dd_loaded **out,
                                   dd_error *error);
void dd_device_unload (dd_loaded **loaded);
DD_MUST_CHECK bool dd_device_pages_resize (dd_loaded *loaded, uint32_t count, dd_error *error);
DD_MUST_CHECK bool dd_device_pages_copy (dd_loaded *loaded,
                                         uint32_t from,
                                         uint32_t to,
                                         int tokens,
                                         dd_error *error);
DD_MUST_CHECK bool dd_device_work_new (dd_loaded *loaded,
                                       int rows,
                                       int logit_rows,
                                       dd_work **out,
                                       dd_error *error);
void dd_device_work_free (dd_work **work);
DD_MUST_CHECK bool dd_device_submit (dd_work *work,
                                     const dd_batch *batch,
                                     size_t first,
                                     size_t count,
                                     dd_ticket *out,
                                     dd_error *error);
DD_MUST_CHECK bool dd_device_wait (dd_work *work, dd_ticket ticket, dd_error *error);
void dd_device_cancel (dd_work *work);
DD_MUST_CHECK bool dd_device_put (dd_work *work,
                                  int rows,
                                  dd_buffer buffer,
                                  const float *values,
                                  dd_error *error);
DD_MUST_CHECK bool dd_device_get (dd_work *work,
                                  int rows,
                                  dd_buffer buffer,
                                  float *values,
                                  dd_error *error);
DD_MUST_CHECK bool dd_device_fetch (dd_work *work, const dd_fetch *fetch, dd_error *error);
DD_MUST_CHECK bool dd_device_cache_get (dd_loaded *loaded,
                                        int layer,
                                        uint32_t page,
                                        int slot,
                                        float *keys,
                                        float *values,
                                        dd_error *error);
DD_MUST_CHECK bool dd_device_cache_put (dd_loaded *loaded,
                                        int layer,
                                        uint32_t page,
                                        int slot,
                                        const float *keys,
                                        const float *values,
                                        dd_error *error);
bool dd_device_lost (dd_device *device);
void dd_device_free (dd_device **device);
