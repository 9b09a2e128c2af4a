/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How Korean text is set: lines break between words, hanja get Korean shapes.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

PangoAttrList *dadam_hangul_get_attributes (const char *text, gsize length);
void dadam_hangul_mend (GtkWidget *widget);
gboolean dadam_hangul_has_font (PangoContext *context);

G_END_DECLS
