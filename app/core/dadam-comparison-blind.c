/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a blind comparison keeps to itself until it was judged: which model is asked in
 * which pane, and, while one is still at work, what the other has answered.
 */
#include "config.h"

#include "dadam-comparison-private.h"

/* ---- the secret -------------------------------------------------------- */

/* Whether it was or will be begun as a blind one. */
gboolean
dadam_comparison_is_blind (DadamComparison *self)
{
  g_return_val_if_fail (DADAM_IS_COMPARISON (self), FALSE);

  return self->is_blind;
}

/* Before anything was said in it. */
void
dadam_comparison_set_is_blind (DadamComparison *self, gboolean is_blind)
{
  g_return_if_fail (DADAM_IS_COMPARISON (self));
  g_return_if_fail (self->id == 0);

  self->is_blind = is_blind;
}

/* Whether nobody may be told which model is whose. */
gboolean
dadam_comparison_is_secret (DadamComparison *self)
{
  g_return_val_if_fail (DADAM_IS_COMPARISON (self), FALSE);

  return self->is_secret;
}

/* ---- judging ----------------------------------------------------------- */

/* (transfer full) (nullable): of a pane. */
DadamMessage *
dadam_comparison_get_last_answer (DadamComparison *self, guint pane)
{
  GListModel *messages = dadam_conversation_get_messages (self->panes[pane]);
  guint n = g_list_model_get_n_items (messages);

  return n > 0 ? g_list_model_get_item (messages, n - 1) : NULL;
}

/* Whether it is as its model wanted it. */
static gboolean
is_whole (DadamMessage *answer)
{
  DadamStop stop = dadam_message_get_stats (answer)->stop;

  return dadam_message_get_length (answer) > 0 && stop != DADAM_STOP_CANCELLED
         && stop != DADAM_STOP_ERROR;
}

/* Whether there are two answers to judge, both as their models wanted them. */
gboolean
dadam_comparison_can_judge (DadamComparison *self)
{
  g_return_val_if_fail (DADAM_IS_COMPARISON (self), FALSE);

  if (!self->is_secret || self->is_judging || dadam_comparison_is_answering (self)
      || dadam_comparison_is_empty (self))
    return FALSE;
  for (guint i = 0; i < DADAM_N_PANES; i++) {
    g_autoptr (DadamMessage) answer = dadam_comparison_get_last_answer (self, i);

    if (answer == NULL || !is_whole (answer))
      return FALSE;
  }

  return TRUE;
}

/* Nothing of the answers is seen until both are done: who is quick would be known. */
void
dadam_comparison_veil (DadamComparison *self)
{
  DadamVeil veil = self->is_secret ? DADAM_VEIL_MAKER : DADAM_VEIL_NONE;
  gboolean hides_all = self->is_secret && dadam_comparison_is_answering (self);

  for (guint i = 0; i < DADAM_N_PANES; i++)
    dadam_conversation_veil (self->panes[i], veil, hides_all ? DADAM_VEIL_ALL : veil);
}

/* (transfer full): of the last answers. */
DadamDuel *
dadam_comparison_create_duel (DadamComparison *self)
{
  g_autoptr (DadamMessage) left = dadam_comparison_get_last_answer (self, DADAM_LEFT);
  g_autoptr (DadamMessage) right = dadam_comparison_get_last_answer (self, DADAM_RIGHT);

  return dadam_duel_new (dadam_message_get_id (left), dadam_message_get_id (right), TRUE);
}

static void
reveal (DadamComparison *self)
{
  DadamSummary *summary = dadam_archive_find (self->archive, self->id);

  if (summary != NULL)
    dadam_summary_set_kind (summary, DADAM_KIND_COMPARISON);
  self->is_secret = FALSE;
  dadam_comparison_veil (self);
  g_signal_emit_by_name (self, "revealed");
  dadam_comparison_changed (self);
}

static void
judged_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamComparison) self = DADAM_COMPARISON (user_data);
  g_autoptr (GError) error = NULL;

  self->is_judging = FALSE;
  if (self->archive == NULL)
    return;
  if (dadam_archive_vote_finish (DADAM_ARCHIVE (object), result, &error)) {
    reveal (self);
    return;
  }
  self->verdict = DADAM_VERDICT_NONE;
  g_signal_emit_by_name (self, "failed", error, -1);
  dadam_comparison_changed (self);
}

/**
 * dadam_comparison_judge:
 *
 * Stores what the user thinks of the last two answers, which can be judged; then it is
 * told whose they are.
 */
void
dadam_comparison_judge (DadamComparison *self, DadamVerdict verdict)
{
  g_autoptr (DadamDuel) duel = NULL;

  g_return_if_fail (DADAM_IS_COMPARISON (self));
  g_return_if_fail (dadam_comparison_can_judge (self));

  duel = dadam_comparison_create_duel (self);
  self->is_judging = TRUE;
  self->verdict = verdict;
  dadam_archive_vote_async (self->archive, duel, verdict, judged_cb, g_object_ref (self));
  dadam_comparison_changed (self);
}

/* What was judged in it since it is open. */
DadamVerdict
dadam_comparison_get_verdict (DadamComparison *self)
{
  g_return_val_if_fail (DADAM_IS_COMPARISON (self), DADAM_VERDICT_NONE);

  return self->verdict;
}

/* ---- sides ------------------------------------------------------------- */

static void
swap_sides (DadamComparison *self)
{
  g_autoptr (DadamModel) left = g_object_ref (dadam_conversation_get_model (self->panes[0]));
  g_autoptr (DadamModel) right = g_object_ref (dadam_conversation_get_model (self->panes[1]));
  g_autofree char *settings = g_strdup (dadam_conversation_get_settings (self->panes[0]));

  dadam_conversation_set_model (self->panes[0], right);
  dadam_conversation_set_model (self->panes[1], left);
  dadam_conversation_set_settings (self->panes[0],
                                   dadam_conversation_get_settings (self->panes[1]));
  dadam_conversation_set_settings (self->panes[1], settings);
  self->is_swapped = !self->is_swapped;
}

/* Which model is asked in which pane: the one way or the other. */
void
dadam_comparison_draw_sides (DadamComparison *self)
{
  self->is_secret = TRUE;
  if (g_random_boolean ())
    swap_sides (self);
}

/* Nothing was said: all is as it was before they were drawn. */
void
dadam_comparison_forget_sides (DadamComparison *self)
{
  self->is_secret = FALSE;
  if (self->is_swapped)
    swap_sides (self);
}
