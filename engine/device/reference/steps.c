/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The arithmetic of every step, written to be compared with plan/plan.h line by
 * line: one row after the other, sums in double from the first element to the
 * last.  This file is the specification that all devices are tested against.
 */
#include <math.h>
#include <string.h>

#include "device/logits.h"
#include "device/reference/private.h"

#define MOST_HEAD_DIM 256

/* One step of one submission. */
typedef struct step_run {
  reference_loaded *loaded;
  reference_work *work;
  const dd_plan *plan;
  const dd_batch *batch;
  const dd_step *step;
  const reference_work *picks;
  int n_rows;
} step_run;

static float *
buffer_row (const step_run *run, dd_buffer buffer, int row)
{
  return run->work->buffers[buffer] + row * run->plan->width[buffer];
}

/* Where the token at `position` of a row's sequence is kept. */
static uint32_t
page_of (const step_run *run, int row, int32_t position)
{
  const dd_sequence *sequence = &run->batch->sequences[run->batch->rows[row].sequence];

  return sequence->pages[position / DD_PAGE_TOKENS];
}

/* x / sqrt (mean (x^2) + eps) * scale */
static void
rms_norm (double *x, const float *scale, float eps, int64_t n)
{
  double sum = 0;

  for (int64_t i = 0; i < n; i++)
    sum += x[i] * x[i];
  for (int64_t i = 0; i < n; i++)
    x[i] = x[i] / sqrt (sum / (double) n + eps) * scale[i];
}

/* Row `row` of the step's input, widened to `out`. */
static void
read_input (const step_run *run, int row, int64_t n, double *out)
{
  const float *x = buffer_row (run, run->step->in, row);

  for (int64_t i = 0; i < n; i++)
    out[i] = x[i];
}

/* out[r * stride + i] = row i of W . row r of work->in, + bias */
static void
product (const step_run *run,
         const dd_weight *w,
         const float *bias,
         int n_rows,
         double *out,
         int64_t stride)
{
  uint64_t row_bytes = dd_type_row_bytes (w->type, (uint64_t) w->columns);
  float *weights = run->work->weights;

  for (int64_t i = 0; i < w->rows && !atomic_load (&run->work->cancelled); i++) {
    dd_dequantise (w->type, (const uint8_t *) w->data + (uint64_t) i * row_bytes, weights,
                   (size_t) w->columns);
    for (int r = 0; r < n_rows; r++) {
      const double *in = run->work->in + r * w->columns;
      double sum = 0;

      for (int64_t c = 0; c < w->columns; c++)
        sum += weights[c] * in[c];
      out[r * stride + i] = sum + (bias ? bias[i] : 0);
    }
  }
}

static void
run_embed (const step_run *run)
{
  const dd_weight *table = &run->step->embed.table;
  uint64_t row_bytes = dd_type_row_bytes (table->type, (uint64_t) table->columns);

  for (int r = 0; r < run->n_rows; r++) {
    dd_token token = run->batch->rows[r].token;
    float *out = buffer_row (run, run->step->out, r);

    if (token < 0)
      token = dd_logits_pick (run->picks->logits + (-1 - token) * run->plan->n_vocab,
                              run->plan->n_vocab);
    dd_dequantise (table->type, (const uint8_t *) table->data + (uint64_t) token * row_bytes, out,
                   (size_t) table->columns);
    for (int64_t i = 0; i < table->columns; i++)
      out[i] *= run->step->embed.scale;
  }
}

static void
turn (double *x, double *y, double angle, double magnitude)
{
  double a = *x;
  double b = *y;

  *x = (a * cos (angle) - b * sin (angle)) * magnitude;
  *y = (a * sin (angle) + b * cos (angle)) * magnitude;
}

static void
rotate (double *head, const dd_rope *rope, int32_t position)
{
  int half = rope->dims / 2;

  if (rope->style == DD_ROPE_NONE)
    return;
  for (int i = 0; i < half; i++) {
    double angle = position * rope->frequencies[i];

    if (rope->style == DD_ROPE_PAIRS)
      turn (&head[2 * i], &head[2 * i + 1], angle, rope->magnitude);
    else
      turn (&head[i], &head[i + half], angle, rope->magnitude);
  }
}

