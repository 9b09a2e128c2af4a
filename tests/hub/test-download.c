/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The whole life of a download under each fault of the stand-in Hub: it ends with
 * the right file or with the right error, never with a wrong file, and what is
 * fetched again is bounded.
 */
#include "check.h"
#include "dadam-download-private.h"
#include "dadam-hash.h"
#include "dadam-queue.h"
#include "stand-in.h"

#include <glib/gstdio.h>

#define REPO "davidkim205/komt-tiny-gguf"
#define FILE_NAME "ggml-model-q4_0.gguf"
#define SIZE 24000000
#define MOST_AGAIN (16 << 20)

static stand_in hub_process;

/* A store of its own for each case. */
typedef struct {
  DadamHub *hub;
  DadamStore *store;
  DadamFacts *facts;
  char *place;
} Case;

static char *
hash_of (const char *file)
{
  g_autofree char *path = g_build_filename (hub_process.root, REPO, file, NULL);

  return dadam_hash_file (path, NULL, NULL, NULL, NULL, NULL);
}

static void
case_open (Case *self, const char *name)
{
  g_autofree char *root = g_build_filename (hub_process.folder, name, NULL);
  g_autofree char *commit = g_compute_checksum_for_string (G_CHECKSUM_SHA1, REPO, -1);
  g_autofree char *hash = hash_of (FILE_NAME);

  self->hub = stand_in_hub (&hub_process, "hf_good_token", 1);
  self->store = dadam_store_new (root);
  CHECK (dadam_store_lock (self->store, NULL));
  self->facts = dadam_facts_new (REPO, commit, FILE_NAME, hash, SIZE);
  self->place = dadam_store_get_place (self->store, self->facts);
  json_array_unref (stand_in_log (&hub_process));
}

static void
case_close (Case *self)
{
  g_object_unref (self->hub);
  g_object_unref (self->store);
  dadam_facts_free (self->facts);
  g_free (self->place);
}

static gboolean
is_whole (Case *self)
{
  g_autoptr (GBytes) right = stand_in_contents (&hub_process, REPO, FILE_NAME);
  g_autofree char *text = NULL;
  gsize length;

  if (!g_file_get_contents (self->place, &text, &length, NULL))
    return FALSE;

  return length == g_bytes_get_size (right)
         && memcmp (text, g_bytes_get_data (right, NULL), length) == 0;
}

static gboolean
has_part (Case *self)
{
  g_autofree char *part = g_strconcat (self->place, ".part", NULL);

  return g_file_test (part, G_FILE_TEST_EXISTS);
}

static gboolean
run (Case *self, GError **error)
{
  DadamFetch *fetch = dadam_fetch_new (self->hub, self->facts, self->place);
  gboolean ok = dadam_fetch_run (fetch, NULL, error);

  dadam_fetch_free (fetch);

  return ok;
}

/* Under this fault the file comes, and no more than this of it again. */
static void
expect_file (const char *fault, gint64 most_again)
{
  Case self;
  g_autoptr (GError) error = NULL;
  gint64 sent;

  case_open (&self, fault);
  stand_in_fault (&hub_process, fault);
  CHECK_MSG (run (&self, &error), "%s: %s", fault, error ? error->message : "");
  stand_in_fault (&hub_process, "{}");
  sent = stand_in_sent (&hub_process);
  CHECK_MSG (is_whole (&self) && !has_part (&self), "%s", fault);
  CHECK_MSG (sent - SIZE <= most_again, "%s: %lld again", fault, (long long) (sent - SIZE));
  dadam_store_refresh (self.store);
  CHECK (g_list_model_get_n_items (G_LIST_MODEL (self.store)) == 1);
  case_close (&self);
}

/* Under this fault there is this error, and no file; without it, the file comes. */
static void
expect_error (const char *fault, GQuark domain, int code, gboolean keeps_part)
{
  Case self;
  g_autoptr (GError) error = NULL;

  case_open (&self, fault);
  stand_in_fault (&hub_process, fault);
  CHECK_MSG (!run (&self, &error), "%s", fault);
  CHECK_MSG (g_error_matches (error, domain, code), "%s: %s", fault, error ? error->message : "");
  CHECK_MSG (!g_file_test (self.place, G_FILE_TEST_EXISTS), "%s", fault);
  CHECK_MSG (has_part (&self) == keeps_part, "%s", fault);
  stand_in_fault (&hub_process, "{}");
  CHECK_MSG (run (&self, NULL) && is_whole (&self), "%s, afterwards", fault);
  case_close (&self);
}

