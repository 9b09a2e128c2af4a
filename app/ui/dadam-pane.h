/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The messages of one conversation, and what can be done with each: what a page that
 * holds a conversation shows, and one that holds two shows twice.
 */
#pragma once

#include <adwaita.h>

#include "dadam-conversation.h"

G_BEGIN_DECLS

#define DADAM_TYPE_PANE (dadam_pane_get_type ())

G_DECLARE_FINAL_TYPE (DadamPane, dadam_pane, DADAM, PANE, AdwBin)

void dadam_pane_set_conversation (DadamPane *self, DadamConversation *conversation);
void dadam_pane_set_n_dropped (DadamPane *self, guint n_dropped);
void dadam_pane_show_message (DadamPane *self, gint64 id);
void dadam_pane_show_position (DadamPane *self, guint position);
void dadam_pane_set_sought (DadamPane *self, const char *sought);
void dadam_pane_follow (DadamPane *self);
void dadam_pane_set_is_secret (DadamPane *self, gboolean is_secret);
GtkAdjustment *dadam_pane_get_adjustment (DadamPane *self);

G_END_DECLS
