/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `dadam models`: what is installed, and what is on its way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"

static const char *
note_of (DadamInstalled *model)
{
  if (dadam_installed_is_missing (model))
    return _ ("the file is gone");
  if (dadam_installed_get_origin (model) == DADAM_ORIGIN_SHARED)
    return _ ("in the shared cache");
  if (dadam_installed_get_origin (model) == DADAM_ORIGIN_IMPORTED)
    return _ ("imported");

  return dadam_installed_get_verified (model) != NULL ? _ ("verified") : _ ("not verified");
}

static void
print_model (DadamInstalled *model)
{
  g_autofree char *size = g_format_size ((guint64) dadam_installed_get_size (model));

  printf ("%-40s %10s  %s\n", dadam_installed_get_name (model), size, note_of (model));
}

static void
print_unfinished (const DadamFacts *facts)
{
  g_autofree char *size = g_format_size ((guint64) facts->size);

  printf ("%s %s %10s  %s\n", facts->repo, facts->path, size,
          _ ("unfinished; “dadam pull” goes on with it"));
}

static void
print_json_model (DadamInstalled *model)
{
  static const char *const origins[] = { "store", "imported", "shared" };
  const char *repo = dadam_installed_get_repo (model), *hash = dadam_installed_get_hash (model);

  printf ("{\"name\": ");
  cli_json_string (dadam_installed_get_name (model));
  printf (", \"path\": ");
  cli_json_string (dadam_installed_get_path (model));
  if (repo != NULL) {
    printf (", \"repository\": ");
    cli_json_string (repo);
  }
  if (hash != NULL)
    printf (", \"hash\": \"%s\"", hash);
  printf (", \"size\": %lld, \"origin\": \"%s\", \"missing\": %s, \"verified\": %s}",
          (long long) dadam_installed_get_size (model), origins[dadam_installed_get_origin (model)],
          dadam_installed_is_missing (model) ? "true" : "false",
          dadam_installed_get_verified (model) != NULL ? "true" : "false");
}

static void
print_all (DadamStore *store)
{
  g_autoptr (GPtrArray) unfinished = dadam_store_get_unfinished (store);
  guint n = g_list_model_get_n_items (G_LIST_MODEL (store));

  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamInstalled) model = g_list_model_get_item (G_LIST_MODEL (store), i);

    print_model (model);
  }
  for (guint i = 0; i < unfinished->len; i++)
    print_unfinished (unfinished->pdata[i]);
  if (n == 0 && unfinished->len == 0)
    fprintf (stderr, "%s\n",
             _ ("No model is installed. “dadam pull komt-mistral-7b-v1” gets one."));
}

static void
print_json (DadamStore *store)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (store));

  printf ("[");
  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamInstalled) model = g_list_model_get_item (G_LIST_MODEL (store), i);

    printf ("%s", i > 0 ? ",\n " : "");
    print_json_model (model);
  }
  printf ("]\n");
}

static int
run (int n_arguments, char **arguments)
{
  bool json = false;
  const cli_option options[] = { CLI_JSON (&json), { 0 } };
  g_autoptr (DadamStore) store = NULL;
  int n_rest;

  if (!cli_parse (&cli_models, options, n_arguments, arguments, NULL, 0, &n_rest))
    return EXIT_USAGE;
  store = cli_store_open (false);
  (json ? print_json : print_all) (store);

  return EXIT_SUCCESS;
}

const cli_command cli_models = { "models", "[--json]", N_ ("list the installed models"), run };
