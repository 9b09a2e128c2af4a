/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * empty-window: an AdwApplicationWindow with nothing in it, up to its first frame.
 */
#include <adwaita.h>

#include "first-frame.h"

static void
activate_cb (GtkApplication *application)
{
  gtk_window_present (GTK_WINDOW (adw_application_window_new (application)));
}

int
main (void)
{
  g_autoptr (AdwApplication) application = adw_application_new (NULL, G_APPLICATION_NON_UNIQUE);

  first_frame_tell (application);
  g_signal_connect (application, "activate", G_CALLBACK (activate_cb), NULL);

  return g_application_run (G_APPLICATION (application), 0, NULL);
}
