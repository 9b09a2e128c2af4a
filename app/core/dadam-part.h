/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A file that is not whole yet: `NAME.part`, the facts it must come to in
 * `NAME.part.json`, and in `NAME.part.marks` a digest of everything before each
 * boundary of a block.  Whatever a crash or a loss of power leaves of the three,
 * opening them again finds the longest beginning that is surely right.
 *
 * Used by one worker's thread; it makes three of its own.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What a file is to be.  Owned strings. */
typedef struct {
  char *repo;
  char *commit;
  char *path;    /* in the repository */
  char *hash;    /* %NULL: the Hub tells none */
  char *licence; /* or %NULL */
  gint64 size;
  gint64 added;  /* Unix time: the order of the queue */
  gboolean paused;
} DadamFacts;

DadamFacts *dadam_facts_new (const char *repo,
                             const char *commit,
                             const char *path,
                             const char *hash,
                             gint64 size);
DadamFacts *dadam_facts_copy (const DadamFacts *self);
void dadam_facts_free (DadamFacts *self);
DadamFacts *dadam_facts_load (const char *path);
char *dadam_facts_find_repo (const char *path);
gboolean dadam_facts_save (const DadamFacts *self,
                           const char *path,
                           gboolean whole,
                           GError **error);

typedef struct _DadamPart DadamPart;

char *dadam_part_facts_path (const char *final);
gint64 dadam_part_peek (const char *final);
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

gboolean dadam_make_folder (const char *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamPart, dadam_part_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamFacts, dadam_facts_free)

G_END_DECLS
