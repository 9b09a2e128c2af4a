/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a token costs a graphics card before any speed is measured: dispatches and
 * barriers of a decode layer, counted as they go to the driver, and bytes of
 * weights of a Mistral-7B as the device holds them against those of the file, which
 * no engine can read less of.
 *
 * With --misuse a mistake is made instead, for the validation layer to find: see
 * test-validation.py.
 */
#include "check.h"
#include "device/vulkan/vulkan.h"
#include "specimens.h"

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

#define LAYERS 32
#define STEPS (2 + 5 * LAYERS)
#define LAYER_DISPATCHES 8
#define LAYER_STAGES 6
#define MOST_OVER_FLOOR 1.005 /* of the bytes of the file's weights */

/* ---- counting ---------------------------------------------------------- */

static PFN_vkCmdDispatch real_dispatch;
static PFN_vkCmdPipelineBarrier2 real_barrier;
static PFN_vkCmdFillBuffer real_fill;
static int dispatches, barriers;

static VKAPI_ATTR void VKAPI_CALL
count_dispatch (VkCommandBuffer commands, uint32_t x, uint32_t y, uint32_t z)
{
  dispatches++;
  real_dispatch (commands, x, y, z);
}

static VKAPI_ATTR void VKAPI_CALL
count_barrier (VkCommandBuffer commands, const VkDependencyInfo *info)
{
  barriers++;
  real_barrier (commands, info);
}

/* Twice with nothing between, which is wrong. */
static VKAPI_ATTR void VKAPI_CALL
fill_twice (VkCommandBuffer commands,
            VkBuffer buffer,
            VkDeviceSize from,
            VkDeviceSize size,
            uint32_t value)
{
  real_fill (commands, buffer, from, size, value);
  real_fill (commands, buffer, from, size, value);
}

static void *
misuse (const char *name, void *function, void *user)
{
  (void) user;
  if (strcmp (name, "vkCmdFillBuffer") != 0)
    return function;
  real_fill = (PFN_vkCmdFillBuffer) function;
  return (void *) fill_twice;
}

static void *
intercept (const char *name, void *function, void *user)
{
  (void) user;
  if (!strcmp (name, "vkCmdDispatch")) {
    real_dispatch = (PFN_vkCmdDispatch) function;
    return (void *) count_dispatch;
  }
  if (!strcmp (name, "vkCmdPipelineBarrier2")) {
    real_barrier = (PFN_vkCmdPipelineBarrier2) function;
    return (void *) count_barrier;
  }
  return function;
}

/* ---- a layer ----------------------------------------------------------- */

/* Runs the first `count` steps for one made row. */
static void
run_steps (dd_work *work, size_t count)
{
  uint32_t page = 0;
  dd_sequence sequence = { &page, 1 };
  dd_row row = { specimen_token (0, 0), 0, 0, false };
  dd_batch batch = { .rows = &row, .n_decode = 1, .sequences = &sequence, .n_sequences = 1 };
  dd_ticket ticket;
  dd_error error;

  dispatches = barriers = 0;
  REQUIRE_OK (dd_device_submit (work, &batch, 0, count, &ticket, &error), error);
  REQUIRE_OK (dd_device_wait (work, ticket, &error), error);
}

/* What the second of two layers adds: dispatches and barriers. */
static void
count_layer (dd_device *device, const char *name, int added[2])
{
  dd_gguf *gguf;
  dd_plan *plan;
  dd_request request = { 0 };
  dd_loaded *loaded;
  dd_work *work;
  dd_error error;
  int which = 0;

  while (strcmp (specimens[which].name, name) != 0)
    which++;
  REQUIRE_OK (specimen_open (which, &gguf, &plan, &error), error);
  request = (dd_request) { .plan = plan, .count = plan->n_steps };
  REQUIRE_OK (dd_device_load (device, &request, &loaded, &error), error);
  REQUIRE_OK (dd_device_pages_resize (loaded, 1, &error), error);
  REQUIRE_OK (dd_device_work_new (loaded, 1, 1, &work, &error), error);
  run_steps (work, 6);
  added[0] = -dispatches;
  added[1] = -barriers;
  run_steps (work, 11);
  added[0] += dispatches;
  added[1] += barriers;
  dd_device_work_free (&work);
  dd_device_unload (&loaded);
  dd_plan_free (&plan);
  dd_gguf_close (&gguf);
}

static void
check_layer (dd_device *device, const char *name, const char *path)
{
  int added[2];

  count_layer (device, name, added);
  printf ("%s, %s: %d dispatches and %d barriers a layer\n", name, path, added[0], added[1]);
  CHECK (added[0] > 0 && added[0] <= LAYER_DISPATCHES);
  CHECK (added[1] > 0 && added[1] <= LAYER_STAGES);
}

/* ---- a whole model's bytes --------------------------------------------- */

static dd_weight
weight (dd_type type, int64_t rows, int64_t columns)
{
  uint64_t bytes = dd_type_row_bytes (type, (uint64_t) columns) * (uint64_t) rows;

  return (dd_weight) { .type = type, .rows = rows, .columns = columns, .bytes = bytes };
}

/* Layers whose V and down projection Q4_K_M keeps in Q6_K. */
static bool
keeps_more (int layer)
{
  return layer < LAYERS / 8 || layer >= 7 * LAYERS / 8 || (layer - LAYERS / 8) % 3 == 2;
}

