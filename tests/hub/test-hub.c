/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Hub client against the stand-in, over TLS, the API and the files on two
 * hosts: each answer read, each fault told by its name, the token told to nobody
 * else.
 */
#include "check.h"
#include "dadam-fit.h"
#include "dadam-hub-name.h"
#include "dadam-json.h"
#include "stand-in.h"

#define REPO "davidkim205/komt-tiny-gguf"

static stand_in hub_process;

static gboolean
is (const GError *error, DadamHubError code)
{
  if (g_error_matches (error, DADAM_HUB_ERROR, (int) code))
    return TRUE;
  g_printerr ("expected %d, got %s\n", code, error ? error->message : "no error");

  return FALSE;
}

static void
test_names (void)
{
  g_autoptr (DadamHub) hub = dadam_hub_new (NULL, NULL, NULL, NULL);
  static const char *const good[] = { "a/b", "davidkim205/komt-mistral-7b-v1-gguf", "A.b/c_d" };
  static const char *const bad[] = { "",     "a",    "a/",    "/b",    "a/b/c",
                                     "../b", "a/..", "a/b c", "a/b?c", "a/\303\251" };
  static const char *const paths[] = { "m.gguf", "q4/m-00001-of-00002.gguf", "한국어.gguf" };
  static const char *const traps[] = { "",     "/m",   "../m", "a/../m", "a//m",
                                       "a\\m", "a\nm", ".m",   "\xff",   "a\xe2\x80\xaem" };
  static const struct {
    const char *path, *quant;
  } quants[] = { { "ggml-model-q4_k_m.gguf", "q4_k_m" },
                 { "SmolLM2-135M-Instruct.Q4_1.gguf", "q4_1" },
                 { "m-IQ3_XXS.gguf", "iq3_xxs" },
                 { "qwen2.5-1.5b-instruct-fp16.gguf", "fp16" },
                 { "qwen2.5-1.5b-instruct-q4_k_m-00001-of-00002.gguf", "q4_k_m" },
                 { "q2.gguf", "q2" },
                 { "model.gguf", "" } };
  g_autofree char *file = NULL;
  g_autofree char *id = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    CHECK_MSG (dadam_hub_id_is_safe (good[i]), "%s", good[i]);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    CHECK_MSG (!dadam_hub_id_is_safe (bad[i]), "%s", bad[i]);
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    CHECK_MSG (dadam_hub_path_is_safe (paths[i]), "%s", paths[i]);
  for (guint i = 0; i < G_N_ELEMENTS (traps); i++)
    CHECK_MSG (!dadam_hub_path_is_safe (traps[i]), "%s", traps[i]);
  for (guint i = 0; i < G_N_ELEMENTS (quants); i++) {
    g_autofree char *quant = dadam_quant_from_path (quants[i].path);

    CHECK_MSG (g_str_equal (quant, quants[i].quant), "%s: %s", quants[i].path, quant);
  }
  id = dadam_hub_parse_id (hub, "https://huggingface.co/a/b/blob/main/x/y%20z.gguf?download=true",
                           &file);
  CHECK (g_strcmp0 (id, "a/b") == 0 && g_strcmp0 (file, "x/y z.gguf") == 0);
  g_free (file);
  g_free (id);
  id = dadam_hub_parse_id (hub, "hf.co/a/b", &file);
  CHECK (g_strcmp0 (id, "a/b") == 0 && file == NULL);
  g_free (id);
  id = dadam_hub_parse_id (hub, "https://evil.example/a/b", &file);
  CHECK (id == NULL);
}