/* Norm, where there is one, and rotation of each head of a row's q or k. */
static void
finish_heads (const step_run *run, int row, double *x, int heads, const float *norm)
{
  int dim = run->step->head_dim;

  for (int h = 0; h < heads; h++) {
    if (norm)
      rms_norm (x + h * dim, norm, run->step->qkv.eps, dim);
    rotate (x + h * dim, &run->step->qkv.rope, run->batch->rows[row].position);
  }
}

static void
store_cache (const step_run *run, int row, int side, double *x)
{
  const dd_step *step = run->step;
  int32_t position = run->batch->rows[row].position;

  for (int h = 0; h < step->kv_heads; h++) {
    float rounded[MOST_HEAD_DIM];

    for (int i = 0; i < step->head_dim; i++)
      rounded[i] = (float) x[h * step->head_dim + i];
    reference_cache_write (run->loaded, step->layer, page_of (run, row, position),
                           position % DD_PAGE_TOKENS, side, h * step->head_dim, step->head_dim,
                           rounded);
  }
}

static void
run_qkv (const step_run *run)
{
  const dd_step *step = run->step;
  const dd_qkv *qkv = &step->qkv;
  int64_t stride = qkv->q.rows + qkv->k.rows + qkv->v.rows;
  double *q = run->work->out;
  double *k = q + qkv->q.rows;
  double *v = k + qkv->k.rows;

  for (int r = 0; r < run->n_rows; r++) {
    double *in = run->work->in + r * qkv->q.columns;

    read_input (run, r, qkv->q.columns, in);
    rms_norm (in, qkv->norm, qkv->eps, qkv->q.columns);
  }
  product (run, &qkv->q, qkv->q_bias, run->n_rows, q, stride);
  product (run, &qkv->k, qkv->k_bias, run->n_rows, k, stride);
  product (run, &qkv->v, qkv->v_bias, run->n_rows, v, stride);
  for (int r = 0; r < run->n_rows; r++) {
    float *out = buffer_row (run, step->out, r);

    finish_heads (run, r, q + r * stride, step->heads, qkv->q_norm);
    finish_heads (run, r, k + r * stride, step->kv_heads, qkv->k_norm);
    for (int64_t i = 0; i < qkv->q.rows; i++)
      out[i] = (float) q[r * stride + i];
    store_cache (run, r, 0, k + r * stride);
    store_cache (run, r, 1, v + r * stride);
  }
}

/* One head of one side of the token at `position`. */
static void
read_cache (const step_run *run, int row, int32_t position, int side, int kv_head, float *out)
{
  const dd_step *step = run->step;

  reference_cache_read (run->loaded, step->layer, page_of (run, row, position),
                        position % DD_PAGE_TOKENS, side, kv_head * step->head_dim, step->head_dim,
                        out);
}

static double
score (const step_run *run, int row, int head, int32_t position)
{
  const dd_step *step = run->step;
  const float *q = buffer_row (run, step->in, row) + head * step->head_dim;
  float k[MOST_HEAD_DIM];
  double sum = 0;

  read_cache (run, row, position, 0, head / (step->heads / step->kv_heads), k);
  for (int i = 0; i < step->head_dim; i++)
    sum += (double) q[i] * k[i];
  sum *= step->attend.scale;
  return step->attend.cap > 0 ? step->attend.cap * tanh (sum / step->attend.cap) : sum;
}

/* softmax (s) v of one head: a pass for the largest score, a pass for the sums. */
static void
attend_head (const step_run *run, int row, int head)
{
  const dd_step *step = run->step;
  int dim = step->head_dim;
  int32_t last = run->batch->rows[row].position;
  int window = step->attend.window;
  int32_t first = window > 0 && last >= window ? last - window + 1 : 0;
  float *out = buffer_row (run, step->out, row) + head * dim;
  double gathered[MOST_HEAD_DIM] = { 0 };
  double largest = -INFINITY;
  double total = 0;

  for (int32_t p = first; p <= last; p++)
    largest = fmax (largest, score (run, row, head, p));
  for (int32_t p = first; p <= last; p++) {
    double weight = exp (score (run, row, head, p) - largest);
    float v[MOST_HEAD_DIM];

    read_cache (run, row, p, 1, head / (step->heads / step->kv_heads), v);
    for (int i = 0; i < dim; i++)
      gathered[i] += weight * v[i];
    total += weight;
  }
  for (int i = 0; i < dim; i++)
    out[i] = (float) (gathered[i] / total);
}

