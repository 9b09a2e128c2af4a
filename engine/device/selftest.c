/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The self-test.  Its plan has a layer for each type of weight and for each shape of
 * attention, with an EMBED and a HEAD of its own.  Each step
 * is given what the reference made of the step before, its output full of NaN; then
 * whole layers run for rows together and for the same rows alone.
 */
#include "device/selftest.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "device/check.h"
#include "device/reference/reference.h"
#include "quant/random.h"

#define WIDTH 256
#define HIDDEN 256
#define HIDDEN_LARGE 3072
#define VOCAB 272
#define STEPS 7 /* of a layer */
#define FEW 16  /* made rows */
#define MANY 20 /* given rows */
#define ROWS_LARGE 512
#define SHAPES 3 /* of attention */
#define PAGES (3 + ROWS_LARGE / DD_PAGE_TOKENS)

/* Far above what roundings do and far below what faults do: normalised mean square
 * errors of exact weights and of weights and activations of few bits. */
#define LIMIT_FLOAT 1e-4
#define LIMIT_FEW_BITS 3e-3

/* ---- the plan ---------------------------------------------------------- */

/* The types of the layers, in turn. */
typedef struct type_list {
  dd_type types[RANDOM_TYPES];
  int count;
} type_list;

static type_list
list_types (uint64_t mask)
{
  type_list list = { 0 };

  for (int i = 0; i < RANDOM_TYPES; i++)
    if (mask == 0 || (mask >> random_types[i] & 1))
      list.types[list.count++] = random_types[i];
  return list;
}

typedef struct drawing {
  dd_plan *plan;
  const type_list *list;
  random_dice dice;
  bool short_of_memory;
} drawing;

/* NULL once memory has run out. */
static void *
draw_room (drawing *self, size_t count, size_t size)
{
  void *memory = self->short_of_memory ? NULL : dd_arena_array (&self->plan->arena, count, size);

  self->short_of_memory = memory == NULL;
  return memory;
}

static const float *
draw_vector (drawing *self, int64_t n, float mean, float deviation)
{
  float *vector = draw_room (self, (size_t) n, sizeof *vector);

  for (int64_t i = 0; vector && i < n; i++)
    vector[i] = mean + deviation * dice_normal (&self->dice);
  return vector;
}

static dd_weight
draw_weight (drawing *self, dd_type type, int64_t rows, int64_t columns)
{
  uint64_t bytes = dd_type_row_bytes (type, (uint64_t) columns) * (uint64_t) rows;
  void *data = draw_room (self, bytes, 1);

  if (data)
    random_weights (&self->dice, type, (float) (1 / sqrt ((double) columns)), false, data,
                    (uint64_t) (rows * columns));
  return (dd_weight) { type, rows, columns, data, bytes };
}

static dd_rope
draw_rope (drawing *self, int layer, int dims)
{
  double *frequencies = draw_room (self, (size_t) dims / 2, sizeof *frequencies);

  for (int i = 0; frequencies && i < dims / 2; i++)
    frequencies[i] = pow (10000, -2.0 * i / dims);
  return (dd_rope) { layer % 2 ? DD_ROPE_HALVES : DD_ROPE_PAIRS, dims, frequencies, 1 };
}

static void
draw_qkv (drawing *self, dd_step *step, int layer, dd_type type, dd_type other)
{
  int64_t q = (int64_t) step->heads * step->head_dim,
          kv = (int64_t) step->kv_heads * step->head_dim;
  dd_qkv *qkv = &step->qkv;

  qkv->norm = draw_vector (self, WIDTH, 1, 0.2f);
  qkv->eps = 1e-5f;
  qkv->q = draw_weight (self, type, q, WIDTH);
  qkv->k = draw_weight (self, type, kv, WIDTH);
  qkv->v = draw_weight (self, layer % 3 == 1 ? other : type, kv, WIDTH);
  if (layer % 2) {
    qkv->q_bias = draw_vector (self, q, 0, 0.5f);
    qkv->k_bias = draw_vector (self, kv, 0, 0.5f);
    qkv->v_bias = draw_vector (self, kv, 0, 0.5f);
  }
  if (layer % 4 == 2) {
    qkv->q_norm = draw_vector (self, step->head_dim, 1, 0.2f);
    qkv->k_norm = draw_vector (self, step->head_dim, 1, 0.2f);
  }
  qkv->rope = draw_rope (self, layer, step->head_dim);
}

