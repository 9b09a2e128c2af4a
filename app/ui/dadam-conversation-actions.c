/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A group of actions in the window, and the dialogs and toasts that they need.
 */
#include "config.h"

#include "dadam-conversation-actions.h"

#include <glib/gi18n.h>

#include "dadam-export.h"
#include "dadam-toast.h"

/* Lives with the group. */
typedef struct {
  GtkWidget *window;       /* borrowed: the group is its */
  DadamToastArea *toasts; /* owned, as the next */
  DadamArchive *archive;
} Place;

static void
place_free (gpointer data, GClosure *closure)
{
  Place *place = data;

  g_object_unref (place->toasts);
  g_object_unref (place->archive);
  g_free (place);
}

/* ---- renaming ---------------------------------------------------------- */

typedef struct {
  DadamArchive *archive; /* owned */
  GtkEditable *entry;    /* the dialog's */
  gint64 id;
} Renaming;

static void
renaming_free (gpointer data, GClosure *closure)
{
  Renaming *renaming = data;

  g_object_unref (renaming->archive);
  g_free (renaming);
}

static void
renamed_cb (AdwAlertDialog *dialog, const char *response, gpointer user_data)
{
  Renaming *renaming = user_data;
  g_autofree char *title = g_strdup (gtk_editable_get_text (renaming->entry));

  if (g_str_equal (response, "rename")
      && dadam_archive_find (renaming->archive, renaming->id) != NULL)
    dadam_archive_rename (renaming->archive, renaming->id, g_strstrip (title));
}

static void
name_changed_cb (GtkEditable *entry, gpointer user_data)
{
  g_autofree char *title = g_strdup (gtk_editable_get_text (entry));

  adw_alert_dialog_set_response_enabled (ADW_ALERT_DIALOG (user_data), "rename",
                                         *g_strstrip (title) != '\0');
}

static void
rename_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  Place *place = user_data;
  gint64 id = g_variant_get_int64 (parameter);
  DadamSummary *summary = dadam_archive_find (place->archive, id);
  AdwAlertDialog *dialog;
  GtkWidget *entry;
  Renaming *renaming;

  if (summary == NULL)
    return;
  dialog = ADW_ALERT_DIALOG (adw_alert_dialog_new (_ ("Rename Conversation"), NULL));
  adw_alert_dialog_add_responses (dialog, "cancel", _ ("_Cancel"), "rename", _ ("_Rename"), NULL);
  adw_alert_dialog_set_response_appearance (dialog, "rename", ADW_RESPONSE_SUGGESTED);
  adw_alert_dialog_set_default_response (dialog, "rename");
  entry = gtk_entry_new ();
  gtk_editable_set_text (GTK_EDITABLE (entry), dadam_summary_get_title (summary));
  gtk_entry_set_activates_default (GTK_ENTRY (entry), TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Title"), -1);
  adw_alert_dialog_set_extra_child (dialog, entry);
  adw_dialog_set_focus (ADW_DIALOG (dialog), entry);
  g_signal_connect (entry, "changed", G_CALLBACK (name_changed_cb), dialog);

  renaming = g_new (Renaming, 1);
  renaming->archive = g_object_ref (place->archive);
  renaming->entry = GTK_EDITABLE (entry);
  renaming->id = id;
  g_signal_connect_data (dialog, "response", G_CALLBACK (renamed_cb), renaming, renaming_free,
                         G_CONNECT_DEFAULT);
  adw_dialog_present (ADW_DIALOG (dialog), place->window);
}

/* ---- the others -------------------------------------------------------- */

static void
set_pinned (Place *place, GVariant *parameter, gboolean is_pinned)
{
  gint64 id = g_variant_get_int64 (parameter);

  if (dadam_archive_find (place->archive, id) != NULL)
    dadam_archive_set_pinned (place->archive, id, is_pinned);
}

static void
pin_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  set_pinned (user_data, parameter, TRUE);
}

static void
unpin_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  set_pinned (user_data, parameter, FALSE);
}

static void
delete_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  Place *place = user_data;
  gint64 id = g_variant_get_int64 (parameter);
  DadamSummary *summary = dadam_archive_find (place->archive, id);
  AdwToast *toast;

  if (summary == NULL || dadam_summary_get_trashed (summary) != 0)
    return;
  dadam_archive_trash (place->archive, id);
  /* One whose first answer had not begun is none any more, and its question a draft again. */
  if (dadam_archive_find (place->archive, id) == NULL)
    return;
  toast = adw_toast_new (_ ("Conversation deleted"));
  adw_toast_set_button_label (toast, _ ("_Undo"));
  adw_toast_set_action_name (toast, "conversation.restore");
  adw_toast_set_action_target_value (toast, g_variant_new_int64 (id));
  adw_toast_set_timeout (toast, DADAM_TOAST_UNDO_SECONDS);
  adw_toast_set_priority (toast, ADW_TOAST_PRIORITY_HIGH);
  dadam_toast_area_add (place->toasts, toast);
}

