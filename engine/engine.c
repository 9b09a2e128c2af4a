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

/* The devices of this machine, the one to choose first. */
static int
list_own (dd_engine *engine, const dd_engine_options *options, dd_source own[DD_SOURCES])
{
  int n;

  dd_cards_list (engine, options);
  n = dd_cards_add (engine, own, 0, DD_VULKAN_DISCRETE, DD_VULKAN_INTEGRATED);
  own[n++] = (dd_source) { .id = "cpu", .open = open_cpu, .user = engine, .takes_rest = true };
  n = dd_cards_add (engine, own, n, DD_VULKAN_OTHER, DD_VULKAN_RASTERISER);
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

/* A device that is opened to see what it has. */
static bool
describe_open (dd_engine *engine, size_t i, dd_device_info *out)
{
  dd_device *device;

  out->kind = strcmp (out->id, "reference") == 0 ? DD_DEVICE_REFERENCE : DD_DEVICE_CPU;
  if (!dd_devices_get (&engine->devices, (int) i, &device, &engine->problems[i]))
    return false;
  dd_device_caps (device, &engine->caps[i]);
  return true;
}

void
dd_engine_device (dd_engine *engine, size_t i, dd_device_info *out)
{
  dd_caps *caps = &engine->caps[i];

  *out = (dd_device_info) { .features = "", .driver = "", .uuid = "" };
  if (i >= dd_engine_n_devices (engine))
    return;
  out->id = out->name = engine->devices.sources[i].id;
  out->hidden = engine->devices.sources[i].hidden;
  *caps = (dd_caps) { 0 };
  engine->problems[i] = (dd_error) { 0 };
  if (!(dd_cards_has (engine, i) ? dd_cards_describe : describe_open) (engine, i, out))
    out->problem = engine->problems[i].text;
  if (caps->name[0] != '\0')
    out->name = caps->name;
  out->features = caps->features;
  for (int heap = 0; heap < caps->n_heaps; heap++) {
    out->memory_total += caps->heaps[heap].total;
    out->memory_available += caps->heaps[heap].available;
  }
}

bool
dd_engine_try_device (dd_engine *engine, size_t i, dd_error *error)
{
  const dd_source *source = &engine->devices.sources[i];
  dd_device *device;
  uint64_t types = 0;

  for (uint32_t type = 0; type < DD_TYPE_LIMIT; type++)
    if (dd_type_get (type) != NULL)
      types |= UINT64_C (1) << type;
  return (source->trust == NULL || source->trust (source->user, types, true, error))
         && dd_devices_get (&engine->devices, (int) i, &device, error);
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
