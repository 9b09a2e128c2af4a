/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the front checks before a device sees it.
 */
#include "device/check.h"

#include "base/checked.h"

#include <inttypes.h>

#define MOST_HEAD_DIM 256

typedef struct checker {
  const dd_plan *plan;
  const dd_step *step;
  size_t number;
  bool data;
  dd_error *error;
} checker;

static bool
wrong (const checker *check, const char *what)
{
  return dd_fail (check->error, DD_ERROR_ARGUMENT, "step %zu (%s): %s", check->number,
                  dd_step_name (check->step->kind), what);
}

/* A weight of `columns` inputs (0: any) and `rows` outputs (0: any). */
static bool
check_weight (const checker *check, const dd_weight *weight, int64_t columns, int64_t rows)
{
  const dd_type_info *type = dd_type_get ((uint32_t) weight->type);
  uint64_t bytes;

  if (!type)
    return wrong (check, "the weight has an unknown type");
  if (weight->rows < 1 || weight->columns < 1 || weight->columns % type->block != 0)
    return wrong (check, "the weight is empty or its rows are no whole blocks");
  if ((columns && weight->columns != columns) || (rows && weight->rows != rows))
    return wrong (check, "the weight's shape does not fit the step");
  if (!dd_mul_u64 (dd_type_row_bytes (weight->type, (uint64_t) weight->columns),
                   (uint64_t) weight->rows, &bytes)
      || bytes != weight->bytes)
    return wrong (check, "the weight's size does not fit its shape");
  if (check->data && !weight->data)
    return wrong (check, "the weight has no data");
  return true;
}

static bool
check_vector (const checker *check, const void *vector)
{
  return vector || !check->data || wrong (check, "a vector is missing");
}

static bool
check_buffer (const checker *check, dd_buffer buffer, int64_t width)
{
  if ((unsigned) buffer >= DD_BUFFERS)
    return wrong (check, "there is no such buffer");
  return check->plan->width[buffer] >= width || wrong (check, "the buffer is too narrow");
}

static bool
check_geometry (const checker *check)
{
  const dd_step *step = check->step;

  if (step->layer < 0 || step->layer >= check->plan->n_layers)
    return wrong (check, "there is no such layer");
  if (step->heads < 1 || step->kv_heads < 1 || step->heads % step->kv_heads != 0)
    return wrong (check, "the key heads do not divide the heads");
  if (step->head_dim < 2 || step->head_dim > MOST_HEAD_DIM || step->head_dim % 2 != 0)
    return wrong (check, "the heads' size is odd or too large");
  return true;
}

static bool
check_embed (const checker *check)
{
  const dd_step *step = check->step;

  return check_weight (check, &step->embed.table, 0, check->plan->n_vocab)
         && check_buffer (check, step->out, step->embed.table.columns);
}

static bool
check_qkv (const checker *check)
{
  const dd_step *step = check->step;
  const dd_qkv *qkv = &step->qkv;
  int64_t width = qkv->q.columns;
  int64_t q_width = (int64_t) step->heads * step->head_dim;
  int64_t kv_width = (int64_t) step->kv_heads * step->head_dim;

  if (!check_geometry (check) || !check_vector (check, qkv->norm))
    return false;
  if (qkv->rope.style != DD_ROPE_NONE
      && (qkv->rope.dims < 2 || qkv->rope.dims > step->head_dim || qkv->rope.dims % 2 != 0
          || !check_vector (check, qkv->rope.frequencies)))
    return wrong (check, "the rotation does not fit the head");
  return check_weight (check, &qkv->q, 0, q_width) && check_weight (check, &qkv->k, width, kv_width)
         && check_weight (check, &qkv->v, width, kv_width) && check_buffer (check, step->in, width)
         && check_buffer (check, step->out, q_width);
}

static bool
check_attend (const checker *check)
{
  const dd_step *step = check->step;
  int64_t width = (int64_t) step->heads * step->head_dim;

  if (!check_geometry (check))
    return false;
  if (step->attend.window < 0)
    return wrong (check, "the window is negative");
  return check_buffer (check, step->in, width) && check_buffer (check, step->out, width);
}

