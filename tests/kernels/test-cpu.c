/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the CPU device promises beyond right numbers: the same bits for any
 * threads, chunks, neighbours and places of pages; nothing allocated while it
 * runs; sizes as measured; a quick cancel.  A little model of two layers with
 * mixed types goes through all steps.
 */
#include <math.h>
#include <pthread.h>
#include <time.h>

#include "base/alloc.h"
#include "check.h"
#include "device/cpu/cpu.h"
#include "quant/random.h"

#define WIDTH 256
#define HEADS 6
#define KV_HEADS 2
#define HEAD_DIM 80
#define HIDDEN 512
#define VOCAB 333
#define LAYERS 2
#define PROMPT 150
#define LENGTH 170 /* of them the last 20 are decoded */

/* ---- the model ---- */

static random_dice dice = { 1 };

static float *
vector (dd_plan *plan, int64_t n, float mean, float deviation)
{
  float *out = dd_arena_array (&plan->arena, (size_t) n, sizeof *out);

  if (!out)
    exit (1);
  for (int64_t i = 0; i < n; i++)
    out[i] = mean + deviation * dice_normal (&dice);
  return out;
}

static dd_weight
matrix (dd_plan *plan, dd_type type, int64_t rows, int64_t columns)
{
  uint64_t bytes = dd_type_row_bytes (type, (uint64_t) columns) * (uint64_t) rows;
  void *data = dd_arena_alloc (&plan->arena, bytes);

  if (!data)
    exit (1);
  random_weights (&dice, type, (float) (1 / sqrt ((double) columns)), false, data,
                  (uint64_t) (rows * columns));
  return (dd_weight) { type, rows, columns, data, bytes };
}

static double *
frequencies (dd_plan *plan, int dims)
{
  double *out = dd_arena_array (&plan->arena, (size_t) dims / 2, sizeof *out);

  if (!out)
    exit (1);
  for (int i = 0; i < dims / 2; i++)
    out[i] = pow (10000, -2.0 * i / dims);
  return out;
}

static void
add_layer (dd_plan *plan, int layer, bool extras)
{
  dd_step *step = &plan->steps[plan->n_steps];
  int window = extras ? 40 : 0;

  for (int i = 0; i < 5; i++)
    step[i].layer = layer;
  step[0].kind = DD_STEP_QKV;
  step[0].in = DD_BUFFER_X;
  step[0].out = DD_BUFFER_Q;
  step[0].qkv = (dd_qkv) {
    .norm = vector (plan, WIDTH, 1, 0.1f),
    .eps = 1e-5f,
    .q = matrix (plan, DD_TYPE_Q4_K, HEADS * HEAD_DIM, WIDTH),
    .k = matrix (plan, extras ? DD_TYPE_Q8_0 : DD_TYPE_Q4_K, KV_HEADS * HEAD_DIM, WIDTH),
    .v = matrix (plan, extras ? DD_TYPE_F16 : DD_TYPE_Q6_K, KV_HEADS * HEAD_DIM, WIDTH),
    .q_bias = extras ? vector (plan, HEADS * HEAD_DIM, 0, 0.1f) : NULL,
    .k_norm = extras ? vector (plan, HEAD_DIM, 1, 0.1f) : NULL,
    .rope = { extras ? DD_ROPE_HALVES : DD_ROPE_PAIRS, HEAD_DIM, frequencies (plan, HEAD_DIM), 1 },
  };
  step[1].kind = DD_STEP_ATTEND;
  step[1].in = DD_BUFFER_Q;
  step[1].out = DD_BUFFER_O;
  step[1].attend = (dd_attend) { 1 / sqrtf (HEAD_DIM), extras ? 20 : 0, window };
  step[2].kind = DD_STEP_PROJECT;
  step[2].in = DD_BUFFER_O;
  step[2].out = DD_BUFFER_X;
  step[2].project = (dd_project) {
    .w = matrix (plan, DD_TYPE_Q4_0, WIDTH, HEADS * HEAD_DIM),
    .bias = extras ? vector (plan, WIDTH, 0, 0.1f) : NULL,
    .post_norm = extras ? vector (plan, WIDTH, 1, 0.1f) : NULL,
    .eps = 1e-5f,
    .scale = extras ? 0.7f : 1,
  };
  step[3].kind = DD_STEP_GATE;
  step[3].in = DD_BUFFER_X;
  step[3].out = DD_BUFFER_H;
  step[3].gate = (dd_gate) {
    .norm = vector (plan, WIDTH, 1, 0.1f),
    .eps = 1e-5f,
    .gate = matrix (plan, DD_TYPE_Q4_K, HIDDEN, WIDTH),
    .up = matrix (plan, extras ? DD_TYPE_Q8_0 : DD_TYPE_Q4_K, HIDDEN, WIDTH),
    .activation = extras ? DD_ACTIVATION_GELU : DD_ACTIVATION_SILU,
  };
  step[4].kind = DD_STEP_PROJECT;
  step[4].in = DD_BUFFER_H;
  step[4].out = DD_BUFFER_X;
  step[4].project = (dd_project) { .w = matrix (plan, DD_TYPE_Q6_K, WIDTH, HIDDEN), .scale = 1 };
  for (int i = 0; i < 2; i++) {
    step[i].heads = HEADS;
    step[i].kv_heads = KV_HEADS;
    step[i].head_dim = HEAD_DIM;
  }
  plan->n_steps += 5;
}

