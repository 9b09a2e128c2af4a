/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Counting a plan's sizes.
 */
#include "plan/plan.h"

#include <string.h>

void
dd_plan_free (dd_plan **plan)
{
  dd_arena arena;

  if (*plan == NULL)
    return;
  arena = (*plan)->arena; /* the plan itself lies in it */
  dd_arena_clear (&arena);
  *plan = NULL;
}

int
dd_step_weights (const dd_step *step, const dd_weight *out[3])
{
  switch (step->kind) {
  case DD_STEP_EMBED: out[0] = &step->embed.table; return 1;
  case DD_STEP_QKV:
    out[0] = &step->qkv.q;
    out[1] = &step->qkv.k;
    out[2] = &step->qkv.v;
    return 3;
  case DD_STEP_PROJECT: out[0] = &step->project.w; return 1;
  case DD_STEP_GATE:
    out[0] = &step->gate.gate;
    out[1] = &step->gate.up;
    return 2;
  case DD_STEP_HEAD: out[0] = &step->head.w; return 1;
  case DD_STEP_ATTEND:
  case DD_STEP_KINDS: break;
  }
  return 0;
}

uint64_t
dd_plan_weight_bytes (const dd_plan *plan, size_t first, size_t count)
{
  uint64_t bytes = 0;

  for (size_t i = first; i < first + count; i++) {
    const dd_weight *weights[3];
    int n = dd_step_weights (&plan->steps[i], weights);

    for (int j = 0; j < n; j++)
      bytes += weights[j]->bytes;
  }
  return bytes;
}

uint64_t
dd_plan_types (const dd_plan *plan)
{
  uint64_t types = 0;

  for (size_t i = 0; i < plan->n_steps; i++) {
    const dd_weight *weights[3];
    int n = dd_step_weights (&plan->steps[i], weights);

    for (int j = 0; j < n; j++)
      types |= UINT64_C (1) << weights[j]->type;
  }
  return types;
}

int
dd_plan_cache_layers (const dd_plan *plan, size_t first, size_t count, int64_t *kv_width)
{
  int layers = 0;

  *kv_width = 0;
  for (size_t i = first; i < first + count; i++) {
    const dd_step *step = &plan->steps[i];
    int64_t width = (int64_t) step->kv_heads * step->head_dim;

    if (step->kind != DD_STEP_QKV)
      continue;
    layers++;
    *kv_width = width > *kv_width ? width : *kv_width;
  }
  return layers;
}

bool
dd_rope_same (const dd_rope *a, const dd_rope *b)
{
  return a->style == b->style && a->dims == b->dims && a->magnitude == b->magnitude
         && (a->frequencies == b->frequencies
             || (a->frequencies && b->frequencies
                 && memcmp (a->frequencies, b->frequencies,
                            (size_t) (a->dims / 2) * sizeof *a->frequencies)
                        == 0));
}

const char *
dd_step_name (dd_step_kind kind)
{
  static const char *const names[DD_STEP_KINDS] = {
    "EMBED", "QKV", "ATTEND", "PROJECT", "GATE", "HEAD",
  };

  return names[kind];
}
