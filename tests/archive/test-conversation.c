/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test-conversation MODEL: conversations with a real model, kept and opened again: every
 * step is there afterwards, branches and all.
 */
#include "config.h"

#include <signal.h>
#include <sys/resource.h>

#include "dadam-conversation.h"
#include "dadam-digest.h"
#include "dadam-hash.h"
#include "dadam-settings.h"
#include "folder.h"
#include "wait.h"

static char *folder;
static DadamEngine *engine;
static DadamModel *model;
static char *digest; /* of the model's file */
static char *returned; /* the last text that came back */
static guint n_failed;
static guint n_gone;

static void
returned_cb (DadamConversation *conversation, const char *text)
{
  g_set_str (&returned, text);
}

static void
count_cb (guint *count)
{
  (*count)++;
}

static DadamArchive *
open_archive (const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  DadamArchive *archive = dadam_archive_new (path);

  WAIT_FOR (dadam_archive_get_state (archive) != DADAM_ARCHIVE_OPENING);
  CHECK (dadam_archive_get_state (archive) == DADAM_ARCHIVE_OPEN);

  return archive;
}

static DadamConversation *
with_model (DadamConversation *conversation)
{
  WAIT_FOR (!dadam_conversation_is_loading (conversation));
  g_signal_connect (conversation, "returned", G_CALLBACK (returned_cb), NULL);
  g_signal_connect_swapped (conversation, "failed", G_CALLBACK (count_cb), &n_failed);
  g_signal_connect_swapped (conversation, "gone", G_CALLBACK (count_cb), &n_gone);
  dadam_conversation_set_model (conversation, model);

  return conversation;
}

static guint
n_messages (DadamConversation *conversation)
{
  return g_list_model_get_n_items (dadam_conversation_get_messages (conversation));
}

/* (transfer none): the list keeps it. */
static DadamMessage *
message_at (DadamConversation *conversation, guint i)
{
  g_autoptr (DadamMessage)
      message = g_list_model_get_item (dadam_conversation_get_messages (conversation), i);

  return message;
}

static DadamMessage *
last (DadamConversation *conversation)
{
  return message_at (conversation, n_messages (conversation) - 1);
}

static const char *
text_at (DadamConversation *conversation, guint i)
{
  return dadam_message_get_text (message_at (conversation, i));
}

static guint
siblings_at (DadamConversation *conversation, guint i, guint *position)
{
  guint n;

  *position = dadam_message_get_sibling (message_at (conversation, i), &n);

  return n;
}

/* Lets the answer that is being made go on for a while. */
static void
listen (DadamConversation *conversation)
{
  gsize before = dadam_message_get_length (last (conversation));

  WAIT_FOR (dadam_message_get_length (last (conversation)) > before + 20);
  dadam_conversation_stop (conversation);
  WAIT_FOR (!dadam_conversation_is_answering (conversation));
}

/* ---- what is kept ------------------------------------------------------- */

static char *
describe (DadamConversation *conversation)
{
  GString *all = g_string_new (NULL);

  for (guint i = 0; i < n_messages (conversation); i++) {
    DadamMessage *message = message_at (conversation, i);
    const DadamStats *stats = dadam_message_get_stats (message);
    GBytes *made = dadam_message_get_made (message);
    guint n;
    guint sibling = dadam_message_get_sibling (message, &n);

    g_string_append_printf (all, "%d %u/%u %s [%d %ld %ld %zu]\n", dadam_message_get_role (message),
                            sibling, n, dadam_message_get_text (message), stats->stop,
                            (long) stats->prompt_tokens, (long) stats->made_tokens,
                            made != NULL ? g_bytes_get_size (made) : 0);
  }

  return g_string_free_and_steal (all);
}

