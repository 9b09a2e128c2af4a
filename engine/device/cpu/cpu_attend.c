/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ATTEND.  The queries that share a head of keys go together, so that keys and
 * values are read once for all of them.
 *
 * A decode row's positions are cut into ranges by its own position alone, each
 * gone through page by page with a running maximum; the ranges' results are
 * joined in order.  One thread may do all of them or each a thread of its own.
 *
 * Prompt rows of a sequence go in blocks, all queries of a block side by side
 * against one page after the other.  A row's arithmetic is the same in any block:
 * pages and positions that it does not see leave its sums as they are.
 */
#include <string.h>

#include "device/cpu/cpu_private.h"

/* Running sums of the queries of one head of keys. */
typedef struct sums {
  float *largest; /* [group] */
  float *sum;     /* [group] */
  float *out;     /* [group][stride] */
} sums;

/* The step and what follows from it. */
typedef struct attention {
  const dd_step *step;
  const cpu_layer *layer;
  int group;      /* queries per head of keys */
  int64_t stride;
} attention;

static attention
describe (const cpu_run *run, const cpu_step *self)
{
  const dd_step *step = self->step;
  const cpu_layer *layer = &run->loaded->layers[step->layer];

  return (attention) { step, layer, step->heads / step->kv_heads, layer->stride };
}

/* The first position that a row at `position` sees. */
static int64_t
first_seen (const attention *at, int64_t position)
{
  int64_t window = at->step->attend.window;

  return window > 0 && position >= window ? position - window + 1 : 0;
}

/* out = in * scale, zeros beyond the head. */
static void
load_query (const cpu_run *run, const attention *at, int row, int head, float *out, int64_t step)
{
  const float *in = cpu_row (run, at->step->in, row) + (int64_t) head * at->step->head_dim;
  float scale = at->step->attend.scale;

  for (int i = 0; i < at->step->head_dim; i++)
    out[i * step] = in[i] * scale;
  for (int64_t i = at->step->head_dim; i < at->stride; i++)
    out[i * step] = 0;
}

/* Where a head's output goes, divided by the sum of its weights; 0 of nothing. */
static void
store_output (const cpu_run *run, const attention *at, int row, int head, float *out, float sum)
{
  run->vec->multiply (out, sum == 0 ? 0 : 1 / sum, at->step->head_dim);
  memcpy (cpu_row (run, at->step->out, row) + (int64_t) head * at->step->head_dim, out,
          (size_t) at->step->head_dim * sizeof *out);
}

/* ---- decode rows ---- */

/* Positions of one range: a power of two times CPU_RANGE_MIN, so that there are
 * at most CPU_RANGES of them. */
static int64_t
range_length (int64_t position)
{
  int64_t length = CPU_RANGE_MIN;

  while (length * CPU_RANGES <= position)
    length *= 2;
  return length;
}

static int
range_count (int64_t position)
{
  return (int) (position / range_length (position)) + 1;
}

static void
clear_sums (const attention *at, const sums *into)
{
  for (int g = 0; g < at->group; g++) {
    into->largest[g] = DD_VEC_LOWEST;
    into->sum[g] = 0;
  }
  memset (into->out, 0, (size_t) (at->group * at->stride) * sizeof *into->out);
}

static void
attend_page (const cpu_run *run,
             const attention *at,
             const dd_row *row,
             int kv_head,
             const float *query,
             int64_t from,
             int64_t to,
             float *scores,
             float *fade,
             const sums *into)
{
  dd_vec_page keys = cpu_head_page (run, at->layer, row, from, false, kv_head);
  dd_vec_page values = cpu_head_page (run, at->layer, row, from, true, kv_head);
  int first = (int) (from % DD_PAGE_TOKENS);
  int last = first + (int) (to - from);

  keys.next = values.elements;
  if (to < row->position)
    values.next = cpu_head_page (run, at->layer, row, to, false, kv_head).elements;
  run->vec->row_scores (query, at->group, &keys, first, last, scores);
  for (int g = 0; g < at->group; g++)
    fade[g] = run->vec->row_weights (scores + g * DD_PAGE_TOKENS, first, last, at->step->attend.cap,
                                     &into->largest[g], &into->sum[g]);
  run->vec->row_values (scores, fade, at->group, &values, first, last, into->out);
}

/* One range of a row's positions into cleared sums.  `scratch` holds the queries,
 * scores and fades. */
