/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The dialog of keyboard shortcuts.  libadwaita's own is newer than the version we
 * build for, and GTK's is deprecated.
 */
#include "config.h"

#include "dadam-shortcuts-dialog.h"

#include <glib/gi18n.h>

#include "dadam-actions.h"

static GtkWidget *
create_row (const DadamAction *action)
{
  GtkWidget *row = adw_action_row_new ();
  g_autofree char *keys = NULL;
  GdkModifierType modifiers = 0;
  GtkWidget *label;
  guint key = 0;

  gtk_accelerator_parse (action->accels[0], &key, &modifiers);
  keys = gtk_accelerator_get_label (key, modifiers);
  label = gtk_label_new (keys);
  gtk_widget_add_css_class (label, "dimmed");
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _ (action->title));
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), label);

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
