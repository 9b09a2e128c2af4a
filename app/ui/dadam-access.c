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

/* ---- menus ------------------------------------------------------------- */

static void
name_items (GtkWidget *widget)
{
  /* A type of its own that GTK keeps to itself. */
  if (g_str_equal (G_OBJECT_TYPE_NAME (widget), "GtkModelButton")) {
    g_autofree char *text = NULL;

    g_object_get (widget, "text", &text, NULL);
    dadam_access_set_name (widget, "%s", text != NULL ? text : "");
    return;
  }
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    name_items (child);
}

static void
menu_map_cb (GtkWidget *menu)
{
  g_signal_chain_from_overridden_handler (menu);
  name_items (menu);
}

/**
 * dadam_access_name_menus:
 *
 * Names the items of all menus when they are shown: GTK 4.18 takes their names from labels
 * that it keeps from screen readers.  Once, before the first menu.
 */
void
dadam_access_name_menus (void)
{
  g_type_class_unref (g_type_class_ref (GTK_TYPE_POPOVER_MENU));
  g_signal_override_class_handler ("map", GTK_TYPE_POPOVER_MENU, G_CALLBACK (menu_map_cb));
}
