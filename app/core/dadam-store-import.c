/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Models that stay where their owner put them: a record of each in the store.
 */
#include "config.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>

#include "dadam-disk.h"
#include "dadam-engine-file.h"
#include "dadam-hub-name.h"
#include "dadam-json.h"
#include "dadam-store-private.h"

#define DEEPEST 4 /* folders that are looked through when one is added */

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

  return dadam_disk_make_folder (folder, error) && dadam_json_save (record, object, error);
}

/* The GGUF files of a folder and of those in it, but of none that is hidden.  What cannot be
 * read is passed over. */
static void
collect_files (const char *folder, guint depth, GCancellable *cancellable, GPtrArray *found)
{
  g_autoptr (GDir) dir = depth < DEEPEST ? g_dir_open (folder, 0, NULL) : NULL;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL
         && !g_cancellable_is_cancelled (cancellable)) {
    g_autofree char *below = g_build_filename (folder, name, NULL);

    if (name[0] == '.')
      continue;
    if (g_file_test (below, G_FILE_TEST_IS_DIR))
      collect_files (below, depth + 1, cancellable, found);
    else if (dadam_is_gguf (name))
      g_ptr_array_add (found, g_steal_pointer (&below));
  }
}

/* (transfer full): the files that are to be added. */
static GPtrArray *
find_files (GStrv paths, GCancellable *cancellable)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; paths[i] != NULL; i++)
    if (g_file_test (paths[i], G_FILE_TEST_IS_DIR))
      collect_files (paths[i], 0, cancellable, found);
    else
      g_ptr_array_add (found, g_strdup (paths[i]));

  return found;
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
  g_autoptr (GPtrArray) files = find_files (import->paths, cancellable);

  for (guint i = 0; i < files->len && !g_cancellable_is_cancelled (cancellable); i++) {
    g_autoptr (GError) problem = NULL;

    if (import_file (import->root, files->pdata[i], &problem)) {
      import->n_added++;
    } else {
      g_clear_error (&import->error);
      import->error = g_steal_pointer (&problem);
    }
  }
  if (files->len == 0)
    g_set_error_literal (&import->error, DADAM_STORE_ERROR, DADAM_STORE_ERROR_NOT_A_MODEL,
                         _ ("There are no GGUF files"));
  import->found = dadam_store_scan (import->root);
  g_task_return_boolean (task, TRUE);
}

/**
 * dadam_store_import_async:
 * @paths: absolute: GGUF files, or folders, of which all GGUF files are meant
 * @cancellable: (nullable): ends it early; what was added until then stays
 *
 * Adds models that stay where they are.  Reads their headers.
 */
void
dadam_store_import_async (DadamStore *self,
                          const char *const *paths,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  Import *import;

  g_return_if_fail (DADAM_IS_STORE (self) && self->lock_fd >= 0);

  import = g_new0 (Import, 1);
  import->root = g_strdup (self->root);
  import->paths = g_strdupv ((GStrv) paths);
  task = g_task_new (self, cancellable, callback, user_data);
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
  dadam_store_take (self, g_steal_pointer (&import->found));
  if (import->error != NULL)
    g_propagate_error (error, g_steal_pointer (&import->error));

  return import->n_added;
}
