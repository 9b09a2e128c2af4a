/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The parts of a message's row, each made when it is needed first.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

GtkWidget *dadam_message_parts_create_button (const char *icon,
                                              const char *what,
                                              const char *label,
                                              const char *css_class,
                                              GCallback clicked,
                                              gpointer data);
GtkWidget *dadam_message_parts_create_horizon (void);
GtkWidget *dadam_message_parts_create_pulse (void);
GtkWidget *dadam_message_parts_create_reading (GtkLabel **label, GtkProgressBar **progress);
GtkWidget *dadam_message_parts_create_caption (void);

G_END_DECLS
