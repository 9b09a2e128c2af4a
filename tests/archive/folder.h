/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The folder that a test of the archive works in.
 */
#pragma once

#include <glib.h>
#include <glib/gstdio.h>

/* With the files in it; there are no folders in it. */
static inline void
folder_remove (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *file = g_build_filename (path, name, NULL);

    g_unlink (file);
  }
  g_rmdir (path);
}
