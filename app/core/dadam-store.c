/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The list and its lock; finding by name; importing, removing, verifying.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "dadam-engine-file.h"
#include "dadam-hash.h"
#include "dadam-hub-repo.h"
#include "dadam-json.h"
#include "dadam-store-private.h"

#define UNDO_SECONDS (60 * 60) /* longer than anybody is offered to undo a removal */

G_DEFINE_QUARK (dadam - store - error - quark, dadam_store_error)

struct _DadamStore {
  GObject parent_instance;

  /* Owned. */
  char *root;
  GPtrArray *models; /* of DadamInstalled */

  int lock_fd; /* -1: not ours */
};

static GType
get_item_type (GListModel *list)
{
  return DADAM_TYPE_INSTALLED;
}

static guint
get_n_items (GListModel *list)
{
  return DADAM_STORE (list)->models->len;
}

static gpointer
get_item (GListModel *list, guint position)
{
  DadamStore *self = DADAM_STORE (list);

  return position < self->models->len ? g_object_ref (self->models->pdata[position]) : NULL;
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (DadamStore,
                               dadam_store,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

static void
dadam_store_finalize (GObject *object)
{
  DadamStore *self = DADAM_STORE (object);

  dadam_store_unlock (self);
  g_free (self->root);
  g_ptr_array_unref (self->models);

  G_OBJECT_CLASS (dadam_store_parent_class)->finalize (object);
}

static void
dadam_store_class_init (DadamStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dadam_store_finalize;
}

static void
dadam_store_init (DadamStore *self)
{
  self->models = g_ptr_array_new_with_free_func (g_object_unref);
  self->lock_fd = -1;
}

/**
 * dadam_store_new:
 * @root: (nullable): its folder; %NULL: the user's
 *
 * Knows nothing before dadam_store_refresh().
 */
DadamStore *
dadam_store_new (const char *root)
{
  DadamStore *self = g_object_new (DADAM_TYPE_STORE, NULL);

  self->root = root != NULL ? g_strdup (root)
                            : g_build_filename (g_get_user_data_dir (), "dadam", "models", NULL);

  return self;
}

const char *
dadam_store_get_root (DadamStore *self)
{
  g_return_val_if_fail (DADAM_IS_STORE (self), NULL);

  return self->root;
}

/* ---- the one owner ----------------------------------------------------- */

static char *
read_holder (int fd)
{
  char text[200] = "";
  gssize n = pread (fd, text, sizeof text - 1, 0);

  if (n <= 0)
    return g_strdup (_ ("another program"));
  g_strstrip (text);

  return g_utf8_make_valid (text, -1);
}

static void
write_holder (int fd)
{
  g_autofree char *text = g_strdup_printf ("%s (%d)\n",
                                           g_get_prgname () ? g_get_prgname () : "dadam",
                                           (int) getpid ());

  if (ftruncate (fd, 0) != 0 || pwrite (fd, text, strlen (text), 0) < 0)
    g_debug ("The store's lock: %s", g_strerror (errno));
}

/**
 * dadam_store_lock:
 *
 * Becomes the one program that changes the store, until dadam_store_unlock().
 */
gboolean
dadam_store_lock (DadamStore *self, GError **error)
{
  g_autofree char *path = g_build_filename (self->root, ".lock", NULL);
  int fd;

  g_return_val_if_fail (DADAM_IS_STORE (self), FALSE);

  if (self->lock_fd >= 0)
    return TRUE;
  if (!dadam_make_folder (self->root, error))
    return FALSE;
  fd = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) {
    g_set_error (error, G_IO_ERROR, (int) g_io_error_from_errno (errno), "%s: %s", path,
                 g_strerror (errno));
    return FALSE;
  }
  if (flock (fd, LOCK_EX | LOCK_NB) != 0) {
    g_autofree char *holder = read_holder (fd);

    g_set_error (error, DADAM_STORE_ERROR, DADAM_STORE_ERROR_HELD,
                 _ ("The model folder is being changed by %s. Wait until it is done, or close it."),
                 holder);
    close (fd);
    return FALSE;
  }
  write_holder (fd);
  self->lock_fd = fd;
  dadam_store_purge (self, UNDO_SECONDS);

  return TRUE;
}

void
dadam_store_unlock (DadamStore *self)
{
  g_return_if_fail (DADAM_IS_STORE (self));

  if (self->lock_fd >= 0)
    close (self->lock_fd);
  self->lock_fd = -1;
}

gboolean
dadam_store_is_locked (DadamStore *self)
{
  g_return_val_if_fail (DADAM_IS_STORE (self), FALSE);

  return self->lock_fd >= 0;
}

/* ---- the list ---------------------------------------------------------- */

static int
compare_names (gconstpointer a, gconstpointer b)
{
  const DadamInstalled *x = *(DadamInstalled *const *) a;
  const DadamInstalled *y = *(DadamInstalled *const *) b;

  return g_utf8_collate (x->name, y->name);
}

/* What has not changed stays the object that others know. */
static void
keep_known (GPtrArray *found, GPtrArray *known)
{
  for (guint i = 0; i < found->len; i++)
    for (guint j = 0; j < known->len; j++)
      if (dadam_installed_is_same (found->pdata[i], known->pdata[j])) {
        g_set_object ((DadamInstalled **) &found->pdata[i], known->pdata[j]);
        break;
      }
}

static void
take (DadamStore *self, GPtrArray *found)
{
  g_autoptr (GPtrArray) before = self->models;
  guint start = 0, end = 0, least = MIN (before->len, found->len);

  dadam_store_give_names (found);
  g_ptr_array_sort (found, compare_names);
  keep_known (found, before);
  self->models = found;
  while (start < least && found->pdata[start] == before->pdata[start])
    start++;
  while (end < least - start
         && found->pdata[found->len - 1 - end] == before->pdata[before->len - 1 - end])
    end++;
  if (before->len > start + end || found->len > start + end)
    g_list_model_items_changed (G_LIST_MODEL (self), start, before->len - start - end,
                                found->len - start - end);
}

/* Looks again what is there.  Blocks while folders are read. */
void
dadam_store_refresh (DadamStore *self)
{
  g_return_if_fail (DADAM_IS_STORE (self));

  take (self, dadam_store_scan (self->root));
}

static void
refresh_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_task_return_pointer (task, dadam_store_scan (data), (GDestroyNotify) g_ptr_array_unref);
}

