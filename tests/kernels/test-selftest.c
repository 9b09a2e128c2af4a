/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The self-test of devices: sound ones pass it, and each kind of fault is found.
 *
 *   test-selftest            processors, sound and made faulty
 *   test-selftest vulkan     every Vulkan device of this machine
 */
#include <time.h>

#include "base/alloc.h"
#include "check.h"
#include "device/cpu/cpu.h"
#include "device/selftest.h"
#include "device/vulkan/vulkan.h"

typedef enum fault { SOUND, WRONG_BUFFER, NOT_A_NUMBER, OTHER_ALONE, WRONG_CACHE, FAILS } fault;

/* Types that are enough where compiling takes long. */
static const uint64_t few = UINT64_C (1) << DD_TYPE_Q4_K | UINT64_C (1) << DD_TYPE_Q6_K;

static const dd_device_fns *real;
static dd_device_fns faulty;
static fault present;
static int rows_of_last;

static bool
submit (dd_work *work,
        const dd_batch *batch,
        size_t first,
        size_t count,
        dd_ticket *out,
        dd_error *error)
{
  rows_of_last = batch->n_prompt + batch->n_decode;
  if (present == FAILS)
    return dd_fail (error, DD_ERROR_DEVICE_LOST, "lost on purpose");
  return real->submit (work, batch, first, count, out, error);
}

/* One element in ten thousand is enough. */
static bool
get (dd_work *work, int rows, dd_buffer buffer, float *values, dd_error *error)
{
  if (!real->get (work, rows, buffer, values, error))
    return false;
  if (present == WRONG_BUFFER && buffer == DD_BUFFER_H)
    values[rows * 256 - 1] += 20;
  if (present == NOT_A_NUMBER && buffer == DD_BUFFER_O)
    values[3] = (float) (0 * 1e300 * 1e300);
  return true;
}

static bool
fetch (dd_work *work, const dd_fetch *what, dd_error *error)
{
  if (!real->fetch (work, what, error))
    return false;
  if (present == OTHER_ALONE && rows_of_last == 1)
    what->logits[7] *= 1.000001f;
  return true;
}

static bool
cache_get (dd_loaded *loaded,
           int layer,
           uint32_t page,
           int slot,
           float *keys,
           float *values,
           dd_error *error)
{
  if (!real->cache_get (loaded, layer, page, slot, keys, values, error))
    return false;
  if (present == WRONG_CACHE)
    values[0] += 5;
  return true;
}

static dd_device *
open_cpu (unsigned without)
{
  const dd_cpu_options options = { .threads = 2, .without = without };
  dd_device *device;
  dd_error error;

  REQUIRE_OK (dd_cpu_open (&options, &device, &error), error);
  return device;
}

static void
check_faults (void)
{
  static const char *const words[] = {
    [WRONG_BUFFER] = "GATE", [NOT_A_NUMBER] = "ATTEND",   [OTHER_ALONE] = "alone",
    [WRONG_CACHE] = "QKV",   [FAILS] = "lost on purpose",
  };
  dd_device *device = open_cpu (0);
  dd_error error;

  real = device->fns;
  faulty = *real;
  faulty.submit = submit;
  faulty.get = get;
  faulty.fetch = fetch;
  faulty.cache_get = cache_get;
  device->fns = &faulty;
  for (present = WRONG_BUFFER; present <= FAILS; present++) {
    CHECK (!dd_device_self_test (device, few, false, &error));
    CHECK_MSG (strstr (error.text, words[present]) != NULL, "%s: %s", words[present], error.text);
    CHECK (error.code == (present == FAILS ? DD_ERROR_DEVICE_LOST : DD_ERROR_UNSUPPORTED));
  }
  present = SOUND;
  CHECK_MSG (dd_device_self_test (device, few, false, &error), "%s", error.text);
  device->fns = real;
  dd_device_free (&device);
}

static void
check_processors (void)
{
  unsigned without = 0;
  dd_error error;
  dd_cpu_isa isa;

  do {
    dd_device *device = open_cpu (without);
    bool ok = dd_device_self_test (device, without == 0 ? 0 : few, without == 0, &error);

    isa = dd_cpu_isa_best (without);
    CHECK_MSG (ok, "%s: %s", dd_cpu_isa_name (isa), error.text);
    dd_device_free (&device);
    without |= 1u << isa;
  } while (isa != DD_CPU_SCALAR);
}

/* No memory, at one allocation after the other of the first ones. */
static void
check_memory (void)
{
  dd_device *device = open_cpu (0);
  uint64_t bytes = dd_alloc_bytes (DD_TAG_DEVICE);

  for (int n = 0; n < 40; n++) {
    dd_error error = { 0 };
    bool ok;

    dd_alloc_fail_after (n);
    ok = dd_device_self_test (device, few, false, &error);
    dd_alloc_fail_after (-1);
    CHECK (dd_alloc_bytes (DD_TAG_DEVICE) == bytes && dd_alloc_bytes (DD_TAG_PLAN) == 0);
    if (ok)
      break;
    CHECK (error.code == DD_ERROR_NO_MEMORY || error.code == DD_ERROR_DEVICE_MEMORY);
  }
  dd_device_free (&device);
}

static double
seconds (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double) time.tv_sec + 1e-9 * (double) time.tv_nsec;
}

static void
check_card (dd_vulkan *vulkan, int i, const dd_vulkan_info *info)
{
  bool hardware = info->kind != DD_VULKAN_RASTERISER;
  double start = seconds ();
  dd_device *device;
  dd_error error = { 0 };

  REQUIRE_OK (dd_vulkan_open (vulkan, i, &device, &error), error);
  CHECK_MSG (dd_device_self_test (device, hardware ? 0 : few, hardware, &error), "%s: %s",
             info->name, error.text);
  printf ("%s: %.1f s\n", info->name, seconds () - start);
  dd_device_free (&device);
}

static int
check_vulkan (void)
{
  static const dd_vulkan_options ways[] = { { 0 }, { .with = DD_VULKAN_FLEXIBLE } };

  for (int way = 0; way < 2; way++) {
    dd_vulkan *vulkan;
    dd_error error = { 0 };

    if (!dd_vulkan_new (&ways[way], &vulkan, &error) || dd_vulkan_count (vulkan) == 0) {
      printf ("no Vulkan device: %s\n", error.text);
      return CHECK_SKIP;
    }
    for (int i = 0; i < dd_vulkan_count (vulkan); i++) {
      dd_vulkan_info info;

      dd_vulkan_info_get (vulkan, i, &info);
      if (!info.problem[0] && (way == 0 || info.flexible))
        check_card (vulkan, i, &info);
    }
    dd_vulkan_free (&vulkan);
  }
  return check_done ();
}

int
main (int argc, char **argv)
{
  if (argc > 1 && strcmp (argv[1], "vulkan") == 0)
    return check_vulkan ();
  check_processors ();
  check_faults ();
  check_memory ();
  return check_done ();
}
