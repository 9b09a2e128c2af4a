/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The promises of device.h that are not arithmetic: arguments refused, tickets
 * in order, tokens picked on the device, cancelling, no memory, a lost device,
 * loading beside running.  On the reference, the awkward and the CPU device; with
 * the argument `vulkan` on the first Vulkan device instead, skipped without one.
 */
#include <math.h>
#include <pthread.h>
#include <time.h>

#include "awkward.h"
#include "base/alloc.h"
#include "check.h"
#include "device/cpu/cpu.h"
#include "device/reference/reference.h"
#include "device/vulkan/vulkan.h"
#include "forward.h"
#include "specimens.h"

#define VOCAB SPECIMEN_VOCAB
#define ROWS 8

typedef enum device_kind {
  REFERENCE,
  AWKWARD,
  CPU,
  KINDS, /* that every machine has */
  VULKAN = KINDS, /* the first */
  VULKAN_STAGED, /* the same, as if the host saw nothing of its memory; short submissions */
} device_kind;

static dd_vulkan *vulkan[2];

/* A device with a whole model and a batch of ROWS rows. */
typedef struct bench {
  device_kind kind;
  const char *name;
  dd_device *device;
  dd_plan *plan;
  dd_gguf *gguf;
  dd_loaded *loaded;
  dd_work *work;
  uint32_t pages[2];
  dd_sequence sequence;
  dd_row rows[ROWS];
  dd_batch batch;
} bench;

static void
fill_rows (bench *b, int first_position)
{
  for (int i = 0; i < ROWS; i++)
    b->rows[i] = (dd_row) { specimen_token (0, first_position + i), first_position + i, 0, true };
}

static bool
open_device (device_kind kind, dd_device **out, dd_error *error)
{
  dd_cpu_options options = { .threads = 2 };

  switch (kind) {
  case AWKWARD: return awkward_open (out, error);
  case CPU: return dd_cpu_open (&options, out, error);
  case VULKAN:
  case VULKAN_STAGED: return dd_vulkan_open (vulkan[kind - VULKAN], 0, out, error);
  default: return dd_reference_open (out, error);
  }
}

static bench *
bench_new (device_kind kind, dd_cache_type cache)
{
  bench *b = calloc (1, sizeof *b);
  dd_request request = { .cache = cache };
  dd_error error;

  if (!b)
    exit (1);
  b->kind = kind;
  b->name = (const char *[]) { "reference", "awkward", "cpu", "vulkan", "vulkan staged" }[kind];
  REQUIRE_OK (specimen_open (0, &b->gguf, &b->plan, &error), error);
  REQUIRE_OK (open_device (kind, &b->device, &error), error);
  request.plan = b->plan;
  request.count = b->plan->n_steps;
  REQUIRE_OK (dd_device_load (b->device, &request, &b->loaded, &error), error);
  REQUIRE_OK (dd_device_pages_resize (b->loaded, 4, &error), error);
  REQUIRE_OK (dd_device_work_new (b->loaded, ROWS, ROWS, &b->work, &error), error);
  b->pages[0] = 3;
  b->pages[1] = 1;
  b->sequence = (dd_sequence) { b->pages, 2 };
  b->batch = (dd_batch) {
    .rows = b->rows, .n_decode = ROWS, .sequences = &b->sequence, .n_sequences = 1
  };
  fill_rows (b, 0);
  return b;
}

static void
bench_free (bench *b)
{
  dd_device_work_free (&b->work);
  dd_device_unload (&b->loaded);
  dd_device_free (&b->device);
  dd_plan_free (&b->plan);
  dd_gguf_close (&b->gguf);
  free (b);
}

static dd_ticket
submit (bench *b, dd_work *work, const dd_batch *batch)
{
  dd_ticket ticket = 0;
  dd_error error = { 0 };

  CHECK_MSG (dd_device_submit (work, batch, 0, b->plan->n_steps, &ticket, &error), "%s: %s",
             b->name, error.text);
  return ticket;
}

