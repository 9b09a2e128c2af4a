/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What two panes have in common: they are begun, asked and written together.
 *
 * Signals: "changed" as of a conversation; "revealed" when the secret may be told;
 * "failed" with an error to show and the pane that it is of, -1 where it is nobody's or
 * must not be told; "returned" with a question that neither model said anything to, and
 * which was taken back; "gone" when it was deleted.
 */
#include "config.h"

#include "dadam-comparison-private.h"

#include <glib/gi18n.h>

#include "dadam-error.h"

G_DEFINE_FINAL_TYPE (DadamComparison, dadam_comparison, G_TYPE_OBJECT)

enum { CHANGED, REVEALED, FAILED, RETURNED, GONE, N_SIGNALS };

static guint signals[N_SIGNALS];

static void
dadam_comparison_dispose (GObject *object)
{
  DadamComparison *self = DADAM_COMPARISON (object);

  for (guint i = 0; i < DADAM_N_PANES; i++) {
    if (self->panes[i] != NULL)
      g_signal_handlers_disconnect_by_data (self->panes[i], self);
    g_clear_object (&self->panes[i]);
    g_clear_object (&self->measured[i]);
  }
  if (self->archive != NULL && self->id != 0)
    dadam_archive_set_in_use (self->archive, self->id, NULL);
  g_clear_object (&self->archive);
  g_clear_object (&self->engine);

  G_OBJECT_CLASS (dadam_comparison_parent_class)->dispose (object);
}

