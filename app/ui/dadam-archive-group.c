/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rows and the dialogs that they open.  What happened is said by the preferences
 * dialog's toasts.
 */
#include "config.h"

#include "dadam-archive-group.h"

#include <glib/gi18n.h>

#include "dadam-alert.h"
#include "dadam-launch.h"
#include "dadam-toast.h"
#include "dadam-trash-page.h"

struct _DadamArchiveGroup {
  AdwPreferencesGroup parent_instance;

  /* Template. */
  AdwActionRow *place;
  GtkWidget *trash;
  GtkWidget *back_up;
  GtkWidget *remove_all;

  DadamArchive *archive; /* owned */
};

G_DEFINE_FINAL_TYPE (DadamArchiveGroup, dadam_archive_group, ADW_TYPE_PREFERENCES_GROUP)

static AdwPreferencesDialog *
get_dialog (DadamArchiveGroup *self)
{
  GtkWidget *dialog = gtk_widget_get_ancestor (GTK_WIDGET (self), ADW_TYPE_PREFERENCES_DIALOG);

  return dialog != NULL ? ADW_PREFERENCES_DIALOG (dialog) : NULL;
}

/* ---- where it is ------------------------------------------------------- */

static void
open_folder_cb (DadamArchiveGroup *self)
{
  g_autoptr (GFile) file = g_file_new_for_path (dadam_archive_get_path (self->archive));

  dadam_launch_folder (GTK_WIDGET (self), file);
}

static void
show_trash_cb (DadamArchiveGroup *self)
{
  adw_preferences_dialog_push_subpage (get_dialog (self), dadam_trash_page_new (self->archive));
}

/* ---- a copy ------------------------------------------------------------ */

static void
backed_up_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamArchiveGroup) self = DADAM_ARCHIVE_GROUP (user_data);
  g_autoptr (GError) error = NULL;

  if (dadam_archive_back_up_finish (DADAM_ARCHIVE (object), result, &error))
    dadam_toast_say (GTK_WIDGET (self), _ ("All conversations were copied"));
  else
    dadam_toast_say (GTK_WIDGET (self), error->message);
}

static void
chosen_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamArchiveGroup) self = DADAM_ARCHIVE_GROUP (user_data);
  g_autoptr (GFile) file = gtk_file_dialog_save_finish (GTK_FILE_DIALOG (object), result, NULL);

  if (file != NULL && self->archive != NULL)
    dadam_archive_back_up_async (self->archive, file, NULL, backed_up_cb, g_object_ref (self));
}

static void
back_up_cb (DadamArchiveGroup *self)
{
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *name = g_date_time_format (now, "dadam-%Y-%m-%d.db");

  gtk_file_dialog_set_title (dialog, _ ("Back Up Conversations"));
  gtk_file_dialog_set_initial_name (dialog, name);
  gtk_file_dialog_save (dialog, GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))), NULL,
                        chosen_cb, g_object_ref (self));
}

/* ---- deleting all ------------------------------------------------------ */

static void
removed_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamArchiveGroup) self = DADAM_ARCHIVE_GROUP (user_data);
  g_autoptr (GError) error = NULL;

  if (dadam_archive_remove_all_finish (DADAM_ARCHIVE (object), result, &error))
    dadam_toast_say (GTK_WIDGET (self), _ ("All conversations were deleted"));
  else
    dadam_toast_say (GTK_WIDGET (self), error->message);
}

static void
response_cb (AdwAlertDialog *dialog, const char *response, gpointer user_data)
{
  DadamArchiveGroup *self = DADAM_ARCHIVE_GROUP (user_data);

  if (g_str_equal (response, "delete"))
    dadam_archive_remove_all_async (self->archive, removed_cb, g_object_ref (self));
}

static void
remove_all_cb (DadamArchiveGroup *self)
{
  AdwDialog *dialog = adw_alert_dialog_new (
      _ ("Delete All Conversations?"),
      _ ("All conversations, those deleted before and what is being written are deleted for good. "
         "This cannot be undone."));

  adw_alert_dialog_add_responses (ADW_ALERT_DIALOG (dialog), "cancel", _ ("_Cancel"), "delete",
                                  _ ("_Delete All"), NULL);
  adw_alert_dialog_set_response_appearance (ADW_ALERT_DIALOG (dialog), "delete",
                                            ADW_RESPONSE_DESTRUCTIVE);
  g_signal_connect_object (dialog, "response", G_CALLBACK (response_cb), self, G_CONNECT_DEFAULT);
  dadam_alert_present (dialog, GTK_WIDGET (self));
}

/* ---- the class --------------------------------------------------------- */

static void
dadam_archive_group_dispose (GObject *object)
{
  DadamArchiveGroup *self = DADAM_ARCHIVE_GROUP (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_ARCHIVE_GROUP);
  g_clear_object (&self->archive);

  G_OBJECT_CLASS (dadam_archive_group_parent_class)->dispose (object);
}

static void
dadam_archive_group_class_init (DadamArchiveGroupClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_archive_group_dispose;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-archive-group.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamArchiveGroup, place);
  gtk_widget_class_bind_template_child (widget_class, DadamArchiveGroup, trash);
  gtk_widget_class_bind_template_child (widget_class, DadamArchiveGroup, back_up);
  gtk_widget_class_bind_template_child (widget_class, DadamArchiveGroup, remove_all);
  gtk_widget_class_bind_template_callback (widget_class, open_folder_cb);
  gtk_widget_class_bind_template_callback (widget_class, show_trash_cb);
  gtk_widget_class_bind_template_callback (widget_class, back_up_cb);
  gtk_widget_class_bind_template_callback (widget_class, remove_all_cb);
}

static void
dadam_archive_group_init (DadamArchiveGroup *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/* Once. */
void
dadam_archive_group_set_archive (DadamArchiveGroup *self, DadamArchive *archive)
{
  gboolean is_open = dadam_archive_get_state (archive) == DADAM_ARCHIVE_OPEN;
  g_autofree char *path = NULL;

  g_return_if_fail (DADAM_IS_ARCHIVE_GROUP (self));

  self->archive = g_object_ref (archive);
  path = g_markup_escape_text (dadam_archive_get_path (archive), -1);
  adw_action_row_set_subtitle (self->place, path);
  gtk_widget_set_sensitive (self->trash, is_open);
  gtk_widget_set_sensitive (self->back_up, is_open);
  gtk_widget_set_sensitive (self->remove_all, is_open);
}
