/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention of the CPU device against plain double arithmetic on the same keys
 * and values: grouped heads, ragged heads, windows, caps, both element types,
 * both kinds of rows, contexts of many ranges; never touching a slot that a row
 * does not see.
 */
#include <math.h>

#include "check.h"
#include "device/cpu/cpu.h"
#include "quant/random.h"

#define PAGES 24
#define POSITIONS (PAGES * DD_PAGE_TOKENS)
#define ROWS 40

typedef struct shape {
  int heads, kv_heads, head_dim;
  int first;      /* position of the first row */
  int rows;
  bool prompt;
  int window;
  float cap;
  dd_cache_type cache;
  int threads;
} shape;

static random_dice dice = { 2 };
static float keys[POSITIONS][2048];
static float values[POSITIONS][2048];

static void
judge (const shape *s, const float *query, int position, float *out)
{
  int group = s->heads / s->kv_heads;
  double scale = (double) (1 / sqrtf ((float) s->head_dim));
  int from = s->window > 0 && position >= s->window ? position - s->window + 1 : 0;

  for (int head = 0; head < s->heads; head++) {
    int kv = head / group * s->head_dim;
    static double weights[POSITIONS];
    double top = -INFINITY;
    double sum = 0;

    for (int p = from; p <= position; p++) {
      double score = 0;

      for (int i = 0; i < s->head_dim; i++)
        score += (double) query[head * s->head_dim + i] * (double) keys[p][kv + i];
      score *= scale;
      weights[p] = s->cap > 0 ? (double) s->cap * tanh (score / (double) s->cap) : score;
      top = fmax (top, weights[p]);
    }
    for (int p = from; p <= position; p++) {
      weights[p] = exp (weights[p] - top);
      sum += weights[p];
    }
    for (int i = 0; i < s->head_dim; i++) {
      double value = 0;

      for (int p = from; p <= position; p++)
        value += weights[p] * (double) values[p][kv + i];
      out[head * s->head_dim + i] = (float) (value / sum);
    }
  }
}

/* Random keys and values up to the last row's position, NaN beyond. */
static void
fill_cache (const shape *s, dd_loaded *loaded, const uint32_t *pages)
{
  int width = s->kv_heads * s->head_dim;
  int end = s->first + s->rows;
  dd_error error;

  for (int p = 0; p < POSITIONS; p++) {
    for (int i = 0; i < width; i++) {
      keys[p][i] = p < end ? 2 * dice_normal (&dice) : NAN;
      values[p][i] = p < end ? dice_normal (&dice) + 0.5f : NAN;
    }
    REQUIRE_OK (dd_device_cache_put (loaded, 0, pages[p / DD_PAGE_TOKENS], p % DD_PAGE_TOKENS,
                                     keys[p], values[p], &error),
                error);
    REQUIRE_OK (dd_device_cache_get (loaded, 0, pages[p / DD_PAGE_TOKENS], p % DD_PAGE_TOKENS,
                                     keys[p], values[p], &error),
                error);
  }
}

static double
distance (const float *a, const float *b, int64_t n)
{
  double error = 0;
  double norm = 0;

  for (int64_t i = 0; i < n; i++) {
    double difference = (double) a[i] - (double) b[i];

    error += difference * difference;
    norm += (double) b[i] * (double) b[i];
  }
  return error / norm;
}

static void
run_rows (const shape *s,
          dd_loaded *loaded,
          const dd_sequence *sequence,
          const float *query,
          float *out)
{
  int width = s->heads * s->head_dim;
  dd_row rows[ROWS];
  dd_batch batch = { .rows = rows, .sequences = sequence, .n_sequences = 1 };
  dd_work *work;
  dd_ticket ticket;
  dd_error error;

  *(s->prompt ? &batch.n_prompt : &batch.n_decode) = s->rows;
  for (int i = 0; i < s->rows; i++)
    rows[i] = (dd_row) { .position = s->first + i };
  for (int i = 0; i < s->rows * width; i++)
    out[i] = NAN;
  REQUIRE_OK (dd_device_work_new (loaded, ROWS, 0, &work, &error), error);
  REQUIRE_OK (dd_device_put (work, s->rows, DD_BUFFER_Q, query, &error), error);
  REQUIRE_OK (dd_device_put (work, s->rows, DD_BUFFER_O, out, &error), error);
  REQUIRE_OK (dd_device_submit (work, &batch, 1, 1, &ticket, &error), error);
  REQUIRE_OK (dd_device_wait (work, ticket, &error), error);
  REQUIRE_OK (dd_device_get (work, s->rows, DD_BUFFER_O, out, &error), error);
  dd_device_work_free (&work);
}