static void
wait_for (bench *b, dd_work *work, dd_ticket ticket)
{
  dd_error error = { 0 };

  CHECK_MSG (dd_device_wait (work, ticket, &error), "%s: %s", b->name, error.text);
}

static void
run (bench *b)
{
  wait_for (b, b->work, submit (b, b->work, &b->batch));
}

static void
fetch (bench *b, dd_work *work, int row, float *logits)
{
  dd_fetch what = { .row = row, .logits = logits };
  dd_error error = { 0 };

  CHECK_MSG (dd_device_fetch (work, &what, &error), "%s: %s", b->name, error.text);
}

/* A call that must fail with this code and say something. */
#define REFUSES(b_, code_, call_)                                                                  \
  do {                                                                                             \
    dd_error refusal = { 0 };                                                                      \
    CHECK_MSG (!(call_) && refusal.code == (code_) && refusal.text[0], "%s: code %d: %s",          \
               (b_)->name, (int) refusal.code, refusal.text);                                      \
  } while (0)

static bool
can_submit (bench *b, dd_batch batch, dd_error *error)
{
  dd_ticket ticket;

  return dd_device_submit (b->work, &batch, 0, b->plan->n_steps, &ticket, error);
}

static void
check_bad_batches (bench *b)
{
  dd_batch good = b->batch;
  dd_batch batch = good;
  dd_ticket ticket;

  batch.n_decode = 0;
  REFUSES (b, DD_ERROR_ARGUMENT, can_submit (b, batch, &refusal));
  batch.n_decode = ROWS + 1;
  REFUSES (b, DD_ERROR_ARGUMENT, can_submit (b, batch, &refusal));
  batch.n_decode = -1;
  REFUSES (b, DD_ERROR_ARGUMENT, can_submit (b, batch, &refusal));
  batch = good;
  batch.n_sequences = 0;
  REFUSES (b, DD_ERROR_ARGUMENT, can_submit (b, batch, &refusal));
  REFUSES (b, DD_ERROR_ARGUMENT,
           dd_device_submit (b->work, &good, 1, b->plan->n_steps, &ticket, &refusal));
  REFUSES (b, DD_ERROR_ARGUMENT, dd_device_submit (b->work, &good, 1, 0, &ticket, &refusal));

  b->rows[2].token = VOCAB;
  REFUSES (b, DD_ERROR_ARGUMENT, can_submit (b, good, &refusal));
  b->rows[2].token = DD_ROW_PICKED (0);
  REFUSES (b, DD_ERROR_ARGUMENT, can_submit (b, good, &refusal));
  fill_rows (b, 0);
  b->rows[2].sequence = 1;
  REFUSES (b, DD_ERROR_ARGUMENT, can_submit (b, good, &refusal));
  fill_rows (b, 0);
  b->rows[2].position = 1; /* as row 1 */
  REFUSES (b, DD_ERROR_ARGUMENT, can_submit (b, good, &refusal));
  b->rows[2].position = -1;
  REFUSES (b, DD_ERROR_ARGUMENT, can_submit (b, good, &refusal));
  fill_rows (b, 0);
  b->rows[ROWS - 1].position = 2 * DD_PAGE_TOKENS;
  REFUSES (b, DD_ERROR_ARGUMENT, can_submit (b, good, &refusal));
  fill_rows (b, 0);
  b->pages[1] = 4;
  REFUSES (b, DD_ERROR_ARGUMENT, can_submit (b, good, &refusal));
  b->pages[1] = 1;
}

