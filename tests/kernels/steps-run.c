/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Putting a case through a device and comparing what came out.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "steps.h"

#define GARBAGE 60000.0f /* in slots of the cache that no row may see; F16 holds it */
#define MOST_ROWS 128

/* A case on a device. */
typedef struct trial {
  const step_case *c;
  dd_loaded *loaded;
  dd_work *work;
  float *before[2]; /* the whole cache as the device gave it back before the step */
  float *scratch; /* one batch of the widest buffer */
} trial;

static void *
need (uint64_t count, size_t size)
{
  void *memory = calloc (count > 0 ? count : 1, size);

  if (!memory)
    exit (1);
  return memory;
}

/* Calls `each` for every slot of every page that a sequence has. */
typedef bool (*slot_fn) (trial *t, uint32_t sequence, int position, void *user, dd_error *error);

static bool
for_slots (trial *t, slot_fn each, void *user, dd_error *error)
{
  for (uint32_t s = 0; s < t->c->batch.n_sequences; s++) {
    int n = (int) t->c->batch.sequences[s].n_pages * DD_PAGE_TOKENS;

    for (int p = 0; p < n; p++) {
      if (!each (t, s, p, user, error))
        return false;
    }
  }
  return true;
}

static const float *
cached_at (const step_case *c, int side, uint32_t sequence, int position)
{
  return c->cached[side]
         + ((uint64_t) sequence * (uint64_t) c->positions + (uint64_t) position)
               * (uint64_t) c->kv_width;
}

static bool
put_slot (trial *t,
          uint32_t sequence,
          int position,
          const float *keys,
          const float *values,
          dd_error *error)
{
  uint32_t page = t->c->batch.sequences[sequence].pages[position / DD_PAGE_TOKENS];

  return dd_device_cache_put (t->loaded, 0, page, position % DD_PAGE_TOKENS, keys, values, error);
}

static bool
get_slot (trial *t, uint32_t sequence, int position, float *keys, float *values, dd_error *error)
{
  uint32_t page = t->c->batch.sequences[sequence].pages[position / DD_PAGE_TOKENS];

  return dd_device_cache_get (t->loaded, 0, page, position % DD_PAGE_TOKENS, keys, values, error);
}

static bool
fill_slot (trial *t, uint32_t sequence, int position, void *garbage, dd_error *error)
{
  const step_case *c = t->c;

  if (position >= c->positions)
    return put_slot (t, sequence, position, garbage, garbage, error);
  return put_slot (t, sequence, position, cached_at (c, 0, sequence, position),
                   cached_at (c, 1, sequence, position), error);
}

static bool
fill_cache (trial *t, dd_error *error)
{
  float garbage[2048];

  if (t->c->kv_width == 0)
    return true;
  for (int i = 0; i < 2048; i++)
    garbage[i] = i & 1 ? -GARBAGE : GARBAGE;
  return for_slots (t, fill_slot, garbage, error);
}

/* Where `before` keeps a slot. */
static uint64_t
before_at (const trial *t, uint32_t sequence, int position)
{
  uint64_t n = t->c->batch.sequences[0].n_pages * DD_PAGE_TOKENS;

  return (sequence * n + (uint64_t) position) * (uint64_t) t->c->kv_width;
}

static bool
remember_slot (trial *t, uint32_t sequence, int position, void *user, dd_error *error)
{
  uint64_t at = before_at (t, sequence, position);

  return get_slot (t, sequence, position, t->before[0] + at, t->before[1] + at, error);
}

static bool
owned_by_row (const step_case *c, uint32_t sequence, int position)
{
  for (int r = 0; r < c->n_prompt + c->n_decode; r++) {
    if (c->batch.rows[r].sequence == sequence && c->batch.rows[r].position == position)
      return true;
  }
  return false;
}

static bool
compare_slot (trial *t, uint32_t sequence, int position, void *user, dd_error *error)
{
  uint64_t at = before_at (t, sequence, position);
  size_t bytes = (size_t) t->c->kv_width * sizeof (float);
  float keys[2048], values[2048];

  if (owned_by_row (t->c, sequence, position))
    return true;
  if (!get_slot (t, sequence, position, keys, values, error))
    return false;
  if (memcmp (keys, t->before[0] + at, bytes) || memcmp (values, t->before[1] + at, bytes))
    *(bool *) user = true;
  return true;
}

