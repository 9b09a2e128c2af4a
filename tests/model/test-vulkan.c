/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What goes wrong with graphics cards: no loader, a driver without a feature, a
 * device that is lost at any call, no memory at any allocation, a damaged cache of
 * pipelines.  Each is a clear sentence, nothing leaks, and the next try works.
 * The driver is the machine's own, in trouble when told to; skipped where there is
 * none.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "check.h"
#include "device/vulkan/vulkan.h"
#include "specimens.h"

#ifdef TEST_VULKAN
#include "trouble.h"

#define ROWS 4
#define FLOAT_SPECIMENS 2 /* the first of them, of whose rows nothing is packed */

/* ---- a model on it ----------------------------------------------------- */

static dd_gguf *gguf;
static dd_plan *plan;

static size_t at_once; /* steps of a submission; 0: all */

static bool
run (dd_work *work, const dd_batch *batch, dd_error *error)
{
  size_t n = at_once ? at_once : plan->n_steps;
  dd_ticket ticket;

  for (size_t i = 0; i < plan->n_steps; i += n) {
    if (!dd_device_submit (work, batch, i, n < plan->n_steps - i ? n : plan->n_steps - i, &ticket,
                           error)
        || !dd_device_wait (work, ticket, error))
      return false;
  }
  return true;
}

/* Loads, runs a batch and takes the logits of its last row. */
static bool
use (dd_device *device, float *logits, dd_error *error)
{
  dd_request request = { .plan = plan, .count = plan->n_steps };
  dd_loaded *loaded = NULL;
  dd_work *work = NULL;
  uint32_t page = 1;
  dd_sequence sequence = { &page, 1 };
  dd_row rows[ROWS];
  dd_batch batch = {
    .rows = rows, .n_prompt = 2, .n_decode = 2, .sequences = &sequence, .n_sequences = 1
  };
  dd_fetch fetch = { .logits = logits };
  bool ok;

  for (int i = 0; i < ROWS; i++)
    rows[i] = (dd_row) { specimen_token (0, i), i, 0, i == ROWS - 1 };
  ok = dd_device_load (device, &request, &loaded, error)
       && dd_device_pages_resize (loaded, 2, error)
       && dd_device_work_new (loaded, ROWS, 1, &work, error) && run (work, &batch, error)
       && dd_device_fetch (work, &fetch, error);
  dd_device_work_free (&work);
  dd_device_unload (&loaded);
  return ok;
}

static dd_vulkan *
list_with (const dd_vulkan_options *options)
{
  dd_vulkan *vulkan;
  dd_error error;

  REQUIRE_OK (dd_vulkan_new (options, &vulkan, &error), error);
  return vulkan;
}

static dd_device *
open_first (dd_vulkan *vulkan)
{
  dd_device *device;
  dd_error error;

  REQUIRE_OK (dd_vulkan_open (vulkan, 0, &device, &error), error);
  return device;
}

/* ---- what goes wrong --------------------------------------------------- */

static void
check_loader (void)
{
  const dd_vulkan_options options = { .loader = "libno-such-loader.so.1" };
  dd_error error = { 0 };
  dd_vulkan *vulkan;

  CHECK (!dd_vulkan_new (&options, &vulkan, &error) && error.code == DD_ERROR_UNSUPPORTED);
  CHECK (strstr (error.text, "libno-such-loader") != NULL);
}

/* `lack`: what the driver lacks, `words`: of what is said then. */
static void
check_feature (const dd_vulkan_options *options, bool *lack, const char *words)
{
  dd_vulkan_info info;
  dd_error error = { 0 };
  dd_device *device;
  dd_vulkan *vulkan;

  *lack = true;
  vulkan = list_with (options);
  *lack = false;
  dd_vulkan_info_get (vulkan, 0, &info);
  CHECK_MSG (strstr (info.problem, words), "%s", info.problem);
  CHECK (!dd_vulkan_open (vulkan, 0, &device, &error) && error.code == DD_ERROR_UNSUPPORTED);
  CHECK_MSG (strstr (error.text, info.name), "%s", error.text);
  dd_vulkan_free (&vulkan);
}

