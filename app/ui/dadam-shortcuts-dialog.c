/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The dialog of keyboard shortcuts.  libadwaita's own is newer than the version we
 * build for, and GTK's is deprecated.
 */
#include "config.h"

#include "dadam-shortcuts-dialog.h"

#include <glib/gi18n.h>

#include "dadam-actions.h"

static void
append_key (GtkBox *box, const char *name)
{
  GtkWidget *label = gtk_label_new (name);

  gtk_widget_add_css_class (label, "key");
  gtk_box_append (box, label);
}

/* A cap for each key.  The last one is taken off first: it may be a plus sign itself. */
static GtkWidget *
create_keys (const char *all, guint key)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  g_autofree char *last = gtk_accelerator_get_label (key, 0);
  g_autofree char *held = g_strndup (all, strlen (all) - strlen (last));
  g_auto (GStrv) names = g_strsplit (held, "+", -1);

  for (guint i = 0; names[i] != NULL; i++)
    if (*names[i] != '\0')
      append_key (GTK_BOX (box), names[i]);
  append_key (GTK_BOX (box), key == GDK_KEY_Return ? "Enter" : last);
  gtk_widget_set_valign (box, GTK_ALIGN_CENTER);

  return box;
}

static GtkWidget *
create_row (const DadamAction *action)
{
  GtkWidget *row = adw_action_row_new ();
  g_autofree char *keys = NULL;
  GdkModifierType modifiers = 0;
  guint key = 0;

  gtk_accelerator_parse (action->accels[0], &key, &modifiers);
  keys = gtk_accelerator_get_label (key, modifiers);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _ (action->title));
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), create_keys (keys, key));
  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, keys,
                                  -1);

  return row;
}

static AdwPreferencesGroup *
create_group (DadamActionGroup group)
{
  AdwPreferencesGroup *widget = ADW_PREFERENCES_GROUP (adw_preferences_group_new ());
  gsize n_actions;
  const DadamAction *actions = dadam_actions_get (&n_actions);

  adw_preferences_group_set_title (widget, dadam_actions_get_group_title (group));
  for (gsize i = 0; i < n_actions; i++)
    if (actions[i].group == group && actions[i].accels[0] != NULL)
      adw_preferences_group_add (widget, create_row (&actions[i]));

  return widget;
}

/**
 * dadam_shortcuts_dialog_new:
 *
 * Returns: (transfer floating): the dialog
 */
AdwDialog *
dadam_shortcuts_dialog_new (void)
{
  AdwDialog *dialog = adw_dialog_new ();
  GtkWidget *view = adw_toolbar_view_new ();
  GtkWidget *page = adw_preferences_page_new ();

  for (DadamActionGroup group = 0; group < DADAM_N_GROUPS; group++)
    adw_preferences_page_add (ADW_PREFERENCES_PAGE (page), create_group (group));
  adw_toolbar_view_add_top_bar (ADW_TOOLBAR_VIEW (view), adw_header_bar_new ());
  adw_toolbar_view_set_content (ADW_TOOLBAR_VIEW (view), page);
  adw_dialog_set_title (dialog, _ ("Keyboard Shortcuts"));
  adw_dialog_set_content_width (dialog, 460);
  adw_dialog_set_content_height (dialog, 640);
  adw_dialog_set_child (dialog, view);

  return dialog;
}