static bool
check_project (const checker *check)
{
  const dd_weight *w = &check->step->project.w;

  return check_weight (check, w, 0, 0) && check_buffer (check, check->step->in, w->columns)
         && check_buffer (check, check->step->out, w->rows);
}

static bool
check_gate (const checker *check)
{
  const dd_gate *gate = &check->step->gate;

  return check_vector (check, gate->norm) && check_weight (check, &gate->gate, 0, 0)
         && check_weight (check, &gate->up, gate->gate.columns, gate->gate.rows)
         && check_buffer (check, check->step->in, gate->gate.columns)
         && check_buffer (check, check->step->out, gate->gate.rows);
}

static bool
check_head (const checker *check)
{
  const dd_head *head = &check->step->head;

  return check_vector (check, head->norm) && check_weight (check, &head->w, 0, check->plan->n_vocab)
         && check_buffer (check, check->step->in, head->w.columns);
}

/* Keys and values live where they are made: the QKV of an ATTEND's layer stands
 * before it in the same range, once, with the same heads. */
static bool
check_caches (const dd_plan *plan, size_t first, size_t count, dd_error *error)
{
  for (size_t i = first; i < first + count; i++) {
    const dd_step *step = &plan->steps[i];
    int found = 0;

    if (step->kind != DD_STEP_QKV && step->kind != DD_STEP_ATTEND)
      continue;
    for (size_t j = first; j < i; j++) {
      const dd_step *other = &plan->steps[j];

      if (other->kind == DD_STEP_QKV && other->layer == step->layer
          && (step->kind == DD_STEP_QKV
              || (other->kv_heads == step->kv_heads && other->head_dim == step->head_dim)))
        found++;
    }
    if (found != (step->kind == DD_STEP_ATTEND))
      return dd_fail (error, DD_ERROR_ARGUMENT, "step %zu (%s): layer %d has %s cache here", i,
                      dd_step_name (step->kind), step->layer, found ? "already a" : "no such");
  }
  return true;
}

bool
dd_check_steps (const dd_plan *plan, size_t first, size_t count, bool data, dd_error *error)
{
  static bool (*const checks[DD_STEP_KINDS]) (const checker *) = {
    [DD_STEP_EMBED] = check_embed,     [DD_STEP_QKV] = check_qkv,   [DD_STEP_ATTEND] = check_attend,
    [DD_STEP_PROJECT] = check_project, [DD_STEP_GATE] = check_gate, [DD_STEP_HEAD] = check_head,
  };

  for (size_t i = first; i < first + count; i++) {
    checker check = { plan, &plan->steps[i], i, data, error };

    if ((unsigned) check.step->kind >= DD_STEP_KINDS)
      return dd_fail (error, DD_ERROR_ARGUMENT, "step %zu is of no known kind", i);
    if (!checks[check.step->kind](&check))
      return false;
  }
  return check_caches (plan, first, count, error);
}

/* Which kinds of step a range has, a mask of 1 << dd_step_kind. */
static unsigned
kinds_of (const dd_plan *plan, size_t first, size_t count)
{
  unsigned kinds = 0;

  for (size_t i = first; i < first + count; i++)
    kinds |= 1u << plan->steps[i].kind;
  return kinds;
}

static bool
check_sequences (const dd_loaded *loaded, const dd_batch *batch, dd_error *error)
{
  for (uint32_t s = 0; s < batch->n_sequences; s++)
    for (uint32_t p = 0; p < batch->sequences[s].n_pages; p++)
      if (batch->sequences[s].pages[p] >= loaded->n_pages)
        return dd_fail (error, DD_ERROR_ARGUMENT,
                        "sequence %" PRIu32 " names page %" PRIu32 " of %" PRIu32, s,
                        batch->sequences[s].pages[p], loaded->n_pages);
  return true;
}

/* Rows [first, last) are of one kind: those of a sequence stand in rising order.
 * The search back ends at once where a sequence's rows are neighbours. */
