/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `dadam import`: a file of one's own becomes an installed model, in its place.
 */
#include <stdio.h>
#include <stdlib.h>

#include "store.h"

static int
run (int n_arguments, char **arguments)
{
  const cli_option options[] = { { 0 } };
  g_autoptr (DadamStore) store = NULL;
  g_autoptr (DadamInstalled) model = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  const char *name;
  int n_rest;

  if (!cli_parse (&cli_import, options, n_arguments, arguments, &name, 1, &n_rest))
    return EXIT_USAGE;
  if (n_rest != 1)
    return cli_usage (&cli_import);
  store = cli_store_open (true);
  if (store == NULL)
    return EXIT_FAILURE;
  path = g_canonicalize_filename (name, NULL);
  dadam_store_import_async (store, (const char *const[]) { path, NULL }, cli_wait_cb, &result);
  if (dadam_store_import_finish (store, cli_wait (&result), &error) > 0)
    model = dadam_store_find (store, path, &error);
  if (model == NULL)
    return cli_store_fail (error);
  printf ("%s\n", dadam_installed_get_name (model));

  return EXIT_SUCCESS;
}

const cli_command cli_import = {
  "import", "FILE", N_ ("make a GGUF file of yours an installed model; it stays where it is"), run
};
