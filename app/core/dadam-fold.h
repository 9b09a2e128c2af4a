/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Text as a search sees it: composed, without case, and for Hangul the initials of
 * its syllables.  A query is words, each of which must be somewhere in the text; a
 * word of two or more consonants alone is looked for among the initials too.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *dadam_fold (const char *text);
char *dadam_fold_initials (const char *folded);

typedef struct _DadamQuery DadamQuery;

DadamQuery *dadam_query_new (const char *text);
void dadam_query_free (DadamQuery *self);
gboolean dadam_query_is_empty (DadamQuery *self);
gboolean dadam_query_matches (DadamQuery *self, const char *text);
gboolean dadam_query_find (DadamQuery *self, const char *text, gsize start, gsize *from, gsize *to);
char *dadam_query_to_match (DadamQuery *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamQuery, dadam_query_free)

G_END_DECLS
