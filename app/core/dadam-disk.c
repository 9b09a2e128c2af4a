/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A new name is durable when its folder is.
 */
#include "config.h"

#include "dadam-disk.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "dadam-store-error.h"

/**
 * dadam_disk_fail:
 * @code: errno of what failed
 *
 * Sets @error, in words of its own where the disk is full.
 *
 * Returns: %FALSE
 */
gboolean
dadam_disk_fail (GError **error, const char *path, int code)
{
  g_autofree char *name = g_filename_display_basename (path);

  if (code == ENOSPC || code == EDQUOT)
    g_set_error_literal (error, DADAM_STORE_ERROR, DADAM_STORE_ERROR_NO_SPACE,
                         _ ("The disk is full. Make room, then continue."));
  else
    g_set_error (error, G_IO_ERROR, (int) g_io_error_from_errno (code), "%s: %s", name,
                 g_strerror (code));

  return FALSE;
}

/* Makes the names in a folder durable. */
gboolean
dadam_disk_sync_folder (const char *path)
{
  int fd = g_open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  gboolean ok = fd >= 0 && fsync (fd) == 0;

  if (fd >= 0)
    close (fd);

  return ok;
}

/**
 * dadam_disk_make_folder:
 *
 * Makes a folder and those above it, and sees to it that they stay.
 */
gboolean
dadam_disk_make_folder (const char *path, GError **error)
{
  g_autofree char *above = g_path_get_dirname (path);

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    return TRUE;
  if (!g_str_equal (above, path) && !dadam_disk_make_folder (above, error))
    return FALSE;
  if (g_mkdir (path, 0755) != 0 && errno != EEXIST)
    return dadam_disk_fail (error, path, errno);
  dadam_disk_sync_folder (above);

  return TRUE;
}

/* Bytes that the file system has left for us; -1: unknown. */
gint64
dadam_disk_get_free (const char *folder)
{
  struct statvfs info;

  if (statvfs (folder, &info) != 0)
    return -1;

  return (gint64) info.f_bavail * (gint64) info.f_frsize;
}

/**
 * dadam_disk_has_room:
 * @folder: there already
 * @needed: bytes that are not taken yet
 *
 * Whether so much can be written and DADAM_DISK_KEEP_FREE stays for others.
 */
gboolean
dadam_disk_has_room (const char *folder, gint64 needed, GError **error)
{
  gint64 left = dadam_disk_get_free (folder);
  g_autofree char *wants = NULL;
  g_autofree char *has = NULL;

  needed += DADAM_DISK_KEEP_FREE;
  if (left < 0 || left >= needed)
    return TRUE;
  wants = g_format_size ((guint64) needed);
  has = g_format_size ((guint64) left);
  g_set_error (error, DADAM_STORE_ERROR, DADAM_STORE_ERROR_NO_SPACE,
               _ ("There is not enough room on the disk: %s are needed, %s are free."), wants, has);

  return FALSE;
}
