/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * archive-worker live FILE MODEL: holds conversations until it is killed: sends, listens,
 * edits, regenerates, deletes, begins anew.  A line on stdout for each thing that must be
 * there from then on:
 *   sent MESSAGE CONVERSATION   a question whose answer has begun
 *   said MESSAGE CONVERSATION LENGTH   how long an answer was a second ago
 *   going CONVERSATION          it is about to be deleted for good
 *   gone CONVERSATION           that was written
 * archive-worker old FILE: writes many messages as the first version of the schema did.
 * archive-worker look FILE: opens it, says what is there, in lines of the same kind; any
 * damage is a failure.
 */
#include "config.h"

#include <sqlite3.h>

#include "dadam-archive-private.h"
#include "dadam-conversation.h"
#include "dadam-settings.h"
#include "wait.h"

static DadamArchive *archive;
static DadamConversation *conversation;
static DadamModel *model;

static DadamMessage *
message_from_end (guint i)
{
  GListModel *messages = dadam_conversation_get_messages (conversation);
  g_autoptr (DadamMessage)
      message = g_list_model_get_item (messages, g_list_model_get_n_items (messages) - 1 - i);

  return message;
}

static void
tell (const char *what, gint64 message, gint64 length)
{
  printf ("%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "\n", what, message,
          dadam_conversation_get_id (conversation), length);
  fflush (stdout);
}

static void
tell_conversation (const char *what, gint64 id)
{
  printf ("%s %" G_GINT64_FORMAT "\n", what, id);
  fflush (stdout);
}

static gboolean
timeout_cb (gpointer data)
{
  *(gboolean *) data = TRUE;

  return G_SOURCE_REMOVE;
}

static void
spend (guint milliseconds)
{
  gboolean is_over = FALSE;

  g_timeout_add (milliseconds, timeout_cb, &is_over);
  while (!is_over)
    g_main_context_iteration (NULL, TRUE);
}

/* Answers begin once the question is on the disk. */
static void
listen (guint seconds)
{
  DadamMessage *answer = message_from_end (0);

  WAIT_FOR (dadam_message_get_length (answer) > 0);
  tell ("sent", dadam_message_get_id (message_from_end (1)), 0);
  for (guint i = 0; i < seconds; i++) {
    gsize length = dadam_message_get_length (answer);

    spend (1000);
    tell ("said", dadam_message_get_id (answer), (gint64) length);
  }
  dadam_conversation_stop (conversation);
  WAIT_FOR (!dadam_conversation_is_answering (conversation));
}

static void
begin (void)
{
  g_clear_object (&conversation);
  conversation = dadam_conversation_new (archive);
  dadam_conversation_set_model (conversation, model);
}

static void
send (GRand *random)
{
  g_autofree char *text = g_strdup_printf ("%08x 바다는 어떤 곳입니까?", g_rand_int (random));

  dadam_conversation_send (conversation, text);
}

static void
remove_it (void)
{
  gint64 id = dadam_conversation_get_id (conversation);
  g_autoptr (GAsyncResult) result = NULL;

  tell_conversation ("going", id);
  dadam_archive_trash (archive, id);
  dadam_archive_restore (archive, id);
  dadam_archive_remove (archive, id);
  WAIT_CALL (result, dadam_archive_write_async, archive, dadam_change_new (0));
  tell_conversation ("gone", id);
  begin ();
}

static void
live (void)
{
  g_autoptr (GRand) random = g_rand_new ();

  begin ();
  for (;;) {
    send (random);
    listen (1);
    switch (g_rand_int_range (random, 0, 5)) {
    case 0:
      dadam_conversation_regenerate (conversation, message_from_end (0));
      listen (0);
      break;
    case 1:
      dadam_conversation_edit (conversation, message_from_end (1), "고쳐 묻습니다");
      listen (1);
      break;
    case 2: remove_it (); break;
    case 3: begin (); break;
    default:
      dadam_conversation_set_draft (conversation, "쓰다 만 글");
      dadam_conversation_continue (conversation);
      listen (0);
    }
  }
}

