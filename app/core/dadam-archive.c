/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The lists, kept in step with what the scribe is told to write.  A list shows a
 * change at once; "failed" says when one could not be written.
 *
 * Signals: "opened" once, when the lists are filled or the archive is unavailable;
 * "failed" with an error to show; "gone" with the id of a conversation that was
 * deleted, 0 for all of them, and whether that was for good; "closing" before the
 * last chance to write.
 */
#include "config.h"

#include "dadam-archive-private.h"

#include "dadam-shelf.h"

struct _DadamArchive {
  GObject parent_instance;

  /* Owned. */
  char *path;
  char *set_aside; /* where a damaged file went */
  DadamScribe *scribe; /* %NULL: closed */
  GError *error;
  DadamShelf *shelf;   /* the lists */
  GHashTable *in_use; /* ids to objects, borrowed */
  GHashTable *values; /* names to values */

  DadamArchiveState state;
  gint64 last_id;
  gint64 n_saved; /* messages of the damaged file */
};

G_DEFINE_FINAL_TYPE (DadamArchive, dadam_archive, G_TYPE_OBJECT)

enum { OPENED, FAILED, GONE, CLOSING, N_SIGNALS };

static guint signals[N_SIGNALS];

static void
dadam_archive_dispose (GObject *object)
{
  DadamArchive *self = DADAM_ARCHIVE (object);

  dadam_archive_close (self);

  G_OBJECT_CLASS (dadam_archive_parent_class)->dispose (object);
}

static void
dadam_archive_finalize (GObject *object)
{
  DadamArchive *self = DADAM_ARCHIVE (object);

  g_free (self->path);
  g_free (self->set_aside);
  g_clear_error (&self->error);
  dadam_shelf_free (self->shelf);
  g_hash_table_unref (self->in_use);
  g_hash_table_unref (self->values);

  G_OBJECT_CLASS (dadam_archive_parent_class)->finalize (object);
}

