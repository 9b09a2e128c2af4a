/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Folders and files that outlast a loss of power, the room there is for them, and the
 * words where there is none.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define DADAM_DISK_KEEP_FREE ((gint64) 64 << 20) /* what is left to others */

gboolean dadam_disk_fail (GError **error, const char *path, int code);
gboolean dadam_disk_make_folder (const char *path, GError **error);
gboolean dadam_disk_sync_folder (const char *path);
gint64 dadam_disk_get_free (const char *folder);
gboolean dadam_disk_has_room (const char *folder, gint64 needed, GError **error);

G_END_DECLS
