/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Brings the parts together.  The store is locked from the first change until the
 * queue is at rest and no removal can be undone any more, so that `dadam pull` in a
 * terminal and the window take turns, also at one file.
 */
#include "config.h"

#include "dadam-manager.h"

#include <string.h>

struct _DadamManager {
  GObject parent_instance;

  /* Owned. */
  DadamEngine *engine;
  DadamCatalogue *catalogue;
  DadamLedger *ledger;
  DadamHub *hub;
  DadamToken *token;
  DadamStore *store;
  DadamQueue *queue;

  gboolean stopped;
  guint n_changes; /* that go on, removals that can be undone among them */
};

G_DEFINE_FINAL_TYPE (DadamManager, dadam_manager, G_TYPE_OBJECT)

/* ---- the lock ---------------------------------------------------------- */

/* Until end_change().  What another program left unfinished meanwhile is taken up. */
static gboolean
begin_change (DadamManager *self, GError **error)
{
  gboolean was_ours = dadam_store_is_locked (self->store);

  if (!was_ours && !dadam_store_lock (self->store, error))
    return FALSE;
  self->n_changes++;
  if (!was_ours)
    dadam_queue_restore (self->queue);

  return TRUE;
}

static void
unlock_when_idle (DadamManager *self)
{
  if (dadam_store_is_locked (self->store) && self->n_changes == 0
      && dadam_queue_is_at_rest (self->queue))
    dadam_store_unlock (self->store);
}

static void
end_change (DadamManager *self)
{
  self->n_changes--;
  unlock_when_idle (self);
}

/* ---- the class --------------------------------------------------------- */

static void
dadam_manager_dispose (GObject *object)
{
  DadamManager *self = DADAM_MANAGER (object);

  if (self->queue != NULL)
    g_signal_handlers_disconnect_by_data (self->queue, self);
  g_clear_object (&self->queue);
  g_clear_object (&self->store);
  g_clear_object (&self->token);
  g_clear_object (&self->hub);
  g_clear_object (&self->ledger);
  g_clear_object (&self->catalogue);
  g_clear_object (&self->engine);

  G_OBJECT_CLASS (dadam_manager_parent_class)->dispose (object);
}

static void
dadam_manager_class_init (DadamManagerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dadam_manager_dispose;
}

static void
dadam_manager_init (DadamManager *self)
{
  g_autofree char *path = g_build_filename (g_get_user_state_dir (), "dadam", "network.jsonl",
                                            NULL);

  self->catalogue = dadam_catalogue_new ();
  self->ledger = dadam_ledger_new (path);
  self->hub = dadam_hub_new_from_environment (self->ledger);
  self->token = dadam_token_new (self->hub);
  self->store = dadam_store_new (NULL);
  self->queue = dadam_queue_new (self->hub, self->store);
  g_signal_connect_swapped (self->queue, "items-changed", G_CALLBACK (unlock_when_idle), self);
  g_signal_connect_swapped (self->queue, "notify::active", G_CALLBACK (unlock_when_idle), self);
}

/* @engine: says how models that are not here yet would run */
DadamManager *
dadam_manager_new (DadamEngine *engine)
{
  DadamManager *self = g_object_new (DADAM_TYPE_MANAGER, NULL);

  self->engine = g_object_ref (engine);

  return self;
}

/* (transfer none), as those below. */
DadamEngine *
dadam_manager_get_engine (DadamManager *self)
{
  g_return_val_if_fail (DADAM_IS_MANAGER (self), NULL);

  return self->engine;
}

DadamCatalogue *
dadam_manager_get_catalogue (DadamManager *self)
{
  g_return_val_if_fail (DADAM_IS_MANAGER (self), NULL);

  return self->catalogue;
}

DadamHub *
dadam_manager_get_hub (DadamManager *self)
{
  g_return_val_if_fail (DADAM_IS_MANAGER (self), NULL);

  return self->hub;
}

