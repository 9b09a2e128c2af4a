/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which way a weight is multiplied: decode rows by products of bytes or plain, prompt
 * rows by matrices of one size or another, tiles of bytes or plain.  All are right, but
 * they round differently, so a weight has one way for any number of rows of a kind.  What
 * is faster depends on the card and its driver and is measured when a shape is first
 * loaded, on memory of its own; it is kept with the compiled programs, as long as driver
 * and shaders are the same.
 */
#include <math.h>

#include "base/alloc.h"
#include "device/vulkan/vk_load.h"
#include "device/vulkan/vk_work.h"

#define TRIAL_BYTES (UINT64_C (64) << 20) /* of copies of a weight, so that no cache holds all */
#define MOST_COPIES 16
#define PROMPT_ROWS 64
#define RUNS 5 /* the best counts … */
#define ENOUGH 2e-3 /* … of about so many seconds each … */
#define PATIENCE 50e-3 /* … until so many have passed */
#define MOST_PRODUCTS 200 /* of a run */
#define MARGIN 0.87 /* a plainer way must take so much less, or chance would decide */

/* What is measured at the moment. */
typedef struct vk_trial {
  vk_device *device;
  vk_weight weights[MOST_COPIES]; /* of zeros */
  int n_copies;
  vk_arena memory;
  vk_place input, factors, output;
  VkSemaphore done; /* owned */
  VkCommandPool pool; /* owned */
  VkCommandBuffer commands;
  uint64_t value; /* of `done` */
  /* What runs. */
  unsigned way; /* one of VK_WAY_…, or 0: plain */
  const vk_pipeline *few[2]; /* ONE row, a GROUP of VK_FEW */
  vk_product many;
  int rows;
} vk_trial;
enum { ONE, GROUP };

/* ---- what is known ----------------------------------------------------- */

static bool
is_rasteriser (const vk_device *device)
{
  return device->about->info.kind == DD_VULKAN_RASTERISER;
}

/* The ways that the device has for a type, fast or not. */
static unsigned
ways_of_type (const vk_device *device, dd_type type)
{
  const dd_vulkan_options *options = &device->vulkan->options;
  bool bytes = dd_type_get ((uint32_t) type)->block > 1 && !(options->without & DD_VULKAN_DOT);
  unsigned ways = vk_product_ways (device, type) | (bytes ? VK_WAY_BYTES : 0);

  /* A processor only has them to be tested. */
  if (is_rasteriser (device) && !(options->with & (DD_VULKAN_MATRIX | DD_VULKAN_FLEXIBLE)))
    ways &= ~VK_WAYS_OF_HALVES;
  if (ways & VK_WAY_FLEXIBLE)
    ways &= ~VK_WAY_MATRICES;
  return ways;
}

/* What to do before anything is measured: what the hardware has. */
static unsigned
usual_ways (const vk_device *device, dd_type type)
{
  unsigned ways = ways_of_type (device, type);

  return device->features.dot ? ways : ways & ~(VK_WAY_BYTES | VK_WAY_TILES);
}

/* Choices that could not be kept would differ from start to start, and texts with them. */
static bool
measures (const vk_device *device)
{
  return device->vulkan->options.cache && !device->vulkan->options.with;
}

static const vk_choice *
find_choice (const vk_device *device, uint32_t type, int64_t rows, int64_t columns)
{
  for (int i = 0; i < device->n_choices; i++) {
    const vk_choice *c = &device->choices[i];

    if (c->type == type && c->rows == rows && c->columns == columns)
      return c;
  }
  return NULL;
}

static bool
is_known (vk_device *device, const dd_weight *weight, unsigned *ways)
{
  const vk_choice *found;

  pthread_mutex_lock (&device->pipelines_lock);
  found = measures (device)
              ? find_choice (device, (uint32_t) weight->type, weight->rows, weight->columns)
              : NULL;
  if (found)
    *ways = found->ways & ways_of_type (device, weight->type);
  pthread_mutex_unlock (&device->pipelines_lock);
  return found != NULL;
}

unsigned
vk_ways_of (vk_device *device, const dd_weight *weight)
{
  unsigned ways;

  return is_known (device, weight, &ways) ? ways : usual_ways (device, weight->type);
}

unsigned
vk_ways_ahead (vk_device *device, const dd_weight *weight)
{
  unsigned ways;

  if (is_known (device, weight, &ways))
    return ways;
  return measures (device) ? ways_of_type (device, weight->type)
                           : usual_ways (device, weight->type);
}

