/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The look of an attached file, in the composer and in what was sent.
 */
#include "config.h"

#include "dadam-attachment-chip.h"

#define MOST_CHARACTERS 24

/**
 * dadam_attachment_chip_new:
 *
 * Returns: (transfer floating): a box, to which a button may be appended
 */
GtkWidget *
dadam_attachment_chip_new (DadamAttachment *attachment)
{
  const char *name = dadam_attachment_get_name (attachment);
  g_autofree char *size = g_format_size (strlen (dadam_attachment_get_text (attachment)));
  GtkWidget *chip = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *label = gtk_label_new (name);
  GtkWidget *caption = gtk_label_new (size);

  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_max_width_chars (GTK_LABEL (label), MOST_CHARACTERS);
  gtk_widget_set_tooltip_text (label, name);
  gtk_widget_add_css_class (caption, "caption");
  gtk_widget_add_css_class (caption, "dimmed");
  gtk_widget_add_css_class (chip, "chip");
  gtk_box_append (GTK_BOX (chip), gtk_image_new_from_icon_name ("text-x-generic-symbolic"));
  gtk_box_append (GTK_BOX (chip), label);
  gtk_box_append (GTK_BOX (chip), caption);

  return chip;
}

/* Takes all chips out. */
void
dadam_attachment_chips_clear (AdwWrapBox *box)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (box))) != NULL)
    adw_wrap_box_remove (box, child);
}
