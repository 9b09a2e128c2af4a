/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The program: starting, opening files, and the actions that no window is needed
 * for.  What happens in a window is the window's.
 */
#include "config.h"

#include "dadam-application.h"

#include <glib/gi18n.h>

#include "dadam-access.h"
#include "dadam-actions.h"
#include "dadam-background.h"
#include "dadam-guide-dialog.h"
#include "dadam-preferences-dialog.h"
#include "dadam-settings.h"
#include "dadam-shortcuts-dialog.h"
#include "dadam-window.h"

struct _DadamApplication {
  AdwApplication parent_instance;

  /* Owned, from startup to shutdown. */
  DadamEngine *engine;
  DadamLibrary *library;
  DadamArchive *archive;
  DadamManager *manager;
  DadamBackground *background;
  GSettings *settings;
  GtkCssProvider *zoom;
};

G_DEFINE_FINAL_TYPE (DadamApplication, dadam_application, ADW_TYPE_APPLICATION)

static GtkWidget *
active_window (DadamApplication *self)
{
  return GTK_WIDGET (gtk_application_get_active_window (GTK_APPLICATION (self)));
}

static DadamPreferencesDialog *
create_preferences (DadamApplication *self)
{
  return dadam_preferences_dialog_new (self->settings, self->archive,
                                       dadam_manager_get_token (self->manager));
}

static void
preferences_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  DadamApplication *self = DADAM_APPLICATION (user_data);

  adw_dialog_present (ADW_DIALOG (create_preferences (self)), active_window (self));
}

static void
enter_token_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  DadamApplication *self = DADAM_APPLICATION (user_data);
  DadamPreferencesDialog *dialog = create_preferences (self);

  dadam_preferences_dialog_focus_token (dialog);
  adw_dialog_present (ADW_DIALOG (dialog), active_window (self));
}

static void
shortcuts_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  adw_dialog_present (dadam_shortcuts_dialog_new (), active_window (DADAM_APPLICATION (user_data)));
}

static void
help_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  adw_dialog_present (dadam_guide_dialog_new (), active_window (DADAM_APPLICATION (user_data)));
}

static void
about_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  DadamApplication *self = DADAM_APPLICATION (user_data);

  adw_show_about_dialog (active_window (self), "application-name", _ ("Dadam"), "application-icon",
                         DADAM_APP_ID, "developer-name", _ ("The Dadam contributors"), "version",
                         DADAM_VERSION, "license-type", GTK_LICENSE_GPL_3_0,
                         /* Translators: your names, one a line. */
                         "translator-credits", _ ("translator-credits"), "comments",
                         _ ("Chat with Korean language models on your own computer. Nothing you "
                            "write leaves it."),
                         NULL);
}

static void
show_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_application_activate (G_APPLICATION (user_data));
}

static void
open_model_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_autoptr (GFile) file = g_file_new_for_path (g_variant_get_string (parameter, NULL));

  g_application_open (G_APPLICATION (user_data), &file, 1, "");
}

static void
window_removed_cb (DadamApplication *self)
{
  if (active_window (self) == NULL && self->background != NULL)
    dadam_background_window_closed (self->background);
}

static void
quit_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_application_quit (G_APPLICATION (user_data));
}

static const GActionEntry entries[] = {
  { "preferences", preferences_cb },
  { "enter-token", enter_token_cb },
  { "shortcuts", shortcuts_cb },
  { "help", help_cb },
  { "about", about_cb },
  { "show", show_cb },
  { "open-model", open_model_cb, "s" },
  { "quit", quit_cb },
};

/* The text of conversations is body size times the zoom. */
static void
zoom_changed_cb (DadamApplication *self)
{
  g_autofree char *css = NULL;

  css = g_strdup_printf (".zoomed { font-size: %d%%; }",
                         g_settings_get_int (self->settings, DADAM_SETTING_TEXT_ZOOM));
  gtk_css_provider_load_from_string (self->zoom, css);
}