static void
draw_project (drawing *self,
              dd_step *step,
              dd_type type,
              int64_t columns,
              bool bias,
              bool post_norm)
{
  step->project.w = draw_weight (self, type, WIDTH, columns);
  step->project.scale = 1;
  step->project.eps = 1e-5f;
  if (bias)
    step->project.bias = draw_vector (self, WIDTH, 0, 0.5f);
  if (post_norm)
    step->project.post_norm = draw_vector (self, WIDTH, 1, 0.2f);
}

static void
draw_ends (drawing *self, dd_step *embed, dd_step *head, dd_type type)
{
  embed->embed = (dd_embed) { draw_weight (self, type, VOCAB, WIDTH), 1 };
  head->head = (dd_head) {
    .norm = draw_vector (self, WIDTH, 1, 0.2f),
    .eps = 1e-5f,
    .w = draw_weight (self, type, VOCAB, WIDTH),
    .scale = 1,
  };
}

/* The kinds and buffers of a layer's steps, and the heads that QKV and ATTEND share:
 * always 2 * WIDTH in all. */
static void
shape_layer (dd_step *steps, int layer)
{
  static const dd_step shape[STEPS] = {
    { .kind = DD_STEP_EMBED, .out = DD_BUFFER_X },
    { .kind = DD_STEP_QKV, .in = DD_BUFFER_X, .out = DD_BUFFER_Q },
    { .kind = DD_STEP_ATTEND, .in = DD_BUFFER_Q, .out = DD_BUFFER_O },
    { .kind = DD_STEP_PROJECT, .in = DD_BUFFER_O, .out = DD_BUFFER_X },
    { .kind = DD_STEP_GATE, .in = DD_BUFFER_X, .out = DD_BUFFER_H },
    { .kind = DD_STEP_PROJECT, .in = DD_BUFFER_H, .out = DD_BUFFER_X },
    { .kind = DD_STEP_HEAD, .in = DD_BUFFER_X },
  };
  static const int heads[SHAPES][3] = { { 8, 2, 64 }, { 4, 4, 128 }, { 2, 1, 256 } };

  memcpy (steps, shape, sizeof shape);
  for (int i = 0; i < STEPS; i++) {
    steps[i].layer = layer;
    steps[i].heads = heads[layer % SHAPES][0];
    steps[i].kv_heads = heads[layer % SHAPES][1];
    steps[i].head_dim = heads[layer % SHAPES][2];
  }
}

static void
draw_layer (drawing *self, dd_step *steps, int layer, int64_t hidden)
{
  const type_list *list = self->list;
  dd_type type = list->types[layer % list->count];
  dd_type other = list->types[(layer + 1) % list->count];
  dd_gate *gate = &steps[4].gate;

  shape_layer (steps, layer);
  draw_ends (self, &steps[0], &steps[6], type);
  draw_qkv (self, &steps[1], layer, type, other);
  steps[2].attend = (dd_attend) {
    .scale = (float) (1 / sqrt ((double) steps[2].head_dim)),
    .cap = layer % 5 == 1 ? 5 : 0,
    .window = layer % 5 == 2 ? 40 : 0,
  };
  draw_project (self, &steps[3], type, (int64_t) steps[2].heads * steps[2].head_dim, layer % 2,
                layer % 4 == 3);
  *gate = (dd_gate) {
    .norm = draw_vector (self, WIDTH, 1, 0.2f),
    .eps = 1e-5f,
    .gate = draw_weight (self, type, hidden, WIDTH),
    .up = draw_weight (self, layer % 4 == 1 ? other : type, hidden, WIDTH),
    .activation = layer % 2 ? DD_ACTIVATION_GELU : DD_ACTIVATION_SILU,
  };
  draw_project (self, &steps[5], type, hidden, false, false);
}

