/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A conversation: sending loads the model first where it must, asks for the prompt
 * format where it is unknown, then lets a session answer.  It shows nothing.
 *
 * Signals: "changed" whenever answering starts or ends or the model changes;
 * "failed" with an error to show; "returned" with the text of a message that could
 * not be answered at all and was taken back; "answered" with a finished answer.
 */
#include "config.h"

#include "dadam-conversation.h"

#include "dadam-error.h"
#include "dadam-session.h"

struct _DadamConversation {
  GObject parent_instance;

  /* Owned. */
  GListStore *messages; /* of DadamMessage */
  GListStore *cleared;  /* those of the chat before, until something is sent */
  DadamModel *model;
  DadamSession *session; /* over the model; %NULL until the first answer */
  DadamMessage *answer;  /* being made, also while the model is loading */

  gboolean is_started; /* the session is at work on it */
};

G_DEFINE_FINAL_TYPE (DadamConversation, dadam_conversation, G_TYPE_OBJECT)

enum { CHANGED, FAILED, RETURNED, ANSWERED, N_SIGNALS };

static guint signals[N_SIGNALS];

static void model_changed_cb (DadamConversation *self);

static void
dadam_conversation_dispose (GObject *object)
{
  DadamConversation *self = DADAM_CONVERSATION (object);

  if (self->model != NULL)
    g_signal_handlers_disconnect_by_data (self->model, self);
  if (self->session != NULL)
    g_signal_handlers_disconnect_by_data (self->session, self);
  g_clear_object (&self->session);
  g_clear_object (&self->model);
  g_clear_object (&self->answer);
  g_clear_object (&self->messages);
  g_clear_object (&self->cleared);

  G_OBJECT_CLASS (dadam_conversation_parent_class)->dispose (object);
}

static void
dadam_conversation_class_init (DadamConversationClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_conversation_dispose;

  signals[CHANGED] = g_signal_new ("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 0);
  signals[FAILED] = g_signal_new ("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_ERROR);
  signals[RETURNED] = g_signal_new ("returned", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[ANSWERED] = g_signal_new ("answered", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 1, DADAM_TYPE_MESSAGE);
}

static void
dadam_conversation_init (DadamConversation *self)
{
  self->messages = g_list_store_new (DADAM_TYPE_MESSAGE);
  self->cleared = g_list_store_new (DADAM_TYPE_MESSAGE);
}

DadamConversation *
dadam_conversation_new (void)
{
  return g_object_new (DADAM_TYPE_CONVERSATION, NULL);
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

  return G_LIST_MODEL (self->messages);
}

/* (nullable): whom the user talks with. */
DadamModel *
dadam_conversation_get_model (DadamConversation *self)
{
  g_return_val_if_fail (DADAM_IS_CONVERSATION (self), NULL);

  return self->model;
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
  g_return_val_if_fail (DADAM_IS_CONVERSATION (self), FALSE);

  return self->model != NULL && dadam_model_get_state (self->model) == DADAM_MODEL_LOADED
         && dadam_model_get_format (self->model) == NULL;
}

static void
changed (DadamConversation *self)
{
  g_signal_emit (self, signals[CHANGED], 0);
}

/* ---- the end of an answer ---------------------------------------------- */

/* Nothing was said: the question goes back to where it was written. */
static void
take_back (DadamConversation *self)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->messages));
  g_autoptr (DadamMessage) question = g_list_model_get_item (G_LIST_MODEL (self->messages), n - 2);

  g_list_store_splice (self->messages, n - 2, 2, NULL, 0);
  g_signal_emit (self, signals[RETURNED], 0, dadam_message_get_text (question));
}

static void
end (DadamConversation *self, const DadamStats *stats, const GError *error)
{
  g_autoptr (DadamMessage) answer = g_steal_pointer (&self->answer);
  gboolean is_empty = dadam_message_get_length (answer) == 0;

  self->is_started = FALSE;
  dadam_message_end (answer, stats);
  if (is_empty && (stats->stop == DADAM_STOP_ERROR || stats->stop == DADAM_STOP_CANCELLED))
    take_back (self);
  else
    g_signal_emit (self, signals[ANSWERED], 0, answer);
  if (error != NULL)
    g_signal_emit (self, signals[FAILED], 0, error);
  changed (self);
}

/* ---- the session ------------------------------------------------------- */

static void
progress_cb (DadamConversation *self, double fraction)
{
  if (self->answer != NULL && dadam_message_get_state (self->answer) < DADAM_MESSAGE_ANSWERING)
    dadam_message_set_state (self->answer, DADAM_MESSAGE_READING, fraction);
}

static void
text_cb (DadamConversation *self, const char *text)
{
  if (self->answer != NULL)
    dadam_message_append (self->answer, text);
}

static void
ended_cb (DadamConversation *self, const DadamStats *stats, GBytes *made, const GError *error)
{
  gboolean is_broken = g_error_matches (error, DADAM_ERROR, DADAM_ERROR_BROKEN_MODEL);

  if (self->answer == NULL)
    return;

  dadam_message_set_made (self->answer, made);
  end (self, stats, error);
  /* What is loaded of it is no longer what the file has. */
  if (is_broken)
    dadam_model_unload (self->model);
}

static void
drop_session (DadamConversation *self)
{
  if (self->session != NULL)
    g_signal_handlers_disconnect_by_data (self->session, self);
  g_clear_object (&self->session);
}

static void
ensure_session (DadamConversation *self)
{
  if (self->session != NULL)
    return;

  self->session = dadam_session_new (dadam_model_get_loaded (self->model));
  g_signal_connect_swapped (self->session, "progress", G_CALLBACK (progress_cb), self);
  g_signal_connect_swapped (self->session, "text", G_CALLBACK (text_cb), self);
  g_signal_connect_swapped (self->session, "ended", G_CALLBACK (ended_cb), self);
}

