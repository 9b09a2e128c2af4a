/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Drawing a case: shape, weights, rows and data of one step.
 */
#include "steps.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* A test that has no memory cannot go on. */
static void *
need (dd_plan *plan, uint64_t count, size_t size)
{
  void *memory = dd_arena_array (&plan->arena, count, size);

  if (!memory) {
    fprintf (stderr, "no memory for a test case\n");
    exit (1);
  }
  return memory;
}

static float *
random_vector (dd_plan *plan, random_dice *dice, int64_t n, float mean, float deviation)
{
  float *vector = need (plan, (uint64_t) n, sizeof *vector);

  for (int64_t i = 0; i < n; i++)
    vector[i] = mean + deviation * dice_normal (dice);
  return vector;
}

static dd_weight
random_matrix (step_case *c, random_dice *dice, dd_type type, int64_t rows, int64_t columns)
{
  uint64_t row_bytes = dd_type_row_bytes (type, (uint64_t) columns);
  uint64_t bytes = row_bytes * (uint64_t) rows;
  /* Files promise blocks no more than 2-byte alignment, floats their own. */
  size_t shift = dd_type_get (type)->block > 1 ? 2 * (size_t) dice_below (dice, 8) : 0;
  uint8_t *data = (uint8_t *) need (c->plan, bytes + 16, 1) + shift;

  random_weights (dice, type, (float) (1 / sqrt ((double) columns)), c->extreme, data,
                  (uint64_t) (rows * columns));
  return (dd_weight) { type, rows, columns, data, bytes };
}

static int
pick (random_dice *dice, const int *choices, int n)
{
  return choices[dice_below (dice, n)];
}
#define PICK(dice, ...)                                                                            \
  pick (dice, (const int[]) { __VA_ARGS__ },                                                       \
        (int) (sizeof ((const int[]) { __VA_ARGS__ }) / sizeof (int)))

/* Inputs of the step's weights: whole blocks of every type, else ragged. */
static int
pick_columns (step_case *c, random_dice *dice)
{
  uint32_t block = 1;

  for (int i = 0; i < c->n_types; i++) {
    uint32_t other = dd_type_get (c->types[i])->block;

    block = other > block ? other : block;
  }
  if (block == 256)
    return PICK (dice, 256, 512, 768);
  return block == 32 ? PICK (dice, 32, 64, 96, 160, 288, 544) : PICK (dice, 40, 77, 128, 200, 333);
}

static int
pick_outputs (random_dice *dice)
{
  return PICK (dice, 16, 17, 31, 33, 50, 64, 127, 200, 257);
}

/* Room beyond what the step needs, which it must neither read nor need. */
static int64_t
set_width (step_case *c, random_dice *dice, dd_buffer buffer, int64_t width)
{
  if (c->plan->width[buffer] == 0)
    c->plan->width[buffer] = width + PICK (dice, 0, 0, 7, 64);
  return c->plan->width[buffer];
}

static void
draw_rope (step_case *c, random_dice *dice, dd_step *step)
{
  dd_rope *rope = &step->qkv.rope;
  double *frequencies = need (c->plan, (uint64_t) step->head_dim / 2, sizeof *frequencies);
  double base = PICK (dice, 10000, 1000000);

  rope->style = (dd_rope_style) dice_below (dice, 3);
  rope->dims = dice_below (dice, 3) ? step->head_dim : step->head_dim / 4 * 2;
  rope->magnitude = dice_below (dice, 3) ? 1 : 1.1f;
  for (int i = 0; i < rope->dims / 2; i++)
    frequencies[i] = pow (base, -2.0 * i / rope->dims);
  rope->frequencies = frequencies;
}

static void
draw_geometry (random_dice *dice, dd_step *step, bool attend)
{
  static const int dims[] = { 64, 80, 128, 34, 70, 256 }; /* not all are whole fours */
  int ratio = PICK (dice, 1, 2, 3, 4, 8);

  step->head_dim = dims[dice_below (dice, attend ? 6 : 5)];
  step->kv_heads = ratio < 4 ? 1 + dice_below (dice, 2) : 1;
  step->heads = step->kv_heads * ratio;
}

