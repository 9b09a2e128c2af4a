/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Folders and files that outlast a loss of power, and the words where that fails.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

gboolean dadam_disk_fail (GError **error, const char *path, int code);
gboolean dadam_disk_make_folder (const char *path, GError **error);
gboolean dadam_disk_sync_folder (const char *path);

G_END_DECLS
