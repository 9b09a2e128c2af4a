/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Searching titles, which are few and looked at one by one, and messages, by the
 * full-text table; the newest first, and no more than a person reads.
 */
#include "config.h"

#include "dadam-archive-private.h"
#include "dadam-base-row.h"
#include "dadam-fold.h"
#include "dadam-hit.h"

/* So many SQLite steps pass between two looks at whether the search is still wanted. */
#define STEPS 5000

typedef struct {
  DadamQuery *query;
  GPtrArray *hits; /* of DadamHit */
  guint most;
  GCancellable *cancellable; /* owned; may be %NULL */
} Search;

static void
search_free (gpointer data)
{
  Search *search = data;

  dadam_query_free (search->query);
  g_ptr_array_unref (search->hits);
  g_clear_object (&search->cancellable);
  g_free (search);
}

static void
add_hit (Search *search, gint64 conversation, gint64 message, const char *title, const char *text)
{
  gsize from, to;

  if (dadam_query_find (search->query, text, 0, &from, &to))
    g_ptr_array_add (search->hits, dadam_hit_new (conversation, message, title, text, from, to));
}

/* Nothing is found in what is no text. */
static const char *
text_of (sqlite3_stmt *row, int column)
{
  const char *text = dadam_row_get_text (row, column);

  return text != NULL && g_utf8_validate (text, -1, NULL) ? text : "";
}

static gboolean
search_titles (DadamBase *base, Search *search, GError **error)
{
  sqlite3_stmt *rows = dadam_base_ask (base, error,
                                       "SELECT id, title FROM conversation WHERE trashed IS NULL"
                                       " ORDER BY is_pinned DESC, changed DESC, id DESC",
                                       "");

  if (rows == NULL)
    return FALSE;
  while (search->hits->len < search->most && dadam_base_next (base, rows, error))
    if (dadam_query_matches (search->query, text_of (rows, 1)))
      add_hit (search, sqlite3_column_int64 (rows, 0), 0, text_of (rows, 1), text_of (rows, 1));
  sqlite3_reset (rows);

  return TRUE;
}

static gboolean
search_messages (DadamBase *base, Search *search, GError **error)
{
  g_autofree char *match = dadam_query_to_match (search->query);
  guint most = search->hits->len + search->most;
  sqlite3_stmt *rows =
      dadam_base_ask (base, error,
                      "SELECT message.id, conversation.id, title, message.text"
                      " FROM search"
                      " CROSS JOIN message ON message.id = search.rowid"
                      " CROSS JOIN conversation"
                      "   ON conversation.id = message.conversation"
                      " WHERE search MATCH ?1 AND trashed IS NULL"
                      /* What was asked of two panes is found once. */
                      "  AND (message.pane = 0 OR message.role = ?3)"
                      /* Which one of two secret answers is quicker, is secret. */
                      "  AND (kind <> ?2 OR NOT EXISTS (SELECT 1 FROM message other"
                      "   WHERE other.conversation = conversation.id"
                      "   AND other.role = ?3 AND other.stop IS NULL))"
                      " ORDER BY search.rowid DESC",
                      "sii", match, (gint64) DADAM_KIND_BLIND_COMPARISON,
                      (gint64) DADAM_ROLE_ASSISTANT);

  if (rows == NULL)
    return FALSE;
  while (search->hits->len < most && dadam_base_next (base, rows, error))
    add_hit (search, sqlite3_column_int64 (rows, 1), sqlite3_column_int64 (rows, 0),
             text_of (rows, 2), text_of (rows, 3));
  sqlite3_reset (rows);

  return TRUE;
}

static int
progress_cb (void *data)
{
  return g_cancellable_is_cancelled (((Search *) data)->cancellable);
}

/* A job of the scribe's. */
static gboolean
run_search (DadamBase *base, gpointer data, GError **error)
{
  Search *search = data;
  g_autoptr (GError) failure = NULL;

  if (g_cancellable_set_error_if_cancelled (search->cancellable, error))
    return FALSE;
  sqlite3_progress_handler (dadam_base_get_db (base), STEPS, progress_cb, search);
  if (search_titles (base, search, &failure) && failure == NULL)
    search_messages (base, search, &failure);
  sqlite3_progress_handler (dadam_base_get_db (base), 0, NULL, NULL);

  if (g_cancellable_set_error_if_cancelled (search->cancellable, error))
    return FALSE;

  return dadam_base_settle (g_steal_pointer (&failure), error);
}

/**
 * dadam_archive_search_async:
 * @text: what to look for: words that must all be there
 * @most: so many titles at most, and so many messages
 *
 * Finds titles, then messages, the newest first; those in the trash are not found.
 */
void
dadam_archive_search_async (DadamArchive *self,
                            const char *text,
                            guint most,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  GTask *task;
  Search *search;

  g_return_if_fail (DADAM_IS_ARCHIVE (self));

  task = g_task_new (self, cancellable, callback, user_data);
  search = g_new0 (Search, 1);
  search->query = dadam_query_new (text);
  search->hits = g_ptr_array_new_with_free_func (g_object_unref);
  search->most = dadam_query_is_empty (search->query) ? 0 : most;
  g_set_object (&search->cancellable, cancellable);
  g_task_set_source_tag (task, dadam_archive_search_async);
  dadam_archive_push_plain (self, run_search, search, search_free, task);
}

/* (transfer full): a list of DadamHit. */
GListModel *
dadam_archive_search_finish (DadamArchive *self, GAsyncResult *result, GError **error)
{
  Search *search = g_task_propagate_pointer (G_TASK (result), error);
  GListStore *hits;

  if (search == NULL)
    return NULL;
  hits = g_list_store_new (DADAM_TYPE_HIT);
  g_list_store_splice (hits, 0, 0, search->hits->pdata, search->hits->len);
  search_free (search);

  return G_LIST_MODEL (hits);
}
