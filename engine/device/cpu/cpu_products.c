/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The steps with products: QKV, PROJECT, GATE, HEAD.  Each has a part for the
 * prompt rows and one for groups of decode rows; in both, activations are
 * normed and brought into the products' forms, and then threads take rows of
 * weights and finish what comes out of them on the spot.
 *
 * HEAD always takes the decode part, whatever a row's kind: its rows are few.
 */
#include "device/cpu/cpu_private.h"

/* Rows of activations on their way into products. */
typedef struct inputs {
  const float *rows[DD_VECTORS];
  int count;
  int64_t columns;
  const float *norm; /* NULL: taken as they are, and then neighbours `stride` apart */
  float eps;
  int64_t stride;
} inputs;

/* ---- prompt rows ---- */

static int64_t
common_group (const cpu_step *self)
{
  int64_t group = 1;

  for (int i = 0; i < self->n_products; i++) {
    int64_t a = group;
    int64_t b = self->products[i].gemm->group;

    while (b != 0) {
      int64_t rest = a % b;

      a = b;
      b = rest;
    }
    group = group / a * self->products[i].gemm->group;
  }
  return group;
}

static void
pack_rows (cpu_run *run,
           const cpu_step *self,
           const float *x,
           int64_t stride,
           int64_t first,
           int64_t last)
{
  unsigned left = self->packs;

  for (int i = 0; i < self->n_products; i++) {
    const cpu_product *product = &self->products[i];
    int form = product->gemm->pack_form;

    if (left & 1u << form)
      product->gemm->pack (x, stride, product->columns, run->n_prompt, first, last,
                           run->work->packed[form]);
    left &= ~(1u << form);
  }
}

/* Norms (unless `norm` is NULL) and packs all prompt rows of a buffer. */
static void
prepare_prompt (cpu_run *run, const cpu_step *self, dd_buffer buffer, const float *norm, float eps)
{
  int64_t columns = self->products[0].columns;
  int64_t group = common_group (self);
  int64_t stride = norm ? run->loaded->needs.normed_stride : run->loaded->needs.stride[buffer];
  float *x = norm ? run->work->normed : run->work->buffers[buffer];
  int64_t first, last;

  while (cpu_take (run, run->n_prompt, group, &first, &last)) {
    for (int64_t row = first; norm && row < last; row++)
      run->vec->rms_norm (cpu_row (run, buffer, row), norm, eps, columns, x + row * stride);
    pack_rows (run, self, x, stride, first, last);
  }
  cpu_meet (run);
}

/* Weight rows [first, first + rows) with all prompt rows; stops early when cancelled. */
static void
multiply_prompt (const cpu_run *run,
                 const cpu_area *area,
                 const cpu_product *product,
                 int64_t first,
                 int64_t rows,
                 float *out,
                 int64_t out_stride)
{
  const dd_gemm *gemm = product->gemm;

  for (int64_t i = 0; i < rows && !cpu_cancelled (run); i += gemm->tile)
    gemm->multiply (product->data + (uint64_t) (first + i) * product->row_bytes, product->row_bytes,
                    rows - i < gemm->tile ? rows - i : gemm->tile, product->columns,
                    run->work->packed[gemm->pack_form], run->n_prompt, out + i, out_stride,
                    area->scratch);
}

/* ---- decode rows ---- */

static inputs
decode_inputs (const cpu_run *run,
               dd_buffer buffer,
               int first,
               int count,
               int64_t columns,
               const float *norm,
               float eps)
{
  inputs in = {
    .count = count,
    .columns = columns,
    .norm = norm,
    .eps = eps,
    .stride = run->loaded->needs.stride[buffer],
  };

  for (int i = 0; i < count; i++)
    in.rows[i] = cpu_row (run, buffer, run->n_prompt + first + i);
  return in;
}