static void
attend_range (const cpu_run *run,
              const attention *at,
              int row_number,
              int kv_head,
              int range,
              float *scratch,
              const sums *into)
{
  const dd_row *row = &run->batch->rows[row_number];
  int64_t length = range_length (row->position);
  int64_t from = first_seen (at, row->position);
  int64_t end = (int64_t) row->position + 1;
  float *scores = scratch + at->group * at->stride;
  float *fade = scores + at->group * DD_PAGE_TOKENS;

  from = from > range * length ? from : range * length;
  end = end < (range + 1) * length ? end : (range + 1) * length;
  for (int g = 0; g < at->group; g++)
    load_query (run, at, row_number, kv_head * at->group + g, scratch + g * at->stride, 1);
  clear_sums (at, into);
  while (from < end && !cpu_cancelled (run)) {
    int64_t to = (from / DD_PAGE_TOKENS + 1) * DD_PAGE_TOKENS;

    to = to < end ? to : end;
    attend_page (run, at, row, kv_head, scratch, from, to, scores, fade, into);
    from = to;
  }
}

/* Adds the sums of a later range to those of earlier ones. */
static void
join_sums (const cpu_run *run, const attention *at, const sums *into, const sums *from)
{
  for (int g = 0; g < at->group; g++) {
    float top = into->largest[g] > from->largest[g] ? into->largest[g] : from->largest[g];
    float a = (float) run->vec->sum_exp (&into->largest[g], top, 1);
    float b = (float) run->vec->sum_exp (&from->largest[g], top, 1);
    float *out = into->out + g * at->stride;

    run->vec->multiply (out, a, at->stride);
    run->vec->add_scaled (out, from->out + g * at->stride, b, at->stride);
    into->sum[g] = into->sum[g] * a + from->sum[g] * b;
    into->largest[g] = top;
  }
}

static void
store_sums (const cpu_run *run, const attention *at, int row, int kv_head, const sums *from)
{
  for (int g = 0; g < at->group; g++)
    store_output (run, at, row, kv_head * at->group + g, from->out + g * at->stride, from->sum[g]);
}

/* Takes room for one set of sums from `*scratch`. */
static sums
take_sums (const attention *at, float **scratch)
{
  sums result = { .out = *scratch };

  result.largest = result.out + at->group * at->stride;
  result.sum = result.largest + at->group;
  *scratch = result.sum + at->group;
  return result;
}

/* All ranges of one row and head of keys, one after the other. */
static void
attend_row (const cpu_run *run, const attention *at, int row, int kv_head, float *scratch)
{
  int ranges = range_count (run->batch->rows[row].position);
  sums total = take_sums (at, &scratch);
  sums range = take_sums (at, &scratch);

  attend_range (run, at, row, kv_head, 0, scratch, &total);
  for (int i = 1; i < ranges; i++) {
    attend_range (run, at, row, kv_head, i, scratch, &range);
    join_sums (run, at, &total, &range);
  }
  store_sums (run, at, row, kv_head, &total);
}

/* Where a range's sums lie when threads share a row. */
static sums
part_sums (const cpu_run *run, const attention *at, int decode_row, int kv_head, int range)
{
  int64_t heads = run->loaded->needs.heads;
  int64_t stride = run->loaded->needs.part_stride;
  float *part = run->work->parts
                + ((decode_row * heads + kv_head * at->group) * CPU_RANGES
                   + (int64_t) range * at->group)
                      * stride;

  return take_sums (at, &part);
}

static void
attend_parts (cpu_run *run, const attention *at, int ranges, float *scratch)
{
  int64_t tasks = (int64_t) run->n_decode * at->step->kv_heads * ranges;
  int64_t task, next;

  while (cpu_take (run, tasks, 1, &task, &next)) {
    int range = (int) (task % ranges);
    int kv_head = (int) (task / ranges % at->step->kv_heads);
    int i = (int) (task / ranges / at->step->kv_heads);
    int row = run->n_prompt + i;
    sums part = part_sums (run, at, i, kv_head, range);

    if (range < range_count (run->batch->rows[row].position))
      attend_range (run, at, row, kv_head, range, scratch, &part);
  }
  cpu_meet (run);
}

static void
join_parts (cpu_run *run, const attention *at)
{
  int64_t task, next;

  while (cpu_take (run, (int64_t) run->n_decode * at->step->kv_heads, 1, &task, &next)) {
    int kv_head = (int) (task % at->step->kv_heads);
    int i = (int) (task / at->step->kv_heads);
    int row = run->n_prompt + i;
    int ranges = range_count (run->batch->rows[row].position);
    sums total = part_sums (run, at, i, kv_head, 0);

    for (int range = 1; range < ranges; range++) {
      sums part = part_sums (run, at, i, kv_head, range);

      join_sums (run, at, &total, &part);
    }
    store_sums (run, at, row, kv_head, &total);
  }
  cpu_meet (run);
}

