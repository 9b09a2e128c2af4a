/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Graphics cards as an engine's devices: listed without being opened, and opened
 * only where the host trusts them.
 */
#include "engine_private.h"

#include <stdio.h>
#include <string.h>

#include "device/selftest.h"

static dd_card
card_of (const dd_vulkan_source *source)
{
  const dd_vulkan_info *info = &source->info;

  return (dd_card) {
    .id = info->id,
    .uuid = info->uuid,
    .name = info->name,
    .driver = info->driver,
    .key = info->key,
    .software = info->kind == DD_VULKAN_RASTERISER,
  };
}

/* ---- as a source of devices -------------------------------------------- */

static bool
trust_card (void *user, uint64_t types, bool test, dd_error *error)
{
  const dd_vulkan_source *source = user;
  const dd_engine *engine = source->engine;
  dd_card card = card_of (source);
  dd_error why = { 0 };
  dd_trust trust;

  /* One that cannot be opened says so itself. */
  if (engine->trust == NULL || source->vulkan == NULL || source->info.problem[0] != '\0')
    return true;
  trust = engine->trust (&card, types, test, &why, engine->trust_user);
  if (trust == DD_TRUST_GOOD || (trust == DD_TRUST_UNKNOWN && !test))
    return true;
  return dd_fail (error, DD_ERROR_UNSUPPORTED, "%s is not used: %s", card.name, why.text);
}

static bool
open_card (void *user, dd_device **out, dd_error *error)
{
  const dd_vulkan_source *source = user;

  *out = NULL;
  if (source->vulkan != NULL)
    return dd_vulkan_open (source->vulkan, source->number, out, error);
  *error = source->problem;
  return false;
}

void
dd_cards_list (dd_engine *engine, const dd_engine_options *options)
{
  const dd_vulkan_options wanted = { .cache = options ? options->cache : NULL };
  dd_vulkan_source *gpu = &engine->gpus[0];

  engine->trust = options ? options->trust : NULL;
  engine->trust_user = options ? options->trust_user : NULL;
  engine->n_gpus = 1;
  *gpu = (dd_vulkan_source) { .engine = engine,
                              .info.id = "vulkan:0",
                              .info.kind = DD_VULKAN_RASTERISER };
  if (options && options->no_cards) {
    gpu->info.kind = DD_VULKAN_DISCRETE; /* as far as anybody knows */
    snprintf (gpu->info.name, sizeof gpu->info.name, "GPU");
    dd_fail (&gpu->problem, DD_ERROR_UNSUPPORTED, "%s", options->no_cards);
    return;
  }
  if (!dd_vulkan_new (&wanted, &engine->vulkan, &gpu->problem))
    return;
  if (dd_vulkan_count (engine->vulkan) == 0) {
    dd_fail (&gpu->problem, DD_ERROR_UNSUPPORTED,
             "no graphics card with a Vulkan driver was found");
    return;
  }
  engine->n_gpus = dd_vulkan_count (engine->vulkan);
  for (int i = 0; i < engine->n_gpus; i++) {
    engine->gpus[i] = (dd_vulkan_source) { engine, engine->vulkan, .number = i };
    dd_vulkan_info_get (engine->vulkan, i, &engine->gpus[i].info);
  }
}

int
dd_cards_add (dd_engine *engine, dd_source *out, int n, dd_vulkan_kind first, dd_vulkan_kind last)
{
  for (int i = 0; i < engine->n_gpus; i++) {
    dd_vulkan_source *gpu = &engine->gpus[i];

    if (gpu->info.kind >= first && gpu->info.kind <= last)
      out[n++] = (dd_source) {
        .id = gpu->info.id,
        .uuid = gpu->info.uuid[0] != '\0' ? gpu->info.uuid : NULL,
        .open = open_card,
        .trust = trust_card,
        .user = gpu,
        .hidden = gpu->info.kind == DD_VULKAN_RASTERISER || gpu->info.problem[0] != '\0',
      };
  }
  return n;
}

/* ---- what they are ----------------------------------------------------- */

bool
dd_cards_has (const dd_engine *engine, size_t i)
{
  return engine->devices.sources[i].open == open_card;
}

