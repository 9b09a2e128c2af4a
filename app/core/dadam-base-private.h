/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of the base share.
 */
#pragma once

#include "dadam-base.h"

G_BEGIN_DECLS

struct _DadamBase {
  sqlite3 *db;
  GHashTable *statements; /* their texts, which are constants, to sqlite3_stmt; owned */
};

DadamBase *dadam_base_wrap (sqlite3 *db);
gboolean dadam_base_fail_with (int code, const char *detail, GError **error);
gboolean dadam_base_execute (DadamBase *self, const char *sql, GError **error);
gboolean dadam_base_sync_folder (const char *path, GError **error);
gint64 dadam_base_salvage (DadamBase *self, const char *damaged);

G_END_DECLS