/* All messages but the answer that is to come. */
static void
start (DadamConversation *self)
{
  GListModel *all = G_LIST_MODEL (self->messages);
  g_autoptr (GListStore) asked = g_list_store_new (DADAM_TYPE_MESSAGE);
  guint n = g_list_model_get_n_items (all) - 1;

  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamMessage) message = g_list_model_get_item (all, i);

    g_list_store_append (asked, message);
  }

  ensure_session (self);
  self->is_started = TRUE;
  dadam_session_generate (self->session, G_LIST_MODEL (asked),
                          dadam_model_get_format (self->model));
}

/* As far as the model allows: called again whenever it changes. */
static void
proceed (DadamConversation *self)
{
  if (self->answer == NULL || self->is_started)
    return;

  if (dadam_model_get_state (self->model) != DADAM_MODEL_LOADED)
    dadam_model_load (self->model);
  else if (!dadam_conversation_needs_format (self))
    start (self);
}

/* ---- the model --------------------------------------------------------- */

static void
model_changed_cb (DadamConversation *self)
{
  DadamModelState state = dadam_model_get_state (self->model);
  const GError *error = dadam_model_get_error (self->model);
  const DadamStats failed = { .stop = DADAM_STOP_ERROR };
  const DadamStats cancelled = { .stop = DADAM_STOP_CANCELLED };

  if (state == DADAM_MODEL_UNLOADED)
    drop_session (self);

  if (state == DADAM_MODEL_FAILED && self->answer != NULL)
    end (self, &failed, error);
  else if (state == DADAM_MODEL_FAILED)
    g_signal_emit (self, signals[FAILED], 0, error);
  else if (state == DADAM_MODEL_UNLOADED && self->answer != NULL)
    end (self, &cancelled, NULL);
  else
    proceed (self);
  changed (self);
}

/* Tokens mean something to the model that made them alone. */
static void
forget_made (GListModel *messages)
{
  guint n = g_list_model_get_n_items (messages);

  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamMessage) message = g_list_model_get_item (messages, i);

    dadam_message_set_made (message, NULL);
  }
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
  const DadamStats stats = { .stop = DADAM_STOP_CANCELLED };

  g_return_if_fail (DADAM_IS_CONVERSATION (self));

  if (self->model == model)
    return;

  drop_session (self);
  if (self->answer != NULL)
    end (self, &stats, NULL);
  forget_made (G_LIST_MODEL (self->messages));
  forget_made (G_LIST_MODEL (self->cleared));
  if (self->model != NULL)
    g_signal_handlers_disconnect_by_data (self->model, self);
  g_set_object (&self->model, model);
  if (model != NULL)
    g_signal_connect_swapped (model, "changed", G_CALLBACK (model_changed_cb), self);
  changed (self);
}

/* ---- what the user does ------------------------------------------------ */

/**
 * dadam_conversation_send:
 *
 * Adds the user's message and an answer that is to come.  There must be a model,
 * and no answer in the making.
 */
void
dadam_conversation_send (DadamConversation *self, const char *text)
{
  g_autoptr (DadamMessage) question = NULL;
  gpointer added[2];

  g_return_if_fail (DADAM_IS_CONVERSATION (self));
  g_return_if_fail (self->model != NULL && self->answer == NULL);

  g_list_store_remove_all (self->cleared);
  question = dadam_message_new (DADAM_ROLE_USER, text);
  self->answer = dadam_message_new (DADAM_ROLE_ASSISTANT, "");
  dadam_message_set_state (self->answer, DADAM_MESSAGE_WAITING, 0);
  added[0] = question;
  added[1] = self->answer;
  g_list_store_splice (self->messages, g_list_model_get_n_items (G_LIST_MODEL (self->messages)), 0,
                       added, 2);
  proceed (self);
  changed (self);
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
  const DadamStats stats = { .stop = DADAM_STOP_CANCELLED };

  g_return_if_fail (DADAM_IS_CONVERSATION (self));

  if (self->answer == NULL)
    return;
  if (self->is_started)
    dadam_session_stop (self->session);
  else
    end (self, &stats, NULL);
}

static void
move_messages (GListStore *from, GListStore *to)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (from));

  g_list_store_remove_all (to);
  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamMessage) message = g_list_model_get_item (G_LIST_MODEL (from), i);

    g_list_store_append (to, message);
  }
  g_list_store_remove_all (from);
}

/**
 * dadam_conversation_clear:
 *
 * Begins a new chat: no messages, the same model.  An answer that is being made ends.
 *
 * Returns: whether there is a chat that dadam_conversation_restore() would bring back
 */
gboolean
dadam_conversation_clear (DadamConversation *self)
{
  const DadamStats stats = { .stop = DADAM_STOP_CANCELLED };

  g_return_val_if_fail (DADAM_IS_CONVERSATION (self), FALSE);

  drop_session (self);
  if (self->answer != NULL)
    end (self, &stats, NULL);
  if (g_list_model_get_n_items (G_LIST_MODEL (self->messages)) > 0)
    move_messages (self->messages, self->cleared);
  changed (self);

  return g_list_model_get_n_items (G_LIST_MODEL (self->cleared)) > 0;
}

/* Brings the chat before back, as long as nothing was said in the new one. */
void
dadam_conversation_restore (DadamConversation *self)
{
  g_return_if_fail (DADAM_IS_CONVERSATION (self));

  if (g_list_model_get_n_items (G_LIST_MODEL (self->messages)) > 0)
    return;
  drop_session (self);
  move_messages (self->cleared, self->messages);
  changed (self);
}
