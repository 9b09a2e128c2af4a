/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What concerns all conversations at once: a copy in one file, and deleting them.
 */
#include "config.h"

#include <glib/gstdio.h>

#include "dadam-archive-private.h"

/* ---- a copy ------------------------------------------------------------ */

/* A job of the scribe's, outside a transaction. */
static gboolean
back_up (DadamBase *base, gpointer path, GError **error)
{
  return dadam_base_back_up (base, path, error);
}

static void
copied_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  g_autofree char *path = g_file_get_path (G_FILE (object));
  GError *error = NULL;

  g_unlink (path);
  if (g_file_copy_finish (G_FILE (object), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* It may go where only that one file may be written, so the copy was made beside the original. */
static void
backed_up_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  g_autofree char *path = NULL;
  g_autoptr (GFile) copy = NULL;
  GError *error = NULL;

  path = g_task_propagate_pointer (G_TASK (result), &error);
  if (path == NULL) {
    g_task_return_error (task, error);
    return;
  }
  copy = g_file_new_for_path (path);
  g_file_copy_async (copy, g_task_get_task_data (task), G_FILE_COPY_OVERWRITE, G_PRIORITY_DEFAULT,
                     g_task_get_cancellable (task), NULL, NULL, copied_cb, g_object_ref (task));
}

/**
 * dadam_archive_back_up_async:
 * @file: where to; replaced
 *
 * Copies everything that is kept into one file, which can take the original's place.
 */
void
dadam_archive_back_up_async (DadamArchive *self,
                             GFile *file,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task;

  g_return_if_fail (DADAM_IS_ARCHIVE (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, dadam_archive_back_up_async);
  g_task_set_task_data (task, g_object_ref (file), g_object_unref);
  dadam_archive_push_plain (self, back_up,
                            g_strconcat (dadam_archive_get_path (self), ".copy", NULL), g_free,
                            g_task_new (self, NULL, backed_up_cb, task));
}

gboolean
dadam_archive_back_up_finish (DadamArchive *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ---- everything -------------------------------------------------------- */

static void
removed_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  g_autofree char *path = NULL;
  GError *error = NULL;

  path = g_task_propagate_pointer (G_TASK (result), &error);
  if (path == NULL) {
    g_task_return_error (task, error);
    return;
  }
  dadam_archive_forget (DADAM_ARCHIVE (object));
  g_task_return_boolean (task, TRUE);
}

/**
 * dadam_archive_remove_all_async:
 *
 * Deletes all conversations for good, the copies that were made before changes of
 * the schema as well.
 */
void
dadam_archive_remove_all_async (DadamArchive *self,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  GTask *task;

  g_return_if_fail (DADAM_IS_ARCHIVE (self));

  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, dadam_archive_remove_all_async);
  dadam_archive_push_plain (self, dadam_everything_remove, g_strdup (dadam_archive_get_path (self)),
                            g_free, g_task_new (self, NULL, removed_cb, task));
}

gboolean
dadam_archive_remove_all_finish (DadamArchive *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