/* Questions and answers with branches, then all of it again after a new start. */
static void
test_kept (void)
{
  g_autoptr (DadamArchive) archive = open_archive ("kept.db");
  g_autoptr (DadamConversation) conversation = with_model (dadam_conversation_new (archive));
  g_autofree char *first = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  gint64 id;
  guint position = 0;

  CHECK (dadam_conversation_get_id (conversation) == 0);
  dadam_conversation_send (conversation, "바다에 대해 말해 줘");
  id = dadam_conversation_get_id (conversation);
  CHECK (id != 0 && n_messages (conversation) == 2);
  CHECK (dadam_archive_find (archive, id) != NULL);
  CHECK (g_str_equal (dadam_summary_get_title (dadam_archive_find (archive, id)),
                      "바다에 대해 말해 줘"));
  listen (conversation);
  first = g_strdup (text_at (conversation, 1));

  dadam_conversation_regenerate (conversation, last (conversation));
  listen (conversation);
  CHECK (n_messages (conversation) == 2 && siblings_at (conversation, 1, &position) == 2);
  CHECK (position == 1 && !g_str_equal (text_at (conversation, 1), first));
  dadam_conversation_show_sibling (conversation, last (conversation), -1);
  CHECK (g_str_equal (text_at (conversation, 1), first));
  dadam_conversation_show_sibling (conversation, last (conversation), -1);
  CHECK (g_str_equal (text_at (conversation, 1), first));

  dadam_conversation_send (conversation, "산은?");
  listen (conversation);
  dadam_conversation_send (conversation, "강은?");
  listen (conversation);
  CHECK (n_messages (conversation) == 6);
  dadam_conversation_set_draft (conversation, "쓰다 만 글");
  dadam_conversation_edit (conversation, message_at (conversation, 2), "들은?");
  CHECK (g_str_equal (dadam_conversation_get_draft (conversation), "쓰다 만 글"));
  listen (conversation);
  CHECK (n_messages (conversation) == 4 && g_str_equal (text_at (conversation, 2), "들은?"));
  CHECK (siblings_at (conversation, 2, &position) == 2 && position == 1);
  dadam_conversation_show_sibling (conversation, message_at (conversation, 2), -1);
  CHECK (n_messages (conversation) == 6 && g_str_equal (text_at (conversation, 4), "강은?"));
  dadam_conversation_set_draft (conversation, "아직 쓰는 중");

  before = describe (conversation);
  g_clear_object (&conversation);
  dadam_archive_close (archive);
  g_clear_object (&archive);

  archive = open_archive ("kept.db");
  conversation = with_model (dadam_conversation_open (archive, id));
  after = describe (conversation);
  CHECK_MSG (g_str_equal (before, after), "%s\n---\n%s", before, after);
  CHECK (g_str_equal (dadam_conversation_get_draft (conversation), "아직 쓰는 중"));
  CHECK (g_strcmp0 (dadam_conversation_get_model_path (conversation), dadam_model_get_path (model))
         == 0);
  CHECK (dadam_message_get_maker (message_at (conversation, 1))->device != NULL);
  CHECK (g_strcmp0 (dadam_message_get_maker (message_at (conversation, 5))->sha256, digest) == 0);

  dadam_conversation_send (conversation, "하늘은?");
  CHECK (g_str_equal (dadam_conversation_get_draft (conversation), ""));
  listen (conversation);
  CHECK (n_messages (conversation) == 8);
  /* Its own tokens are known, so nothing but the new question had to be read. */
  CHECK (dadam_message_get_made (message_at (conversation, 5)) != NULL);
}

static void
test_continue (void)
{
  g_autoptr (DadamArchive) archive = open_archive ("continue.db");
  g_autoptr (DadamConversation) conversation = with_model (dadam_conversation_new (archive));
  g_autofree char *begun = NULL;
  gsize made, made_after;
  gint64 id;

  dadam_conversation_send (conversation, "계속");
  listen (conversation);
  CHECK (dadam_conversation_can_continue (conversation, last (conversation)));
  CHECK (!dadam_conversation_can_continue (conversation, message_at (conversation, 0)));
  begun = g_strdup (text_at (conversation, 1));
  made = g_bytes_get_size (dadam_message_get_made (last (conversation)));
  dadam_conversation_continue (conversation);
  CHECK (dadam_conversation_is_answering (conversation));
  listen (conversation);
  CHECK (n_messages (conversation) == 2);
  CHECK (g_str_has_prefix (text_at (conversation, 1), begun));
  CHECK (strlen (text_at (conversation, 1)) > strlen (begun));
  made_after = g_bytes_get_size (dadam_message_get_made (last (conversation)));
  CHECK_MSG (made_after
                 == made + 4 * (gsize) dadam_message_get_stats (last (conversation))->made_tokens,
             "%zu, then %zu", made, made_after);

  id = dadam_conversation_get_id (conversation);
  g_clear_object (&conversation);
  dadam_archive_close (archive);
  g_clear_object (&archive);
  g_free (g_steal_pointer (&begun));
  archive = open_archive ("continue.db");
  conversation = with_model (dadam_conversation_open (archive, id));
  begun = g_strdup (text_at (conversation, 1));
  dadam_conversation_continue (conversation);
  listen (conversation);
  CHECK (g_str_has_prefix (text_at (conversation, 1), begun));
}

