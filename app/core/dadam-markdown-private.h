/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The parts of Markdown: mending what CommonMark does not see beside Hangul, and
 * parsing a piece at one go.  For dadam-markdown.c and tests.
 */
#pragma once

#include "dadam-block.h"

G_BEGIN_DECLS

/* Put beside emphasis and formulas that would not be seen, and taken out again by the parser: a space
 * for old Irish, which nobody writes. */
#define DADAM_EMPHASIS_MARK "\xe1\x9a\x80"

void dadam_markdown_parse (const char *text, gsize length, GPtrArray *blocks);
void dadam_markdown_add_verbatim (GPtrArray *blocks, const char *text, gsize length);
char *dadam_markdown_mend (const char *text, gsize length, const char *fence);
gsize dadam_markdown_mend_formula (const char *text, const char *p, const char *end, GString *out);
gsize dadam_markdown_find_end (const char *text, gsize length, char **fence);

G_END_DECLS
