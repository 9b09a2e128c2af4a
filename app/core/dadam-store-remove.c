/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Removing, which can be undone for a while: the files get another ending, and go when
 * that while is over.
 */
#include "config.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "dadam-store-private.h"

#define DEEPEST 8

static gboolean
move (const char *from, const char *to, GError **error)
{
  if (from == NULL || g_rename (from, to) == 0 || errno == ENOENT)
    return TRUE;
  g_set_error (error, G_IO_ERROR, (int) g_io_error_from_errno (errno), "%s: %s", from,
               g_strerror (errno));

  return FALSE;
}

/* (transfer full) (nullable) */
static char *
removed (const char *path)
{
  return path != NULL ? g_strconcat (path, DADAM_REMOVED, NULL) : NULL;
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
  g_autofree char *file = removed (installed->path);
  g_autofree char *record = removed (installed->facts_path);

  g_return_val_if_fail (DADAM_IS_STORE (self) && self->lock_fd >= 0, FALSE);
  g_return_val_if_fail (DADAM_IS_INSTALLED (installed), FALSE);

  if (installed->origin == DADAM_ORIGIN_SHARED) {
    g_set_error (error, DADAM_STORE_ERROR, DADAM_STORE_ERROR_NOT_OURS,
                 _ ("%s belongs to the cache that other programs use too. Remove it there."),
                 installed->path);
    return FALSE;
  }
  if (!move (installed->facts_path, record, error))
    return FALSE;
  if (installed->origin == DADAM_ORIGIN_STORE && !move (installed->path, file, error)) {
    move (record, installed->facts_path, NULL);
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
  g_autofree char *record = removed (installed->facts_path);

  g_return_val_if_fail (DADAM_IS_STORE (self) && self->lock_fd >= 0, FALSE);

  if (installed->origin == DADAM_ORIGIN_STORE && !move (file, installed->path, error))
    return FALSE;
  if (!move (record, installed->facts_path, error))
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
    if (S_ISDIR (info.st_mode) && depth < DEEPEST) {
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
  g_autofree char *record = removed (installed->facts_path);

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
