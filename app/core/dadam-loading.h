/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Marks that a model is being loaded, which stay when the program dies of it.  On the
 * main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

void dadam_loading_begin (const char *path, const char *devices);
void dadam_loading_end (const char *path, const char *devices);
gboolean dadam_loading_take_interrupted (const char *path, const char *devices);

G_END_DECLS
