/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whole small models on every device of this machine against goldens that
 * another program made (tests/golden/models.py): from the file to the logits,
 * in one chunk and in many, sliced by steps, and split over two devices.
 */
#include <math.h>

#include "awkward.h"
#include "check.h"
#include "device/cpu/cpu.h"
#include "device/reference/reference.h"
#include "device/vulkan/vulkan.h"
#include "forward.h"
#include "golden/models.h"
#include "quant/half.h"
#include "specimens.h"

#define GOLDEN_ROWS ((int) (sizeof golden_rows / sizeof golden_rows[0]))
#define MOST_DEVICES 12
#define LIMIT_REFERENCE 1e-9
#define LIMIT_REFERENCE_F16 1e-5 /* keys and values rounded to 16 bits */
#define LIMIT 2e-3               /* 8-bit activations through every layer */

typedef float logits[5][SPECIMEN_VOCAB];

typedef struct opened {
  int which;
  dd_gguf *gguf;
  dd_plan *plan;
} opened;

static struct {
  char name[48];
  dd_device *device;
  double worst;
} devices[MOST_DEVICES];
static int n_devices;
static dd_vulkan *vulkan[2];

static void
add_device (const char *name, dd_device *device)
{
  snprintf (devices[n_devices].name, sizeof devices[0].name, "%s", name);
  devices[n_devices++].device = device;
}

/* The first Vulkan device, where there is one, and the same as if the host did not
 * see its memory, with submissions of a step or two. */
static void
add_vulkans (void)
{
  const dd_vulkan_options options[2] = { { 0 },
                                         { .without = DD_VULKAN_DIRECT, .submission_ms = 1 } };

  for (int i = 0; i < 2; i++) {
    dd_vulkan_info info = { .problem = "none" };
    dd_device *device;
    dd_error error;

    if (dd_vulkan_new (&options[i], &vulkan[i], &error) && dd_vulkan_count (vulkan[i]) > 0)
      dd_vulkan_info_get (vulkan[i], 0, &info);
    if (info.problem[0])
      return;
    REQUIRE_OK (dd_vulkan_open (vulkan[i], 0, &device, &error), error);
    add_device (i ? "vulkan staged" : "vulkan", device);
  }
}

/* The reference first, then the awkward one, then the CPU's families, the best first. */
static void
add_devices (void)
{
  unsigned without = 0;
  dd_device *device;
  dd_error error;
  dd_cpu_isa isa;

  REQUIRE_OK (dd_reference_open (&device, &error), error);
  add_device ("reference", device);
  REQUIRE_OK (awkward_open (&device, &error), error);
  add_device ("awkward", device);
  do {
    dd_cpu_options options = { .threads = 2, .without = without };
    char name[48];

    isa = dd_cpu_isa_best (without);
    snprintf (name, sizeof name, "cpu %s", dd_cpu_isa_name (isa));
    REQUIRE_OK (dd_cpu_open (&options, &device, &error), error);
    add_device (name, device);
    without |= 1u << isa;
  } while (isa != DD_CPU_SCALAR);
  add_vulkans ();
}

static opened
open_specimen (int which)
{
  opened self = { .which = which };
  dd_error error;

  REQUIRE_OK (specimen_open (which, &self.gguf, &self.plan, &error), error);
  return self;
}

static bool
is_golden (int position)
{
  for (int i = 0; i < GOLDEN_ROWS; i++) {
    if (golden_rows[i] == position)
      return true;
  }
  return false;
}

/* The specimen's text: the prompt in chunks of `chunk`, then the made tokens `step` at a time. */
static bool
run_text (forward *f, int which, int chunk, int step, logits *out, dd_error *error)
{
  dd_row rows[SPECIMEN_TOKENS];
  int asked = 0;

  for (int i = 0; i < SPECIMEN_TOKENS; i++)
    rows[i] = (dd_row) { specimen_token (which, i), i, 0, is_golden (i) };
  for (int i = 0; i < SPECIMEN_TOKENS;) {
    bool prompt = i < SPECIMEN_PROMPT;
    int end = prompt ? SPECIMEN_PROMPT : SPECIMEN_TOKENS;
    int n = prompt ? chunk : step;

    n = n < end - i ? n : end - i;
    if (!forward_run (f, rows + i, prompt ? n : 0, prompt ? 0 : n, (*out)[asked], error))
      return false;
    for (int j = 0; j < n; j++)
      asked += rows[i + j].logits;
    i += n;
  }
  return true;
}

static double
distance (int which, const logits *result)
{
  double worst = 0;

  for (int row = 0; row < GOLDEN_ROWS; row++) {
    double difference = 0;
    double square = 0;

    for (int i = 0; i < SPECIMEN_VOCAB; i++) {
      double expected = dd_float_from_bits (golden_logits[which][row][i]);
      double d = (*result)[row][i] - expected;

      difference += d * d;
      square += expected * expected;
    }
    /* Written so that NaN counts as worst. */
    if (!(difference / square <= worst))
      worst = isfinite (difference) ? difference / square : INFINITY;
  }
  return worst;
}