static void
dadam_archive_class_init (DadamArchiveClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GType type = G_TYPE_FROM_CLASS (klass);

  object_class->dispose = dadam_archive_dispose;
  object_class->finalize = dadam_archive_finalize;

  signals[OPENED] = g_signal_new ("opened", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 0);
  signals[FAILED] = g_signal_new ("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_ERROR);
  signals[GONE] = g_signal_new ("gone", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                2, G_TYPE_INT64, G_TYPE_BOOLEAN);
  signals[CLOSING] = g_signal_new ("closing", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 0);
}

static void
dadam_archive_init (DadamArchive *self)
{
  self->shelf = dadam_shelf_new ();
  self->in_use = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

/* ---- opening and closing ----------------------------------------------- */

/* What was said before it was open stands in the list already. */
static void
take (DadamArchive *self, DadamOpened *opened)
{
  GHashTableIter iter;
  gpointer name, value;

  dadam_shelf_fill (self->shelf, opened->conversations, opened->trash);
  self->last_id = MAX (self->last_id, opened->last_id);
  g_hash_table_iter_init (&iter, opened->values);
  while (g_hash_table_iter_next (&iter, &name, &value))
    if (!g_hash_table_contains (self->values, name))
      g_hash_table_insert (self->values, g_strdup (name), g_strdup (value));
}

static void
opened_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  DadamArchive *self = DADAM_ARCHIVE (object);
  g_autoptr (GError) error = NULL;
  DadamOpened *opened = g_task_propagate_pointer (G_TASK (result), &error);

  if (self->scribe != NULL) {
    self->set_aside = g_strdup (dadam_scribe_get_damage (self->scribe)->name);
    self->n_saved = dadam_scribe_get_damage (self->scribe)->n_messages;
  }
  if (opened != NULL)
    take (self, opened);
  else
    self->error = g_steal_pointer (&error);
  self->state = opened != NULL ? DADAM_ARCHIVE_OPEN : DADAM_ARCHIVE_UNAVAILABLE;
  g_clear_pointer (&opened, dadam_opened_free);
  g_signal_emit (self, signals[OPENED], 0);
}

/**
 * dadam_archive_new:
 * @path: (nullable): its file; %NULL: the user's
 *
 * Starts opening it; "opened" follows.
 */
DadamArchive *
dadam_archive_new (const char *path)
{
  DadamArchive *self = g_object_new (DADAM_TYPE_ARCHIVE, NULL);

  self->path = path != NULL ? g_strdup (path)
                            : g_build_filename (g_get_user_data_dir (), "dadam", "dadam.db", NULL);
  self->scribe = dadam_scribe_new (self->path);
  dadam_scribe_push (self->scribe, dadam_opened_read, dadam_opened_new (), dadam_opened_free,
                     g_task_new (self, NULL, opened_cb, NULL));

  return self;
}

/**
 * dadam_archive_close:
 *
 * Returns when all that was to be written is on the disk.  Nothing can be asked or
 * written any more.
 */
void
dadam_archive_close (DadamArchive *self)
{
  g_return_if_fail (DADAM_IS_ARCHIVE (self));

  if (self->scribe == NULL)
    return;
  g_signal_emit (self, signals[CLOSING], 0);
  g_clear_pointer (&self->scribe, dadam_scribe_free);
}

const char *
dadam_archive_get_path (DadamArchive *self)
{
  g_return_val_if_fail (DADAM_IS_ARCHIVE (self), NULL);

  return self->path;
}

DadamArchiveState
dadam_archive_get_state (DadamArchive *self)
{
  g_return_val_if_fail (DADAM_IS_ARCHIVE (self), DADAM_ARCHIVE_UNAVAILABLE);

  return self->state;
}

/* Why it is unavailable, else %NULL. */
const GError *
dadam_archive_get_error (DadamArchive *self)
{
  g_return_val_if_fail (DADAM_IS_ARCHIVE (self), NULL);

  return self->error;
}

/**
 * dadam_archive_get_set_aside:
 * @n_saved: (out) (optional): how many messages of it could be read, and are here
 *
 * Returns: (nullable): where the file went that was damaged.  Once it is open
 */
const char *
dadam_archive_get_set_aside (DadamArchive *self, gint64 *n_saved)
{
  g_return_val_if_fail (DADAM_IS_ARCHIVE (self), NULL);

  if (n_saved != NULL)
    *n_saved = self->n_saved;

  return self->set_aside;
}

/* ---- writing ----------------------------------------------------------- */

static void
refuse (gpointer data, GDestroyNotify free_data, GTask *task)
{
  free_data (data);
  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CLOSED, "The archive is closed");
  g_object_unref (task);
}

/* Gives the scribe a job that is a transaction; @task returns @data. */
void
dadam_archive_push (DadamArchive *self,
                    DadamJobFunc func,
                    gpointer data,
                    GDestroyNotify free_data,
                    GTask *task)
{
  if (self->scribe != NULL)
    dadam_scribe_push (self->scribe, func, data, free_data, task);
  else
    refuse (data, free_data, task);
}

/* The same without a transaction. */
void
dadam_archive_push_plain (DadamArchive *self,
                          DadamJobFunc func,
                          gpointer data,
                          GDestroyNotify free_data,
                          GTask *task)
{
  if (self->scribe != NULL)
    dadam_scribe_push_plain (self->scribe, func, data, free_data, task);
  else
    refuse (data, free_data, task);
}

static void
change_free (gpointer change)
{
  dadam_change_free (change);
}

/**
 * dadam_archive_write_async:
 * @change: (transfer full)
 *
 * Once it has finished, the change is on the disk.
 */
void
dadam_archive_write_async (DadamArchive *self,
                           DadamChange *change,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  dadam_archive_push (self, dadam_change_write, change, change_free,
                      g_task_new (self, NULL, callback, user_data));
}

gboolean
dadam_archive_write_finish (GAsyncResult *result, GError **error)
{
  DadamChange *change = g_task_propagate_pointer (G_TASK (result), error);

  if (change == NULL)
    return FALSE;
  dadam_change_free (change);

  return TRUE;
}

