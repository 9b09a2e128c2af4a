/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The messages of a conversation as a tree, and the one branch of it that is shown.
 * A message has been regenerated or edited where it has siblings.
 */
#pragma once

#include "dadam-message.h"

G_BEGIN_DECLS

typedef struct _DadamTree DadamTree;

DadamTree *dadam_tree_new (void);
void dadam_tree_free (DadamTree *self);
GListModel *dadam_tree_get_branch (DadamTree *self);
DadamMessage *dadam_tree_get (DadamTree *self, gint64 id);
DadamMessage *dadam_tree_get_chosen (DadamTree *self, gint64 parent);
DadamMessage *dadam_tree_get_sibling (DadamTree *self, DadamMessage *message, int step);
gint64 dadam_tree_get_last (DadamTree *self);
void dadam_tree_add (DadamTree *self, DadamMessage *message);
void dadam_tree_remove (DadamTree *self, DadamMessage *message);
void dadam_tree_choose (DadamTree *self, gint64 parent, gint64 id);
void dadam_tree_show (DadamTree *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamTree, dadam_tree_free)

G_END_DECLS
