/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What goes into the table is folded here; the table keeps no text of its own.
 */
#include "config.h"

#include "dadam-index.h"

#include "dadam-base-row.h"
#include "dadam-fold.h"

/* In place of what is there. */
gboolean
dadam_index_put (DadamBase *base, gint64 id, const char *text, GError **error)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autofree char *folded = dadam_fold (valid);
  g_autofree char *initials = dadam_fold_initials (folded);

  return dadam_base_run (base, error,
                         "INSERT OR REPLACE INTO search (rowid, text, initials)"
                         " VALUES (?1, ?2, ?3)",
                         "iss", id, folded, initials);
}

gboolean
dadam_index_remove (DadamBase *base, gint64 id, GError **error)
{
  return dadam_base_run (base, error, "DELETE FROM search WHERE rowid = ?1", "i", id);
}

/* Before its messages are. */
gboolean
dadam_index_remove_conversation (DadamBase *base, gint64 id, GError **error)
{
  return dadam_base_run (base, error,
                         "DELETE FROM search WHERE rowid IN"
                         " (SELECT id FROM message WHERE conversation = ?1)",
                         "i", id);
}

gboolean
dadam_index_remove_all (DadamBase *base, GError **error)
{
  return dadam_base_run (base, error, "INSERT INTO search (search) VALUES ('delete-all')", "");
}

/* The messages of @rows, which tell of each its id and its text. */
gboolean
dadam_index_put_rows (DadamBase *base, sqlite3_stmt *rows, GError **error)
{
  g_autoptr (GError) failure = NULL;

  while (failure == NULL && dadam_base_next (base, rows, &failure)) {
    g_autofree char *text = dadam_row_make_text (rows, 1);

    dadam_index_put (base, sqlite3_column_int64 (rows, 0), text, &failure);
  }
  sqlite3_reset (rows);

  return dadam_base_settle (g_steal_pointer (&failure), error);
}

/* All messages at once, into an empty table. */
gboolean
dadam_index_fill (DadamBase *base, GError **error)
{
  sqlite3_stmt *rows = dadam_base_ask (base, error, "SELECT id, text FROM message", "");

  return rows != NULL && dadam_index_put_rows (base, rows, error);
}
