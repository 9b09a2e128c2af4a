/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Code in an answer, on a card with its language and a button that copies it.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define DADAM_TYPE_CODE_BLOCK (dadam_code_block_get_type ())

G_DECLARE_FINAL_TYPE (DadamCodeBlock, dadam_code_block, DADAM, CODE_BLOCK, GtkBox)

DadamCodeBlock *dadam_code_block_new (const char *language);
void dadam_code_block_set_text (DadamCodeBlock *self, const char *text);

G_END_DECLS