static dd_plan *
make_plan (void)
{
  dd_arena arena;
  dd_plan *plan;
  dd_step *step;

  dd_arena_init (&arena, DD_TAG_PLAN);
  plan = dd_arena_alloc (&arena, sizeof *plan);
  if (!plan)
    exit (1);
  plan->arena = arena;
  plan->steps = dd_arena_array (&plan->arena, 2 + 5 * LAYERS, sizeof *plan->steps);
  if (!plan->steps)
    exit (1);
  plan->width[DD_BUFFER_X] = WIDTH;
  plan->width[DD_BUFFER_Q] = HEADS * HEAD_DIM;
  plan->width[DD_BUFFER_O] = HEADS * HEAD_DIM;
  plan->width[DD_BUFFER_H] = HIDDEN;
  plan->n_layers = LAYERS;
  plan->n_vocab = VOCAB;
  plan->context = 4096;
  step = &plan->steps[plan->n_steps++];
  step->kind = DD_STEP_EMBED;
  step->layer = -1;
  step->out = DD_BUFFER_X;
  step->embed = (dd_embed) { matrix (plan, DD_TYPE_Q8_0, VOCAB, WIDTH), 1 };
  for (int i = 0; i < LAYERS; i++)
    add_layer (plan, i, i % 2 == 1);
  step = &plan->steps[plan->n_steps++];
  step->kind = DD_STEP_HEAD;
  step->layer = -1;
  step->in = DD_BUFFER_X;
  step->head = (dd_head) {
    vector (plan, WIDTH, 1, 0.1f), 1e-5f, matrix (plan, DD_TYPE_Q6_K, VOCAB, WIDTH), 2, 30,
  };
  return plan;
}

/* ---- running it ---- */

typedef struct setting {
  dd_cpu_options options;
  int chunk;         /* prompt rows at a time */
  int beside;        /* other sequences that go along */
  bool scattered;    /* pages in another order */
  bool step_by_step; /* a submission per step */
  int together;      /* decode rows at a time, of the one sequence */
} setting;

typedef struct bench {
  dd_device *device;
  dd_loaded *loaded;
  dd_work *work;
} bench;

static bench
open_bench (const dd_plan *plan, const dd_cpu_options *options, int pages, int rows, int logit_rows)
{
  dd_request request = { .plan = plan, .count = plan->n_steps, .cache = DD_CACHE_F16 };
  bench self;
  dd_error error;

  REQUIRE_OK (dd_cpu_open (options, &self.device, &error), error);
  REQUIRE_OK (dd_device_load (self.device, &request, &self.loaded, &error), error);
  REQUIRE_OK (dd_device_pages_resize (self.loaded, (uint32_t) pages, &error), error);
  REQUIRE_OK (dd_device_work_new (self.loaded, rows, logit_rows, &self.work, &error), error);
  return self;
}

