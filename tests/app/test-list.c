/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test-list [ROWS]: the list of so many conversations is filled, then scrolled from its
 * beginning to its end and back; no iteration of the main loop may take longer than 50 ms
 * while it scrolls.  What is the machine's is left out (window.h); up to five times are
 * tried.
 */
#include "config.h"

#include <glib/gstdio.h>
#include <stdlib.h>

#include "dadam-archive-private.h"
#include "dadam-conversation-list.h"

#include "window.h"

#define LIMIT (50 * 1000)
#define TRIES 5
#define FRAMES 120 /* each way */

static gboolean is_measuring;
static WindowWatch watch;
static gint64 longest;
static gint64 begun;
static guint n_frames;
static guint n_rows = 10000;
static guint n_tries;
static GMainLoop *loop;

static int
poll_cb (GPollFD *fds, guint n_fds, int timeout)
{
  int result;

  if (is_measuring)
    window_watch_end (&watch);
  result = g_poll (fds, n_fds, timeout);
  if (is_measuring)
    window_watch_begin (&watch);

  return result;
}

static void
fill (DadamArchive *archive)
{
  gint64 now = g_get_real_time ();

  for (guint i = 0; i < n_rows; i++) {
    g_autofree char *title = g_strdup_printf ("제주도 여행 일정을 짜 줘 (%u)", i);
    g_autoptr (DadamSummary) summary = dadam_summary_new (i + 1, DADAM_KIND_CHAT, title,
                                                          now - i * (G_TIME_SPAN_DAY / 8));

    dadam_archive_add (archive, summary);
  }
}

static gboolean
scroll_cb (GtkWidget *list, GdkFrameClock *clock, gpointer user_data)
{
  GtkAdjustment *adjustment = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (list));
  double end = gtk_adjustment_get_upper (adjustment) - gtk_adjustment_get_page_size (adjustment);
  guint step = n_frames % (2 * FRAMES);

  if (n_frames == 0) {
    watch = (WindowWatch) { 0 };
    window_watch_begin (&watch);
    is_measuring = TRUE;
    begun = g_get_monotonic_time ();
  }
  gtk_adjustment_set_value (adjustment, end * (step < FRAMES ? step : 2 * FRAMES - step) / FRAMES);
  if (++n_frames < 2 * FRAMES)
    return G_SOURCE_CONTINUE;

  is_measuring = FALSE;
  longest = window_watch_get_longest (&watch);
  n_tries++;
  g_print (
      "try %u: %u rows, %u frames in %.2f s, the longest iteration %.1f ms (%.1f ms with waiting "
      "for a processor)\n",
      n_tries, n_rows, n_frames, (double) (g_get_monotonic_time () - begun) / 1e6,
      (double) longest / 1000, (double) watch.longest_wall / 1000);
  n_frames = 0;
  if (longest > LIMIT && n_tries < TRIES)
    return G_SOURCE_CONTINUE;
  g_main_loop_quit (loop);

  return G_SOURCE_REMOVE;
}

static gboolean
begin_cb (gpointer list)
{
  gtk_widget_add_tick_callback (list, scroll_cb, NULL, NULL);

  return G_SOURCE_REMOVE;
}

int
main (int argc, char **argv)
{
  g_autofree char *folder = g_dir_make_tmp ("dadam-list-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "list.db", NULL);
  DadamArchive *archive;
  GtkWidget *window, *list;
  gint64 filled;

  if (argc > 1)
    n_rows = (guint) atoi (argv[1]);
  adw_init ();
  loop = g_main_loop_new (NULL, FALSE);
  archive = dadam_archive_new (path);
  list = g_object_new (DADAM_TYPE_CONVERSATION_LIST, NULL);
  filled = g_get_monotonic_time ();
  fill (archive);
  dadam_conversation_list_set_archive (DADAM_CONVERSATION_LIST (list), archive);
  g_print ("filled in %.1f ms\n", (double) (g_get_monotonic_time () - filled) / 1e3);
  window = gtk_window_new ();
  gtk_window_set_default_size (GTK_WINDOW (window), 300, 720);
  gtk_window_set_child (GTK_WINDOW (window), list);
  gtk_window_present (GTK_WINDOW (window));
  g_main_context_set_poll_func (NULL, poll_cb);
  g_timeout_add (1000, begin_cb, window_find (list, GTK_TYPE_LIST_VIEW));
  g_main_loop_run (loop);

  gtk_window_destroy (GTK_WINDOW (window));
  dadam_archive_close (archive);
  g_object_unref (archive);
  g_main_loop_unref (loop);
  g_unlink (path);
  g_rmdir (folder);

  return longest <= LIMIT ? 0 : 1;
}