static void
test_repo (void)
{
  g_autoptr (DadamHub) hub = stand_in_hub (&hub_process, NULL, 5);
  g_autoptr (DadamHttp) http = stand_in_http (hub);
  g_autoptr (GError) error = NULL;
  g_autoptr (DadamHubRepo) repo = dadam_hub_read_info (hub, http, REPO, NULL, &error);
  const char *wanted[] = { "ggml-model-q4_0.gguf", "nothing.gguf", NULL };
  g_autoptr (GPtrArray) named = NULL;
  g_autofree char *commit = NULL;

  CHECK (repo != NULL && error == NULL);
  if (repo == NULL)
    return;
  CHECK (dadam_hub_is_hex (dadam_hub_repo_get_commit (repo), 40));
  CHECK (g_strcmp0 (dadam_hub_repo_get_licence (repo), "apache-2.0") == 0);
  CHECK (dadam_hub_repo_has_tag (repo, "ko") && !dadam_hub_repo_is_gated (repo));
  CHECK (dadam_hub_read_tree (hub, http, repo, &error));
  /* Five files on three pages: README is none of ours, q4_k and q4_k_m are one. */
  CHECK (g_list_model_get_n_items (dadam_hub_repo_get_files (repo)) == 3);
  for (guint i = 0; i < 3; i++) {
    g_autoptr (GPtrArray)
        found = dadam_hub_repo_find (repo, (const char *[]) { "q4_0", "q4_k", "Q4_K_M" }[i]);

    CHECK_MSG (found->len == 1, "%u", found->len);
  }
  named = dadam_hub_read_paths (hub, http, repo, wanted, &error);
  CHECK (named != NULL && named->len == 1);
  CHECK (dadam_hub_is_hex (dadam_hub_file_get_hash (named->pdata[0]), 64));
  commit = dadam_hub_read_ref (hub, http, REPO, "main", &error);
  CHECK (g_strcmp0 (commit, dadam_hub_repo_get_commit (repo)) == 0);
}

static void
test_evil_names (void)
{
  g_autoptr (DadamHub) hub = stand_in_hub (&hub_process, NULL, 5);
  g_autoptr (DadamHttp) http = stand_in_http (hub);
  g_autoptr (DadamHubRepo) repo = dadam_hub_read_info (hub, http, REPO, NULL, NULL);

  stand_in_fault (&hub_process, "{\"evil-names\": 1}");
  CHECK (repo != NULL && dadam_hub_read_tree (hub, http, repo, NULL));
  CHECK (g_list_model_get_n_items (dadam_hub_repo_get_files (repo)) == 3);
  stand_in_fault (&hub_process, "{}");
}

static void
expect_info (const char *id, const char *revision, const char *token, int code)
{
  g_autoptr (DadamHub) hub = stand_in_hub (&hub_process, token, 5);
  g_autoptr (DadamHttp) http = stand_in_http (hub);
  g_autoptr (GError) error = NULL;
  g_autoptr (DadamHubRepo) repo = dadam_hub_read_info (hub, http, id, revision, &error);

  if (code < 0)
    CHECK_MSG (repo != NULL, "%s: %s", id, error ? error->message : "");
  else
    CHECK_MSG (repo == NULL && is (error, (DadamHubError) code), "%s with %s", id,
               token ? token : "no token");
}

static void
test_denials (void)
{
  expect_info ("nobody/nothing", NULL, NULL, DADAM_HUB_ERROR_HIDDEN);
  expect_info ("nobody/nothing", NULL, "hf_good_token", DADAM_HUB_ERROR_NO_REPOSITORY);
  expect_info (REPO, "v9", NULL, DADAM_HUB_ERROR_NO_REVISION);
  expect_info (REPO, NULL, "hf_wrong_token", DADAM_HUB_ERROR_BAD_TOKEN);
  expect_info ("gated/model", NULL, NULL, DADAM_HUB_ERROR_GATED_NO_TOKEN);
  expect_info ("gated/model", NULL, "hf_noterms_token", DADAM_HUB_ERROR_GATED);
  expect_info ("gated/model", NULL, "hf_good_token", -1);
  expect_info ("hidden/model", NULL, NULL, DADAM_HUB_ERROR_HIDDEN);
  expect_info ("hidden/model", NULL, "hf_good_token", -1);
  expect_info ("off/model", NULL, NULL, DADAM_HUB_ERROR_DISABLED);
  expect_info ("../model", NULL, NULL, DADAM_HUB_ERROR_BAD_ADDRESS);
}

static void
expect_info_under (const char *fault, int code)
{
  stand_in_fault (&hub_process, fault);
  expect_info (REPO, NULL, NULL, code);
  stand_in_fault (&hub_process, "{}");
}