static void
draw_qkv (step_case *c, random_dice *dice, dd_step *step, bool real)
{
  int64_t columns = real ? pick_columns (c, dice) : 32;
  dd_type other = DD_TYPE_F32;
  dd_qkv *qkv = &step->qkv;
  int64_t q_width, kv_width;

  step->kind = DD_STEP_QKV;
  step->in = DD_BUFFER_X;
  step->out = DD_BUFFER_Q;
  if (real)
    draw_geometry (dice, step, false);
  q_width = (int64_t) step->heads * step->head_dim;
  kv_width = (int64_t) step->kv_heads * step->head_dim;
  qkv->eps = dice_below (dice, 2) ? 1e-5f : 1e-6f;
  qkv->norm = random_vector (c->plan, dice, columns, 1, 0.2f);
  qkv->q = random_matrix (c, dice, real ? c->types[0] : other, q_width, columns);
  qkv->k = random_matrix (c, dice, real ? c->types[1] : other, kv_width, columns);
  qkv->v = random_matrix (c, dice, real ? c->types[2] : other, kv_width, columns);
  if (dice_below (dice, 3) == 0) {
    qkv->q_bias = random_vector (c->plan, dice, q_width, 0, 0.5f);
    qkv->k_bias = random_vector (c->plan, dice, kv_width, 0, 0.5f);
    qkv->v_bias = random_vector (c->plan, dice, kv_width, 0, 0.5f);
  }
  if (dice_below (dice, 3) == 0) {
    qkv->q_norm = random_vector (c->plan, dice, step->head_dim, 1, 0.2f);
    qkv->k_norm = random_vector (c->plan, dice, step->head_dim, 1, 0.2f);
  }
  draw_rope (c, dice, step);
  c->in_stride = set_width (c, dice, DD_BUFFER_X, columns);
  c->out_stride = set_width (c, dice, DD_BUFFER_Q, q_width);
  c->out_width = q_width;
  c->kv_width = kv_width;
}

static void
draw_attend (step_case *c, random_dice *dice, dd_step *steps)
{
  dd_step *step = &steps[1];
  dd_attend *attend = &step->attend;

  step->kind = DD_STEP_ATTEND;
  draw_geometry (dice, step, true);
  steps[0] = *step;
  draw_qkv (c, dice, &steps[0], false);
  step->in = DD_BUFFER_Q;
  step->out = DD_BUFFER_O;
  attend->scale = (float) (1 / sqrt ((double) step->head_dim)) * (c->extreme ? 8 : 1);
  attend->cap = dice_below (dice, 3) ? 0 : 5;
  attend->window = dice_below (dice, 2) ? 0 : PICK (dice, 1, 7, 33, 64, 100);
  c->in_stride = c->plan->width[DD_BUFFER_Q];
  c->out_stride = set_width (c, dice, DD_BUFFER_O, c->out_width);
}

static void
draw_embed (step_case *c, random_dice *dice, dd_step *step)
{
  int64_t columns = pick_columns (c, dice);

  c->plan->n_vocab = pick_outputs (dice);
  step->out = DD_BUFFER_X;
  step->embed.table = random_matrix (c, dice, c->types[0], c->plan->n_vocab, columns);
  step->embed.scale = dice_below (dice, 2) ? 1 : 12.5f;
  c->out_stride = set_width (c, dice, DD_BUFFER_X, columns);
  c->out_width = columns;
}

static void
draw_project (step_case *c, random_dice *dice, dd_step *step)
{
  int64_t columns = pick_columns (c, dice);
  int64_t rows = pick_outputs (dice);
  dd_project *project = &step->project;

  step->in = dice_below (dice, 2) ? DD_BUFFER_O : DD_BUFFER_H;
  step->out = DD_BUFFER_X;
  project->w = random_matrix (c, dice, c->types[0], rows, columns);
  project->eps = 1e-5f;
  project->scale = dice_below (dice, 2) ? 1 : 0.25f;
  if (dice_below (dice, 3) == 0)
    project->bias = random_vector (c->plan, dice, rows, 0, 0.5f);
  if (dice_below (dice, 3) == 0)
    project->post_norm = random_vector (c->plan, dice, rows, 1, 0.2f);
  c->in_stride = set_width (c, dice, step->in, columns);
  c->out_stride = set_width (c, dice, DD_BUFFER_X, rows);
  c->out_width = rows;
}

