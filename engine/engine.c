/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The engine itself: its devices and its slices of work.  Files, models and
 * sessions are in the engine_*.c beside it.
 */
#include "engine_private.h"

#include <string.h>

#include "device/reference/reference.h"

#define MOST_THREADS 512

/* ---- options ----------------------------------------------------------- */

/* What people write and the family of instructions it means. */
static const struct {
  const char *name;
  dd_cpu_isa isa;
} families[] = {
  { "avx2", DD_CPU_AVX2 },
  { "avx-vnni", DD_CPU_AVX_VNNI },
  { "avx512", DD_CPU_AVX512 },
  { "neon", DD_CPU_NEON },
};

static bool
parse_family (const char *name, size_t length, unsigned *mask, dd_error *error)
{
  for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
    if (strlen (families[i].name) == length && memcmp (families[i].name, name, length) == 0) {
      *mask |= 1u << families[i].isa;
      return true;
    }
  return dd_fail (error, DD_ERROR_ARGUMENT,
                  "no instruction set is called “%.*s”; there is: avx2, avx-vnni, avx512, neon",
                  (int) (length < 40 ? length : 40), name);
}

static bool
parse_without (const char *list, unsigned *mask, dd_error *error)
{
  *mask = 0;
  while (list != NULL && *list != '\0') {
    size_t length = strcspn (list, ",");

    if (!parse_family (list, length, mask, error))
      return false;
    list += length + (list[length] == ',');
  }
  return true;
}

static bool
parse_options (const dd_engine_options *options, dd_cpu_options *out, dd_error *error)
{
  *out = (dd_cpu_options) { .threads = dd_pool_default_threads () };
  if (options == NULL)
    return true;
  if (options->threads < 0 || options->threads > MOST_THREADS)
    return dd_fail (error, DD_ERROR_ARGUMENT, "%d threads are wanted and 1 to %d can be had",
                    options->threads, MOST_THREADS);
  if (options->threads > 0)
    out->threads = options->threads;
  out->low_priority = options->low_priority;
  return parse_without (options->without, &out->without, error);
}

/* ---- opening ----------------------------------------------------------- */

static bool
open_cpu (void *user, dd_device **out, dd_error *error)
{
  const dd_engine *engine = user;

  return dd_cpu_open (&engine->cpu, out, error);
}

static bool
open_reference (void *user, dd_device **out, dd_error *error)
{
  return dd_reference_open (out, error);
}

/* One Vulkan device, or the reason why there is none. */
static bool
open_vulkan (void *user, dd_device **out, dd_error *error)
{
  const dd_vulkan_source *source = user;

  *out = NULL;
  if (source->vulkan != NULL)
    return dd_vulkan_open (source->vulkan, source->number, out, error);
  *error = source->problem;
  return false;
}

/* Fills `engine->gpus`: at least one, so that whoever names one is told why it is
 * not there. */
static void
list_vulkan (dd_engine *engine, const dd_engine_options *options)
{
  const dd_vulkan_options wanted = { .cache = options ? options->cache : NULL };
  dd_vulkan_source *gpu = &engine->gpus[0];

  engine->n_gpus = 1;
  *gpu = (dd_vulkan_source) { .info.id = "vulkan:0", .info.kind = DD_VULKAN_RASTERISER };
  if (!dd_vulkan_new (&wanted, &engine->vulkan, &gpu->problem))
    return;
  if (dd_vulkan_count (engine->vulkan) == 0) {
    dd_fail (&gpu->problem, DD_ERROR_UNSUPPORTED,
             "no graphics card with a Vulkan driver was found");
    return;
  }
  engine->n_gpus = dd_vulkan_count (engine->vulkan);
  for (int i = 0; i < engine->n_gpus; i++) {
    engine->gpus[i] = (dd_vulkan_source) { .vulkan = engine->vulkan, .number = i };
    dd_vulkan_info_get (engine->vulkan, i, &engine->gpus[i].info);
  }
}