/* The same without blocking; the list changes in the finish. */
void
dadam_store_refresh_async (DadamStore *self,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, dadam_store_refresh_async);
  g_task_set_task_data (task, g_strdup (self->root), g_free);
  g_task_run_in_thread (task, refresh_thread);
}

gboolean
dadam_store_refresh_finish (DadamStore *self, GAsyncResult *result, GError **error)
{
  GPtrArray *found;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  found = g_task_propagate_pointer (G_TASK (result), error);
  if (found != NULL)
    take (self, found);

  return found != NULL;
}

/* What a person may have meant, from sure to perhaps: 4 the name, 3 the file, 2 the
 * name with its owner, 1 the name without its quantisation. */
static guint
fits (DadamInstalled *model, const char *name)
{
  g_autofree char *base = g_path_get_basename (model->path);
  g_autofree char *quant = strchr (name, ':') ? g_ascii_strdown (strchr (name, ':') + 1, -1) : NULL;
  g_autofree char *own = NULL;
  const char *colon = strchr (model->name, ':');
  const char *bare = strrchr (name, '/') ? strrchr (name, '/') + 1 : name;

  if (g_ascii_strcasecmp (model->name, name) == 0)
    return 4;
  if (g_str_equal (model->path, name) || g_str_equal (base, name))
    return 3;
  if (model->repo != NULL && g_ascii_strncasecmp (model->repo, name, strcspn (name, ":")) == 0
      && (strlen (model->repo) == strcspn (name, ":"))) {
    own = dadam_quant_from_path (model->path);
    return quant == NULL || g_str_equal (quant, own) ? 2 : 0;
  }
  if (colon != NULL && strlen (bare) == (gsize) (colon - model->name)
      && g_ascii_strncasecmp (model->name, bare, strlen (bare)) == 0)
    return 1;

  return 0;
}