static void
draw_gate (step_case *c, random_dice *dice, dd_step *step)
{
  int64_t columns = pick_columns (c, dice);
  int64_t rows = pick_outputs (dice);
  dd_gate *gate = &step->gate;

  step->in = DD_BUFFER_X;
  step->out = DD_BUFFER_H;
  gate->norm = random_vector (c->plan, dice, columns, 1, 0.2f);
  gate->eps = 1e-5f;
  gate->gate = random_matrix (c, dice, c->types[0], rows, columns);
  gate->up = random_matrix (c, dice, c->types[1], rows, columns);
  gate->activation = dice_below (dice, 2) ? DD_ACTIVATION_SILU : DD_ACTIVATION_GELU;
  c->in_stride = set_width (c, dice, DD_BUFFER_X, columns);
  c->out_stride = set_width (c, dice, DD_BUFFER_H, rows);
  c->out_width = rows;
}

static void
draw_head (step_case *c, random_dice *dice, dd_step *step)
{
  int64_t columns = pick_columns (c, dice);
  dd_head *head = &step->head;

  c->plan->n_vocab = pick_outputs (dice);
  step->in = DD_BUFFER_X;
  head->norm = random_vector (c->plan, dice, columns, 1, 0.2f);
  head->eps = 1e-6f;
  head->w = random_matrix (c, dice, c->types[0], c->plan->n_vocab, columns);
  head->scale = dice_below (dice, 2) ? 1 : 0.125f;
  head->cap = dice_below (dice, 3) ? 0 : 2;
  c->in_stride = set_width (c, dice, DD_BUFFER_X, columns);
}

/* Row counts of a case, and how many rows go to each sequence. */
static void
draw_rows (step_case *c, random_dice *dice, int shape)
{
  static const int shapes[STEP_SHAPES][2] = {
    /* prompt, decode */
    { 0, 1 },  { 0, 2 },  { 0, 3 },  { 0, 8 }, { 0, 16 }, { 1, 0 },  { 5, 0 },
    { 17, 0 }, { 33, 0 }, { 70, 0 }, { 9, 4 }, { 0, 5 },  { 0, 17 }, { 0, 33 },
    { 0, 65 }, { 2, 0 },  { 3, 0 },  { 8, 0 }, { 16, 0 }, { 65, 0 },
  };

  c->n_prompt = shapes[shape][0];
  c->n_decode = shapes[shape][1];
}

/* Positions before the first row: fewer where attention would cost the judge too long. */
static int
draw_start (const step_case *c, random_dice *dice)
{
  const dd_step *step = &c->plan->steps[c->step];
  int n = c->n_prompt + c->n_decode;
  int most = 150;

  if (step->kind == DD_STEP_ATTEND)
    most = 2000000 / (n * step->heads * step->head_dim);
  return dice_below (dice, most < 150 ? most + 1 : 151);
}

/* Every sequence gets its own pages, numbers scattered over the pool. */
static void
draw_pages (step_case *c, random_dice *dice, dd_sequence *sequences, uint32_t n_sequences)
{
  uint32_t n_each = (uint32_t) (c->positions + DD_PAGE_TOKENS - 1) / DD_PAGE_TOKENS;
  uint32_t *numbers;

  c->n_pages = n_each * n_sequences + (uint32_t) dice_below (dice, 3);
  numbers = need (c->plan, c->n_pages, sizeof *numbers);
  for (uint32_t i = 0; i < c->n_pages; i++) {
    uint32_t j = (uint32_t) dice_below (dice, (int) i + 1);

    numbers[i] = numbers[j];
    numbers[j] = i;
  }
  for (uint32_t s = 0; s < n_sequences; s++)
    sequences[s] = (dd_sequence) { numbers + s * n_each, n_each };
}

