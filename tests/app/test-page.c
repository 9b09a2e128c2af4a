/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test-page MODEL open|keys|memory: the budgets of the page, in the real window.
 *
 * open: 1,000 messages are on the screen within 300 ms, the median of ten.
 * keys: from a real key to the end of the frame that shows it, p95 33 ms and none over
 * 100 ms, while the model answers on all processors.
 * memory: turn 1,000 takes no more than 30 MB over turn 100, in a conversation that is
 * really held: asked, answered by the model, shown and kept.
 *
 * Time in which the thread was ready but others had the processors is the machine's.
 */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dadam-application.h"
#include "dadam-composer.h"
#include "dadam-message-list.h"
#include "dadam-settings.h"

#include "window.h"

#define MESSAGES 1000
#define ROUNDS 10
#define OPEN_LIMIT 300.0 /* milliseconds, as all */
#define KEYS 60
#define KEY_LIMIT 33.0
#define KEY_MOST 100.0
#define MEMORY_LIMIT (30.0 * 1024 * 1024)

typedef struct {
  DadamApplication *application;
  const char *path;
  const char *mode;
  int status;

  gint64 started; /* what is measured, 0: nothing */
  gint64 queued;
  double times[KEYS];
  guint n_times;
  guint n_turns;
  double memory; /* at turn 100 */
} Test;

static Test test;

static double
resident (void)
{
  g_autofree char *text = NULL;
  unsigned long pages = 0;

  if (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL)
      && sscanf (text, "%*u %lu", &pages) != 1)
    pages = 0;

  return (double) pages * (double) sysconf (_SC_PAGESIZE);
}

static GtkWidget *
window (void)
{
  return GTK_WIDGET (gtk_application_get_active_window (GTK_APPLICATION (test.application)));
}

/* The conversation's, not the sidebar's. */
static GtkListView *
list (void)
{
  GtkWidget *pages = window_find (window (), DADAM_TYPE_COMPOSER);

  while (window_find (pages, GTK_TYPE_LIST_VIEW) == NULL)
    pages = gtk_widget_get_parent (pages);

  return GTK_LIST_VIEW (window_find (pages, GTK_TYPE_LIST_VIEW));
}

static DadamMessage *
create_message (guint i)
{
  static const char *const answers[] = {
    "제주도는 대한민국 남쪽에 있는 아름다운 섬이며, **걷기 좋은 길**이 많습니다.\n\n- 1코스: 시흥에서 "
    "광치기까지\n- 7코스: 서귀포에서 월평까지\n\n자세한 것은 물어보십시오.",
    "## 방법\n\n1. 물을 끓입니다.\n2. 찻잎을 넣습니다.\n\n```python\ndef tea(cups):\n    return cups * "
    "2\n```\n",
    "> 차 한 잔\n\n| 이름 | 온도 |\n|---|---:|\n| 녹차 | 80 |\n| 홍차 | 95 |\n",
    "네, 그렇습니다. 해는 지구가 서쪽에서 동쪽으로 돌기 때문에 동쪽에서 뜨는 것처럼 보입니다.",
  };
  DadamMessage *message = dadam_message_new (i % 2 == 0 ? DADAM_ROLE_USER : DADAM_ROLE_ASSISTANT,
                                             i % 2 == 0 ? "그러면 다음은 무엇을 하면 좋을까요?"
                                                        : answers[i / 2 % G_N_ELEMENTS (answers)]);

  dadam_message_end (message, &(DadamStats) { .made_tokens = 30, .decode_seconds = 4 });

  return message;
}

static GListStore *
create_messages (guint n)
{
  GListStore *store = g_list_store_new (DADAM_TYPE_MESSAGE);
  g_autoptr (GPtrArray) messages = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (messages, create_message (i));
  g_list_store_splice (store, 0, 0, messages->pdata, messages->len);

  return store;
}

static void
show_messages (GListStore *store)
{
  GtkWidget *stack = gtk_widget_get_ancestor (GTK_WIDGET (list ()), GTK_TYPE_STACK);

  gtk_stack_set_visible_child_name (GTK_STACK (stack), "messages");
  dadam_message_list_set_messages (list (), G_LIST_MODEL (store));
}

static int
compare (const void *a, const void *b)
{
  return (*(const double *) a > *(const double *) b) - (*(const double *) a < *(const double *) b);
}

static void
quit (gboolean is_good)
{
  test.status = is_good ? 0 : 1;
  g_application_quit (G_APPLICATION (test.application));
}

/* The end of the frame that shows what was begun. */
static void
painted_cb (void)
{
  gint64 wall = g_get_monotonic_time () - test.started;

  if (test.started == 0 || test.n_times == G_N_ELEMENTS (test.times))
    return;
  test.times[test.n_times++] = (double) (wall - (window_time_in_queue () - test.queued)) / 1000;
  test.started = 0;
}

static void
begin (void)
{
  test.started = g_get_monotonic_time ();
  test.queued = window_time_in_queue ();
}

/* ---- opening ----------------------------------------------------------- */

static gboolean
open_cb (gpointer user_data)
{
  g_autoptr (GListStore) empty = g_list_store_new (DADAM_TYPE_MESSAGE);
  g_autoptr (GListStore) messages = NULL;

  if (test.n_times < ROUNDS) {
    if (test.started != 0)
      return G_SOURCE_CONTINUE;
    show_messages (empty);
    messages = create_messages (MESSAGES);
    begin ();
    show_messages (messages);
    return G_SOURCE_CONTINUE;
  }
  qsort (test.times, test.n_times, sizeof test.times[0], compare);
  g_print ("%u messages open in %.0f ms (%.0f to %.0f)\n", MESSAGES, test.times[ROUNDS / 2],
           test.times[0], test.times[ROUNDS - 1]);
  quit (test.times[ROUNDS / 2] <= OPEN_LIMIT);

  return G_SOURCE_REMOVE;
}

