/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A list box over the archive's trash: what goes out of that goes out of the page.  What
 * cannot be undone is asked for once more.
 */
#include "config.h"

#include "dadam-trash-page.h"

#include <glib/gi18n.h>

#include "dadam-alert.h"

/* Days that the trash keeps something, and a little more than what is left of the last one. */
#define DAYS 30

typedef struct {
  DadamArchive *archive; /* owned */
  gint64 id;             /* 0: all in the trash */
} Target;

static Target *
target_new (DadamArchive *archive, gint64 id)
{
  Target *target = g_new (Target, 1);

  target->archive = g_object_ref (archive);
  target->id = id;

  return target;
}

static void
target_free (gpointer data, GClosure *closure)
{
  Target *target = data;

  g_object_unref (target->archive);
  g_free (target);
}

static void
restore_cb (GtkButton *button, gpointer user_data)
{
  Target *target = user_data;

  dadam_archive_restore (target->archive, target->id);
}

static void
confirmed_cb (AdwAlertDialog *dialog, const char *response, gpointer user_data)
{
  Target *target = user_data;

  if (!g_str_equal (response, "delete"))
    return;
  if (target->id == 0)
    dadam_archive_empty_trash (target->archive);
  else if (dadam_archive_find (target->archive, target->id) != NULL)
    dadam_archive_remove (target->archive, target->id);
}

static void
remove_cb (GtkWidget *button, gpointer user_data)
{
  Target *target = user_data;
  AdwDialog *dialog = adw_alert_dialog_new (target->id != 0
                                                ? _ ("Delete This Conversation for Good?")
                                                : _ ("Delete All of These for Good?"),
                                            _ ("This cannot be undone."));

  adw_alert_dialog_add_responses (ADW_ALERT_DIALOG (dialog), "cancel", _ ("_Cancel"), "delete",
                                  _ ("_Delete"), NULL);
  adw_alert_dialog_set_response_appearance (ADW_ALERT_DIALOG (dialog), "delete",
                                            ADW_RESPONSE_DESTRUCTIVE);
  g_signal_connect_data (dialog, "response", G_CALLBACK (confirmed_cb),
                         target_new (target->archive, target->id), target_free, G_CONNECT_DEFAULT);
  dadam_alert_present (dialog, button);
}

static void
add_button (AdwActionRow *row,
            const char *icon,
            const char *label,
            GCallback callback,
            DadamArchive *archive,
            gint64 id)
{
  GtkWidget *button = gtk_button_new_from_icon_name (icon);

  gtk_widget_set_tooltip_text (button, label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                  -1);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (button, "flat");
  g_signal_connect_data (button, "clicked", callback, target_new (archive, id), target_free,
                         G_CONNECT_DEFAULT);
  adw_action_row_add_suffix (row, button);
}

static GtkWidget *
create_row (gpointer item, gpointer user_data)
{
  DadamArchive *archive = DADAM_ARCHIVE (user_data);
  DadamSummary *summary = DADAM_SUMMARY (item);
  AdwActionRow *row = ADW_ACTION_ROW (adw_action_row_new ());
  gint64 passed = g_get_real_time () - dadam_summary_get_trashed (summary);
  guint left = (guint) CLAMP (DAYS - passed / G_TIME_SPAN_DAY, 1, DAYS);
  g_autofree char *subtitle = g_strdup_printf (ngettext ("%u day left", "%u days left", left),
                                               left);

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), dadam_summary_get_title (summary));
  adw_action_row_set_title_lines (row, 1);
  adw_action_row_set_subtitle (row, subtitle);
  add_button (row, "edit-undo-symbolic", _ ("Restore"), G_CALLBACK (restore_cb), archive,
              dadam_summary_get_id (summary));
  add_button (row, "user-trash-symbolic", _ ("Delete for Good"), G_CALLBACK (remove_cb), archive,
              dadam_summary_get_id (summary));

  return GTK_WIDGET (row);
}

static void
items_changed_cb (GListModel *trash, guint position, guint removed, guint added, GtkStack *stack)
{
  gtk_stack_set_visible_child_name (stack, g_list_model_get_n_items (trash) > 0 ? "list" : "empty");
}

static GtkWidget *
create_removal (DadamArchive *archive)
{
  GtkWidget *group = adw_preferences_group_new ();
  GtkWidget *row = adw_button_row_new ();

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _ ("Delete _All for Good…"));
  adw_preferences_row_set_use_underline (ADW_PREFERENCES_ROW (row), TRUE);
  gtk_widget_set_tooltip_text (row, _ ("Delete all for good"));
  gtk_widget_add_css_class (row, "destructive-action");
  g_signal_connect_data (row, "activated", G_CALLBACK (remove_cb), target_new (archive, 0),
                         target_free, G_CONNECT_DEFAULT);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);

  return group;
}

static GtkWidget *
create_list (DadamArchive *archive)
{
  GtkWidget *group = adw_preferences_group_new ();
  GtkWidget *page = adw_preferences_page_new ();
  GtkWidget *list = gtk_list_box_new ();

  gtk_list_box_set_selection_mode (GTK_LIST_BOX (list), GTK_SELECTION_NONE);
  gtk_widget_add_css_class (list, "boxed-list");
  gtk_list_box_bind_model (GTK_LIST_BOX (list), dadam_archive_get_trash (archive), create_row,
                           g_object_ref (archive), g_object_unref);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), list);
  adw_preferences_page_add (ADW_PREFERENCES_PAGE (page), ADW_PREFERENCES_GROUP (group));
  adw_preferences_page_add (ADW_PREFERENCES_PAGE (page),
                            ADW_PREFERENCES_GROUP (create_removal (archive)));

  return page;
}

static GtkWidget *
create_empty (void)
{
  GtkWidget *empty = adw_status_page_new ();

  adw_status_page_set_icon_name (ADW_STATUS_PAGE (empty), "user-trash-symbolic");
  adw_status_page_set_title (ADW_STATUS_PAGE (empty), _ ("Nothing Deleted"));

  return empty;
}

/* (transfer full). */
AdwNavigationPage *
dadam_trash_page_new (DadamArchive *archive)
{
  GtkWidget *view = adw_toolbar_view_new ();
  GtkWidget *stack = gtk_stack_new ();
  GListModel *trash = dadam_archive_get_trash (archive);

  gtk_stack_add_named (GTK_STACK (stack), create_list (archive), "list");
  gtk_stack_add_named (GTK_STACK (stack), create_empty (), "empty");
  g_signal_connect_object (trash, "items-changed", G_CALLBACK (items_changed_cb), stack,
                           G_CONNECT_DEFAULT);
  items_changed_cb (trash, 0, 0, 0, GTK_STACK (stack));
  adw_toolbar_view_add_top_bar (ADW_TOOLBAR_VIEW (view), adw_header_bar_new ());
  adw_toolbar_view_set_content (ADW_TOOLBAR_VIEW (view), stack);

  return adw_navigation_page_new (view, _ ("Deleted Conversations"));
}
