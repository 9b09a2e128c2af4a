/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rows of a conversation in its list view.
 */
#pragma once

#include <gtk/gtk.h>

#include "dadam-conversation.h"

G_BEGIN_DECLS

void dadam_message_list_set_up (GtkListView *list);
void dadam_message_list_set_messages (GtkListView *list, GListModel *messages);
void dadam_message_list_update (GtkListView *list,
                                DadamConversation *conversation,
                                guint n_dropped);
void dadam_message_list_set_sought (GtkListView *list, const char *sought);
void dadam_message_list_show (GtkListView *list, guint position);

G_END_DECLS
