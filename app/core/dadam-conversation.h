/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A conversation with one model: the branch of its messages that is shown, and the
 * answer that is being made.  What is said in it is kept in the archive.
 */
#pragma once

#include "dadam-archive.h"
#include "dadam-message.h"
#include "dadam-model.h"

G_BEGIN_DECLS

#define DADAM_TYPE_CONVERSATION (dadam_conversation_get_type ())

G_DECLARE_FINAL_TYPE (DadamConversation, dadam_conversation, DADAM, CONVERSATION, GObject)

DadamConversation *dadam_conversation_new (DadamArchive *archive);
DadamConversation *dadam_conversation_open (DadamArchive *archive, gint64 id);
gint64 dadam_conversation_get_id (DadamConversation *self);
gboolean dadam_conversation_is_loading (DadamConversation *self);
GListModel *dadam_conversation_get_messages (DadamConversation *self);
DadamModel *dadam_conversation_get_model (DadamConversation *self);
const char *dadam_conversation_get_model_path (DadamConversation *self);
const char *dadam_conversation_get_device (DadamConversation *self);
void dadam_conversation_set_model (DadamConversation *self, DadamModel *model);
gboolean dadam_conversation_is_answering (DadamConversation *self);
gboolean dadam_conversation_needs_format (DadamConversation *self);

void dadam_conversation_send (DadamConversation *self, const char *text);
void dadam_conversation_edit (DadamConversation *self, DadamMessage *question, const char *text);
void dadam_conversation_regenerate (DadamConversation *self, DadamMessage *answer);
gboolean dadam_conversation_can_continue (DadamConversation *self, DadamMessage *message);
void dadam_conversation_continue (DadamConversation *self);
void dadam_conversation_show_sibling (DadamConversation *self, DadamMessage *message, int step);
gboolean dadam_conversation_show_message (DadamConversation *self, gint64 id, guint *position);
void dadam_conversation_stop (DadamConversation *self);

const char *dadam_conversation_get_draft (DadamConversation *self);
void dadam_conversation_set_draft (DadamConversation *self, const char *draft);
void dadam_conversation_add_draft (DadamConversation *self, const char *text);
DadamChoices *dadam_conversation_get_usual (DadamConversation *self);
DadamChoices *dadam_conversation_get_choices (DadamConversation *self);
const char *dadam_conversation_get_settings (DadamConversation *self);
void dadam_conversation_set_settings (DadamConversation *self, const char *settings);

G_END_DECLS