static void
test_troubles (void)
{
  gint64 start = g_get_monotonic_time ();

  expect_info_under ("{\"limited\": 1}", -1);
  CHECK (g_get_monotonic_time () - start > G_USEC_PER_SEC);
  expect_info_under ("{\"retry-after\": 1}", -1);
  expect_info_under ("{\"broken\": 2}", -1);
  expect_info_under ("{\"broken\": 99}", DADAM_HUB_ERROR_SERVER);
  expect_info_under ("{\"portal\": 1}", DADAM_HUB_ERROR_NO_HUB);
}

static void
test_renamed (void)
{
  g_autoptr (DadamHub) hub = stand_in_hub (&hub_process, "hf_good_token", 5);
  g_autoptr (DadamHttp) http = stand_in_http (hub);
  g_autoptr (DadamHubRepo) repo = dadam_hub_read_info (hub, http, "old/model", NULL, NULL);
  g_autoptr (DadamHubPlace) place = NULL;

  CHECK (repo != NULL && g_str_equal (dadam_hub_repo_get_id (repo), "new/model"));
  if (repo == NULL)
    return;
  place = dadam_hub_resolve (hub, http, "old/model", dadam_hub_repo_get_commit (repo),
                             "m-q4_0.gguf", NULL);
  CHECK (place != NULL && strstr (place->url, "/new/model/") != NULL);
}

static void
expect_resolve (const char *fault, int code)
{
  g_autoptr (DadamHub) hub = stand_in_hub (&hub_process, "hf_good_token", 5);
  g_autoptr (DadamHttp) http = stand_in_http (hub);
  g_autoptr (DadamHubRepo) repo = dadam_hub_read_info (hub, http, REPO, NULL, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (DadamHubPlace) place = NULL;

  stand_in_fault (&hub_process, fault);
  place = dadam_hub_resolve (hub, http, REPO, dadam_hub_repo_get_commit (repo),
                             "ggml-model-q4_0.gguf", &error);
  stand_in_fault (&hub_process, "{}");
  if (code >= 0)
    CHECK_MSG (place == NULL && is (error, (DadamHubError) code), "%s", fault);
  else
    CHECK_MSG (place != NULL, "%s", fault);
}

static void
test_redirects (void)
{
  expect_resolve ("{}", -1);
  expect_resolve ("{\"bare\": 1}", -1);
  expect_resolve ("{\"loop\": 1}", DADAM_HUB_ERROR_REDIRECT);
  expect_resolve ("{\"plain\": 1}", DADAM_HUB_ERROR_REDIRECT);
}

/* The Hub itself sends us to its own hosts only. */
static void
test_places (void)
{
  g_autoptr (DadamHub) hub = dadam_hub_new (NULL, NULL, NULL, NULL);
  g_autoptr (DadamHttp) http = stand_in_http (hub);
  static const char *const refused[] = { "http://huggingface.co/x",
                                         "https://evilhuggingface.co/x",
                                         "https://huggingface.co.evil.example/x",
                                         "https://user@huggingface.co/x",
                                         "ftp://huggingface.co/x",
                                         "https://127.0.0.1/x",
                                         "nonsense" };

  for (guint i = 0; i < G_N_ELEMENTS (refused); i++) {
    g_autoptr (GError) error = NULL;
    DadamHubRequest request = { .url = refused[i], .reason = "test" };

    CHECK (dadam_hub_send (hub, http, &request, &error) == NULL);
    CHECK (is (error, DADAM_HUB_ERROR_BAD_ADDRESS));
  }
}

static void
test_token (void)
{
  g_autoptr (DadamHub) hub = stand_in_hub (&hub_process, "hf_good_token", 5);
  g_autoptr (DadamHttp) http = stand_in_http (hub);
  g_autoptr (DadamHubRepo) repo = NULL;
  g_autoptr (DadamHubPlace) place = NULL;
  g_autoptr (SoupMessage) message = NULL;
  g_autoptr (GBytes) body = NULL;
  DadamHubRequest request = { .reason = "test" };

  json_array_unref (stand_in_log (&hub_process));
  repo = dadam_hub_read_info (hub, http, REPO, NULL, NULL);
  place = dadam_hub_resolve (hub, http, REPO, dadam_hub_repo_get_commit (repo),
                             "ggml-model-q4_0.gguf", NULL);
  CHECK (place != NULL);
  request.url = place->url;
  message = dadam_hub_send (hub, http, &request, NULL);
  CHECK (message != NULL);
  body = dadam_http_read_all (http, 64 << 20, NULL);
  CHECK (body != NULL && g_bytes_get_size (body) == (gsize) place->size);
  CHECK (!stand_in_leaked (&hub_process));

  dadam_hub_set_token (hub, "hf_with a space");
  CHECK (dadam_hub_get_token (hub) == NULL);
}

/* Before anything else: a server that was trusted once in this program is known. */
static void
test_tls_and_offline (void)
{
  g_autoptr (DadamHub)
      stranger = dadam_hub_new (hub_process.endpoint, NULL, hub_process.wrong_tls, NULL);
  g_autoptr (DadamHub) offline = g_object_new (DADAM_TYPE_HUB, "endpoint", hub_process.endpoint,
                                               "offline", TRUE, NULL);
  g_autoptr (DadamHub) nobody = dadam_hub_new ("https://127.0.0.1:1", NULL, NULL, NULL);
  DadamHub *hubs[] = { stranger, offline, nobody };
  DadamHubError codes[] = { DADAM_HUB_ERROR_TLS, DADAM_HUB_ERROR_OFFLINE,
                            DADAM_HUB_ERROR_UNREACHABLE };

  for (guint i = 0; i < G_N_ELEMENTS (hubs); i++) {
    g_autoptr (DadamHttp) http = stand_in_http (hubs[i]);
    g_autoptr (GError) error = NULL;

    CHECK (dadam_hub_read_info (hubs[i], http, REPO, NULL, &error) == NULL);
    CHECK (is (error, codes[i]));
  }
}

static void
search_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **slot = user_data;

  *slot = g_object_ref (result);
}

