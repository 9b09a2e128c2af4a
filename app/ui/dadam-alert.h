/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What went wrong, where that takes more than a line: nobody can scroll a toast.
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

void dadam_alert_show (GtkWidget *widget, const char *heading, const char *text);

G_END_DECLS
