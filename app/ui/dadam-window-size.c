/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Two settings; something else may have written them.
 */
#include "config.h"

#include "dadam-window-size.h"

#include "dadam-settings.h"

#define LARGEST 16384 /* pixels, either way */

/* As it is while no other size rules: neither maximised nor full screen. */
void
dadam_window_size_save (GtkWindow *window, GSettings *settings)
{
  int width, height;

  gtk_window_get_default_size (window, &width, &height);
  g_settings_set_boolean (settings, DADAM_SETTING_WINDOW_MAXIMIZED,
                          gtk_window_is_maximized (window));
  g_settings_set (settings, DADAM_SETTING_WINDOW_SIZE, "(ii)", width, height);
}

/* Before the window is shown.  A size that no window of ours has had is not taken over. */
void
dadam_window_size_restore (GtkWindow *window, GSettings *settings)
{
  int width, height;

  g_settings_get (settings, DADAM_SETTING_WINDOW_SIZE, "(ii)", &width, &height);
  if (width <= 0 || height <= 0 || width > LARGEST || height > LARGEST) {
    g_settings_reset (settings, DADAM_SETTING_WINDOW_SIZE);
    g_settings_get (settings, DADAM_SETTING_WINDOW_SIZE, "(ii)", &width, &height);
  }
  gtk_window_set_default_size (window, width, height);
  if (g_settings_get_boolean (settings, DADAM_SETTING_WINDOW_MAXIMIZED))
    gtk_window_maximize (window);
}