/* Two devices of one UUID are told apart, the first as it is called alone. */
static void
check_twins (const dd_vulkan_options *options)
{
  dd_vulkan_info alone, first, later;
  dd_vulkan *vulkan = list_with (options);
  int n = dd_vulkan_count (vulkan);

  dd_vulkan_info_get (vulkan, 0, &alone);
  dd_vulkan_free (&vulkan);
  troubles.twice = true;
  vulkan = list_with (options);
  troubles.twice = false;
  CHECK (dd_vulkan_count (vulkan) == 2 * n);
  for (int i = 0; i < 2 * n; i++)
    for (int j = 0; j < i; j++) {
      dd_vulkan_info_get (vulkan, j, &first);
      dd_vulkan_info_get (vulkan, i, &later);
      CHECK_MSG (strcmp (first.uuid, later.uuid) != 0, "%s twice", first.uuid);
      CHECK (j > 0 || strcmp (first.uuid, alone.uuid) == 0);
    }
  dd_vulkan_free (&vulkan);
}

/* Where one allocation holds less and less there are more of them and the bits are the same,
 * until a piece is too large, which is said before anything is allocated. */
static void
check_pieces (const dd_vulkan_options *options, const float *expected)
{
  float logits[SPECIMEN_VOCAB];
  bool ok = true;
  int sizes = 0;

  for (troubles.most = 1 << 20; ok; troubles.most /= 4) {
    dd_vulkan *vulkan = list_with (options);
    dd_device *device = open_first (vulkan);
    dd_error error = { 0 };

    ok = use (device, logits, &error);
    CHECK (!ok || memcmp (logits, expected, sizeof logits) == 0);
    CHECK_MSG (ok || (error.code == DD_ERROR_DEVICE_MEMORY && strstr (error.text, "in one")), "%s",
               error.text);
    sizes += ok;
    dd_device_free (&device);
    dd_vulkan_free (&vulkan);
  }
  CHECK_MSG (sizes >= 2, "%d sizes", sizes);
  troubles.most = 0;
}

/* What a copy is measured with is given back, also where there is room for less; and it is of
 * a type of memory that buffers may have. */
static void
check_copy (const dd_vulkan_options *options)
{
  dd_vulkan *vulkan;
  dd_device *device;

  troubles.decoy = true;
  vulkan = list_with (options);
  device = open_first (vulkan);
  /* Of four sizes all, the last and none. */
  for (int failures = 0; failures <= 4; failures += failures ? 1 : 3) {
    troubles.memory = (trouble_fate) { 0, failures };
    CHECK_MSG ((dd_vulkan_copy_limit (device) > 0) == (failures < 4), "%d failures", failures);
    CHECK (dd_vulkan_bytes (device) == 0);
  }
  troubles.memory.times = 0;
  CHECK_MSG (troubles.decoyed == 0, "%d allocations of the wrong type", troubles.decoyed);
  troubles.decoy = false;
  dd_device_free (&device);
  dd_vulkan_free (&vulkan);
}

/* Every allocation fails once, every other for want of the computer's memory, and it is said whose
 * it was; the same device then gives the same bits. */
static void
check_memory (const dd_vulkan_options *options, const float *expected)
{
  dd_vulkan *vulkan = list_with (options);
  dd_device *device = open_first (vulkan);
  uint64_t before = dd_alloc_bytes (DD_TAG_DEVICE);
  float logits[SPECIMEN_VOCAB];
  int failures = 0;

  for (;; failures++) {
    dd_error error = { 0 };
    bool ok;

    troubles.memory = (trouble_fate) { failures, 1 };
    troubles.of_host = failures % 2;
    ok = use (device, logits, &error);
    troubles.memory.times = 0;
    CHECK (dd_vulkan_bytes (device) == 0);
    if (ok)
      break;
    CHECK_MSG (troubles.of_host
                   ? error.code == DD_ERROR_NO_MEMORY && strstr (error.text, "the computer has no")
                   : error.code == DD_ERROR_DEVICE_MEMORY && !strstr (error.text, "the computer"),
               "%d: %s", failures, error.text);
  }
  CHECK (failures >= 5);
  CHECK (memcmp (logits, expected, sizeof logits) == 0);
  dd_device_free (&device);
  CHECK (dd_alloc_bytes (DD_TAG_DEVICE) <= before);
  dd_vulkan_free (&vulkan);
}

/* The device is lost at the first submission or wait, and at later ones ever further apart, as
 * each try makes all pipelines; freed and opened again it gives the same bits. */
