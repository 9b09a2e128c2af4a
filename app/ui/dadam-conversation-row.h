/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A conversation in the sidebar: its title, and a menu of what can be done with it.
 */
#pragma once

#include <gtk/gtk.h>

#include "dadam-summary.h"

G_BEGIN_DECLS

#define DADAM_TYPE_CONVERSATION_ROW (dadam_conversation_row_get_type ())

G_DECLARE_FINAL_TYPE (DadamConversationRow, dadam_conversation_row, DADAM, CONVERSATION_ROW, GtkBox)

DadamConversationRow *dadam_conversation_row_new (void);
void dadam_conversation_row_set_summary (DadamConversationRow *self, DadamSummary *summary);
void dadam_conversation_row_show_menu (DadamConversationRow *self);

G_END_DECLS