static void
lay_out (const cpu_step *self,
         const inputs *in,
         void *const forms[DD_FORMS],
         const float *x,
         int64_t stride,
         dd_vectors vectors[DD_FORMS])
{
  for (int form = 0; form < DD_FORMS; form++) {
    if (!(self->forms & 1u << form))
      continue;
    if (form == DD_FORM_F32)
      vectors[form] = (dd_vectors) {
        .form = DD_FORM_F32,
        .count = in->count,
        .columns = in->columns,
        .x = x,
        .x_stride = stride,
      };
    else
      dd_vectors_layout (&vectors[form], (dd_form) form, in->columns, in->count, forms[form]);
  }
}

static void
quantise_row (const cpu_run *run,
              const cpu_step *self,
              const inputs *in,
              int row,
              float *normed,
              dd_vectors vectors[DD_FORMS])
{
  const float *x = in->rows[row];

  if (in->norm) {
    run->vec->rms_norm (x, in->norm, in->eps, in->columns, normed);
    x = normed;
  }
  for (int form = DD_FORM_F32 + 1; form < DD_FORMS; form++) {
    if (self->forms & 1u << form)
      run->device->quantise (x, &vectors[form], row, 0, in->columns);
  }
}

/* Norms and quantises decode rows.  For a row or two every thread does it all for
 * itself, which is quicker than meeting. */
static void
prepare_decode (cpu_run *run,
                const cpu_step *self,
                const inputs *in,
                int thread,
                dd_vectors vectors[DD_FORMS])
{
  const cpu_area *area = &run->work->areas[thread];
  bool alone = in->count <= CPU_PRIVATE;
  float *normed = alone ? area->normed : run->work->normed;
  int64_t stride = run->loaded->needs.normed_stride;
  int64_t row, next;

  lay_out (self, in, alone ? area->forms : run->work->forms, in->norm ? normed : in->rows[0],
           in->norm ? stride : in->stride, vectors);
  if (alone) {
    for (int i = 0; i < in->count && !cpu_cancelled (run); i++)
      quantise_row (run, self, in, i, normed + i * stride, vectors);
    return;
  }
  while (cpu_take (run, in->count, 1, &row, &next))
    quantise_row (run, self, in, (int) row, normed + row * stride, vectors);
  cpu_meet (run);
}

static void
multiply_decode (const cpu_product *product,
                 const dd_vectors vectors[DD_FORMS],
                 int64_t first,
                 int64_t rows,
                 float *out,
                 int64_t out_stride)
{
  product->dots->dots (product->data + (uint64_t) first * product->row_bytes, product->row_bytes,
                       rows, &vectors[product->dots->form], out, out_stride);
}

/* Weight rows that a thread takes at a time: about 512 KB, less where that would
 * leave threads idle, always whole cache lines of outputs. */
static int64_t
decode_grain (const cpu_run *run, const cpu_product *product)
{
  int64_t grain = (int64_t) (UINT64_C (512) * 1024 / product->row_bytes);
  int64_t share = product->rows / (4 * dd_pool_threads (run->device->pool));

  grain = grain < share ? grain : share;
  grain = cpu_round_up (grain > 1 ? grain : 1, 16);
  return grain < CPU_DECODE_ROWS ? grain : CPU_DECODE_ROWS;
}

static int
group_size (const cpu_run *run, int first)
{
  int left = run->n_decode - first;

  return left < DD_VECTORS ? left : DD_VECTORS;
}

/* ---- QKV ---- */

/* One head of the three: which product it is of and its number in there. */
typedef struct qkv_head {
  int which; /* 0 q, 1 k, 2 v */
  int number;
} qkv_head;

static qkv_head
find_head (const dd_step *step, int64_t unit)
{
  int number = (int) unit;

  if (number < step->heads)
    return (qkv_head) { 0, number };
  number -= step->heads;
  if (number < step->kv_heads)
    return (qkv_head) { 1, number };
  return (qkv_head) { 2, number - step->kv_heads };
}

