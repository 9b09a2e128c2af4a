/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The store writes a digest beside each file; the cache that programs of the Hub share
 * names its files by it.  Others are read once, and remembered in the cache folder by
 * path, size and time of change.
 */
#include "config.h"

#include "dadam-digest.h"

#include <glib/gstdio.h>
#include <string.h>

#include "dadam-hash.h"
#include "dadam-json.h"

#define LONGEST_FACTS (64 * 1024)
#define DIGITS 64

static gboolean
is_digest (const char *text)
{
  return text != NULL && strlen (text) == DIGITS && strspn (text, "0123456789abcdef") == DIGITS;
}

static char *
written_beside (const char *path)
{
  g_autofree char *facts = g_strconcat (path, ".json", NULL);
  g_autoptr (JsonObject) object = dadam_json_load (facts, LONGEST_FACTS, NULL);
  const char *digest = object != NULL ? dadam_json_string (object, "sha256") : NULL;

  return is_digest (digest) ? g_strdup (digest) : NULL;
}

static char *
named_by (const char *path)
{
  g_autofree char *target = g_file_read_link (path, NULL);
  g_autofree char *name = target != NULL ? g_path_get_basename (target) : NULL;

  return is_digest (name) ? g_steal_pointer (&name) : NULL;
}

/* ---- what was worked out before ---------------------------------------- */

static char *
get_memory (void)
{
  return g_build_filename (g_get_user_cache_dir (), "dadam", "digests.ini", NULL);
}

/* Of the file as it is now. */
static char *
get_key (const char *path)
{
  GStatBuf info;

  if (g_stat (path, &info) != 0)
    return NULL;

  return g_strdup_printf ("%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT ".%09ld", (gint64) info.st_size,
                          (gint64) info.st_mtim.tv_sec, (long) info.st_mtim.tv_nsec);
}

static char *
remembered (GKeyFile *memory, const char *path, const char *key)
{
  g_autofree char *digest = g_key_file_get_string (memory, path, key, NULL);

  return is_digest (digest) ? g_steal_pointer (&digest) : NULL;
}

static void
remember (GKeyFile *memory, const char *file, const char *path, const char *key, const char *digest)
{
  g_autofree char *folder = g_path_get_dirname (file);

  g_key_file_remove_group (memory, path, NULL);
  g_key_file_set_string (memory, path, key, digest);
  g_mkdir_with_parents (folder, 0700);
  if (!g_key_file_save_to_file (memory, file, NULL))
    g_debug ("%s could not be written", file);
}

/* A path that cannot be the name of a group is not remembered. */
static char *
work_out (const char *path, GCancellable *cancellable, GError **error)
{
  g_autofree char *file = get_memory ();
  g_autofree char *key = get_key (path);
  g_autoptr (GKeyFile) memory = g_key_file_new ();
  gboolean is_name = strpbrk (path, "[]\n") == NULL;
  char *digest = NULL;

  g_key_file_load_from_file (memory, file, G_KEY_FILE_NONE, NULL);
  if (key != NULL && is_name)
    digest = remembered (memory, path, key);
  if (digest != NULL)
    return digest;
  digest = dadam_hash_file (path, NULL, NULL, NULL, cancellable, error);
  if (digest != NULL && key != NULL && is_name)
    remember (memory, file, path, key, digest);

  return digest;
}

static void
digest_thread (GTask *task, gpointer source_object, gpointer task_data, GCancellable *cancellable)
{
  const char *path = task_data;
  char *digest = written_beside (path);
  GError *error = NULL;

  if (digest == NULL)
    digest = named_by (path);
  if (digest == NULL)
    digest = work_out (path, cancellable, &error);
  if (digest != NULL)
    g_task_return_pointer (task, digest, g_free);
  else
    g_task_return_error (task, error);
}

/* @path: of a model's file. */
void
dadam_digest_async (const char *path,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, dadam_digest_async);
  g_task_set_priority (task, G_PRIORITY_LOW);
  g_task_set_task_data (task, g_strdup (path), g_free);
  g_task_run_in_thread (task, digest_thread);
}

/* (transfer full): 64 digits. */
char *
dadam_digest_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
