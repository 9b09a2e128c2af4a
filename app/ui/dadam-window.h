/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The window: what is the same on every page of it.
 */
#pragma once

#include "dadam-application.h"

G_BEGIN_DECLS

#define DADAM_TYPE_WINDOW (dadam_window_get_type ())

G_DECLARE_FINAL_TYPE (DadamWindow, dadam_window, DADAM, WINDOW, AdwApplicationWindow)

DadamWindow *dadam_window_new (DadamApplication *application);
void dadam_window_open_file (DadamWindow *self, GFile *file);

G_END_DECLS
