/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Names for those who do not see where a widget stands.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void dadam_access_set_name (GtkWidget *widget, const char *format, ...) G_GNUC_PRINTF (2, 3);
void dadam_access_name_menus (void);

G_END_DECLS
