/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Formulas as far as a line of text can show them.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *dadam_tex_to_unicode (const char *tex, gsize length);

G_END_DECLS
