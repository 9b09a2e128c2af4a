/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A VFS of SQLite that knows what a loss of power would leave: what was synced, and of
 * what was written since any part, by chance, in pieces of a sector.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Called before each write, sync or removal, with how many there were. */
typedef void (*PowerFunc) (guint64 n, gpointer user_data);

void power_vfs_register (PowerFunc before, gpointer user_data);
void power_vfs_leave (const char *folder, GRand *random);

G_END_DECLS
