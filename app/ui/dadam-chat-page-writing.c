/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is being written on the chat page: the draft of the conversation that is shown, and
 * a message that is edited, which has the draft's place for a while.  Whatever is in the
 * composer is the conversation's draft at every moment, so nothing is lost by going away.
 */
#include "config.h"

#include "dadam-chat-page-private.h"

#include "dadam-attachment.h"

/* What was written for another conversation is that one's draft by now. */
void
dadam_chat_page_show_draft (DadamChatPage *self)
{
  gboolean is_loading = dadam_conversation_is_loading (self->conversation);
  /* It changes while it is put in. */
  g_autofree char *draft = is_loading
                               ? NULL
                               : g_strdup (dadam_conversation_get_draft (self->conversation));

  dadam_composer_set_message (self->composer, draft);
}

/* The conversation has been read: what was written meanwhile goes behind its draft. */
void
dadam_chat_page_take_written (DadamChatPage *self)
{
  g_autofree char *written = dadam_composer_get_draft (self->composer);

  dadam_conversation_add_draft (self->conversation, written);
  dadam_chat_page_show_draft (self);
}

/* An edited message is the first part of the draft, until it is sent or given up. */
static void
keep_edited (DadamChatPage *self, const char *edited)
{
  g_autofree char *draft = NULL;

  if (self->unedited == NULL)
    return;
  draft = g_str_equal (edited, self->unedited) ? g_strdup (self->put_off)
                                               : dadam_attachments_merge (edited, self->put_off);
  dadam_conversation_set_draft (self->conversation, draft);
}

void
dadam_chat_page_draft_changed_cb (DadamChatPage *self)
{
  g_autofree char *draft = dadam_composer_get_draft (self->composer);

  if (self->conversation == NULL)
    return;
  if (self->editing != NULL)
    keep_edited (self, draft);
  else
    dadam_conversation_set_draft (self->conversation, draft);
  dadam_chat_page_count (self);
}

/* A message that was not answered is part of the draft again. */
void
dadam_chat_page_returned_cb (DadamChatPage *self, const char *text)
{
  if (self->editing == NULL)
    dadam_chat_page_show_draft (self);
  else
    g_set_str (&self->put_off, dadam_conversation_get_draft (self->conversation));
}

/* ---- editing ----------------------------------------------------------- */

void
dadam_chat_page_edit (DadamChatPage *self, DadamMessage *message)
{
  g_set_str (&self->put_off, dadam_conversation_get_draft (self->conversation));
  g_set_object (&self->editing, message);
  g_clear_pointer (&self->unedited, g_free);
  dadam_composer_set_message (self->composer, dadam_message_get_text (message));
  self->unedited = dadam_composer_get_draft (self->composer);
  dadam_composer_set_is_editing (self->composer, TRUE);
  dadam_composer_focus (self->composer);
}

/* Without deciding: what was changed is in the conversation's draft. */
void
dadam_chat_page_leave_editing (DadamChatPage *self)
{
  if (self->editing == NULL)
    return;
  g_clear_object (&self->editing);
  g_clear_pointer (&self->unedited, g_free);
  g_clear_pointer (&self->put_off, g_free);
  dadam_composer_set_is_editing (self->composer, FALSE);
}

/* The message is sent, or stays as it is: on with what was being written before. */
void
dadam_chat_page_end_editing (DadamChatPage *self)
{
  if (self->editing == NULL)
    return;
  dadam_conversation_set_draft (self->conversation, self->put_off);
  dadam_chat_page_leave_editing (self);
  dadam_chat_page_show_draft (self);
}