static void
dadam_comparison_class_init (DadamComparisonClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_comparison_dispose;

  signals[CHANGED] = g_signal_new ("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 0);
  signals[REVEALED] = g_signal_new ("revealed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 0);
  signals[FAILED] = g_signal_new ("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 2, G_TYPE_ERROR, G_TYPE_INT);
  signals[RETURNED] = g_signal_new ("returned", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[GONE] = g_signal_new ("gone", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                0);
}

static void
dadam_comparison_init (DadamComparison *self)
{
  self->has_room = TRUE;
}

/* ---- what it is -------------------------------------------------------- */

/* What it is called in the archive; 0: nothing has been said in it. */
gint64
dadam_comparison_get_id (DadamComparison *self)
{
  g_return_val_if_fail (DADAM_IS_COMPARISON (self), 0);

  return self->id;
}

gboolean
dadam_comparison_is_loading (DadamComparison *self)
{
  g_return_val_if_fail (DADAM_IS_COMPARISON (self), FALSE);

  return dadam_conversation_is_loading (self->panes[0])
         || dadam_conversation_is_loading (self->panes[1]);
}

/* Whether nothing has been said in it. */
gboolean
dadam_comparison_is_empty (DadamComparison *self)
{
  g_return_val_if_fail (DADAM_IS_COMPARISON (self), TRUE);

  return g_list_model_get_n_items (dadam_conversation_get_messages (self->panes[0])) == 0;
}

/**
 * dadam_comparison_get_pane:
 *
 * Returns: (transfer none): a conversation whose messages are to be looked at, and whose
 *   model and settings may be changed.  What is asked is asked of both, by
 *   dadam_comparison_send()
 */
DadamConversation *
dadam_comparison_get_pane (DadamComparison *self, guint pane)
{
  g_return_val_if_fail (DADAM_IS_COMPARISON (self), NULL);
  g_return_val_if_fail (pane < DADAM_N_PANES, NULL);

  return self->panes[pane];
}

/* Whether an answer is being made or waited for. */
gboolean
dadam_comparison_is_answering (DadamComparison *self)
{
  g_return_val_if_fail (DADAM_IS_COMPARISON (self), FALSE);

  return dadam_conversation_is_answering (self->panes[0])
         || dadam_conversation_is_answering (self->panes[1]);
}

void
dadam_comparison_changed (DadamComparison *self)
{
  g_signal_emit (self, signals[CHANGED], 0);
}

/* ---- the panes --------------------------------------------------------- */

/* Which one it was, and whose format it is, must not be told. */
static void
fail (DadamComparison *self, const GError *error, DadamConversation *pane)
{
  g_autoptr (GError) secret = NULL;
  int which = self->is_secret ? -1 : pane->pane;

  if (self->is_secret && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    secret = g_error_new_literal (DADAM_ERROR, DADAM_ERROR_FAILED,
                                  _ ("One of the two models could not answer. Compare them openly "
                                     "to see why."));
    error = secret;
  }
  g_signal_emit (self, signals[FAILED], 0, error, which);
}

static void
stop_unanswerable (DadamComparison *self)
{
  g_autoptr (GError) error = NULL;

  error = g_error_new_literal (DADAM_ERROR, DADAM_ERROR_FAILED,
                               _ ("The prompt format of one of the two models is not known. Choose "
                                  "it in an open comparison first."));
  dadam_comparison_stop (self);
  g_signal_emit (self, signals[FAILED], 0, error, -1);
}

/* Whether neither model has said a word to the question that was asked of both. */
static gboolean
came_to_nothing (DadamComparison *self)
{
  for (guint i = 0; i < DADAM_N_PANES; i++) {
    g_autoptr (DadamMessage) answer = dadam_comparison_get_last_answer (self, i);

    if (answer == NULL || !self->panes[i]->is_shared || !self->panes[i]->has_question
        || !dadam_message_came_to_nothing (answer))
      return FALSE;
  }

  return TRUE;
}

/* As in a chat, the question goes back to where it was written; where one model has answered, it
 * stays. */
static void
take_back (DadamComparison *self)
{
  DadamChange *change = dadam_change_new (self->id);
  g_autofree char *question = NULL;

  for (guint i = 0; i < DADAM_N_PANES; i++) {
    g_autoptr (DadamMessage) answer = dadam_comparison_get_last_answer (self, i);

    g_free (question);
    question = dadam_conversation_remove_answer (self->panes[i], change, answer);
  }
  if (self->is_new) {
    dadam_conversation_forget (self->panes[0], change);
    self->id = self->panes[1]->id = 0;
    dadam_comparison_forget_sides (self);
  }
  dadam_conversation_return_draft (self->panes[0], change, question);
  dadam_conversation_write (self->panes[0], change);
  g_signal_emit (self, signals[RETURNED], 0, question);
}

static void
end_asking (DadamComparison *self)
{
  if (!self->is_asking || dadam_comparison_is_answering (self))
    return;
  self->is_asking = FALSE;
  if (came_to_nothing (self))
    take_back (self);
}

/* Who waits for its turn needs it, also when nobody looks. */
static void
live_on (DadamComparison *self)
{
  gboolean is_answering = dadam_comparison_is_answering (self);

  if (is_answering == self->lives_on)
    return;
  self->lives_on = is_answering;
  if (is_answering)
    g_object_ref (self);
  else
    g_object_unref (self);
}

static void
pane_changed_cb (DadamComparison *self)
{
  g_autoptr (DadamComparison) alive = g_object_ref (self);

  live_on (self);
  end_asking (self);
  dadam_comparison_schedule (self);
  dadam_comparison_veil (self);
  for (guint i = 0; i < DADAM_N_PANES && self->is_secret; i++)
    if (dadam_comparison_is_at_work (self, i) && dadam_conversation_needs_format (self->panes[i])) {
      stop_unanswerable (self);
      break;
    }
  dadam_comparison_changed (self);
}

static void
gone_cb (DadamComparison *self)
{
  g_signal_emit (self, signals[GONE], 0);
}

static DadamComparison *
create (DadamArchive *archive, DadamEngine *engine)
{
  DadamComparison *self = g_object_new (DADAM_TYPE_COMPARISON, NULL);

  self->archive = g_object_ref (archive);
  self->engine = g_object_ref (engine);
  for (guint i = 0; i < DADAM_N_PANES; i++) {
    self->panes[i] = dadam_conversation_new_pane (archive, (int) i);
    g_signal_connect_swapped (self->panes[i], "changed", G_CALLBACK (pane_changed_cb), self);
    g_signal_connect_swapped (self->panes[i], "failed", G_CALLBACK (fail), self);
  }
  g_signal_connect_swapped (self->panes[0], "gone", G_CALLBACK (gone_cb), self);

  return self;
}

/**
 * dadam_comparison_new:
 *
 * A comparison in which nothing was said yet.  It is kept once something is.
 */
DadamComparison *
dadam_comparison_new (DadamArchive *archive, DadamEngine *engine)
{
  return create (archive, engine);
}

/**
 * dadam_comparison_open:
 *
 * Returns: (transfer full): one that is kept, the same object for all who have it open.
 *   It is being read: "changed" follows
 */
DadamComparison *
dadam_comparison_open (DadamArchive *archive, DadamEngine *engine, gint64 id)
{
  GObject *open = dadam_archive_get_in_use (archive, id);
  DadamSummary *summary = dadam_archive_find (archive, id);
  DadamComparison *self;

  if (open != NULL)
    return g_object_ref (DADAM_COMPARISON (open));

  self = create (archive, engine);
  self->id = id;
  self->is_secret = summary != NULL
                    && dadam_summary_get_kind (summary) == DADAM_KIND_BLIND_COMPARISON;
  self->is_blind = self->is_secret;
  dadam_comparison_veil (self);
  dadam_archive_set_in_use (archive, id, G_OBJECT (self));
  for (guint i = 0; i < DADAM_N_PANES; i++)
    dadam_conversation_load (self->panes[i], id);

  return self;
}

/* ---- what the user does ------------------------------------------------ */

/* Whether both panes have a model and none an answer in the making. */
gboolean
dadam_comparison_can_send (DadamComparison *self)
{
  g_return_val_if_fail (DADAM_IS_COMPARISON (self), FALSE);

  return !dadam_comparison_is_loading (self) && !dadam_comparison_is_answering (self)
         && !self->is_judging && dadam_conversation_get_model (self->panes[0]) != NULL
         && dadam_conversation_get_model (self->panes[1]) != NULL;
}

/* (transfer full): of what begins the comparison. */
static DadamChange *
begin (DadamComparison *self, const char *text)
{
  DadamKind kind = self->is_blind ? DADAM_KIND_BLIND_COMPARISON : DADAM_KIND_COMPARISON;
  g_autofree char *title = dadam_summary_make_title (text);
  gint64 now = g_get_real_time ();
  g_autoptr (DadamSummary) summary = NULL;
  DadamChange *change;

  if (self->is_blind)
    dadam_comparison_draw_sides (self);
  self->id = dadam_archive_make_id (self->archive);
  change = dadam_change_new (self->id);
  dadam_change_create (change, kind, title, now);
  dadam_change_add_pane (change, 1);
  for (guint i = 0; i < DADAM_N_PANES; i++) {
    const char *settings = dadam_conversation_get_settings (self->panes[i]);

    self->panes[i]->id = self->id;
    if (settings != NULL)
      dadam_change_set_settings (change, (int) i, settings);
  }
  dadam_archive_set_in_use (self->archive, self->id, G_OBJECT (self));
  dadam_archive_note_value (self->archive, change, "comparison-draft", NULL);
  summary = dadam_summary_new (self->id, kind, title, now);
  if (dadam_archive_get_state (self->archive) != DADAM_ARCHIVE_UNAVAILABLE)
    dadam_archive_add (self->archive, summary);

  return change;
}

typedef struct {
  DadamComparison *self; /* owned */
  guint number;          /* of the question that was written */
} Storing;

static void
stored_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autofree Storing *storing = user_data;
  g_autoptr (DadamComparison) self = storing->self;
  g_autoptr (GError) error = NULL;
  gboolean is_stored = dadam_archive_write_finish (result, &error);

  for (guint i = 0; i < DADAM_N_PANES && storing->number == self->n_asked; i++)
    if (self->panes[i] != NULL && dadam_conversation_is_answering (self->panes[i]))
      dadam_conversation_set_stored (self->panes[i], is_stored, error);
}

/* Writes the question, which both panes have. */
static void
store (DadamComparison *self, DadamChange *change)
{
  Storing *storing = g_new (Storing, 1);

  storing->self = g_object_ref (self);
  storing->number = ++self->n_asked;
  dadam_archive_write_async (self->archive, change, stored_cb, storing);
}

/**
 * dadam_comparison_send:
 *
 * Asks both models, with one seed where the settings have none.  It must be able to.
 */
void
dadam_comparison_send (DadamComparison *self, const char *text)
{
  gint64 seed = g_random_int ();
  DadamChange *change;

  g_return_if_fail (DADAM_IS_COMPARISON (self));
  g_return_if_fail (dadam_comparison_can_send (self));

  for (guint i = 0; i < DADAM_N_PANES; i++)
    g_clear_object (&self->measured[i]);
  self->is_new = self->id == 0;
  change = self->id == 0 ? begin (self, text)
                         : dadam_conversation_begin_change (self->panes[0], NULL);
  dadam_conversation_note_draft (self->panes[0], change, "");
  for (guint i = 0; i < DADAM_N_PANES; i++) {
    g_signal_handlers_block_by_func (self->panes[i], pane_changed_cb, self);
    dadam_conversation_ask (self->panes[i], change, text, seed);
    g_signal_handlers_unblock_by_func (self->panes[i], pane_changed_cb, self);
  }
  if (self->is_secret) {
    g_autoptr (DadamDuel) duel = dadam_comparison_create_duel (self);

    dadam_change_open_duel (change, duel);
  }
  self->is_asking = TRUE;
  store (self, change);
  pane_changed_cb (self);
}

/* Ends both answers.  One alone: dadam_conversation_stop() of its pane. */
void
dadam_comparison_stop (DadamComparison *self)
{
  g_return_if_fail (DADAM_IS_COMPARISON (self));

  /* The one that waits first, or it would have its turn. */
  for (guint i = 0; i < DADAM_N_PANES; i++)
    if (dadam_conversation_is_held (self->panes[i]))
      dadam_conversation_stop (self->panes[i]);
  for (guint i = 0; i < DADAM_N_PANES; i++)
    dadam_conversation_stop (self->panes[i]);
}

static void
copy_message (DadamComparison *self, DadamChange *change, DadamMessage *message, gint64 *parent)
{
  g_autoptr (DadamMessage)
      copy = dadam_message_new (dadam_message_get_role (message), dadam_message_get_text (message));

  dadam_message_set_place (copy, dadam_archive_make_id (self->archive), *parent);
  dadam_message_set_maker (copy, dadam_message_get_maker (message));
  dadam_message_set_made (copy, dadam_message_get_made (message));
  dadam_message_end (copy, dadam_message_get_stats (message));
  dadam_change_put_message (change, 0, copy);
  dadam_change_choose (change, 0, *parent, dadam_message_get_id (copy));
  *parent = dadam_message_get_id (copy);
}

/**
 * dadam_comparison_copy_pane:
 *
 * Makes what is shown in a pane a chat of its own, to go on with that model alone.  Not
 * while it is secret whose it is, nor while it is answering.
 *
 * Returns: the chat's id
 */
gint64
dadam_comparison_copy_pane (DadamComparison *self, guint pane)
{
  DadamSummary *summary = dadam_archive_find (self->archive, self->id);
  const char *title = summary != NULL ? dadam_summary_get_title (summary) : "";
  const char *settings, *model;
  gint64 id, parent = 0, now = g_get_real_time ();
  g_autoptr (DadamSummary) copy = NULL;
  GListModel *messages;
  DadamChange *change;

  g_return_val_if_fail (DADAM_IS_COMPARISON (self) && pane < DADAM_N_PANES, 0);
  g_return_val_if_fail (!self->is_secret && !dadam_comparison_is_answering (self), 0);

  id = dadam_archive_make_id (self->archive);
  change = dadam_change_new (id);
  dadam_change_create (change, DADAM_KIND_CHAT, title, now);
  settings = dadam_conversation_get_settings (self->panes[pane]);
  if (settings != NULL)
    dadam_change_set_settings (change, 0, settings);
  model = dadam_conversation_get_model_path (self->panes[pane]);
  dadam_change_set_model (change, 0, model);
  messages = dadam_conversation_get_messages (self->panes[pane]);
  for (guint i = 0; i < g_list_model_get_n_items (messages); i++) {
    g_autoptr (DadamMessage) message = g_list_model_get_item (messages, i);

    copy_message (self, change, message, &parent);
  }
  copy = dadam_summary_new (id, DADAM_KIND_CHAT, title, now);
  dadam_archive_add (self->archive, copy);
  dadam_archive_write (self->archive, change);

  return id;
}
