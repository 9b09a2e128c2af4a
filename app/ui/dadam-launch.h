/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is opened in other programs: web pages, and the folders that files are in.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void dadam_launch_web_page (GtkWidget *widget, const char *uri);
void dadam_launch_folder (GtkWidget *widget, GFile *file);

G_END_DECLS
