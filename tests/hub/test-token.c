/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test-token HUB.PY [keyring]: where the access token comes from, where it is kept, and
 * that wherever it comes from only the endpoint is told it.
 */
#include "check.h"
#include "dadam-token.h"
#include "stand-in.h"

#include <glib/gstdio.h>
#include <libsecret/secret.h>

#define REPO "gated/model"
#define FILE_NAME "m-q4_0.gguf"
#define TOKEN "hf_good_token"

static stand_in hub_process;

static void
take_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static GAsyncResult *
await (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);

  return *result;
}

static gboolean
keep (DadamToken *token, const char *text, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  dadam_token_keep_async (token, text, take_cb, &result);

  return dadam_token_keep_finish (token, await (&result), error);
}

static void
forget (DadamToken *token)
{
  g_autoptr (GAsyncResult) result = NULL;

  dadam_token_forget_async (token, take_cb, &result);
  CHECK (dadam_token_forget_finish (token, await (&result), NULL));
}

static void
load (DadamToken *token)
{
  g_autoptr (GAsyncResult) result = NULL;

  dadam_token_load_async (token, take_cb, &result);
  dadam_token_load_finish (token, await (&result));
}

static gboolean
has (DadamHub *hub, const char *wanted)
{
  g_autofree char *token = dadam_hub_get_token (hub);

  return g_strcmp0 (token, wanted) == 0;
}

/* A gated model is read to its end, and the host of its bytes hears of no token. */
static void
expect_access (DadamHub *hub)
{
  g_autoptr (DadamHttp) http = stand_in_http (hub);
  g_autoptr (DadamHubRepo) repo = NULL;
  g_autoptr (DadamHubPlace) place = NULL;
  g_autoptr (SoupMessage) message = NULL;
  g_autoptr (GBytes) body = NULL;
  DadamHubRequest request = { .reason = "test" };

  json_array_unref (stand_in_log (&hub_process));
  repo = dadam_hub_read_info (hub, http, REPO, NULL, NULL);
  CHECK (repo != NULL);
  place = dadam_hub_resolve (hub, http, REPO, dadam_hub_repo_get_commit (repo), FILE_NAME, NULL);
  CHECK (place != NULL);
  request.url = place->url;
  message = dadam_hub_send (hub, http, &request, NULL);
  body = dadam_http_read_all (http, 64 << 20, NULL);
  CHECK (message != NULL && body != NULL);
  CHECK (!stand_in_leaked (&hub_process));
}

static DadamHub *
make_hub (const char *endpoint)
{
  return dadam_hub_new (endpoint, NULL, hub_process.tls, NULL);
}

static void
test_environment (void)
{
  g_autoptr (DadamHub) ours = make_hub (hub_process.endpoint);
  g_autoptr (DadamHub) real = make_hub (NULL);
  g_autofree char *path = g_build_filename (hub_process.folder, "token", NULL);
  g_autoptr (DadamToken) of_file = NULL;
  g_autoptr (DadamToken) elsewhere = NULL;
  g_autoptr (DadamToken) of_variable = NULL;

  g_setenv ("HF_TOKEN_PATH", path, TRUE);
  CHECK (g_file_set_contents (path, "hf_of_the_file\n", -1, NULL));
  of_file = dadam_token_new (real);
  CHECK (dadam_token_get_source (of_file) == DADAM_TOKEN_FILE && has (real, "hf_of_the_file"));
  CHECK (g_str_equal (dadam_token_get_file (of_file), path));

  /* It was made for the Hub itself, and is not told to other endpoints. */
  elsewhere = dadam_token_new (ours);
  CHECK (dadam_token_get_source (elsewhere) == DADAM_TOKEN_NONE && has (ours, NULL));

  g_setenv ("HF_TOKEN", " " TOKEN "\n", TRUE);
  of_variable = dadam_token_new (ours);
  CHECK (dadam_token_get_source (of_variable) == DADAM_TOKEN_VARIABLE && has (ours, TOKEN));
  expect_access (ours);
  g_unsetenv ("HF_TOKEN");
}

