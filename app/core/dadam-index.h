/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The full-text table of all messages that have ended.
 */
#pragma once

#include "dadam-base.h"

G_BEGIN_DECLS

gboolean dadam_index_put (DadamBase *base, gint64 id, const char *text, GError **error);
gboolean dadam_index_remove (DadamBase *base, gint64 id, GError **error);
gboolean dadam_index_remove_conversation (DadamBase *base, gint64 id, GError **error);
gboolean dadam_index_remove_all (DadamBase *base, GError **error);
gboolean dadam_index_put_rows (DadamBase *base, sqlite3_stmt *rows, GError **error);
gboolean dadam_index_fill (DadamBase *base, GError **error);

G_END_DECLS