static void
check_golden (const opened *model, int d, dd_cache_type cache, double limit)
{
  const char *name = specimens[model->which].name;
  size_t end = model->plan->n_steps;
  dd_error error = { 0 };
  logits result = { 0 };
  double worst;
  forward f;

  CHECK_MSG (forward_start (&f, model->plan, &devices[d].device, &end, 1, cache, SPECIMEN_PROMPT,
                            &error)
                 && run_text (&f, model->which, SPECIMEN_PROMPT, 1, &result, &error),
             "%s on %s: %s", name, devices[d].name, error.text);
  forward_end (&f);
  worst = distance (model->which, (const logits *) &result);
  CHECK_MSG (worst <= limit, "%s on %s, %s cache: NMSE %.2e", name, devices[d].name,
             cache == DD_CACHE_F16 ? "F16" : "F32", worst);
  if (devices[d].worst < worst)
    devices[d].worst = worst;
}

/* The same bits however the text is cut, and the steps with it. */
static void
check_cuts (const opened *model, int d)
{
  static const struct {
    int chunk, step;
    size_t slice;
  } cuts[] = { { 66, 1, 0 }, { 17, 6, 1 }, { 1, 4, 3 }, { 33, 5, 0 } };
  const char *name = specimens[model->which].name;
  size_t end = model->plan->n_steps;
  logits whole = { 0 };

  for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
    dd_error error = { 0 };
    logits result = { 0 };
    forward f;
    bool ok = forward_start (&f, model->plan, &devices[d].device, &end, 1, DD_CACHE_F16,
                             SPECIMEN_PROMPT, &error);

    f.slice = cuts[i].slice;
    CHECK_MSG (ok && run_text (&f, model->which, cuts[i].chunk, cuts[i].step, &result, &error),
               "%s on %s: %s", name, devices[d].name, error.text);
    forward_end (&f);
    if (i == 0)
      memcpy (whole, result, sizeof whole);
    CHECK_MSG (memcmp (whole, result, sizeof whole) == 0,
               "%s on %s: other bits in chunks of %d, %d", name, devices[d].name, cuts[i].chunk,
               cuts[i].step);
  }
}

/* Some layers here, others there: X crosses as floats. */
static void
check_split (const opened *model, int a, int b, size_t layers)
{
  const char *name = specimens[model->which].name;
  dd_device *const both[2] = { devices[a].device, devices[b].device };
  const size_t ends[2] = { 1 + 5 * layers, model->plan->n_steps };
  dd_error error = { 0 };
  logits result = { 0 };
  forward f;
  bool ok = forward_start (&f, model->plan, both, ends, 2, DD_CACHE_F16, SPECIMEN_PROMPT, &error);

  f.slice = 2;
  CHECK_MSG (ok && run_text (&f, model->which, 40, 3, &result, &error), "%s on %s and %s: %s", name,
             devices[a].name, devices[b].name, error.text);
  forward_end (&f);
  CHECK_MSG (distance (model->which, (const logits *) &result) <= LIMIT,
             "%s on %s and %s: NMSE %.2e", name, devices[a].name, devices[b].name,
             distance (model->which, (const logits *) &result));
}

int
main (void)
{
  add_devices ();
  for (int which = 0; which < n_specimens; which++) {
    opened model = open_specimen (which);

    check_golden (&model, 0, DD_CACHE_F32, LIMIT_REFERENCE);
    for (int d = 0; d < n_devices; d++)
      check_golden (&model, d, DD_CACHE_F16, d == 0 ? LIMIT_REFERENCE_F16 : LIMIT);
    for (int d = 2; d < n_devices; d++) {
      check_golden (&model, d, DD_CACHE_F32, LIMIT);
      check_cuts (&model, d);
    }
    if (which == 0)
      check_cuts (&model, 1);
    check_split (&model, 1, 2, (size_t) (which % 3));
    check_split (&model, 2, 1, 1);
    if (vulkan[1]) {
      check_split (&model, 2, n_devices - 2, 1);
      check_split (&model, n_devices - 1, 2, (size_t) (which % 3));
      check_split (&model, n_devices - 2, n_devices - 1, 1);
    }
    dd_plan_free (&model.plan);
    dd_gguf_close (&model.gguf);
  }
  for (int d = 0; d < n_devices; d++) {
    printf ("%s: worst NMSE %.1e\n", devices[d].name, devices[d].worst);
    dd_device_free (&devices[d].device);
  }
  dd_vulkan_free (&vulkan[0]);
  dd_vulkan_free (&vulkan[1]);
  return check_done ();
}
