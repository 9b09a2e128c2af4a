/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A file that is not whole yet: `NAME.part`, the facts it must come to in
 * `NAME.part.json`, and in `NAME.part.marks` a digest of everything before each
 * boundary of a block.  Whatever a crash or a loss of power leaves of the three,
 * opening them again finds the longest beginning that is surely right.
 *
 * Used by one worker's thread.
 */
#pragma once

#include "dadam-facts.h"

G_BEGIN_DECLS

typedef struct _DadamPart DadamPart;

char *dadam_part_facts_path (const char *final);
gint64 dadam_part_peek (const char *final);
gint64 dadam_part_get_missing (const char *final, gint64 size);
gboolean dadam_part_announce (const char *final, const DadamFacts *facts, GError **error);
DadamPart *dadam_part_open (const char *final,
                            const DadamFacts *facts,
                            gint64 *checked,
                            GCancellable *cancellable,
                            GError **error);
gint64 dadam_part_get_offset (DadamPart *self);
gboolean dadam_part_restart (DadamPart *self, GError **error);
guint8 *dadam_part_get_room (DadamPart *self, gsize *room);
gboolean dadam_part_append (DadamPart *self, gsize length, GError **error);
char *dadam_part_finish (DadamPart *self, GError **error);
gboolean dadam_part_publish (DadamPart *self, GError **error);
void dadam_part_discard (const char *final);
void dadam_part_free (DadamPart *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamPart, dadam_part_free)

G_END_DECLS
