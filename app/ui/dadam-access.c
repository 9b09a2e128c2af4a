/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Names that say more than the label does.
 */
#include "config.h"

#include "dadam-access.h"

/**
 * dadam_access_set_name:
 *
 * Names a widget, a button with a label too: "Chat" in the row of a model becomes "Chat:
 * komt Mistral 7B".  To be called again whenever the label changes.
 */
void
dadam_access_set_name (GtkWidget *widget, const char *format, ...)
{
  g_autofree char *name = NULL;
  va_list arguments;

  va_start (arguments, format);
  name = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  /* What a button's label says would go before. */
  gtk_accessible_reset_relation (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_RELATION_LABELLED_BY);
  gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}