/* ---- afterwards --------------------------------------------------------- */

static gboolean
is_sound (DadamBase *base)
{
  g_autoptr (GError) error = NULL;
  sqlite3_stmt *rows = dadam_base_ask (base, &error, "PRAGMA integrity_check", "");
  gboolean is_ok = rows != NULL && dadam_base_next (base, rows, &error)
                   && g_strcmp0 ((const char *) sqlite3_column_text (rows, 0), "ok") == 0;

  if (rows != NULL)
    sqlite3_reset (rows);
  rows = dadam_base_ask (base, &error, "PRAGMA foreign_key_check", "");
  is_ok = is_ok && rows != NULL && !dadam_base_next (base, rows, &error);

  return is_ok && error == NULL;
}

static int
look (const char *path)
{
  DadamDamage damage;
  g_autoptr (GError) error = NULL;
  DadamBase *base = dadam_base_open (path, &damage, &error);
  sqlite3_stmt *rows;

  if (base == NULL || damage.name != NULL || !is_sound (base)) {
    fprintf (stderr, "not sound: %s\n", error != NULL ? error->message : path);
    return 1;
  }
  /* Found by the index, so that this is as it should be too. */
  rows = dadam_base_ask (base, &error,
                         "SELECT id, conversation, role, length (CAST (text AS BLOB)),"
                         " EXISTS (SELECT 1 FROM search WHERE rowid = message.id)"
                         " FROM message",
                         "");
  while (rows != NULL && dadam_base_next (base, rows, &error))
    printf ("%s %lld %lld %lld %lld\n",
            sqlite3_column_int (rows, 2) == DADAM_ROLE_USER ? "sent" : "said",
            sqlite3_column_int64 (rows, 0), sqlite3_column_int64 (rows, 1),
            sqlite3_column_int64 (rows, 3), sqlite3_column_int64 (rows, 4));
  dadam_base_close (base);

  return error != NULL;
}

/* ---- before ------------------------------------------------------------- */

static void
write_old (const char *path)
{
  DadamDamage damage;
  g_autoptr (GError) error = NULL;
  DadamBase *base = dadam_base_open_at (path, 1, &damage, &error);

  if (base == NULL || !dadam_base_begin (base, &error)
      || !dadam_base_run (base, &error,
                          "INSERT INTO conversation VALUES (1, 0, '옛날', 0, 1, NULL, NULL)", "")
      || !dadam_base_run (base, &error, "INSERT INTO pane (conversation, number) VALUES (1, 0)",
                          ""))
    exit (1);
  for (gint64 i = 2; i < 2002; i++)
    if (!dadam_base_run (base, &error,
                         "INSERT INTO message (id, conversation, pane, role, text)"
                         " VALUES (?1, 1, 0, 1, ?2 || ?1)",
                         "is", i, "옛날 옛적에 호랑이가 담배를 피우던 때의 이야기입니다. "))
      exit (1);
  if (!dadam_base_commit (base, &error))
    exit (1);
  dadam_base_close (base);
}

static void
open_all (const char *path, const char *model_path)
{
  g_autoptr (GSettings) settings = dadam_settings_new ();
  g_autoptr (DadamEngine) engine = dadam_engine_new ();

  archive = dadam_archive_new (path);
  model = dadam_model_new (engine, settings, model_path);
  WAIT_FOR (dadam_archive_get_state (archive) != DADAM_ARCHIVE_OPENING);
  if (dadam_archive_get_state (archive) != DADAM_ARCHIVE_OPEN)
    exit (1);
  live ();
}

int
main (int argc, char **argv)
{
  if (argc == 4 && strcmp (argv[1], "live") == 0)
    open_all (argv[2], argv[3]);
  else if (argc == 3 && strcmp (argv[1], "old") == 0)
    write_old (argv[2]);
  else if (argc == 3 && strcmp (argv[1], "look") == 0)
    return look (argv[2]);
  else
    return 2;

  return 0;
}