static void
test_shape (const shape *s, unsigned without)
{
  static const float zeros[4096];
  int width = s->heads * s->head_dim;
  int kv_width = s->kv_heads * s->head_dim;
  dd_step steps[2] = {
    { .kind = DD_STEP_QKV, .in = DD_BUFFER_X, .out = DD_BUFFER_Q },
    { .kind = DD_STEP_ATTEND, .in = DD_BUFFER_Q, .out = DD_BUFFER_O },
  };
  dd_plan plan = {
    .steps = steps,
    .n_steps = 2,
    .n_layers = 1,
    .n_vocab = 1,
    .context = POSITIONS,
    .width = { [DD_BUFFER_X] = 1, [DD_BUFFER_Q] = width, [DD_BUFFER_O] = width },
  };
  dd_cpu_options options = { .threads = s->threads, .without = without };
  dd_request request = { .plan = &plan, .count = 2, .cache = s->cache };
  uint32_t pages[PAGES];
  dd_sequence sequence = { pages, PAGES };
  static float query[ROWS * 4096], out[ROWS * 4096], expected[4096];
  dd_device *device;
  dd_loaded *loaded;
  dd_error error;

  /* There is a cache because there is a step that fills it; it is never run. */
  steps[0].qkv = (dd_qkv) {
    .norm = zeros,
    .q = { DD_TYPE_F32, width, 1, zeros, (uint64_t) width * 4 },
    .k = { DD_TYPE_F32, kv_width, 1, zeros, (uint64_t) kv_width * 4 },
    .v = { DD_TYPE_F32, kv_width, 1, zeros, (uint64_t) kv_width * 4 },
  };
  steps[1].attend = (dd_attend) { 1 / sqrtf ((float) s->head_dim), s->cap, s->window };
  for (int i = 0; i < 2; i++) {
    steps[i].heads = s->heads;
    steps[i].kv_heads = s->kv_heads;
    steps[i].head_dim = s->head_dim;
  }
  for (uint32_t i = 0; i < PAGES; i++)
    pages[i] = PAGES - 1 - i;
  for (int i = 0; i < s->rows * width; i++)
    query[i] = dice_normal (&dice);
  REQUIRE_OK (dd_cpu_open (&options, &device, &error), error);
  REQUIRE_OK (dd_device_load (device, &request, &loaded, &error), error);
  REQUIRE_OK (dd_device_pages_resize (loaded, PAGES, &error), error);
  fill_cache (s, loaded, pages);
  run_rows (s, loaded, &sequence, query, out);
  for (int i = 0; i < s->rows; i++) {
    double d;

    judge (s, query + i * width, s->first + i, expected);
    d = distance (out + i * width, expected, width);
    CHECK_MSG (d < 1e-11,
               "row %d of %d from %d, %d/%d heads of %d, %s, window %d, cap %g, "
               "cache %d, %d threads, %s: %g",
               i, s->rows, s->first, s->heads, s->kv_heads, s->head_dim,
               s->prompt ? "prompt" : "decode", s->window, (double) s->cap, s->cache, s->threads,
               dd_cpu_isa_name (dd_cpu_isa_best (without)), d);
  }
  dd_device_unload (&loaded);
  dd_device_free (&device);
}

static void
test_family (unsigned without)
{
  static const int heads[][3] = {
    { 4, 1, 128 }, { 9, 3, 64 }, { 5, 5, 80 }, { 14, 2, 96 },
    { 2, 2, 256 }, { 3, 1, 2 },  { 7, 7, 30 },
  };
  static const int firsts[] = { 0, 1, 60, 255, 700, POSITIONS - ROWS };
  static const int rows[] = { 1, 3, 16, ROWS };

  for (size_t h = 0; h < sizeof heads / sizeof *heads; h++) {
    for (size_t f = 0; f < sizeof firsts / sizeof *firsts; f++) {
      int n = dice_below (&dice, 4);
      shape s = {
        .heads = heads[h][0],
        .kv_heads = heads[h][1],
        .head_dim = heads[h][2],
        .first = firsts[f],
        .rows = rows[n],
        .window = (f + h) % 3 == 0 ? 1 + dice_below (&dice, 100) : 0,
        .cap = (f + h) % 4 == 1 ? 5.0f : 0,
        .cache = (f ^ h) & 1 ? DD_CACHE_F32 : DD_CACHE_F16,
        .threads = 1 + dice_below (&dice, 4),
      };

      test_shape (&s, without);
      s.prompt = true;
      test_shape (&s, without);
    }
  }
}

int
main (void)
{
  unsigned without = 0;

  for (;;) {
    dd_cpu_isa isa = dd_cpu_isa_best (without);

    test_family (without);
    if (isa == DD_CPU_SCALAR)
      return check_done ();
    without |= 1u << isa;
  }
}
