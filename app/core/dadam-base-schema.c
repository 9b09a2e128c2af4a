/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The schema, as the steps from each version to the next.  A step that was released
 * is never changed: what it should have done is the next step's.
 *
 * A conversation has panes (a chat one, a comparison two), and a pane a tree of
 * messages: a message's `parent` is what it follows, and `chosen` which of its
 * followers is shown.  Times are microseconds of UTC, ids the time of making.
 *
 * A duel names two answers, each of which can be in one duel alone; a verdict is written
 * beside them, so that it is of these answers and of no side or model by itself.
 */
#include "config.h"

#include "dadam-base-private.h"
#include "dadam-index.h"

typedef struct {
  const char *sql;
  gboolean (*more) (DadamBase *base, GError **error); /* %NULL: nothing */
} Step;

static const char kept[] =
    "CREATE TABLE conversation ("
    "  id INTEGER PRIMARY KEY,"
    "  kind INTEGER NOT NULL,"
    "  title TEXT NOT NULL,"
    "  is_pinned INTEGER NOT NULL DEFAULT 0,"
    "  changed INTEGER NOT NULL,"
    "  trashed INTEGER,"                       /* when it was deleted */
    "  draft TEXT);"
    "CREATE TABLE pane ("
    "  conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,"
    "  number INTEGER NOT NULL,"
    "  chosen INTEGER,"                        /* the first message that is shown */
    "  model TEXT,"                            /* the path of who answers next */
    "  settings TEXT,"                         /* a JSON object */
    "  PRIMARY KEY (conversation, number)) WITHOUT ROWID;"
    "CREATE TABLE message ("
    "  id INTEGER PRIMARY KEY,"
    "  conversation INTEGER NOT NULL,"
    "  pane INTEGER NOT NULL,"
    "  parent INTEGER,"
    "  chosen INTEGER,"
    "  role INTEGER NOT NULL,"
    "  text TEXT NOT NULL,"
  /* Of answers. */
    "  model_title TEXT,"
    "  model_path TEXT,"
    "  model_sha256 TEXT,"
    "  device TEXT,"
    "  format TEXT,"
    "  settings TEXT,"
    "  seed INTEGER,"
    "  stop INTEGER,"                          /* NULL: it has not ended */
    "  reused_tokens INTEGER,"
    "  prompt_tokens INTEGER,"
    "  made_tokens INTEGER,"
    "  prompt_seconds REAL,"
    "  first_token_seconds REAL,"
    "  decode_seconds REAL,"
    "  made BLOB,"                             /* int32 tokens of that model */
    "  FOREIGN KEY (conversation, pane) REFERENCES pane ON DELETE CASCADE);"
    "CREATE INDEX message_of ON message (conversation, pane);"
    "CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;";

/* `columnsize` cannot be left out: it is what makes forgetting possible. */
static const char searched[] =
    "CREATE VIRTUAL TABLE search USING fts5"
    " (text, initials, tokenize = 'dadam', prefix = '1', content = '', contentless_delete = 1);";

/* Whatever was judged stays as it was. */
static const char judged[] =
    "CREATE TABLE duel ("
    "  left_answer INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE,"
    "  right_answer INTEGER NOT NULL UNIQUE REFERENCES message ON DELETE CASCADE,"
    "  is_blind INTEGER NOT NULL,"
    "  verdict INTEGER,"                       /* NULL: none yet */
    "  voted INTEGER,"
    "  CHECK (left_answer <> right_answer),"
    "  CHECK ((verdict IS NULL) = (voted IS NULL)));"
    "CREATE TRIGGER one_verdict BEFORE UPDATE ON duel WHEN OLD.verdict IS NOT NULL"
    " BEGIN SELECT RAISE (ABORT, 'a verdict cannot be changed'); END;"
    "CREATE TRIGGER judged_answer BEFORE UPDATE OF text, model_path, model_sha256, settings, seed"
    " ON message"
    " WHEN (NEW.text IS NOT OLD.text OR NEW.model_path IS NOT OLD.model_path"
    "   OR NEW.settings IS NOT OLD.settings OR NEW.seed IS NOT OLD.seed"
    "   OR (OLD.model_sha256 IS NOT NULL AND NEW.model_sha256 IS NOT OLD.model_sha256))"
    "  AND EXISTS (SELECT 1 FROM duel WHERE verdict IS NOT NULL"
    "   AND (left_answer = OLD.id OR right_answer = OLD.id))"
    " BEGIN SELECT RAISE (ABORT, 'an answer that was judged cannot be changed'); END;";

static const char dropped[] = "ALTER TABLE message ADD COLUMN dropped_messages INTEGER;";

/* Of a pane: on what its model runs, where that was chosen for the pane alone. */
static const char own_device[] = "ALTER TABLE pane ADD COLUMN device TEXT;";

static const Step steps[DADAM_BASE_VERSION] = {
  { kept, NULL }, /* to version 1 */
  { searched, dadam_index_fill },
  { judged, NULL },
  { dropped, NULL },
  { own_device, NULL },
};

/**
 * dadam_base_migrate:
 * @from: the version that it has
 * @to: the one to get to, at most %DADAM_BASE_VERSION
 *
 * Takes the steps between, all or none.
 */
gboolean
dadam_base_migrate (DadamBase *self, int from, int to, GError **error)
{
  if (!dadam_base_begin (self, error))
    return FALSE;
  for (int version = from; version < to; version++) {
    g_autofree char *mark = g_strdup_printf ("PRAGMA user_version = %d", version + 1);

    if (!dadam_base_execute (self, steps[version].sql, error)
        || (steps[version].more != NULL && !steps[version].more (self, error))
        || !dadam_base_execute (self, mark, error)) {
      dadam_base_roll_back (self);
      return FALSE;
    }
  }

  return dadam_base_commit (self, error);
}
