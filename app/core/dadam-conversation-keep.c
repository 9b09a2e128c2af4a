/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Keeping a conversation: read when it is opened; every step of it written by one
 * change; a growing answer again and again; the draft when the writing pauses.
 */
#include "config.h"

#include "dadam-conversation-private.h"

#include "dadam-attachment.h"

/* So much of an answer may be lost, with room for the writing to be late. */
#define TICK_MS 500
#define DRAFT_MS 500

/* What is being written before there is a conversation is kept under this name. */
#define NEW_DRAFT(self) ((self)->is_pane ? "comparison-draft" : "draft")

/* ---- reading ----------------------------------------------------------- */

static void
take_stored (DadamConversation *self, DadamStored *stored)
{
  for (guint i = 0; i < stored->messages->len; i++)
    dadam_message_set_veil (stored->messages->pdata[i], self->veil);
  dadam_stored_plant (stored, self->tree);
  g_set_str (&self->draft, stored->draft);
  g_set_str (&self->settings, stored->settings);
  g_set_str (&self->model_path, stored->model);
  g_set_str (&self->device, stored->device);
  dadam_tree_show (self->tree);
}

static void
loaded_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamConversation) self = DADAM_CONVERSATION (user_data);
  g_autoptr (GError) error = NULL;
  DadamStored *stored = dadam_archive_load_finish (result, &error);

  if (self->archive == NULL) {
    g_clear_pointer (&stored, dadam_stored_free);
    return;
  }
  self->is_loading = FALSE;
  if (stored != NULL)
    take_stored (self, stored);
  else
    g_signal_emit_by_name (self, "failed", error);
  g_clear_pointer (&stored, dadam_stored_free);
  g_signal_emit_by_name (self, "changed");
}

void
dadam_conversation_load (DadamConversation *self, gint64 id)
{
  self->id = id;
  self->is_loading = TRUE;
  if (!self->is_pane)
    dadam_archive_set_in_use (self->archive, id, G_OBJECT (self));
  dadam_archive_load_async (self->archive, id, self->pane, loaded_cb, g_object_ref (self));
}

/* ---- writing ----------------------------------------------------------- */

/* @title: of the conversation, which is added to the archive with it if it is new. */
DadamChange *
dadam_conversation_begin_change (DadamConversation *self, const char *title)
{
  gint64 now = g_get_real_time ();
  DadamChange *change;

  if (self->id != 0) {
    change = dadam_change_new (self->id);
    dadam_change_set_changed (change, now);
    dadam_archive_touch (self->archive, self->id, now);
    return change;
  }

  self->id = dadam_archive_make_id (self->archive);
  change = dadam_change_new (self->id);
  dadam_change_create (change, DADAM_KIND_CHAT, title, now);
  if (self->settings != NULL)
    dadam_change_set_settings (change, 0, self->settings);
  dadam_archive_set_in_use (self->archive, self->id, G_OBJECT (self));
  if (dadam_archive_get_state (self->archive) != DADAM_ARCHIVE_UNAVAILABLE) {
    g_autoptr (DadamSummary) summary = dadam_summary_new (self->id, DADAM_KIND_CHAT, title, now);

    dadam_archive_add (self->archive, summary);
  }
  dadam_archive_note_value (self->archive, change, NEW_DRAFT (self), NULL);

  return change;
}

/* (transfer full) the change. */
void
dadam_conversation_write (DadamConversation *self, DadamChange *change)
{
  if (self->is_gone)
    dadam_change_free (change);
  else
    dadam_archive_write (self->archive, change);
}

/* Whether it is with another one, or on another device, than was known. */
static gboolean
take_model (DadamConversation *self)
{
  gboolean is_other = g_set_str (&self->model_path, dadam_model_get_path (self->model));

  return g_set_str (&self->device, dadam_model_get_own_device (self->model)) || is_other;
}

/* Tells a change whom it is with, and on which device. */
void
dadam_conversation_put_model (DadamConversation *self, DadamChange *change)
{
  take_model (self);
  dadam_change_set_model (change, self->pane, self->model_path);
  dadam_change_set_device (change, self->pane, self->device);
}