static void
say_candidates (GPtrArray *found, const char *name, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < found->len; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "",
                            ((DadamInstalled *) found->pdata[i])->name);
  g_set_error (error, DADAM_STORE_ERROR, DADAM_STORE_ERROR_AMBIGUOUS,
               _ ("“%s” can mean several models: %s"), name, names->str);
}

/**
 * dadam_store_find:
 * @name: as people type it: "komt-mistral-7b-v1:q4_k_m", its owner in front or its
 *   quantisation left out where that is enough, or a file's name
 *
 * Returns: (transfer full): the model meant
 */
DadamInstalled *
dadam_store_find (DadamStore *self, const char *name, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new ();
  guint best = 1;

  g_return_val_if_fail (DADAM_IS_STORE (self), NULL);

  for (guint i = 0; i < self->models->len; i++) {
    guint fit = fits (self->models->pdata[i], name);

    if (fit > best)
      g_ptr_array_set_size (found, 0);
    best = MAX (best, fit);
    if (fit == best)
      g_ptr_array_add (found, self->models->pdata[i]);
  }
  if (found->len == 1)
    return g_object_ref (found->pdata[0]);
  if (found->len > 1)
    say_candidates (found, name, error);
  else
    g_set_error (error, DADAM_STORE_ERROR, DADAM_STORE_ERROR_NOT_FOUND,
                 _ ("There is no installed model “%s”. “dadam models” lists those there are."),
                 name);

  return NULL;
}

/* (transfer full) (nullable): the model whose file that is. */
DadamInstalled *
dadam_store_find_path (DadamStore *self, const char *path)
{
  g_return_val_if_fail (DADAM_IS_STORE (self), NULL);

  for (guint i = 0; i < self->models->len; i++)
    if (g_str_equal (((DadamInstalled *) self->models->pdata[i])->path, path))
      return g_object_ref (self->models->pdata[i]);

  return NULL;
}

/* (transfer full) (nullable): the repository of the Hub that a file is from, also one that is not
 * there any more; %NULL: it was no place for files of the Hub. */
char *
dadam_store_find_repo (DadamStore *self, const char *path)
{
  g_return_val_if_fail (DADAM_IS_STORE (self), NULL);

  return dadam_store_scan_repo (self->root, path);
}

/* (transfer full): where a file of the Hub is kept. */
char *
dadam_store_get_place (DadamStore *self, const DadamFacts *facts)
{
  g_autofree char *commit = g_strndup (facts->commit, 12);

  g_return_val_if_fail (DADAM_IS_STORE (self), NULL);

  return g_build_filename (self->root, facts->repo, commit, facts->path, NULL);
}

/* Whether that very file is there and whole. */
gboolean
dadam_store_has (DadamStore *self, const DadamFacts *facts)
{
  g_autofree char *place = dadam_store_get_place (self, facts);
  g_autofree char *record = g_strconcat (place, ".json", NULL);
  g_autoptr (DadamFacts) have = dadam_facts_load (record);
  GStatBuf info;

  return have != NULL && g_strcmp0 (have->hash, facts->hash) == 0 && g_stat (place, &info) == 0
         && info.st_size == facts->size;
}

/* (transfer full): the facts of files that are not whole, in their order. */
GPtrArray *
dadam_store_get_unfinished (DadamStore *self)
{
  g_return_val_if_fail (DADAM_IS_STORE (self), NULL);

  return dadam_store_scan_unfinished (self->root);
}

