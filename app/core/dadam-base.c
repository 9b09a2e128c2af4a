/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Statements: prepared once, bound by a string of types, their failures worded.
 * Opening and schemas are in dadam-base-open.c and dadam-base-schema.c.
 */
#include "config.h"

#include "dadam-base-private.h"

#include <glib/gi18n.h>
#include <stdarg.h>

G_DEFINE_QUARK (dadam - archive - error - quark, dadam_archive_error)

/* ---- errors ------------------------------------------------------------ */

static const struct {
  int code;
  DadamArchiveError to;
  const char *text;
} texts[] = {
  { SQLITE_BUSY, DADAM_ARCHIVE_ERROR_HELD,
    N_ ("Another window of Dadam, or another program, has the conversations open. Close it and "
        "start Dadam again.") },
  { SQLITE_FULL, DADAM_ARCHIVE_ERROR_NO_SPACE,
    N_ ("The disk is full, so nothing more can be saved. Make room, then try again.") },
  { SQLITE_CORRUPT, DADAM_ARCHIVE_ERROR_DAMAGED,
    N_ ("The file with the conversations is damaged.") },
  { SQLITE_NOTADB, DADAM_ARCHIVE_ERROR_DAMAGED,
    N_ ("The file with the conversations is damaged.") },
  { SQLITE_CANTOPEN, DADAM_ARCHIVE_ERROR_NO_ACCESS,
    N_ ("The file with the conversations cannot be opened. Check the permissions of its folder.") },
  { SQLITE_PERM, DADAM_ARCHIVE_ERROR_NO_ACCESS,
    N_ ("The file with the conversations cannot be opened. Check the permissions of its folder.") },
  { SQLITE_READONLY, DADAM_ARCHIVE_ERROR_NO_ACCESS,
    N_ ("The file with the conversations cannot be changed. Check its permissions.") },
};

/**
 * dadam_base_fail_with:
 * @code: SQLite's
 * @detail: SQLite's own line, for those who look for the cause
 *
 * Words a failure.
 *
 * Returns: %FALSE, to be returned
 */
gboolean
dadam_base_fail_with (int code, const char *detail, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (texts[i].code == (code & 0xff)) {
      g_set_error_literal (error, DADAM_ARCHIVE_ERROR, (int) texts[i].to, _ (texts[i].text));
      return FALSE;
    }
  g_set_error (error, DADAM_ARCHIVE_ERROR, DADAM_ARCHIVE_ERROR_FAILED,
               _ ("The conversations could not be read or saved: %s"), detail);

  return FALSE;
}

/* What SQLite says of its last call. */
gboolean
dadam_base_fail (DadamBase *self, GError **error)
{
  return dadam_base_fail_with (sqlite3_extended_errcode (self->db), sqlite3_errmsg (self->db),
                               error);
}

/* ---- life -------------------------------------------------------------- */

static void
finalize_statement (gpointer statement)
{
  sqlite3_finalize (statement);
}

/* Takes the handle. */
DadamBase *
dadam_base_wrap (sqlite3 *db)
{
  DadamBase *self = g_new0 (DadamBase, 1);

  self->db = db;
  self->statements = g_hash_table_new_full (NULL, NULL, NULL, finalize_statement);

  return self;
}

/* @self: (nullable) (transfer full).  Its statements are gone with it. */
void
dadam_base_close (DadamBase *self)
{
  if (self == NULL)
    return;

  g_hash_table_unref (self->statements);
  sqlite3_close (self->db);
  g_free (self);
}

sqlite3 *
dadam_base_get_db (DadamBase *self)
{
  return self->db;
}

/* ---- statements -------------------------------------------------------- */

static sqlite3_stmt *
prepare (DadamBase *self, const char *sql, GError **error)
{
  sqlite3_stmt *statement = g_hash_table_lookup (self->statements, sql);

  if (statement != NULL)
    return statement;
  if (sqlite3_prepare_v3 (self->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL)
      != SQLITE_OK) {
    dadam_base_fail (self, error);
    return NULL;
  }
  g_hash_table_insert (self->statements, (gpointer) sql, statement);

  return statement;
}

static void
bind_bytes (sqlite3_stmt *statement, int i, GBytes *bytes)
{
  gsize size = 0;
  const void *data = bytes != NULL ? g_bytes_get_data (bytes, &size) : NULL;

  if (data != NULL)
    sqlite3_bind_blob64 (statement, i, data, size, SQLITE_TRANSIENT);
  else
    sqlite3_bind_null (statement, i);
}

/* One argument for each letter: i a gint64, d a double, s a string, b GBytes; the last two may be
 * %NULL. */