static void
close_bench (bench *self)
{
  dd_device_work_free (&self->work);
  dd_device_unload (&self->loaded);
  dd_device_free (&self->device);
}

static dd_token
token_at (int sequence, int position)
{
  return (dd_token) ((unsigned) (sequence * 7919 + position * 104729 + position * position)
                     % VOCAB);
}

static void
submit (const bench *self, const dd_batch *batch, bool step_by_step)
{
  size_t steps = self->loaded->count;
  dd_ticket ticket;
  dd_error error;

  for (size_t i = 0; i < (step_by_step ? steps : 1); i++) {
    REQUIRE_OK (dd_device_submit (self->work, batch, i, step_by_step ? 1 : steps, &ticket, &error),
                error);
    REQUIRE_OK (dd_device_wait (self->work, ticket, &error), error);
  }
}

/* Positions [first, first + count) of sequence 0 as prompt or decode rows, and one
 * row of each of the others at the same time; the rows of sequence 0 that
 * ask for logits write them to `logits`. */
static void
run_rows (const bench *self,
          const setting *how,
          int first,
          int count,
          bool prompt,
          const dd_sequence *sequences,
          float *logits)
{
  dd_row rows[256];
  dd_batch batch = { .rows = rows,
                     .sequences = sequences,
                     .n_sequences = 1 + (uint32_t) how->beside };
  int n = 0;
  int asked = 0;
  dd_error error;

  /* Others stand on both sides. */
  for (int i = 0; i < how->beside / 2; i++)
    rows[n++] = (dd_row) { token_at (1 + i, first), first, 1 + (uint32_t) i, false };
  for (int i = 0; i < count; i++)
    rows[n++] = (dd_row) { token_at (0, first + i), first + i, 0, first + i >= PROMPT - 1 };
  for (int i = how->beside / 2; i < how->beside; i++)
    rows[n++] = (dd_row) { token_at (1 + i, first), first, 1 + (uint32_t) i, true };
  *(prompt ? &batch.n_prompt : &batch.n_decode) = n;
  submit (self, &batch, how->step_by_step);
  for (int i = 0; i < count; i++) {
    dd_fetch fetch = { .row = asked, .logits = logits + (int64_t) (first + i) * VOCAB };

    if (first + i < PROMPT - 1)
      continue;
    REQUIRE_OK (dd_device_fetch (self->work, &fetch, &error), error);
    asked++;
  }
}

/* Logits of the last prompt row and of the decoded ones: [LENGTH][VOCAB]. */
static float *
run_setting (const dd_plan *plan, const setting *how)
{
  bench self = open_bench (plan, &how->options, 64, 256, 40);
  uint32_t numbers[16][3];
  dd_sequence sequences[16];
  float *logits = calloc (LENGTH * VOCAB, sizeof *logits);

  if (!logits)
    exit (1);
  for (int s = 0; s < 16; s++) {
    for (int p = 0; p < 3; p++)
      numbers[s][p] = (uint32_t) (how->scattered ? 63 - (s * 3 + p) * 5 % 64 : s * 3 + p);
    sequences[s] = (dd_sequence) { numbers[s], 3 };
  }
  for (int i = 0; i < PROMPT; i += how->chunk)
    run_rows (&self, how, i, how->chunk < PROMPT - i ? how->chunk : PROMPT - i, true, sequences,
              logits);
  for (int i = PROMPT; i < LENGTH; i += how->together)
    run_rows (&self, how, i, how->together < LENGTH - i ? how->together : LENGTH - i, false,
              sequences, logits);
  close_bench (&self);
  return logits;
}

static void
check_same (const dd_plan *plan, const float *expected, const setting *how, const char *what)
{
  float *logits = run_setting (plan, how);

  CHECK_MSG (memcmp (logits, expected, LENGTH * VOCAB * sizeof *logits) == 0,
             "%s: %d threads, without %#x, chunk %d, %d beside, %d together", what,
             how->options.threads, how->options.without, how->chunk, how->beside, how->together);
  free (logits);
}