static GAsyncResult *
wait_for (GAsyncResult **slot)
{
  while (*slot == NULL)
    g_main_context_iteration (NULL, TRUE);

  return *slot;
}

static DadamDryRun *
dry_run (DadamHub *hub, DadamHubRepo *repo, guint position)
{
  g_autoptr (DadamEngine) engine = dadam_engine_new ();
  g_autoptr (DadamHubFile) file = g_list_model_get_item (dadam_hub_repo_get_files (repo), position);
  g_autoptr (GAsyncResult) result = NULL;

  dadam_fit_file_async (hub, engine, repo, file, NULL, search_cb, &result);

  return dadam_fit_file_finish (hub, wait_for (&result), NULL);
}

/* The parts of a split model count together, and nothing is asked for it. */
static void
test_split (void)
{
  g_autoptr (DadamHub) hub = stand_in_hub (&hub_process, NULL, 5);
  g_autoptr (DadamHubRepo) repo = dadam_hub_repo_new ("owner/split", NULL);
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (DadamDryRun) small = NULL;
  g_autoptr (DadamDryRun) large = NULL;
  g_autoptr (JsonArray) log = NULL;
  const gint64 size = (gint64) 1 << 20, huge = (gint64) 1 << 50;

  g_ptr_array_add (files, dadam_hub_file_new ("m-q4_0-00001-of-00002.gguf", size, NULL));
  g_ptr_array_add (files, dadam_hub_file_new ("m-q4_0-00002-of-00002.gguf", 2 * size, NULL));
  g_ptr_array_add (files, dadam_hub_file_new ("n-q8_0-00001-of-00002.gguf", 3 * size, NULL));
  g_ptr_array_add (files, dadam_hub_file_new ("n-q8_0-00002-of-00002.gguf", huge, NULL));
  dadam_hub_repo_set_files (repo, files);
  json_array_unref (stand_in_log (&hub_process));

  small = dry_run (hub, repo, 0);
  large = dry_run (hub, repo, 2);
  CHECK (small != NULL && small->weights == 3 * (guint64) size && small->runs < DADAM_RUNS_TOO_BIG);
  CHECK (large != NULL && large->weights == (guint64) (3 * size + huge)
         && large->runs == DADAM_RUNS_TOO_BIG);
  log = stand_in_log (&hub_process);
  CHECK (json_array_get_length (log) == 0);
}

