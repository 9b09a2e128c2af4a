/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What makes a vote count once, and for the right model, is in these statements and in
 * the schema: a duel is found by both of its answers, and changes only while it has no
 * verdict.  Where the models of a conversation were revealed, nothing is blind any more.
 */
#include "config.h"

#include "dadam-duel-rows.h"

#include "dadam-base-row.h"
#include "dadam-summary.h"

#include <glib/gi18n.h>

static const char not_counted[] =
    N_ ("This vote was not counted: it has been voted already, or an answer is still being made.");

static gboolean
has_changed (DadamBase *base, const char *otherwise, GError **error)
{
  if (sqlite3_changes (dadam_base_get_db (base)) == 1)
    return TRUE;
  g_set_error_literal (error, DADAM_ARCHIVE_ERROR, DADAM_ARCHIVE_ERROR_NOT_FOUND, otherwise);

  return FALSE;
}

/**
 * dadam_duel_insert:
 * @conversation: whose answers they must be, in two panes
 *
 * Opens a duel.
 */
gboolean
dadam_duel_insert (DadamBase *base,
                   gint64 conversation,
                   gint64 left,
                   gint64 right,
                   gboolean is_blind,
                   GError **error)
{
  return dadam_base_run (base, error,
                         "INSERT INTO duel (left_answer, right_answer, is_blind)"
                         " SELECT a.id, b.id, ?4 FROM message AS a JOIN message AS b"
                         "  ON b.conversation = a.conversation AND b.pane <> a.pane"
                         " WHERE a.id = ?2 AND b.id = ?3 AND a.conversation = ?1"
                         "  AND a.role = ?5 AND b.role = ?5"
                         "  AND NOT EXISTS (SELECT 1 FROM duel"
                         "   WHERE left_answer = ?3 OR right_answer = ?2)"
                         "  AND NOT (?4 AND EXISTS (SELECT 1 FROM duel JOIN message"
                         "   ON message.id = left_answer"
                         "   WHERE conversation = ?1 AND verdict IS NOT NULL))",
                         "iiiii", conversation, left, right, (gint64) is_blind,
                         (gint64) DADAM_ROLE_ASSISTANT)
         && has_changed (base, "No such duel can be opened", error);
}

/* Once it was judged which answer is better, it may be told whose they are. */
static gboolean
end_secret (DadamBase *base, DadamDuel *duel, GError **error)
{
  return dadam_base_run (base, error,
                         "UPDATE conversation SET kind = ?2 WHERE kind = ?3"
                         " AND id = (SELECT conversation FROM message WHERE id = ?1)",
                         "iii", dadam_duel_get_answer (duel, DADAM_LEFT),
                         (gint64) DADAM_KIND_COMPARISON, (gint64) DADAM_KIND_BLIND_COMPARISON);
}

/* Writes down the verdict, the first and only one; both answers must have ended. */
gboolean
dadam_duel_judge (DadamBase *base,
                  DadamDuel *duel,
                  DadamVerdict verdict,
                  gint64 voted,
                  GError **error)
{
  return dadam_base_run (base, error,
                         "UPDATE duel SET verdict = ?3, voted = ?4"
                         " WHERE left_answer = ?1 AND right_answer = ?2 AND verdict IS NULL"
                         "  AND (SELECT count (stop) FROM message WHERE id IN (?1, ?2)) = 2"
                         "  AND NOT (is_blind AND EXISTS (SELECT 1 FROM duel AS other"
                         "   JOIN message ON message.id = other.left_answer"
                         "   WHERE other.verdict IS NOT NULL AND conversation ="
                         "    (SELECT conversation FROM message WHERE id = ?1)))",
                         "iiii", dadam_duel_get_answer (duel, DADAM_LEFT),
                         dadam_duel_get_answer (duel, DADAM_RIGHT), (gint64) verdict, voted)
         && has_changed (base, _ (not_counted), error) && end_secret (base, duel, error);
}

/* ---- reading ----------------------------------------------------------- */