static void
test_without_keyring (void)
{
  g_autoptr (DadamHub) hub = make_hub (hub_process.endpoint);
  g_autoptr (DadamToken) token = dadam_token_new (hub);
  g_autoptr (GError) no_token = NULL;
  g_autoptr (GError) no_keyring = NULL;

  load (token);
  CHECK (dadam_token_get_source (token) == DADAM_TOKEN_NONE);
  CHECK (!keep (token, "no token at all", &no_token));
  CHECK (g_error_matches (no_token, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT));
  CHECK (dadam_token_get_source (token) == DADAM_TOKEN_NONE && has (hub, NULL));

  CHECK (!keep (token, " " TOKEN " ", &no_keyring));
  CHECK (g_error_matches (no_keyring, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED));
  CHECK (dadam_token_get_source (token) == DADAM_TOKEN_MEMORY);
  expect_access (hub);
  forget (token);
  CHECK (dadam_token_get_source (token) == DADAM_TOKEN_NONE && has (hub, NULL));
}

static void
test_keyring (void)
{
  g_autoptr (DadamHub) hub = make_hub (hub_process.endpoint);
  g_autoptr (DadamHub) later = make_hub (hub_process.endpoint);
  g_autoptr (DadamHub) other = make_hub ("https://127.0.0.1:1");
  g_autoptr (DadamToken) token = dadam_token_new (hub);
  g_autoptr (DadamToken) again = dadam_token_new (later);
  g_autoptr (DadamToken) elsewhere = dadam_token_new (other);
  g_autoptr (GError) error = NULL;

  CHECK_MSG (keep (token, TOKEN, &error), "%s", error ? error->message : "");
  CHECK (dadam_token_get_source (token) == DADAM_TOKEN_KEYRING);

  load (again);
  CHECK (dadam_token_get_source (again) == DADAM_TOKEN_KEYRING && has (later, TOKEN));
  expect_access (later);
  load (elsewhere);
  CHECK (dadam_token_get_source (elsewhere) == DADAM_TOKEN_NONE && has (other, NULL));

  forget (again);
  CHECK (has (later, NULL));
  load (again);
  CHECK (dadam_token_get_source (again) == DADAM_TOKEN_NONE && has (later, NULL));
}

static void
lock_keyring (void)
{
  g_autoptr (SecretService)
      service = secret_service_get_sync (SECRET_SERVICE_LOAD_COLLECTIONS, NULL, NULL);
  GList *all = secret_service_get_collections (service);

  CHECK (all != NULL && secret_service_lock_sync (service, all, NULL, NULL, NULL) > 0);
  g_list_free_full (all, g_object_unref);
}

/* What is in it stays there, nobody is asked to open it for that, and a new token is used
 * until the end. */
static void
test_closed_keyring (void)
{
  g_autoptr (DadamHub) hub = make_hub (hub_process.endpoint);
  g_autoptr (DadamHub) later = make_hub (hub_process.endpoint);
  g_autoptr (DadamToken) token = dadam_token_new (hub);
  g_autoptr (DadamToken) again = dadam_token_new (later);
  g_autoptr (GError) error = NULL;

  CHECK (keep (token, TOKEN, NULL));
  lock_keyring ();
  load (again);
  CHECK (dadam_token_get_source (again) == DADAM_TOKEN_NONE && has (later, NULL));

  CHECK (!keep (again, TOKEN, &error));
  CHECK (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED));
  CHECK (dadam_token_get_source (again) == DADAM_TOKEN_MEMORY);
  expect_access (later);
}

int
main (int argc, char **argv)
{
  gboolean has_keyring = argc > 2;

  if (!has_keyring)
    g_setenv ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
  g_unsetenv ("HF_TOKEN");
  g_setenv ("HF_TOKEN_PATH", "/nonexistent/token", TRUE);
  stand_in_start (&hub_process, argv[1], TRUE);
  stand_in_offer (&hub_process, REPO, FILE_NAME, 0);

  if (has_keyring) {
    test_keyring ();
    test_closed_keyring ();
  } else {
    test_without_keyring ();
    test_environment ();
  }
  stand_in_stop (&hub_process);

  return check_done ();
}