static void
run_attend (const step_run *run)
{
  for (int r = 0; r < run->n_rows && !atomic_load (&run->work->cancelled); r++) {
    for (int h = 0; h < run->step->heads; h++)
      attend_head (run, r, h);
  }
}

static void
run_project (const step_run *run)
{
  const dd_project *project = &run->step->project;
  int64_t n = project->w.rows;

  for (int r = 0; r < run->n_rows; r++)
    read_input (run, r, project->w.columns, run->work->in + r * project->w.columns);
  product (run, &project->w, project->bias, run->n_rows, run->work->out, n);
  for (int r = 0; r < run->n_rows; r++) {
    double *y = run->work->out + r * n;
    float *out = buffer_row (run, run->step->out, r);

    if (project->post_norm)
      rms_norm (y, project->post_norm, project->eps, n);
    for (int64_t i = 0; i < n; i++)
      out[i] = (float) (out[i] + project->scale * y[i]);
  }
}

static double
activate (dd_activation activation, double x)
{
  if (activation == DD_ACTIVATION_SILU)
    return x / (1 + exp (-x));
  return 0.5 * x * (1 + tanh (sqrt (2 / acos (-1.0)) * (x + 0.044715 * x * x * x)));
}

static void
run_gate (const step_run *run)
{
  const dd_gate *gate = &run->step->gate;
  int64_t n = gate->gate.rows;
  double *g = run->work->out;
  double *u = g + n;

  for (int r = 0; r < run->n_rows; r++) {
    double *in = run->work->in + r * gate->gate.columns;

    read_input (run, r, gate->gate.columns, in);
    rms_norm (in, gate->norm, gate->eps, gate->gate.columns);
  }
  product (run, &gate->gate, NULL, run->n_rows, g, 2 * n);
  product (run, &gate->up, NULL, run->n_rows, u, 2 * n);
  for (int r = 0; r < run->n_rows; r++) {
    float *out = buffer_row (run, run->step->out, r);

    for (int64_t i = 0; i < n; i++)
      out[i] = (float) (activate (gate->activation, g[r * 2 * n + i]) * u[r * 2 * n + i]);
  }
}

static void
run_head (const step_run *run)
{
  const dd_head *head = &run->step->head;
  int64_t n = head->w.rows;
  int asked = 0;

  for (int r = 0; r < run->n_rows; r++) {
    double *in = run->work->in + asked * head->w.columns;

    if (!run->batch->rows[r].logits)
      continue;
    read_input (run, r, head->w.columns, in);
    rms_norm (in, head->norm, head->eps, head->w.columns);
    asked++;
  }
  product (run, &head->w, NULL, asked, run->work->out, n);
  for (int64_t i = 0; i < asked * n; i++) {
    double z = head->scale * run->work->out[i];

    run->work->logits[i] = (float) (head->cap > 0 ? head->cap * tanh (z / head->cap) : z);
  }
}

void
reference_run (const reference_submission *submission)
{
  static void (*const kinds[DD_STEP_KINDS]) (const step_run *) = {
    [DD_STEP_EMBED] = run_embed,     [DD_STEP_QKV] = run_qkv,   [DD_STEP_ATTEND] = run_attend,
    [DD_STEP_PROJECT] = run_project, [DD_STEP_GATE] = run_gate, [DD_STEP_HEAD] = run_head,
  };
  reference_work *work = submission->work;
  step_run run = {
    .loaded = (reference_loaded *) work->base.loaded,
    .work = work,
    .plan = work->base.loaded->plan,
    .batch = &submission->batch,
    .picks = submission->picks,
    .n_rows = submission->batch.n_prompt + submission->batch.n_decode,
  };

  for (size_t i = 0; i < submission->count && !atomic_load (&work->cancelled); i++) {
    run.step = &run.plan->steps[submission->first + i];
    kinds[run.step->kind](&run);
  }
}