static int
most_ranges (const cpu_run *run)
{
  int most = 1;

  for (int i = run->n_prompt; i < run->n_rows; i++) {
    int ranges = range_count (run->batch->rows[i].position);

    most = ranges > most ? ranges : most;
  }
  return most;
}

static void
attend_decode (cpu_run *run, const attention *at, float *scratch)
{
  int64_t task, next;

  if (run->n_decode <= run->work->split_rows && most_ranges (run) > 1) {
    attend_parts (run, at, most_ranges (run), scratch);
    join_parts (run, at);
    return;
  }
  /* Rows of one sequence that follow each other find their page still in the cache. */
  while (cpu_take (run, (int64_t) run->n_decode * at->step->kv_heads, 1, &task, &next))
    attend_row (run, at, run->n_prompt + (int) (task % run->n_decode), (int) (task / run->n_decode),
                scratch);
  cpu_meet (run);
}

/* ---- prompt rows ---- */

/* A block of rows against a head of keys.  Lanes are queries, row after row, a
 * row's group side by side; a tile's arrays follow each other tile by tile. */
typedef struct block_state {
  const cpu_block *block;
  int kv_head;
  int lanes;      /* with those that fill the last vector up */
  float *query;   /* per tile [stride][lanes of the tile] */
  float *scores;  /* per tile [DD_PAGE_TOKENS][lanes of the tile] */
  float *out;     /* [lanes][stride] */
  float *largest, *sum, *fade, *lo, *hi; /* [lanes] */
  float *keys, *values; /* [DD_PAGE_TOKENS][stride] */
} block_state;

static block_state
start_block (const attention *at, const cpu_block *block, int kv_head, float *scratch)
{
  block_state self = { .block = block, .kv_head = kv_head };
  int64_t lanes = cpu_round_up ((int64_t) block->count * at->group, DD_VEC_PAD);

  self.lanes = (int) lanes;
  self.query = scratch;
  self.out = self.query + lanes * at->stride;
  self.scores = self.out + lanes * at->stride;
  self.keys = self.scores + lanes * DD_PAGE_TOKENS;
  self.values = self.keys + DD_PAGE_TOKENS * at->stride;
  self.largest = self.values + DD_PAGE_TOKENS * at->stride;
  self.sum = self.largest + lanes;
  self.fade = self.sum + lanes;
  self.lo = self.fade + lanes;
  self.hi = self.lo + lanes;
  return self;
}

/* The tile that starts at `lane`. */
static dd_vec_tile
tile_at (const cpu_run *run, const attention *at, const block_state *self, int lane, bool masked)
{
  int left = self->lanes - lane;
  dd_vec_tile tile = {
    .lanes = left < run->vec->tile_lanes ? left : run->vec->tile_lanes,
    .query = self->query + lane * at->stride,
    .scores = self->scores + lane * DD_PAGE_TOKENS,
    .lo = masked ? self->lo + lane : NULL,
    .hi = masked ? self->hi + lane : NULL,
    .largest = self->largest + lane,
    .sum = self->sum + lane,
    .fade = self->fade + lane,
  };

  return tile;
}

static void
load_block (const cpu_run *run, const attention *at, const block_state *self)
{
  memset (self->query, 0, (size_t) (self->lanes * at->stride) * sizeof *self->query);
  memset (self->out, 0, (size_t) (self->lanes * at->stride) * sizeof *self->out);
  for (int i = 0; i < self->lanes; i++) {
    self->largest[i] = DD_VEC_LOWEST;
    self->sum[i] = 0;
  }
  for (int i = 0; i < self->block->count * at->group; i++) {
    int start = i - i % run->vec->tile_lanes;
    dd_vec_tile tile = tile_at (run, at, self, start, false);

    load_query (run, at, self->block->first + i / at->group,
                self->kv_head * at->group + i % at->group,
                self->query + start * at->stride + (i - start), tile.lanes);
  }
}

/* What each lane sees of the page that starts at `base`; lanes without a query see nothing. */
static void
set_limits (const cpu_run *run, const attention *at, const block_state *self, int64_t base)
{
  const dd_row *rows = &run->batch->rows[self->block->first];

  for (int i = 0; i < self->lanes; i++) {
    int row = i / at->group;

    self->lo[i] = 0;
    self->hi[i] = 0;
    if (row < self->block->count) {
      self->lo[i] = (float) (first_seen (at, rows[row].position) - base);
      self->hi[i] = (float) (rows[row].position + 1 - base);
    }
  }
}

