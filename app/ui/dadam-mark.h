/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Marks words that were looked for, where they stand in the texts of a widget.
 */
#pragma once

#include <gtk/gtk.h>

#include "dadam-fold.h"

G_BEGIN_DECLS

void dadam_mark_words (GtkWidget *widget, DadamQuery *query);

G_END_DECLS
