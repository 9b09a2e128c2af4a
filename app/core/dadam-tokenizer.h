/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The tokenizer “dadam” for full-text tables: every two characters that stand side by
 * side within a word, so that a phrase of them is any part of a word.
 */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

gboolean dadam_tokenizer_register (sqlite3 *db);

G_END_DECLS
