/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `dadam import`: files of one's own become installed models, in their place.
 */
#include <glib/gi18n.h>
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
  g_autofree char *count = NULL;
  const char *name;
  guint n_added;
  int n_rest;

  if (!cli_parse (&cli_import, options, n_arguments, arguments, &name, 1, &n_rest))
    return EXIT_USAGE;
  if (n_rest != 1)
    return cli_usage (&cli_import);
  store = cli_store_open (true);
  if (store == NULL)
    return EXIT_FAILURE;
  path = g_canonicalize_filename (name, NULL);
  dadam_store_import_async (store, (const char *const[]) { path, NULL }, NULL, cli_wait_cb,
                            &result);
  n_added = dadam_store_import_finish (store, cli_wait (&result), &error);
  if (n_added == 0)
    return cli_store_fail (error);
  count = g_strdup_printf (ngettext ("%d model added", "%d models added", n_added), (int) n_added);
  model = dadam_store_find_path (store, path);
  if (model != NULL)
    printf ("%s\n", dadam_installed_get_name (model));
  else
    printf ("%s\n", count);

  return EXIT_SUCCESS;
}

const cli_command cli_import = {
  "import", "FILE", N_ ("make GGUF files of yours installed models; they stay where they are"), run
};