/* ---- keys -------------------------------------------------------------- */

static gboolean
key_cb (void)
{
  if (test.started == 0)
    begin ();

  return GDK_EVENT_PROPAGATE;
}

static gboolean
keys_done_cb (gpointer user_data)
{
  if (test.n_times < KEYS)
    return G_SOURCE_CONTINUE;
  qsort (test.times, test.n_times, sizeof test.times[0], compare);
  g_print ("%u keys: p50 %.1f ms, p95 %.1f ms, most %.1f ms\n", test.n_times, test.times[KEYS / 2],
           test.times[KEYS * 95 / 100], test.times[KEYS - 1]);
  quit (test.times[KEYS * 95 / 100] <= KEY_LIMIT && test.times[KEYS - 1] <= KEY_MOST);

  return G_SOURCE_REMOVE;
}

static gboolean
type_cb (gpointer user_data)
{
  g_autofree char *text = g_strnfill (KEYS + 10, 'a');
  GtkEventController *controller = gtk_event_controller_key_new ();

  gtk_event_controller_set_propagation_phase (controller, GTK_PHASE_CAPTURE);
  g_signal_connect (controller, "key-pressed", G_CALLBACK (key_cb), NULL);
  gtk_widget_add_controller (window (), controller);
  dadam_composer_focus (DADAM_COMPOSER (window_find (window (), DADAM_TYPE_COMPOSER)));
  g_spawn_async (NULL,
                 (char *[]) { (char *) "xdotool", (char *) "type", (char *) "--delay",
                              (char *) "150", text, NULL },
                 NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL);
  g_timeout_add (100, keys_done_cb, NULL);

  return G_SOURCE_REMOVE;
}

static gboolean
send_cb (gpointer user_data)
{
  GtkWidget *composer = window_find (window (), DADAM_TYPE_COMPOSER);

  if (!gtk_widget_get_mapped (composer))
    return G_SOURCE_CONTINUE;
  g_signal_emit_by_name (composer, "send", "Tell me everything you know about the sea.");
  g_timeout_add (2500, type_cb, NULL);

  return G_SOURCE_REMOVE;
}

static void
measure_keys (void)
{
  g_autoptr (GFile) file = g_file_new_for_path (test.path);

  g_application_open (G_APPLICATION (test.application), &file, 1, "");
  g_timeout_add (100, send_cb, NULL);
}

/* ---- memory ------------------------------------------------------------ */

#define TURNS 1000
#define FIRST 100 /* the turn to compare with */
#define ANSWER "{\"max_tokens\":8}"

static gboolean
is_answered (void)
{
  GtkSelectionModel *selection = gtk_list_view_get_model (list ());
  guint n = g_list_model_get_n_items (G_LIST_MODEL (selection));
  g_autoptr (DadamMessage) last = n > 0 ? g_list_model_get_item (G_LIST_MODEL (selection), n - 1)
                                        : NULL;

  return n == 2 * test.n_turns
         && (last == NULL || dadam_message_get_state (last) == DADAM_MESSAGE_ENDED);
}

static gboolean
say_cb (gpointer user_data)
{
  GtkWidget *composer = window_find (window (), DADAM_TYPE_COMPOSER);
  g_autofree char *text = NULL;
  double grown;

  if (!gtk_widget_get_mapped (composer) || !is_answered ())
    return G_SOURCE_CONTINUE;
  if (test.n_turns == FIRST)
    test.memory = resident ();
  if (test.n_turns < TURNS) {
    text = g_strdup_printf ("그러면 %u번째로는 무엇을 하면 좋을까요?", ++test.n_turns);
    g_signal_emit_by_name (composer, "send", text);
    return G_SOURCE_CONTINUE;
  }
  grown = resident () - test.memory;
  g_print ("%.1f MB at turn %u, %.1f MB more at turn %u\n", test.memory / 1048576, FIRST,
           grown / 1048576, TURNS);
  quit (grown <= MEMORY_LIMIT);

  return G_SOURCE_REMOVE;
}

static void
measure_memory (void)
{
  g_autoptr (GSettings) settings = dadam_settings_new ();
  g_autoptr (GFile) file = g_file_new_for_path (test.path);
  g_autofree char *path = g_file_get_path (file); /* whole, as models are known by */

  dadam_settings_set_choices (settings, path, ANSWER);
  g_application_open (G_APPLICATION (test.application), &file, 1, "");
  g_timeout_add (4, say_cb, NULL);
}

/* ---- the program ------------------------------------------------------- */

static gboolean
start_cb (gpointer user_data)
{
  g_signal_connect (gtk_widget_get_frame_clock (window ()), "after-paint", G_CALLBACK (painted_cb),
                    NULL);
  if (g_str_equal (test.mode, "open"))
    g_timeout_add (200, open_cb, NULL);
  else if (g_str_equal (test.mode, "keys"))
    measure_keys ();
  else
    measure_memory ();

  return G_SOURCE_REMOVE;
}

static void
activate_cb (void)
{
  g_timeout_add (1500, start_cb, NULL);
}

int
main (int argc, char **argv)
{
  if (argc < 3)
    return 2;
  setlocale (LC_ALL, "");
  test.path = argv[1];
  test.mode = argv[2];
  test.status = 1;
  test.application = dadam_application_new ();
  g_signal_connect_after (test.application, "activate", G_CALLBACK (activate_cb), NULL);
  g_application_run (G_APPLICATION (test.application), 1, argv);
  g_object_unref (test.application);

  return test.status;
}