static void
check_bad_calls (bench *b)
{
  float values[1024] = { 0 };
  dd_choice best[4];
  dd_fetch what = { .row = 0, .logits = values };
  dd_work *work;

  REFUSES (b, DD_ERROR_ARGUMENT, dd_device_fetch (b->work, &what, &refusal));
  REFUSES (b, DD_ERROR_ARGUMENT, dd_device_wait (b->work, 0, &refusal));
  REFUSES (b, DD_ERROR_ARGUMENT, dd_device_wait (b->work, 1000, &refusal));
  REFUSES (b, DD_ERROR_ARGUMENT, dd_device_work_new (b->loaded, 0, 0, &work, &refusal));
  REFUSES (b, DD_ERROR_ARGUMENT, dd_device_work_new (b->loaded, 2, 3, &work, &refusal));
  REFUSES (b, DD_ERROR_ARGUMENT, dd_device_work_new (b->loaded, 1 << 30, 0, &work, &refusal));
  REFUSES (b, DD_ERROR_ARGUMENT, dd_device_put (b->work, ROWS + 1, DD_BUFFER_X, values, &refusal));
  REFUSES (b, DD_ERROR_ARGUMENT, dd_device_get (b->work, 1, DD_BUFFERS, values, &refusal));
  REFUSES (b, DD_ERROR_ARGUMENT, dd_device_pages_copy (b->loaded, 0, 4, 1, &refusal));
  REFUSES (b, DD_ERROR_ARGUMENT, dd_device_pages_copy (b->loaded, 0, 1, 65, &refusal));
  REFUSES (b, DD_ERROR_ARGUMENT, dd_device_cache_get (b->loaded, 0, 0, 64, values, NULL, &refusal));
  REFUSES (b, DD_ERROR_ARGUMENT, dd_device_cache_get (b->loaded, 2, 0, 0, values, NULL, &refusal));
  REFUSES (b, DD_ERROR_ARGUMENT, dd_device_cache_put (b->loaded, 0, 4, 0, values, NULL, &refusal));
  run (b);
  what.row = ROWS;
  REFUSES (b, DD_ERROR_ARGUMENT, dd_device_fetch (b->work, &what, &refusal));
  what = (dd_fetch) { .best = best, .n_best = VOCAB + 1 };
  REFUSES (b, DD_ERROR_ARGUMENT, dd_device_fetch (b->work, &what, &refusal));
}

/* Changes one thing in a step and sees that the plan is refused. */
#define REFUSES_PLAN(b_, change_)                                                                  \
  do {                                                                                             \
    dd_request request = { .plan = (b_)->plan, .count = (b_)->plan->n_steps };                     \
    dd_step *const steps = (b_)->plan->steps;                                                      \
    dd_step saved[2] = { steps[1], steps[2] };                                                     \
    dd_loaded *loaded;                                                                             \
    change_;                                                                                       \
    REFUSES (b_, DD_ERROR_ARGUMENT, dd_device_load ((b_)->device, &request, &loaded, &refusal));   \
    steps[1] = saved[0];                                                                           \
    steps[2] = saved[1];                                                                           \
  } while (0)

static void
check_bad_plans (bench *b)
{
  REFUSES_PLAN (b, request.count++);
  REFUSES_PLAN (b, request.first = request.count);
  REFUSES_PLAN (b, request.count = 0);
  REFUSES_PLAN (b, request.cache = (dd_cache_type) 7);
  REFUSES_PLAN (b, (request.first = 2, request.count = 1)); /* ATTEND without its QKV */
  REFUSES_PLAN (b, steps[1].kind = DD_STEP_KINDS);
  REFUSES_PLAN (b, steps[1].heads = 3);
  REFUSES_PLAN (b, steps[1].head_dim = 15);
  REFUSES_PLAN (b, steps[1].layer = 2);
  REFUSES_PLAN (b, steps[1].in = DD_BUFFERS);
  REFUSES_PLAN (b, steps[1].qkv.q.columns += 32);
  REFUSES_PLAN (b, steps[1].qkv.q.bytes++);
  REFUSES_PLAN (b, steps[1].qkv.k.rows--);
  REFUSES_PLAN (b, steps[1].qkv.v.type = (dd_type) 63);
  REFUSES_PLAN (b, steps[1].qkv.v.data = NULL);
  REFUSES_PLAN (b, steps[1].qkv.norm = NULL);
  REFUSES_PLAN (b, steps[1].qkv.rope.dims = 17);
  REFUSES_PLAN (b, steps[1].qkv.rope.frequencies = NULL);
  REFUSES_PLAN (b, steps[2].kv_heads = 1);
  REFUSES_PLAN (b, steps[2].attend.window = -1);
  REFUSES_PLAN (b, steps[2].layer = 1);
}

