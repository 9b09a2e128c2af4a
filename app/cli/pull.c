/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `dadam pull`: finds a model on the Hub, chooses the file for this computer unless
 * one is named, and downloads it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dadam-catalogue.h"
#include "dadam-download.h"
#include "dadam-fit.h"
#include "dadam-token.h"
#include "store.h"

typedef struct {
  DadamHub *hub;
  DadamToken *token;
  DadamStore *store;
  DadamOffer *offer; /* of the catalogue, or NULL */
  char *id;          /* of the repository */
  char *wanted;      /* a file or a quantisation, or NULL */
  DadamHubRepo *repo;
  bool again;        /* from the beginning, where the server cannot continue */
  bool accept_changed;
} pull;

static void
pull_clear (pull *self)
{
  g_clear_object (&self->token);
  g_clear_object (&self->hub);
  g_clear_object (&self->store);
  g_clear_object (&self->offer);
  g_clear_object (&self->repo);
  g_free (self->id);
  g_free (self->wanted);
}

static DadamHub *
make_hub (void)
{
  g_autofree char *path = g_build_filename (g_get_user_state_dir (), "dadam", "network.jsonl",
                                            NULL);
  g_autoptr (DadamLedger) ledger = dadam_ledger_new (path);

  return dadam_hub_new_from_environment (ledger);
}

/* That of the environment, or what the window keeps in the keyring. */
static DadamToken *
load_token (DadamHub *hub)
{
  DadamToken *token = dadam_token_new (hub);
  g_autoptr (GAsyncResult) result = NULL;

  if (dadam_token_get_source (token) != DADAM_TOKEN_VARIABLE) {
    dadam_token_load_async (token, cli_wait_cb, &result);
    dadam_token_load_finish (token, cli_wait (&result));
  }

  return token;
}

/* With the names that need no owner. */
static void
say_no_repository (DadamCatalogue *catalogue, const char *name)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (catalogue));

  cli_fail (0, N_ ("“%s” is no repository; write OWNER/NAME, or one of these:"), name);
  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamOffer) offer = g_list_model_get_item (G_LIST_MODEL (catalogue), i);

    if (dadam_offer_get_problem (offer) == NULL)
      fprintf (stderr, "  %-28s %s\n", dadam_offer_get_id (offer), dadam_offer_get_note (offer));
  }
}

/* "komt-mistral-7b-v1", "owner/name", an address; after a colon the file wanted. */
static bool
understand (pull *self, const char *text)
{
  g_autoptr (DadamCatalogue) catalogue = dadam_catalogue_new ();
  g_autofree char *name = g_strdup (text);
  char *colon = strrchr (name, ':');

  if (colon != NULL && strchr (colon, '/') == NULL) {
    *colon = '\0';
    self->wanted = g_strdup (colon + 1);
  }
  self->offer = dadam_catalogue_find (catalogue, name);
  if (self->offer == NULL) {
    g_autofree char *file = NULL;

    self->id = dadam_hub_parse_id (self->hub, name, &file);
    if (file != NULL && self->wanted == NULL)
      self->wanted = g_steal_pointer (&file);
    if (self->id != NULL)
      self->offer = dadam_catalogue_find (catalogue, self->id);
  } else {
    self->id = g_strdup (dadam_offer_get_repo (self->offer));
  }
  if (self->id == NULL)
    say_no_repository (catalogue, name);
  else if (self->wanted == NULL && self->offer != NULL && dadam_offer_is_starter (self->offer))
    self->wanted = g_strdup (dadam_offer_get_first_file (self->offer));

  return self->id != NULL;
}

static bool
look_up (pull *self)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  if (self->offer != NULL && dadam_offer_get_problem (self->offer) != NULL) {
    cli_fail (0, "%s: %s", dadam_offer_get_title (self->offer),
              dadam_offer_get_problem (self->offer));
    return false;
  }
  dadam_hub_repo_async (self->hub, self->id, NULL, NULL, cli_wait_cb, &result);
  self->repo = dadam_hub_repo_finish (self->hub, cli_wait (&result), &error);
  if (self->repo == NULL)
    cli_store_fail (error);

  return self->repo != NULL;
}

