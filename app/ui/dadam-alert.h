/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Alerts: questions, and what went wrong where that takes more than a line, for nobody can
 * scroll a toast.
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

void dadam_alert_present (AdwDialog *alert, GtkWidget *widget);
void dadam_alert_show (GtkWidget *widget, const char *heading, const char *text);

G_END_DECLS
