/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Telling who waits at the other end of standard output that a window's first frame is
 * painted.
 */
#pragma once

#include <gtk/gtk.h>
#include <stdio.h>

static inline void
first_frame_painted_cb (GdkFrameClock *clock, gpointer application)
{
  g_signal_handlers_disconnect_by_func (clock, first_frame_painted_cb, application);
  puts ("painted");
  fflush (stdout);
  g_application_quit (G_APPLICATION (application));
}

static inline void
first_frame_map_cb (GtkWidget *window, gpointer application)
{
  g_signal_connect (gtk_widget_get_frame_clock (window), "after-paint",
                    G_CALLBACK (first_frame_painted_cb), application);
}

static inline void
first_frame_added_cb (GtkApplication *application, GtkWidget *window)
{
  g_signal_connect (window, "map", G_CALLBACK (first_frame_map_cb), application);
}

/* Before the application runs. */
static inline void
first_frame_tell (gpointer application)
{
  g_signal_connect (application, "window-added", G_CALLBACK (first_frame_added_cb), NULL);
}
