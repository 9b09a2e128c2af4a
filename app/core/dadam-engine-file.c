/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opens headers and files and asks for the dry run.
 */
#include "config.h"

#include "dadam-engine-file.h"

#include "dadam-engine-room.h"
#include "dadam-engine-worker.h"
#include "dadam-error.h"

/**
 * dadam_engine_list_families:
 *
 * Returns: (transfer full): the tags that the Hub gives to models of families that run
 */
GStrv
dadam_engine_list_families (void)
{
  g_autoptr (GStrvBuilder) tags = g_strv_builder_new ();
  dd_family family;

  for (gsize i = 0; dd_family_get (i, &family); i++) {
    g_strv_builder_add (tags, family.name);
    if (family.also != NULL)
      g_strv_builder_add (tags, family.also);
  }

  return g_strv_builder_end (tags);
}

/* Whether files of a family run that they themselves call @name. */
gboolean
dadam_engine_knows_family (const char *name)
{
  dd_family family;

  for (gsize i = 0; dd_family_get (i, &family); i++)
    if (g_str_equal (family.name, name))
      return TRUE;

  return FALSE;
}

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

/* What loading would do with the devices that it would choose. */
static void
measure (const dd_file *file, dd_engine *engine, const DadamRoom *room, DadamDryRun *out)
{
  dd_estimate estimate;
  dd_error error;

  if (!dd_file_measure (file, engine, NULL, 0, &estimate, &error)) {
    out->runs = error.code == DD_ERROR_DEVICE_MEMORY ? DADAM_RUNS_TOO_BIG : DADAM_RUNS_NOT;
    out->problem = g_strdup (error.text);
    out->available = room->ram;
    return;
  }
  out->weights = estimate.memory.weights;
  out->cache = estimate.memory.cache;
  out->activations = estimate.memory.activations;
  if (estimate.card_layers < estimate.layers)
    out->available += room->ram;
  if (estimate.card_layers > 0)
    out->available += room->gpu;
  out->runs = estimate.card_layers == 0                 ? DADAM_RUNS_ON_CPU
              : estimate.card_layers == estimate.layers ? DADAM_RUNS_ON_GPU
                                                        : DADAM_RUNS_ON_BOTH;
  if (out->weights + out->cache + out->activations > out->available)
    out->runs = DADAM_RUNS_TOO_BIG;
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
dadam_dry_run (DadamEngine *engine,
               gconstpointer bytes,
               gsize length,
               gint64 file_size,
               GError **error)
{
  g_autoptr (DadamDryRun) self = g_new0 (DadamDryRun, 1);
  DadamWorker *worker = dadam_engine_get_worker (engine);
  dd_file *file = NULL;
  dd_error problem;

  if (!dd_file_open_header (bytes, length, (uint64_t) file_size, &file, &problem)) {
    g_propagate_error (error, dadam_error_new_from_engine (&problem));
    return NULL;
  }
  take_facts (file, self);
  if (dadam_worker_wait (worker)) {
    DadamRoom room = dadam_engine_read_room (engine);

    measure (file, worker->engine, &room, self);
  } else {
    self->runs = DADAM_RUNS_NOT;
    self->problem = g_strdup (worker->error.text);
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