/* Bytes of the store's own files. */
gint64
dadam_store_get_used (DadamStore *self)
{
  gint64 used = 0;

  g_return_val_if_fail (DADAM_IS_STORE (self), 0);

  for (guint i = 0; i < self->models->len; i++) {
    DadamInstalled *model = self->models->pdata[i];

    if (model->origin == DADAM_ORIGIN_STORE)
      used += model->size;
  }

  return used;
}

/* Bytes that the file system has left for us; -1: unknown. */
gint64
dadam_store_get_free (DadamStore *self)
{
  struct statvfs info;

  g_return_val_if_fail (DADAM_IS_STORE (self), -1);

  if (statvfs (self->root, &info) != 0)
    return -1;

  return (gint64) info.f_bavail * (gint64) info.f_frsize;
}

/* ---- importing --------------------------------------------------------- */

static char *
import_record (const char *root, const char *path)
{
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, path, -1);
  g_autofree char *name = g_strdup_printf ("%.16s.json", digest);

  return g_build_filename (root, DADAM_IMPORTS, name, NULL);
}

static gboolean
import_file (const char *root, const char *path, GError **error)
{
  g_autofree char *record = import_record (root, path);
  g_autofree char *folder = g_path_get_dirname (record);
  g_autoptr (JsonObject) object = json_object_new ();
  GStatBuf info;

  if (!g_utf8_validate (path, -1, NULL)) {
    g_set_error_literal (error, DADAM_STORE_ERROR, DADAM_STORE_ERROR_NOT_A_MODEL,
                         _ ("The file's name is no UTF-8. Give it another name."));
    return FALSE;
  }
  if (!dadam_engine_file_check (path, FALSE, error))
    return FALSE;
  json_object_set_string_member (object, "path", path);
  if (g_stat (path, &info) == 0)
    json_object_set_int_member (object, "size", info.st_size);

  return dadam_make_folder (folder, error) && dadam_json_save (record, object, error);
}

typedef struct {
  char *root;
  GStrv paths;
  guint n_added;
  GPtrArray *found; /* all models after */
  GError *error;    /* the last one */
} Import;

static void
import_free (Import *import)
{
  g_free (import->root);
  g_strfreev (import->paths);
  g_clear_pointer (&import->found, g_ptr_array_unref);
  g_clear_error (&import->error);
  g_free (import);
}

static void
import_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Import *import = data;

  for (guint i = 0; import->paths[i] != NULL; i++) {
    g_clear_error (&import->error);
    import->n_added += import_file (import->root, import->paths[i], &import->error);
  }
  import->found = dadam_store_scan (import->root);
  g_task_return_boolean (task, TRUE);
}

/**
 * dadam_store_import_async:
 * @paths: GGUF files, absolute
 *
 * Adds models that stay where they are.  Reads their headers.
 */
void
dadam_store_import_async (DadamStore *self,
                          const char *const *paths,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  Import *import;

  g_return_if_fail (DADAM_IS_STORE (self) && self->lock_fd >= 0);

  import = g_new0 (Import, 1);
  import->root = g_strdup (self->root);
  import->paths = g_strdupv ((GStrv) paths);
  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, dadam_store_import_async);
  g_task_set_task_data (task, import, (GDestroyNotify) import_free);
  g_task_run_in_thread (task, import_thread);
}

/**
 * dadam_store_import_finish:
 * @error: of the last file that could not be added, also where others could
 *
 * Returns: how many were added
 */
guint
dadam_store_import_finish (DadamStore *self, GAsyncResult *result, GError **error)
{
  Import *import;

  g_return_val_if_fail (g_task_is_valid (result, self), 0);

  import = g_task_get_task_data (G_TASK (result));
  take (self, g_steal_pointer (&import->found));
  if (import->error != NULL)
    g_propagate_error (error, g_steal_pointer (&import->error));

  return import->n_added;
}

/* ---- removing ---------------------------------------------------------- */

static gboolean
move (const char *from, const char *to, GError **error)
{
  if (from == NULL || g_rename (from, to) == 0 || errno == ENOENT)
    return TRUE;
  g_set_error (error, G_IO_ERROR, (int) g_io_error_from_errno (errno), "%s: %s", from,
               g_strerror (errno));

  return FALSE;
}