static void
test_bits (const dd_plan *plan, unsigned without)
{
  setting plain = { .options = { .threads = 1, .without = without },
                    .chunk = PROMPT,
                    .together = 1 };
  static const int chunks[] = { 1, 7, 16, 33, 64, 149 };
  float *expected = run_setting (plan, &plain);
  setting how = plain;

  for (int i = 0; i < LENGTH * VOCAB; i++)
    CHECK (isfinite (expected[i]));
  CHECK (memcmp (expected + (PROMPT - 1) * VOCAB, expected + PROMPT * VOCAB,
                 VOCAB * sizeof *expected)
         != 0);
  for (how.options.threads = 2; how.options.threads <= 8; how.options.threads++)
    check_same (plan, expected, &how, "threads");
  for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
    how = plain;
    how.chunk = chunks[i];
    how.options.threads = 1 + (int) i % 3;
    check_same (plan, expected, &how, "chunks");
  }
  for (int beside = 1; beside <= 15; beside += 7) {
    how = plain;
    how.beside = beside;
    how.options.threads = 2;
    check_same (plan, expected, &how, "beside others");
  }
  for (int together = 2; together <= 20; together += 6) {
    how = plain;
    how.together = together;
    how.options.threads = 3;
    check_same (plan, expected, &how, "decoded together");
  }
  how = plain;
  how.scattered = true;
  check_same (plan, expected, &how, "pages elsewhere");
  how = plain;
  how.step_by_step = true;
  how.options.threads = 2;
  check_same (plan, expected, &how, "step by step");
  free (expected);
}

/* ---- the rest of the contract ---- */

static void
test_sizes (const dd_plan *plan)
{
  dd_cpu_options options = { .threads = 3 };
  dd_request request = {
    .plan = plan,
    .count = plan->n_steps,
    .context = 1000,
    .rows = 100,
    .logit_rows = 9,
  };
  dd_device *device;
  dd_loaded *loaded;
  dd_work *work;
  dd_measured measured;
  uint64_t before;
  dd_error error;

  REQUIRE_OK (dd_cpu_open (&options, &device, &error), error);
  REQUIRE_OK (dd_device_measure (device, &request, &measured, &error), error);
  before = dd_alloc_bytes (DD_TAG_DEVICE);
  REQUIRE_OK (dd_device_load (device, &request, &loaded, &error), error);
  REQUIRE_OK (dd_device_work_new (loaded, 100, 9, &work, &error), error);
  CHECK (dd_alloc_bytes (DD_TAG_DEVICE) - before == measured.heaps[0].activations);
  CHECK (measured.heaps[0].weights == dd_plan_weight_bytes (plan, 0, plan->n_steps));
  before = dd_alloc_bytes (DD_TAG_CACHE);
  REQUIRE_OK (dd_device_pages_resize (loaded, 16, &error), error);
  CHECK (dd_alloc_bytes (DD_TAG_CACHE) - before == measured.heaps[0].cache);
  for (int i = 0; i < 17; i++) {
    dd_alloc_fail_after (i);
    CHECK (!dd_device_pages_resize (loaded, 33, &error) && error.code == DD_ERROR_NO_MEMORY);
    CHECK (loaded->n_pages == 16);
  }
  dd_alloc_fail_after (-1);
  REQUIRE_OK (dd_device_pages_resize (loaded, 3, &error), error);
  dd_device_work_free (&work);
  dd_device_unload (&loaded);
  for (int i = 0; i < 3; i++) {
    dd_alloc_fail_after (i);
    CHECK (!dd_device_load (device, &request, &loaded, &error));
  }
  dd_alloc_fail_after (-1);
  dd_device_free (&device);
  CHECK (dd_alloc_bytes (DD_TAG_DEVICE) == 0 && dd_alloc_bytes (DD_TAG_CACHE) == 0);
}

