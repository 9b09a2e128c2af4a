/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The list and its lock, and where files of the Hub are kept.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "dadam-disk.h"
#include "dadam-store-private.h"

#define UNDO_SECONDS (60 * 60) /* longer than anybody is offered to undo a removal */

G_DEFINE_QUARK (dadam - store - error - quark, dadam_store_error)

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
  if (!dadam_disk_make_folder (self->root, error))
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

/* Other programs may change the folder again.  Harmless where it was not locked. */
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

/* Makes @found, which it takes over, the list. */
void
dadam_store_take (DadamStore *self, GPtrArray *found)
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

  dadam_store_take (self, dadam_store_scan (self->root));
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
    dadam_store_take (self, found);

  return found != NULL;
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
  g_return_val_if_fail (DADAM_IS_STORE (self), -1);

  return dadam_disk_get_free (self->root);
}
