/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Follows the queue: holds the application and inhibits suspending while a download
 * works, and sends notifications where no window of ours is looked at.
 */
#include "config.h"

#include "dadam-background.h"

#include <glib/gi18n.h>

#define PORTAL "org.freedesktop.portal.Desktop"
#define GOES_ON "downloads-go-on" /* a notification's name */

struct _DadamBackground {
  GObject parent_instance;

  /* Borrowed: it owns us. */
  GtkApplication *application;

  /* Owned. */
  DadamManager *manager;

  guint inhibit; /* cookie */
  gboolean is_held;
};

G_DEFINE_FINAL_TYPE (DadamBackground, dadam_background, G_TYPE_OBJECT)

/* ---- while a download works -------------------------------------------- */

static void
begin (DadamBackground *self)
{
  self->is_held = TRUE;
  g_application_hold (G_APPLICATION (self->application));
  self->inhibit = gtk_application_inhibit (self->application,
                                           gtk_application_get_active_window (self->application),
                                           GTK_APPLICATION_INHIBIT_SUSPEND,
                                           _ ("A model is being downloaded"));
}

static void
end (DadamBackground *self)
{
  self->is_held = FALSE;
  if (self->inhibit != 0)
    gtk_application_uninhibit (self->application, self->inhibit);
  self->inhibit = 0;
  g_application_withdraw_notification (G_APPLICATION (self->application), GOES_ON);
  g_application_release (G_APPLICATION (self->application));
}

static void
active_cb (DadamBackground *self)
{
  gboolean is_active = dadam_queue_is_active (dadam_manager_get_queue (self->manager));

  if (is_active && !self->is_held)
    begin (self);
  else if (!is_active && self->is_held)
    end (self);
}

/* ---- notifications ----------------------------------------------------- */

static gboolean
is_looked_at (DadamBackground *self)
{
  GtkWindow *window = gtk_application_get_active_window (self->application);

  return window != NULL && gtk_window_is_active (window);
}

static void
finished_cb (DadamBackground *self, DadamDownload *download)
{
  gboolean is_done = dadam_download_get_state (download) == DADAM_DOWNLOAD_DONE;
  const GError *error = dadam_download_get_error (download);
  g_autoptr (GNotification) notification = NULL;
  g_autofree char *place = dadam_download_get_place (download);
  g_autofree char *name = NULL;

  if (is_looked_at (self))
    return;
  name = dadam_manager_name (self->manager, dadam_download_get_repo (download),
                             dadam_download_get_path (download));
  notification = g_notification_new (is_done ? _ ("A model is ready") : _ ("A download stopped"));
  if (is_done) {
    g_notification_set_body (notification, name);
    g_notification_set_default_action_and_target (notification, "app.open-model", "s", place);
  } else {
    g_autofree char *body = g_strdup_printf ("%s\n%s", name, error ? error->message : "");

    g_notification_set_body (notification, body);
  }
  g_application_send_notification (G_APPLICATION (self->application), place, notification);
}

/* In a sandbox the desktop is asked whether we may go on without a window. */
static void
request_background (void)
{
  g_autoptr (GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  GVariantBuilder options = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  g_variant_builder_add (&options, "{sv}", "reason",
                         g_variant_new_string (_ ("A model is being downloaded")));
  if (bus != NULL)
    g_dbus_connection_call (bus, PORTAL, "/org/freedesktop/portal/desktop",
                            "org.freedesktop.portal.Background", "RequestBackground",
                            g_variant_new ("(sa{sv})", "", &options), NULL, G_DBUS_CALL_FLAGS_NONE,
                            -1, NULL, NULL, NULL);
  else
    g_variant_builder_clear (&options);
}

/* The last window closes: if that is not the end, it is said. */
void
dadam_background_window_closed (DadamBackground *self)
{
  g_autoptr (GNotification) notification = NULL;

  g_return_if_fail (DADAM_IS_BACKGROUND (self));

  if (!self->is_held)
    return;
  if (g_file_test ("/.flatpak-info", G_FILE_TEST_EXISTS))
    request_background ();
  notification = g_notification_new (_ ("The download goes on"));
  g_notification_set_body (notification,
                           _ ("Dadam goes on without a window until it is done. It continues the "
                              "next time if it is stopped."));
  g_notification_set_default_action (notification, "app.show");
  g_notification_add_button (notification, _ ("Stop"), "app.quit");
  g_application_send_notification (G_APPLICATION (self->application), GOES_ON, notification);
}

/* ---- the class --------------------------------------------------------- */

static void
dadam_background_dispose (GObject *object)
{
  DadamBackground *self = DADAM_BACKGROUND (object);

  if (self->is_held)
    end (self);
  g_clear_object (&self->manager);

  G_OBJECT_CLASS (dadam_background_parent_class)->dispose (object);
}

static void
dadam_background_class_init (DadamBackgroundClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dadam_background_dispose;
}

static void
dadam_background_init (DadamBackground *self)
{
}

DadamBackground *
dadam_background_new (GtkApplication *application, DadamManager *manager)
{
  DadamBackground *self = g_object_new (DADAM_TYPE_BACKGROUND, NULL);
  DadamQueue *queue = dadam_manager_get_queue (manager);

  self->application = application;
  self->manager = g_object_ref (manager);
  g_signal_connect_object (queue, "notify::active", G_CALLBACK (active_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (queue, "finished", G_CALLBACK (finished_cb), self, G_CONNECT_SWAPPED);

  return self;
}