static void
test_faults (void)
{
  expect_file ("{}", 0);
  expect_file ("{\"cut\": 3000000}", 0);
  expect_file ("{\"cut\": 3000000, \"expire\": 1}", 0);
  expect_file ("{\"expire\": 1}", 0);
  expect_file ("{\"broken\": 2, \"store-broken\": 2}", 0);
  expect_file ("{\"limited\": 2}", 0);
  expect_file ("{\"bare\": 1}", 0);
  expect_file ("{\"stall\": 9000000}", 4 << 20);
}

static void
test_errors (void)
{
  GQuark hub = DADAM_HUB_ERROR, store = DADAM_STORE_ERROR;

  expect_error ("{\"wrong-bytes\": 1}", store, DADAM_STORE_ERROR_MISMATCH, FALSE);
  expect_error ("{\"wrong-hash\": 1}", hub, DADAM_HUB_ERROR_CHANGED, TRUE);
  expect_error ("{\"changed\": 1}", hub, DADAM_HUB_ERROR_CHANGED, TRUE);
  expect_error ("{\"refuse\": 1}", hub, DADAM_HUB_ERROR_EXPIRED, TRUE);
  expect_error ("{\"html\": 1}", hub, DADAM_HUB_ERROR_NO_HUB, TRUE);
  expect_error ("{\"portal\": 1}", hub, DADAM_HUB_ERROR_CHANGED, TRUE);
  expect_error ("{\"encoded\": 1}", hub, DADAM_HUB_ERROR_NO_HUB, TRUE);
  expect_error ("{\"loop\": 1}", hub, DADAM_HUB_ERROR_REDIRECT, TRUE);
  expect_error ("{\"plain\": 1}", hub, DADAM_HUB_ERROR_REDIRECT, TRUE);
  expect_error ("{\"drip\": 0}", hub, DADAM_HUB_ERROR_INTERRUPTED, TRUE);
  expect_error ("{\"trickle-head\": 1}", hub, DADAM_HUB_ERROR_INTERRUPTED, TRUE);
}

/* The Hub lists one hash and everything else says another: the content decides. */
static void
test_listed_hash (void)
{
  Case self;
  g_autoptr (GError) error = NULL;

  case_open (&self, "listed");
  stand_in_fault (&hub_process, "{\"wrong-hash\": 1}");
  g_strreverse (self.facts->hash);
  CHECK (!run (&self, &error));
  CHECK (g_error_matches (error, DADAM_STORE_ERROR, DADAM_STORE_ERROR_MISMATCH));
  CHECK (!has_part (&self) && !g_file_test (self.place, G_FILE_TEST_EXISTS));
  stand_in_fault (&hub_process, "{}");
  case_close (&self);
}

/* A beginning is taken up; a server that cannot continue is told of first. */
static void
test_ranges (void)
{
  Case self;
  DadamFetch *fetch;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) range = NULL;

  case_open (&self, "ranges");
  stand_in_fault (&hub_process, "{\"cut\": 13000000, \"expire\": 1, \"ignore-range\": 1}");
  CHECK (!run (&self, &error));
  CHECK (g_error_matches (error, DADAM_HUB_ERROR, DADAM_HUB_ERROR_NO_RANGES));
  stand_in_fault (&hub_process, "{\"wrong-range\": 1}");
  CHECK (!run (&self, &range));
  CHECK (g_error_matches (range, DADAM_HUB_ERROR, DADAM_HUB_ERROR_NO_HUB));
  stand_in_fault (&hub_process, "{\"ignore-range\": 1}");
  fetch = dadam_fetch_new (self.hub, self.facts, self.place);
  fetch->restart_allowed = TRUE;
  CHECK (dadam_fetch_run (fetch, NULL, NULL) && is_whole (&self));
  dadam_fetch_free (fetch);
  stand_in_fault (&hub_process, "{}");
  case_close (&self);
}

