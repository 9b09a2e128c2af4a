/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test-mainloop MODEL [SECONDS [FORMAT|- [ROWS]]]: the real window loads a model and
 * answers with it, and no iteration of the main loop may take longer than 50 ms
 * meanwhile.  With ROWS the answer is the last of so many, one of them very long, and
 * somebody types meanwhile.  What is the machine's is left out (window.h); up to five
 * answers are tried.
 */
#include "config.h"

#include <locale.h>
#include <stdlib.h>

#include "dadam-application.h"
#include "dadam-composer.h"
#include "dadam-message.h"
#include "dadam-settings.h"

#include "window.h"

#define LIMIT (50 * 1000)
#define TRIES 5
#define LONG_TEXT (60 * 1000) /* bytes */

typedef struct {
  DadamApplication *application;
  const char *path;
  const char *format; /* %NULL: the file says it */
  double seconds; /* of an answer */
  guint n_rows;   /* of the conversation; 0: as many as there are */

  gboolean is_measuring;
  WindowWatch watch;
  gint64 longest; /* of this try, microseconds */
  guint n_iterations;
  guint n_tries;
} Test;

static Test test;

static int
poll_cb (GPollFD *fds, guint n_fds, int timeout)
{
  int result;

  if (test.is_measuring) {
    window_watch_end (&test.watch);
    test.n_iterations++;
  }
  result = g_poll (fds, n_fds, timeout);
  if (test.is_measuring)
    window_watch_begin (&test.watch);

  return result;
}

static GtkWidget *
part (GType type)
{
  return window_find (
      GTK_WIDGET (gtk_application_get_active_window (GTK_APPLICATION (test.application))), type);
}

static DadamComposer *
composer (void)
{
  return DADAM_COMPOSER (part (DADAM_TYPE_COMPOSER));
}

/* ---- a long conversation ----------------------------------------------- */

static DadamMessage *
create_message (guint i)
{
  const char sentence[] =
      "제주도는 대한민국 남쪽에 있는 아름다운 섬이며, 걷기 좋은 길이 많습니다. ";
  g_autoptr (GString) text = g_string_new (NULL);
  gsize length = i == test.n_rows / 2 ? LONG_TEXT : 100 + i * 37 % 900;

  while (text->len < length) {
    g_string_append (text, sentence);
    if (text->len % 5 == 0)
      g_string_append (text, "\n\n");
  }

  return dadam_message_new (i % 2 == 0 ? DADAM_ROLE_USER : DADAM_ROLE_ASSISTANT, text->str);
}

static GListModel *
get_messages (void)
{
  GtkListView *list = GTK_LIST_VIEW (part (GTK_TYPE_LIST_VIEW));

  return gtk_no_selection_get_model (GTK_NO_SELECTION (gtk_list_view_get_model (list)));
}

/* Puts old rows before those of the answer that is being made. */
static void
fill (void)
{
  GListModel *messages = get_messages ();
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = g_list_model_get_n_items (messages); i < test.n_rows; i++)
    g_ptr_array_add (rows, create_message (i));
  g_list_store_splice (G_LIST_STORE (messages), 0, 0, rows->pdata, rows->len);
}

static gboolean
type_cb (gpointer user_data)
{
  GtkTextView *view = GTK_TEXT_VIEW (part (GTK_TYPE_TEXT_VIEW));

  if (!test.is_measuring)
    return G_SOURCE_REMOVE;
  gtk_text_buffer_insert_at_cursor (gtk_text_view_get_buffer (view), "바다 ", -1);

  return G_SOURCE_CONTINUE;
}

static gboolean
measure_cb (gpointer user_data)
{
  window_watch_begin (&test.watch);
  test.is_measuring = TRUE;
  g_timeout_add (80, type_cb, NULL);

  return G_SOURCE_REMOVE;
}

/* Once the answer has begun: what it answers to has been read.  Rows come two by two in life, so
 * bringing 200 at once is not measured. */
static gboolean
fill_cb (gpointer user_data)
{
  GListModel *messages = get_messages ();
  g_autoptr (DadamMessage)
      last = g_list_model_get_item (messages, g_list_model_get_n_items (messages) - 1);

  if (last == NULL || dadam_message_get_state (last) != DADAM_MESSAGE_ANSWERING)
    return G_SOURCE_CONTINUE;
  test.is_measuring = FALSE;
  fill ();
  g_timeout_add (2000, measure_cb, NULL);

  return G_SOURCE_REMOVE;
}

/* ---- the measurement --------------------------------------------------- */

static gboolean start_cb (gpointer user_data);

static gboolean
end_cb (gpointer user_data)
{
  guint n_rows = g_list_model_get_n_items (get_messages ());
  g_autoptr (DadamMessage) last = g_list_model_get_item (get_messages (), n_rows - 1);

  g_signal_emit_by_name (composer (), "stop");
  test.is_measuring = FALSE;
  test.longest = window_watch_get_longest (&test.watch);
  g_print (
      "try %u: %u rows, the last of %zu bytes; %u iterations, the longest %.1f ms (%.1f ms with "
      "waiting for a processor)\n",
      ++test.n_tries, n_rows, last ? dadam_message_get_length (last) : 0, test.n_iterations,
      (double) test.longest / 1000, (double) test.watch.longest_wall / 1000);
  if (test.longest <= LIMIT || test.n_tries == TRIES)
    g_application_quit (G_APPLICATION (test.application));
  else
    g_timeout_add (1000, start_cb, NULL);

  return G_SOURCE_REMOVE;
}

/* As soon as the file was found to be a model. */
static gboolean
send_cb (gpointer user_data)
{
  if (!gtk_widget_get_mapped (GTK_WIDGET (composer ())))
    return G_SOURCE_CONTINUE;
  g_signal_emit_by_name (composer (), "send", "Tell me everything you know about the sea.");
  if (test.n_rows > 0)
    g_timeout_add (50, fill_cb, NULL);

  return G_SOURCE_REMOVE;
}

static gboolean
start_cb (gpointer user_data)
{
  g_autoptr (GFile) file = g_file_new_for_path (test.path);

  if (test.format != NULL)
    dadam_settings_set_format (dadam_application_get_settings (test.application), test.path,
                               test.format);
  test.watch = (WindowWatch) { 0 };
  window_watch_begin (&test.watch);
  test.is_measuring = TRUE;
  test.n_iterations = 0;
  g_application_open (G_APPLICATION (test.application), &file, 1, "");
  g_timeout_add (5, send_cb, NULL);
  g_timeout_add ((guint) (test.seconds * 1000), end_cb, NULL);

  return G_SOURCE_REMOVE;
}

/* Building the window and its first frame are not measured. */
static void
activate_cb (void)
{
  g_timeout_add (1500, start_cb, NULL);
}

int
main (int argc, char **argv)
{
  if (argc < 2)
    return 2;
  setlocale (LC_ALL, "");
  test.path = argv[1];
  test.seconds = argc > 2 ? atof (argv[2]) : 4;
  test.format = argc > 3 && strcmp (argv[3], "-") != 0 ? argv[3] : NULL;
  test.n_rows = argc > 4 ? (guint) atoi (argv[4]) : 0;
  test.application = dadam_application_new ();
  g_main_context_set_poll_func (NULL, poll_cb);
  g_signal_connect_after (test.application, "activate", G_CALLBACK (activate_cb), NULL);
  g_application_run (G_APPLICATION (test.application), 1, argv);
  g_object_unref (test.application);

  return test.longest <= LIMIT && test.n_iterations > 20 ? 0 : 1;
}