static bool
keep_choice (vk_device *device, const vk_choice *choice, dd_error *error)
{
  bool ok;

  pthread_mutex_lock (&device->pipelines_lock);
  if (!device->choices)
    device->choices = dd_alloc_array (DD_TAG_DEVICE, VK_CHOICES, sizeof *device->choices);
  ok = device->choices != NULL;
  if (ok && !find_choice (device, choice->type, choice->rows, choice->columns)
      && device->n_choices < VK_CHOICES) {
    device->choices[device->n_choices++] = *choice;
    device->new_pipelines = true;
  }
  pthread_mutex_unlock (&device->pipelines_lock);
  return ok || dd_fail_memory (error, "the tables of a model");
}

/* ---- memory of a trial ------------------------------------------------- */

static uint64_t
output_stride (const vk_weight *weight)
{
  return vk_round_up ((uint64_t) weight->rows, VK_LANE);
}

static bool
plan_trial (vk_trial *self, const dd_weight *weight, dd_error *error)
{
  uint64_t columns = vk_round_up ((uint64_t) weight->columns, VK_LANE);
  uint64_t bytes;

  vk_weight_describe (weight, &self->weights[0]);
  bytes = vk_weight_bytes (&self->weights[0]);
  self->n_copies = bytes > TRIAL_BYTES / 2 ? 1 : (int) (TRIAL_BYTES / bytes);
  self->n_copies = self->n_copies < MOST_COPIES ? self->n_copies : MOST_COPIES;
  self->memory = (vk_arena) { .device = self->device, .home = vk_home_of (self->device) };
  for (int i = 0; i < self->n_copies; i++) {
    self->weights[i] = self->weights[0];
    if (!vk_arena_add (&self->memory, bytes, &self->weights[i].place, error))
      return false;
  }
  return vk_arena_add (&self->memory, PROMPT_ROWS * columns * 4, &self->input, error)
         && vk_arena_add (&self->memory, PROMPT_ROWS * columns / VK_LANE * 8, &self->factors, error)
         && vk_arena_add (&self->memory, PROMPT_ROWS * output_stride (&self->weights[0]) * 4,
                          &self->output, error);
}

/* Zeros: what they are costs nothing more or less. */
static bool
clear_trial (vk_trial *self, dd_error *error)
{
  vk_once once;

  if (!vk_once_begin (self->device, &once, error))
    return false;
  for (uint32_t i = 0; i < self->memory.n_slabs; i++)
    self->device->fn.CmdFillBuffer (once.commands, self->memory.slabs[i].buffer, 0, VK_WHOLE_SIZE,
                                    0);
  return vk_once_end (&once, error);
}

static bool
open_trial (vk_trial *self, const dd_weight *weight, dd_error *error)
{
  VkResult result;

  if (!plan_trial (self, weight, error) || !vk_arena_open (&self->memory, error))
    return false;
  for (int i = 0; i < self->n_copies; i++)
    vk_weight_open (&self->memory, &self->weights[i]);
  result = vk_timeline_new (self->device, &self->done);
  if (result == VK_SUCCESS)
    result = vk_commands_new (self->device, &self->pool, 1, &self->commands);
  if (result != VK_SUCCESS)
    return vk_failed (self->device, result, "measuring", error);
  return clear_trial (self, error);
}

static void
close_trial (vk_trial *self)
{
  if (self->pool)
    self->device->fn.DestroyCommandPool (self->device->handle, self->pool, NULL);
  if (self->done)
    self->device->fn.DestroySemaphore (self->device->handle, self->done, NULL);
  vk_arena_close (&self->memory);
}

/* ---- one way, so many rows --------------------------------------------- */

static void
record_few (vk_trial *self, vk_recorder *recorder, const vk_weight *weight)
{
  const struct vk_push_few push = {
    .body = weight->body,
    .scales = weight->scales,
    .source = vk_address (&self->memory, self->input),
    .factors = self->way == VK_WAY_BYTES ? vk_address (&self->memory, self->factors) : 0,
    .target = vk_address (&self->memory, self->output),
    .row_words = weight->row_bytes / 4,
    .columns = (uint32_t) weight->columns,
    .outputs = (uint32_t) weight->rows,
    .source_stride = (uint32_t) vk_round_up ((uint64_t) weight->columns, VK_LANE),
    .target_stride = (uint32_t) output_stride (weight),
    .modes = FEW_MODES (FEW_FLOATS, 0, 0, 0, self->rows),
  };

  vk_few_dispatch (recorder, self->few[self->rows == 1 ? ONE : GROUP], &push);
}