static void
draw_batch (step_case *c, random_dice *dice)
{
  int n = c->n_prompt + c->n_decode;
  uint32_t n_sequences = 1 + (uint32_t) dice_below (dice, c->n_prompt ? 3 : 16);
  dd_row *rows = need (c->plan, (uint64_t) n, sizeof *rows);
  dd_sequence *sequences;
  int next[16];

  if (n_sequences > (uint32_t) n)
    n_sequences = (uint32_t) n;
  sequences = need (c->plan, n_sequences, sizeof *sequences);
  for (uint32_t s = 0; s < n_sequences; s++)
    next[s] = draw_start (c, dice);
  for (int i = 0; i < n; i++) {
    uint32_t s = (uint32_t) dice_below (dice, (int) n_sequences);

    rows[i].token = (dd_token) dice_below (dice, (int) c->plan->n_vocab);
    rows[i].sequence = s;
    rows[i].position = next[s]++;
    rows[i].logits = i == n - 1 || dice_below (dice, 3) > 0;
  }
  for (uint32_t s = 0; s < n_sequences; s++)
    c->positions = next[s] > c->positions ? next[s] : c->positions;
  draw_pages (c, dice, sequences, n_sequences);
  c->batch = (dd_batch) { .rows = rows,
                          .n_prompt = c->n_prompt,
                          .n_decode = c->n_decode,
                          .sequences = sequences,
                          .n_sequences = n_sequences };
}

/* Ordinary rows, or one of the ways in which rows are extreme. */
static void
draw_row (const step_case *c, random_dice *dice, float *row, int64_t n)
{
  int fate = c->extreme ? dice_below (dice, c->large ? 7 : 5) : 6;

  for (int64_t i = 0; i < n; i++)
    row[i] = dice_normal (dice);
  for (int64_t i = 0; i < n && fate < 5; i++)
    row[i] = fate == 0 ? 0 : fate == 1 ? row[i] * 0.01f : fate == 2 ? 1 : row[i];
  if (fate == 3)
    row[dice_below (dice, (int) n)] = 100;
  if (fate == 4)
    memset (row, 0, (size_t) (n / 2) * sizeof *row);
  for (int64_t i = 0; i < n && fate == 5; i++)
    row[i] *= dice_below (dice, 2) ? 1e5f : 1e-20f;
}

static float *
draw_buffer (step_case *c, random_dice *dice, int64_t width, int64_t stride, float scale)
{
  int n = c->n_prompt + c->n_decode;
  float *rows = need (c->plan, (uint64_t) (n * stride), sizeof *rows);

  for (int r = 0; r < n; r++) {
    float *row = rows + r * stride;

    if (scale > 0)
      draw_row (c, dice, row, width);
    for (int64_t i = 0; i < stride; i++)
      row[i] = i < width && scale > 0 ? row[i] * scale : NAN;
  }
  return rows;
}

static void
draw_cache (step_case *c, random_dice *dice)
{
  uint64_t n = (uint64_t) c->batch.n_sequences * (uint64_t) c->positions * (uint64_t) c->kv_width;

  for (int side = 0; side < 2; side++) {
    c->cached[side] = need (c->plan, n, sizeof *c->cached[side]);
    for (uint64_t i = 0; i < n; i++)
      c->cached[side][i] = dice_normal (dice);
  }
}

static void
draw_data (step_case *c, random_dice *dice)
{
  const dd_step *step = &c->plan->steps[c->step];
  bool adds = step->kind == DD_STEP_PROJECT;
  const dd_weight *weights[3];

  if (step->kind == DD_STEP_ATTEND)
    c->in = draw_buffer (c, dice, c->out_width, c->in_stride, 1);
  else if (step->kind != DD_STEP_EMBED && dd_step_weights (step, weights))
    c->in = draw_buffer (c, dice, weights[0]->columns, c->in_stride, 1);
  if (c->out_width)
    c->out = draw_buffer (c, dice, c->out_width, c->out_stride, adds ? 0.1f : 0);
  if (c->kv_width)
    draw_cache (c, dice);
}

