/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The formats as a list of which one is chosen, for the conversation's model.  Closed
 * without a choice, a message that waits for it goes back to where it was written.
 */
#include "config.h"

#include "dadam-format-dialog.h"

#include <glib/gi18n.h>

#include "dadam-engine.h"
#include "dadam-hangul.h"

struct _DadamFormatDialog {
  AdwDialog parent_instance;

  /* Template. */
  AdwPreferencesGroup *group;
  GtkWidget *use;

  DadamConversation *conversation; /* owned */

  GtkCheckButton *first; /* borrowed; the leader of the radio buttons */
  const char *chosen;    /* a name of the engine's, which live for ever */
};

G_DEFINE_FINAL_TYPE (DadamFormatDialog, dadam_format_dialog, ADW_TYPE_DIALOG)

static void
toggled_cb (GtkCheckButton *check, gpointer user_data)
{
  DadamFormatDialog *self = DADAM_FORMAT_DIALOG (user_data);

  if (!gtk_check_button_get_active (check))
    return;
  self->chosen = g_object_get_data (G_OBJECT (check), "format");
  gtk_widget_set_sensitive (self->use, TRUE);
}

static void
add_format (DadamFormatDialog *self, const char *name, const char *title)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *check = gtk_check_button_new ();

  g_object_set_data (G_OBJECT (check), "format", (gpointer) name);
  gtk_widget_set_valign (check, GTK_ALIGN_CENTER);
  gtk_check_button_set_group (GTK_CHECK_BUTTON (check), self->first);
  if (self->first == NULL)
    self->first = GTK_CHECK_BUTTON (check);
  g_signal_connect_object (check, "toggled", G_CALLBACK (toggled_cb), self, G_CONNECT_DEFAULT);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), name);
  adw_action_row_add_prefix (ADW_ACTION_ROW (row), check);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), check);
  adw_preferences_group_add (self->group, row);
}

static void
use_cb (DadamFormatDialog *self)
{
  dadam_model_set_format (dadam_conversation_get_model (self->conversation), self->chosen);
  adw_dialog_close (ADW_DIALOG (self));
}

static void
dadam_format_dialog_closed (AdwDialog *dialog)
{
  DadamConversation *conversation = DADAM_FORMAT_DIALOG (dialog)->conversation;

  if (dadam_conversation_needs_format (conversation))
    dadam_conversation_stop (conversation);
}

static void
dadam_format_dialog_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), DADAM_TYPE_FORMAT_DIALOG);
  g_clear_object (&DADAM_FORMAT_DIALOG (object)->conversation);

  G_OBJECT_CLASS (dadam_format_dialog_parent_class)->dispose (object);
}

static void
dadam_format_dialog_class_init (DadamFormatDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_format_dialog_dispose;
  ADW_DIALOG_CLASS (klass)->closed = dadam_format_dialog_closed;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-format-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamFormatDialog, group);
  gtk_widget_class_bind_template_child (widget_class, DadamFormatDialog, use);
  gtk_widget_class_bind_template_callback (widget_class, use_cb);
}

static void
dadam_format_dialog_init (DadamFormatDialog *self)
{
  const char *name, *title;

  gtk_widget_init_template (GTK_WIDGET (self));
  for (guint i = 0; (name = dadam_engine_get_format (i, &title)) != NULL; i++)
    add_format (self, name, title);
}

/**
 * dadam_format_dialog_new:
 * @conversation: one that has a model
 */
DadamFormatDialog *
dadam_format_dialog_new (DadamConversation *conversation)
{
  DadamFormatDialog *self = g_object_new (DADAM_TYPE_FORMAT_DIALOG, NULL);
  DadamModel *model = dadam_conversation_get_model (conversation);
  g_autofree char *title = g_markup_escape_text (dadam_model_get_title (model), -1);
  g_autofree char *description = NULL;

  self->conversation = g_object_ref (conversation);
  description = g_strdup_printf (
      /* Translators: a model's name. */
      _ ("“%s” does not say which prompt format it expects. Look for it on the model’s web page: "
         "with a wrong format, the model answers badly."),
      title);
  adw_preferences_group_set_description (self->group, description);
  dadam_hangul_mend (GTK_WIDGET (self->group));

  return self;
}
