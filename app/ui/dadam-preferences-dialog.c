/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The preferences: widgets bound to settings, and groups that look after themselves.
 */
#include "config.h"

#include "dadam-preferences-dialog.h"

#include "dadam-archive-group.h"
#include "dadam-hangul.h"
#include "dadam-settings.h"
#include "dadam-token-group.h"

struct _DadamPreferencesDialog {
  AdwPreferencesDialog parent_instance;

  /* Template. */
  AdwSwitchRow *enter_sends;
  AdwSpinRow *text_zoom;
  AdwSpinRow *unload_after;
  DadamTokenGroup *token;
  DadamArchiveGroup *archive;
};

G_DEFINE_FINAL_TYPE (DadamPreferencesDialog, dadam_preferences_dialog, ADW_TYPE_PREFERENCES_DIALOG)

static void
dadam_preferences_dialog_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), DADAM_TYPE_PREFERENCES_DIALOG);

  G_OBJECT_CLASS (dadam_preferences_dialog_parent_class)->dispose (object);
}

static void
dadam_preferences_dialog_class_init (DadamPreferencesDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_preferences_dialog_dispose;

  g_type_ensure (DADAM_TYPE_ARCHIVE_GROUP);
  g_type_ensure (DADAM_TYPE_TOKEN_GROUP);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-preferences-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamPreferencesDialog, enter_sends);
  gtk_widget_class_bind_template_child (widget_class, DadamPreferencesDialog, text_zoom);
  gtk_widget_class_bind_template_child (widget_class, DadamPreferencesDialog, unload_after);
  gtk_widget_class_bind_template_child (widget_class, DadamPreferencesDialog, archive);
  gtk_widget_class_bind_template_child (widget_class, DadamPreferencesDialog, token);
}

static void
dadam_preferences_dialog_init (DadamPreferencesDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  /* The dialog itself has no children before it is shown. */
  dadam_hangul_mend (
      GTK_WIDGET (adw_preferences_dialog_get_visible_page (ADW_PREFERENCES_DIALOG (self))));
}

DadamPreferencesDialog *
dadam_preferences_dialog_new (GSettings *settings, DadamArchive *archive, DadamToken *token)
{
  DadamPreferencesDialog *self = g_object_new (DADAM_TYPE_PREFERENCES_DIALOG, NULL);

  g_settings_bind (settings, DADAM_SETTING_ENTER_SENDS, self->enter_sends, "active",
                   G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, DADAM_SETTING_UNLOAD_AFTER, self->unload_after, "value",
                   G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, DADAM_SETTING_TEXT_ZOOM, self->text_zoom, "value",
                   G_SETTINGS_BIND_DEFAULT);

  dadam_archive_group_set_archive (self->archive, archive);
  dadam_token_group_set_token (self->token, token);

  return self;
}

static gboolean
focus_cb (gpointer user_data)
{
  gtk_widget_grab_focus (GTK_WIDGET (user_data));

  return G_SOURCE_REMOVE;
}

/* A dialog has its own idea of where the focus is first; in a narrow window it becomes a sheet, which
 * has one again. */
static void
map_cb (GtkWidget *entry)
{
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, focus_cb, g_object_ref (entry), g_object_unref);
}

/* Before it is presented: where the access token is entered is in sight, and has the focus. */
void
dadam_preferences_dialog_focus_token (DadamPreferencesDialog *self)
{
  g_return_if_fail (DADAM_IS_PREFERENCES_DIALOG (self));

  g_signal_connect (dadam_token_group_get_entry (self->token), "map", G_CALLBACK (map_cb), NULL);
}