static void
bind (sqlite3_stmt *statement, const char *types, va_list arguments)
{
  for (int i = 1; *types != '\0'; i++, types++)
    switch (*types) {
    case 'i': sqlite3_bind_int64 (statement, i, va_arg (arguments, gint64)); break;
    case 'd': sqlite3_bind_double (statement, i, va_arg (arguments, double)); break;
    case 's':
      sqlite3_bind_text (statement, i, va_arg (arguments, const char *), -1, SQLITE_TRANSIENT);
      break;
    case 'b': bind_bytes (statement, i, va_arg (arguments, GBytes *)); break;
    default: g_assert_not_reached ();
    }
}

static sqlite3_stmt *
ask_valist (DadamBase *self, GError **error, const char *sql, const char *types, va_list arguments)
{
  sqlite3_stmt *statement = prepare (self, sql, error);

  if (statement == NULL)
    return NULL;
  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
  bind (statement, types, arguments);

  return statement;
}

/**
 * dadam_base_ask:
 * @sql: a constant
 * @types: a letter for each of its parameters: i a #gint64, d a double, s a string,
 *   b #GBytes; the last two may be %NULL
 *
 * Starts a question, whose rows dadam_base_next() brings.
 *
 * Returns: (transfer none) (nullable): the statement, until the same is asked again
 */
sqlite3_stmt *
dadam_base_ask (DadamBase *self, GError **error, const char *sql, const char *types, ...)
{
  sqlite3_stmt *statement;
  va_list arguments;

  va_start (arguments, types);
  statement = ask_valist (self, error, sql, types, arguments);
  va_end (arguments);

  return statement;
}

/* Whether there is another row.  A failure sets @error and is no row. */
gboolean
dadam_base_next (DadamBase *self, sqlite3_stmt *statement, GError **error)
{
  int code = sqlite3_step (statement);

  if (code == SQLITE_ROW)
    return TRUE;
  if (code != SQLITE_DONE)
    dadam_base_fail (self, error);
  sqlite3_reset (statement);

  return FALSE;
}

/* @failure: (transfer full) (nullable): what came up on the way.  Whether nothing did; else it is
 * handed on. */
gboolean
dadam_base_settle (GError *failure, GError **error)
{
  if (failure == NULL)
    return TRUE;
  g_propagate_error (error, failure);

  return FALSE;
}

static gboolean
finish (DadamBase *self, sqlite3_stmt *statement, GError **error)
{
  int code;

  while ((code = sqlite3_step (statement)) == SQLITE_ROW)
    ;
  if (code != SQLITE_DONE)
    dadam_base_fail (self, error);
  sqlite3_reset (statement);

  return code == SQLITE_DONE;
}

/* As dadam_base_ask(), for what has no rows to be looked at. */
gboolean
dadam_base_run (DadamBase *self, GError **error, const char *sql, const char *types, ...)
{
  sqlite3_stmt *statement;
  va_list arguments;

  va_start (arguments, types);
  statement = ask_valist (self, error, sql, types, arguments);
  va_end (arguments);

  return statement != NULL && finish (self, statement, error);
}

/* The first column of the first row; 0 where there is none. */
gboolean
dadam_base_ask_integer (DadamBase *self,
                        gint64 *result,
                        GError **error,
                        const char *sql,
                        const char *types,
                        ...)
{
  sqlite3_stmt *statement;
  va_list arguments;

  va_start (arguments, types);
  statement = ask_valist (self, error, sql, types, arguments);
  va_end (arguments);
  if (statement == NULL)
    return FALSE;

  *result = 0;
  if (sqlite3_step (statement) == SQLITE_ROW)
    *result = sqlite3_column_int64 (statement, 0);

  return finish (self, statement, error);
}

/* Several statements without parameters. */
gboolean
dadam_base_execute (DadamBase *self, const char *sql, GError **error)
{
  return sqlite3_exec (self->db, sql, NULL, NULL, NULL) == SQLITE_OK
         || dadam_base_fail (self, error);
}

/* ---- transactions ------------------------------------------------------ */

/* Takes the right to write at once, and waits for it where another program has it. */
gboolean
dadam_base_begin (DadamBase *self, GError **error)
{
  return dadam_base_run (self, error, "BEGIN IMMEDIATE", "");
}

/* Once it returns, what was done is on the disk. */
gboolean
dadam_base_commit (DadamBase *self, GError **error)
{
  return dadam_base_run (self, error, "COMMIT", "");
}

/* Harmless where SQLite has done so by itself. */
void
dadam_base_roll_back (DadamBase *self)
{
  if (!sqlite3_get_autocommit (self->db))
    dadam_base_run (self, NULL, "ROLLBACK", "");
}