static void
take_side (DadamDuel *duel, DadamSide side, sqlite3_stmt *row, int column)
{
  g_autofree char *text = dadam_row_make_text (row, column);
  g_autoptr (DadamMaker) maker = dadam_row_make_maker (row, column + 1);

  dadam_duel_set_said (duel, side, text, maker);
}

static DadamDuel *
take_duel (sqlite3_stmt *row)
{
  DadamDuel *duel = dadam_duel_new (sqlite3_column_int64 (row, 0), sqlite3_column_int64 (row, 1),
                                    sqlite3_column_int (row, 2) != 0);
  int verdict = sqlite3_column_int (row, 3);
  g_autofree char *title = dadam_row_make_text (row, 6);
  g_autofree char *question = dadam_row_make_text (row, 7);

  if (verdict > DADAM_VERDICT_NONE && verdict <= DADAM_VERDICT_BOTH_BAD)
    dadam_duel_set_verdict (duel, (DadamVerdict) verdict, sqlite3_column_int64 (row, 4));
  dadam_duel_set_about (duel, sqlite3_column_int64 (row, 5), title, question);
  take_side (duel, DADAM_LEFT, row, 8);
  take_side (duel, DADAM_RIGHT, row, 16);

  return duel;
}

/**
 * dadam_duel_read:
 * @conversation: whose duels, also those that have no verdict yet; 0: all that have one,
 *   but those of conversations in the trash
 * @duels: #DadamDuel objects are added to it, the newest first
 */
gboolean
dadam_duel_read (DadamBase *base, gint64 conversation, GPtrArray *duels, GError **error)
{
  g_autoptr (GError) failure = NULL;
  sqlite3_stmt *rows = dadam_base_ask (
      base, &failure,
      "SELECT left_answer, right_answer, is_blind, verdict, voted, a.conversation, title,"
      "  (SELECT text FROM message WHERE id = a.parent),"
      "  a.text, a.model_title, a.model_path, a.model_sha256, a.device, a.format, a.settings,"
      "  a.seed,"
      "  b.text, b.model_title, b.model_path, b.model_sha256, b.device, b.format, b.settings,"
      "  b.seed"
      " FROM duel JOIN message AS a ON a.id = left_answer JOIN message AS b ON b.id = right_answer"
      " JOIN conversation ON conversation.id = a.conversation"
      " WHERE a.conversation = ?1 OR (?1 = 0 AND verdict IS NOT NULL AND trashed IS NULL)"
      " ORDER BY left_answer DESC",
      "i", conversation);

  while (rows != NULL && dadam_base_next (base, rows, &failure))
    g_ptr_array_add (duels, take_duel (rows));

  return dadam_base_settle (g_steal_pointer (&failure), error);
}

/**
 * dadam_duel_read_before:
 * @func: is told of each message before @answer on its branch, the oldest first
 *
 * Reads what an answer was an answer to.
 */
gboolean
dadam_duel_read_before (DadamBase *base,
                        gint64 answer,
                        DadamBeforeFunc func,
                        gpointer user_data,
                        GError **error)
{
  g_autoptr (GError) failure = NULL;
  sqlite3_stmt *rows = dadam_base_ask (base, &failure,
                                       "WITH RECURSIVE before (id, parent, role, text) AS ("
                                       " SELECT id, parent, role, text FROM message"
                                       "  WHERE id = (SELECT parent FROM message WHERE id = ?1)"
                                       " UNION ALL"
                                       " SELECT m.id, m.parent, m.role, m.text FROM message AS m"
                                       "  JOIN before ON m.id = before.parent"
                                       "  WHERE m.id < before.id)"
                                       " SELECT role, text FROM before ORDER BY id",
                                       "i", answer);

  while (rows != NULL && dadam_base_next (base, rows, &failure)) {
    g_autofree char *text = dadam_row_make_text (rows, 1);

    func (text, (DadamRole) sqlite3_column_int (rows, 0), user_data);
  }

  return dadam_base_settle (g_steal_pointer (&failure), error);
}
