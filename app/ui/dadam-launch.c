/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Through the portal, or the desktop where there is none.  That nothing could be opened
 * is said where it was asked for.
 */
#include "config.h"

#include "dadam-launch.h"

#include <glib/gi18n.h>

#include "dadam-toast.h"

static GtkWindow *
get_window (GtkWidget *widget)
{
  return GTK_WINDOW (gtk_widget_get_root (widget));
}

/* That a person did not choose a program after all is no news. */
static void
say_failure (GtkWidget *widget, const char *format, const GError *error)
{
  g_autofree char *text = NULL;

  if (g_error_matches (error, GTK_DIALOG_ERROR, GTK_DIALOG_ERROR_DISMISSED))
    return;
  text = g_strdup_printf (format, error->message);
  dadam_toast_say (widget, text);
}

static void
web_page_opened_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GtkWidget) widget = GTK_WIDGET (user_data);
  g_autoptr (GError) error = NULL;

  if (!gtk_uri_launcher_launch_finish (GTK_URI_LAUNCHER (object), result, &error))
    say_failure (widget, _ ("The web page could not be opened: %s"), error);
}

/**
 * dadam_launch_web_page:
 * @widget: where it was asked for, in a window
 *
 * Opens a page in the web browser, or says why that did not work.
 */
void
dadam_launch_web_page (GtkWidget *widget, const char *uri)
{
  g_autoptr (GtkUriLauncher) launcher = gtk_uri_launcher_new (uri);

  gtk_uri_launcher_launch (launcher, get_window (widget), NULL, web_page_opened_cb,
                           g_object_ref (widget));
}

static void
folder_opened_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GtkWidget) widget = GTK_WIDGET (user_data);
  g_autoptr (GError) error = NULL;

  if (!gtk_file_launcher_open_containing_folder_finish (GTK_FILE_LAUNCHER (object), result, &error))
    say_failure (widget, _ ("The folder could not be opened: %s"), error);
}

/**
 * dadam_launch_folder:
 * @widget: where it was asked for, in a window
 *
 * Shows a file among the others of its folder, or says why that did not work.
 */
void
dadam_launch_folder (GtkWidget *widget, GFile *file)
{
  g_autoptr (GtkFileLauncher) launcher = gtk_file_launcher_new (file);

  gtk_file_launcher_open_containing_folder (launcher, get_window (widget), NULL, folder_opened_cb,
                                            g_object_ref (widget));
}