static bool
draw_plan (const type_list *list, int64_t hidden, dd_plan **out, dd_error *error)
{
  drawing self = { .list = list, .dice = { 20261128 } };
  dd_arena arena;
  dd_plan *plan;

  *out = NULL;
  dd_arena_init (&arena, DD_TAG_PLAN);
  self.plan = plan = dd_arena_alloc (&arena, sizeof *plan);
  if (!plan)
    return dd_fail_memory (error, "the test of a device");
  plan->arena = arena;
  plan->n_layers = list->count > SHAPES ? list->count : SHAPES;
  plan->n_steps = (size_t) plan->n_layers * STEPS;
  plan->steps = draw_room (&self, plan->n_steps, sizeof *plan->steps);
  plan->n_vocab = VOCAB;
  plan->context = PAGES * DD_PAGE_TOKENS;
  plan->width[DD_BUFFER_X] = WIDTH;
  plan->width[DD_BUFFER_Q] = plan->width[DD_BUFFER_O] = 2 * WIDTH;
  plan->width[DD_BUFFER_H] = hidden;
  for (int i = 0; plan->steps && i < plan->n_layers; i++)
    draw_layer (&self, plan->steps + i * STEPS, i, hidden);
  *out = plan;
  if (!self.short_of_memory)
    return true;
  dd_plan_free (out);
  return dd_fail_memory (error, "the test of a device");
}

/* ---- a device with the plan -------------------------------------------- */

typedef struct side {
  dd_device *device; /* borrowed */
  dd_loaded *loaded; /* owned, as below */
  dd_work *work;
} side;

typedef struct exam {
  type_list list;
  dd_plan *plan; /* owned */
  side tested, judge;
  int layer;
  float *values[2]; /* owned; of the tested and of the judge, [room] */
  size_t room;
  dd_row rows[ROWS_LARGE];
  dd_sequence sequences[2];
} exam;

static bool
side_open (side *self, dd_device *device, const dd_plan *plan, int rows, dd_error *error)
{
  dd_request request = { .plan = plan, .count = plan->n_steps };

  self->device = device;
  return dd_device_load (device, &request, &self->loaded, error)
         && dd_device_pages_resize (self->loaded, PAGES, error)
         && dd_device_work_new (self->loaded, rows, rows < MANY ? rows : MANY, &self->work, error);
}

static void
side_close (side *self)
{
  dd_device_work_free (&self->work);
  dd_device_unload (&self->loaded);
}

static bool
side_run (side *self, const dd_batch *batch, size_t first, size_t count, dd_error *error)
{
  dd_ticket ticket;

  return dd_device_submit (self->work, batch, first, count, &ticket, error)
         && dd_device_wait (self->work, ticket, error);
}

/* What the layer's last step to run has left: the logits of the batch's rows, or a
 * buffer of them. */
static bool
side_take (side *self, const dd_batch *batch, const dd_step *step, float *out, dd_error *error)
{
  if (step->kind != DD_STEP_HEAD)
    return dd_device_get (self->work, batch->n_prompt + batch->n_decode, step->out, out, error);
  for (int i = 0; i < dd_batch_logit_rows (batch); i++) {
    dd_fetch fetch = { .row = i, .logits = out + i * VOCAB };

    if (!dd_device_fetch (self->work, &fetch, error))
      return false;
  }
  return true;
}

/* ---- against the reference --------------------------------------------- */

static double
distance (const float *a, const float *b, size_t n)
{
  double difference = 0, square = 1e-30;

  for (size_t i = 0; i < n; i++) {
    if (!isfinite (a[i]))
      return INFINITY;
    difference += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
    square += (double) b[i] * b[i];
  }
  return difference / square;
}

