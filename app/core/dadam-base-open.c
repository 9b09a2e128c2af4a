/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opening the file: one program at a time; a newer schema is refused untouched, an
 * older one copied before it is changed, a damaged file replaced.  And copies.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "dadam-base-private.h"
#include "dadam-tokenizer.h"

/* So long may another program be at the end of its work. */
#define PATIENCE_MS 1000

static gboolean
fail_file (const char *path, GError **error)
{
  int saved = errno;

  g_set_error (error, DADAM_ARCHIVE_ERROR,
               saved == ENOSPC ? DADAM_ARCHIVE_ERROR_NO_SPACE : DADAM_ARCHIVE_ERROR_NO_ACCESS,
               "%s: %s", path, g_strerror (saved));

  return FALSE;
}

/* Names in the folder of @path are on the disk once it returns. */
gboolean
dadam_base_sync_folder (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int fd = g_open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean ok = fd >= 0 && fsync (fd) == 0;

  if (!ok)
    fail_file (folder, error);
  if (fd >= 0)
    close (fd);

  return ok;
}

/* ---- copies ------------------------------------------------------------ */

static gboolean
copy_pages (DadamBase *self, const char *path, GError **error)
{
  sqlite3 *copy = NULL;
  sqlite3_backup *backup;
  int code = sqlite3_open_v2 (path, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

  if (code == SQLITE_OK) {
    backup = sqlite3_backup_init (copy, "main", self->db, "main");
    if (backup != NULL)
      sqlite3_backup_step (backup, -1);
    code = sqlite3_backup_finish (backup);
    code = backup != NULL ? code : sqlite3_errcode (copy);
  }
  if (code != SQLITE_OK)
    dadam_base_fail_with (code, sqlite3_errstr (code), error);
  sqlite3_close (copy);

  return code == SQLITE_OK;
}

/**
 * dadam_base_back_up:
 * @path: where the copy goes; replaced whole or not at all
 *
 * Copies everything into one file, which is on the disk once it returns.
 */
gboolean
dadam_base_back_up (DadamBase *self, const char *path, GError **error)
{
  g_autofree char *part = g_strconcat (path, ".part", NULL);

  g_unlink (part);
  if (!copy_pages (self, part, error)) {
    g_unlink (part);
    return FALSE;
  }
  if (g_rename (part, path) != 0)
    return fail_file (path, error);

  return dadam_base_sync_folder (path, error);
}

/* ---- damage ------------------------------------------------------------ */

static void
rename_with (const char *path, const char *to, const char *suffix)
{
  g_autofree char *from = g_strconcat (path, suffix, NULL);
  g_autofree char *target = g_strconcat (to, suffix, NULL);

  g_rename (from, target);
}

/* (transfer full) (nullable): the new name of a file that nobody may have open. */
static char *
set_aside (const char *path, GError **error)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *stamp = g_date_time_format (now, "%Y%m%d-%H%M%S");
  g_autofree char *to = g_strdup_printf ("%s.damaged-%s", path, stamp);

  rename_with (path, to, "-wal");
  if (g_rename (path, to) != 0) {
    fail_file (path, error);
    return NULL;
  }
  if (!dadam_base_sync_folder (path, error))
    return NULL;

  return g_steal_pointer (&to);
}

/* ---- opening ----------------------------------------------------------- */

