/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the archive reads: all summaries when it opens, one conversation when that is
 * opened; and removing everything.
 */
#include "config.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>

#include "dadam-archive-private.h"
#include "dadam-base-row.h"
#include "dadam-index.h"

/* So long the trash keeps what is deleted. */
#define TRASH_DAYS 30

/* ---- opening ----------------------------------------------------------- */

DadamOpened *
dadam_opened_new (void)
{
  DadamOpened *self = g_new0 (DadamOpened, 1);

  self->conversations = g_ptr_array_new_with_free_func (g_object_unref);
  self->trash = g_ptr_array_new_with_free_func (g_object_unref);
  self->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  return self;
}

void
dadam_opened_free (gpointer opened)
{
  DadamOpened *self = opened;

  g_ptr_array_unref (self->conversations);
  g_ptr_array_unref (self->trash);
  g_hash_table_unref (self->values);
  g_free (self);
}

static gboolean
empty_old_trash (DadamBase *base, GError **error)
{
  gint64 before = g_get_real_time () - TRASH_DAYS * G_TIME_SPAN_DAY;

  return dadam_base_run (base, error,
                         "DELETE FROM search WHERE rowid IN (SELECT message.id FROM message"
                         " JOIN conversation ON conversation.id = conversation"
                         " WHERE trashed < ?1)",
                         "i", before)
         && dadam_base_run (base, error, "DELETE FROM conversation WHERE trashed < ?1", "i",
                            before);
}

static gboolean
index_answers (DadamBase *base, GError **error)
{
  sqlite3_stmt *rows = dadam_base_ask (base, error,
                                       "SELECT id, text FROM message"
                                       " WHERE stop IS NULL AND role = ?1",
                                       "i", (gint64) DADAM_ROLE_ASSISTANT);

  return rows != NULL && dadam_index_put_rows (base, rows, error);
}

/* Answers that were being made when everything ended. */
static gboolean
end_answers (DadamBase *base, GError **error)
{
  return index_answers (base, error)
         && dadam_base_run (base, error,
                            "UPDATE message SET stop = ?1 WHERE stop IS NULL AND role = ?2", "ii",
                            (gint64) DADAM_STOP_CANCELLED, (gint64) DADAM_ROLE_ASSISTANT);
}

static void
take_summary (DadamOpened *self, sqlite3_stmt *row)
{
  g_autofree char *title = dadam_row_make_text (row, 2);
  DadamSummary *summary = dadam_summary_new (sqlite3_column_int64 (row, 0),
                                             (DadamKind) sqlite3_column_int (row, 1), title,
                                             sqlite3_column_int64 (row, 4));

  dadam_summary_set_is_pinned (summary, sqlite3_column_int (row, 3) != 0);
  dadam_summary_set_trashed (summary, sqlite3_column_int64 (row, 5));
  g_ptr_array_add (dadam_summary_get_trashed (summary) != 0 ? self->trash : self->conversations,
                   summary);
}

static gboolean
read_summaries (DadamBase *base, DadamOpened *self, GError **error)
{
  g_autoptr (GError) failure = NULL;
  sqlite3_stmt *rows = dadam_base_ask (base, &failure,
                                       "SELECT id, kind, title, is_pinned, changed, trashed"
                                       " FROM conversation"
                                       " ORDER BY is_pinned DESC, changed DESC, id DESC",
                                       "");

  while (rows != NULL && dadam_base_next (base, rows, &failure))
    take_summary (self, rows);

  return dadam_base_settle (g_steal_pointer (&failure), error);
}

static gboolean
read_values (DadamBase *base, DadamOpened *self, GError **error)
{
  g_autoptr (GError) failure = NULL;
  sqlite3_stmt *rows = dadam_base_ask (base, &failure, "SELECT name, value FROM state", "");

  while (rows != NULL && dadam_base_next (base, rows, &failure))
    g_hash_table_insert (self->values, g_strdup (dadam_row_get_text (rows, 0)),
                         g_strdup (dadam_row_get_text (rows, 1)));

  return dadam_base_settle (g_steal_pointer (&failure), error);
}

/* A job of the scribe's: the first one, which is done again where it meets damage. */
gboolean
dadam_opened_read (DadamBase *base, gpointer opened, GError **error)
{
  DadamOpened *self = opened;

  g_ptr_array_set_size (self->conversations, 0);
  g_ptr_array_set_size (self->trash, 0);
  g_hash_table_remove_all (self->values);

  return empty_old_trash (base, error) && end_answers (base, error)
         && read_summaries (base, self, error) && read_values (base, self, error)
         && dadam_base_ask_integer (base, &self->last_id, error,
                                    "SELECT max (ifnull ((SELECT max (id) FROM message), 0),"
                                    " ifnull ((SELECT max (id) FROM conversation), 0))",
                                    "");
}

/* ---- one conversation -------------------------------------------------- */

static void
chosen_add (GArray *chosen, gint64 parent, gint64 id)
{
  g_array_append_val (chosen, parent);
  g_array_append_val (chosen, id);
}

DadamStored *
dadam_stored_new (gint64 id, int pane)
{
  DadamStored *self = g_new0 (DadamStored, 1);

  self->id = id;
  self->pane = pane;
  self->messages = g_ptr_array_new_with_free_func (g_object_unref);
  self->chosen = g_array_new (FALSE, FALSE, sizeof (gint64));

  return self;
}

void
dadam_stored_free (gpointer stored)
{
  DadamStored *self = stored;

  g_free (self->draft);
  g_free (self->settings);
  g_free (self->model);
  g_free (self->device);
  g_ptr_array_unref (self->messages);
  g_array_unref (self->chosen);
  g_free (self);
}