static double
limit_of (const dd_step *step)
{
  const dd_weight *weights[3];
  int n = step->kind == DD_STEP_EMBED ? 0 : dd_step_weights (step, weights);

  for (int i = 0; i < n; i++)
    if (dd_type_get ((uint32_t) weights[i]->type)->block > 1)
      return LIMIT_FEW_BITS;
  return LIMIT_FLOAT;
}

static bool
check_distance (const exam *self, const dd_step *step, size_t n, int rows, dd_error *error)
{
  double found = distance (self->values[0], self->values[1], n);

  if (found <= limit_of (step))
    return true;
  return dd_fail (error, DD_ERROR_UNSUPPORTED,
                  "its driver computes wrong numbers (%s, weights of %s, %d rows: error %.1e)",
                  dd_step_name (step->kind),
                  dd_type_name (self->list.types[self->layer % self->list.count]), rows, found);
}

/* A buffer as the reference has it, to the tested device. */
static bool
hand_over (exam *self, int rows, dd_buffer buffer, dd_error *error)
{
  return dd_device_get (self->judge.work, rows, buffer, self->values[1], error)
         && dd_device_put (self->tested.work, rows, buffer, self->values[1], error);
}

static bool
poison (exam *self, int rows, dd_buffer buffer, dd_error *error)
{
  for (int64_t i = 0; i < rows * self->plan->width[buffer]; i++)
    self->values[0][i] = NAN;
  return dd_device_put (self->tested.work, rows, buffer, self->values[0], error);
}

/* Keys and values of a row: compared, then made those of the reference, so that
 * errors do not add up. */
static bool
check_slot (exam *self, const dd_step *step, const dd_row *row, dd_error *error)
{
  int64_t n = (int64_t) step->kv_heads * step->head_dim;
  uint32_t page = self->sequences[row->sequence].pages[row->position / DD_PAGE_TOKENS];
  int slot = row->position % DD_PAGE_TOKENS;
  float *a = self->values[0], *b = self->values[1];

  return dd_device_cache_get (self->tested.loaded, self->layer, page, slot, a, a + n, error)
         && dd_device_cache_get (self->judge.loaded, self->layer, page, slot, b, b + n, error)
         && check_distance (self, step, (size_t) (2 * n), 1, error)
         && dd_device_cache_put (self->tested.loaded, self->layer, page, slot, b, b + n, error);
}

static bool
check_step (exam *self, const dd_batch *batch, size_t number, dd_error *error)
{
  const dd_step *step = &self->plan->steps[number];
  int rows = batch->n_prompt + batch->n_decode;
  bool adds = step->kind == DD_STEP_PROJECT, head = step->kind == DD_STEP_HEAD;
  size_t n = (size_t) rows * (head ? VOCAB : (size_t) self->plan->width[step->out]);

  if ((step->kind != DD_STEP_EMBED && !hand_over (self, rows, step->in, error))
      || (adds && !hand_over (self, rows, step->out, error))
      || (!adds && !head && !poison (self, rows, step->out, error))
      || !side_run (&self->judge, batch, number, 1, error)
      || !side_run (&self->tested, batch, number, 1, error)
      || !side_take (&self->judge, batch, step, self->values[1], error)
      || !side_take (&self->tested, batch, step, self->values[0], error)
      || !check_distance (self, step, n, rows, error))
    return false;
  for (int i = 0; i < rows && step->kind == DD_STEP_QKV; i++)
    if (!check_slot (self, step, &batch->rows[i], error))
      return false;
  return true;
}

/* ---- against itself ---------------------------------------------------- */

/* The layer for rows of a batch in chunks of these sizes (the list ends with 0, the
 * last takes the rest); leaves what `step` makes of them in `out`. */
