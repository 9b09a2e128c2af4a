/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A growing text as a column of labels, one for each block.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define DADAM_TYPE_TEXT_BLOCKS (dadam_text_blocks_get_type ())

G_DECLARE_FINAL_TYPE (DadamTextBlocks, dadam_text_blocks, DADAM, TEXT_BLOCKS, GtkBox)

void dadam_text_blocks_set_text (DadamTextBlocks *self, const char *text, gsize length);

G_END_DECLS