DadamToken *
dadam_manager_get_token (DadamManager *self)
{
  g_return_val_if_fail (DADAM_IS_MANAGER (self), NULL);

  return self->token;
}

DadamLedger *
dadam_manager_get_ledger (DadamManager *self)
{
  g_return_val_if_fail (DADAM_IS_MANAGER (self), NULL);

  return self->ledger;
}

DadamStore *
dadam_manager_get_store (DadamManager *self)
{
  g_return_val_if_fail (DADAM_IS_MANAGER (self), NULL);

  return self->store;
}

DadamQueue *
dadam_manager_get_queue (DadamManager *self)
{
  g_return_val_if_fail (DADAM_IS_MANAGER (self), NULL);

  return self->queue;
}

/* ---- from start to end ------------------------------------------------- */

static void
looked_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  dadam_store_refresh_finish (DADAM_STORE (object), result, NULL);
}

/* Other programs may have changed the folders: looks again, beside the main loop. */
void
dadam_manager_look (DadamManager *self)
{
  g_return_if_fail (DADAM_IS_MANAGER (self));

  dadam_store_refresh_async (self->store, NULL, looked_cb, NULL);
}

static void
take_up_unfinished (DadamManager *self)
{
  g_autoptr (GPtrArray) unfinished = dadam_store_get_unfinished (self->store);
  g_autoptr (GError) error = NULL;

  if (unfinished->len == 0)
    return;
  if (begin_change (self, &error))
    end_change (self);
  else
    g_debug ("%s", error->message);
}

static void
token_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamManager) self = DADAM_MANAGER (user_data);

  dadam_token_load_finish (DADAM_TOKEN (object), result);
  if (!self->stopped)
    take_up_unfinished (self);
}

static gboolean
load_token_cb (gpointer user_data)
{
  DadamManager *self = user_data;

  if (!self->stopped)
    dadam_token_load_async (self->token, token_cb, g_object_ref (self));

  return G_SOURCE_REMOVE;
}

/* Lists what is there, and goes on with what the last time left.  Where another
 * program is at it, it is left to that. */
void
dadam_manager_start (DadamManager *self)
{
  g_return_if_fail (DADAM_IS_MANAGER (self));

  dadam_manager_look (self);
  /* Whoever asks for a secret may start the keyring's program: not while a window is drawn. */
  g_idle_add_full (G_PRIORITY_LOW, load_token_cb, g_object_ref (self), g_object_unref);
}

/* The program ends: downloads stop where they are, and their threads with them. */
void
dadam_manager_stop (DadamManager *self)
{
  g_return_if_fail (DADAM_IS_MANAGER (self));

  self->stopped = TRUE;
  dadam_queue_stop (self->queue);
  while (dadam_queue_is_active (self->queue))
    g_main_context_iteration (NULL, TRUE);
  if (dadam_store_is_locked (self->store))
    dadam_store_purge (self->store, 0);
}

/* ---- changes ----------------------------------------------------------- */

static gboolean
add_file (DadamManager *self, DadamHubRepo *repo, DadamHubFile *file, GError **error)
{
  g_autoptr (DadamDownload) download = NULL;
  g_autoptr (DadamFacts)
      facts = dadam_facts_new (dadam_hub_repo_get_id (repo), dadam_hub_repo_get_commit (repo),
                               dadam_hub_file_get_path (file), dadam_hub_file_get_hash (file),
                               dadam_hub_file_get_size (file));

  facts->licence = g_strdup (dadam_hub_repo_get_licence (repo));
  download = dadam_queue_add (self->queue, facts, error);

  return download != NULL;
}

/**
 * dadam_manager_download:
 * @files: of DadamHubFile: one, or the parts of a split model
 *
 * Puts files of a repository at the end of the queue.
 */
gboolean
dadam_manager_download (DadamManager *self, DadamHubRepo *repo, GPtrArray *files, GError **error)
{
  gboolean ok = TRUE;

  g_return_val_if_fail (DADAM_IS_MANAGER (self), FALSE);

  if (!begin_change (self, error))
    return FALSE;
  for (guint i = 0; ok && i < files->len; i++)
    ok = add_file (self, repo, files->pdata[i], error);
  end_change (self);

  return ok;
}

