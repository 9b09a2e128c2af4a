/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opening the engine, and what a MODEL names.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "dadam/engine.h"
#include "host.h"

static void
tell_test (const dd_card *card, bool begins, void *user)
{
  (void) user;
  if (begins)
    cli_fail (0, N_ ("testing %s, once for each driver and kind of model…"), card->name);
}

bool
cli_open_engine (int64_t threads, dd_engine **out)
{
  static host_watcher watcher = { .testing = tell_test };
  dd_error error;

  if (host_open_engine (&(dd_engine_options) { .threads = (int) threads, .trust_user = &watcher },
                        out, &error))
    return true;
  cli_fail_engine (0, &error);
  return false;
}

/* A better device that stands idle is never kept quiet. */
static void
tell_passed_over (dd_model *model)
{
  dd_model_info info;
  char *words;

  dd_model_info_get (model, &info);
  if (info.passed_over == NULL)
    return;
  words = cli_device_words (info.passed_over);
  cli_fail (0, N_ ("%s Running on %s."), words != NULL ? words : info.passed_over, info.device);
  free (words);
}

bool
cli_open_model (dd_engine *engine, const char *name, dd_model_options options, dd_model **out)
{
  char *repository;
  char *path = cli_find_model (name, &repository);
  dd_error error;
  bool ok = false;

  if (path != NULL) {
    options.repository = repository;
    ok = dd_model_open (engine, path, &options, out, &error);
    if (ok)
      tell_passed_over (*out);
    else
      cli_fail_engine (0, &error);
  }
  free (path);
  free (repository);
  return ok;
}

bool
cli_open_session (dd_model *model, dd_session **out, dd_error *error)
{
  dd_model_info before, after;
  bool ok;

  dd_model_info_get (model, &before);
  ok = dd_session_open (model, out, error);
  dd_model_info_get (model, &after);
  if (ok && after.card_layers != before.card_layers)
    tell_passed_over (model);
  return ok;
}

dd_file *
cli_open_file (const char *name)
{
  char *repository;
  char *path = cli_find_model (name, &repository);
  dd_file *file = NULL;
  dd_error error;

  if (path != NULL && !dd_file_open (path, &file, &error))
    cli_fail_engine (0, &error);
  free (path);
  free (repository);
  return file;
}
