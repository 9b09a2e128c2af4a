/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The archive by itself: what was written is there again; lists, the trash, copies;
 * a file of another program, of a newer version, or damaged.
 */
#include "config.h"

#include "folder.h"
#include "kept.h"

static char *folder;

static char *
path_of (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static DadamStored *
load (DadamArchive *archive, gint64 id, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  WAIT_CALL (result, dadam_archive_load_async, archive, id, 0);

  return dadam_archive_load_finish (result, error);
}

static gint64
add_conversation (DadamArchive *archive, const char *title)
{
  gint64 id = dadam_archive_make_id (archive);
  DadamChange *change = dadam_change_new (id);
  g_autoptr (DadamSummary) summary = dadam_summary_new (id, DADAM_KIND_CHAT, title, id);
  g_autoptr (DadamMessage) question = dadam_message_new (DADAM_ROLE_USER, title);

  dadam_message_set_place (question, dadam_archive_make_id (archive), 0);
  dadam_archive_add (archive, summary);
  dadam_change_create (change, DADAM_KIND_CHAT, title, id);
  dadam_change_put_message (change, 0, question);
  dadam_change_choose (change, 0, 0, dadam_message_get_id (question));
  write_change (archive, change);

  return id;
}

static const char *
title_at (GListModel *list, guint i)
{
  g_autoptr (DadamSummary) summary = g_list_model_get_item (list, i);

  return summary != NULL ? dadam_summary_get_title (summary) : "(none)";
}

static guint
count (GListModel *list)
{
  return g_list_model_get_n_items (list);
}

/* ---- what is written ---------------------------------------------------- */

static DadamMessage *
create_answer (gint64 id, gint64 parent)
{
  DadamMessage *answer = dadam_message_new (DADAM_ROLE_ASSISTANT, "차는 따뜻합니다.");
  const gint32 tokens[] = { 5, 0, 7 };
  g_autoptr (GBytes) made = g_bytes_new (tokens, sizeof tokens);
  const DadamMaker fields = {
    .title = "komt",
    .path = "/m.gguf",
    .device = "CPU",
    .format = "komt-llama2",
    .settings = "{\"top_k\":40}",
    .seed = (gint64) 0x8000000000000001ULL,
  };
  g_autoptr (DadamMaker) maker = dadam_maker_new (&fields);
  const DadamStats stats = { DADAM_STOP_LENGTH, 1, 2, 3, 0.5, 0.25, 1.5, 4 };

  dadam_message_set_place (answer, id, parent);
  dadam_message_set_maker (answer, maker);
  dadam_message_set_made (answer, made);
  dadam_message_end (answer, &stats);

  return answer;
}

static void
check_answer (DadamMessage *answer)
{
  const DadamStats *stats = dadam_message_get_stats (answer);
  const DadamMaker *maker = dadam_message_get_maker (answer);
  GBytes *made = dadam_message_get_made (answer);

  CHECK (g_str_equal (dadam_message_get_text (answer), "차는 따뜻합니다."));
  CHECK (dadam_message_get_role (answer) == DADAM_ROLE_ASSISTANT);
  CHECK (dadam_message_get_state (answer) == DADAM_MESSAGE_ENDED);
  CHECK (maker != NULL && g_str_equal (maker->title, "komt") && maker->sha256 == NULL);
  CHECK (maker != NULL && g_str_equal (maker->settings, "{\"top_k\":40}"));
  CHECK (maker != NULL && (guint64) maker->seed == 0x8000000000000001ULL);
  CHECK (made != NULL && g_bytes_get_size (made) == 12);
  CHECK (made != NULL && ((const gint32 *) g_bytes_get_data (made, NULL))[2] == 7);
  CHECK (stats->stop == DADAM_STOP_LENGTH && stats->reused_tokens == 1);
  CHECK (stats->prompt_tokens == 2 && stats->made_tokens == 3);
  CHECK (stats->prompt_seconds == 0.5 && stats->first_token_seconds == 0.25);
  CHECK (stats->decode_seconds == 1.5 && stats->dropped_messages == 4);
}

static void
test_round_trip (void)
{
  g_autofree char *path = path_of ("round.db");
  g_autoptr (DadamArchive) archive = open_archive (path);
  gint64 id = add_conversation (archive, "차에 대하여");
  g_autoptr (DadamStored) stored = load (archive, id, NULL);
  g_autoptr (DadamMessage) answer = NULL;
  g_autoptr (DadamMessage) unfinished = dadam_message_new (DADAM_ROLE_ASSISTANT, "차");
  g_autoptr (GError) error = NULL;
  DadamChange *change = dadam_change_new (id);
  gint64 question = dadam_message_get_id (stored->messages->pdata[0]);

  answer = create_answer (question + 1, question);
  dadam_message_set_place (unfinished, question + 2, question);
  dadam_message_set_state (unfinished, DADAM_MESSAGE_ANSWERING, 1);
  dadam_change_put_message (change, 0, answer);
  dadam_change_put_message (change, 0, unfinished);
  dadam_change_choose (change, 0, question, question + 1);
  dadam_change_set_draft (change, "쓰던 글");
  dadam_change_set_settings (change, 0, "{\"system\":\"짧게\"}");
  dadam_change_set_model (change, 0, "/m.gguf");
  dadam_change_set_device (change, 0, "cpu");
  write_change (archive, change);
  dadam_archive_set_value (archive, "shown", "77");
  dadam_archive_close (archive);
  g_clear_object (&archive);

  archive = open_archive (path);
  CHECK (g_strcmp0 (dadam_archive_get_value (archive, "shown"), "77") == 0);
  CHECK (dadam_archive_make_id (archive) > question + 2);
  g_clear_pointer (&stored, dadam_stored_free);
  stored = load (archive, id, NULL);
  CHECK (stored->messages->len == 3);
  CHECK (g_strcmp0 (stored->draft, "쓰던 글") == 0 && g_strcmp0 (stored->model, "/m.gguf") == 0);
  CHECK (g_strcmp0 (stored->device, "cpu") == 0);
  CHECK (g_strcmp0 (stored->settings, "{\"system\":\"짧게\"}") == 0);
  CHECK (dadam_message_get_parent (stored->messages->pdata[1]) == question);
  check_answer (stored->messages->pdata[1]);
  /* It had not ended when everything else did. */
  CHECK (dadam_message_get_stats (stored->messages->pdata[2])->stop == DADAM_STOP_CANCELLED);
  CHECK (stored->chosen->len == 4 && ((gint64 *) stored->chosen->data)[3] == question + 1);
  g_clear_pointer (&stored, dadam_stored_free);

  CHECK (load (archive, 1, &error) == NULL);
  CHECK (g_error_matches (error, DADAM_ARCHIVE_ERROR, DADAM_ARCHIVE_ERROR_NOT_FOUND));
}

/* All or nothing: the second half of this change cannot be. */
static void
test_transaction (void)
{
  g_autofree char *path = path_of ("transaction.db");
  g_autoptr (DadamArchive) archive = open_archive (path);
  gint64 id = add_conversation (archive, "하나");
  DadamChange *change = dadam_change_new (id);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (DadamStored) stored = NULL;

  dadam_change_set_draft (change, "남지 않을 글");
  dadam_change_create (change, DADAM_KIND_CHAT, "둘째", 1);
  WAIT_CALL (result, dadam_archive_write_async, archive, change);
  CHECK (!dadam_archive_write_finish (result, &error) && error != NULL);
  stored = load (archive, id, NULL);
  CHECK (g_str_equal (stored->draft, ""));
}

/* ---- the lists ---------------------------------------------------------- */

static void
test_lists (void)
{
  g_autofree char *path = path_of ("lists.db");
  g_autoptr (DadamArchive) archive = open_archive (path);
  GListModel *list = dadam_archive_get_conversations (archive);
  gint64 a = add_conversation (archive, "가");
  gint64 b = add_conversation (archive, "나");
  gint64 c = add_conversation (archive, "다");

  CHECK (count (list) == 3 && g_str_equal (title_at (list, 0), "다"));
  dadam_archive_set_pinned (archive, a, TRUE);
  CHECK (g_str_equal (title_at (list, 0), "가") && g_str_equal (title_at (list, 1), "다"));
  dadam_archive_rename (archive, b, "나비");
  dadam_archive_touch (archive, b, g_get_real_time () + 5);
  CHECK (g_str_equal (title_at (list, 1), "나비") && g_str_equal (title_at (list, 2), "다"));
  dadam_archive_trash (archive, c);
  CHECK (count (list) == 2 && count (dadam_archive_get_trash (archive)) == 1);
  dadam_archive_close (archive);
  g_clear_object (&archive);

  archive = open_archive (path);
  list = dadam_archive_get_conversations (archive);
  CHECK (count (list) == 2 && g_str_equal (title_at (list, 0), "가"));
  CHECK (g_str_equal (title_at (list, 1), "나비"));
  CHECK (g_str_equal (title_at (dadam_archive_get_trash (archive), 0), "다"));
  dadam_archive_restore (archive, c);
  CHECK (count (list) == 3 && count (dadam_archive_get_trash (archive)) == 0);
  dadam_archive_remove (archive, b);
  CHECK (count (list) == 2 && dadam_archive_find (archive, b) == NULL);
  dadam_archive_close (archive);
  g_clear_object (&archive);

  archive = open_archive (path);
  CHECK (count (dadam_archive_get_conversations (archive)) == 2);
  CHECK (load (archive, b, NULL) == NULL);
}

/* Thirty days later it is gone. */
static void
test_old_trash (void)
{
  g_autofree char *path = path_of ("old.db");
  g_autoptr (DadamArchive) archive = open_archive (path);
  gint64 old = add_conversation (archive, "오래된");
  gint64 fresh = add_conversation (archive, "방금");

  dadam_archive_trash (archive, old);
  dadam_archive_trash (archive, fresh);
  dadam_archive_close (archive);
  g_clear_object (&archive);
  execute (
      path,
      "UPDATE conversation SET trashed = trashed - 30 * 86400000000 - 1 WHERE title = '오래된'");

  archive = open_archive (path);
  CHECK (count (dadam_archive_get_trash (archive)) == 1);
  CHECK (dadam_archive_find (archive, old) == NULL && dadam_archive_find (archive, fresh) != NULL);
}

/* What another program may have written is no text, no role, no end and no place. */
static void
test_hostile (void)
{
  g_autofree char *path = path_of ("hostile.db");
  g_autoptr (DadamArchive) archive = open_archive (path);
  gint64 id = add_conversation (archive, "하나");
  g_autoptr (DadamTree) tree = dadam_tree_new ();
  DadamStored *stored;

  dadam_archive_close (archive);
  g_clear_object (&archive);
  execute (path,
           "UPDATE conversation SET title = CAST (x'41ff42' AS TEXT), draft = CAST (x'ff' AS TEXT);"
           "UPDATE message SET text = CAST (x'c3' AS TEXT), role = 99, chosen = id, parent = id;"
           "INSERT INTO message (id, conversation, pane, parent, role, text, stop, made)"
           " SELECT 5, id, 0, NULL, 2, x'00ff', 77, x'0102030405' FROM conversation;"
           "INSERT INTO message (id, conversation, pane, parent, role, text)"
           " SELECT 6, id, 0, 5, -1, 'b' FROM conversation;"
           "UPDATE pane SET chosen = 12345, settings = 'no JSON'");
  archive = open_archive (path);
  CHECK (g_utf8_validate (title_at (dadam_archive_get_conversations (archive), 0), -1, NULL));
  stored = load (archive, id, NULL);
  CHECK (stored != NULL && stored->messages->len == 3);
  dadam_stored_plant (stored, tree);
  dadam_tree_show (tree);
  CHECK (g_list_model_get_n_items (dadam_tree_get_branch (tree)) == 2);
  for (guint i = 0; i < stored->messages->len; i++)
    CHECK (g_utf8_validate (dadam_message_get_text (stored->messages->pdata[i]), -1, NULL));
  dadam_stored_free (stored);
}

static void
test_titles (void)
{
  const struct {
    const char *text, *title;
  } cases[] = {
    { "안녕하세요", "안녕하세요" },
    { "\n\n  첫   줄\t입니다 \n둘째 줄", "첫 줄 입니다" },
    { "", "" },
    { "The first message of a conversation can be long, and then a title is shortened",
      "The first message of a conversation can be long, and then…" },
    { "가나다라마바사아자차카타파하가나다라마바사아자차카타파하가나다라마바사아자차카타파하가나다라마바사아자차카타파하가나다라마바사아자차",
      "가나다라마바사아자차카타파하가나다라마바사아자차카타파하가나다라마바사아자차카타파하가나다라마바사아자차카타파하가나다…" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *title = dadam_summary_make_title (cases[i].text);

    CHECK_MSG (g_str_equal (title, cases[i].title), "“%s” became “%s”", cases[i].text, title);
  }
}

/* ---- the file ----------------------------------------------------------- */

static void
test_back_up (void)
{
  g_autofree char *path = path_of ("original.db");
  g_autofree char *to = path_of ("copy.db");
  g_autofree char *half = path_of ("original.db.copy");
  g_autoptr (GFile) file = g_file_new_for_path (to);
  g_autoptr (DadamArchive) archive = open_archive (path);
  g_autoptr (DadamArchive) copy = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) removed = NULL;

  add_conversation (archive, "남을 이야기");
  WAIT_CALL (result, dadam_archive_back_up_async, archive, file, NULL);
  CHECK (dadam_archive_back_up_finish (archive, result, NULL));
  CHECK (!g_file_test (half, G_FILE_TEST_EXISTS));
  WAIT_CALL (removed, dadam_archive_remove_all_async, archive);
  CHECK (dadam_archive_remove_all_finish (archive, removed, NULL));
  CHECK (count (dadam_archive_get_conversations (archive)) == 0);

  copy = open_archive (to);
  CHECK (count (dadam_archive_get_conversations (copy)) == 1);
  dadam_archive_close (archive);
  g_clear_object (&archive);
  archive = open_archive (path);
  CHECK (count (dadam_archive_get_conversations (archive)) == 0);
}

/* Not a word of what was deleted stays in the files. */
static void
test_nothing_stays (void)
{
  g_autofree char *path = path_of ("stays.db");
  g_autofree char *log = path_of ("stays.db-wal");
  g_autoptr (DadamArchive) archive = open_archive (path);
  g_autoptr (GAsyncResult) removed = NULL;
  g_autofree char *bytes = NULL;
  g_autofree char *log_bytes = NULL;
  gsize length, log_length = 0;

  add_conversation (archive, "UNFORGETTABLE");
  WAIT_CALL (removed, dadam_archive_remove_all_async, archive);
  CHECK (g_file_get_contents (path, &bytes, &length, NULL));
  CHECK (memmem (bytes, length, "UNFORGETTABLE", 13) == NULL);
  g_file_get_contents (log, &log_bytes, &log_length, NULL);
  CHECK (log_length == 0 || memmem (log_bytes, log_length, "UNFORGETTABLE", 13) == NULL);
}

static void
test_held (void)
{
  g_autofree char *path = path_of ("held.db");
  g_autoptr (DadamArchive) archive = open_archive (path);
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  const char *const command[] = { program, "--open", path, NULL };
  int status = 0;

  add_conversation (archive, "여기");
  CHECK (g_spawn_sync (NULL, (char **) command, NULL, 0, NULL, NULL, NULL, NULL, &status, NULL));
  CHECK (g_spawn_check_wait_status (status, NULL) == FALSE);
  dadam_archive_close (archive);
  CHECK (g_spawn_sync (NULL, (char **) command, NULL, 0, NULL, NULL, NULL, NULL, &status, NULL));
  CHECK (g_spawn_check_wait_status (status, NULL));
}

/* As another program: whether the file can be opened, or is held. */
static int
open_only (const char *path)
{
  g_autoptr (DadamArchive) archive = open_archive (path);

  if (dadam_archive_get_state (archive) == DADAM_ARCHIVE_OPEN)
    return 0;

  return g_error_matches (dadam_archive_get_error (archive), DADAM_ARCHIVE_ERROR,
                          DADAM_ARCHIVE_ERROR_HELD)
             ? 3
             : 4;
}

static void
test_newer (void)
{
  g_autofree char *path = path_of ("newer.db");
  g_autoptr (DadamArchive) archive = open_archive (path);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  gsize length, length_after;

  add_conversation (archive, "내일의 이야기");
  dadam_archive_close (archive);
  g_clear_object (&archive);
  execute (path, "PRAGMA user_version = 999");
  CHECK (g_file_get_contents (path, &before, &length, NULL));

  archive = open_archive (path);
  CHECK (dadam_archive_get_state (archive) == DADAM_ARCHIVE_UNAVAILABLE);
  CHECK (g_error_matches (dadam_archive_get_error (archive), DADAM_ARCHIVE_ERROR,
                          DADAM_ARCHIVE_ERROR_NEWER));
  WAIT_CALL (result, dadam_archive_write_async, archive, dadam_change_new (1));
  CHECK (!dadam_archive_write_finish (result, NULL));
  dadam_archive_close (archive);
  CHECK (g_file_get_contents (path, &after, &length_after, NULL));
  CHECK (length == length_after && memcmp (before, after, length) == 0);
}

static void
test_damaged (void)
{
  g_autofree char *path = path_of ("damaged.db");
  g_autofree char *kept = NULL;
  g_autoptr (DadamArchive) archive = NULL;
  const char *set_aside;
  gint64 n_saved;

  CHECK (g_file_set_contents (path,
                              "This is no database, and longer than its header is said to be. "
                              "This is no database, and longer than its header.",
                              -1, NULL));
  archive = open_archive (path);
  CHECK (dadam_archive_get_state (archive) == DADAM_ARCHIVE_OPEN);
  set_aside = dadam_archive_get_set_aside (archive, &n_saved);
  CHECK (set_aside != NULL && n_saved == 0);
  CHECK (g_file_get_contents (set_aside, &kept, NULL, NULL));
  CHECK (g_str_has_prefix (kept, "This is no database"));
  add_conversation (archive, "새 이야기");
}

#define TALKS 40
#define TURNS 12
#define WORDS "망가질 파일에 있던 긴 이야기입니다. 여러 쪽에 걸쳐 있어야 합니다. "

/* A conversation of many messages, each after the one before. */
static void
add_talk (DadamArchive *archive, guint number)
{
  g_autofree char *title = g_strdup_printf ("이야기 %u", number);
  gint64 id = add_conversation (archive, title);
  gint64 parent = id + 1;
  DadamChange *change = dadam_change_new (id);

  for (guint i = 1; i < TURNS; i++) {
    g_autofree char *text = g_strdup_printf ("%u-%u " WORDS WORDS WORDS WORDS, number, i);
    g_autoptr (DadamMessage) message = dadam_message_new (DADAM_ROLE_USER, text);

    dadam_message_set_place (message, dadam_archive_make_id (archive), parent);
    parent = dadam_message_get_id (message);
    dadam_change_put_message (change, 0, message);
  }
  write_change (archive, change);
}

/* Every twelfth page but the first two is lost. */
static void
damage (const char *path)
{
  g_autofree char *bytes = NULL;
  gsize length;

  CHECK (g_file_get_contents (path, &bytes, &length, NULL));
  for (gsize at = 2 * 4096; at + 4096 <= length; at += 12 * 4096)
    memset (bytes + at, 0xa5, 4096);
  CHECK (g_file_set_contents (path, bytes, (gssize) length, NULL));
}

/* Each that is there is whole, and where it can be seen. */
static guint
check_saved (DadamArchive *archive, gint64 id)
{
  g_autoptr (DadamTree) tree = dadam_tree_new ();
  g_autoptr (GError) error = NULL;
  DadamStored *stored = load (archive, id, &error);
  guint n;

  CHECK_MSG (stored != NULL, "%s", error != NULL ? error->message : "");
  if (stored == NULL)
    return 0;

  n = stored->messages->len;
  dadam_stored_plant (stored, tree);
  for (guint i = 0; i < n; i++) {
    DadamMessage *message = stored->messages->pdata[i];
    const char *text = dadam_message_get_text (message);

    CHECK (dadam_tree_get (tree, dadam_message_get_id (message)) == message);
    CHECK_MSG (g_str_has_prefix (text, "이야기 ") || g_str_has_suffix (text, WORDS WORDS), "“%s”",
               text);
  }
  dadam_stored_free (stored);

  return n;
}

/* What can be read of a damaged file is in the new one. */
static void
test_salvage (void)
{
  g_autofree char *path = path_of ("salvage.db");
  g_autoptr (DadamArchive) archive = open_archive (path);
  GListModel *talks;
  gint64 n_saved;
  guint n = 0;

  for (guint i = 0; i < TALKS; i++)
    add_talk (archive, i);
  dadam_archive_close (archive);
  g_clear_object (&archive);
  damage (path);

  archive = open_archive (path);
  CHECK (dadam_archive_get_state (archive) == DADAM_ARCHIVE_OPEN);
  CHECK (dadam_archive_get_set_aside (archive, &n_saved) != NULL);
  CHECK_MSG (n_saved > TALKS * TURNS / 2 && n_saved < TALKS * TURNS, "%d saved", (int) n_saved);
  talks = dadam_archive_get_conversations (archive);
  for (guint i = 0; i < count (talks); i++) {
    g_autoptr (DadamSummary) summary = g_list_model_get_item (talks, i);

    n += check_saved (archive, dadam_summary_get_id (summary));
  }
  CHECK_MSG (n == n_saved, "%u of %d are there", n, (int) n_saved);
  add_conversation (archive, "새 이야기");
}

static void
test_no_access (void)
{
  g_autofree char *path = path_of ("file/below.db");
  g_autofree char *file = path_of ("file");
  g_autoptr (DadamArchive) archive = NULL;

  CHECK (g_file_set_contents (file, "", 0, NULL));
  archive = open_archive (path);
  CHECK (dadam_archive_get_state (archive) == DADAM_ARCHIVE_UNAVAILABLE);
  CHECK (g_error_matches (dadam_archive_get_error (archive), DADAM_ARCHIVE_ERROR,
                          DADAM_ARCHIVE_ERROR_NO_ACCESS));
}

int
main (int argc, char **argv)
{
  if (argc == 3)
    return open_only (argv[2]);
  folder = g_dir_make_tmp ("dadam-archive-XXXXXX", NULL);

  test_round_trip ();
  test_transaction ();
  test_lists ();
  test_old_trash ();
  test_hostile ();
  test_titles ();
  test_back_up ();
  test_nothing_stays ();
  test_held ();
  test_newer ();
  test_damaged ();
  test_salvage ();
  test_no_access ();

  folder_remove (folder);
  g_free (folder);

  return check_done ();
}
