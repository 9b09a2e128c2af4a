/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An archive that a test opens, and writes to; and its file, as another program sees it.
 */
#pragma once

#include <sqlite3.h>

#include "dadam-archive-private.h"
#include "wait.h"

static inline DadamArchive *
open_archive (const char *path)
{
  DadamArchive *archive = dadam_archive_new (path);

  WAIT_FOR (dadam_archive_get_state (archive) != DADAM_ARCHIVE_OPENING);

  return archive;
}

static inline void
write_change (DadamArchive *archive, DadamChange *change)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  WAIT_CALL (result, dadam_archive_write_async, archive, change);
  CHECK (dadam_archive_write_finish (result, &error));
  CHECK_MSG (error == NULL, "%s", error->message);
}

/* While no archive has it open. */
static inline void
execute (const char *path, const char *sql)
{
  sqlite3 *db;

  CHECK (sqlite3_open (path, &db) == SQLITE_OK);
  CHECK_MSG (sqlite3_exec (db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s", sqlite3_errmsg (db));
  sqlite3_close (db);
}
