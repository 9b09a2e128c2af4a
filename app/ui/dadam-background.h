/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What downloads need of the desktop: that the program goes on without a window,
 * that the computer does not fall asleep, and that people hear of their end.
 */
#pragma once

#include <gtk/gtk.h>

#include "dadam-manager.h"

G_BEGIN_DECLS

#define DADAM_TYPE_BACKGROUND (dadam_background_get_type ())

G_DECLARE_FINAL_TYPE (DadamBackground, dadam_background, DADAM, BACKGROUND, GObject)

DadamBackground *dadam_background_new (GtkApplication *application, DadamManager *manager);
void dadam_background_window_closed (DadamBackground *self);

G_END_DECLS
