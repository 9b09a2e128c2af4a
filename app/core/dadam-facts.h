/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a file of the Hub is to be, or is: written down beside it.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Owned strings. */
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

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamFacts, dadam_facts_free)

G_END_DECLS