static void
check_lost (const dd_vulkan_options *options, trouble_fate *fate, const float *expected)
{
  dd_vulkan *vulkan = list_with (options);
  float logits[SPECIMEN_VOCAB];
  int failures = 0;

  for (;; failures = 2 * failures + 1) {
    dd_device *device = open_first (vulkan);
    dd_error error = { 0 };
    bool ok;

    *fate = (trouble_fate) { failures, 1 };
    ok = use (device, logits, &error);
    CHECK (ok || dd_device_lost (device));
    if (!ok) {
      CHECK_MSG (error.code == DD_ERROR_DEVICE_LOST && strstr (error.text, "stopped"), "%d: %s",
                 failures, error.text);
      CHECK (!use (device, logits, &error) && error.code == DD_ERROR_DEVICE_LOST);
    }
    fate->times = 0;
    dd_device_free (&device);
    if (ok)
      break;
  }
  CHECK (failures >= 1);
  CHECK (memcmp (logits, expected, sizeof logits) == 0);
  dd_vulkan_free (&vulkan);
}

/* A step may leave its result as the next one wants it: that gives the bits that
 * the next one makes of it alone.  With products of bytes, in software or not. */
static void
check_parts (dd_vulkan *vulkan, int which)
{
  float whole[SPECIMEN_VOCAB], parts[SPECIMEN_VOCAB];
  dd_device *device = open_first (vulkan);
  dd_error error = { 0 };

  REQUIRE_OK (specimen_open (which, &gguf, &plan, &error), error);
  CHECK_MSG (use (device, whole, &error), "%s", error.text);
  for (at_once = 1; at_once <= 3; at_once++) {
    CHECK_MSG (use (device, parts, &error), "%s", error.text);
    CHECK_MSG (memcmp (whole, parts, sizeof whole) == 0, "%s: %zu steps at once",
               specimens[which].name, at_once);
  }
  at_once = 0;
  dd_plan_free (&plan);
  dd_gguf_close (&gguf);
  dd_device_free (&device);
}

/* ---- the cache of pipelines -------------------------------------------- */

static off_t
size_of (const char *path)
{
  struct stat status;

  return stat (path, &status) == 0 ? status.st_size : -1;
}

/* `kept`: the driver gets what it compiled at an earlier start, and need not do it again. */
static void
use_once (const dd_vulkan_options *options, bool kept, const float *expected)
{
  dd_vulkan *vulkan = list_with (options);
  dd_device *device = open_first (vulkan);
  float logits[SPECIMEN_VOCAB];
  dd_error error = { 0 };

  CHECK_MSG (use (device, logits, &error), "%s", error.text);
  CHECK (memcmp (logits, expected, sizeof logits) == 0);
  CHECK ((troubles.kept > 0) == kept);
  dd_device_free (&device);
  dd_vulkan_free (&vulkan);
}

static void
damage (const char *path, off_t at)
{
  FILE *file = fopen (path, "r+b");

  CHECK (file && fseek (file, at, SEEK_SET) == 0 && fputc ('x', file) == 'x');
  if (file)
    fclose (file);
}

static void
check_cache (dd_vulkan_options options, const float *expected)
{
  char folder[] = "/tmp/dadam-cache-XXXXXX";
  char path[128];
  dd_vulkan *vulkan = list_with (&options);
  dd_vulkan_info info;
  off_t size;

  dd_vulkan_info_get (vulkan, 0, &info);
  dd_vulkan_free (&vulkan);
  CHECK (mkdtemp (folder) != NULL);
  snprintf (path, sizeof path, "%s/vulkan-%s", folder, info.uuid);
  options.cache = folder;
  use_once (&options, false, expected);
  size = size_of (path);
  CHECK (size > 0);
  use_once (&options, true, expected);
  CHECK (size_of (path) > 0);
  for (off_t at = 0; at < size; at += size / 2 + 1) {
    damage (path, at);
    use_once (&options, false, expected);
  }
  CHECK (truncate (path, size / 2) == 0);
  use_once (&options, false, expected);
  CHECK (truncate (path, 0) == 0);
  use_once (&options, false, expected);
  CHECK (size_of (path) > 0);
  CHECK (remove (path) == 0 && rmdir (folder) == 0);
  options.cache = "/nonexistent";
  use_once (&options, false, expected);
}

/* ---- what was measured ------------------------------------------------- */

/* Loads and runs a model once with a cache; returns how many submissions that took. */
static int
use_measured (const dd_vulkan_options *options, float *logits)
{
  dd_vulkan *vulkan = list_with (options);
  dd_device *device = open_first (vulkan);
  dd_error error = { 0 };

  troubles.submitted = 0;
  CHECK_MSG (use (device, logits, &error), "%s", error.text);
  dd_device_free (&device);
  dd_vulkan_free (&vulkan);
  return troubles.submitted;
}

/* Of each way of a matrix for so many vectors one is taken, and none that takes much longer
 * than another. */
