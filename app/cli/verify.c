/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `dadam verify`: reads models again and compares them with what they are to be.
 */
#include <stdio.h>
#include <stdlib.h>

#include "store.h"

static void
progress_cb (gint64 done, gint64 size, gpointer name)
{
  cli_progress (name, done, size, 0, -1);
}

static int
verify (DadamStore *store, DadamInstalled *model)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  const char *name = dadam_installed_get_name (model);
  gboolean ok;

  dadam_store_verify_async (store, model, NULL, progress_cb, (gpointer) name, cli_wait_cb, &result);
  ok = dadam_store_verify_finish (store, cli_wait (&result), &error);
  cli_progress_end ();
  if (!ok) {
    cli_fail (0, "%s:", name);
    return cli_store_fail (error);
  }
  printf ("%s: %s\n", name, _ ("verified"));

  return EXIT_SUCCESS;
}

static int
verify_all (DadamStore *store)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (store));
  int status = EXIT_SUCCESS;

  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamInstalled) model = g_list_model_get_item (G_LIST_MODEL (store), i);

    if (verify (store, model) != EXIT_SUCCESS)
      status = EXIT_FAILURE;
  }

  return status;
}

static int
run (int n_arguments, char **arguments)
{
  const cli_option options[] = { { 0 } };
  g_autoptr (DadamStore) store = NULL;
  g_autoptr (DadamInstalled) model = NULL;
  g_autoptr (GError) error = NULL;
  const char *name;
  int n_rest;

  if (!cli_parse (&cli_verify, options, n_arguments, arguments, &name, 1, &n_rest))
    return EXIT_USAGE;
  store = cli_store_open (true);
  if (store == NULL)
    return EXIT_FAILURE;
  if (n_rest == 0)
    return verify_all (store);
  model = dadam_store_find (store, name, &error);

  return model != NULL ? verify (store, model) : cli_store_fail (error);
}

const cli_command cli_verify = { "verify", "[NAME]",
                                 N_ ("check that installed models are what they are to be"), run };
