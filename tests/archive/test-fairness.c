/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test-fairness [MODEL FORMAT LINES]: while one pane of a comparison reads a long paste,
 * the other goes on with its answer: with at least a third of its speed, and no gap over
 * half a second.  With the starter or another model in both panes, as two models, and a
 * paste of so many lines.  A machine may be busy: the best of three tries counts.
 */
#include "config.h"

#include "dadam-comparison.h"
#include "dadam-settings.h"
#include "folder.h"
#include "wait.h"

#define TRIES 3
#define ALONE (3 * G_USEC_PER_SEC) /* so long the answer is measured before the paste, and after */
#define LONGEST_GAP (G_USEC_PER_SEC / 2)
#define LOOK_MS 5 /* what is waited for may come without an event */

/* Small models never end such a story when they always take the likeliest word. */
#define QUESTION "Write a very long story of a fisherman and the sea."
#define SETTINGS "{\"temperature\":0,\"repeat_penalty\":1%s}"

static char *folder;
static DadamEngine *engine;
static DadamArchive *archive;
static guint n_lines = 80; /* of a paste */
static char *choices;

/* What of an answer comes, and when. */
typedef struct {
  DadamConversation *conversation;
  DadamMessage *message;
  gint64 begun, last;
  gint64 longest; /* time in which nothing came */
  gsize length; /* at the beginning */
} Ear;

static gboolean
look_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
appended_cb (Ear *ear)
{
  gint64 now = g_get_monotonic_time ();

  ear->longest = MAX (ear->longest, now - ear->last);
  ear->last = now;
}

static void
begin_listening (Ear *ear)
{
  ear->begun = ear->last = g_get_monotonic_time ();
  ear->length = dadam_message_get_length (ear->message);
  ear->longest = 0;
}

/* Bytes a second since listening began. */
static double
get_speed (Ear *ear)
{
  appended_cb (ear);

  return (double) (dadam_message_get_length (ear->message) - ear->length)
         / ((double) (ear->last - ear->begun) / G_USEC_PER_SEC);
}

/* An answer that ends while it is measured is none to measure. */
static void
require_answering (Ear *ear)
{
  if (dadam_conversation_is_answering (ear->conversation))
    return;
  fprintf (stderr, "the model ends its answer by itself: “…%s”\n",
           dadam_message_get_text (ear->message) + MAX (dadam_message_get_length (ear->message), 80)
               - 80);
  exit (1);
}

static double
measure_alone (Ear *ear)
{
  begin_listening (ear);
  while (g_get_monotonic_time () < ear->begun + ALONE) {
    g_main_context_iteration (NULL, TRUE);
    require_answering (ear);
  }

  return get_speed (ear);
}

/* (transfer full): the last one, or the one before it. */
static DadamMessage *
get_message (DadamConversation *conversation, guint from_end)
{
  GListModel *messages = dadam_conversation_get_messages (conversation);

  return g_list_model_get_item (messages, g_list_model_get_n_items (messages) - 1 - from_end);
}

/* Another one each time, or the model would know it already. */
static char *
make_paste (guint number)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n_lines; i++)
    g_string_append_printf (text, "%u.%u. The sea is wide and the tea is hot.\n", number, i);

  return g_string_free_and_steal (text);
}

/* Asks for a long paste in the place of the last question, and listens to the other pane until it
 * has been read. */
static double
measure_beside (Ear *ear, DadamConversation *reading, guint number)
{
  g_autofree char *paste = make_paste (number);
  g_autoptr (DadamMessage) question = get_message (reading, 1);
  g_autoptr (DadamMessage) answer = NULL;

  dadam_conversation_edit (reading, question, paste);
  answer = get_message (reading, 0);
  WAIT_FOR (dadam_message_get_state (answer) == DADAM_MESSAGE_READING);
  begin_listening (ear);
  while (dadam_message_get_state (answer) == DADAM_MESSAGE_READING) {
    g_main_context_iteration (NULL, TRUE);
    require_answering (ear);
  }

  return get_speed (ear);
}

