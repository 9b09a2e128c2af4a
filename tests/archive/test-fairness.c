/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test-fairness: while one pane of a comparison reads a long paste, the other goes on
 * with its answer: with at least a third of its speed, and no gap over half a second.
 * With the starter model in both panes, as two models.  A machine may be busy: the best
 * of three tries counts.
 */
#include "config.h"

#include "dadam-comparison.h"
#include "dadam-settings.h"
#include "folder.h"
#include "wait.h"

#define TRIES 3
#define ALONE (4 * G_USEC_PER_SEC) /* so long the answer is measured before the paste */
#define LONGEST_GAP (G_USEC_PER_SEC / 2)
#define PASTE 40 /* lines */

static char *folder;
static DadamEngine *engine;
static DadamArchive *archive;

/* What of an answer comes, and when. */
typedef struct {
  DadamMessage *message;
  gint64 last;    /* when something came */
  gint64 longest; /* time in which nothing did */
} Ear;

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
  ear->last = g_get_monotonic_time ();
  ear->longest = 0;
}

static DadamMessage *
message_from_end (DadamConversation *conversation, guint i)
{
  GListModel *messages = dadam_conversation_get_messages (conversation);
  g_autoptr (DadamMessage)
      message = g_list_model_get_item (messages, g_list_model_get_n_items (messages) - 1 - i);

  return message; /* the list's */
}

static double
speed_while (Ear *ear, gboolean (*goes_on) (gpointer), gpointer data)
{
  gint64 begun = g_get_monotonic_time ();
  gsize length = dadam_message_get_length (ear->message);

  begin_listening (ear);
  while (goes_on (data))
    g_main_context_iteration (NULL, TRUE);
  appended_cb (ear);

  return (double) (dadam_message_get_length (ear->message) - length)
         / ((double) (g_get_monotonic_time () - begun) / G_USEC_PER_SEC);
}

static gboolean
is_before (gpointer data)
{
  return g_get_monotonic_time () < *(gint64 *) data;
}

/* As long as there is an answer to hear. */
static gboolean
is_reading (gpointer data)
{
  DadamComparison *comparison = data;
  DadamConversation *right = dadam_comparison_get_pane (comparison, 1);

  return dadam_message_get_state (message_from_end (right, 0)) < DADAM_MESSAGE_ANSWERING
         && dadam_conversation_is_answering (dadam_comparison_get_pane (comparison, 0));
}

static char *
make_paste (void)
{
  GString *text = g_string_new ("Sum this up:\n");

  for (guint i = 0; i < PASTE; i++)
    g_string_append_printf (text, "%u. The sea is wide and the tea is hot.\n", i);

  return g_string_free_and_steal (text);
}

/* The left pane answers, and a long paste is asked anew of the right one. */
static gboolean
try (DadamComparison *comparison)
{
  DadamConversation *left = dadam_comparison_get_pane (comparison, 0);
  DadamConversation *right = dadam_comparison_get_pane (comparison, 1);
  g_autofree char *paste = make_paste ();
  gint64 until;
  Ear ear = { 0 };
  double alone, beside;

  dadam_comparison_send (comparison, "Write a very long story of a fisherman and the sea.");
  dadam_conversation_stop (right);
  ear.message = message_from_end (left, 0);
  g_signal_connect_swapped (ear.message, "appended", G_CALLBACK (appended_cb), &ear);
  WAIT_FOR (dadam_message_get_length (ear.message) > 0 && !dadam_conversation_is_answering (right));
  until = g_get_monotonic_time () + ALONE;
  alone = speed_while (&ear, is_before, &until);

  dadam_conversation_edit (right, message_from_end (right, 1), paste);
  beside = speed_while (&ear, is_reading, comparison);
  printf ("%.0f bytes/s alone, %.0f while the other reads (%.0f %%), longest gap %.0f ms\n", alone,
          beside, 100 * beside / alone, (double) ear.longest / 1000);
  g_signal_handlers_disconnect_by_data (ear.message, &ear);
  dadam_comparison_stop (comparison);
  WAIT_FOR (!dadam_comparison_is_answering (comparison));

  return beside >= alone / 3 && ear.longest <= LONGEST_GAP;
}

int
main (void)
{
  const char *starter = g_getenv ("DADAM_STARTER");
  g_autoptr (GSettings) settings = NULL;
  g_autoptr (DadamComparison) comparison = NULL;
  g_autofree char *path = NULL;
  gboolean is_fair = FALSE;

  if (starter == NULL || *starter == '\0') {
    puts ("the starter model is not there");
    return 77;
  }
  folder = g_dir_make_tmp ("dadam-fairness-XXXXXX", NULL);
  path = g_build_filename (folder, "dadam.db", NULL);
  engine = dadam_engine_new ();
  settings = dadam_settings_new ();
  archive = dadam_archive_new (path);
  WAIT_FOR (dadam_archive_get_state (archive) == DADAM_ARCHIVE_OPEN);
  comparison = dadam_comparison_new (archive, engine);
  for (guint i = 0; i < DADAM_N_PANES; i++) {
    g_autoptr (DadamModel) model = dadam_model_new (engine, settings, starter);

    dadam_conversation_set_model (dadam_comparison_get_pane (comparison, i), model);
  }
  for (guint i = 0; i < TRIES && !is_fair; i++)
    is_fair = try (comparison);
  CHECK (is_fair);

  g_clear_object (&comparison);
  dadam_archive_close (archive);
  g_clear_object (&archive);
  g_clear_object (&settings);
  g_clear_object (&engine);
  folder_remove (folder);

  return check_done ();
}