/* A question to which nothing was said goes back, and what began with it was never there. */
static void
test_taken_back (void)
{
  g_autoptr (DadamArchive) archive = open_archive ("back.db");
  g_autoptr (DadamConversation) conversation = with_model (dadam_conversation_new (archive));
  GListModel *list = dadam_archive_get_conversations (archive);

  dadam_model_unload (model);
  dadam_conversation_send (conversation, "없던 일로");
  CHECK (g_list_model_get_n_items (list) == 1);
  dadam_conversation_set_draft (conversation, "그사이에 쓴 글");
  dadam_conversation_stop (conversation);
  CHECK (!dadam_conversation_is_answering (conversation) && n_messages (conversation) == 0);
  CHECK (g_strcmp0 (returned, "없던 일로") == 0);
  CHECK (g_list_model_get_n_items (list) == 0 && dadam_conversation_get_id (conversation) == 0);
  g_clear_object (&conversation);
  dadam_archive_close (archive);
  g_clear_object (&archive);

  archive = open_archive ("back.db");
  conversation = with_model (dadam_conversation_new (archive));
  CHECK (g_list_model_get_n_items (dadam_archive_get_conversations (archive)) == 0);
  CHECK (g_str_equal (dadam_conversation_get_draft (conversation), "없던 일로\n\n그사이에 쓴 글"));
  dadam_conversation_set_draft (conversation, "```` file=a\nb\n````\n\n첫째");
  dadam_conversation_add_draft (conversation, "```` file=c\nd\n````\n\n둘째");
  CHECK (g_str_equal (dadam_conversation_get_draft (conversation),
                      "```` file=a\nb\n````\n\n```` file=c\nd\n````\n\n첫째\n\n둘째"));
}

/* What is written before the archive was read goes behind what it has. */
static void
test_written_early (void)
{
  g_autofree char *path = g_build_filename (folder, "early.db", NULL);
  g_autoptr (DadamArchive) archive = open_archive ("early.db");
  g_autoptr (DadamConversation) conversation = dadam_conversation_new (archive);

  dadam_conversation_set_draft (conversation, "지난번에 쓴 글");
  g_clear_object (&conversation);
  dadam_archive_close (archive);
  g_clear_object (&archive);
  archive = dadam_archive_new (path);
  conversation = dadam_conversation_new (archive);
  dadam_conversation_set_draft (conversation, "이번에 쓴 글");
  CHECK (dadam_archive_get_state (archive) == DADAM_ARCHIVE_OPENING);
  WAIT_FOR (dadam_archive_get_state (archive) == DADAM_ARCHIVE_OPEN);
  CHECK (g_str_equal (dadam_conversation_get_draft (conversation),
                      "지난번에 쓴 글\n\n이번에 쓴 글"));
}

/* ---- two at once, and the end ------------------------------------------- */

static void
test_in_the_background (void)
{
  g_autoptr (DadamArchive) archive = open_archive ("background.db");
  DadamConversation *conversation = with_model (dadam_conversation_new (archive));
  DadamConversation *again;
  gint64 id;

  dadam_conversation_send (conversation, "나는 떠난다");
  WAIT_FOR (dadam_message_get_length (last (conversation)) > 10);
  id = dadam_conversation_get_id (conversation);
  g_object_unref (conversation);
  again = dadam_conversation_open (archive, id);
  CHECK (again == conversation && dadam_conversation_is_answering (again));
  listen (again);

  dadam_conversation_send (again, "지우면?");
  WAIT_FOR (dadam_message_get_length (last (again)) > 10);
  n_gone = 0;
  dadam_archive_trash (archive, id);
  CHECK (n_gone == 1 && !dadam_conversation_is_answering (again));
  dadam_archive_restore (archive, id);

  dadam_conversation_send (again, "아주 지우면?");
  WAIT_FOR (dadam_message_get_length (last (again)) > 10);
  n_failed = 0;
  dadam_archive_remove (archive, id);
  CHECK (n_gone == 2 && !dadam_conversation_is_answering (again));
  dadam_conversation_set_draft (again, "아무 데도 없는 글");
  g_object_unref (again);
  CHECK (n_failed == 0);
}

static void
test_closed_while_answering (void)
{
  g_autoptr (DadamArchive) archive = open_archive ("closing.db");
  g_autoptr (DadamConversation) conversation = with_model (dadam_conversation_new (archive));
  g_autofree char *said = NULL;
  gint64 id;

  dadam_conversation_send (conversation, "끝까지");
  WAIT_FOR (dadam_message_get_length (last (conversation)) > 40);
  said = g_strdup (text_at (conversation, 1));
  id = dadam_conversation_get_id (conversation);
  dadam_archive_close (archive);
  g_clear_object (&conversation);
  g_clear_object (&archive);

  archive = open_archive ("closing.db");
  conversation = with_model (dadam_conversation_open (archive, id));
  CHECK (n_messages (conversation) == 2 && g_str_equal (text_at (conversation, 1), said));
}