/* An archive that is unavailable has said so once. */
static void
written_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  DadamArchive *self = DADAM_ARCHIVE (object);
  g_autoptr (GError) error = NULL;

  if (!dadam_archive_write_finish (result, &error) && self->state == DADAM_ARCHIVE_OPEN)
    g_signal_emit (self, signals[FAILED], 0, error);
}

/**
 * dadam_archive_write:
 * @change: (transfer full)
 *
 * The same for what nobody waits for: "failed" says if it fails.
 */
void
dadam_archive_write (DadamArchive *self, DadamChange *change)
{
  dadam_archive_write_async (self, change, written_cb, NULL);
}

/* Greater than all before, of this and earlier days. */
gint64
dadam_archive_make_id (DadamArchive *self)
{
  self->last_id = MAX (self->last_id + 1, g_get_real_time ());

  return self->last_id;
}

/* ---- reading ----------------------------------------------------------- */

/* Reads a pane of a conversation with all its messages, once what was written before is. */
void
dadam_archive_load_async (DadamArchive *self,
                          gint64 id,
                          int pane,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  dadam_archive_push (self, dadam_stored_read, dadam_stored_new (id, pane), dadam_stored_free,
                      g_task_new (self, NULL, callback, user_data));
}

/* (transfer full). */
DadamStored *
dadam_archive_load_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * dadam_archive_get_in_use:
 *
 * Returns: (transfer none) (nullable): the object that has the conversation open, for
 *   nobody else to open it beside
 */
GObject *
dadam_archive_get_in_use (DadamArchive *self, gint64 id)
{
  return g_hash_table_lookup (self->in_use, &id);
}

/* @user: (nullable): must take itself out before it ends. */
void
dadam_archive_set_in_use (DadamArchive *self, gint64 id, GObject *user)
{
  if (user != NULL)
    g_hash_table_insert (self->in_use, g_memdup2 (&id, sizeof id), user);
  else
    g_hash_table_remove (self->in_use, &id);
}

/* ---- the lists --------------------------------------------------------- */

/**
 * dadam_archive_get_conversations:
 *
 * Returns: (transfer none): #DadamSummary objects, the pinned first, then the newest
 */
GListModel *
dadam_archive_get_conversations (DadamArchive *self)
{
  g_return_val_if_fail (DADAM_IS_ARCHIVE (self), NULL);

  return dadam_shelf_get_conversations (self->shelf);
}

/* The same of what was deleted, and is kept for thirty days. */
GListModel *
dadam_archive_get_trash (DadamArchive *self)
{
  g_return_val_if_fail (DADAM_IS_ARCHIVE (self), NULL);

  return dadam_shelf_get_trash (self->shelf);
}

/* (transfer none) (nullable): also one in the trash. */
DadamSummary *
dadam_archive_find (DadamArchive *self, gint64 id)
{
  g_return_val_if_fail (DADAM_IS_ARCHIVE (self), NULL);

  return dadam_shelf_find (self->shelf, id);
}

/* All of them are gone. */
void
dadam_archive_forget (DadamArchive *self)
{
  dadam_shelf_clear (self->shelf);
  g_hash_table_remove_all (self->values);
  g_signal_emit (self, signals[GONE], 0, (gint64) 0, TRUE);
}

/* One that has just been begun. */
void
dadam_archive_add (DadamArchive *self, DadamSummary *summary)
{
  dadam_shelf_add (self->shelf, summary);
}

/* Something was said: it goes to the top of its kind, if it is not there. */
void
dadam_archive_touch (DadamArchive *self, gint64 id, gint64 changed)
{
  dadam_shelf_touch (self->shelf, id, changed);
}

/**
 * dadam_archive_rename:
 *
 * An empty title changes nothing.
 */
