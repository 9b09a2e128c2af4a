/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test-rest MODEL: a model is unloaded after a rest and when memory is low, an answer
 * only when memory is about to run out, and what was said of it stays.
 */
#include "check.h"

#include "dadam-rest.h"
#include "dadam-settings.h"

static DadamModel *model;
static DadamConversation *conversation;
static guint n_unloaded;

static gboolean
late_cb (gpointer user_data)
{
  fprintf (stderr, "waited in vain for %s\n", (const char *) user_data);
  exit (1);
}

static void
wait_for (const char *what, gboolean (*holds) (void))
{
  guint source = g_timeout_add_seconds (60, late_cb, (gpointer) what);

  while (!holds ())
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (source);
}

static gboolean
is_loaded (void)
{
  return dadam_model_get_state (model) == DADAM_MODEL_LOADED;
}

static gboolean
is_unloaded (void)
{
  return dadam_model_get_state (model) == DADAM_MODEL_UNLOADED;
}

static DadamMessage *
last_message (void)
{
  GListModel *messages = dadam_conversation_get_messages (conversation);
  guint n = g_list_model_get_n_items (messages);
  g_autoptr (DadamMessage) message = n > 0 ? g_list_model_get_item (messages, n - 1) : NULL;

  return message; /* the list's */
}

static gboolean
has_begun (void)
{
  return last_message () != NULL && dadam_message_get_length (last_message ()) > 20;
}

static gboolean
has_ended (void)
{
  return !dadam_conversation_is_answering (conversation);
}

static void
unloaded_cb (void)
{
  n_unloaded++;
}

static void
warn (GMemoryMonitorWarningLevel level)
{
  g_autoptr (GMemoryMonitor) monitor = g_memory_monitor_dup_default ();

  g_signal_emit_by_name (monitor, "low-memory-warning", level);
}

static void
check_rest (DadamRest *rest)
{
  dadam_model_load (model);
  wait_for ("the model", is_loaded);
  dadam_rest_set_seconds (rest, 1);
  wait_for ("its rest", is_unloaded);
  CHECK (n_unloaded == 0);
  dadam_rest_set_seconds (rest, 0);
}

static void
check_memory (void)
{
  dadam_model_load (model);
  wait_for ("the model", is_loaded);
  warn (G_MEMORY_MONITOR_WARNING_LEVEL_LOW);
  CHECK (is_loaded () && n_unloaded == 0);
  warn (G_MEMORY_MONITOR_WARNING_LEVEL_MEDIUM);
  CHECK (is_unloaded () && n_unloaded == 1);
}

static void
check_answering (void)
{
  gsize length;

  dadam_conversation_send (conversation, "Tell me about the sea.");
  wait_for ("an answer", has_begun);
  warn (G_MEMORY_MONITOR_WARNING_LEVEL_MEDIUM);
  CHECK (is_loaded () && n_unloaded == 1);
  length = dadam_message_get_length (last_message ());
  warn (G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL);
  CHECK (is_unloaded () && n_unloaded == 2);
  wait_for ("the end", has_ended);
  CHECK (dadam_message_get_length (last_message ()) >= length);
  CHECK (dadam_message_get_stats (last_message ())->stop == DADAM_STOP_CANCELLED);
}

int
main (int argc, char **argv)
{
  g_autoptr (DadamEngine) engine = NULL;
  g_autoptr (GSettings) settings = NULL;
  g_autoptr (DadamArchive) archive = NULL;
  g_autoptr (DadamRest) rest = NULL;
  g_autofree char *path = NULL;

  if (argc < 2)
    return 2;
  path = g_canonicalize_filename (argv[1], NULL);
  engine = dadam_engine_new ();
  settings = dadam_settings_new ();
  archive = dadam_archive_new (NULL);
  model = dadam_model_new (engine, settings, path);
  conversation = dadam_conversation_new (archive);
  dadam_conversation_set_model (conversation, model);
  rest = dadam_rest_new ();
  g_signal_connect (rest, "unloaded", G_CALLBACK (unloaded_cb), NULL);
  dadam_rest_watch (rest, conversation);

  check_rest (rest);
  check_memory ();
  check_answering ();

  dadam_rest_watch (rest, NULL);
  g_clear_object (&conversation);
  dadam_archive_close (archive);
  g_clear_object (&model);

  return check_done ();
}