static void
record_many (vk_trial *self, vk_recorder *recorder, const vk_weight *weight)
{
  const struct vk_push_many push = {
    .body = weight->body,
    .scales = weight->scales,
    .x = vk_address (&self->memory, self->input),
    .factors = vk_address (&self->memory, self->factors),
    .target = vk_address (&self->memory, self->output),
    .row_words = weight->row_bytes / 4,
    .scale_words = weight->scale_bytes / 4,
    .columns = (uint32_t) weight->columns,
    .outputs = (uint32_t) weight->rows,
    .rows = (uint32_t) self->rows,
    .x_stride = (uint32_t) vk_round_up ((uint64_t) weight->columns, VK_LANE),
    .target_stride = (uint32_t) output_stride (weight),
  };

  vk_product_record (recorder, &self->many, &push);
}

/* Seconds of `n` products, one after the other. */
static bool
run (vk_trial *self, int n, double *seconds, dd_error *error)
{
  vk_device *device = self->device;
  vk_recorder recorder = { .device = device, .commands = self->commands };
  VkResult result = vk_commands_begin (device, self->commands);
  double begun = vk_now ();

  for (int i = 0; i < n && result == VK_SUCCESS; i++) {
    const vk_weight *weight = &self->weights[i % self->n_copies];

    if (self->rows > VK_FEW)
      record_many (self, &recorder, weight);
    else
      record_few (self, &recorder, weight);
    vk_stage (&recorder);
  }
  if (result == VK_SUCCESS)
    result = vk_commands_submit (device, self->commands, self->done, ++self->value);
  if (result == VK_SUCCESS)
    result = vk_timeline_wait (device, self->done, self->value, UINT64_MAX);
  *seconds = vk_now () - begun;
  return result == VK_SUCCESS || vk_failed (device, result, "measuring", error);
}

/* The least that one product of so many rows took. */
static bool
measure (vk_trial *self, int rows, double *best, dd_error *error)
{
  double seconds, total = 0;
  int n = 2;

  self->rows = rows;
  if (!run (self, n, &seconds, error))
    return false;
  if (seconds < ENOUGH)
    n = (int) fmin (2 * ENOUGH / fmax (seconds, 1e-6), MOST_PRODUCTS) + 1;
  *best = INFINITY;
  for (int i = 0; i < RUNS && total < PATIENCE; i++) {
    if (!run (self, n, &seconds, error))
      return false;
    *best = fmin (*best, seconds / n);
    total += seconds;
  }
  return true;
}

/* ---- the ways of a weight ---------------------------------------------- */

/* For rows of a kind, the plainest first; the plain one is 0. */
typedef struct vk_contest {
  const unsigned *ways;
  const char *const *names;
  int n;
  int first; /* of vk_choice.seconds */
  /* With how many rows, and what part of that time decides. */
  struct {
    int rows;
    double part;
  } counts[VK_CONTEST_COUNTS];
  bool (*prepare) (vk_trial *self, unsigned way, dd_error *error);
} vk_contest;

static bool
prepare_few (vk_trial *self, unsigned way, dd_error *error)
{
  dd_type type = self->weights[0].type;
  bool bytes = way == VK_WAY_BYTES;

  self->way = way;
  return vk_few_pipeline (self->device, type, bytes, 0, &self->few[ONE], error)
         && vk_few_pipeline (self->device, type, bytes, 4, &self->few[GROUP], error);
}

static bool
prepare_many (vk_trial *self, unsigned way, dd_error *error)
{
  self->way = way;
  return vk_product_prepare (self->device, self->weights[0].type, way, false, &self->many, error);
}

static const vk_contest contests[] = {
  {
      .ways = (const unsigned[]) { 0, VK_WAY_BYTES },
      .names = (const char *const[]) { "plain", "bytes" },
      .n = 2,
      .counts = { { 1, 1 }, { VK_FEW, 0.25 } }, /* one row alone is what people wait for */
      .prepare = prepare_few,
  },
  {
      .ways = (const unsigned[]) { 0, VK_WAY_TILES, VK_WAY_FLEXIBLE, VK_WAY_MATRICES },
      .names = (const char *const[]) { "plain", "tiles of bytes", "larger matrices", "matrices" },
      .n = 4,
      .first = 2,
      .counts = { { PROMPT_ROWS, 1 } },
      .prepare = prepare_many,
  },
};
#define CONTESTS (sizeof contests / sizeof contests[0])
static_assert (VK_CONTESTANTS == 6, "all contests' together");

/* The plain way only where there is another. */
static bool
takes_part (const vk_contest *contest, int i, unsigned has)
{
  unsigned all = 0;

  for (int j = 0; j < contest->n; j++)
    all |= contest->ways[j];
  return (has & (contest->ways[i] ? contest->ways[i] : all)) != 0;
}

/* All pipelines at once, so that every thread compiles. */
static bool
prepare_contests (vk_trial *self, size_t n, unsigned has, dd_error *error)
{
  for (size_t c = 0; c < n; c++) {
    for (int i = 0; i < contests[c].n; i++) {
      if (takes_part (&contests[c], i, has)
          && !contests[c].prepare (self, contests[c].ways[i], error))
        return false;
    }
  }
  return vk_pipelines_compile (self->device, error);
}

