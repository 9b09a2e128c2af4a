/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The text of one block of Markdown while it is read.  For dadam-markdown-parse.c.
 */
#pragma once

#include <md4c.h>

#include "dadam-block.h"

G_BEGIN_DECLS

typedef struct _DadamFlow DadamFlow;

DadamFlow *dadam_flow_new (void);
void dadam_flow_free (DadamFlow *self);
void dadam_flow_add (DadamFlow *self,
                     MD_TEXTTYPE type,
                     const char *text,
                     gsize length,
                     const char *line_break);
void dadam_flow_enter (DadamFlow *self, MD_SPANTYPE type, const void *detail);
void dadam_flow_leave (DadamFlow *self, MD_SPANTYPE type);
void dadam_flow_take (DadamFlow *self, DadamInline *content);
gboolean dadam_flow_take_part (DadamFlow *self, DadamInline *content);
char *dadam_flow_take_verbatim (DadamFlow *self);
void dadam_flow_drop (DadamFlow *self);
char *dadam_flow_attribute_to_text (const MD_ATTRIBUTE *attribute);

G_END_DECLS