static DadamBase *
open_file (const char *path, GError **error)
{
  sqlite3 *db = NULL;
  int code = sqlite3_open_v2 (path, &db,
                              SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                              NULL);
  g_autoptr (DadamBase) self = dadam_base_wrap (db);

  if (code != SQLITE_OK) {
    dadam_base_fail_with (code, sqlite3_errstr (code), error);
    return NULL;
  }
  sqlite3_extended_result_codes (db, 1);
  sqlite3_busy_timeout (db, PATIENCE_MS);
  sqlite3_db_config (db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config (db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  /* Until we know that the file is ours to change. */
  sqlite3_db_config (db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  if (!dadam_tokenizer_register (db)) {
    g_set_error_literal (error, DADAM_ARCHIVE_ERROR, DADAM_ARCHIVE_ERROR_FAILED,
                         _ ("The SQLite library of this system cannot search texts (FTS5)."));
    return NULL;
  }
  if (!dadam_base_execute (self, "PRAGMA locking_mode = EXCLUSIVE", error))
    return NULL;

  return g_steal_pointer (&self);
}

static gboolean
check_version (DadamBase *self, int wanted, gint64 *version, GError **error)
{
  if (!dadam_base_ask_integer (self, version, error, "PRAGMA user_version", ""))
    return FALSE;
  if (*version > wanted || *version < 0) {
    g_set_error_literal (error, DADAM_ARCHIVE_ERROR, DADAM_ARCHIVE_ERROR_NEWER,
                         _ ("The conversations were written by a newer version of Dadam, and this "
                            "one leaves them alone. Update Dadam to see them."));
    return FALSE;
  }

  return TRUE;
}

/* Every commit is synced: a message counts as sent, and a piece of an answer as saved, only then. */
static gboolean
set_up (DadamBase *self, GError **error)
{
  sqlite3_db_config (self->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);

  return dadam_base_execute (self,
                             "PRAGMA journal_mode = WAL;"
                             "PRAGMA synchronous = FULL;"
                             "PRAGMA foreign_keys = ON;"
                             "PRAGMA temp_store = MEMORY;"
                             "PRAGMA cache_size = -16000;",
                             error);
}

static gboolean
check_pages (DadamBase *self, GError **error)
{
  sqlite3_stmt *statement = dadam_base_ask (self, error, "PRAGMA quick_check (1)", "");
  gboolean is_sound;

  if (statement == NULL || !dadam_base_next (self, statement, error))
    return FALSE;
  is_sound = g_strcmp0 ((const char *) sqlite3_column_text (statement, 0), "ok") == 0;
  sqlite3_reset (statement);
  if (!is_sound)
    return dadam_base_fail_with (SQLITE_CORRUPT, NULL, error);

  return TRUE;
}

static gboolean
bring_up_to_date (DadamBase *self, const char *path, int version, int wanted, GError **error)
{
  if (version > 0 && version < wanted) {
    g_autofree char *copy = g_strdup_printf ("%s.v%d", path, version);

    if (!dadam_base_back_up (self, copy, error))
      return FALSE;
  }

  return version == wanted || dadam_base_migrate (self, version, wanted, error);
}

/* Something was not closed last time: whether all is well is looked at more closely. */
static gboolean
has_log (const char *path)
{
  g_autofree char *log = g_strconcat (path, "-wal", NULL);
  GStatBuf info;

  return g_stat (log, &info) == 0 && info.st_size > 0;
}

static DadamBase *
try_to_open (const char *path, int wanted, GError **error)
{
  gboolean is_suspect = has_log (path);
  g_autoptr (DadamBase) self = open_file (path, error);
  gint64 version;

  if (self == NULL || !check_version (self, wanted, &version, error)
      || (is_suspect && !check_pages (self, error)) || !set_up (self, error)
      || !bring_up_to_date (self, path, (int) version, wanted, error))
    return NULL;

  return g_steal_pointer (&self);
}

/**
 * dadam_base_replace:
 * @path: a damaged file, which nobody has open
 * @damage: (out): where it is from now on
 *
 * Opens a new file in its place, with what could be read of it.
 */
DadamBase *
dadam_base_replace (const char *path, int version, DadamDamage *damage, GError **error)
{
  DadamBase *self;

  damage->name = set_aside (path, error);
  if (damage->name == NULL)
    return NULL;
  self = try_to_open (path, version, error);
  if (self != NULL)
    damage->n_messages = dadam_base_salvage (self, damage->name);

  return self;
}

/**
 * dadam_base_open:
 * @damage: (out): what became of a file that was damaged; then it is another one that
 *   is opened
 *
 * Opens the file, makes it where there is none.  Until it is closed no other program
 * can open it.
 */
DadamBase *
dadam_base_open (const char *path, DadamDamage *damage, GError **error)
{
  return dadam_base_open_at (path, DADAM_BASE_VERSION, damage, error);
}

/* As the program did when @version was the newest, for tests of what it left. */
DadamBase *
dadam_base_open_at (const char *path, int version, DadamDamage *damage, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr (GError) failure = NULL;
  DadamBase *self;

  *damage = (DadamDamage) { NULL, 0 };
  if (g_mkdir_with_parents (folder, 0700) != 0) {
    fail_file (folder, error);
    return NULL;
  }
  if (!dadam_base_sync_folder (folder, error))
    return NULL;

  self = try_to_open (path, version, &failure);
  if (self == NULL && g_error_matches (failure, DADAM_ARCHIVE_ERROR, DADAM_ARCHIVE_ERROR_DAMAGED)) {
    g_clear_error (&failure);
    self = dadam_base_replace (path, version, damage, &failure);
  }
  if (self == NULL)
    g_propagate_error (error, g_steal_pointer (&failure));

  return self;
}