void
dadam_archive_rename (DadamArchive *self, gint64 id, const char *title)
{
  DadamSummary *summary = dadam_archive_find (self, id);
  DadamChange *change;

  g_return_if_fail (summary != NULL);

  if (*title == '\0' || g_str_equal (title, dadam_summary_get_title (summary)))
    return;
  dadam_summary_set_title (summary, title);
  change = dadam_change_new (id);
  dadam_change_set_title (change, title);
  dadam_archive_write (self, change);
}

void
dadam_archive_set_pinned (DadamArchive *self, gint64 id, gboolean is_pinned)
{
  DadamSummary *summary = dadam_archive_find (self, id);
  DadamChange *change;

  g_return_if_fail (summary != NULL);

  dadam_shelf_set_is_pinned (self->shelf, summary, is_pinned);

  change = dadam_change_new (id);
  dadam_change_set_pinned (change, is_pinned);
  dadam_archive_write (self, change);
}

static void
set_trashed (DadamArchive *self, gint64 id, gint64 trashed)
{
  DadamSummary *summary = dadam_archive_find (self, id);
  DadamChange *change;

  g_return_if_fail (summary != NULL);

  dadam_shelf_set_trashed (self->shelf, summary, trashed);

  change = dadam_change_new (id);
  dadam_change_set_trashed (change, trashed);
  dadam_archive_write (self, change);
}

/**
 * dadam_archive_trash:
 *
 * Deletes a conversation, which dadam_archive_restore() can undo for thirty days.
 */
void
dadam_archive_trash (DadamArchive *self, gint64 id)
{
  g_return_if_fail (DADAM_IS_ARCHIVE (self));

  set_trashed (self, id, g_get_real_time ());
  g_signal_emit (self, signals[GONE], 0, id, FALSE);
}

/* Takes a conversation out of the trash. */
void
dadam_archive_restore (DadamArchive *self, gint64 id)
{
  g_return_if_fail (DADAM_IS_ARCHIVE (self));

  set_trashed (self, id, 0);
}

/* Takes one out of the lists; writes nothing. */
void
dadam_archive_drop (DadamArchive *self, gint64 id)
{
  dadam_shelf_remove (self->shelf, id);
}

/* Deletes a conversation for good. */
void
dadam_archive_remove (DadamArchive *self, gint64 id)
{
  DadamChange *change;

  g_return_if_fail (DADAM_IS_ARCHIVE (self));

  dadam_archive_drop (self, id);
  change = dadam_change_new (id);
  dadam_change_remove (change);
  dadam_archive_write (self, change);
  g_signal_emit (self, signals[GONE], 0, id, TRUE);
}

/* The same with all that is in the trash. */
void
dadam_archive_empty_trash (DadamArchive *self)
{
  g_return_if_fail (DADAM_IS_ARCHIVE (self));

  for (GListModel *trash = dadam_archive_get_trash (self); g_list_model_get_n_items (trash) > 0;) {
    g_autoptr (DadamSummary) summary = g_list_model_get_item (trash, 0);

    dadam_archive_remove (self, dadam_summary_get_id (summary));
  }
}

/* ---- values ------------------------------------------------------------ */

/* (transfer none) (nullable): something that is kept beside the conversations. */
const char *
dadam_archive_get_value (DadamArchive *self, const char *name)
{
  g_return_val_if_fail (DADAM_IS_ARCHIVE (self), NULL);

  return g_hash_table_lookup (self->values, name);
}

/* Writes it with a change that is written anyway. */
void
dadam_archive_note_value (DadamArchive *self,
                          DadamChange *change,
                          const char *name,
                          const char *value)
{
  g_hash_table_insert (self->values, g_strdup (name), g_strdup (value));
  dadam_change_set_state (change, name, value);
}

void
dadam_archive_set_value (DadamArchive *self, const char *name, const char *value)
{
  DadamChange *change;

  g_return_if_fail (DADAM_IS_ARCHIVE (self));

  if (g_strcmp0 (dadam_archive_get_value (self, name), value) == 0)
    return;
  change = dadam_change_new (0);
  dadam_archive_note_value (self, change, name, value);
  dadam_archive_write (self, change);
}