static const float *
page_floats (const cpu_run *run, const dd_vec_page *page, int positions, float *room)
{
  if (!page->half)
    return page->elements;
  run->vec->widen (page->elements, room, positions * page->stride);
  return room;
}

/* The values of a page that not every row sees, row by row: a position that a
 * row does not see is not touched for it, whatever stands there. */
static void
add_seen_values (const cpu_run *run,
                 const attention *at,
                 const block_state *self,
                 const float *values,
                 int64_t base)
{
  const dd_row *rows = &run->batch->rows[self->block->first];

  for (int i = 0; i < self->block->count * at->group;) {
    const dd_row *row = &rows[i / at->group];
    int start = i - i % run->vec->tile_lanes;
    dd_vec_tile tile = tile_at (run, at, self, start, true);
    int row_end = (i / at->group + 1) * at->group;
    int count = (row_end < start + tile.lanes ? row_end : start + tile.lanes) - i;
    int64_t from = first_seen (at, row->position) - base;
    int64_t to = row->position + 1 - base;

    from = from > 0 ? from : 0;
    to = to < DD_PAGE_TOKENS ? to : DD_PAGE_TOKENS;
    if (from < to)
      run->vec->tile_values (&tile, i - start, count, values, at->stride, (int) from, (int) to,
                             self->out + start * at->stride);
    i += count;
  }
}

static void
attend_block_page (const cpu_run *run,
                   const attention *at,
                   const block_state *self,
                   int64_t base,
                   int positions,
                   bool masked)
{
  const dd_row *row = &run->batch->rows[self->block->first];
  dd_vec_page keys = cpu_head_page (run, at->layer, row, base, false, self->kv_head);
  dd_vec_page values = cpu_head_page (run, at->layer, row, base, true, self->kv_head);
  const float *k = page_floats (run, &keys, positions, self->keys);
  const float *v = page_floats (run, &values, positions, self->values);

  if (masked)
    set_limits (run, at, self, base);
  for (int lane = 0; lane < self->lanes; lane += run->vec->tile_lanes) {
    dd_vec_tile tile = tile_at (run, at, self, lane, masked);

    run->vec->tile_scores (&tile, k, at->stride, positions);
    run->vec->tile_weights (&tile, positions, at->step->attend.cap);
    if (!masked)
      run->vec->tile_values (&tile, 0, tile.lanes, v, at->stride, 0, positions,
                             self->out + lane * at->stride);
  }
  if (masked)
    add_seen_values (run, at, self, v, base);
}

static void
attend_block (const cpu_run *run,
              const attention *at,
              const cpu_block *block,
              int kv_head,
              float *scratch)
{
  const dd_row *rows = &run->batch->rows[block->first];
  block_state self = start_block (at, block, kv_head, scratch);
  int64_t first = rows[0].position;
  int64_t last = rows[block->count - 1].position;
  int64_t base = first_seen (at, first) / DD_PAGE_TOKENS * DD_PAGE_TOKENS;

  load_block (run, at, &self);
  for (; base <= last && !cpu_cancelled (run); base += DD_PAGE_TOKENS) {
    int64_t end = base + DD_PAGE_TOKENS - 1;
    bool masked = end > first || base < first_seen (at, last);

    attend_block_page (run, at, &self, base, end < last ? DD_PAGE_TOKENS : (int) (last - base) + 1,
                       masked);
  }
  for (int i = 0; i < block->count * at->group; i++)
    store_output (run, at, block->first + i / at->group, kv_head * at->group + i % at->group,
                  self.out + i * at->stride, self.sum[i]);
}

/* The last blocks see most and are taken first. */
static void
attend_prompt (cpu_run *run, const attention *at, float *scratch)
{
  int64_t task, next;

  while (cpu_take (run, (int64_t) run->n_blocks * at->step->kv_heads, 1, &task, &next))
    attend_block (run, at, &run->work->blocks[run->n_blocks - 1 - task / at->step->kv_heads],
                  (int) (task % at->step->kv_heads), scratch);
  cpu_meet (run);
}

void
cpu_attend (cpu_run *run, const cpu_step *self, int thread)
{
  attention at = describe (run, self);
  float *scratch = run->work->areas[thread].attend;

  if (run->n_prompt > 0)
    attend_prompt (run, &at, scratch);
  if (run->n_decode > 0)
    attend_decode (run, &at, scratch);
}