static void
turn_head (const cpu_run *run, const cpu_step *self, int row, float *x)
{
  const cpu_needs *needs = &run->loaded->needs;
  const dd_rope *rope = &self->step->qkv.rope;
  const float *cosines = run->work->turns
                         + ((int64_t) self->turns * run->work->rows + row) * needs->turn_stride;
  const float *sines = cosines + rope->dims;

  if (rope->style == DD_ROPE_PAIRS)
    run->vec->turn_pairs (x, cosines, sines, rope->dims);
  else
    run->vec->turn_halves (x, cosines, sines, rope->dims);
}

/* Bias, norm and rotation of one head of one row; keys and values go into the cache. */
static void
finish_head (const cpu_run *run, const cpu_step *self, qkv_head head, int row, float *x)
{
  const dd_step *step = self->step;
  const dd_qkv *qkv = &step->qkv;
  const float *biases[] = { qkv->q_bias, qkv->k_bias, qkv->v_bias };
  const float *norms[] = { qkv->q_norm, qkv->k_norm, NULL };
  const float *bias = biases[head.which];
  const float *norm = norms[head.which];

  if (bias)
    run->vec->add (x, bias + (int64_t) head.number * step->head_dim, step->head_dim);
  if (norm)
    run->vec->rms_norm (x, norm, qkv->eps, step->head_dim, x);
  if (head.which < 2 && self->turns >= 0)
    turn_head (run, self, row, x);
  if (head.which > 0)
    cpu_store_head (run, &run->loaded->layers[step->layer], &run->batch->rows[row], head.which == 2,
                    head.number, x);
}

/* Where a head of rows from `row` on is computed: queries where they stay. */
static float *
head_place (const cpu_run *run,
            const cpu_step *self,
            const cpu_area *area,
            qkv_head head,
            int row,
            int64_t *stride)
{
  const dd_step *step = self->step;

  if (head.which > 0) {
    *stride = step->head_dim;
    return area->staging;
  }
  *stride = run->loaded->needs.stride[step->out];
  return cpu_row (run, step->out, row) + (int64_t) head.number * step->head_dim;
}

static void
qkv_prompt (cpu_run *run, const cpu_step *self, int thread)
{
  const dd_step *step = self->step;
  const cpu_area *area = &run->work->areas[thread];
  int64_t unit, next;

  prepare_prompt (run, self, step->in, step->qkv.norm, step->qkv.eps);
  while (cpu_take (run, step->heads + 2 * step->kv_heads, 1, &unit, &next)) {
    qkv_head head = find_head (step, unit);
    int64_t stride;
    float *out = head_place (run, self, area, head, 0, &stride);

    multiply_prompt (run, area, &self->products[head.which], (int64_t) head.number * step->head_dim,
                     step->head_dim, out, stride);
    for (int i = 0; i < run->n_prompt && !cpu_cancelled (run); i++)
      finish_head (run, self, head, i, out + i * stride);
  }
  cpu_meet (run);
}

static void
qkv_decode (cpu_run *run, const cpu_step *self, int first, int thread)
{
  const dd_step *step = self->step;
  const cpu_area *area = &run->work->areas[thread];
  inputs in = decode_inputs (run, step->in, first, group_size (run, first),
                             self->products[0].columns, step->qkv.norm, step->qkv.eps);
  int row = run->n_prompt + first;
  dd_vectors vectors[DD_FORMS];
  int64_t unit, next;

  prepare_decode (run, self, &in, thread, vectors);
  while (cpu_take (run, step->heads + 2 * step->kv_heads, 1, &unit, &next)) {
    qkv_head head = find_head (step, unit);
    int64_t stride;
    float *out = head_place (run, self, area, head, row, &stride);

    multiply_decode (&self->products[head.which], vectors, (int64_t) head.number * step->head_dim,
                     step->head_dim, out, stride);
    for (int i = 0; i < in.count; i++)
      finish_head (run, self, head, row + i, out + i * stride);
  }
  cpu_meet (run);
}

void
cpu_qkv (cpu_run *run, const cpu_step *self, int thread)
{
  if (run->n_prompt > 0)
    qkv_prompt (run, self, thread);
  for (int first = 0; first < run->n_decode; first += DD_VECTORS)
    qkv_decode (run, self, first, thread);
}