/* Whom it is with is kept as soon as another one was chosen. */
void
dadam_conversation_note_model (DadamConversation *self)
{
  DadamChange *change;

  if (self->model == NULL || self->is_loading || !take_model (self) || self->id == 0)
    return;
  change = dadam_change_new (self->id);
  dadam_conversation_put_model (self, change);
  dadam_conversation_write (self, change);
}

/* Which of the messages after @parent is shown. */
void
dadam_conversation_note_choice (DadamConversation *self, DadamChange *change, gint64 parent)
{
  DadamMessage *chosen = dadam_tree_get_chosen (self->tree, parent);

  dadam_change_choose (change, self->pane, parent,
                       chosen != NULL ? dadam_message_get_id (chosen) : 0);
}

/* The new conversation came to nothing: it was not, and will be another one. */
void
dadam_conversation_forget (DadamConversation *self, DadamChange *change)
{
  dadam_change_remove (change);
  dadam_archive_drop (self->archive, self->id);
  dadam_archive_set_in_use (self->archive, self->id, NULL);
  self->id = 0;
}

/* ---- the answer -------------------------------------------------------- */

static gboolean
tick_cb (gpointer user_data)
{
  DadamConversation *self = DADAM_CONVERSATION (user_data);
  DadamChange *change;

  if (!self->is_unwritten)
    return G_SOURCE_CONTINUE;

  self->is_unwritten = FALSE;
  change = dadam_change_new (self->id);
  dadam_change_put_message (change, self->pane, self->answer);
  dadam_conversation_write (self, change);

  return G_SOURCE_CONTINUE;
}

void
dadam_conversation_start_ticking (DadamConversation *self)
{
  self->is_unwritten = FALSE;
  self->tick_source = g_timeout_add (TICK_MS, tick_cb, self);
}

void
dadam_conversation_stop_ticking (DadamConversation *self)
{
  g_clear_handle_id (&self->tick_source, g_source_remove);
}

/* ---- the draft --------------------------------------------------------- */

/* Notes the draft in a change that is written anyway. */
void
dadam_conversation_note_draft (DadamConversation *self, DadamChange *change, const char *draft)
{
  g_clear_handle_id (&self->draft_source, g_source_remove);
  g_set_str (&self->draft, draft);
  if (self->id != 0)
    dadam_change_set_draft (change, draft);
  else
    dadam_archive_note_value (self->archive, change, NEW_DRAFT (self), draft);
}

/* Notes that a question is to be written on again, before what has been written meanwhile. */
void
dadam_conversation_return_draft (DadamConversation *self, DadamChange *change, const char *question)
{
  g_autofree char *draft = dadam_attachments_merge (question, dadam_conversation_get_draft (self));

  dadam_conversation_note_draft (self, change, draft);
}

static void
write_draft (DadamConversation *self)
{
  DadamChange *change;

  g_clear_handle_id (&self->draft_source, g_source_remove);
  if (self->id == 0) {
    dadam_archive_set_value (self->archive, NEW_DRAFT (self), self->draft);
    return;
  }
  change = dadam_change_new (self->id);
  dadam_change_set_draft (change, self->draft);
  dadam_conversation_write (self, change);
}

/* Not over what has been kept, before that was read. */
static gboolean
draft_cb (gpointer user_data)
{
  DadamConversation *self = DADAM_CONVERSATION (user_data);

  if (dadam_archive_get_state (self->archive) == DADAM_ARCHIVE_OPENING)
    return G_SOURCE_CONTINUE;
  write_draft (self);

  return G_SOURCE_REMOVE;
}

/* What is being written in it, "" where nothing is. */
const char *
dadam_conversation_get_draft (DadamConversation *self)
{
  const char *draft;

  g_return_val_if_fail (DADAM_IS_CONVERSATION (self), "");

  draft = self->draft;
  if (draft == NULL && self->id == 0)
    draft = dadam_archive_get_value (self->archive, NEW_DRAFT (self));

  return draft != NULL ? draft : "";
}

