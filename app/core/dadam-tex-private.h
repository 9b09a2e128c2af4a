/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the reader of formulas is made of.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define DADAM_TEX_MOST_DEPTH 16

typedef struct {
  const char *p;
  const char *end;
  guint depth;
  guint n_rows; /* environments of rows that are open */
} DadamTexReader;

/* Each reads on and appends what it read; %FALSE: that cannot be shown. */
gboolean dadam_tex_read_one (DadamTexReader *reader, GString *out);
gboolean dadam_tex_read_argument (DadamTexReader *reader, GString *out);
gboolean dadam_tex_read_table (DadamTexReader *reader, const char *name, GString *out);

void dadam_tex_skip_row_gap (DadamTexReader *reader);
gboolean dadam_tex_is_table (const char *name);
const char *dadam_tex_find_sign (const char *name);

G_END_DECLS
