/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is being written on the compare page.  Whatever is in the composer is the draft of
 * the comparison that is shown, kept with its left pane.
 */
#include "config.h"

#include "dadam-compare-page-private.h"

#include "dadam-attachment.h"

/* What was written for another comparison is that one's draft by now. */
void
dadam_compare_page_show_draft (DadamComparePage *self)
{
  gboolean is_loading = dadam_comparison_is_loading (self->comparison);
  DadamConversation *pane = dadam_compare_page_get_pane (self, 0);
  /* It changes while it is put in. */
  g_autofree char *draft = is_loading ? NULL : g_strdup (dadam_conversation_get_draft (pane));

  dadam_composer_set_message (self->composer, draft);
}

void
dadam_compare_page_draft_changed_cb (DadamComparePage *self)
{
  g_autofree char *draft = dadam_composer_get_draft (self->composer);

  if (self->comparison != NULL)
    dadam_conversation_set_draft (dadam_compare_page_get_pane (self, 0), draft);
}

/* Once, if the comparison had to be read: what was written meanwhile goes behind its draft. */
void
dadam_compare_page_read_cb (DadamComparePage *self)
{
  g_autofree char *written = dadam_composer_get_draft (self->composer);

  if (dadam_comparison_is_loading (self->comparison))
    return;
  g_signal_handlers_disconnect_by_func (self->comparison, dadam_compare_page_read_cb, self);
  dadam_conversation_add_draft (dadam_compare_page_get_pane (self, 0), written);
  dadam_compare_page_show_draft (self);
}

/* Puts a question before what has been written. */
void
dadam_compare_page_write_before (DadamComparePage *self, const char *question)
{
  g_autofree char *draft = dadam_composer_get_draft (self->composer);
  g_autofree char *all = NULL;

  if (g_str_equal (draft, question))
    return;
  all = dadam_attachments_merge (question, draft);
  dadam_composer_set_message (self->composer, all);
}

/* To be asked of both once more. */
void
dadam_compare_page_ask_again_cb (DadamComparePage *self, DadamMessage *message)
{
  dadam_compare_page_write_before (self, dadam_message_get_text (message));
  dadam_composer_focus (self->composer);
}