/* Each decode row takes the token that the row before picked; nothing is allocated. */
static void
test_picked (const dd_plan *plan)
{
  dd_cpu_options options = { .threads = 2 };
  bench self = open_bench (plan, &options, 2, 8, 2);
  uint32_t numbers[] = { 0, 1 };
  dd_sequence sequence = { numbers, 2 };
  dd_row rows[20];
  dd_batch batch = { .sequences = &sequence, .n_sequences = 1, .n_decode = 1 };
  dd_ticket tickets[2];
  dd_choice best[5];
  double total;
  bool finite;
  float logits[VOCAB];
  dd_fetch fetch = { 0, logits, best, 5, &total, &finite };
  dd_token tokens[20] = { 17 };
  uint64_t calls = dd_alloc_calls ();
  dd_error error;

  /* Two at a time without a look in between, the second on what the first picks. */
  for (int i = 0; i < 20; i += 2) {
    for (int j = 0; j < 2; j++) {
      rows[i + j] = (dd_row) { i + j == 0 ? 17 : DD_ROW_PICKED (0), i + j, 0, true };
      batch.rows = &rows[i + j];
      REQUIRE_OK (dd_device_submit (self.work, &batch, 0, plan->n_steps, &tickets[j], &error),
                  error);
      batch.picked_from = tickets[j];
    }
    REQUIRE_OK (dd_device_wait (self.work, tickets[1], &error), error);
    REQUIRE_OK (dd_device_fetch (self.work, &fetch, &error), error);
    tokens[i + 1] = best[0].token; /* what follows row i + 1 */
  }
  CHECK (dd_alloc_calls () == calls);
  for (int i = 0; i < 5; i++) {
    CHECK (i == 0 || logits[best[i].token] <= logits[best[i - 1].token]);
    CHECK (fabs ((double) (logits[best[i].token] - best[i].logprob) - total) < 1e-4);
  }
  CHECK (finite);
  /* The same with the tokens given. */
  for (int i = 0; i < 20; i++) {
    rows[0] = (dd_row) { tokens[0], i, 0, true };
    batch = (dd_batch) { .rows = rows, .sequences = &sequence, .n_sequences = 1, .n_decode = 1 };
    submit (&self, &batch, false);
    REQUIRE_OK (dd_device_fetch (self.work, &fetch, &error), error);
    CHECK (i % 2 == 0 || best[0].token == tokens[i]);
    tokens[0] = best[0].token;
  }
  close_bench (&self);
}

/* A copied page continues like the one it was copied from; slots that no row has
 * reached may hold anything. */
static void
test_pages (const dd_plan *plan)
{
  dd_cpu_options options = { .threads = 2 };
  bench self = open_bench (plan, &options, 1, 64, 1);
  uint32_t number = 0;
  dd_sequence sequence = { &number, 1 };
  dd_row rows[31];
  dd_batch batch = { .rows = rows, .sequences = &sequence, .n_sequences = 1, .n_prompt = 30 };
  float poison[KV_HEADS * HEAD_DIM], kept[2][KV_HEADS * HEAD_DIM], logits[2][VOCAB];
  dd_fetch fetch = { 0 };
  dd_error error;

  for (int i = 0; i < KV_HEADS * HEAD_DIM; i++)
    poison[i] = NAN;
  for (int i = 0; i < 31; i++)
    rows[i] = (dd_row) { token_at (0, i), i, 0, i == 30 };
  submit (&self, &batch, false);
  REQUIRE_OK (dd_device_pages_resize (self.loaded, 200, &error), error);
  REQUIRE_OK (dd_device_cache_get (self.loaded, 1, 0, 29, kept[0], NULL, &error), error);
  REQUIRE_OK (dd_device_pages_copy (self.loaded, 0, 199, 30, &error), error);
  REQUIRE_OK (dd_device_cache_get (self.loaded, 1, 199, 29, kept[1], NULL, &error), error);
  CHECK (memcmp (kept[0], kept[1], sizeof kept[0]) == 0);
  REQUIRE_OK (dd_device_cache_get (self.loaded, 1, 199, 30, kept[1], NULL, &error), error);
  for (int i = 0; i < KV_HEADS * HEAD_DIM; i++)
    CHECK (kept[1][i] == 0);
  for (int layer = 0; layer < LAYERS; layer++) {
    for (int slot = 31; slot < DD_PAGE_TOKENS; slot++)
      REQUIRE_OK (dd_device_cache_put (self.loaded, layer, 199, slot, poison, poison, &error),
                  error);
  }
  for (int kind = 0; kind < 2; kind++) {
    for (int i = 0; i < 2; i++) {
      number = i == 0 ? 0 : 199;
      batch = (dd_batch) { .rows = &rows[30], .sequences = &sequence, .n_sequences = 1 };
      *(kind == 0 ? &batch.n_prompt : &batch.n_decode) = 1;
      submit (&self, &batch, false);
      fetch.logits = logits[i];
      REQUIRE_OK (dd_device_fetch (self.work, &fetch, &error), error);
    }
    CHECK (isfinite (logits[0][0]) && memcmp (logits[0], logits[1], sizeof logits[0]) == 0);
  }
  close_bench (&self);
}