static void
write_layer (dd_step *step, int layer, dd_type type)
{
  dd_type more = type == DD_TYPE_Q4_K && keeps_more (layer) ? DD_TYPE_Q6_K : type;

  for (int i = 0; i < 5; i++)
    step[i] = (dd_step) { .layer = layer, .heads = 32, .kv_heads = 8, .head_dim = 128 };
  step[0].kind = DD_STEP_QKV;
  step[0].out = DD_BUFFER_Q;
  step[0].qkv.q = weight (type, 4096, 4096);
  step[0].qkv.k = weight (type, 1024, 4096);
  step[0].qkv.v = weight (more, 1024, 4096);
  step[1].kind = DD_STEP_ATTEND;
  step[1].in = DD_BUFFER_Q;
  step[1].out = DD_BUFFER_O;
  step[2].kind = step[4].kind = DD_STEP_PROJECT;
  step[2].in = DD_BUFFER_O;
  step[2].project.w = weight (type, 4096, 4096);
  step[3].kind = DD_STEP_GATE;
  step[3].out = step[4].in = DD_BUFFER_H;
  step[3].gate.gate = step[3].gate.up = weight (type, 14336, 4096);
  step[4].project.w = weight (more, 4096, 14336);
}

/* Sizes alone: enough to measure. */
static void
check_bytes (dd_device *device, dd_type type, const char *name)
{
  static dd_step steps[STEPS];
  dd_plan plan = { .steps = steps,
                   .n_steps = STEPS,
                   .n_layers = LAYERS,
                   .n_vocab = 32000,
                   .context = 4096,
                   .width = { 4096, 4096, 4096, 14336 } };
  dd_request request = { .plan = &plan, .first = 1, .count = STEPS - 1, .context = 64, .rows = 1 };
  dd_measured measured;
  dd_error error;
  double floor, held;

  steps[0] = (dd_step) { .kind = DD_STEP_EMBED, .embed.table = weight (type, 32000, 4096) };
  for (int i = 0; i < LAYERS; i++)
    write_layer (steps + 1 + 5 * i, i, type);
  steps[STEPS - 1] = (dd_step) { .kind = DD_STEP_HEAD, .layer = -1 };
  steps[STEPS - 1].head.w = weight (type == DD_TYPE_Q4_K ? DD_TYPE_Q6_K : type, 32000, 4096);
  REQUIRE_OK (dd_device_measure (device, &request, &measured, &error), error);
  floor = (double) dd_plan_weight_bytes (&plan, 1, STEPS - 1);
  held = (double) measured.heaps[0].weights;
  printf ("Mistral-7B %s: %d dispatches and %d barriers, %.3f GB of weights and vectors read a "
          "token, %.2f %% over the file's %.3f GB\n",
          name, LAYERS * LAYER_DISPATCHES + 5, LAYERS * LAYER_STAGES + 5, held / 1e9,
          100 * (held / floor - 1), floor / 1e9);
  CHECK (held >= floor && held <= MOST_OVER_FLOOR * floor);
}

/* Whether there is a device, with the reason printed if not. */
static bool
open_first (const dd_vulkan_options *options, dd_vulkan **vulkan, dd_device **device)
{
  dd_vulkan_info info = { .problem = "there is none" };
  dd_error error = { 0 };

  if (dd_vulkan_new (options, vulkan, &error) && dd_vulkan_count (*vulkan) > 0)
    dd_vulkan_info_get (*vulkan, 0, &info);
  if (info.problem[0]) {
    printf ("no Vulkan device: %s %s\n", info.problem, error.text);
    dd_vulkan_free (vulkan);
    return false;
  }
  REQUIRE_OK (dd_vulkan_open (*vulkan, 0, device, &error), error);
  return true;
}

static int
run_misuse (void)
{
  const dd_vulkan_options options = { .without = DD_VULKAN_DIRECT, .intercept = misuse };
  dd_vulkan *vulkan;
  dd_device *device;
  int added[2];

  if (!open_first (&options, &vulkan, &device))
    return CHECK_SKIP;
  count_layer (device, "llama-factors", added);
  dd_device_free (&device);
  dd_vulkan_free (&vulkan);
  return check_done ();
}

int
main (int argc, char **argv)
{
  dd_vulkan_options options = { .submission_ms = 60000, .intercept = intercept };

  if (argc > 1 && !strcmp (argv[1], "--misuse"))
    return run_misuse ();
  for (int i = 0; i < 2; i++) {
    const char *path = i ? "plain" : "bytes";
    dd_vulkan *vulkan;
    dd_device *device;

    options.with = i ? 0 : DD_VULKAN_DOT;
    options.without = i ? DD_VULKAN_DOT : 0;
    if (!open_first (&options, &vulkan, &device))
      return CHECK_SKIP;
    check_layer (device, "llama-q4_k_m", path);
    check_layer (device, "llama-factors", path);
    if (i == 0) {
      check_bytes (device, DD_TYPE_Q4_0, "Q4_0");
      check_bytes (device, DD_TYPE_Q4_K, "Q4_K_M");
    }
    dd_device_free (&device);
    dd_vulkan_free (&vulkan);
  }
  return check_done ();
}