/* Sizes are enough, and what is measured is what is taken. */
static void
check_measure (bench *b)
{
  dd_request request = { .plan = b->plan,
                         .count = b->plan->n_steps,
                         .cache = DD_CACHE_F16,
                         .context = 130,
                         .rows = ROWS,
                         .logit_rows = 3 };
  uint64_t before = dd_alloc_bytes (DD_TAG_DEVICE);
  uint64_t pages_before = dd_alloc_bytes (DD_TAG_CACHE);
  const void *data = b->plan->steps[1].qkv.q.data;
  dd_measured measured = { 0 };
  dd_error error = { 0 };
  dd_loaded *loaded;
  dd_work *work;

  b->plan->steps[1].qkv.q.data = NULL;
  CHECK_MSG (dd_device_measure (b->device, &request, &measured, &error), "%s", error.text);
  b->plan->steps[1].qkv.q.data = data;
  CHECK (b->kind >= VULKAN
         || measured.heaps[0].weights == dd_plan_weight_bytes (b->plan, 0, b->plan->n_steps));
  if (b->kind >= VULKAN) {
    uint64_t taken = dd_vulkan_bytes (b->device);

    REQUIRE_OK (dd_device_load (b->device, &request, &loaded, &error), error);
    CHECK (dd_vulkan_bytes (b->device) - taken == measured.heaps[0].weights);
    REQUIRE_OK (dd_device_pages_resize (loaded, 3, &error), error);
    REQUIRE_OK (dd_device_work_new (loaded, ROWS, 3, &work, &error), error);
    CHECK (dd_vulkan_bytes (b->device) - taken
           == measured.heaps[0].weights + measured.heaps[0].cache + measured.heaps[0].activations);
    dd_device_work_free (&work);
    dd_device_unload (&loaded);
    CHECK (dd_vulkan_bytes (b->device) == taken);
  } else if (b->kind != AWKWARD) { /* which keeps no accounts */
    REQUIRE_OK (dd_device_load (b->device, &request, &loaded, &error), error);
    REQUIRE_OK (dd_device_pages_resize (loaded, 3, &error), error);
    REQUIRE_OK (dd_device_work_new (loaded, ROWS, 3, &work, &error), error);
    CHECK (dd_alloc_bytes (DD_TAG_DEVICE) - before == measured.heaps[0].activations);
    CHECK (dd_alloc_bytes (DD_TAG_CACHE) - pages_before == measured.heaps[0].cache);
    dd_device_work_free (&work);
    dd_device_unload (&loaded);
  }
  request.rows = 0;
  REFUSES (b, DD_ERROR_ARGUMENT, dd_device_measure (b->device, &request, &measured, &refusal));
}

static void
check_pages (bench *b)
{
  float keys[64], values[64], seen[64];
  dd_error error = { 0 };

  for (int i = 0; i < 64; i++)
    values[i] = -(keys[i] = (float) i);
  REQUIRE_OK (dd_device_cache_put (b->loaded, 1, 2, 5, keys, values, &error), error);
  REQUIRE_OK (dd_device_cache_put (b->loaded, 1, 2, 6, values, keys, &error), error);
  REQUIRE_OK (dd_device_pages_resize (b->loaded, 9, &error), error);
  REQUIRE_OK (dd_device_cache_get (b->loaded, 1, 2, 5, seen, NULL, &error), error);
  CHECK (memcmp (seen, keys, sizeof keys) == 0);
  REQUIRE_OK (dd_device_cache_get (b->loaded, 1, 8, 5, NULL, seen, &error), error);
  CHECK (seen[1] == 0);
  REQUIRE_OK (dd_device_pages_copy (b->loaded, 2, 8, 6, &error), error);
  REQUIRE_OK (dd_device_cache_get (b->loaded, 1, 8, 5, NULL, seen, &error), error);
  CHECK (memcmp (seen, values, sizeof values) == 0);
  REQUIRE_OK (dd_device_cache_get (b->loaded, 1, 8, 6, NULL, seen, &error), error);
  CHECK (seen[1] == 0);
  REQUIRE_OK (dd_device_pages_resize (b->loaded, 4, &error), error);
  REQUIRE_OK (dd_device_pages_resize (b->loaded, 9, &error), error);
  REQUIRE_OK (dd_device_cache_get (b->loaded, 1, 8, 5, NULL, seen, &error), error);
  CHECK (seen[1] == 0);
  REQUIRE_OK (dd_device_cache_get (b->loaded, 1, 2, 5, seen, NULL, &error), error);
  CHECK (memcmp (seen, keys, sizeof keys) == 0);
  REQUIRE_OK (dd_device_pages_resize (b->loaded, 4, &error), error);
}