static void
test_search (void)
{
  g_autoptr (DadamHub) hub = stand_in_hub (&hub_process, NULL, 5);
  g_autoptr (GAsyncResult) first = NULL;
  g_autoptr (GAsyncResult) second = NULL;
  g_autofree char *next = NULL;
  g_autoptr (GListModel) page = NULL;
  DadamHubQuery query = { .text = "model" };

  dadam_hub_search_async (hub, &query, NULL, search_cb, &first);
  page = dadam_hub_search_finish (hub, wait_for (&first), &next, NULL);
  CHECK (page != NULL && g_list_model_get_n_items (page) == 2 && next != NULL);
  g_clear_object (&page);
  query.next = next;
  dadam_hub_search_async (hub, &query, NULL, search_cb, &second);
  page = dadam_hub_search_finish (hub, wait_for (&second), NULL, NULL);
  CHECK (page != NULL && g_list_model_get_n_items (page) == 2);
}

static void
test_cancel (void)
{
  g_autoptr (DadamHub) hub = stand_in_hub (&hub_process, NULL, 5);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gint64 start;

  stand_in_fault (&hub_process, "{\"limited\": 99, \"wait\": 120}");
  dadam_hub_repo_async (hub, REPO, NULL, cancellable, search_cb, &result);
  while (dadam_hub_get_wait (hub) == 0)
    g_usleep (1000);
  start = g_get_monotonic_time ();
  g_cancellable_cancel (cancellable);
  CHECK (dadam_hub_repo_finish (hub, wait_for (&result), &error) == NULL);
  CHECK (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
  CHECK (g_get_monotonic_time () - start < 60 * G_USEC_PER_SEC);
  stand_in_fault (&hub_process, "{}");
}

static void
test_ledger (void)
{
  g_autofree char *path = g_build_filename (hub_process.folder, "state", "network.jsonl", NULL);
  g_autoptr (DadamLedger) ledger = dadam_ledger_new (path);
  g_autoptr (DadamHub) hub = dadam_hub_new (hub_process.endpoint, NULL, hub_process.tls, ledger);
  g_autoptr (DadamHttp) http = stand_in_http (hub);
  g_autoptr (DadamHubRepo) repo = dadam_hub_read_info (hub, http, REPO, NULL, NULL);
  g_autoptr (DadamLedger) again = NULL;
  g_autoptr (DadamLedgerEntry) entry = NULL;

  CHECK (repo != NULL);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  CHECK (g_list_model_get_n_items (G_LIST_MODEL (ledger)) == 1);
  again = dadam_ledger_new (path);
  entry = g_list_model_get_item (G_LIST_MODEL (again), 0);
  CHECK (entry != NULL && g_str_has_prefix (dadam_ledger_entry_get_host (entry), "127.0.0.1"));
  CHECK (dadam_ledger_entry_get_bytes (entry) > 100);
  dadam_ledger_clear (again);
  CHECK (!g_file_test (path, G_FILE_TEST_EXISTS));
}

int
main (int argc, char **argv)
{
  stand_in_start (&hub_process, argv[1], TRUE);
  stand_in_offer (&hub_process, REPO, "ggml-model-q4_0.gguf", 3000000);
  stand_in_offer (&hub_process, REPO, "ggml-model-q4_k.gguf", 2000000);
  stand_in_offer (&hub_process, REPO, "ggml-model-q4_k_m.gguf", 2000000);
  stand_in_offer (&hub_process, REPO, "ggml-model-q8_0.gguf", 4000000);
  stand_in_offer (&hub_process, REPO, "README.md", 0);
  stand_in_offer (&hub_process, "gated/model", "m-q4_0.gguf", 0);
  stand_in_offer (&hub_process, "hidden/model", "m-q4_0.gguf", 0);
  stand_in_offer (&hub_process, "new/model", "m-q4_0.gguf", 0);
  stand_in_offer (&hub_process, "other/model", "m-q4_0.gguf", 0);

  test_tls_and_offline ();
  test_names ();
  test_repo ();
  test_evil_names ();
  test_denials ();
  test_troubles ();
  test_renamed ();
  test_redirects ();
  test_places ();
  test_token ();
  test_split ();
  test_search ();
  test_cancel ();
  test_ledger ();
  stand_in_stop (&hub_process);

  return check_done ();
}