static bool
run_chunks (exam *self,
            const dd_batch *whole,
            const int *sizes,
            int last,
            float *out,
            dd_error *error)
{
  const dd_step *step = &self->plan->steps[self->layer * STEPS + last];
  int64_t width = step->kind == DD_STEP_HEAD ? VOCAB : self->plan->width[step->out];
  int rows = whole->n_prompt + whole->n_decode;

  for (int done = 0, i = 0; done < rows;) {
    int size = sizes[i] > 0 && sizes[i] < rows - done ? sizes[i] : rows - done;
    dd_batch part = *whole;

    part.rows += done;
    *(whole->n_prompt ? &part.n_prompt : &part.n_decode) = size;
    if (!side_run (&self->tested, &part, (size_t) self->layer * STEPS, (size_t) last + 1, error)
        || !side_take (&self->tested, &part, step, out + done * width, error))
      return false;
    done += size;
    i += sizes[i] > 0;
  }
  return true;
}

/* Rows alone and in small company have the bits that they have all together. */
static bool
check_bits (exam *self, const dd_batch *batch, const int *sizes, int last, dd_error *error)
{
  const dd_step *step = &self->plan->steps[self->layer * STEPS + last];
  int64_t width = step->kind == DD_STEP_HEAD ? VOCAB : self->plan->width[step->out];
  int rows = batch->n_prompt + batch->n_decode;

  if (!run_chunks (self, batch, (int[]) { 0 }, last, self->values[0], error)
      || !run_chunks (self, batch, sizes, last, self->values[1], error))
    return false;
  if (memcmp (self->values[0], self->values[1], (size_t) (rows * width) * sizeof (float)) == 0)
    return true;
  return dd_fail (error, DD_ERROR_UNSUPPORTED,
                  "its driver computes other numbers for a row alone than for the same row among "
                  "%d (weights of %s)",
                  rows, dd_type_name (self->list.types[self->layer % self->list.count]));
}

/* ---- the test ---------------------------------------------------------- */

/* Two sequences in turn, of 128 and 64 tokens before the first row: page 0. */
static dd_batch
make_batch (exam *self, random_dice *dice, int n_prompt, int n_decode)
{
  static const uint32_t pages[2][3] = { { 0, 0, 1 }, { 0, 2 } };
  static const int starts[2] = { 2 * DD_PAGE_TOKENS, DD_PAGE_TOKENS };

  for (int i = 0; i < n_prompt + n_decode; i++)
    self->rows[i] = (dd_row) {
      .token = dice_below (dice, VOCAB),
      .position = starts[i % 2] + i / 2 + (n_decode ? MANY / 2 : 0),
      .sequence = (uint32_t) i % 2,
      .logits = true,
    };
  self->sequences[0] = (dd_sequence) { pages[0], 3 };
  self->sequences[1] = (dd_sequence) { pages[1], 2 };
  return (dd_batch) { .rows = self->rows,
                      .n_prompt = n_prompt,
                      .n_decode = n_decode,
                      .sequences = self->sequences,
                      .n_sequences = 2 };
}

static bool
fill_page (exam *self, random_dice *dice, dd_error *error)
{
  const dd_step *qkv = &self->plan->steps[self->layer * STEPS + 1];
  int64_t n = (int64_t) qkv->kv_heads * qkv->head_dim;
  float *keys = self->values[0], *values = keys + n;

  for (int slot = 0; slot < DD_PAGE_TOKENS; slot++) {
    for (int64_t i = 0; i < 2 * n; i++)
      keys[i] = dice_normal (dice);
    if (!dd_device_cache_put (self->judge.loaded, self->layer, 0, slot, keys, values, error)
        || !dd_device_cache_put (self->tested.loaded, self->layer, 0, slot, keys, values, error))
      return false;
  }
  return true;
}

