/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opens headers and files and asks for the dry run.
 */
#include "config.h"

#include "dadam-engine-file.h"

#include "dadam-error.h"

#include "dadam/engine.h"
#include "host.h"

/* Bytes of weights that a token reads: all, but of the table of tokens one row
 * unless it is the output as well. */
static guint64
count_token_bytes (const dd_file *file, size_t n_tensors)
{
  guint64 all = 0, table = 0;
  gboolean has_output = FALSE;

  for (size_t i = 0; i < n_tensors; i++) {
    dd_tensor_info tensor;

    dd_file_tensor (file, i, &tensor);
    all += tensor.bytes;
    if (g_str_equal (tensor.name, "token_embd.weight"))
      table = tensor.bytes;
    has_output |= g_str_equal (tensor.name, "output.weight");
  }

  return has_output ? all - table : all;
}

/* Bytes that are free on the devices of a kind that are chosen by themselves. */
static guint64
count_free (dd_engine *engine, gboolean cards)
{
  size_t n = dd_engine_n_devices (engine);
  guint64 most = 0;

  for (size_t i = 0; i < n; i++) {
    dd_device_info info;

    dd_engine_device (engine, i, &info);
    if (!info.hidden && info.problem == NULL && (info.kind != DD_DEVICE_CPU) == cards)
      most = MAX (most, info.memory_available);
  }

  return most;
}

/* Opens the engine for a moment. */
DadamRoom
dadam_room_read (void)
{
  DadamRoom room = { 0 };
  dd_engine *engine = NULL;
  dd_error problem;

  if (!host_open_engine (&(dd_engine_options) { 0 }, &engine, &problem))
    return room;
  room.gpu = count_free (engine, TRUE);
  room.ram = count_free (engine, FALSE);
  dd_engine_close (&engine);

  return room;
}

/* What loading would do with the devices that it would choose. */
static void
measure (const dd_file *file, dd_engine *engine, DadamDryRun *out)
{
  dd_estimate estimate;
  dd_error error;

  if (!dd_file_measure (file, engine, NULL, 0, &estimate, &error)) {
    out->runs = error.code == DD_ERROR_DEVICE_MEMORY ? DADAM_RUNS_TOO_BIG : DADAM_RUNS_NOT;
    out->problem = g_strdup (error.text);
    out->available = count_free (engine, FALSE);
    return;
  }
  out->weights = estimate.memory.weights;
  out->cache = estimate.memory.cache;
  out->activations = estimate.memory.activations;
  if (estimate.card_layers < estimate.layers)
    out->available += count_free (engine, FALSE);
  if (estimate.card_layers > 0)
    out->available += count_free (engine, TRUE);
  out->runs = estimate.card_layers == 0                 ? DADAM_RUNS_ON_CPU
              : estimate.card_layers == estimate.layers ? DADAM_RUNS_ON_GPU
                                                        : DADAM_RUNS_ON_BOTH;
  if (out->weights + out->cache + out->activations > out->available)
    out->runs = DADAM_RUNS_TOO_BIG;
}

static void
measure_need (dd_engine *engine, DadamNeed *need)
{
  dd_file *file = NULL;
  dd_estimate estimate;
  dd_error error;
  guint64 all;

  if (!dd_file_open (need->path, &file, &error))
    return;
  if (dd_file_measure (file, engine, need->devices, need->context, &estimate, &error)) {
    all = estimate.memory.weights + estimate.memory.cache + estimate.memory.activations;
    need->gpu = estimate.layers > 0
                    ? (guint64) ((double) all * estimate.card_layers / estimate.layers)
                    : 0;
    need->ram = all - need->gpu;
  }
  dd_file_close (&file);
}

/**
 * dadam_needs_measure:
 * @needs: of which the first three members say what to measure; the others are set
 *
 * What loading each of several models would take, were it alone.  Of one that is spread
 * over a graphics card and the processor, by its layers.
 *
 * Returns: the memory that is free
 */