static gboolean
read_head (DadamBase *base, DadamStored *self, GError **error)
{
  g_autoptr (GError) failure = NULL;
  sqlite3_stmt *row = dadam_base_ask (base, &failure,
                                      "SELECT draft, settings, model, device, chosen, kind"
                                      " FROM conversation JOIN pane ON conversation = id"
                                      " WHERE id = ?1 AND number = ?2",
                                      "ii", self->id, (gint64) self->pane);

  if (row != NULL && dadam_base_next (base, row, &failure)) {
    self->draft = dadam_row_make_text (row, 0);
    self->settings = g_strdup (dadam_row_get_text (row, 1));
    self->model = g_strdup (dadam_row_get_text (row, 2));
    self->device = g_strdup (dadam_row_get_text (row, 3));
    chosen_add (self->chosen, 0, sqlite3_column_int64 (row, 4));
    self->kind = (DadamKind) sqlite3_column_int (row, 5);
    sqlite3_reset (row);
    return TRUE;
  }
  if (failure != NULL)
    g_propagate_error (error, g_steal_pointer (&failure));
  else
    g_set_error_literal (error, DADAM_ARCHIVE_ERROR, DADAM_ARCHIVE_ERROR_NOT_FOUND,
                         _ ("The conversation is not there any more."));

  return FALSE;
}

static void
take_answer (DadamMessage *message, sqlite3_stmt *row)
{
  g_autoptr (DadamMaker) maker = dadam_row_make_maker (row, 5);
  g_autoptr (GBytes) made = NULL;
  const DadamStats stats = {
    .stop = (DadamStop) sqlite3_column_int (row, 12),
    .reused_tokens = sqlite3_column_int64 (row, 13),
    .prompt_tokens = sqlite3_column_int64 (row, 14),
    .made_tokens = sqlite3_column_int64 (row, 15),
    .prompt_seconds = sqlite3_column_double (row, 16),
    .first_token_seconds = sqlite3_column_double (row, 17),
    .decode_seconds = sqlite3_column_double (row, 18),
    .dropped_messages = (guint) sqlite3_column_int (row, 20),
  };

  if (sqlite3_column_bytes (row, 19) > 0)
    made = g_bytes_new (sqlite3_column_blob (row, 19), (gsize) sqlite3_column_bytes (row, 19));
  dadam_message_set_maker (message, maker);
  dadam_message_set_made (message, made);
  dadam_message_end (message, &stats);
}

static void
take_message (DadamStored *self, sqlite3_stmt *row)
{
  gint64 id = sqlite3_column_int64 (row, 0);
  DadamRole role = (DadamRole) sqlite3_column_int (row, 3);
  g_autofree char *text = dadam_row_make_text (row, 4);
  DadamMessage *message = dadam_message_new (role, text);

  dadam_message_set_place (message, id, sqlite3_column_int64 (row, 1));
  if (role == DADAM_ROLE_ASSISTANT)
    take_answer (message, row);
  g_ptr_array_add (self->messages, message);
  if (sqlite3_column_int64 (row, 2) != 0)
    chosen_add (self->chosen, id, sqlite3_column_int64 (row, 2));
}

/* A job of the scribe's: fills a DadamStored that has an id. */
gboolean
dadam_stored_read (DadamBase *base, gpointer stored, GError **error)
{
  DadamStored *self = stored;
  g_autoptr (GError) failure = NULL;
  sqlite3_stmt *rows;

  if (!read_head (base, self, error))
    return FALSE;

  rows = dadam_base_ask (base, &failure,
                         "SELECT id, parent, chosen, role, text, model_title, model_path,"
                         "  model_sha256, device, format, settings, seed, stop, reused_tokens,"
                         "  prompt_tokens, made_tokens, prompt_seconds, first_token_seconds,"
                         "  decode_seconds, made, dropped_messages"
                         " FROM message WHERE conversation = ?1 AND pane = ?2 ORDER BY id",
                         "ii", self->id, (gint64) self->pane);
  while (rows != NULL && dadam_base_next (base, rows, &failure))
    take_message (self, rows);

  return dadam_base_settle (g_steal_pointer (&failure), error);
}

/* Into a tree, with what is shown of it; a message whose parent is missing is left out. */
void
dadam_stored_plant (DadamStored *self, DadamTree *tree)
{
  const gint64 *chosen = (const gint64 *) self->chosen->data;

  for (guint i = 0; i < self->messages->len; i++) {
    DadamMessage *message = self->messages->pdata[i];
    gint64 parent = dadam_message_get_parent (message);

    if (parent == 0 || dadam_tree_get (tree, parent) != NULL)
      dadam_tree_add (tree, message);
  }
  for (guint i = 0; i < self->chosen->len; i += 2)
    dadam_tree_choose (tree, chosen[i], chosen[i + 1]);
}

/* ---- everything -------------------------------------------------------- */

static void
remove_copies (const char *path)
{
  for (int version = 1; version < DADAM_BASE_VERSION; version++) {
    g_autofree char *copy = g_strdup_printf ("%s.v%d", path, version);

    g_unlink (copy);
  }
}

/* A job of the scribe's, outside a transaction: nothing of it stays in the file at @path. */
gboolean
dadam_everything_remove (DadamBase *base, gpointer path, GError **error)
{
  remove_copies (path);

  return dadam_base_run (base, error, "PRAGMA secure_delete = ON", "")
         && dadam_index_remove_all (base, error)
         && dadam_base_run (base, error, "DELETE FROM conversation", "")
         && dadam_base_run (base, error, "DELETE FROM state", "")
         && dadam_base_run (base, error, "VACUUM", "")
         && dadam_base_run (base, error, "PRAGMA wal_checkpoint (TRUNCATE)", "");
}