static bool
check_batch (exam *self, random_dice *dice, int n_prompt, int n_decode, dd_error *error)
{
  static const int alone[] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0 };
  dd_batch batch = make_batch (self, dice, n_prompt, n_decode);

  for (size_t i = 0; i < STEPS; i++)
    if (!check_step (self, &batch, (size_t) self->layer * STEPS + i, error))
      return false;
  if (n_prompt)
    return check_bits (self, &batch, (int[]) { 1, 3, 0 }, STEPS - 1, error);
  return check_bits (self, &batch, (int[]) { 1, 2, 4, 8, 0 }, STEPS - 1, error)
         && check_bits (self, &batch, alone, STEPS - 1, error);
}

static bool
check_layers (exam *self, dd_error *error)
{
  random_dice dice = { 1 };

  for (self->layer = 0; self->layer < self->plan->n_layers; self->layer++)
    if (!fill_page (self, &dice, error) || !check_batch (self, &dice, MANY, 0, error)
        || !check_batch (self, &dice, 0, FEW, error))
      return false;
  return true;
}

/* Rows by the hundred, of one sequence. */
static bool
check_large (exam *self, int rows, dd_error *error)
{
  uint32_t pages[ROWS_LARGE / DD_PAGE_TOKENS];
  random_dice dice = { 2 };
  dd_batch batch = {
    .rows = self->rows, .n_prompt = rows, .sequences = self->sequences, .n_sequences = 1
  };

  for (uint32_t i = 0; i < ROWS_LARGE / DD_PAGE_TOKENS; i++)
    pages[i] = 3 + i;
  self->sequences[0] = (dd_sequence) { pages, ROWS_LARGE / DD_PAGE_TOKENS };
  for (int i = 0; i < rows; i++)
    self->rows[i] = (dd_row) { .token = dice_below (&dice, VOCAB), .position = i };
  for (self->layer = 0; self->layer < self->plan->n_layers; self->layer++)
    if (!check_bits (self, &batch, (int[]) { 20, 60, 0 }, STEPS - 2, error))
      return false;
  return true;
}

static bool
exam_open (exam *self,
           dd_device *device,
           dd_device *judge,
           int64_t hidden,
           int rows,
           dd_error *error)
{
  int64_t widest = hidden > 2 * WIDTH ? hidden : 2 * WIDTH;

  self->room = (size_t) (rows * widest);
  for (int i = 0; i < 2; i++)
    if (!(self->values[i] = dd_alloc_array (DD_TAG_DEVICE, self->room, sizeof (float))))
      return dd_fail_memory (error, "the test of a device");
  return draw_plan (&self->list, hidden, &self->plan, error)
         && side_open (&self->tested, device, self->plan, rows, error)
         && (!judge || side_open (&self->judge, judge, self->plan, rows, error));
}

static bool
run_exam (dd_device *device, dd_device *judge, const type_list *list, int rows, dd_error *error)
{
  exam *self = dd_alloc (DD_TAG_DEVICE, sizeof *self);
  bool ok;

  if (!self)
    return dd_fail_memory (error, "the test of a device");
  self->list = *list;
  ok = exam_open (self, device, judge, judge ? HIDDEN : HIDDEN_LARGE, rows, error)
       && (judge ? check_layers (self, error) : check_large (self, rows, error));
  side_close (&self->tested);
  side_close (&self->judge);
  dd_plan_free (&self->plan);
  dd_free (self->values[0]);
  dd_free (self->values[1]);
  dd_free (self);
  return ok;
}

bool
dd_device_self_test (dd_device *device, uint64_t types, bool large, dd_error *error)
{
  type_list list = list_types (types);
  dd_device *judge;
  dd_caps caps;
  int rows;
  bool ok;

  dd_device_caps (device, &caps);
  rows = caps.max_rows < ROWS_LARGE ? caps.max_rows : ROWS_LARGE;
  if (rows < MANY || list.count == 0)
    return dd_fail (error, DD_ERROR_UNSUPPORTED, "there is no test for it");
  if (!dd_reference_open (&judge, error))
    return false;
  ok = run_exam (device, judge, &list, MANY, error)
       && (!large || run_exam (device, NULL, &list, rows, error));
  dd_device_free (&judge);
  return ok;
}