/* One step a ticket, all queued, then too many; order within and between works. */
static void
check_tickets (bench *b)
{
  float alone[VOCAB], queued[VOCAB], values[ROWS * 256];
  dd_ticket tickets[DD_TICKETS];
  dd_ticket last = b->device->last_ticket;
  dd_ticket refused;
  dd_error error = { 0 };
  dd_work *other;

  run (b);
  fetch (b, b->work, ROWS - 1, alone);
  for (int i = 0; i < DD_TICKETS; i++) {
    size_t first = i < DD_TICKETS - 1 ? (size_t) i : b->plan->n_steps - 1;

    if (i == DD_TICKETS - 2) /* the steps that are left before the last */
      CHECK (dd_device_submit (b->work, &b->batch, first, b->plan->n_steps - 1 - first, &tickets[i],
                               &error));
    else
      CHECK (dd_device_submit (b->work, &b->batch, first, 1, &tickets[i], &error));
    CHECK (tickets[i] > last);
    last = tickets[i];
  }
  REFUSES (b, DD_ERROR_ARGUMENT, dd_device_submit (b->work, &b->batch, 0, 1, &refused, &refusal));
  REFUSES (b, DD_ERROR_ARGUMENT, dd_device_get (b->work, 1, DD_BUFFER_X, values, &refusal));
  REFUSES (b, DD_ERROR_ARGUMENT, dd_device_pages_resize (b->loaded, 5, &refusal));
  wait_for (b, b->work, tickets[3]);
  wait_for (b, b->work, tickets[1]);
  wait_for (b, b->work, last);
  fetch (b, b->work, ROWS - 1, queued);
  CHECK (memcmp (alone, queued, sizeof alone) == 0);

  /* The second work attends to what the first one is still writing. */
  REQUIRE_OK (dd_device_work_new (b->loaded, 1, 1, &other, &error), error);
  {
    dd_batch half = b->batch, rest = b->batch;

    half.n_decode = ROWS - 1;
    rest.rows += ROWS - 1;
    rest.n_decode = 1;
    tickets[0] = submit (b, b->work, &half);
    tickets[1] = submit (b, other, &rest);
    wait_for (b, other, tickets[1]);
    fetch (b, other, 0, queued);
    CHECK (memcmp (alone, queued, sizeof alone) == 0);
    wait_for (b, b->work, tickets[0]);
  }
  dd_device_work_free (&other);
}

static dd_token
best_token (bench *b, dd_work *work, dd_choice *best)
{
  double log_sum_exp;
  bool finite = false;
  dd_fetch what = { .best = best, .n_best = 3, .log_sum_exp = &log_sum_exp, .finite = &finite };
  dd_error error = { 0 };

  CHECK_MSG (dd_device_fetch (work, &what, &error), "%s: %s", b->name, error.text);
  CHECK (finite && best[0].logprob >= best[1].logprob && best[1].logprob >= best[2].logprob);
  CHECK (best[0].token != best[1].token && best[0].logprob < 0);
  return best[0].token;
}

/* Greedy text with two works in turn, each step submitted before the one it
 * picks from is waited for: the same as with the host between. */