/* ---- trouble ------------------------------------------------------------ */

/* Files may not grow: as on a full disk, nothing is answered that could not be written first. */
static void
test_full_disk (void)
{
  g_autoptr (DadamArchive) archive = open_archive ("full.db");
  g_autoptr (DadamConversation) conversation = with_model (dadam_conversation_new (archive));
  struct rlimit limit, none;

  dadam_conversation_send (conversation, "자리가 있을 때");
  listen (conversation);
  getrlimit (RLIMIT_FSIZE, &limit);
  none = limit;
  none.rlim_cur = 0;
  signal (SIGXFSZ, SIG_IGN);
  setrlimit (RLIMIT_FSIZE, &none);

  n_failed = 0;
  g_set_str (&returned, NULL);
  dadam_conversation_send (conversation, "자리가 없을 때");
  WAIT_FOR (!dadam_conversation_is_answering (conversation));
  CHECK (g_strcmp0 (returned, "자리가 없을 때") == 0 && n_messages (conversation) == 2);
  CHECK (n_failed == 1);

  setrlimit (RLIMIT_FSIZE, &limit);
  dadam_conversation_send (conversation, "다시 있을 때");
  listen (conversation);
  CHECK (n_messages (conversation) == 4);
}

/* Where nothing can be kept, one can talk all the same. */
static void
test_unavailable (void)
{
  g_autofree char *file = g_build_filename (folder, "full.db", NULL);
  g_autofree char *path = g_build_filename (file, "below.db", NULL);
  g_autoptr (DadamArchive) archive = dadam_archive_new (path);
  g_autoptr (DadamConversation) conversation = with_model (dadam_conversation_new (archive));

  WAIT_FOR (dadam_archive_get_state (archive) == DADAM_ARCHIVE_UNAVAILABLE);
  dadam_conversation_send (conversation, "적지는 않지만");
  listen (conversation);
  CHECK (n_messages (conversation) == 2);
  CHECK (g_list_model_get_n_items (dadam_archive_get_conversations (archive)) == 0);
}

/* ---- the model's file ---------------------------------------------------- */

static char *
work_out (const char *path)
{
  g_autoptr (GAsyncResult) result = NULL;

  WAIT_CALL (result, dadam_digest_async, path, NULL);

  return dadam_digest_finish (result, NULL);
}

/* Worked out, remembered until the file changes, and taken from what is written beside it. */
static void
test_digest (const char *path)
{
  g_autofree char *worked_out = work_out (path);
  g_autofree char *again = work_out (path);
  g_autofree char *file = g_build_filename (folder, "m.gguf", NULL);
  g_autofree char *facts = g_strconcat (file, ".json", NULL);
  g_autofree char *other = NULL;
  g_autofree char *beside = NULL;
  g_autofree char *text = g_strdup_printf ("{\"sha256\":\"%064d\"}", 7);

  CHECK (g_strcmp0 (worked_out, digest) == 0 && g_strcmp0 (again, digest) == 0);
  CHECK (g_file_set_contents (file, "abc", -1, NULL));
  other = work_out (file);
  CHECK (g_strcmp0 (other, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
         == 0);
  CHECK (g_file_set_contents (facts, text, -1, NULL));
  beside = work_out (file);
  CHECK (beside != NULL && g_str_has_suffix (beside, "0007"));
}

int
main (int argc, char **argv)
{
  g_autoptr (GSettings) settings = NULL;

  if (argc < 2)
    return 2;
  folder = g_dir_make_tmp ("dadam-conversation-XXXXXX", NULL);
  engine = dadam_engine_new ();
  settings = dadam_settings_new ();
  model = dadam_model_new (engine, settings, argv[1]);

  digest = dadam_hash_file (argv[1], NULL, NULL, NULL, NULL, NULL);
  test_digest (argv[1]);
  test_kept ();
  test_continue ();
  test_taken_back ();
  test_written_early ();
  test_in_the_background ();
  test_closed_while_answering ();
  test_full_disk ();
  test_unavailable ();

  g_object_unref (model);
  g_object_unref (engine);
  folder_remove (folder);
  g_free (folder);
  g_free (returned);
  g_free (digest);

  return check_done ();
}