/* ---- PROJECT ---- */

/* What came out of weight rows [first, first + n) for rows of the batch from
 * `row` on goes into the sum, or where a norm comes before, aside. */
static void
add_projected (const cpu_run *run,
               const cpu_step *self,
               int row,
               int count,
               int64_t first,
               int64_t n,
               float *y,
               int64_t stride)
{
  const dd_project *project = &self->step->project;

  for (int i = 0; i < count; i++, y += stride) {
    if (project->bias)
      run->vec->add (y, project->bias + first, n);
    if (!project->post_norm)
      run->vec->add_scaled (cpu_row (run, self->step->out, row + i) + first, y, project->scale, n);
  }
}

static void
project_prompt (cpu_run *run, const cpu_step *self, int thread)
{
  const cpu_area *area = &run->work->areas[thread];
  const cpu_product *product = &self->products[0];
  bool aside = self->step->project.post_norm;
  int64_t stride = aside ? run->loaded->needs.normed_stride : product->gemm->tile;
  int64_t first, last;

  prepare_prompt (run, self, self->step->in, NULL, 0);
  while (cpu_take (run, product->rows, product->gemm->tile, &first, &last)) {
    float *y = aside ? run->work->normed + first : area->staging;

    multiply_prompt (run, area, product, first, last - first, y, stride);
    add_projected (run, self, 0, run->n_prompt, first, last - first, y, stride);
  }
  cpu_meet (run);
}

static void
project_decode (cpu_run *run, const cpu_step *self, int group, int thread)
{
  const cpu_area *area = &run->work->areas[thread];
  const cpu_product *product = &self->products[0];
  inputs in = decode_inputs (run, self->step->in, group, group_size (run, group), product->columns,
                             NULL, 0);
  int row = run->n_prompt + group;
  bool aside = self->step->project.post_norm;
  int64_t grain = decode_grain (run, product);
  int64_t stride = aside ? run->loaded->needs.normed_stride : grain;
  dd_vectors vectors[DD_FORMS];
  int64_t first, last;

  prepare_decode (run, self, &in, thread, vectors);
  while (cpu_take (run, product->rows, grain, &first, &last)) {
    float *y = aside ? run->work->normed + row * stride + first : area->staging;

    multiply_decode (product, vectors, first, last - first, y, stride);
    add_projected (run, self, row, in.count, first, last - first, y, stride);
  }
  cpu_meet (run);
}

static void
project_norm (cpu_run *run, const cpu_step *self)
{
  const dd_project *project = &self->step->project;
  int64_t n = self->products[0].rows;
  int64_t row, next;

  while (cpu_take (run, run->n_rows, 1, &row, &next)) {
    float *y = run->work->normed + row * run->loaded->needs.normed_stride;

    run->vec->rms_norm (y, project->post_norm, project->eps, n, y);
    run->vec->add_scaled (cpu_row (run, self->step->out, row), y, project->scale, n);
  }
  cpu_meet (run);
}

void
cpu_project (cpu_run *run, const cpu_step *self, int thread)
{
  if (run->n_prompt > 0)
    project_prompt (run, self, thread);
  for (int first = 0; first < run->n_decode; first += DD_VECTORS)
    project_decode (run, self, first, thread);
  if (self->step->project.post_norm)
    project_norm (run, self);
}

/* ---- GATE ---- */

static void
gate_rows (const cpu_run *run,
           const cpu_step *self,
           int row,
           int count,
           int64_t first,
           int64_t n,
           const float *gate,
           const float *up,
           int64_t stride)
{
  void (*join) (const float *, const float *, float *,
                int64_t) = self->step->gate.activation == DD_ACTIVATION_SILU ? run->vec->silu_mul
                                                                             : run->vec->gelu_mul;

  for (int i = 0; i < count; i++)
    join (gate + i * stride, up + i * stride, cpu_row (run, self->step->out, row + i) + first, n);
}