static bool
check_order (const dd_batch *batch, int first, int last, dd_error *error)
{
  for (int i = first + 1; i < last; i++)
    for (int j = i - 1; j >= first; j--) {
      if (batch->rows[j].sequence != batch->rows[i].sequence)
        continue;
      if (batch->rows[j].position >= batch->rows[i].position)
        return dd_fail (error, DD_ERROR_ARGUMENT, "row %d does not follow row %d of its sequence",
                        i, j);
      break;
    }
  return true;
}

static bool
check_rows (const dd_batch *batch, bool uses_cache, dd_error *error)
{
  for (int i = 0; i < batch->n_prompt + batch->n_decode; i++) {
    const dd_row *row = &batch->rows[i];

    if (row->position < 0)
      return dd_fail (error, DD_ERROR_ARGUMENT, "row %d has a negative position", i);
    if (row->sequence >= batch->n_sequences)
      return dd_fail (error, DD_ERROR_ARGUMENT, "row %d is of sequence %" PRIu32 " of %" PRIu32, i,
                      row->sequence, batch->n_sequences);
    if (uses_cache
        && (uint32_t) row->position / DD_PAGE_TOKENS >= batch->sequences[row->sequence].n_pages)
      return dd_fail (error, DD_ERROR_ARGUMENT, "no page holds position %" PRId32 " of row %d",
                      row->position, i);
  }
  return true;
}

static bool
check_tokens (const dd_work *work, const dd_batch *batch, dd_error *error)
{
  const dd_work *source = NULL;

  for (int i = 0; i < batch->n_prompt + batch->n_decode; i++) {
    dd_token token = batch->rows[i].token;

    if (token >= work->loaded->plan->n_vocab)
      return dd_fail (error, DD_ERROR_ARGUMENT, "row %d has token %" PRId32 " of %" PRId64, i,
                      token, work->loaded->plan->n_vocab);
    if (token >= 0)
      continue;
    if (!source)
      source = dd_loaded_picked (work->loaded, batch->picked_from);
    if (!source)
      return dd_fail (error, DD_ERROR_ARGUMENT, "ticket %" PRIu64 " has no logits to pick from",
                      batch->picked_from);
    if (-1 - token >= source->head_rows)
      return dd_fail (error, DD_ERROR_ARGUMENT, "row %d picks from row %" PRId32 " of %d", i,
                      -1 - token, source->head_rows);
  }
  return true;
}

bool
dd_check_batch (const dd_work *work,
                const dd_batch *batch,
                size_t first,
                size_t count,
                dd_error *error)
{
  unsigned kinds = kinds_of (work->loaded->plan, first, count);
  bool uses_cache = kinds & (1u << DD_STEP_QKV | 1u << DD_STEP_ATTEND);
  int n_rows = batch->n_prompt + batch->n_decode;

  if (batch->n_prompt < 0 || batch->n_decode < 0 || batch->n_prompt > work->max_rows
      || batch->n_decode > work->max_rows || n_rows < 1 || n_rows > work->max_rows)
    return dd_fail (error, DD_ERROR_ARGUMENT, "a batch of %d + %d rows for a work of %d",
                    batch->n_prompt, batch->n_decode, work->max_rows);
  if (uses_cache && !check_sequences (work->loaded, batch, error))
    return false;
  if (!check_rows (batch, uses_cache, error) || !check_order (batch, 0, batch->n_prompt, error)
      || !check_order (batch, batch->n_prompt, n_rows, error))
    return false;
  if ((kinds & 1u << DD_STEP_EMBED) && !check_tokens (work, batch, error))
    return false;
  if ((kinds & 1u << DD_STEP_HEAD) && dd_batch_logit_rows (batch) > work->max_logit_rows)
    return dd_fail (error, DD_ERROR_ARGUMENT, "%d rows ask for logits of a work of %d",
                    dd_batch_logit_rows (batch), work->max_logit_rows);
  return true;
}

int
dd_batch_logit_rows (const dd_batch *batch)
{
  int n = 0;

  for (int i = 0; i < batch->n_prompt + batch->n_decode; i++)
    n += batch->rows[i].logits;
  return n;
}