static dd_device_kind
kind_of (dd_vulkan_kind kind)
{
  switch (kind) {
  case DD_VULKAN_DISCRETE: return DD_DEVICE_DISCRETE;
  case DD_VULKAN_INTEGRATED: return DD_DEVICE_INTEGRATED;
  case DD_VULKAN_RASTERISER: return DD_DEVICE_SOFTWARE;
  case DD_VULKAN_OTHER:
  default: return DD_DEVICE_OTHER;
  }
}

bool
dd_cards_describe (dd_engine *engine, size_t i, dd_device_info *out)
{
  const dd_vulkan_source *source = engine->devices.sources[i].user;
  dd_error *problem = &engine->problems[i];
  dd_card card = card_of (source);

  out->kind = kind_of (source->info.kind);
  if (source->info.name[0] != '\0')
    out->name = source->info.name;
  if (source->vulkan == NULL) {
    *problem = source->problem;
    return false;
  }
  out->driver = source->info.driver;
  out->uuid = source->info.uuid;
  if (source->info.problem[0] != '\0')
    return dd_fail (problem, DD_ERROR_UNSUPPORTED, "%s", source->info.problem);
  if (!dd_vulkan_caps (source->vulkan, source->number, &engine->caps[i], problem))
    return false;
  if (engine->trust != NULL)
    out->trust = engine->trust (&card, 0, false, problem, engine->trust_user);
  return out->trust != DD_TRUST_BAD;
}

size_t
dd_engine_trials (dd_engine *engine, size_t i, dd_trial *out, size_t room)
{
  const dd_vulkan_source *source;

  if (i >= dd_engine_n_devices (engine) || !dd_cards_has (engine, i))
    return 0;
  source = engine->devices.sources[i].user;
  return source->vulkan ? dd_vulkan_trials (source->vulkan, source->number, out, room) : 0;
}

/* ---- the test ---------------------------------------------------------- */

static bool
test_card (dd_vulkan *vulkan, int i, uint64_t types, dd_error *error)
{
  dd_vulkan_info info;
  dd_device *device;
  bool ok;

  dd_vulkan_info_get (vulkan, i, &info);
  if (!dd_vulkan_open (vulkan, i, &device, error))
    return false;
  ok = dd_device_self_test (device, types, info.kind != DD_VULKAN_RASTERISER, error);
  dd_device_free (&device);
  return ok;
}

static bool
test_ways (const dd_vulkan_options *options,
           const char *uuid,
           const char *key,
           uint64_t types,
           dd_vulkan_info *info,
           dd_error *error)
{
  dd_vulkan *vulkan;
  bool found = false, ok = false;

  if (!dd_vulkan_new (options, &vulkan, error))
    return false;
  for (int i = 0; i < dd_vulkan_count (vulkan) && !found; i++) {
    dd_vulkan_info_get (vulkan, i, info);
    found = strcmp (info->uuid, uuid) == 0 && strcmp (info->key, key) == 0;
    if (found)
      ok = test_card (vulkan, i, types, error);
  }
  dd_vulkan_free (&vulkan);
  return found ? ok
               : dd_fail (error, DD_ERROR_ARGUMENT, "its driver was not found when it was tested");
}

/* All that a measurement may choose: products of bytes, with matrices where the card has them
 * (a processor is not asked for them), then without these, then neither. */
bool
dd_card_test (const char *uuid, const char *key, uint64_t types, const char *cache, dd_error *error)
{
  const dd_vulkan_options ways[] = {
    { .cache = cache, .with = DD_VULKAN_DOT },
    { .cache = cache, .with = DD_VULKAN_DOT, .without = DD_VULKAN_MATRIX },
    { .cache = cache, .without = DD_VULKAN_DOT | DD_VULKAN_MATRIX },
  };
  dd_vulkan_info info;

  if (!test_ways (&ways[0], uuid, key, types, &info, error))
    return false;
  if (info.matrices && info.kind != DD_VULKAN_RASTERISER
      && !test_ways (&ways[1], uuid, key, types, &info, error))
    return false;
  return test_ways (&ways[2], uuid, key, types, &info, error);
}