/* ---- which file -------------------------------------------------------- */

static void
list_files (pull *self)
{
  GListModel *files = dadam_hub_repo_get_files (self->repo);

  for (guint i = 0; i < g_list_model_get_n_items (files); i++) {
    g_autoptr (DadamHubFile) file = g_list_model_get_item (files, i);
    g_autofree char *size = g_format_size ((guint64) dadam_hub_file_get_size (file));

    fprintf (stderr, "  %-44s %s\n", dadam_hub_file_get_path (file), size);
  }
}

static bool
is_split (GPtrArray *files)
{
  guint parts;

  for (guint i = 0; i < files->len; i++)
    if (dadam_hub_file_get_part (files->pdata[i], &parts) != i + 1 || parts != files->len)
      return false;

  return files->len > 0;
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (dadam_hub_file_get_path (*(DadamHubFile *const *) a),
                 dadam_hub_file_get_path (*(DadamHubFile *const *) b));
}

static GPtrArray *
take_wanted (pull *self)
{
  g_autoptr (GPtrArray) files = dadam_hub_repo_find (self->repo, self->wanted);

  g_ptr_array_sort (files, compare_paths);
  if (is_split (files))
    return g_steal_pointer (&files);
  cli_fail (0,
            files->len == 0 ? _ ("%s has no file “%s”; it has:")
                            : _ ("%s has several files “%s”; name one:"),
            dadam_hub_repo_get_id (self->repo), self->wanted);
  list_files (self);

  return NULL;
}

static GPtrArray *
take_recommended (pull *self)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (DadamEngine) engine = dadam_engine_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (DadamDryRun) run = NULL;
  g_autofree char *words = NULL;
  DadamHubFile *file;

  dadam_fit_choose_async (self->hub, engine, self->repo, NULL, cli_wait_cb, &result);
  file = dadam_fit_choose_finish (self->hub, cli_wait (&result), &run, &error);
  if (file == NULL) {
    cli_store_fail (error);
    list_files (self);
    return NULL;
  }
  g_ptr_array_add (files, file);
  words = dadam_fit_get_words (run, dadam_hub_file_get_size (file));
  fprintf (stderr, "%s: %s\n", dadam_hub_file_get_path (file), words);

  return g_steal_pointer (&files);
}

static GPtrArray *
choose (pull *self)
{
  GListModel *all = dadam_hub_repo_get_files (self->repo);
  GPtrArray *only;

  if (g_list_model_get_n_items (all) == 0) {
    cli_fail (0, N_ ("%s has no GGUF files"), dadam_hub_repo_get_id (self->repo));
    return NULL;
  }
  if (self->wanted != NULL)
    return take_wanted (self);
  if (g_list_model_get_n_items (all) > 1)
    return take_recommended (self);
  only = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (only, g_list_model_get_item (all, 0));

  return only;
}

/* ---- the download ------------------------------------------------------ */

static void
show_licence (pull *self)
{
  const char *licence = dadam_hub_repo_get_licence (self->repo);
  const char *note = self->offer != NULL ? dadam_offer_get_licence_note (self->offer) : NULL;

  fprintf (stderr, _ ("Licence, as its author states it: %s\n"),
           licence ? licence : _ ("none stated"));
  if (note != NULL)
    fprintf (stderr, "%s\n", note);
}

/* A file whose content is known beforehand is that content. */
static bool
is_as_known (pull *self, DadamHubFile *file)
{
  const char *known = self->offer != NULL
                          ? dadam_offer_get_pinned (self->offer, dadam_hub_file_get_path (file))
                          : NULL;

  if (known == NULL || self->accept_changed
      || g_strcmp0 (known, dadam_hub_file_get_hash (file)) == 0)
    return true;
  cli_fail (
      0,
      N_ ("%s has been changed on the hub since Dadam was made; --accept-changed takes it as it is"),
      dadam_hub_file_get_path (file));

  return false;
}

static void
show_progress (DadamDownload *download)
{
  const char *what = dadam_download_get_path (download);

  switch (dadam_download_get_state (download)) {
  case DADAM_DOWNLOAD_CHECKING: what = _ ("checking what is there"); break;
  case DADAM_DOWNLOAD_VERIFYING: what = _ ("verifying"); break;
  default: break;
  }
  cli_progress (what, dadam_download_get_done (download), dadam_download_get_size (download),
                dadam_download_get_speed (download), dadam_download_get_seconds_left (download));
}

