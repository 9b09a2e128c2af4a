/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading a model again to see whether it is what it was to be.
 */
#include "config.h"

#include <glib/gi18n.h>

#include "dadam-engine-file.h"
#include "dadam-hash.h"
#include "dadam-json.h"
#include "dadam-store-private.h"

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
