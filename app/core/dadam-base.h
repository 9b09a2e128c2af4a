/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The file that conversations are kept in: opened, brought to the newest schema, and
 * asked in SQL.  Owned by one thread; only files named dadam-base* and
 * dadam-archive* know it.
 */
#pragma once

#include <gio/gio.h>
#include <sqlite3.h>

#include "dadam-archive-error.h"

G_BEGIN_DECLS

#define DADAM_BASE_VERSION 5

typedef struct _DadamBase DadamBase;

/* What became of a file that was damaged. */
typedef struct {
  char *name;        /* the one it has now, owned; %NULL: there was none */
  gint64 n_messages; /* those that could be read, and are in the new file */
} DadamDamage;

DadamBase *dadam_base_open (const char *path, DadamDamage *damage, GError **error);
DadamBase *dadam_base_open_at (const char *path, int version, DadamDamage *damage, GError **error);
DadamBase *dadam_base_replace (const char *path, int version, DadamDamage *damage, GError **error);
void dadam_base_close (DadamBase *self);
gboolean dadam_base_back_up (DadamBase *self, const char *path, GError **error);
gboolean dadam_base_migrate (DadamBase *self, int from, int to, GError **error);

gboolean dadam_base_begin (DadamBase *self, GError **error);
gboolean dadam_base_commit (DadamBase *self, GError **error);
void dadam_base_roll_back (DadamBase *self);

gboolean dadam_base_run (DadamBase *self, GError **error, const char *sql, const char *types, ...);
sqlite3_stmt *dadam_base_ask (DadamBase *self,
                              GError **error,
                              const char *sql,
                              const char *types,
                              ...);
gboolean dadam_base_next (DadamBase *self, sqlite3_stmt *statement, GError **error);
gboolean dadam_base_ask_integer (DadamBase *self,
                                 gint64 *result,
                                 GError **error,
                                 const char *sql,
                                 const char *types,
                                 ...);
sqlite3 *dadam_base_get_db (DadamBase *self);
gboolean dadam_base_fail (DadamBase *self, GError **error);
gboolean dadam_base_settle (GError *failure, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamBase, dadam_base_close)

G_END_DECLS