/* What decides about way `i`; fills the choice's seconds. */
static bool
time_way (vk_trial *self,
          const vk_contest *contest,
          int i,
          vk_choice *choice,
          double *deciding,
          dd_error *error)
{
  *deciding = 0;
  if (!contest->prepare (self, contest->ways[i], error))
    return false;
  for (int j = 0; j < VK_CONTEST_COUNTS && contest->counts[j].rows > 0; j++) {
    double seconds;

    if (!measure (self, contest->counts[j].rows, &seconds, error))
      return false;
    choice->seconds[contest->first + i][j] = (float) seconds;
    *deciding += contest->counts[j].part * seconds;
  }
  return true;
}

/* Takes from the choice's ways every one that a plainer one is much quicker than. */
static bool
hold_contest (vk_trial *self,
              const vk_contest *contest,
              unsigned has,
              vk_choice *choice,
              dd_error *error)
{
  double least = INFINITY, seconds;

  for (int i = 0; i < contest->n; i++) {
    if (!takes_part (contest, i, has))
      continue;
    if (!time_way (self, contest, i, choice, &seconds, error))
      return false;
    if (least < MARGIN * seconds)
      choice->ways &= ~contest->ways[i];
    least = fmin (least, seconds);
  }
  return true;
}

/* `n`: of so many contests; ways of the others are good untried. */
static bool
try_weight (vk_device *device, const dd_weight *weight, size_t n, dd_error *error)
{
  unsigned has = ways_of_type (device, weight->type);
  vk_choice choice = { weight->rows, weight->columns, (uint32_t) weight->type, has };
  vk_trial trial = { .device = device };
  bool ok = open_trial (&trial, weight, error) && prepare_contests (&trial, n, has, error);

  for (size_t c = 0; c < n && ok; c++)
    ok = hold_contest (&trial, &contests[c], has, &choice, error);
  close_trial (&trial);
  return ok && keep_choice (device, &choice, error);
}

bool
vk_choose (vk_device *device, const dd_request *request, dd_error *error)
{
  if (!measures (device))
    return true;
  for (size_t i = request->first; i < request->first + request->count; i++) {
    const dd_step *step = &request->plan->steps[i];
    const dd_weight *weights[3];
    int n = step->kind == DD_STEP_EMBED ? 0 : dd_step_weights (step, weights);
    /* Rows that ask for logits are multiplied as decode rows are, whatever their kind. */
    size_t n_contests = step->kind == DD_STEP_HEAD ? 1 : CONTESTS;

    for (int j = 0; j < n; j++) {
      unsigned ways;

      if (is_known (device, weights[j], &ways) || ways_of_type (device, weights[j]->type) == 0
          || try_weight (device, weights[j], n_contests, error))
        continue;
      /* No room to measure: the usual way, and a trial another time. */
      if (error->code != DD_ERROR_DEVICE_MEMORY)
        return false;
    }
  }
  return true;
}

/* ---- what was measured, to be shown ------------------------------------ */

/* The last of a contest's ways that are good is taken, for want of any the plain one. */
static int
winner (const vk_contest *contest, unsigned ways)
{
  for (int i = contest->n - 1; i > 0; i--) {
    if (ways & contest->ways[i])
      return i;
  }
  return 0;
}

/* Of one choice and contest, from number `n` on; returns the number after the last. */
static size_t
list_trials (const vk_choice *choice,
             const vk_contest *contest,
             size_t n,
             dd_trial *out,
             size_t room)
{
  for (int j = 0; j < VK_CONTEST_COUNTS && contest->counts[j].rows > 0; j++)
    for (int i = 0; i < contest->n; i++) {
      double seconds = (double) choice->seconds[contest->first + i][j];

      if (seconds > 0 && n++ < room)
        out[n - 1] = (dd_trial) {
          .type = dd_type_name ((dd_type) choice->type),
          .rows = choice->rows,
          .columns = choice->columns,
          .at_once = contest->counts[j].rows,
          .way = contest->names[i],
          .chosen = winner (contest, choice->ways) == i,
          .seconds = seconds,
        };
    }
  return n;
}

size_t
dd_vulkan_trials (dd_vulkan *vulkan, int i, dd_trial *out, size_t room)
{
  vk_choice choices[VK_CHOICES];
  int n_choices = vk_choices_read (vulkan, i, choices);
  size_t n = 0;

  for (int c = 0; c < n_choices; c++)
    for (size_t k = 0; k < CONTESTS; k++)
      n = list_trials (&choices[c], &contests[k], n, out, room);
  return n;
}
