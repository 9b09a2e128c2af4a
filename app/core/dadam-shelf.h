/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The conversations there are and those in the trash, in the order in which they are
 * listed.  Main thread only.
 */
#pragma once

#include <gio/gio.h>

#include "dadam-summary.h"

G_BEGIN_DECLS

typedef struct _DadamShelf DadamShelf;

DadamShelf *dadam_shelf_new (void);
void dadam_shelf_free (DadamShelf *self);
GListModel *dadam_shelf_get_conversations (DadamShelf *self);
GListModel *dadam_shelf_get_trash (DadamShelf *self);
DadamSummary *dadam_shelf_find (DadamShelf *self, gint64 id);
void dadam_shelf_fill (DadamShelf *self, GPtrArray *conversations, GPtrArray *trash);
void dadam_shelf_add (DadamShelf *self, DadamSummary *summary);
void dadam_shelf_remove (DadamShelf *self, gint64 id);
void dadam_shelf_clear (DadamShelf *self);
void dadam_shelf_touch (DadamShelf *self, gint64 id, gint64 changed);
void dadam_shelf_set_is_pinned (DadamShelf *self, DadamSummary *summary, gboolean is_pinned);
void dadam_shelf_set_trashed (DadamShelf *self, DadamSummary *summary, gint64 trashed);

G_END_DECLS
