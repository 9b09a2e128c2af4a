/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A conversation: whom it is with, what is said in it, and which of its branches is
 * shown.  What is said is written down first, then answered.  It shows nothing.  While
 * it answers it keeps itself alive, so the user may look at another one meanwhile.
 *
 * Signals: "changed" whenever it was read, answering starts or ends, or the model
 * changes; "failed" with an error to show; "returned" with the text of a message that
 * could not be answered at all and was taken back; "answered" with a finished answer;
 * "lost" when the device stopped answering, was started again, and the answer goes on;
 * "moved" when the model is on other devices than before, its card being short of memory;
 * "gone" when it was deleted.
 */
#include "config.h"

#include "dadam-conversation-private.h"

G_DEFINE_FINAL_TYPE (DadamConversation, dadam_conversation, G_TYPE_OBJECT)

enum { CHANGED, FAILED, RETURNED, ANSWERED, LOST, MOVED, GONE, N_SIGNALS };

static guint signals[N_SIGNALS];

static void
dadam_conversation_dispose (GObject *object)
{
  DadamConversation *self = DADAM_CONVERSATION (object);

  if (self->model != NULL)
    g_signal_handlers_disconnect_by_data (self->model, self);
  if (self->archive != NULL)
    g_signal_handlers_disconnect_by_data (self->archive, self);
  dadam_conversation_keep_dispose (self);
  dadam_conversation_drop_session (self);
  g_clear_object (&self->model);
  g_clear_object (&self->answer);
  g_clear_pointer (&self->begun, g_bytes_unref);

  G_OBJECT_CLASS (dadam_conversation_parent_class)->dispose (object);
}

static void
dadam_conversation_finalize (GObject *object)
{
  DadamConversation *self = DADAM_CONVERSATION (object);

  dadam_tree_free (self->tree);
  g_free (self->model_path);
  g_free (self->device);
  g_free (self->draft);
  g_free (self->settings);

  G_OBJECT_CLASS (dadam_conversation_parent_class)->finalize (object);
}

