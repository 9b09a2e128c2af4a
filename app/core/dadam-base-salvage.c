/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Brings over what can be read of a damaged file.  Of a table some pages may be lost and
 * others not, so it is gone through from both ends and along its index too; then each
 * row is fetched by itself.  A message whose conversation is lost gets one, of the kind
 * that its panes tell, and one whose parent is lost follows the message before.
 */
#include "config.h"

#include "dadam-base-private.h"
#include "dadam-base-row.h"
#include "dadam-index.h"
#include "dadam-summary.h"

typedef struct {
  DadamBase *base;
  sqlite3 *damaged;
  GHashTable *statements; /* of both; by their texts, owned as these */
  gint64 n_messages;
} Salvage;

static void
finalize_statement (gpointer statement)
{
  sqlite3_finalize (statement);
}

/* As far as it goes: what it cannot read is no row. */
static sqlite3 *
open_damaged (const char *path)
{
  sqlite3 *db = NULL;
  int code = sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

  if (code != SQLITE_OK) {
    sqlite3_close (db);
    return NULL;
  }
  sqlite3_db_config (db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config (db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_db_config (db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  sqlite3_exec (db, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL);

  return db;
}

/* (transfer none) (nullable) */
static sqlite3_stmt *
prepare (Salvage *self, sqlite3 *db, const char *sql)
{
  sqlite3_stmt *statement = g_hash_table_lookup (self->statements, sql);

  if (statement == NULL && sqlite3_prepare_v2 (db, sql, -1, &statement, NULL) == SQLITE_OK)
    g_hash_table_insert (self->statements, g_strdup (sql), statement);
  if (statement != NULL)
    sqlite3_reset (statement);

  return statement;
}

/* ---- which rows there are ---------------------------------------------- */

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return x < y ? -1 : x > y;
}

static void
collect (Salvage *self, const char *sql, GHashTable *seen, GArray *ids)
{
  sqlite3_stmt *statement = prepare (self, self->damaged, sql);

  while (statement != NULL && sqlite3_step (statement) == SQLITE_ROW) {
    gint64 id = sqlite3_column_int64 (statement, 0);

    if (g_hash_table_add (seen, g_memdup2 (&id, sizeof id)))
      g_array_append_val (ids, id);
  }
}

/* (transfer full): the ids that the questions tell, ascending. */
static GArray *
collect_all (Salvage *self, const char *const *questions)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (; *questions != NULL; questions++)
    collect (self, *questions, seen, ids);
  g_array_sort (ids, compare_ids);

  return ids;
}

/* ---- rows -------------------------------------------------------------- */

/* (transfer full): the columns of a table that both files have. */
static GPtrArray *
find_columns (Salvage *self, const char *table)
{
  GPtrArray *columns = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *sql = g_strdup_printf ("PRAGMA table_info (%s)", table);
  sqlite3_stmt *statement = prepare (self, self->damaged, sql);

  while (statement != NULL && sqlite3_step (statement) == SQLITE_ROW) {
    const char *name = (const char *) sqlite3_column_text (statement, 1);

    if (name != NULL
        && sqlite3_table_column_metadata (self->base->db, NULL, table, name, NULL, NULL, NULL, NULL,
                                          NULL)
               == SQLITE_OK)
      g_ptr_array_add (columns, g_strdup (name));
  }
  g_ptr_array_add (columns, NULL);

  return columns;
}

/* "?, ?, ?" */
static char *
create_places (guint n)
{
  g_autoptr (GStrvBuilder) places = g_strv_builder_new ();
  g_auto (GStrv) strv = NULL;

  for (guint i = 0; i < n; i++)
    g_strv_builder_add (places, "?");
  strv = g_strv_builder_end (places);

  return g_strjoinv (", ", strv);
}

typedef struct {
  char *select, *insert;
} Copying;

static void
copying_clear (Copying *self)
{
  g_free (self->select);
  g_free (self->insert);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Copying, copying_clear)

/* @key: what a row is fetched by; %NULL: all rows of the table. */
static Copying
create_copying (Salvage *self, const char *table, const char *key)
{
  g_autoptr (GPtrArray) columns = find_columns (self, table);
  g_autofree char *names = g_strjoinv (", ", (char **) columns->pdata);
  g_autofree char *places = create_places (columns->len - 1);
  g_autofree char *where = key != NULL ? g_strdup_printf (" WHERE %s = ?1", key) : g_strdup ("");

  return (Copying) {
    g_strdup_printf ("SELECT %s FROM %s%s", names, table, where),
    g_strdup_printf ("INSERT OR IGNORE INTO %s (%s) VALUES (%s)", table, names, places),
  };
}

static gboolean
copy_row (Salvage *self, const Copying *copying, sqlite3_stmt *row)
{
  sqlite3_stmt *insert = prepare (self, self->base->db, copying->insert);
  gboolean ok;

  if (insert == NULL)
    return FALSE;
  for (int i = 0; i < sqlite3_column_count (row); i++)
    sqlite3_bind_value (insert, i + 1, sqlite3_column_value (row, i));
  ok = sqlite3_step (insert) == SQLITE_DONE && sqlite3_changes (self->base->db) > 0;
  sqlite3_reset (insert);

  return ok;
}

/* How many rows came over of those with @key. */
static guint
copy_rows (Salvage *self, const Copying *copying, gint64 key)
{
  sqlite3_stmt *select = prepare (self, self->damaged, copying->select);
  guint n = 0;

  if (select == NULL)
    return 0;
  sqlite3_bind_int64 (select, 1, key);
  while (sqlite3_step (select) == SQLITE_ROW)
    n += copy_row (self, copying, select);
  sqlite3_reset (select);

  return n;
}

/* ---- tables ------------------------------------------------------------ */

static void
copy_conversations (Salvage *self)
{
  static const char *const questions[] = {
    "SELECT id FROM conversation ORDER BY id",
    "SELECT id FROM conversation ORDER BY id DESC",
    NULL,
  };
  g_autoptr (GArray) ids = collect_all (self, questions);
  g_auto (Copying) conversation = create_copying (self, "conversation", "id");
  g_auto (Copying) pane = create_copying (self, "pane", "conversation");

  for (guint i = 0; i < ids->len; i++) {
    gint64 id = g_array_index (ids, gint64, i);

    copy_rows (self, &conversation, id);
    copy_rows (self, &pane, id);
  }
}

/* Of a conversation that is lost its panes may be there. */
static gboolean
ensure_conversation (Salvage *self,
                     const Copying *pane,
                     gint64 id,
                     const char *title,
                     gint64 changed)
{
  if (!dadam_base_run (self->base, NULL,
                       "INSERT OR IGNORE INTO conversation (id, kind, title, changed)"
                       " VALUES (?1, ?2, ?3, ?4)",
                       "iisi", id, (gint64) DADAM_KIND_CHAT, title, changed))
    return FALSE;
  if (sqlite3_changes (self->base->db) > 0)
    copy_rows (self, pane, id);

  return TRUE;
}

/* For a message to belong to; called after the first words in it. */
static gboolean
ensure_place (Salvage *self, const Copying *pane, gint64 message)
{
  sqlite3_stmt *row = prepare (self, self->damaged,
                               "SELECT conversation, pane, text FROM message WHERE id = ?1");
  gint64 id, number;
  g_autofree char *text = NULL;
  g_autofree char *title = NULL;

  if (row == NULL)
    return FALSE;
  sqlite3_bind_int64 (row, 1, message);
  if (sqlite3_step (row) != SQLITE_ROW)
    return FALSE;
  id = sqlite3_column_int64 (row, 0);
  number = sqlite3_column_int64 (row, 1);
  text = dadam_row_make_text (row, 2);
  title = dadam_summary_make_title (text);
  sqlite3_reset (row);

  return ensure_conversation (self, pane, id, title, message)
         && dadam_base_run (self->base, NULL,
                            "INSERT OR IGNORE INTO pane (conversation, number) VALUES (?1, ?2)",
                            "ii", id, number);
}

static void
copy_messages (Salvage *self)
{
  static const char *const questions[] = {
    "SELECT id FROM message NOT INDEXED ORDER BY id",
    "SELECT id FROM message NOT INDEXED ORDER BY id DESC",
    "SELECT id FROM message INDEXED BY message_of ORDER BY conversation, pane, id",
    "SELECT id FROM message INDEXED BY message_of ORDER BY conversation DESC, pane DESC, id DESC",
    NULL,
  };
  g_autoptr (GArray) ids = collect_all (self, questions);
  g_auto (Copying) copying = create_copying (self, "message", "id");
  g_auto (Copying) pane = create_copying (self, "pane", "conversation");

  for (guint i = 0; i < ids->len; i++) {
    gint64 id = g_array_index (ids, gint64, i);

    if (ensure_place (self, &pane, id))
      self->n_messages += copy_rows (self, &copying, id);
  }
}

/* Those of which both answers came over. */
static void
copy_duels (Salvage *self)
{
  static const char *const questions[] = {
    "SELECT left_answer FROM duel ORDER BY left_answer",
    "SELECT left_answer FROM duel ORDER BY left_answer DESC",
    NULL,
  };
  g_autoptr (GArray) ids = collect_all (self, questions);
  g_auto (Copying) copying = create_copying (self, "duel", "left_answer");

  for (guint i = 0; i < ids->len; i++)
    copy_rows (self, &copying, g_array_index (ids, gint64, i));
}

/* A chat has one pane.  What was not judged yet may be a secret still. */
static gboolean
mend_kinds (Salvage *self, GError **error)
{
  return dadam_base_run (
      self->base, error,
      "UPDATE conversation SET kind = CASE WHEN EXISTS"
      " (SELECT 1 FROM duel JOIN message ON message.id = left_answer"
      "  WHERE message.conversation = conversation.id AND is_blind"
      "  AND verdict IS NULL) THEN ?2 ELSE ?3 END"
      " WHERE kind = ?1 AND EXISTS"
      " (SELECT 1 FROM pane WHERE conversation = conversation.id AND number = 1)",
      "iii", (gint64) DADAM_KIND_CHAT, (gint64) DADAM_KIND_BLIND_COMPARISON,
      (gint64) DADAM_KIND_COMPARISON);
}

/* Nothing can be read of a conversation without all of its own. */
static gboolean
mend_panes (Salvage *self, GError **error)
{
  return dadam_base_run (self->base, error,
                         "INSERT OR IGNORE INTO pane (conversation, number)"
                         " SELECT id, 0 FROM conversation"
                         " UNION ALL SELECT id, 1 FROM conversation WHERE kind <> ?1",
                         "i", (gint64) DADAM_KIND_CHAT);
}

static gboolean
mend_parents (Salvage *self, GError **error)
{
  return dadam_base_run (self->base, error,
                         "UPDATE message SET parent ="
                         " (SELECT max (before.id) FROM message AS before"
                         "  WHERE before.conversation = message.conversation"
                         "  AND before.pane = message.pane AND before.id < message.id)"
                         " WHERE parent IS NOT NULL"
                         " AND NOT EXISTS (SELECT 1 FROM message AS p WHERE p.id = message.parent)",
                         "");
}

static gboolean
bring_over (Salvage *self, GError **error)
{
  g_auto (Copying) state = create_copying (self, "state", NULL);

  copy_conversations (self);
  copy_messages (self);
  copy_duels (self);
  copy_rows (self, &state, 0);

  return mend_kinds (self, error) && mend_panes (self, error) && mend_parents (self, error)
         && dadam_index_fill (self->base, error);
}

/**
 * dadam_base_salvage:
 * @self: an empty one
 * @damaged: the name of a damaged file, which stays as it is
 *
 * Returns: how many messages were brought over, all or none
 */
gint64
dadam_base_salvage (DadamBase *self, const char *damaged)
{
  Salvage salvage = { .base = self, .damaged = open_damaged (damaged) };
  gboolean ok;

  if (salvage.damaged == NULL)
    return 0;
  salvage.statements = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, finalize_statement);
  ok = dadam_base_begin (self, NULL) && bring_over (&salvage, NULL)
       && dadam_base_commit (self, NULL);
  g_hash_table_unref (salvage.statements);
  if (!ok)
    dadam_base_roll_back (self);
  sqlite3_close (salvage.damaged);

  return ok ? salvage.n_messages : 0;
}