DadamRoom
dadam_needs_measure (DadamNeed *needs, guint n)
{
  DadamRoom room = { 0 };
  dd_engine *engine = NULL;
  dd_error problem;

  for (guint i = 0; i < n; i++)
    needs[i].gpu = needs[i].ram = 0;
  if (!host_open_engine (&(dd_engine_options) { 0 }, &engine, &problem))
    return room;
  room.gpu = count_free (engine, TRUE);
  room.ram = count_free (engine, FALSE);
  for (guint i = 0; i < n; i++)
    measure_need (engine, &needs[i]);
  dd_engine_close (&engine);

  return room;
}

/* Whether two models can be in memory at once. */
gboolean
dadam_room_has_both (const DadamRoom *room, const DadamNeed *one, const DadamNeed *other)
{
  return one->gpu <= room->gpu && other->gpu <= room->gpu - one->gpu && one->ram <= room->ram
         && other->ram <= room->ram - one->ram;
}

static void
take_facts (const dd_file *file, DadamDryRun *out)
{
  dd_file_info info;

  dd_file_info_get (file, &info);
  out->family = g_strdup (info.family);
  out->type = g_strdup (info.type);
  out->parameters = (gint64) info.parameters;
  out->context = info.context;
  out->token_bytes = count_token_bytes (file, info.n_tensors);
}

/**
 * dadam_dry_run:
 * @bytes: the beginning of a GGUF file, its whole header
 * @file_size: of the whole file
 *
 * Returns: (transfer full): what loading the file would do; %NULL if the bytes are
 *   no header, or not the whole of one
 */
DadamDryRun *
dadam_dry_run (gconstpointer bytes, gsize length, gint64 file_size, GError **error)
{
  g_autoptr (DadamDryRun) self = g_new0 (DadamDryRun, 1);
  dd_engine *engine = NULL;
  dd_file *file = NULL;
  dd_error problem;

  if (!dd_file_open_header (bytes, length, (uint64_t) file_size, &file, &problem)) {
    g_propagate_error (error, dadam_error_new_from_engine (&problem));
    return NULL;
  }
  take_facts (file, self);
  if (host_open_engine (&(dd_engine_options) { 0 }, &engine, &problem)) {
    measure (file, engine, self);
    dd_engine_close (&engine);
  } else {
    self->runs = DADAM_RUNS_NOT;
    self->problem = g_strdup (problem.text);
  }
  dd_file_close (&file);

  return g_steal_pointer (&self);
}

void
dadam_dry_run_free (DadamDryRun *self)
{
  if (self == NULL)
    return;
  g_free (self->problem);
  g_free (self->family);
  g_free (self->type);
  g_free (self);
}

/* A part of a split model is no model by itself, but its header can be read. */
static bool
open_part (const char *path, GMappedFile **map, dd_file **file, dd_error *error)
{
  *map = g_mapped_file_new (path, FALSE, NULL);
  if (*map == NULL) {
    error->code = DD_ERROR_IO;
    g_strlcpy (error->text, path, sizeof error->text);
    return false;
  }

  return dd_file_open_header (g_mapped_file_get_contents (*map), g_mapped_file_get_length (*map),
                              g_mapped_file_get_length (*map), file, error);
}

/**
 * dadam_engine_file_check:
 * @part_of_split: only the header is looked at
 *
 * Whether a file is a whole GGUF.  A sound file of a family that the engine does
 * not know is one too.
 */
gboolean
dadam_engine_file_check (const char *path, gboolean part_of_split, GError **error)
{
  g_autoptr (GMappedFile) map = NULL;
  dd_file *file = NULL;
  dd_error problem = { 0 };
  bool ok = part_of_split ? open_part (path, &map, &file, &problem)
                          : dd_file_open (path, &file, &problem);

  dd_file_close (&file);
  if (ok || problem.code == DD_ERROR_UNSUPPORTED)
    return TRUE;
  g_propagate_error (error, dadam_error_new_from_engine (&problem));

  return FALSE;
}