static int
fetch (pull *self, DadamHubFile *file)
{
  g_autoptr (DadamFacts)
      facts = dadam_facts_new (dadam_hub_repo_get_id (self->repo),
                               dadam_hub_repo_get_commit (self->repo),
                               dadam_hub_file_get_path (file), dadam_hub_file_get_hash (file),
                               dadam_hub_file_get_size (file));
  g_autoptr (DadamDownload) download = NULL;

  facts->licence = g_strdup (dadam_hub_repo_get_licence (self->repo));
  download = dadam_download_new (self->hub, self->store, facts);
  if (self->again)
    dadam_download_allow_restart (download);
  g_signal_connect (download, "notify::done", G_CALLBACK (show_progress), NULL);
  dadam_download_start (download);
  while (dadam_download_is_active (download))
    g_main_context_iteration (NULL, TRUE);
  cli_progress_end ();
  if (dadam_download_get_state (download) == DADAM_DOWNLOAD_DONE)
    return EXIT_SUCCESS;
  if (g_error_matches (dadam_download_get_error (download), DADAM_HUB_ERROR,
                       DADAM_HUB_ERROR_NO_RANGES))
    return cli_fail (
        EXIT_FAILURE, "%s",
        _ ("the server cannot continue a download; --again fetches the whole file again"));

  return cli_store_fail (dadam_download_get_error (download));
}

/* What the new model is called; the name alone on standard output. */
static void
print_name (pull *self, DadamHubFile *file)
{
  g_autoptr (DadamFacts)
      facts = dadam_facts_new (dadam_hub_repo_get_id (self->repo),
                               dadam_hub_repo_get_commit (self->repo),
                               dadam_hub_file_get_path (file), dadam_hub_file_get_hash (file),
                               dadam_hub_file_get_size (file));
  g_autofree char *place = dadam_store_get_place (self->store, facts);
  g_autoptr (DadamInstalled) model = NULL;

  dadam_store_refresh (self->store);
  model = dadam_store_find (self->store, place, NULL);
  if (model != NULL)
    printf ("%s\n", dadam_installed_get_name (model));
}

static int
fetch_chosen (pull *self)
{
  g_autoptr (GPtrArray) files = choose (self);
  int status = EXIT_SUCCESS;

  if (files == NULL)
    return EXIT_FAILURE;
  for (guint i = 0; i < files->len; i++)
    if (!is_as_known (self, files->pdata[i]))
      return EXIT_FAILURE;
  show_licence (self);
  for (guint i = 0; i < files->len && status == EXIT_SUCCESS; i++)
    status = fetch (self, files->pdata[i]);
  if (status == EXIT_SUCCESS)
    print_name (self, files->pdata[0]);

  return status;
}

static int
run (int n_arguments, char **arguments)
{
  pull self = { 0 };
  const cli_option options[] = { { "--again", CLI_FLAG, &self.again, 0, 0, 0, NULL,
                                   N_ ("fetch from the beginning what came wrong") },
                                 { "--accept-changed", CLI_FLAG, &self.accept_changed, 0, 0, 0,
                                   NULL,
                                   N_ ("go on though the repository has another file by now") },
                                 { 0 } };
  const char *text;
  int n_rest, status = EXIT_FAILURE;

  if (!cli_parse (&cli_pull, options, n_arguments, arguments, &text, 1, &n_rest))
    return EXIT_USAGE;
  if (n_rest != 1)
    return cli_usage (&cli_pull);
  self.hub = make_hub ();
  self.token = load_token (self.hub);
  if (understand (&self, text)) {
    self.store = cli_store_open (true);
    if (self.store != NULL && look_up (&self))
      status = fetch_chosen (&self);
  }
  pull_clear (&self);

  return status;
}

const cli_command cli_pull = { "pull", "REPOSITORY[:QUANTISATION or FILE] [OPTION…]",
                               N_ ("download a model from the hub, and verify it"), run };
