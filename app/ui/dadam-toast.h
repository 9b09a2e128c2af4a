/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Telling the user something in passing, from anywhere in a window.
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* Longer than what is only said: who is slow has to be able to undo something, too. */
#define DADAM_TOAST_UNDO_SECONDS 10

AdwToast *dadam_toast_new (const char *text);
void dadam_toast_show (GtkWidget *widget, AdwToast *toast);
void dadam_toast_say (GtkWidget *widget, const char *text);

G_END_DECLS
