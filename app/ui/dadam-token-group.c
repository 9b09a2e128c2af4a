/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The entry holds a token only until it is applied: what is kept is never shown.
 */
#include "config.h"

#include "dadam-token-group.h"

#include <glib/gi18n.h>

#include "dadam-hangul.h"
#include "dadam-launch.h"
#include "dadam-toast.h"

struct _DadamTokenGroup {
  AdwPreferencesGroup parent_instance;

  /* Template. */
  AdwEntryRow *entry;
  AdwActionRow *state;
  GtkWidget *remove;

  DadamToken *token; /* owned */
};

G_DEFINE_FINAL_TYPE (DadamTokenGroup, dadam_token_group, ADW_TYPE_PREFERENCES_GROUP)

/* Of several lines the first. */
static void
say (DadamTokenGroup *self, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", 2);

  dadam_toast_say (GTK_WIDGET (self), lines[0]);
}

/* ---- where it is from -------------------------------------------------- */

static const char *
get_title (DadamTokenSource source)
{
  switch (source) {
  case DADAM_TOKEN_VARIABLE: return _ ("Given by HF_TOKEN");
  case DADAM_TOKEN_KEYRING: return _ ("Kept in the Keyring");
  case DADAM_TOKEN_MEMORY: return _ ("Kept Until Dadam Is Closed");
  case DADAM_TOKEN_FILE: return _ ("From a File");
  default: return "";
  }
}

static const char *
get_subtitle (DadamTokenGroup *self, DadamTokenSource source)
{
  switch (source) {
  case DADAM_TOKEN_VARIABLE: return _ ("It counts for as long as that variable is set.");
  case DADAM_TOKEN_MEMORY: return _ ("There is no open keyring to keep it in.");
  case DADAM_TOKEN_FILE: return dadam_token_get_file (self->token);
  default: return "";
  }
}

static void
show_source (DadamTokenGroup *self)
{
  DadamTokenSource source = dadam_token_get_source (self->token);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->state), get_title (source));
  adw_action_row_set_subtitle (self->state, get_subtitle (self, source));
  gtk_widget_set_visible (GTK_WIDGET (self->state), source != DADAM_TOKEN_NONE);
  gtk_widget_set_visible (self->remove,
                          source == DADAM_TOKEN_KEYRING || source == DADAM_TOKEN_MEMORY);
  gtk_widget_set_sensitive (GTK_WIDGET (self->entry), source != DADAM_TOKEN_VARIABLE);
  dadam_hangul_mend (GTK_WIDGET (self->state));
}

/* ---- entering and removing --------------------------------------------- */

/* By us and not by the user, who has nothing to apply then. */
static void
clear_entry (DadamTokenGroup *self)
{
  adw_entry_row_set_show_apply_button (self->entry, FALSE);
  gtk_editable_set_text (GTK_EDITABLE (self->entry), "");
  adw_entry_row_set_show_apply_button (self->entry, TRUE);
}

/* Escape throws away what is written here; the next one closes the dialog. */
static gboolean
key_pressed_cb (DadamTokenGroup *self, guint key)
{
  if (key != GDK_KEY_Escape || *gtk_editable_get_text (GTK_EDITABLE (self->entry)) == '\0')
    return GDK_EVENT_PROPAGATE;
  clear_entry (self);

  return GDK_EVENT_STOP;
}

static void
kept_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamTokenGroup) self = DADAM_TOKEN_GROUP (user_data);
  g_autoptr (GError) error = NULL;

  dadam_token_keep_finish (DADAM_TOKEN (object), result, &error);
  say (self, error != NULL ? error->message : _ ("The token is used from now on"));
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT)
      && gtk_widget_get_root (GTK_WIDGET (self)) != NULL)
    clear_entry (self);
}

static void
apply_cb (DadamTokenGroup *self)
{
  dadam_token_keep_async (self->token, gtk_editable_get_text (GTK_EDITABLE (self->entry)), kept_cb,
                          g_object_ref (self));
}

static void
forgotten_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamTokenGroup) self = DADAM_TOKEN_GROUP (user_data);
  g_autoptr (GError) error = NULL;

  if (dadam_token_forget_finish (DADAM_TOKEN (object), result, &error))
    say (self, _ ("The token was removed"));
  else
    say (self, error->message);
}

static void
remove_cb (DadamTokenGroup *self)
{
  dadam_token_forget_async (self->token, forgotten_cb, g_object_ref (self));
}

static void
open_web_page_cb (DadamTokenGroup *self)
{
  g_autofree char *page = dadam_token_get_web_page (self->token);

  dadam_launch_web_page (GTK_WIDGET (self), page);
}

/* ---- the class --------------------------------------------------------- */

static void
dadam_token_group_dispose (GObject *object)
{
  DadamTokenGroup *self = DADAM_TOKEN_GROUP (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_TOKEN_GROUP);
  g_clear_object (&self->token);

  G_OBJECT_CLASS (dadam_token_group_parent_class)->dispose (object);
}

static void
dadam_token_group_class_init (DadamTokenGroupClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_token_group_dispose;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-token-group.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamTokenGroup, entry);
  gtk_widget_class_bind_template_child (widget_class, DadamTokenGroup, state);
  gtk_widget_class_bind_template_child (widget_class, DadamTokenGroup, remove);
  gtk_widget_class_bind_template_callback (widget_class, apply_cb);
  gtk_widget_class_bind_template_callback (widget_class, key_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, remove_cb);
  gtk_widget_class_bind_template_callback (widget_class, open_web_page_cb);
}

static void
dadam_token_group_init (DadamTokenGroup *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/* Once. */
void
dadam_token_group_set_token (DadamTokenGroup *self, DadamToken *token)
{
  g_return_if_fail (DADAM_IS_TOKEN_GROUP (self));

  self->token = g_object_ref (token);
  g_signal_connect_object (token, "notify::source", G_CALLBACK (show_source), self,
                           G_CONNECT_SWAPPED);
  show_source (self);
}

/* (transfer none): for the focus. */
GtkWidget *
dadam_token_group_get_entry (DadamTokenGroup *self)
{
  g_return_val_if_fail (DADAM_IS_TOKEN_GROUP (self), NULL);

  return GTK_WIDGET (self->entry);
}
