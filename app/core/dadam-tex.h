/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Formulas as far as a line of text can show them.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define DADAM_TEX_MOST_BYTES 4096 /* of a formula */

gboolean dadam_tex_is_prose (const char *tex, gsize length);
char *dadam_tex_to_unicode (const char *tex, gsize length);

G_END_DECLS