static void
restore_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  Place *place = user_data;
  gint64 id = g_variant_get_int64 (parameter);

  if (dadam_archive_find (place->archive, id) == NULL)
    return;
  dadam_archive_restore (place->archive, id);
  gtk_widget_activate_action (place->window, "win.show-conversation", "x", id);
}

/* ---- exporting --------------------------------------------------------- */

typedef struct {
  DadamArchive *archive;   /* owned, as the next */
  DadamToastArea *toasts;
  gint64 id;
  DadamExport format;
} Exporting;

static void
exporting_free (Exporting *exporting)
{
  g_object_unref (exporting->archive);
  g_object_unref (exporting->toasts);
  g_free (exporting);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Exporting, exporting_free)

static void
exported_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Exporting) exporting = user_data;
  g_autoptr (GError) error = NULL;
  const char *text = _ ("Conversation exported");

  if (!dadam_archive_export_finish (DADAM_ARCHIVE (object), result, &error))
    text = error->message;
  dadam_toast_area_add (exporting->toasts, dadam_toast_new (text));
}

static void
file_chosen_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Exporting) exporting = user_data;
  g_autoptr (GFile) file = gtk_file_dialog_save_finish (GTK_FILE_DIALOG (object), result, NULL);

  if (file == NULL || dadam_archive_find (exporting->archive, exporting->id) == NULL)
    return;
  dadam_archive_export_async (exporting->archive, exporting->id, exporting->format, file, NULL,
                              exported_cb, exporting);
  exporting = NULL;
}

static void
choose_file (Place *place, GVariant *parameter, DadamExport format)
{
  gint64 id = g_variant_get_int64 (parameter);
  DadamSummary *summary = dadam_archive_find (place->archive, id);
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();
  g_autofree char *name = NULL;
  Exporting *exporting;

  if (summary == NULL)
    return;
  name = dadam_export_make_name (format, dadam_summary_get_title (summary));
  gtk_file_dialog_set_title (dialog, _ ("Export Conversation"));
  gtk_file_dialog_set_initial_name (dialog, name);
  exporting = g_new (Exporting, 1);
  exporting->archive = g_object_ref (place->archive);
  exporting->toasts = g_object_ref (place->toasts);
  exporting->id = id;
  exporting->format = format;
  gtk_file_dialog_save (dialog, GTK_WINDOW (place->window), NULL, file_chosen_cb, exporting);
}

static void
export_markdown_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  choose_file (user_data, parameter, DADAM_EXPORT_MARKDOWN);
}

static void
export_html_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  choose_file (user_data, parameter, DADAM_EXPORT_HTML);
}

static void
export_json_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  choose_file (user_data, parameter, DADAM_EXPORT_JSON);
}

/* (transfer full): what to write a conversation as. */
GMenuModel *
dadam_conversation_actions_create_exports (gint64 id)
{
  GMenu *exports = g_menu_new ();

  for (DadamExport format = DADAM_EXPORT_MARKDOWN; format <= DADAM_EXPORT_JSON; format++) {
    g_autoptr (GMenuItem) item = g_menu_item_new (dadam_export_get_title (format), NULL);
    g_autofree char *action = g_strconcat ("conversation.export-", dadam_export_get_suffix (format),
                                           NULL);

    g_menu_item_set_action_and_target (item, action, "x", id);
    g_menu_append_item (exports, item);
  }

  return G_MENU_MODEL (exports);
}

/**
 * dadam_conversation_actions_insert:
 * @window: gets the group “conversation”, and has an action “win.show-conversation”
 */
void
dadam_conversation_actions_insert (GtkWidget *window, DadamToastArea *toasts, DadamArchive *archive)
{
  const struct {
    const char *name;
    void (*callback) (GSimpleAction *, GVariant *, gpointer);
  } table[] = {
    { "rename", rename_cb },
    { "pin", pin_cb },
    { "unpin", unpin_cb },
    { "delete", delete_cb },
    { "restore", restore_cb },
    { "export-md", export_markdown_cb },
    { "export-html", export_html_cb },
    { "export-json", export_json_cb },
  };
  g_autoptr (GSimpleActionGroup) group = g_simple_action_group_new ();

  for (guint i = 0; i < G_N_ELEMENTS (table); i++) {
    g_autoptr (GSimpleAction) action = g_simple_action_new (table[i].name, G_VARIANT_TYPE_INT64);
    Place *place = g_new (Place, 1);

    place->window = window;
    place->toasts = g_object_ref (toasts);
    place->archive = g_object_ref (archive);
    g_signal_connect_data (action, "activate", G_CALLBACK (table[i].callback), place, place_free,
                           G_CONNECT_DEFAULT);
    g_action_map_add_action (G_ACTION_MAP (group), G_ACTION (action));
  }
  gtk_widget_insert_action_group (window, "conversation", G_ACTION_GROUP (group));
}
