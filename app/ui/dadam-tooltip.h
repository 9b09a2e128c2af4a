/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tooltips of labels that are cut.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void dadam_tooltip_show_cut (GtkLabel *label);

G_END_DECLS
