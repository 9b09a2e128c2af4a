/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Labels for text of a message: selectable, wrapping as Korean does, with links.
 */
#pragma once

#include <gtk/gtk.h>

#include "dadam-block.h"

G_BEGIN_DECLS

GtkLabel *dadam_prose_new (void);
void dadam_prose_set_text (GtkLabel *label, const char *text, gsize length);
void dadam_prose_set_inline (GtkLabel *label, const DadamInline *content);

G_END_DECLS