static char *
removed (const char *path)
{
  return g_strconcat (path, DADAM_REMOVED, NULL);
}

/**
 * dadam_store_remove:
 *
 * Takes a model off the list.  Its file is kept for dadam_store_restore() until
 * dadam_store_purge(); an imported file is never touched, and neither is what
 * belongs to other programs.
 */
gboolean
dadam_store_remove (DadamStore *self, DadamInstalled *installed, GError **error)
{
  g_return_val_if_fail (DADAM_IS_STORE (self) && self->lock_fd >= 0, FALSE);
  g_return_val_if_fail (DADAM_IS_INSTALLED (installed), FALSE);

  if (installed->origin == DADAM_ORIGIN_SHARED) {
    g_set_error (error, DADAM_STORE_ERROR, DADAM_STORE_ERROR_NOT_OURS,
                 _ ("%s belongs to the cache that other programs use too. Remove it there."),
                 installed->path);
    return FALSE;
  }
  if (installed->facts_path != NULL) {
    g_autofree char *record = removed (installed->facts_path);

    if (!move (installed->facts_path, record, error))
      return FALSE;
  }
  if (installed->origin == DADAM_ORIGIN_STORE) {
    g_autofree char *file = removed (installed->path);

    if (!move (installed->path, file, error))
      return FALSE;
  }
  dadam_store_refresh (self);

  return TRUE;
}

/* Brings back what was removed. */
gboolean
dadam_store_restore (DadamStore *self, DadamInstalled *installed, GError **error)
{
  g_autofree char *file = removed (installed->path);
  g_autofree char *record = installed->facts_path ? removed (installed->facts_path) : NULL;

  g_return_val_if_fail (DADAM_IS_STORE (self) && self->lock_fd >= 0, FALSE);

  if (installed->origin == DADAM_ORIGIN_STORE && !move (file, installed->path, error))
    return FALSE;
  if (record != NULL && !move (record, installed->facts_path, error))
    return FALSE;
  dadam_store_refresh (self);

  return TRUE;
}

static gboolean
is_empty (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);

  return dir != NULL && g_dir_read_name (dir) == NULL;
}

/* Links are never followed: what they lead to is not ours. */
static void
purge_folder (const char *folder, gint64 before, guint depth)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    GStatBuf info;

    if (g_lstat (path, &info) != 0)
      continue;
    if (S_ISDIR (info.st_mode) && depth < 8) {
      purge_folder (path, before, depth + 1);
      if (is_empty (path))
        g_rmdir (path);
    } else if (g_str_has_suffix (name, DADAM_REMOVED) && info.st_ctime <= before) {
      g_unlink (path);
    }
  }
}

/* Deletes one model that was removed, for good. */
void
dadam_store_purge_one (DadamStore *self, DadamInstalled *installed)
{
  g_autofree char *file = removed (installed->path);
  g_autofree char *record = installed->facts_path ? removed (installed->facts_path) : NULL;

  g_return_if_fail (DADAM_IS_STORE (self) && self->lock_fd >= 0);

  if (installed->origin == DADAM_ORIGIN_STORE)
    g_unlink (file);
  if (record != NULL)
    g_unlink (record);
}

/* Deletes what was removed at least so many seconds ago, for good, and folders that
 * are empty. */
void
dadam_store_purge (DadamStore *self, gint64 seconds)
{
  g_return_if_fail (DADAM_IS_STORE (self) && self->lock_fd >= 0);

  purge_folder (self->root, g_get_real_time () / G_USEC_PER_SEC - seconds, 0);
}

/* ---- verifying --------------------------------------------------------- */

typedef struct {
  DadamInstalled *installed;
  DadamVerifyProgress progress;
  gpointer progress_data;
  gint64 told; /* monotonic */
  gint64 done, size;
  char *found; /* the hash */
} Verification;

