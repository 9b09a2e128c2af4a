/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lets two things be scrolled together.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define DADAM_TYPE_SCROLL_LINK (dadam_scroll_link_get_type ())

G_DECLARE_FINAL_TYPE (DadamScrollLink, dadam_scroll_link, DADAM, SCROLL_LINK, GObject)

DadamScrollLink *dadam_scroll_link_new (GtkAdjustment *one, GtkAdjustment *other);

G_END_DECLS
