/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How fast this machine can read a model's weights, for measuring decode
 * against: nothing but loads, over the file's own map, by all threads; of a graphics
 * card that has them, a copy.
 */
#include "engine_private.h"

#include <stdatomic.h>
#include <string.h>

#include "run/clock.h"

#define PASSES 5
#define GRAIN (1 << 20) /* bytes that a thread takes at once */

typedef struct reading {
  dd_pool *pool;
  const dd_plan *plan;
  int64_t bytes;         /* of all weights together */
  _Atomic uint64_t seen; /* keeps the loads from being dropped */
} reading;

/* Sums eight independent streams of 64-bit words, 64 bytes a turn. */
static uint64_t
read_words (const uint8_t *data, int64_t bytes)
{
  uint64_t sums[8] = { 0 }, words[8];

  for (int64_t i = 0; i + 64 <= bytes; i += 64) {
    memcpy (words, data + i, sizeof words);
    for (int j = 0; j < 8; j++)
      sums[j] += words[j];
  }
  for (int j = 1; j < 8; j++)
    sums[0] ^= sums[j];
  return sums[0];
}

/* The weights that a decoded token reads whole. */
static int
step_weights (const dd_step *step, const dd_weight *out[3])
{
  return step->kind == DD_STEP_EMBED ? 0 : dd_step_weights (step, out);
}

/* Reads the part [first, last) of all weights laid end to end. */
static uint64_t
read_range (const dd_plan *plan, int64_t first, int64_t last)
{
  uint64_t seen = 0;
  int64_t at = 0;

  for (size_t i = 0; i < plan->n_steps && at < last; i++) {
    const dd_weight *weights[3];
    int n = step_weights (&plan->steps[i], weights);

    for (int w = 0; w < n; w++) {
      int64_t end = at + (int64_t) weights[w]->bytes;
      int64_t from = first > at ? first : at, to = last < end ? last : end;

      if (from < to)
        seen ^= read_words ((const uint8_t *) weights[w]->data + (from - at), to - from);
      at = end;
    }
  }
  return seen;
}

static void
read_part (void *user, int thread)
{
  reading *self = user;
  int64_t first, last;
  uint64_t seen = 0;

  while (dd_pool_take (self->pool, self->bytes, GRAIN, &first, &last))
    seen ^= read_range (self->plan, first, last);
  atomic_fetch_xor (&self->seen, seen);
}

/* The CPU's threads; NULL where this engine has no CPU. */
static dd_pool *
find_pool (dd_engine *engine)
{
  dd_device *device;
  dd_error ignored;

  for (int i = 0; i < engine->devices.count; i++)
    if (strcmp (engine->devices.sources[i].id, "cpu") == 0
        && dd_devices_get (&engine->devices, i, &device, &ignored))
      return dd_cpu_pool (device);
  return NULL;
}

/* The one graphics card that has all layers; NULL: there is none. */
static dd_device *
find_card (const dd_model *model)
{
  const dd_ready *ready = model->ready;

  for (int i = 0; i < ready->places.count; i++) {
    const dd_place *place = &ready->places.items[i];

    if (dd_place_layers (place, model->plan) == model->plan->n_layers
        && dd_cards_has (model->engine, (size_t) ready->chosen.sources[place->which]))
      return place->device;
  }
  return NULL;
}

static double
read_by_threads (dd_model *model)
{
  reading self = { .pool = find_pool (model->engine), .plan = model->plan };
  double best = 0;

  if (self.pool == NULL)
    return 0;
  for (size_t i = 0; i < model->plan->n_steps; i++) {
    const dd_weight *weights[3];
    int n = step_weights (&model->plan->steps[i], weights);

    for (int w = 0; w < n; w++)
      self.bytes += (int64_t) weights[w]->bytes;
  }
  for (int i = 0; i < PASSES; i++) {
    double start = dd_now (), seconds;

    dd_pool_run (self.pool, read_part, &self);
    seconds = dd_now () - start;
    if (seconds > 0 && (double) self.bytes / seconds > best)
      best = (double) self.bytes / seconds;
  }
  return best;
}

double
dd_model_read_limit (dd_model *model, bool *copied)
{
  dd_device *card = find_card (model);

  *copied = card != NULL;
  return card != NULL ? dd_vulkan_copy_limit (card) : read_by_threads (model);
}

uint64_t
dd_model_token_bytes (const dd_model *model)
{
  const dd_plan *plan = model->plan;
  uint64_t bytes = dd_plan_weight_bytes (plan, 0, plan->n_steps);

  for (size_t i = 0; i < plan->n_steps; i++)
    if (plan->steps[i].kind == DD_STEP_EMBED) {
      const dd_weight *table = &plan->steps[i].embed.table;

      bytes -= table->bytes - table->bytes / (uint64_t) table->rows;
    }
  return bytes;
}
