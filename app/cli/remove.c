/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `dadam remove`: deletes an installed model; an imported one is only forgotten.
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
  g_autoptr (GError) error = NULL;
  const char *name;
  int n_rest;

  if (!cli_parse (&cli_remove, options, n_arguments, arguments, &name, 1, &n_rest))
    return EXIT_USAGE;
  if (n_rest != 1)
    return cli_usage (&cli_remove);
  store = cli_store_open (true);
  if (store == NULL)
    return EXIT_FAILURE;
  model = dadam_store_find (store, name, &error);
  if (model == NULL || !dadam_store_remove (store, model, &error))
    return cli_store_fail (error);
  dadam_store_purge (store, 0);

  return EXIT_SUCCESS;
}

const cli_command cli_remove = { "remove", "NAME",
                                 N_ ("delete an installed model; a file that was imported stays"),
                                 run };
