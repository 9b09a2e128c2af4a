/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A list keeps some 200 rows alive, and a row with everything in it from the start
 * takes 2 ms to make: so the parts that most rows never show are functions here.
 */
#include "config.h"

#include "dadam-message-parts.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "dadam-hangul.h"

#define N_DOTS 3

/**
 * dadam_message_parts_create_button:
 * @what: translated, for the tooltip
 * @label: (nullable): translated, for a screen reader; %NULL: as the tooltip
 * @clicked: is called with @data alone
 */
GtkWidget *
dadam_message_parts_create_button (const char *icon,
                                   const char *what,
                                   const char *label,
                                   const char *css_class,
                                   GCallback clicked,
                                   gpointer data)
{
  GtkWidget *button = gtk_button_new_from_icon_name (icon);

  gtk_widget_set_tooltip_text (button, what);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  label != NULL ? label : what, -1);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, css_class);
  g_signal_connect_swapped (button, "clicked", clicked, data);

  return button;
}

/* A small dimmed line of text, in which numbers do not jump. */
GtkWidget *
dadam_message_parts_create_caption (void)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, "caption");
  gtk_widget_add_css_class (label, "dimmed");
  gtk_widget_add_css_class (label, "numeric");

  return label;
}

static GtkWidget *
create_line (void)
{
  GtkWidget *line = gtk_separator_new (GTK_ORIENTATION_HORIZONTAL);

  gtk_widget_set_hexpand (line, TRUE);
  gtk_widget_set_valign (line, GTK_ALIGN_CENTER);

  return line;
}

/* Above it is what the model does not read any more. */
GtkWidget *
dadam_message_parts_create_horizon (void)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *label = dadam_message_parts_create_caption ();

  gtk_label_set_text (GTK_LABEL (label), _ ("The model reads from here on"));
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  dadam_hangul_mend (label);
  gtk_widget_set_margin_bottom (box, 12);
  gtk_box_append (GTK_BOX (box), create_line ());
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), create_line ());

  return box;
}

/* Three dots, until something happens. */
GtkWidget *
dadam_message_parts_create_pulse (void)
{
  GtkWidget *box = g_object_new (GTK_TYPE_BOX, "spacing", 6, "height-request", 24,
                                 "accessible-role", GTK_ACCESSIBLE_ROLE_IMG, NULL);

  gtk_accessible_update_property (GTK_ACCESSIBLE (box), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Waiting for the answer"), -1);
  gtk_widget_add_css_class (box, "pulse");
  for (guint i = 0; i < N_DOTS; i++) {
    GtkWidget *dot = adw_bin_new ();

    gtk_widget_set_valign (dot, GTK_ALIGN_CENTER);
    gtk_box_append (GTK_BOX (box), dot);
  }

  return box;
}

/* How far the model has read. */
GtkWidget *
dadam_message_parts_create_reading (GtkLabel **label, GtkProgressBar **progress)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *bar = gtk_progress_bar_new ();

  *label = GTK_LABEL (dadam_message_parts_create_caption ());
  *progress = GTK_PROGRESS_BAR (bar);
  gtk_label_set_wrap (*label, TRUE);
  gtk_widget_set_valign (bar, GTK_ALIGN_CENTER);
  gtk_widget_set_hexpand (bar, TRUE);
  gtk_widget_add_css_class (bar, "reading");
  gtk_accessible_update_property (GTK_ACCESSIBLE (bar), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Reading the conversation"), -1);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (*label));
  gtk_box_append (GTK_BOX (box), bar);

  return box;
}