static void
verification_free (Verification *verification)
{
  g_object_unref (verification->installed);
  g_free (verification->found);
  g_free (verification);
}

static gboolean
tell_cb (gpointer user_data)
{
  GTask *task = user_data;
  Verification *verification = g_task_get_task_data (task);

  if (!g_task_get_completed (task))
    verification->progress (__atomic_load_n (&verification->done, __ATOMIC_RELAXED),
                            verification->size, verification->progress_data);

  return G_SOURCE_REMOVE;
}

static gboolean
progress_cb (gint64 done, gint64 size, gpointer user_data)
{
  GTask *task = user_data;
  Verification *verification = g_task_get_task_data (task);
  gint64 now = g_get_monotonic_time ();

  __atomic_store_n (&verification->done, done, __ATOMIC_RELAXED);
  verification->size = size;
  if (verification->progress != NULL && now - verification->told > G_USEC_PER_SEC / 10) {
    verification->told = now;
    g_main_context_invoke_full (g_task_get_context (task), G_PRIORITY_DEFAULT, tell_cb,
                                g_object_ref (task), g_object_unref);
  }

  return TRUE;
}

static gboolean
check_content (Verification *verification, GTask *task, GCancellable *cancellable, GError **error)
{
  DadamInstalled *model = verification->installed;
  g_autofree char *found = dadam_hash_file (model->path, model->hash, progress_cb, task,
                                            cancellable, error);

  if (found == NULL || !dadam_engine_file_check (model->path, FALSE, error))
    return FALSE;
  if (model->hash == NULL || g_str_equal (found, model->hash)) {
    verification->found = g_steal_pointer (&found);
    return TRUE;
  }
  g_set_error (error, DADAM_STORE_ERROR, DADAM_STORE_ERROR_MISMATCH,
               _ ("The file is damaged: its content should be %s and is %s. Remove it and download "
                  "it again."),
               model->hash, found);

  return FALSE;
}

static void
note_verified (DadamInstalled *model)
{
  g_autoptr (JsonObject) object = NULL;
  g_autofree char *text = NULL;

  g_clear_pointer (&model->verified, g_date_time_unref);
  model->verified = g_date_time_new_now_utc ();
  object = model->facts_path ? dadam_json_load (model->facts_path, 65536, NULL) : NULL;
  if (object == NULL)
    return;
  text = g_date_time_format_iso8601 (model->verified);
  json_object_set_string_member (object, "verified", text);
  if (model->hash != NULL && !json_object_has_member (object, "git_blob"))
    json_object_set_string_member (object, "sha256", model->hash);
  dadam_json_save (model->facts_path, object, NULL);
}

static void
verify_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Verification *verification = data;
  GError *error = NULL;

  if (check_content (verification, task, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/**
 * dadam_store_verify_async:
 * @progress: (nullable): called on the caller's context
 *
 * Reads a model's file and compares its content with what it is to be.  An
 * imported file, of which nobody has said that, is compared with what it was the
 * first time.
 */
void
dadam_store_verify_async (DadamStore *self,
                          DadamInstalled *installed,
                          GCancellable *cancellable,
                          DadamVerifyProgress progress,
                          gpointer progress_data,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Verification *verification = g_new0 (Verification, 1);

  verification->installed = g_object_ref (installed);
  verification->progress = progress;
  verification->progress_data = progress_data;
  g_task_set_source_tag (task, dadam_store_verify_async);
  g_task_set_task_data (task, verification, (GDestroyNotify) verification_free);
  g_task_run_in_thread (task, verify_thread);
}

gboolean
dadam_store_verify_finish (DadamStore *self, GAsyncResult *result, GError **error)
{
  Verification *verification;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;
  verification = g_task_get_task_data (G_TASK (result));
  g_set_str (&verification->installed->hash, verification->found);
  note_verified (verification->installed);
  g_object_notify (G_OBJECT (verification->installed), "verified");

  return TRUE;
}