static void
imported_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  guint n_added = dadam_store_import_finish (DADAM_STORE (object), result, &error);

  end_change (g_task_get_source_object (task));
  if (n_added == 0 && error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_int (task, n_added);
  if (n_added > 0)
    g_clear_error (&error);
}

/* See dadam_store_import_async(). */
void
dadam_manager_import_async (DadamManager *self,
                            const char *const *paths,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  GTask *task;
  GError *error = NULL;

  g_return_if_fail (DADAM_IS_MANAGER (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, dadam_manager_import_async);
  if (begin_change (self, &error)) {
    dadam_store_import_async (self->store, paths, cancellable, imported_cb, task);
    return;
  }
  g_task_return_error (task, error);
  g_object_unref (task);
}

/* How many were added; 0 with @error. */
guint
dadam_manager_import_finish (DadamManager *self, GAsyncResult *result, GError **error)
{
  gssize n_added;

  g_return_val_if_fail (g_task_is_valid (result, self), 0);

  n_added = g_task_propagate_int (G_TASK (result), error);

  return n_added > 0 ? (guint) n_added : 0;
}

/**
 * dadam_manager_remove:
 *
 * Takes a model off the list.  After success one of dadam_manager_restore() and
 * dadam_manager_purge() follows.
 */
gboolean
dadam_manager_remove (DadamManager *self, DadamInstalled *installed, GError **error)
{
  g_return_val_if_fail (DADAM_IS_MANAGER (self), FALSE);

  if (!begin_change (self, error))
    return FALSE;
  if (dadam_store_remove (self->store, installed, error))
    return TRUE;
  end_change (self);

  return FALSE;
}

/* Brings back what was removed. */
gboolean
dadam_manager_restore (DadamManager *self, DadamInstalled *installed, GError **error)
{
  gboolean ok;

  g_return_val_if_fail (DADAM_IS_MANAGER (self), FALSE);

  ok = dadam_store_restore (self->store, installed, error);
  end_change (self);

  return ok;
}

/* Nobody wants it back: its room is free from now on. */
void
dadam_manager_purge (DadamManager *self, DadamInstalled *installed)
{
  g_return_if_fail (DADAM_IS_MANAGER (self));

  dadam_store_purge_one (self->store, installed);
  end_change (self);
}

/* (transfer full): see dadam_catalogue_name_file(). */
char *
dadam_manager_name (DadamManager *self, const char *repo, const char *path)
{
  g_return_val_if_fail (DADAM_IS_MANAGER (self), NULL);

  return dadam_catalogue_name_file (self->catalogue, repo, path);
}

/* Whether a file of a repository is in the queue. */
gboolean
dadam_manager_is_fetching (DadamManager *self, const char *repo, const char *path)
{
  guint n;

  g_return_val_if_fail (DADAM_IS_MANAGER (self), FALSE);

  n = g_list_model_get_n_items (G_LIST_MODEL (self->queue));
  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamDownload) download = g_list_model_get_item (G_LIST_MODEL (self->queue), i);

    if (g_str_equal (dadam_download_get_repo (download), repo)
        && g_str_equal (dadam_download_get_path (download), path))
      return TRUE;
  }

  return FALSE;
}

/**
 * dadam_manager_find:
 * @path: of a file in the repository
 *
 * Returns: (transfer full) (nullable): that file, if it is installed
 */
DadamInstalled *
dadam_manager_find (DadamManager *self, const char *repo, const char *commit, const char *path)
{
  g_autoptr (DadamFacts) facts = NULL;
  g_autofree char *place = NULL;

  g_return_val_if_fail (DADAM_IS_MANAGER (self), NULL);

  facts = dadam_facts_new (repo, commit, path, NULL, 0);
  place = dadam_store_get_place (self->store, facts);

  return dadam_store_find_path (self->store, place);
}