static void
check_picks (bench *b)
{
  enum { N = 20 };
  dd_work *works[2] = { b->work };
  dd_row rows[2] = { { 7, 0, 0, true }, { 0, 0, 0, true } };
  dd_batch batch = { .n_decode = 1, .sequences = &b->sequence, .n_sequences = 1 };
  dd_batch batches[2];
  dd_ticket tickets[2];
  dd_token by_host[N];
  dd_choice best[3];
  dd_error error;

  batch.rows = rows;
  for (int i = 0; i < N; i++) {
    rows[0].position = i;
    wait_for (b, b->work, submit (b, b->work, &batch));
    rows[0].token = by_host[i] = best_token (b, b->work, best);
  }
  REQUIRE_OK (dd_device_work_new (b->loaded, 1, 1, &works[1], &error), error);
  rows[0].token = 7;
  for (int i = 0; i < N; i++) {
    int now = i % 2;

    batches[now] = batch;
    batches[now].rows = &rows[now];
    rows[now].position = i;
    if (i > 0) {
      rows[now].token = DD_ROW_PICKED (0);
      batches[now].picked_from = tickets[!now];
    }
    tickets[now] = submit (b, works[now], &batches[now]);
    if (i > 0) {
      wait_for (b, works[!now], tickets[!now]);
      CHECK (best_token (b, works[!now], best) == by_host[i - 1]);
    }
  }
  batch = batches[N % 2];
  batch.picked_from = 1; /* long replaced */
  REFUSES (b, DD_ERROR_ARGUMENT,
           dd_device_submit (b->work, &batch, 0, b->plan->n_steps, &tickets[0], &refusal));
  rows[N % 2].token = DD_ROW_PICKED (1);
  batch.picked_from = tickets[1];
  REFUSES (b, DD_ERROR_ARGUMENT,
           dd_device_submit (b->work, &batch, 0, b->plan->n_steps, &tickets[0], &refusal));
  dd_device_work_free (&works[1]); /* the last ticket still runs */
}

static bool
always_broken (const void *owner)
{
  return true;
}

static void
check_broken (bench *b)
{
  dd_ticket ticket = submit (b, b->work, &b->batch);
  bool (*saved) (const void *) = b->plan->broken;

  b->plan->broken = always_broken;
  REFUSES (b, DD_ERROR_BROKEN_MODEL, dd_device_wait (b->work, ticket, &refusal));
  b->plan->broken = saved;
  run (b);
}

static double
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double) time.tv_sec + 1e-9 * (double) time.tv_nsec;
}

static void *
cancel_soon (void *work)
{
  struct timespec pause = { .tv_nsec = 50000000 };

  nanosleep (&pause, NULL);
  dd_device_cancel (work);
  return NULL;
}

/* Cancelled before it begins and, where it takes its time, in the middle; what
 * came before is sound, and the work can go on. */
static void
check_cancel (bench *b)
{
  float before[VOCAB], after[VOCAB];
  double start;
  pthread_t thread;
  dd_ticket ticket;

  run (b);
  fill_rows (b, ROWS);
  run (b);
  fetch (b, b->work, 0, before);
  ticket = submit (b, b->work, &b->batch);
  dd_device_cancel (b->work);
  REFUSES (b, DD_ERROR_CANCELLED, dd_device_wait (b->work, ticket, &refusal));
  if (b->kind == AWKWARD) {
    awkward_set_delay (b->device, 5000);
    (void) submit (b, b->work, &b->batch);
    ticket = submit (b, b->work, &b->batch);
    CHECK (pthread_create (&thread, NULL, cancel_soon, b->work) == 0);
    start = now ();
    REFUSES (b, DD_ERROR_CANCELLED, dd_device_wait (b->work, ticket, &refusal));
    CHECK (now () - start < 2);
    CHECK (b->work->n_running == 0);
    pthread_join (thread, NULL);
    awkward_set_delay (b->device, 0);
  }
  run (b);
  fetch (b, b->work, 0, after);
  CHECK (memcmp (before, after, sizeof before) == 0);
  fill_rows (b, 0);
}