static bool
trial_start (trial *t, dd_device *device, const step_case *c, dd_error *error)
{
  dd_request request = { .plan = c->plan, .count = c->plan->n_steps, .cache = c->cache };
  int n = c->n_prompt + c->n_decode;
  uint64_t slots = (uint64_t) c->batch.n_sequences * c->batch.sequences[0].n_pages * DD_PAGE_TOKENS;
  int64_t widest = 1;

  *t = (trial) { .c = c };
  for (int i = 0; i < DD_BUFFERS; i++)
    widest = c->plan->width[i] > widest ? c->plan->width[i] : widest;
  t->scratch = need ((uint64_t) n * (uint64_t) widest, sizeof *t->scratch);
  for (int side = 0; side < 2; side++)
    t->before[side] = need (slots * (uint64_t) c->kv_width, sizeof (float));
  return dd_device_load (device, &request, &t->loaded, error)
         && (c->kv_width == 0 || dd_device_pages_resize (t->loaded, c->n_pages, error))
         && dd_device_work_new (t->loaded, n, n, &t->work, error) && fill_cache (t, error)
         && (c->kv_width == 0 || for_slots (t, remember_slot, NULL, error));
}

static void
trial_end (trial *t)
{
  dd_device_work_free (&t->work);
  if (t->loaded)
    dd_device_unload (&t->loaded);
  free (t->before[0]);
  free (t->before[1]);
  free (t->scratch);
}

/* The chosen rows of `values` into a buffer. */
static bool
put_rows (trial *t,
          dd_buffer buffer,
          const float *values,
          int64_t stride,
          const int *rows,
          int n,
          dd_error *error)
{
  for (int i = 0; i < n; i++)
    memcpy (t->scratch + i * stride, values + rows[i] * stride, (size_t) stride * sizeof (float));
  return dd_device_put (t->work, n, buffer, t->scratch, error);
}

static bool
poison_cache (trial *t, const dd_row *rows, int n, dd_error *error)
{
  float poison[2048];

  for (int i = 0; i < 2048; i++)
    poison[i] = NAN;
  for (int i = 0; i < n; i++) {
    if (!put_slot (t, rows[i].sequence, rows[i].position, poison, poison, error))
      return false;
  }
  return true;
}

static bool
take_logits (trial *t, const dd_batch *batch, step_result *out, dd_error *error)
{
  int64_t n_vocab = t->c->plan->n_vocab;
  int asked = 0;

  for (int i = 0; i < batch->n_prompt + batch->n_decode; i++) {
    dd_fetch fetch = { .row = asked, .logits = out->out + out->n_out };

    if (!batch->rows[i].logits)
      continue;
    if (!dd_device_fetch (t->work, &fetch, error))
      return false;
    asked++;
    out->n_out += (uint64_t) n_vocab;
  }
  return true;
}

static bool
take_results (trial *t, const dd_batch *batch, step_result *out, dd_error *error)
{
  const step_case *c = t->c;
  int n = batch->n_prompt + batch->n_decode;

  if (c->kind == DD_STEP_HEAD)
    return take_logits (t, batch, out, error);
  if (!dd_device_get (t->work, n, c->plan->steps[c->step].out, t->scratch, error))
    return false;
  for (int i = 0; i < n; i++) {
    memcpy (out->out + out->n_out, t->scratch + i * c->out_stride,
            (size_t) c->out_width * sizeof (float));
    out->n_out += (uint64_t) c->out_width;
  }
  for (int i = 0; i < n && c->kind == DD_STEP_QKV; i++) {
    if (!get_slot (t, batch->rows[i].sequence, batch->rows[i].position, out->kv[0] + out->n_kv,
                   out->kv[1] + out->n_kv, error))
      return false;
    out->n_kv += (uint64_t) c->kv_width;
  }
  return true;
}

