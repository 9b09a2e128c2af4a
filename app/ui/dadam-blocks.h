/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A growing text with Markdown, as a column of widgets, one for each block.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define DADAM_TYPE_BLOCKS (dadam_blocks_get_type ())

G_DECLARE_FINAL_TYPE (DadamBlocks, dadam_blocks, DADAM, BLOCKS, GtkBox)

void dadam_blocks_set_text (DadamBlocks *self, const char *text, gsize length);

G_END_DECLS