static void
check_promises (device_kind kind)
{
  bench *b = bench_new (kind, DD_CACHE_F16);

  check_bad_batches (b);
  check_bad_calls (b);
  check_bad_plans (b);
  check_measure (b);
  check_pages (b);
  check_tickets (b);
  check_picks (b);
  check_broken (b);
  check_cancel (b);
  bench_free (b);
}

/* Nothing blocks but wait: all of this is done while the first step sleeps. */
static void
check_asynchronous (void)
{
  bench *b = bench_new (AWKWARD, DD_CACHE_F32);
  dd_ticket ticket = 0;
  int done;

  awkward_set_delay (b->device, 2000); /* or until it is set anew */
  done = awkward_steps_done (b->device);
  for (int i = 0; i < 3; i++)
    ticket = submit (b, b->work, &b->batch);
  CHECK (awkward_steps_done (b->device) - done < 3 * (int) b->plan->n_steps);
  memset (b->rows, 0xff, sizeof b->rows); /* not yet: borrowed until waited for */
  fill_rows (b, 0);
  awkward_set_delay (b->device, 0);
  wait_for (b, b->work, ticket);
  CHECK (awkward_steps_done (b->device) - done == 3 * (int) b->plan->n_steps);
  bench_free (b);
}

static void
check_awkward_memory (void)
{
  bench *b = bench_new (AWKWARD, DD_CACHE_F16);
  dd_request request = { .plan = b->plan, .count = b->plan->n_steps };
  float before[VOCAB], after[VOCAB];
  dd_loaded *loaded;
  dd_work *work;

  run (b);
  fetch (b, b->work, 0, before);
  awkward_fail_memory (b->device, 1);
  REFUSES (b, DD_ERROR_DEVICE_MEMORY, dd_device_load (b->device, &request, &loaded, &refusal));
  awkward_fail_memory (b->device, 1);
  REFUSES (b, DD_ERROR_DEVICE_MEMORY, dd_device_work_new (b->loaded, 1, 1, &work, &refusal));
  awkward_fail_memory (b->device, 1);
  REFUSES (b, DD_ERROR_DEVICE_MEMORY, dd_device_pages_resize (b->loaded, 5, &refusal));
  CHECK (b->loaded->n_pages == 4);
  run (b);
  fetch (b, b->work, 0, after);
  CHECK (memcmp (before, after, sizeof before) == 0);
  bench_free (b);
}

static void
check_lost (void)
{
  bench *b = bench_new (AWKWARD, DD_CACHE_F16);
  dd_request request = { .plan = b->plan, .count = b->plan->n_steps };
  float values[VOCAB];
  dd_fetch what = { .logits = values };
  dd_ticket ticket;
  dd_loaded *loaded;
  dd_work *work;

  run (b);
  awkward_lose (b->device, 2);
  run (b);
  (void) submit (b, b->work, &b->batch);
  ticket = submit (b, b->work, &b->batch);
  REFUSES (b, DD_ERROR_DEVICE_LOST, dd_device_wait (b->work, ticket, &refusal));
  CHECK (dd_device_lost (b->device));
  REFUSES (b, DD_ERROR_DEVICE_LOST, can_submit (b, b->batch, &refusal));
  REFUSES (b, DD_ERROR_DEVICE_LOST, dd_device_fetch (b->work, &what, &refusal));
  REFUSES (b, DD_ERROR_DEVICE_LOST, dd_device_load (b->device, &request, &loaded, &refusal));
  REFUSES (b, DD_ERROR_DEVICE_LOST, dd_device_work_new (b->loaded, 1, 1, &work, &refusal));
  REFUSES (b, DD_ERROR_DEVICE_LOST, dd_device_pages_resize (b->loaded, 8, &refusal));
  REFUSES (b, DD_ERROR_DEVICE_LOST, dd_device_pages_copy (b->loaded, 0, 1, 1, &refusal));
  bench_free (b);
  b = bench_new (AWKWARD, DD_CACHE_F16);
  run (b);
  bench_free (b);
}