/* One batch of the rows `rows[0 … n-1]` of the case. */
static bool
trial_run (trial *t, const int *rows, int n, step_result *out, dd_error *error)
{
  const step_case *c = t->c;
  const dd_step *step = &c->plan->steps[c->step];
  dd_row chosen[MOST_ROWS];
  dd_batch batch = c->batch;
  dd_ticket ticket;

  batch.rows = chosen;
  batch.n_prompt = batch.n_decode = 0;
  for (int i = 0; i < n; i++) {
    chosen[i] = c->batch.rows[rows[i]];
    if (rows[i] < c->n_prompt)
      batch.n_prompt++;
    else
      batch.n_decode++;
  }
  if (c->kind == DD_STEP_QKV && !poison_cache (t, chosen, n, error))
    return false;
  return (!c->in || put_rows (t, step->in, c->in, c->in_stride, rows, n, error))
         && (!c->out || put_rows (t, step->out, c->out, c->out_stride, rows, n, error))
         && dd_device_submit (t->work, &batch, c->step, 1, &ticket, error)
         && dd_device_wait (t->work, ticket, error) && take_results (t, &batch, out, error);
}

bool
step_run (dd_device *device,
          const step_case *c,
          const int *rows,
          int n,
          const int *chunks,
          step_result *out,
          dd_error *error)
{
  int64_t width = c->kind == DD_STEP_HEAD ? c->plan->n_vocab : c->out_width;
  bool all = n == c->n_prompt + c->n_decode && !chunks;
  trial t;
  bool ok;

  *out = (step_result) { .n_rows = n };
  out->out = need ((uint64_t) (n * width), sizeof (float));
  for (int side = 0; side < 2; side++)
    out->kv[side] = need ((uint64_t) (n * c->kv_width), sizeof (float));
  ok = trial_start (&t, device, c, error);
  for (int done = 0, i = 0; ok && done < n; i++) {
    int size = chunks && chunks[i] > 0 && chunks[i] < n - done ? chunks[i] : n - done;

    ok = trial_run (&t, rows + done, size, out, error);
    done += size;
  }
  if (ok && all && c->kind == DD_STEP_QKV)
    ok = for_slots (&t, compare_slot, &out->elsewhere, error);
  trial_end (&t);
  return ok;
}

void
step_result_clear (step_result *result)
{
  free (result->out);
  free (result->kv[0]);
  free (result->kv[1]);
  *result = (step_result) { 0 };
}

/* Sums over one row; false if anything is not finite or zeros are missed. */
static bool
compare_row (const float *a, const float *b, int64_t n, double *difference, double *square)
{
  *difference = *square = 0;
  for (int64_t i = 0; i < n; i++) {
    if (!isfinite (a[i]) || !isfinite (b[i]))
      return false;
    *difference += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
    *square += (double) b[i] * b[i];
  }
  return *square >= 1e-30 || *difference < 1e-24;
}

static step_error
compare_rows (const float *a, const float *b, uint64_t n, int64_t width)
{
  step_error error = { 0 };
  double differences = 0;
  double squares = 0;

  for (uint64_t i = 0; i < n; i += (uint64_t) width) {
    double difference, square;

    if (!compare_row (a + i, b + i, width, &difference, &square))
      return (step_error) { INFINITY, INFINITY };
    differences += difference;
    squares += square;
    if (square >= 1e-30)
      error.row = fmax (error.row, difference / square);
  }
  error.all = squares >= 1e-30 ? differences / squares : 0;
  return error;
}

step_error
step_compare (const step_case *c, const step_result *a, const step_result *judge)
{
  int64_t width = c->kind == DD_STEP_HEAD ? c->plan->n_vocab : c->out_width;
  step_error error;

  if (a->n_out != judge->n_out || a->n_kv != judge->n_kv)
    return (step_error) { INFINITY, INFINITY };
  error = compare_rows (a->out, judge->out, a->n_out, width);
  for (int side = 0; side < 2; side++) {
    step_error other = compare_rows (a->kv[side], judge->kv[side], a->n_kv, c->kv_width);

    error.all = fmax (error.all, other.all);
    error.row = fmax (error.row, other.row);
  }
  return error;
}

bool
step_same_bits (const step_result *a, const step_result *b)
{
  return a->n_out == b->n_out && a->n_kv == b->n_kv
         && memcmp (a->out, b->out, a->n_out * sizeof (float)) == 0
         && memcmp (a->kv[0], b->kv[0], a->n_kv * sizeof (float)) == 0
         && memcmp (a->kv[1], b->kv[1], a->n_kv * sizeof (float)) == 0;
}
