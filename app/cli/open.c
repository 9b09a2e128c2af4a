/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opening what a MODEL names.
 */
#include <stdlib.h>

#include "cli.h"
#include "dadam/engine.h"

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
    if (!ok)
      cli_fail (0, "%s", error.text);
  }
  free (path);
  free (repository);
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
    cli_fail (0, "%s", error.text);
  free (path);
  free (repository);
  return file;
}