static void *
load_beside (void *user)
{
  bench *b = user;
  dd_request request = { .plan = b->plan, .first = 1, .count = 4 };

  for (int i = 0; i < 20; i++) {
    dd_error error = { 0 };
    dd_loaded *loaded = NULL;

    CHECK_MSG (dd_device_load (b->device, &request, &loaded, &error), "%s", error.text);
    dd_device_unload (&loaded);
  }
  return NULL;
}

static bool
refuse_to_wait (uint64_t done, uint64_t total, void *user)
{
  return false;
}

static void
check_load (device_kind kind)
{
  bench *b = bench_new (kind, DD_CACHE_F16);
  dd_request request = { .plan = b->plan,
                         .count = b->plan->n_steps,
                         .progress = { refuse_to_wait, NULL } };
  dd_loaded *loaded;
  pthread_t thread;

  CHECK (pthread_create (&thread, NULL, load_beside, b) == 0);
  for (int i = 0; i < 5; i++)
    run (b);
  pthread_join (thread, NULL);
  REFUSES (b, DD_ERROR_CANCELLED, dd_device_load (b->device, &request, &loaded, &refusal));
  bench_free (b);
}

/* Every allocation of a device fails once; nothing leaks and all goes on. */
static void
check_memory (device_kind kind)
{
  bench *b = bench_new (kind, DD_CACHE_F16);
  dd_request request = { .plan = b->plan, .count = b->plan->n_steps };
  uint64_t bytes = dd_alloc_bytes (DD_TAG_DEVICE);
  uint64_t cache_bytes = dd_alloc_bytes (DD_TAG_CACHE);
  int failures = 0;

  for (int n = 0;; n++) {
    dd_loaded *loaded = NULL;
    dd_work *work = NULL;
    dd_error error = { 0 };
    bool ok;

    dd_alloc_fail_after (n);
    ok = dd_device_load (b->device, &request, &loaded, &error)
         && dd_device_pages_resize (loaded, 3, &error)
         && dd_device_work_new (loaded, ROWS, ROWS, &work, &error);
    dd_alloc_fail_after (-1);
    if (loaded) {
      dd_device_work_free (&work);
      dd_device_unload (&loaded);
    }
    CHECK (dd_alloc_bytes (DD_TAG_DEVICE) == bytes);
    CHECK (dd_alloc_bytes (DD_TAG_CACHE) == cache_bytes);
    if (ok)
      break;
    CHECK (error.code == DD_ERROR_NO_MEMORY || error.code == DD_ERROR_DEVICE_MEMORY);
    failures++;
  }
  CHECK (failures >= 10);
  bench_free (b);
}

/* All of it on the first Vulkan device. */
static int
check_vulkan (void)
{
  const dd_vulkan_options staged = { .without = DD_VULKAN_DIRECT, .submission_ms = 1 };
  dd_vulkan_info info = { .problem = "there is none" };
  dd_error error = { 0 };

  if (dd_vulkan_new (NULL, &vulkan[0], &error) && dd_vulkan_count (vulkan[0]) > 0)
    dd_vulkan_info_get (vulkan[0], 0, &info);
  if (info.problem[0]) {
    printf ("no Vulkan device: %s %s\n", info.problem, error.text);
    dd_vulkan_free (&vulkan[0]);
    return 77;
  }
  REQUIRE_OK (dd_vulkan_new (&staged, &vulkan[1], &error), error);
  for (int k = VULKAN; k <= VULKAN_STAGED; k++) {
    check_promises ((device_kind) k);
    check_load ((device_kind) k);
    check_memory ((device_kind) k);
  }
  dd_vulkan_free (&vulkan[0]);
  dd_vulkan_free (&vulkan[1]);
  return check_done ();
}

int
main (int argc, char **argv)
{
  if (argc > 1 && strcmp (argv[1], "vulkan") == 0)
    return check_vulkan ();
  for (int k = 0; k < KINDS; k++) {
    check_promises ((device_kind) k);
    check_load ((device_kind) k);
  }
  check_asynchronous ();
  check_awkward_memory ();
  check_lost ();
  check_memory (REFERENCE);
  check_memory (CPU);
  return check_done ();
}
