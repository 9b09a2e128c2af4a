/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One submission from step to step, on all threads at once; EMBED and the angles
 * of rotation.
 */
#include <math.h>

#include "device/cpu/cpu_private.h"

/* cos and sin of position * frequency, computed in double, times the magnitude.
 * For pairs an entry per element, as dd_vec wants them. */
static void
compute_turns (const dd_rope *rope, int32_t position, float *cosines)
{
  float *sines = cosines + rope->dims;

  for (int i = 0; i < rope->dims / 2; i++) {
    double angle = position * rope->frequencies[i];
    float c = (float) (cos (angle) * (double) rope->magnitude);
    float s = (float) (sin (angle) * (double) rope->magnitude);

    if (rope->style == DD_ROPE_PAIRS) {
      cosines[2 * i] = c;
      cosines[2 * i + 1] = c;
      sines[2 * i] = -s;
      sines[2 * i + 1] = s;
    } else {
      cosines[i] = c;
      sines[i] = s;
    }
  }
}

/* Angles stay with the work: only rows whose position changed need new ones. */
static void
prepare_turns (cpu_run *run)
{
  const cpu_loaded *loaded = run->loaded;
  cpu_work *work = run->work;
  int64_t row, next;

  while (cpu_take (run, run->n_rows, 1, &row, &next)) {
    int32_t position = run->batch->rows[row].position;

    if (work->turn_positions[row] == position)
      continue;
    for (int i = 0; i < loaded->n_ropes; i++)
      compute_turns (loaded->ropes[i], position,
                     work->turns + (i * (int64_t) work->rows + row) * loaded->needs.turn_stride);
    work->turn_positions[row] = position;
  }
  cpu_meet (run);
}

static void
embed (cpu_run *run, const cpu_step *self)
{
  const dd_embed *step = &self->step->embed;
  uint64_t row_bytes = dd_type_row_bytes (step->table.type, (uint64_t) step->table.columns);
  int64_t row, next;

  while (cpu_take (run, run->n_rows, 1, &row, &next)) {
    dd_token token = run->batch->rows[row].token;
    float *out = cpu_row (run, self->step->out, row);

    if (token < 0)
      token = run->picks[-1 - token];
    dd_dequantise (step->table.type,
                   (const uint8_t *) step->table.data + (uint64_t) token * row_bytes, out,
                   (size_t) step->table.columns);
    if (step->scale != 1)
      run->vec->multiply (out, step->scale, step->table.columns);
  }
  cpu_meet (run);
}

static void
run_step (cpu_run *run, const cpu_step *self, int thread)
{
  switch (self->step->kind) {
  case DD_STEP_EMBED: embed (run, self); break;
  case DD_STEP_QKV: cpu_qkv (run, self, thread); break;
  case DD_STEP_ATTEND: cpu_attend (run, self, thread); break;
  case DD_STEP_PROJECT: cpu_project (run, self, thread); break;
  case DD_STEP_GATE: cpu_gate (run, self, thread); break;
  case DD_STEP_HEAD: cpu_head (run, self, thread); break;
  case DD_STEP_KINDS: break;
  }
}

void
cpu_run_steps (void *user, int thread)
{
  cpu_run *run = user;

  if (run->turn && run->loaded->n_ropes > 0)
    prepare_turns (run);
  for (size_t i = 0; i < run->count; i++)
    run_step (run, &run->loaded->steps[run->first + i], thread);
}
