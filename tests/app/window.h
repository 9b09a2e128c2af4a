/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the tests inside the window's program share: finding a widget, and telling the
 * machine's time from the program's.
 */
#pragma once

#include <fcntl.h>
#include <gtk/gtk.h>
#include <stdio.h>
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
