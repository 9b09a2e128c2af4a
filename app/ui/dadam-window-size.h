/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The size of the window from one start to the next.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void dadam_window_size_save (GtkWindow *window, GSettings *settings);
void dadam_window_size_restore (GtkWindow *window, GSettings *settings);

G_END_DECLS