/* The left pane answers; the right one reads, and is stopped when it begins to answer. */
static gboolean
try (DadamComparison *comparison, guint number)
{
  DadamConversation *left = dadam_comparison_get_pane (comparison, 0);
  DadamConversation *right = dadam_comparison_get_pane (comparison, 1);
  Ear ear = { .conversation = left };
  double before, beside, alone, seconds;
  gint64 longest;

  dadam_comparison_send (comparison, QUESTION);
  dadam_conversation_stop (right);
  ear.message = get_message (left, 0);
  g_signal_connect_swapped (ear.message, "appended", G_CALLBACK (appended_cb), &ear);
  WAIT_FOR (dadam_message_get_length (ear.message) > 0 && !dadam_conversation_is_answering (right));

  before = measure_alone (&ear);
  beside = measure_beside (&ear, right, number);
  seconds = (double) (ear.last - ear.begun) / G_USEC_PER_SEC;
  longest = ear.longest;
  dadam_conversation_stop (right);
  WAIT_FOR (!dadam_conversation_is_answering (right));
  alone = (before + measure_alone (&ear)) / 2;
  printf (
      "%.0f bytes/s alone, %.0f in the %.1f s that the other reads: %.0f %%; longest gap %.0f ms\n",
      alone, beside, seconds, 100 * beside / alone, (double) longest / 1000);
  fflush (stdout);

  g_signal_handlers_disconnect_by_data (ear.message, &ear);
  dadam_comparison_stop (comparison);
  WAIT_FOR (!dadam_comparison_is_answering (comparison));
  g_object_unref (ear.message);

  return beside >= alone / 3 && longest <= LONGEST_GAP;
}

static DadamComparison *
begin (GSettings *settings, const char *path)
{
  DadamComparison *comparison = dadam_comparison_new (archive, engine);

  for (guint i = 0; i < DADAM_N_PANES; i++) {
    DadamConversation *pane = dadam_comparison_get_pane (comparison, i);
    g_autoptr (DadamModel) model = dadam_model_new (engine, settings, path);

    dadam_conversation_set_model (pane, model);
    dadam_conversation_set_settings (pane, choices);
  }

  return comparison;
}

int
main (int argc, char **argv)
{
  const char *model = argc > 1 ? argv[1] : g_getenv ("DADAM_STARTER");
  g_autoptr (GSettings) settings = NULL;
  g_autofree char *path = NULL;
  g_autofree char *format = NULL;
  gboolean is_fair = FALSE;
  guint look;

  if (model == NULL || *model == '\0') {
    puts ("the starter model is not there");
    return 77;
  }
  if (argc > 3) {
    format = g_strdup_printf (",\"format\":\"%s\"", argv[2]);
    n_lines = (guint) atoi (argv[3]);
  }
  choices = g_strdup_printf (SETTINGS, format != NULL ? format : "");
  folder = g_dir_make_tmp ("dadam-fairness-XXXXXX", NULL);
  path = g_build_filename (folder, "dadam.db", NULL);
  engine = dadam_engine_new ();
  settings = dadam_settings_new ();
  archive = dadam_archive_new (path);
  look = g_timeout_add (LOOK_MS, look_cb, NULL);
  WAIT_FOR (dadam_archive_get_state (archive) == DADAM_ARCHIVE_OPEN);
  for (guint i = 0; i < TRIES && !is_fair; i++) {
    g_autoptr (DadamComparison) comparison = begin (settings, model);

    is_fair = try (comparison, i);
  }
  CHECK (is_fair);

  g_source_remove (look);
  g_free (choices);
  dadam_archive_close (archive);
  g_clear_object (&archive);
  g_clear_object (&settings);
  g_clear_object (&engine);
  folder_remove (folder);

  return check_done ();
}