/**
 * dadam_conversation_set_draft:
 *
 * Keeps what is being written; on the disk soon after the last call of several.
 */
void
dadam_conversation_set_draft (DadamConversation *self, const char *draft)
{
  g_return_if_fail (DADAM_IS_CONVERSATION (self));

  if (self->is_loading || g_str_equal (dadam_conversation_get_draft (self), draft))
    return;
  g_set_str (&self->draft, draft);
  g_clear_handle_id (&self->draft_source, g_source_remove);
  self->draft_source = g_timeout_add (DRAFT_MS, draft_cb, self);
}

/* Puts what was written elsewhere, while it was being read for one, behind its draft. */
void
dadam_conversation_add_draft (DadamConversation *self, const char *text)
{
  g_autofree char *draft = NULL;

  g_return_if_fail (DADAM_IS_CONVERSATION (self));

  draft = dadam_attachments_merge (dadam_conversation_get_draft (self), text);
  dadam_conversation_set_draft (self, draft);
}

/* What was written before the archive was open stands behind what it has kept. */
static void
opened_cb (DadamConversation *self)
{
  g_autofree char *written = g_steal_pointer (&self->draft);

  if (self->id != 0 || written == NULL)
    self->draft = g_steal_pointer (&written);
  else
    dadam_conversation_add_draft (self, written);
}

/* Writes what waits to be written. */
void
dadam_conversation_flush (DadamConversation *self)
{
  if (self->draft_source != 0)
    write_draft (self);
}

/* ---- settings ---------------------------------------------------------- */

/**
 * dadam_conversation_get_usual:
 *
 * Returns: (transfer full): what holds for its answers where nothing was chosen for the
 *   conversation: its model's choices.  Of panes, which are compared, the same
 */
DadamChoices *
dadam_conversation_get_usual (DadamConversation *self)
{
  DadamChoices *choices;

  g_return_val_if_fail (DADAM_IS_CONVERSATION (self), NULL);

  if (self->model != NULL && !self->is_pane)
    return dadam_model_get_choices (self->model);
  choices = dadam_choices_new ();
  if (self->model != NULL)
    g_set_str (&choices->format, dadam_model_get_format (self->model));

  return choices;
}

/**
 * dadam_conversation_get_choices:
 *
 * Returns: (transfer full): what holds for its answers: what was chosen for the
 *   conversation, else what is usual
 */
DadamChoices *
dadam_conversation_get_choices (DadamConversation *self)
{
  DadamChoices *choices;

  g_return_val_if_fail (DADAM_IS_CONVERSATION (self), NULL);

  choices = dadam_conversation_get_usual (self);
  dadam_choices_apply (choices, self->settings);

  return choices;
}

/* (nullable): a JSON object with what was chosen for this conversation. */
const char *
dadam_conversation_get_settings (DadamConversation *self)
{
  g_return_val_if_fail (DADAM_IS_CONVERSATION (self), NULL);

  return self->settings;
}

void
dadam_conversation_set_settings (DadamConversation *self, const char *settings)
{
  DadamChange *change;

  g_return_if_fail (DADAM_IS_CONVERSATION (self));

  if (!g_set_str (&self->settings, settings) || self->id == 0)
    return;
  change = dadam_change_new (self->id);
  dadam_change_set_settings (change, self->pane, settings);
  dadam_conversation_write (self, change);
}

/* ---- life -------------------------------------------------------------- */

void
dadam_conversation_keep_init (DadamConversation *self, DadamArchive *archive)
{
  self->archive = g_object_ref (archive);
  self->tree = dadam_tree_new ();
  g_signal_connect_swapped (archive, "opened", G_CALLBACK (opened_cb), self);
}

void
dadam_conversation_keep_dispose (DadamConversation *self)
{
  dadam_conversation_stop_ticking (self);
  dadam_conversation_flush (self);
  if (self->archive != NULL && self->id != 0 && !self->is_pane)
    dadam_archive_set_in_use (self->archive, self->id, NULL);
  g_clear_object (&self->archive);
}
