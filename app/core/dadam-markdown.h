/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A growing text with Markdown in it, as blocks.  CommonMark with tables,
 * strikethrough, task lists and addresses as links; no HTML; a line that ends, ends.
 * Any thread, one at a time.
 */
#pragma once

#include "dadam-block.h"

G_BEGIN_DECLS

typedef struct _DadamMarkdown DadamMarkdown;

DadamMarkdown *dadam_markdown_new (void);
void dadam_markdown_free (DadamMarkdown *self);
guint dadam_markdown_set_text (DadamMarkdown *self, const char *text, gsize length);
guint dadam_markdown_get_n_blocks (DadamMarkdown *self);
const DadamBlock *dadam_markdown_get_block (DadamMarkdown *self, guint i);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamMarkdown, dadam_markdown_free)

G_END_DECLS