/* Whatever is changed in what is there, the file is right in the end. */
static void
test_damaged_part (void)
{
  static const struct {
    const char *ending;
    goffset at; /* -1: cut to half */
  } damages[] = { { ".part", 5000000 },  { ".part", 100 },      { ".part", -1 },
                  { ".part.marks", 20 }, { ".part.marks", -1 }, { ".part.json", 10 } };

  for (guint i = 0; i < G_N_ELEMENTS (damages); i++) {
    g_autofree char *name = g_strdup_printf ("damage-%u", i);
    g_autofree char *path = NULL;
    g_autofree char *text = NULL;
    gsize length;
    Case self;

    case_open (&self, name);
    stand_in_fault (&hub_process, "{\"cut\": 17000000, \"expire\": 1, \"ignore-range\": 1}");
    CHECK (!run (&self, NULL) && has_part (&self));
    stand_in_fault (&hub_process, "{}");
    path = g_strconcat (self.place, damages[i].ending, NULL);
    CHECK (g_file_get_contents (path, &text, &length, NULL));
    if (damages[i].at >= 0)
      text[damages[i].at] ^= 1;
    else
      length /= 2;
    CHECK (g_file_set_contents (path, text, (gssize) length, NULL));
    CHECK_MSG (run (&self, NULL) && is_whole (&self), "%s %d", damages[i].ending,
               (int) damages[i].at);
    case_close (&self);
  }
}

static void
test_token (void)
{
  Case self;

  case_open (&self, "token");
  CHECK (run (&self, NULL));
  CHECK (!stand_in_leaked (&hub_process));
  case_close (&self);
}

/* ---- objects ----------------------------------------------------------- */

static void
iterate_until (DadamDownload *download, DadamDownloadState state)
{
  gint64 end = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;

  while (dadam_download_get_state (download) != state && g_get_monotonic_time () < end) {
    g_main_context_iteration (NULL, FALSE);
    g_usleep (1000);
  }
  CHECK_MSG (dadam_download_get_state (download) == state, "%d instead of %d: %s",
             dadam_download_get_state (download), state,
             dadam_download_get_error (download) ? dadam_download_get_error (download)->message
                                                 : "");
}

static void
test_queue (void)
{
  Case self;
  g_autoptr (DadamQueue) queue = NULL;
  g_autoptr (DadamQueue) later = NULL;
  g_autoptr (DadamDownload) download = NULL;
  g_autoptr (DadamDownload) again = NULL;
  g_autoptr (DadamFacts) too_large = NULL;
  g_autoptr (GError) error = NULL;

  case_open (&self, "queue");
  stand_in_fault (&hub_process, "{\"throttle\": 4000000}");
  queue = dadam_queue_new (self.hub, self.store);
  download = dadam_queue_add (queue, self.facts, NULL);
  again = dadam_queue_add (queue, self.facts, NULL);
  CHECK (download != NULL && again == download && dadam_queue_is_active (queue));
  iterate_until (download, DADAM_DOWNLOAD_RUNNING);
  while (dadam_download_get_done (download) < 3000000)
    g_main_context_iteration (NULL, TRUE);
  CHECK (dadam_part_get_missing (self.place, SIZE) == 0); /* room is reserved */
  CHECK (dadam_download_get_speed (download) > 0
         && dadam_download_get_seconds_left (download) >= 0);
  dadam_download_pause (download);
  iterate_until (download, DADAM_DOWNLOAD_PAUSED);
  CHECK (!dadam_queue_is_active (queue));

  /* Another program: the pause is remembered, and so is what came. */
  later = dadam_queue_new (self.hub, self.store);
  dadam_queue_restore (later);
  CHECK (g_list_model_get_n_items (G_LIST_MODEL (later)) == 1);
  g_clear_object (&download);
  download = g_list_model_get_item (G_LIST_MODEL (later), 0);
  CHECK (dadam_download_get_state (download) == DADAM_DOWNLOAD_PAUSED);
  stand_in_fault (&hub_process, "{}");
  dadam_queue_resume (later, download);
  iterate_until (download, DADAM_DOWNLOAD_DONE);
  CHECK (is_whole (&self) && g_list_model_get_n_items (G_LIST_MODEL (later)) == 0);
  CHECK (stand_in_sent (&hub_process) < SIZE + (12 << 20));

  too_large = dadam_facts_copy (self.facts);
  too_large->size = (gint64) 1 << 50;
  g_set_str (&too_large->path, "large.gguf");
  CHECK (dadam_queue_add (later, too_large, &error) == NULL);
  CHECK (g_error_matches (error, DADAM_STORE_ERROR, DADAM_STORE_ERROR_NO_SPACE));
  case_close (&self);
}