step_case *
step_case_new (dd_step_kind kind, int number)
{
  random_dice dice = { (uint64_t) kind << 32 | (uint64_t) number };
  step_case *c = calloc (1, sizeof *c);
  bool mixed;

  if (!c || !(c->plan = calloc (1, sizeof *c->plan)))
    exit (1);
  dd_arena_init (&c->plan->arena, DD_TAG_PLAN);
  c->kind = kind;
  c->number = number;
  c->extreme = dice_below (&dice, 4) == 0;
  c->large = c->extreme && kind != DD_STEP_ATTEND && dice_below (&dice, 2);
  c->cache = dice_below (&dice, 2) ? DD_CACHE_F16 : DD_CACHE_F32;
  mixed = dice_below (&dice, 2);
  c->n_types = kind == DD_STEP_QKV ? 3 : kind == DD_STEP_GATE ? 2 : kind == DD_STEP_ATTEND ? 0 : 1;
  for (int i = 0; i < c->n_types; i++)
    c->types[i] = i > 0 && mixed ? random_types[dice_below (&dice, RANDOM_TYPES)]
                                 : random_types[number % RANDOM_TYPES];
  c->plan->n_vocab = 16;
  c->plan->n_layers = 1;
  c->plan->context = 4096;
  c->plan->n_steps = kind == DD_STEP_ATTEND ? 2 : 1;
  c->plan->steps = need (c->plan, 2, sizeof *c->plan->steps);
  c->step = c->plan->n_steps - 1;
  c->plan->steps[c->step].kind = kind;
  draw_rows (c, &dice, number / RANDOM_TYPES % STEP_SHAPES);
  switch (kind) {
  case DD_STEP_EMBED: draw_embed (c, &dice, c->plan->steps); break;
  case DD_STEP_QKV: draw_qkv (c, &dice, c->plan->steps, true); break;
  case DD_STEP_ATTEND: draw_attend (c, &dice, c->plan->steps); break;
  case DD_STEP_PROJECT: draw_project (c, &dice, c->plan->steps); break;
  case DD_STEP_GATE: draw_gate (c, &dice, c->plan->steps); break;
  default: draw_head (c, &dice, c->plan->steps); break;
  }
  draw_batch (c, &dice);
  draw_data (c, &dice);
  return c;
}

void
step_case_free (step_case **c)
{
  if (!*c)
    return;
  dd_arena_clear (&(*c)->plan->arena);
  free ((*c)->plan);
  free (*c);
  *c = NULL;
}

void
step_case_print (const step_case *c, char *text, size_t size)
{
  const dd_step *step = &c->plan->steps[c->step];
  const dd_weight *weights[3];
  int n = dd_step_weights (step, weights);
  int at = snprintf (text, size, "%s/%d: %d prompt + %d decode rows in %u sequences%s",
                     dd_step_name (c->kind), c->number, c->n_prompt, c->n_decode,
                     c->batch.n_sequences, c->extreme ? ", extreme" : "");

  for (int i = 0; i < n; i++)
    at += snprintf (text + at, size - (size_t) at, ", %s %lldx%lld",
                    dd_type_get ((uint32_t) weights[i]->type)->name, (long long) weights[i]->rows,
                    (long long) weights[i]->columns);
  if (c->kv_width)
    at += snprintf (text + at, size - (size_t) at, ", %s cache, %d/%d heads of %d, %d positions",
                    c->cache == DD_CACHE_F16 ? "F16" : "F32", step->heads, step->kv_heads,
                    step->head_dim, c->positions);
  if (c->kind == DD_STEP_ATTEND)
    snprintf (text + at, size - (size_t) at, ", window %d, cap %g", step->attend.window,
              (double) step->attend.cap);
  if (c->kind == DD_STEP_QKV)
    snprintf (text + at, size - (size_t) at, ", rope %d of %d%s%s", step->qkv.rope.style,
              step->qkv.rope.dims, step->qkv.q_bias ? ", bias" : "",
              step->qkv.q_norm ? ", head norm" : "");
}
