/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A table in an answer.  What is too wide is scrolled sideways.
 */
#pragma once

#include <gtk/gtk.h>

#include "dadam-block.h"

G_BEGIN_DECLS

#define DADAM_TYPE_TABLE_BLOCK (dadam_table_block_get_type ())

G_DECLARE_FINAL_TYPE (DadamTableBlock, dadam_table_block, DADAM, TABLE_BLOCK, GtkWidget)

DadamTableBlock *dadam_table_block_new (guint n_columns, gboolean has_head);
void dadam_table_block_set_cells (DadamTableBlock *self, const GArray *cells);

G_END_DECLS
