/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A conversation with one model: its messages, and the answer that is being made.
 */
#pragma once

#include "dadam-message.h"
#include "dadam-model.h"

G_BEGIN_DECLS

#define DADAM_TYPE_CONVERSATION (dadam_conversation_get_type ())

G_DECLARE_FINAL_TYPE (DadamConversation, dadam_conversation, DADAM, CONVERSATION, GObject)

DadamConversation *dadam_conversation_new (void);
GListModel *dadam_conversation_get_messages (DadamConversation *self);
DadamModel *dadam_conversation_get_model (DadamConversation *self);
void dadam_conversation_set_model (DadamConversation *self, DadamModel *model);
gboolean dadam_conversation_is_answering (DadamConversation *self);
gboolean dadam_conversation_needs_format (DadamConversation *self);
void dadam_conversation_send (DadamConversation *self, const char *text);
void dadam_conversation_stop (DadamConversation *self);
gboolean dadam_conversation_clear (DadamConversation *self);
void dadam_conversation_restore (DadamConversation *self);

G_END_DECLS