static void
count_cb (GListModel *list, guint position, guint removed, guint added, guint *n)
{
  *n += 1;
}

static void
take_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static guint
import (DadamStore *store, const char *path, GCancellable *cancellable, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  dadam_store_import_async (store, (const char *const[]) { path, NULL }, cancellable, take_cb,
                            &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);

  return dadam_store_import_finish (store, result, error);
}

/* Of a folder all models are meant, but none that is hidden. */
static void
test_folder (void)
{
  Case self;
  g_autofree char *model = g_build_filename (hub_process.root, REPO, FILE_NAME, NULL);
  g_autofree char *folder = g_build_filename (hub_process.folder, "models", NULL);
  g_autofree char *below = g_build_filename (folder, "a", "b", NULL);
  g_autofree char *hidden = g_build_filename (folder, ".c", NULL);
  g_autofree char *in_below = g_build_filename (below, "one.gguf", NULL);
  g_autofree char *in_hidden = g_build_filename (hidden, "two.gguf", NULL);
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  g_autoptr (DadamInstalled) imported = NULL;
  g_autoptr (GError) error = NULL;

  case_open (&self, "folder");
  CHECK (g_mkdir_with_parents (below, 0700) == 0 && g_mkdir_with_parents (hidden, 0700) == 0);
  CHECK (import (self.store, folder, NULL, &error) == 0);
  CHECK (g_error_matches (error, DADAM_STORE_ERROR, DADAM_STORE_ERROR_NOT_A_MODEL));
  g_clear_error (&error);

  CHECK (symlink (model, in_below) == 0 && symlink (model, in_hidden) == 0);
  g_cancellable_cancel (cancelled);
  CHECK (import (self.store, folder, cancelled, &error) == 0);
  g_clear_error (&error);
  CHECK (import (self.store, folder, NULL, &error) == 1 && error == NULL);
  imported = dadam_store_find_path (self.store, in_below);
  CHECK (imported != NULL);
  case_close (&self);
}

