/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Votes: each counts once, for the answers that were judged, and for nobody else; what
 * may not be is refused; files of every earlier version are brought over.
 */
#include "config.h"

#include "compared.h"
#include "folder.h"

#define FIRST_WITH_DUELS 3 /* of the versions */

static char *folder;

static char *
path_of (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

/* ---- conversations with two panes --------------------------------------- */

static const char *const models[] = { "가", "나" };
static const gint64 nothing[] = { 0, 0 };

static Comparison
add_comparison (DadamArchive *archive, const char *question, gboolean has_ended)
{
  gint64 id;
  DadamChange *change = compared_begin (archive, question, &id);
  Comparison comparison = compared_add_turn (archive, change, id, nothing, question, models,
                                             has_ended);

  write_change (archive, change);

  return comparison;
}

static gboolean
open_duel (DadamArchive *archive, gint64 conversation, DadamDuel *duel)
{
  DadamChange *change = dadam_change_new (conversation);
  g_autoptr (GAsyncResult) result = NULL;

  dadam_change_open_duel (change, duel);
  WAIT_CALL (result, dadam_archive_write_async, archive, change);

  return dadam_archive_write_finish (result, NULL);
}

static guint
count (DadamArchive *archive, gint64 conversation)
{
  g_autoptr (GListModel) duels = compared_read_duels (archive, conversation);

  return g_list_model_get_n_items (duels);
}

/* ---- what is kept ------------------------------------------------------- */

static void
check_secret (DadamArchive *archive, const Comparison *at)
{
  g_autoptr (GListModel) duels = compared_read_duels (archive, at->conversation);
  g_autoptr (DadamDuel) duel = g_list_model_get_item (duels, 0);

  CHECK (g_list_model_get_n_items (duels) == 1);
  CHECK (dadam_duel_get_verdict (duel) == DADAM_VERDICT_NONE && dadam_duel_get_voted (duel) == 0);
  CHECK (dadam_duel_get_is_blind (duel));
  CHECK (dadam_duel_get_answer (duel, DADAM_LEFT) == at->second);
  CHECK (g_str_equal (dadam_duel_get_text (duel, DADAM_LEFT), "나의 답"));
  CHECK (dadam_duel_get_maker (duel, DADAM_LEFT) == NULL);
  CHECK (dadam_duel_get_maker (duel, DADAM_RIGHT) == NULL);
}

static void
check_unjudged (DadamArchive *archive, const Comparison *at)
{
  check_secret (archive, at);
  CHECK (count (archive, 0) == 0);
}

static void
check_judged (DadamArchive *archive, const Comparison *at)
{
  g_autoptr (GListModel) duels = compared_read_duels (archive, 0);
  g_autoptr (DadamDuel) duel = g_list_model_get_item (duels, 0);

  CHECK (g_list_model_get_n_items (duels) == 1);
  CHECK (dadam_duel_get_verdict (duel) == DADAM_VERDICT_LEFT);
  CHECK (ABS (dadam_duel_get_voted (duel) - g_get_real_time ()) < 60 * G_TIME_SPAN_SECOND);
  CHECK (dadam_duel_get_conversation (duel) == at->conversation);
  CHECK (g_str_equal (dadam_duel_get_title (duel), "무엇입니까?"));
  CHECK (g_str_equal (dadam_duel_get_question (duel), "무엇입니까?"));
  CHECK (g_str_equal (dadam_duel_get_maker (duel, DADAM_LEFT)->sha256, "sha-나"));
  CHECK (g_str_equal (dadam_duel_get_maker (duel, DADAM_RIGHT)->title, "가"));
  CHECK (dadam_duel_get_maker (duel, DADAM_RIGHT)->seed == 7);
}

/* Unknown until the vote is there, and then for good. */
static void
test_round_trip (void)
{
  g_autofree char *path = path_of ("round.db");
  g_autoptr (DadamArchive) archive = open_archive (path);
  Comparison at = add_comparison (archive, "무엇입니까?", TRUE);
  g_autoptr (DadamDuel) duel = dadam_duel_new (at.second, at.first, TRUE);

  CHECK (open_duel (archive, at.conversation, duel));
  check_unjudged (archive, &at);
  g_clear_object (&archive);
  archive = open_archive (path);
  check_unjudged (archive, &at);
  CHECK (compared_vote (archive, duel, DADAM_VERDICT_LEFT));
  CHECK (dadam_duel_get_verdict (duel) == DADAM_VERDICT_LEFT);
  check_judged (archive, &at);
  g_clear_object (&archive);
  archive = open_archive (path);
  check_judged (archive, &at);
}

/* A vote goes with the conversation, and comes back with it. */
static void
test_trash (void)
{
  g_autofree char *path = path_of ("trash.db");
  g_autoptr (DadamArchive) archive = open_archive (path);
  Comparison at = add_comparison (archive, "질문", TRUE);
  g_autoptr (DadamDuel) duel = dadam_duel_new (at.first, at.second, TRUE);

  CHECK (open_duel (archive, at.conversation, duel)
         && compared_vote (archive, duel, DADAM_VERDICT_TIE));
  dadam_archive_trash (archive, at.conversation);
  CHECK (count (archive, 0) == 0);
  dadam_archive_restore (archive, at.conversation);
  CHECK (count (archive, 0) == 1);
  dadam_archive_remove (archive, at.conversation);
  CHECK (count (archive, 0) == 0 && count (archive, at.conversation) == 0);
}

/* ---- what may not be ---------------------------------------------------- */

static void
test_once (void)
{
  g_autofree char *path = path_of ("once.db");
  g_autoptr (DadamArchive) archive = open_archive (path);
  Comparison at = add_comparison (archive, "질문", TRUE);
  g_autoptr (DadamDuel) duel = dadam_duel_new (at.first, at.second, TRUE);
  g_autoptr (DadamDuel) turned = dadam_duel_new (at.second, at.first, TRUE);

  CHECK (open_duel (archive, at.conversation, duel));
  CHECK (!open_duel (archive, at.conversation, duel));
  CHECK (!open_duel (archive, at.conversation, turned));
  CHECK (!compared_vote (archive, turned, DADAM_VERDICT_LEFT));
  CHECK (dadam_duel_get_verdict (turned) == DADAM_VERDICT_NONE);
  CHECK (compared_vote (archive, duel, DADAM_VERDICT_LEFT));
  CHECK (!compared_vote (archive, duel, DADAM_VERDICT_RIGHT));
  CHECK (!compared_vote (archive, duel, DADAM_VERDICT_LEFT));
  CHECK (count (archive, 0) == 1);
}

/* A duel has two answers, of one conversation, in two panes. */
static void
test_pairs (void)
{
  g_autofree char *path = path_of ("pairs.db");
  g_autoptr (DadamArchive) archive = open_archive (path);
  Comparison one = add_comparison (archive, "하나", TRUE);
  Comparison other = add_comparison (archive, "둘", TRUE);
  const struct {
    gint64 left, right;
  } cases[] = {
    { one.first, one.first }, { one.first, other.second },       { other.first, other.second },
    { one.first, 99 },        { one.first - 1, one.second - 1 }, { one.first, one.second - 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (DadamDuel) duel = dadam_duel_new (cases[i].left, cases[i].right, FALSE);

    CHECK_MSG (!open_duel (archive, one.conversation, duel), "case %u", i);
    CHECK (!compared_vote (archive, duel, DADAM_VERDICT_TIE));
  }
  CHECK (count (archive, one.conversation) == 0);
}

static void
test_unfinished (void)
{
  g_autofree char *path = path_of ("unfinished.db");
  g_autoptr (DadamArchive) archive = open_archive (path);
  Comparison at = add_comparison (archive, "질문", FALSE);
  g_autoptr (DadamDuel) duel = dadam_duel_new (at.first, at.second, TRUE);

  CHECK (open_duel (archive, at.conversation, duel));
  CHECK (!compared_vote (archive, duel, DADAM_VERDICT_LEFT));
  /* Opening it anew ends what was being made. */
  g_clear_object (&archive);
  archive = open_archive (path);
  CHECK (compared_vote (archive, duel, DADAM_VERDICT_LEFT));
}

/* Once it was revealed who is who, no turn of the conversation is blind any more. */
static void
test_revealed (void)
{
  g_autofree char *path = path_of ("revealed.db");
  g_autoptr (DadamArchive) archive = open_archive (path);
  Comparison at = add_comparison (archive, "하나", TRUE);
  DadamChange *change = dadam_change_new (at.conversation);
  Comparison second = compared_add_turn (archive, change, at.conversation, nothing, "둘", models,
                                         TRUE);
  Comparison third = compared_add_turn (archive, change, at.conversation, nothing, "셋", models,
                                        TRUE);
  g_autoptr (DadamDuel) duel = dadam_duel_new (at.first, at.second, TRUE);
  g_autoptr (DadamDuel) waiting = dadam_duel_new (second.first, second.second, TRUE);
  g_autoptr (DadamDuel) blind = dadam_duel_new (third.first, third.second, TRUE);
  g_autoptr (DadamDuel) seen = dadam_duel_new (third.first, third.second, FALSE);

  write_change (archive, change);
  CHECK (open_duel (archive, at.conversation, duel));
  CHECK (open_duel (archive, at.conversation, waiting));
  CHECK (compared_vote (archive, duel, DADAM_VERDICT_BOTH_BAD));
  CHECK (!compared_vote (archive, waiting, DADAM_VERDICT_LEFT));
  CHECK (!open_duel (archive, at.conversation, blind));
  CHECK (open_duel (archive, at.conversation, seen)
         && compared_vote (archive, seen, DADAM_VERDICT_RIGHT));
  CHECK (count (archive, 0) == 2);
}

static gboolean
put_answer (DadamArchive *archive, gint64 conversation, DadamMessage *answer)
{
  DadamChange *change = dadam_change_new (conversation);
  g_autoptr (GAsyncResult) result = NULL;

  dadam_change_put_message (change, 0, answer);
  WAIT_CALL (result, dadam_archive_write_async, archive, change);

  return dadam_archive_write_finish (result, NULL);
}

/* Neither the answer nor its maker can be another one afterwards. */
static void
test_judged_answers_stay (void)
{
  g_autofree char *path = path_of ("stay.db");
  g_autoptr (DadamArchive) archive = open_archive (path);
  Comparison at = add_comparison (archive, "질문", TRUE);
  g_autoptr (DadamDuel) duel = dadam_duel_new (at.first, at.second, TRUE);
  g_autoptr (DadamMessage) same = compared_create_answer (at.first, 0, "가", "{}");
  g_autoptr (DadamMessage) other = compared_create_answer (at.first, 0, "다", "{}");
  g_autoptr (DadamMessage) longer = compared_create_answer (at.first, 0, "가", "{}");

  dadam_message_append (longer, " 그리고");
  CHECK (open_duel (archive, at.conversation, duel));
  CHECK (put_answer (archive, at.conversation, longer));
  CHECK (put_answer (archive, at.conversation, same));
  CHECK (!compared_vote (archive, duel, DADAM_VERDICT_TIE));
  dadam_message_end (same, &(const DadamStats) { .stop = DADAM_STOP_END });
  CHECK (put_answer (archive, at.conversation, same));
  CHECK (compared_vote (archive, duel, DADAM_VERDICT_TIE));
  dadam_message_end (longer, dadam_message_get_stats (same));
  dadam_message_end (other, dadam_message_get_stats (same));
  CHECK (!put_answer (archive, at.conversation, longer));
  CHECK (!put_answer (archive, at.conversation, other));
  CHECK (put_answer (archive, at.conversation, same));
}

/* ---- from the versions before ------------------------------------------- */

/* A comparison, as that version would have kept it. */
static void
write_version (const char *path, int version)
{
  DadamDamage damage;
  g_autoptr (GError) error = NULL;
  DadamBase *base = dadam_base_open_at (path, version, &damage, &error);

  CHECK_MSG (base != NULL, "%s", error != NULL ? error->message : "");
  dadam_base_close (base);
  execute (path, "INSERT INTO conversation (id, kind, title, changed) VALUES (7, 0, '옛날', 7);"
                 "INSERT INTO pane (conversation, number) VALUES (7, 0), (7, 1);"
                 "INSERT INTO message (id, conversation, pane, parent, role, text, stop) VALUES"
                 " (8, 7, 0, NULL, 1, '묻고', NULL), (9, 7, 0, 8, 2, '답하고', 0),"
                 " (10, 7, 1, NULL, 1, '묻고', NULL), (11, 7, 1, 10, 2, '답했다', 0);");
}

static const char judged_before[] =
    "INSERT INTO conversation (id, kind, title, changed) VALUES (3, 0, '더 옛날', 3);"
    "INSERT INTO pane (conversation, number) VALUES (3, 0), (3, 1);"
    "INSERT INTO message (id, conversation, pane, role, text, stop) VALUES"
    " (4, 3, 0, 2, '답', 0), (5, 3, 1, 2, '다른 답', 0);"
    "INSERT INTO duel VALUES (5, 4, 1, 3, 6);";

static void
test_from_version (int version)
{
  g_autofree char *name = g_strdup_printf ("version-%d.db", version);
  g_autofree char *path = path_of (name);
  g_autoptr (DadamArchive) archive = NULL;
  g_autoptr (DadamDuel) duel = dadam_duel_new (11, 9, TRUE);
  guint n_before = 0;

  write_version (path, version);
  if (version >= FIRST_WITH_DUELS) {
    execute (path, judged_before);
    n_before = 1;
  }
  archive = open_archive (path);
  CHECK_MSG (dadam_archive_get_state (archive) == DADAM_ARCHIVE_OPEN, "version %d", version);
  CHECK (count (archive, 0) == n_before && count (archive, 3) == n_before);
  CHECK (open_duel (archive, 7, duel) && compared_vote (archive, duel, DADAM_VERDICT_RIGHT));
  CHECK (count (archive, 0) == n_before + 1);
}

/* ---- a damaged file ----------------------------------------------------- */

/* The page on which all rows of a table are that has few. */
static gsize
find_page (const char *path, const char *table)
{
  sqlite3 *db;
  sqlite3_stmt *statement;
  gsize page = 0;

  CHECK (sqlite3_open (path, &db) == SQLITE_OK);
  CHECK (sqlite3_prepare_v2 (db, "SELECT rootpage FROM sqlite_schema WHERE name = ?1", -1,
                             &statement, NULL)
         == SQLITE_OK);
  sqlite3_bind_text (statement, 1, table, -1, SQLITE_STATIC);
  if (sqlite3_step (statement) == SQLITE_ROW)
    page = (gsize) sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  sqlite3_close (db);

  return page;
}

static void
damage (const char *path, const char *table)
{
  gsize page = find_page (path, table);
  g_autofree char *bytes = NULL;
  gsize length;

  CHECK (page > 1 && g_file_get_contents (path, &bytes, &length, NULL) && page * 4096 <= length);
  memset (bytes + (page - 1) * 4096, 0xa5, 4096);
  CHECK (g_file_set_contents (path, bytes, (gssize) length, NULL));
}

static DadamKind
kind_of (DadamArchive *archive, gint64 id)
{
  DadamSummary *summary = dadam_archive_find (archive, id);

  CHECK (summary != NULL);

  return summary != NULL ? dadam_summary_get_kind (summary) : DADAM_KIND_CHAT;
}

/* What a conversation was can be told from what is left of it. */
static void
test_salvaged (void)
{
  g_autofree char *path = path_of ("salvaged.db");
  g_autoptr (DadamArchive) archive = open_archive (path);
  Comparison secret = add_comparison (archive, "비밀입니까?", TRUE);
  Comparison judged = add_comparison (archive, "무엇입니까?", TRUE);
  g_autoptr (DadamDuel) unjudged_duel = dadam_duel_new (secret.second, secret.first, TRUE);
  g_autoptr (DadamDuel) duel = dadam_duel_new (judged.second, judged.first, TRUE);

  CHECK (open_duel (archive, secret.conversation, unjudged_duel));
  CHECK (open_duel (archive, judged.conversation, duel));
  CHECK (compared_vote (archive, duel, DADAM_VERDICT_LEFT));
  g_clear_object (&archive);
  execute (path, "INSERT INTO conversation (id, kind, title, changed) VALUES (7, 0, '잡담', 7);"
                 "INSERT INTO pane (conversation, number) VALUES (7, 0);"
                 "INSERT INTO message (id, conversation, pane, role, text) VALUES"
                 " (8, 7, 0, 1, '혼자 묻고');");
  damage (path, "conversation");

  archive = open_archive (path);
  CHECK (dadam_archive_get_set_aside (archive, NULL) != NULL);
  CHECK (kind_of (archive, secret.conversation) == DADAM_KIND_BLIND_COMPARISON);
  CHECK (kind_of (archive, judged.conversation) == DADAM_KIND_COMPARISON);
  CHECK (kind_of (archive, 7) == DADAM_KIND_CHAT);
  check_judged (archive, &judged);
  check_secret (archive, &secret);
}

int
main (void)
{
  folder = g_dir_make_tmp ("dadam-duels-XXXXXX", NULL);

  test_round_trip ();
  test_trash ();
  test_once ();
  test_pairs ();
  test_unfinished ();
  test_revealed ();
  test_judged_answers_stay ();
  for (int version = 1; version < DADAM_BASE_VERSION; version++)
    test_from_version (version);
  test_salvaged ();

  folder_remove (folder);
  g_free (folder);

  return check_done ();
}