static void
check_trials (const dd_vulkan_options *options)
{
  dd_trial trials[256];
  dd_vulkan *vulkan = list_with (options);
  size_t n = dd_vulkan_trials (vulkan, 0, trials, 256);
  int taken = 0, kinds = 0;

  CHECK_MSG (n >= 6 && n <= 256, "%zu trials", n);
  for (size_t i = 0; i < n; i++) {
    const dd_trial *t = &trials[i];
    bool first = i == 0 || t[-1].at_once != t->at_once || t[-1].rows != t->rows
                 || t[-1].columns != t->columns;

    CHECK (t->seconds > 0 && t->rows > 0 && t->columns > 0 && t->at_once >= 1);
    CHECK_MSG (!first || taken == kinds, "%d taken of %d", taken, kinds);
    kinds += first;
    taken += t->chosen;
  }
  CHECK_MSG (taken == kinds, "%d taken of %d", taken, kinds);
  dd_vulkan_free (&vulkan);
}

/* Which way weights are multiplied is measured at the first load with a cache, then
 * known, so the second start gives the same bits and submits less. */
static void
check_choices (dd_vulkan_options options)
{
  char folder[] = "/tmp/dadam-cache-XXXXXX";
  char path[128];
  float first[SPECIMEN_VOCAB], second[SPECIMEN_VOCAB];
  dd_vulkan *vulkan = list_with (&options);
  dd_vulkan_info info;
  int before, after;

  dd_vulkan_info_get (vulkan, 0, &info);
  dd_vulkan_free (&vulkan);
  CHECK (mkdtemp (folder) != NULL);
  snprintf (path, sizeof path, "%s/vulkan-%s", folder, info.uuid);
  options.cache = folder;
  before = use_measured (&options, first);
  after = use_measured (&options, second);
  CHECK_MSG (after < before, "%d submissions, then %d", before, after);
  CHECK (memcmp (first, second, sizeof first) == 0);
  check_trials (&options);
  damage (path, 72); /* the first choice */
  CHECK (use_measured (&options, second) > after);
  CHECK (use_measured (&options, second) == after);
  CHECK (remove (path) == 0 && rmdir (folder) == 0);
}

int
main (void)
{
  dd_vulkan_options options = { .intercept = trouble_intercept };
  dd_vulkan_info info = { .problem = "there is none" };
  float expected[SPECIMEN_VOCAB];
  dd_error error = { 0 };
  dd_device *device;
  dd_vulkan *vulkan;

  check_loader ();
  if (dd_vulkan_new (&options, &vulkan, &error) && dd_vulkan_count (vulkan) > 0)
    dd_vulkan_info_get (vulkan, 0, &info);
  if (info.problem[0]) {
    printf ("no Vulkan device: %s %s\n", info.problem, error.text);
    dd_vulkan_free (&vulkan);
    return 77;
  }
  REQUIRE_OK (specimen_open (0, &gguf, &plan, &error), error);
  device = open_first (vulkan);
  REQUIRE_OK (use (device, expected, &error), error);
  dd_device_free (&device);
  dd_vulkan_free (&vulkan);
  check_feature (&options, &troubles.no_addresses, "bufferDeviceAddress");
  check_feature (&options, &troubles.no_shuffles, "shuffles");
  check_twins (&options);
  check_pieces (&options, expected);
  check_copy (&options);
  check_memory (&options, expected);
  check_lost (&options, &troubles.submissions, expected);
  options.without = DD_VULKAN_DIRECT;
  check_memory (&options, expected);
  check_lost (&options, &troubles.submissions, expected);
  check_lost (&options, &troubles.waits, expected);
  check_cache (options, expected);
  dd_plan_free (&plan);
  dd_gguf_close (&gguf);
  REQUIRE_OK (specimen_open (2, &gguf, &plan, &error), error);
  options = (dd_vulkan_options) { .intercept = trouble_intercept };
  check_choices (options);
  dd_plan_free (&plan);
  dd_gguf_close (&gguf);
  options = (dd_vulkan_options) { .with = DD_VULKAN_DOT };
  vulkan = list_with (&options);
  for (int i = FLOAT_SPECIMENS; i < n_specimens; i++)
    check_parts (vulkan, i);
  dd_vulkan_free (&vulkan);
  return check_done ();
}

#else /* no headers of Vulkan */

int
main (void)
{
  const dd_vulkan_options options = { 0 };
  dd_error error = { 0 };
  dd_vulkan *vulkan;

  CHECK (!dd_vulkan_new (&options, &vulkan, &error) && error.code == DD_ERROR_UNSUPPORTED);
  return check_done ();
}

#endif