static void
gate_prompt (cpu_run *run, const cpu_step *self, int thread)
{
  const dd_gate *gate = &self->step->gate;
  const cpu_area *area = &run->work->areas[thread];
  int64_t a = self->products[0].gemm->tile;
  int64_t b = self->products[1].gemm->tile;
  int64_t tile = a < b ? a : b;
  float *up = area->staging + tile * run->n_prompt;
  int64_t first, last;

  prepare_prompt (run, self, self->step->in, gate->norm, gate->eps);
  while (cpu_take (run, self->products[0].rows, tile, &first, &last)) {
    multiply_prompt (run, area, &self->products[0], first, last - first, area->staging, tile);
    multiply_prompt (run, area, &self->products[1], first, last - first, up, tile);
    gate_rows (run, self, 0, run->n_prompt, first, last - first, area->staging, up, tile);
  }
  cpu_meet (run);
}

static void
gate_decode (cpu_run *run, const cpu_step *self, int group, int thread)
{
  const dd_gate *gate = &self->step->gate;
  const cpu_area *area = &run->work->areas[thread];
  inputs in = decode_inputs (run, self->step->in, group, group_size (run, group),
                             self->products[0].columns, gate->norm, gate->eps);
  int64_t grain = decode_grain (run, &self->products[0]);
  float *up = area->staging + grain * in.count;
  dd_vectors vectors[DD_FORMS];
  int64_t first, last;

  prepare_decode (run, self, &in, thread, vectors);
  while (cpu_take (run, self->products[0].rows, grain, &first, &last)) {
    multiply_decode (&self->products[0], vectors, first, last - first, area->staging, grain);
    multiply_decode (&self->products[1], vectors, first, last - first, up, grain);
    gate_rows (run, self, run->n_prompt + group, in.count, first, last - first, area->staging, up,
               grain);
  }
  cpu_meet (run);
}

void
cpu_gate (cpu_run *run, const cpu_step *self, int thread)
{
  if (run->n_prompt > 0)
    gate_prompt (run, self, thread);
  for (int first = 0; first < run->n_decode; first += DD_VECTORS)
    gate_decode (run, self, first, thread);
}

/* ---- HEAD ---- */

static void
scale_logits (const cpu_run *run,
              const dd_head *head,
              int count,
              int64_t n,
              float *out,
              int64_t stride)
{
  for (int i = 0; i < count; i++, out += stride) {
    if (head->scale != 1)
      run->vec->multiply (out, head->scale, n);
    if (head->cap > 0)
      run->vec->cap (out, head->cap, n);
  }
}

static void
head_group (cpu_run *run, const cpu_step *self, int group, int thread)
{
  const dd_head *head = &self->step->head;
  const cpu_product *product = &self->products[0];
  int64_t stride = run->loaded->needs.logits_stride;
  float *logits = run->work->logits + group * stride;
  int left = run->n_logits - group;
  inputs in = {
    .count = left < DD_VECTORS ? left : DD_VECTORS,
    .columns = product->columns,
    .norm = head->norm,
    .eps = head->eps,
  };
  dd_vectors vectors[DD_FORMS];
  int64_t first, last;

  for (int i = 0; i < in.count; i++)
    in.rows[i] = cpu_row (run, self->step->in, run->work->logit_index[group + i]);
  prepare_decode (run, self, &in, thread, vectors);
  while (cpu_take (run, product->rows, decode_grain (run, product), &first, &last)) {
    multiply_decode (product, vectors, first, last - first, logits + first, stride);
    scale_logits (run, head, in.count, last - first, logits + first, stride);
  }
  cpu_meet (run);
}

void
cpu_head (cpu_run *run, const cpu_step *self, int thread)
{
  int64_t row, next;

  for (int group = 0; group < run->n_logits; group += DD_VECTORS)
    head_group (run, self, group, thread);
  while (cpu_take (run, run->n_logits, 1, &row, &next))
    run->work->picks->tokens[row] = cpu_pick (run->vec,
                                              run->work->logits
                                                  + row * run->loaded->needs.logits_stride,
                                              self->products[0].rows);
  cpu_meet (run);
}