static void
dadam_conversation_class_init (DadamConversationClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_conversation_dispose;
  G_OBJECT_CLASS (klass)->finalize = dadam_conversation_finalize;

  signals[CHANGED] = g_signal_new ("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 0);
  signals[FAILED] = g_signal_new ("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_ERROR);
  signals[RETURNED] = g_signal_new ("returned", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[ANSWERED] = g_signal_new ("answered", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 1, DADAM_TYPE_MESSAGE);
  signals[LOST] = g_signal_new ("lost", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                0);
  signals[MOVED] = g_signal_new ("moved", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                 0);
  signals[GONE] = g_signal_new ("gone", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                0);
}

static void
dadam_conversation_init (DadamConversation *self)
{
}

/* ---- what it is -------------------------------------------------------- */

/* What it is called in the archive; 0: nothing has been said in it. */
gint64
dadam_conversation_get_id (DadamConversation *self)
{
  g_return_val_if_fail (DADAM_IS_CONVERSATION (self), 0);

  return self->id;
}

/* Whether its messages are still being read. */
gboolean
dadam_conversation_is_loading (DadamConversation *self)
{
  g_return_val_if_fail (DADAM_IS_CONVERSATION (self), FALSE);

  return self->is_loading;
}

/**
 * dadam_conversation_get_messages:
 *
 * Returns: (transfer none): #DadamMessage objects, the oldest first
 */
GListModel *
dadam_conversation_get_messages (DadamConversation *self)
{
  g_return_val_if_fail (DADAM_IS_CONVERSATION (self), NULL);

  return dadam_tree_get_branch (self->tree);
}

/* (nullable): whom the user talks with. */
DadamModel *
dadam_conversation_get_model (DadamConversation *self)
{
  g_return_val_if_fail (DADAM_IS_CONVERSATION (self), NULL);

  return self->model;
}

/* (nullable): the file of whom it was with the last time. */
const char *
dadam_conversation_get_model_path (DadamConversation *self)
{
  g_return_val_if_fail (DADAM_IS_CONVERSATION (self), NULL);

  return self->model_path;
}

/* (nullable): the device chosen for it alone the last time, as dadam_model_set_own_device() takes
 * it. */
const char *
dadam_conversation_get_device (DadamConversation *self)
{
  g_return_val_if_fail (DADAM_IS_CONVERSATION (self), NULL);

  return self->device;
}

/* Whether an answer is being made or waited for. */
gboolean
dadam_conversation_is_answering (DadamConversation *self)
{
  g_return_val_if_fail (DADAM_IS_CONVERSATION (self), FALSE);

  return self->answer != NULL;
}

/* Whether the user must be asked for the prompt format before the model can answer. */
gboolean
dadam_conversation_needs_format (DadamConversation *self)
{
  g_autoptr (DadamChoices) choices = NULL;

  g_return_val_if_fail (DADAM_IS_CONVERSATION (self), FALSE);

  if (self->model == NULL || dadam_model_get_state (self->model) != DADAM_MODEL_LOADED)
    return FALSE;
  choices = dadam_conversation_get_choices (self);

  return choices->format == NULL;
}

static void
changed (DadamConversation *self)
{
  g_signal_emit (self, signals[CHANGED], 0);
}

/* ---- the model --------------------------------------------------------- */

static void
model_changed_cb (DadamConversation *self)
{
  g_autoptr (DadamConversation) alive = g_object_ref (self);
  DadamModelState state = dadam_model_get_state (self->model);
  const GError *error = dadam_model_get_error (self->model);

  if (state == DADAM_MODEL_UNLOADED)
    dadam_conversation_drop_session (self);

  if (state == DADAM_MODEL_FAILED && self->answer != NULL)
    dadam_conversation_end_answer (self, error);
  else if (state == DADAM_MODEL_FAILED)
    g_signal_emit (self, signals[FAILED], 0, error);
  else if (state == DADAM_MODEL_UNLOADED)
    dadam_conversation_end_answer (self, NULL);
  else
    dadam_conversation_proceed (self);
  changed (self);
}

/**
 * dadam_conversation_set_model:
 * @model: (nullable): whom to talk with from now on
 *
 * The messages stay; an answer that is being made is stopped.
 */
void
dadam_conversation_set_model (DadamConversation *self, DadamModel *model)
{
  g_return_if_fail (DADAM_IS_CONVERSATION (self));

  if (self->model == model)
    return;

  g_object_ref (self);
  dadam_conversation_drop_session (self);
  dadam_conversation_end_answer (self, NULL);
  if (self->model != NULL)
    g_signal_handlers_disconnect_by_data (self->model, self);
  g_set_object (&self->model, model);
  if (model != NULL)
    g_signal_connect_swapped (model, "changed", G_CALLBACK (model_changed_cb), self);
  dadam_conversation_note_model (self);
  changed (self);
  g_object_unref (self);
}

/* ---- what the user does ------------------------------------------------ */

static DadamMessage *
add_message (DadamConversation *self, DadamRole role, const char *text, gint64 parent)
{
  DadamMessage *message = dadam_message_new (role, text);

  dadam_message_set_place (message, dadam_archive_make_id (self->archive), parent);
  if (role == DADAM_ROLE_ASSISTANT)
    dadam_message_set_veil (message, self->veil);
  dadam_tree_add (self->tree, message);

  return message;
}

/* (transfer full): a question after @parent, and the answer to come, which is returned. */
static DadamMessage *
add_turn (DadamConversation *self, DadamChange *change, gint64 parent, const char *text)
{
  g_autoptr (DadamMessage) question = add_message (self, DADAM_ROLE_USER, text, parent);

  self->has_question = TRUE;
  self->is_continued = FALSE;
  dadam_change_put_message (change, self->pane, question);
  dadam_conversation_note_choice (self, change, parent);

  return add_message (self, DADAM_ROLE_ASSISTANT, "", dadam_message_get_id (question));
}

/* @is_draft: whether it is what was written in it so far */
static void
ask (DadamConversation *self, gint64 parent, const char *text, gboolean is_draft)
{
  g_autofree char *title = dadam_summary_make_title (text);
  g_autoptr (DadamMessage) answer = NULL;
  DadamChange *change;

  self->is_new = self->id == 0;
  change = dadam_conversation_begin_change (self, title);
  if (is_draft)
    dadam_conversation_note_draft (self, change, "");
  answer = add_turn (self, change, parent, text);
  dadam_conversation_begin_answer (self, answer, change);
}

/**
 * dadam_conversation_ask:
 * @change: what the comparison is about to write
 * @seed: of the answer, if the settings have none
 *
 * Puts a question into a pane and into @change.  The answer begins when the question
 * was stored and the pane is released.
 */
void
dadam_conversation_ask (DadamConversation *self, DadamChange *change, const char *text, gint64 seed)
{
  g_autoptr (DadamMessage) answer = NULL;

  self->is_new = FALSE;
  self->is_shared = TRUE;
  self->seed = seed;
  answer = add_turn (self, change, dadam_tree_get_last (self->tree), text);
  dadam_conversation_await_answer (self, answer, change);
  changed (self);
}

/**
 * dadam_conversation_veil:
 * @veil: over all answers that are shown, and those to come
 * @of_last: over the last one
 */
void
dadam_conversation_veil (DadamConversation *self, DadamVeil veil, DadamVeil of_last)
{
  GListModel *messages = dadam_tree_get_branch (self->tree);
  guint n = g_list_model_get_n_items (messages);

  self->veil = veil;
  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamMessage) message = g_list_model_get_item (messages, i);

    if (dadam_message_get_role (message) == DADAM_ROLE_ASSISTANT)
      dadam_message_set_veil (message, i + 1 < n ? veil : of_last);
  }
}

static gboolean
is_ready (DadamConversation *self)
{
  return self->model != NULL && self->answer == NULL && !self->is_loading && !self->is_gone;
}

/**
 * dadam_conversation_send:
 *
 * Adds the user's message, which takes the draft's place, and an answer that is to come.
 * There must be a model, and no answer in the making.
 */
void
dadam_conversation_send (DadamConversation *self, const char *text)
{
  g_return_if_fail (DADAM_IS_CONVERSATION (self));
  g_return_if_fail (is_ready (self));

  ask (self, dadam_tree_get_last (self->tree), text, TRUE);
}

/**
 * dadam_conversation_edit:
 * @question: one of the user's messages that are shown
 *
 * Asks something else in its place, and shows that.  The message and what followed it
 * stay beside it, and so does the draft.
 */
void
dadam_conversation_edit (DadamConversation *self, DadamMessage *question, const char *text)
{
  g_return_if_fail (DADAM_IS_CONVERSATION (self));
  g_return_if_fail (is_ready (self));
  g_return_if_fail (dadam_message_get_role (question) == DADAM_ROLE_USER);

  ask (self, dadam_message_get_parent (question), text, FALSE);
}

/**
 * dadam_conversation_regenerate:
 * @answer: one that is shown
 *
 * Answers anew; the answer and what followed it stay beside the new one.
 */
void
dadam_conversation_regenerate (DadamConversation *self, DadamMessage *answer)
{
  g_autoptr (DadamMessage) other = NULL;

  g_return_if_fail (DADAM_IS_CONVERSATION (self));
  g_return_if_fail (is_ready (self));
  g_return_if_fail (dadam_message_get_role (answer) == DADAM_ROLE_ASSISTANT);

  other = add_message (self, DADAM_ROLE_ASSISTANT, "", dadam_message_get_parent (answer));
  self->is_new = self->has_question = self->is_continued = FALSE;
  dadam_conversation_begin_answer (self, other, dadam_conversation_begin_change (self, NULL));
}

/* Whether the message is the last one, and an answer that did not come to its own end. */
gboolean
dadam_conversation_can_continue (DadamConversation *self, DadamMessage *message)
{
  g_return_val_if_fail (DADAM_IS_CONVERSATION (self), FALSE);

  return is_ready (self) && dadam_message_get_role (message) == DADAM_ROLE_ASSISTANT
         && dadam_message_get_id (message) == dadam_tree_get_last (self->tree)
         && dadam_message_get_length (message) > 0
         && dadam_message_get_stats (message)->stop != DADAM_STOP_END;
}

/**
 * dadam_conversation_continue:
 *
 * Goes on with the last answer where it stopped.
 */
void
dadam_conversation_continue (DadamConversation *self)
{
  DadamMessage *answer;

  g_return_if_fail (DADAM_IS_CONVERSATION (self));

  answer = dadam_tree_get (self->tree, dadam_tree_get_last (self->tree));
  g_return_if_fail (answer != NULL && dadam_conversation_can_continue (self, answer));

  self->is_new = self->has_question = FALSE;
  self->is_continued = TRUE;
  dadam_conversation_begin_answer (self, answer, dadam_conversation_begin_change (self, NULL));
}

static void
choose (DadamConversation *self, DadamChange *change, DadamMessage *message)
{
  gint64 parent = dadam_message_get_parent (message);

  dadam_tree_choose (self->tree, parent, dadam_message_get_id (message));
  dadam_conversation_note_choice (self, change, parent);
}

/**
 * dadam_conversation_show_sibling:
 * @message: one that is shown
 * @step: -1 or 1
 *
 * Shows the message before or after in the same place, with what followed it.  Not
 * while an answer is being made.
 */
void
dadam_conversation_show_sibling (DadamConversation *self, DadamMessage *message, int step)
{
  DadamMessage *sibling;
  DadamChange *change;

  g_return_if_fail (DADAM_IS_CONVERSATION (self));

  sibling = dadam_tree_get_sibling (self->tree, message, step);
  if (sibling == NULL || self->answer != NULL)
    return;

  change = dadam_change_new (self->id);
  choose (self, change, sibling);
  dadam_conversation_write (self, change);
  dadam_tree_show (self->tree);
  changed (self);
}

/**
 * dadam_conversation_show_message:
 * @position: (out): where it is among the messages then
 *
 * Shows the branch that a message is on.
 *
 * Returns: whether there is such a message, and it could be shown
 */
gboolean
dadam_conversation_show_message (DadamConversation *self, gint64 id, guint *position)
{
  DadamMessage *wanted;
  DadamChange *change;

  g_return_val_if_fail (DADAM_IS_CONVERSATION (self), FALSE);

  wanted = dadam_tree_get (self->tree, id);
  if (wanted == NULL)
    return FALSE;
  if (g_list_store_find (G_LIST_STORE (dadam_tree_get_branch (self->tree)), wanted, position))
    return TRUE;
  if (self->answer != NULL)
    return FALSE;

  change = dadam_change_new (self->id);
  for (DadamMessage *message = wanted; message != NULL;
       message = dadam_tree_get (self->tree, dadam_message_get_parent (message)))
    choose (self, change, message);
  dadam_conversation_write (self, change);
  dadam_tree_show (self->tree);
  changed (self);

  return g_list_store_find (G_LIST_STORE (dadam_tree_get_branch (self->tree)), wanted, position);
}

/**
 * dadam_conversation_stop:
 *
 * Ends the answer that is being made, if any.  What was said stays; a question to
 * which nothing was said yet is taken back.
 */
void
dadam_conversation_stop (DadamConversation *self)
{
  g_return_if_fail (DADAM_IS_CONVERSATION (self));

  if (self->answer == NULL)
    return;
  if (self->is_started)
    dadam_session_stop (self->session);
  else
    dadam_conversation_end_answer (self, NULL);
}

/* ---- the archive ------------------------------------------------------- */

/* What was said so far stays as it is. */
static void
closing_cb (DadamConversation *self)
{
  g_autoptr (DadamConversation) alive = g_object_ref (self);

  dadam_conversation_drop_session (self);
  dadam_conversation_end_answer (self, NULL);
  dadam_conversation_flush (self);
}

/* @id: 0 for all. */
static void
gone_cb (DadamConversation *self, gint64 id, gboolean is_for_good)
{
  g_autoptr (DadamConversation) alive = g_object_ref (self);

  if (self->id == 0 || (id != 0 && id != self->id))
    return;
  self->is_gone = is_for_good;
  closing_cb (self);
  g_signal_emit (self, signals[GONE], 0);
}

static DadamConversation *
create (DadamArchive *archive)
{
  DadamConversation *self = g_object_new (DADAM_TYPE_CONVERSATION, NULL);

  self->seed = -1;
  dadam_conversation_keep_init (self, archive);
  g_signal_connect_swapped (archive, "closing", G_CALLBACK (closing_cb), self);
  g_signal_connect_swapped (archive, "gone", G_CALLBACK (gone_cb), self);

  return self;
}

/**
 * dadam_conversation_new:
 *
 * A conversation in which nothing was said yet.  It is kept once something is.
 */
DadamConversation *
dadam_conversation_new (DadamArchive *archive)
{
  return create (archive);
}

/* One of a comparison, which owns what they have in common. */
DadamConversation *
dadam_conversation_new_pane (DadamArchive *archive, int pane)
{
  DadamConversation *self = create (archive);

  self->is_pane = TRUE;
  self->pane = pane;

  return self;
}

/**
 * dadam_conversation_open:
 *
 * Returns: (transfer full): a conversation that is kept; the same object for all who
 *   have it open.  It is being read: "changed" follows
 */
DadamConversation *
dadam_conversation_open (DadamArchive *archive, gint64 id)
{
  GObject *open = dadam_archive_get_in_use (archive, id);
  DadamConversation *self;

  if (open != NULL)
    return g_object_ref (DADAM_CONVERSATION (open));

  self = create (archive);
  dadam_conversation_load (self, id);

  return self;
}
