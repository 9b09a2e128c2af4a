/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What names of repositories, files and content may look like, and what a file's name
 * tells.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean dadam_hub_id_is_safe (const char *id);
gboolean dadam_hub_path_is_safe (const char *path);
gboolean dadam_hub_is_hex (const char *text, gsize length);
gboolean dadam_is_gguf (const char *path);
char *dadam_quant_from_path (const char *path);

G_END_DECLS
