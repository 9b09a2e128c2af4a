/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the tests inside the window's program share: finding a widget, its picture, and
 * telling the machine's time from the program's.
 */
#pragma once

#include <fcntl.h>
#include <gtk/gtk.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* Microseconds that this thread has waited for a processor so far; 0 where the kernel
 * does not tell. */
static inline gint64
window_time_in_queue (void)
{
  char text[128] = { 0 };
  unsigned long long delay = 0;
  int fd = open ("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    return 0;
  if (read (fd, text, sizeof text - 1) > 0 && sscanf (text, "%*u %llu", &delay) != 1)
    delay = 0;
  close (fd);

  return (gint64) (delay / 1000);
}

/* The longest iteration of the main loop, in microseconds.  All zero before the first. */
typedef struct WindowWatch {
  gint64 begun, queued, computed; /* when the iteration began */
  gint64 longest;                 /* without waiting for a processor */
  gint64 longest_computed;        /* of the thread itself */
  gint64 longest_wall;
  gint64 sum_wall, sum_queued;
} WindowWatch;

static inline gint64
window_time_computed (void)
{
  struct timespec time = { 0 };

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);

  return time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

static inline void
window_watch_begin (WindowWatch *watch)
{
  watch->queued = window_time_in_queue ();
  watch->computed = window_time_computed ();
  watch->begun = g_get_monotonic_time ();
}

static inline void
window_watch_end (WindowWatch *watch)
{
  gint64 wall = g_get_monotonic_time () - watch->begun;
  gint64 queued = window_time_in_queue () - watch->queued;

  watch->longest = MAX (watch->longest, wall - queued);
  watch->longest_computed = MAX (watch->longest_computed,
                                 window_time_computed () - watch->computed);
  watch->longest_wall = MAX (watch->longest_wall, wall);
  watch->sum_wall += wall;
  watch->sum_queued += queued;
}

/* What is the program's: where the thread waited for a processor for a fifth of its time, so
 * did the display and the buses that it waits for, and what it computed is all that can be
 * told of it. */
static inline gint64
window_watch_get_longest (const WindowWatch *watch)
{
  return watch->sum_queued > watch->sum_wall / 5 ? watch->longest_computed : watch->longest;
}

/* The first widget of a type, @widget itself or below it; %NULL: none. */
static inline GtkWidget *
window_find (GtkWidget *widget, GType type)
{
  if (G_TYPE_CHECK_INSTANCE_TYPE (widget, type))
    return widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child)) {
    GtkWidget *found = window_find (child, type);

    if (found != NULL)
      return found;
  }

  return NULL;
}

/* What a mapped widget looks like, or the @part of it; %NULL: it is between two frames. */
static inline GdkTexture *
window_render (GtkWidget *widget, const graphene_rect_t *part)
{
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (widget);
  g_autoptr (GskRenderNode) node = NULL;
  GtkSnapshot *snapshot = gtk_snapshot_new ();

  gdk_paintable_snapshot (paintable, snapshot, gdk_paintable_get_intrinsic_width (paintable),
                          gdk_paintable_get_intrinsic_height (paintable));
  node = gtk_snapshot_free_to_node (snapshot);
  if (node == NULL)
    return NULL;

  return gsk_renderer_render_texture (gtk_native_get_renderer (gtk_widget_get_native (widget)),
                                      node, part);
}