/* Appends the Vulkan devices of the kinds from `first` to `last`. */
static int
add_vulkan (dd_engine *engine, dd_source *out, int n, dd_vulkan_kind first, dd_vulkan_kind last)
{
  for (int i = 0; i < engine->n_gpus; i++) {
    dd_vulkan_source *gpu = &engine->gpus[i];

    if (gpu->info.kind >= first && gpu->info.kind <= last)
      out[n++] = (dd_source) {
        .id = gpu->info.id,
        .open = open_vulkan,
        .user = gpu,
        .hidden = gpu->info.kind == DD_VULKAN_RASTERISER || gpu->info.problem[0] != '\0',
      };
  }
  return n;
}

/* The devices of this machine, the one to choose first. */
static int
list_own (dd_engine *engine, const dd_engine_options *options, dd_source own[DD_SOURCES])
{
  int n;

  list_vulkan (engine, options);
  n = add_vulkan (engine, own, 0, DD_VULKAN_DISCRETE, DD_VULKAN_INTEGRATED);
  own[n++] = (dd_source) { .id = "cpu", .open = open_cpu, .user = engine, .takes_rest = true };
  n = add_vulkan (engine, own, n, DD_VULKAN_OTHER, DD_VULKAN_RASTERISER);
  own[n++] = (dd_source) { .id = "reference", .open = open_reference, .hidden = true };
  return n;
}

bool
dd_engine_open_with (const dd_engine_options *options,
                     const dd_source *sources,
                     int n_sources,
                     dd_engine **out,
                     dd_error *error)
{
  dd_engine *engine = dd_alloc (DD_TAG_ENGINE, sizeof *engine);
  dd_source own[DD_SOURCES];

  *out = NULL;
  if (engine == NULL)
    return dd_fail_memory (error, "the engine");
  if (sources == NULL) {
    n_sources = list_own (engine, options, own);
    sources = own;
  }
  if (!parse_options (options, &engine->cpu, error)
      || !dd_devices_init (&engine->devices, sources, n_sources, error)
      || !dd_runner_init (&engine->runner, &engine->devices, error)) {
    dd_engine_close (&engine);
    return false;
  }
  *out = engine;
  return true;
}

bool
dd_engine_open (const dd_engine_options *options, dd_engine **out, dd_error *error)
{
  return dd_engine_open_with (options, NULL, 0, out, error);
}

void
dd_engine_close (dd_engine **engine)
{
  if (*engine == NULL)
    return;
  dd_runner_clear (&(*engine)->runner);
  dd_devices_clear (&(*engine)->devices);
  dd_vulkan_free (&(*engine)->vulkan);
  dd_free (*engine);
  *engine = NULL;
}

/* ---- devices ----------------------------------------------------------- */

size_t
dd_engine_n_devices (const dd_engine *engine)
{
  return (size_t) engine->devices.count;
}

void
dd_engine_device (dd_engine *engine, size_t i, dd_device_info *out)
{
  dd_caps *caps;
  dd_device *device;

  memset (out, 0, sizeof *out);
  if (i >= dd_engine_n_devices (engine))
    return;
  caps = &engine->caps[i];
  out->id = out->name = engine->devices.sources[i].id;
  out->hidden = engine->devices.sources[i].hidden;
  out->features = "";
  if (!dd_devices_get (&engine->devices, (int) i, &device, &engine->problems[i])) {
    out->problem = engine->problems[i].text;
    return;
  }
  dd_device_caps (device, caps);
  out->name = caps->name;
  out->features = caps->features;
  for (int heap = 0; heap < caps->n_heaps; heap++) {
    out->memory_total += caps->heaps[heap].total;
    out->memory_available += caps->heaps[heap].available;
  }
}

int
dd_engine_threads (const dd_engine *engine)
{
  return engine->cpu.threads;
}

/* ---- working ----------------------------------------------------------- */

bool
dd_engine_work (dd_engine *engine, bool *more, dd_error *error)
{
  if (engine->runner.working) {
    *more = true;
    return dd_fail (error, DD_ERROR_ARGUMENT, "dd_engine_work was called inside an event");
  }
  *more = dd_runner_work (&engine->runner);
  return true;
}

void
dd_engine_free (void *memory)
{
  dd_free (memory);
}