static double
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double) time.tv_sec + 1e-9 * (double) time.tv_nsec;
}

static void *
cancel_later (void *work)
{
  struct timespec time = { 0, 20000000 };

  nanosleep (&time, NULL);
  dd_device_cancel (work);
  return NULL;
}

/* Cancelled before and while running; another work's tickets still run, in order. */
static void
test_cancel (const dd_plan *plan)
{
  dd_cpu_options options = { .threads = 2 };
  bench self = open_bench (plan, &options, 8, 512, 1);
  uint32_t numbers[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
  dd_sequence sequence = { numbers, 8 };
  static dd_row rows[512];
  dd_batch batch = { .rows = rows, .sequences = &sequence, .n_sequences = 1, .n_prompt = 512 };
  dd_work *other;
  dd_ticket tickets[2];
  dd_ticket last = 0;
  pthread_t thread;
  double start;
  dd_error error;

  for (int i = 0; i < 512; i++)
    rows[i] = (dd_row) { token_at (0, i), i, 0, i == 511 };
  REQUIRE_OK (dd_device_work_new (self.loaded, 512, 1, &other, &error), error);
  REQUIRE_OK (dd_device_submit (self.work, &batch, 0, plan->n_steps, &tickets[0], &error), error);
  dd_device_cancel (self.work);
  CHECK (!dd_device_wait (self.work, tickets[0], &error) && error.code == DD_ERROR_CANCELLED);
  /* Spent: the next goes through. */
  submit (&self, &batch, false);

  for (int i = 0; i < DD_TICKETS; i++)
    REQUIRE_OK (dd_device_submit (self.work, &batch, 0, plan->n_steps, &last, &error), error);
  REQUIRE_OK (dd_device_submit (other, &batch, 0, plan->n_steps, &tickets[1], &error), error);
  CHECK (pthread_create (&thread, NULL, cancel_later, self.work) == 0);
  CHECK (dd_device_wait (other, tickets[1], &error));
  pthread_join (thread, NULL);
  start = now ();
  CHECK (!dd_device_wait (self.work, last, &error) && error.code == DD_ERROR_CANCELLED);
  CHECK (now () - start < 1);
  submit (&self, &batch, false);
  dd_device_work_free (&other);
  close_bench (&self);
}

int
main (void)
{
  dd_plan *plan = make_plan ();
  unsigned without = 0;

  /* Every family of this machine, the best one first. */
  for (;;) {
    dd_cpu_isa isa = dd_cpu_isa_best (without);

    printf ("%s\n", dd_cpu_isa_name (isa));
    test_bits (plan, without);
    if (isa == DD_CPU_SCALAR)
      break;
    without |= 1u << isa;
  }
  test_sizes (plan);
  test_picked (plan);
  test_pages (plan);
  test_cancel (plan);
  dd_plan_free (&plan);
  return check_done ();
}