/* What has not changed stays the same object, which others may be at work with. */
static void
test_refresh (void)
{
  Case self;
  g_autofree char *other = NULL;
  g_autofree char *none = g_build_filename (hub_process.folder, "none.gguf", NULL);
  g_autoptr (DadamInstalled) before = NULL;
  g_autoptr (DadamInstalled) after = NULL;
  g_autoptr (DadamInstalled) imported = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  const char *paths[] = { NULL, none, NULL };
  guint n_changes = 0;

  case_open (&self, "refresh");
  CHECK (run (&self, NULL));
  dadam_store_refresh (self.store);
  before = dadam_store_find_path (self.store, self.place);
  g_signal_connect (self.store, "items-changed", G_CALLBACK (count_cb), &n_changes);
  dadam_store_refresh (self.store);
  CHECK (before != NULL && n_changes == 0);

  paths[0] = other = g_build_filename (hub_process.root, REPO, FILE_NAME, NULL);
  dadam_store_import_async (self.store, paths, NULL, take_cb, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  CHECK (dadam_store_import_finish (self.store, result, &error) == 1 && error != NULL);
  after = dadam_store_find_path (self.store, self.place);
  imported = dadam_store_find_path (self.store, other);
  CHECK (n_changes == 1 && imported != NULL && after == before);
  case_close (&self);
}

typedef struct {
  DadamStore *store;
  guint n_looks;
} Looker;

static void
look_again_cb (gint64 done, gint64 size, gpointer user_data)
{
  Looker *looker = user_data;

  looker->n_looks++;
  dadam_store_refresh (looker->store);
}

/* While a model is read again its folder is looked through, time and again. */
static void
test_verify (void)
{
  Case self;
  g_autoptr (DadamInstalled) model = NULL;
  g_autoptr (DadamInstalled) after = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  Looker looker = { 0 };

  case_open (&self, "verify");
  CHECK (run (&self, NULL));
  looker.store = self.store;
  dadam_store_refresh (self.store);
  model = dadam_store_find_path (self.store, self.place);
  while (looker.n_looks == 0) {
    g_clear_object (&result);
    dadam_store_verify_async (self.store, model, NULL, look_again_cb, &looker, take_cb, &result);
    while (result == NULL)
      g_main_context_iteration (NULL, TRUE);
    CHECK_MSG (dadam_store_verify_finish (self.store, result, &error), "%s",
               error ? error->message : "");
  }
  after = dadam_store_find_path (self.store, self.place);
  CHECK (after == model && dadam_installed_get_verified (model) != NULL);
  dadam_store_refresh (self.store);
  CHECK (g_list_model_get_n_items (G_LIST_MODEL (self.store)) == 1);
  case_close (&self);
}

/* One program at a time: what rests with one may be taken up by the other. */
static void
test_owners (void)
{
  Case self;
  g_autoptr (DadamQueue) queue = NULL;
  g_autoptr (DadamDownload) download = NULL;
  g_autoptr (DadamStore) other = NULL;
  g_autoptr (GError) error = NULL;

  case_open (&self, "owners");
  stand_in_fault (&hub_process, "{\"stall\": 9000000}");
  other = dadam_store_new (dadam_store_get_root (self.store));
  queue = dadam_queue_new (self.hub, self.store);
  download = dadam_queue_add (queue, self.facts, NULL);
  CHECK (!dadam_queue_is_at_rest (queue) && !dadam_store_lock (other, NULL));
  dadam_download_pause (download);
  iterate_until (download, DADAM_DOWNLOAD_PAUSED);
  CHECK (dadam_queue_is_at_rest (queue));

  dadam_store_unlock (self.store);
  CHECK (dadam_store_lock (other, NULL));
  dadam_queue_resume (queue, download);
  iterate_until (download, DADAM_DOWNLOAD_FAILED);
  CHECK (g_error_matches (dadam_download_get_error (download), DADAM_STORE_ERROR,
                          DADAM_STORE_ERROR_HELD));
  CHECK (!dadam_queue_remove (queue, download, &error)
         && g_error_matches (error, DADAM_STORE_ERROR, DADAM_STORE_ERROR_HELD));

  dadam_store_unlock (other);
  stand_in_fault (&hub_process, "{}");
  dadam_queue_resume (queue, download);
  iterate_until (download, DADAM_DOWNLOAD_DONE);
  CHECK (is_whole (&self));
  case_close (&self);
}

static void
test_cancel (void)
{
  Case self;
  g_autoptr (DadamDownload) download = NULL;

  case_open (&self, "cancel");
  stand_in_fault (&hub_process, "{\"stall\": 9000000}");
  download = dadam_download_new (self.hub, self.store, self.facts);
  dadam_download_start (download);
  iterate_until (download, DADAM_DOWNLOAD_RUNNING);
  dadam_download_cancel (download);
  /* The program may end, or the network go, before it has. */
  dadam_download_suspend (download);
  iterate_until (download, DADAM_DOWNLOAD_CANCELLED);
  CHECK (!has_part (&self));
  stand_in_fault (&hub_process, "{}");
  case_close (&self);
}

int
main (int argc, char **argv)
{
  stand_in_start (&hub_process, argv[1], TRUE);
  stand_in_offer (&hub_process, REPO, FILE_NAME, SIZE);

  test_faults ();
  test_errors ();
  test_listed_hash ();
  test_ranges ();
  test_damaged_part ();
  test_token ();
  test_folder ();
  test_refresh ();
  test_verify ();
  test_queue ();
  test_owners ();
  test_cancel ();
  stand_in_stop (&hub_process);

  return check_done ();
}