static void
dadam_application_startup (GApplication *application)
{
  DadamApplication *self = DADAM_APPLICATION (application);

  G_APPLICATION_CLASS (dadam_application_parent_class)->startup (application);

  gtk_window_set_default_icon_name (DADAM_APP_ID);
  /* A paragraph that the focus comes to would be selected, as if to be copied or overwritten. */
  g_object_set (gtk_settings_get_default (), "gtk-label-select-on-focus", FALSE, NULL);
  dadam_actions_set_accels (GTK_APPLICATION (self));
  dadam_access_name_menus ();
  self->engine = dadam_engine_new ();
  self->settings = dadam_settings_new ();
  self->library = dadam_library_new (self->engine, self->settings);
  self->archive = dadam_archive_new (NULL);

  self->zoom = gtk_css_provider_new ();
  gtk_style_context_add_provider_for_display (gdk_display_get_default (),
                                              GTK_STYLE_PROVIDER (self->zoom),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  g_signal_connect_object (self->settings, "changed::" DADAM_SETTING_TEXT_ZOOM,
                           G_CALLBACK (zoom_changed_cb), self, G_CONNECT_SWAPPED);
  zoom_changed_cb (self);

  self->manager = dadam_manager_new (self->engine);
  dadam_library_set_store (self->library, dadam_manager_get_store (self->manager));
  self->background = dadam_background_new (GTK_APPLICATION (self), self->manager);
  dadam_manager_start (self->manager);
}

static DadamWindow *
ensure_window (DadamApplication *self)
{
  GtkWidget *window = active_window (self);

  if (window == NULL) {
    window = GTK_WIDGET (dadam_window_new (self));
    if (DADAM_DEVEL)
      gtk_widget_add_css_class (window, "devel");
  }

  return DADAM_WINDOW (window);
}

static void
dadam_application_activate (GApplication *application)
{
  gtk_window_present (GTK_WINDOW (ensure_window (DADAM_APPLICATION (application))));
}

/* Of several files the first one counts: a chat has one model. */
static void
dadam_application_open (GApplication *application, GFile **files, int n_files, const char *hint)
{
  DadamWindow *window = ensure_window (DADAM_APPLICATION (application));

  dadam_window_open_file (window, files[0]);
  gtk_window_present (GTK_WINDOW (window));
}

/* The windows go first: their sessions and models are closed on the engine thread.  Then the
 * conversations that still answer, and all is written. */
static void
dadam_application_shutdown (GApplication *application)
{
  DadamApplication *self = DADAM_APPLICATION (application);
  GtkWidget *window;

  while ((window = active_window (self)) != NULL)
    gtk_window_destroy (GTK_WINDOW (window));
  g_clear_object (&self->background);
  dadam_manager_stop (self->manager);
  g_clear_object (&self->manager);
  dadam_archive_close (self->archive);
  g_clear_object (&self->archive);
  g_clear_object (&self->library);
  g_clear_object (&self->engine);
  g_clear_object (&self->settings);
  g_clear_object (&self->zoom);

  G_APPLICATION_CLASS (dadam_application_parent_class)->shutdown (application);
}

static void
dadam_application_class_init (DadamApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  application_class->startup = dadam_application_startup;
  application_class->activate = dadam_application_activate;
  application_class->open = dadam_application_open;
  application_class->shutdown = dadam_application_shutdown;
}

static void
dadam_application_init (DadamApplication *self)
{
  g_signal_connect (self, "window-removed", G_CALLBACK (window_removed_cb), NULL);
  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
}

DadamApplication *
dadam_application_new (void)
{
  return g_object_new (DADAM_TYPE_APPLICATION, "application-id", DADAM_APP_ID, "resource-base-path",
                       DADAM_RESOURCE_PATH, "flags", G_APPLICATION_HANDLES_OPEN, NULL);
}

/* (transfer none), as those below; %NULL before startup. */
DadamEngine *
dadam_application_get_engine (DadamApplication *self)
{
  g_return_val_if_fail (DADAM_IS_APPLICATION (self), NULL);

  return self->engine;
}

DadamLibrary *
dadam_application_get_library (DadamApplication *self)
{
  g_return_val_if_fail (DADAM_IS_APPLICATION (self), NULL);

  return self->library;
}

DadamArchive *
dadam_application_get_archive (DadamApplication *self)
{
  g_return_val_if_fail (DADAM_IS_APPLICATION (self), NULL);

  return self->archive;
}

DadamManager *
dadam_application_get_manager (DadamApplication *self)
{
  g_return_val_if_fail (DADAM_IS_APPLICATION (self), NULL);

  return self->manager;
}

GSettings *
dadam_application_get_settings (DadamApplication *self)
{
  g_return_val_if_fail (DADAM_IS_APPLICATION (self), NULL);

  return self->settings;
}
