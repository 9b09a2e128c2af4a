/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Two models that are asked the same: two panes, each a conversation with a branch of
 * its own, kept together as one.  May be blind: whose answer is whose is secret until
 * the user has judged.
 */
#pragma once

#include "dadam-conversation.h"
#include "dadam-duel.h"

G_BEGIN_DECLS

#define DADAM_N_PANES 2 /* the left one is 0, the right one 1 */

#define DADAM_TYPE_COMPARISON (dadam_comparison_get_type ())

G_DECLARE_FINAL_TYPE (DadamComparison, dadam_comparison, DADAM, COMPARISON, GObject)

DadamComparison *dadam_comparison_new (DadamArchive *archive, DadamEngine *engine);
DadamComparison *dadam_comparison_open (DadamArchive *archive, DadamEngine *engine, gint64 id);
gint64 dadam_comparison_get_id (DadamComparison *self);
gboolean dadam_comparison_is_loading (DadamComparison *self);
gboolean dadam_comparison_is_empty (DadamComparison *self);
DadamConversation *dadam_comparison_get_pane (DadamComparison *self, guint pane);
gboolean dadam_comparison_is_answering (DadamComparison *self);

gboolean dadam_comparison_is_blind (DadamComparison *self);
void dadam_comparison_set_is_blind (DadamComparison *self, gboolean is_blind);
gboolean dadam_comparison_is_secret (DadamComparison *self);
gboolean dadam_comparison_can_judge (DadamComparison *self);
void dadam_comparison_judge (DadamComparison *self, DadamVerdict verdict);
DadamVerdict dadam_comparison_get_verdict (DadamComparison *self);
gboolean dadam_comparison_takes_turns (DadamComparison *self);
gboolean dadam_comparison_has_room (DadamComparison *self);
void dadam_comparison_set_takes_turns (DadamComparison *self, gboolean takes_turns);

gboolean dadam_comparison_can_send (DadamComparison *self);
void dadam_comparison_send (DadamComparison *self, const char *text);
void dadam_comparison_stop (DadamComparison *self);
gint64 dadam_comparison_copy_pane (DadamComparison *self, guint pane);

G_END_DECLS
