/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * When the panes of a comparison may answer: both at once where memory has room for both
 * models, by the dry run of what loads them; else one after the other, the first model
 * unloaded before the second is loaded.
 */
#include "config.h"

#include "dadam-comparison-private.h"

#include "dadam-engine-room.h"

/* Whether the panes answer one after the other, as far as is known. */
gboolean
dadam_comparison_takes_turns (DadamComparison *self)
{
  g_return_val_if_fail (DADAM_IS_COMPARISON (self), FALSE);

  return self->wants_turns || !self->has_room;
}

/* Whether memory has room for both models, as far as is known. */
gboolean
dadam_comparison_has_room (DadamComparison *self)
{
  g_return_val_if_fail (DADAM_IS_COMPARISON (self), TRUE);

  return self->has_room;
}

/* Whether they shall in any case: alone on the computer each shows how fast it is. */
void
dadam_comparison_set_takes_turns (DadamComparison *self, gboolean takes_turns)
{
  g_return_if_fail (DADAM_IS_COMPARISON (self));

  self->wants_turns = takes_turns;
  dadam_comparison_schedule (self);
}

/* ---- memory ------------------------------------------------------------ */

typedef struct {
  DadamNeed needs[DADAM_N_PANES];
  gboolean has_room;
} Measurement;

static void
measurement_free (gpointer data)
{
  Measurement *measurement = data;

  for (guint i = 0; i < DADAM_N_PANES; i++) {
    g_free ((char *) measurement->needs[i].path);
    g_free ((char *) measurement->needs[i].devices);
  }
  g_free (measurement);
}

static void
measure_thread (GTask *task, gpointer source_object, gpointer task_data, GCancellable *cancellable)
{
  Measurement *measurement = task_data;
  DadamRoom room = dadam_engine_measure_needs (source_object, measurement->needs, DADAM_N_PANES);

  measurement->has_room = dadam_room_has_both (&room, &measurement->needs[0],
                                               &measurement->needs[1]);
  g_task_return_boolean (task, TRUE);
}

static void
measured_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamComparison) self = DADAM_COMPARISON (user_data);

  self->is_busy = FALSE;
  self->has_room = ((Measurement *) g_task_get_task_data (G_TASK (result)))->has_room;
  dadam_comparison_schedule (self);
  dadam_comparison_changed (self);
}

/* What is in memory already has room there; and one model has, however often it is asked. */
static gboolean
has_room_for_sure (DadamComparison *self)
{
  return self->measured[0] == self->measured[1]
         || (dadam_model_get_state (self->measured[0]) == DADAM_MODEL_LOADED
             && dadam_model_get_state (self->measured[1]) == DADAM_MODEL_LOADED);
}

static void
describe_need (DadamModel *model, DadamNeed *need)
{
  DadamLoaded *loaded = dadam_model_get_loaded (model);
  g_autoptr (DadamChoices) choices = NULL;

  if (loaded != NULL) {
    dadam_loaded_get_taken (loaded, need->taken);
    return;
  }
  choices = dadam_model_get_choices (model);
  need->path = g_strdup (dadam_model_get_path (model));
  need->devices = dadam_model_get_devices (model);
  need->context = choices->context;
}

static void
measure (DadamComparison *self)
{
  g_autoptr (GTask) task = g_task_new (self->engine, NULL, measured_cb, g_object_ref (self));
  Measurement *measurement = g_new0 (Measurement, 1);

  for (guint i = 0; i < DADAM_N_PANES; i++)
    describe_need (self->measured[i], &measurement->needs[i]);
  g_task_set_task_data (task, measurement, measurement_free);
  g_task_run_in_thread (task, measure_thread);
  self->is_busy = TRUE;
}

/* Whether has_room is about the models that are to answer; else it will be. */
static gboolean
is_measured (DadamComparison *self)
{
  gboolean is_same = TRUE;

  for (guint i = 0; i < DADAM_N_PANES; i++)
    is_same &= !g_set_object (&self->measured[i], dadam_conversation_get_model (self->panes[i]));
  if (is_same)
    return TRUE;
  if (has_room_for_sure (self)) {
    self->has_room = TRUE;
    return TRUE;
  }
  measure (self);

  return FALSE;
}

/* ---- whose turn it is -------------------------------------------------- */

static void
drained_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamComparison) self = DADAM_COMPARISON (user_data);

  self->is_busy = FALSE;
  for (guint i = 0; i < DADAM_N_PANES; i++)
    if (self->panes[i] != NULL && dadam_conversation_is_held (self->panes[i])) {
      dadam_conversation_release (self->panes[i]);
      return;
    }
}

/* The next one may answer, once the other's model is out of its way. */
static void
take_turn (DadamComparison *self, guint next)
{
  DadamModel *model = dadam_conversation_get_model (self->panes[next]);
  DadamModel *other = dadam_conversation_get_model (self->panes[1 - next]);

  if (self->has_room || other == NULL || other == model || dadam_model_is_used (other)
      || dadam_model_get_state (other) != DADAM_MODEL_LOADED) {
    dadam_conversation_release (self->panes[next]);
    return;
  }
  self->is_busy = TRUE;
  dadam_model_unload (other);
  dadam_engine_drain_async (self->engine, drained_cb, g_object_ref (self));
}

/* Whether the pane is answering, and not waiting for its turn. */
gboolean
dadam_comparison_is_at_work (DadamComparison *self, guint pane)
{
  return dadam_conversation_is_answering (self->panes[pane])
         && !dadam_conversation_is_held (self->panes[pane]);
}

/* Called whenever an answer is waited for or has ended. */
void
dadam_comparison_schedule (DadamComparison *self)
{
  gboolean held[DADAM_N_PANES];

  for (guint i = 0; i < DADAM_N_PANES; i++)
    held[i] = dadam_conversation_is_held (self->panes[i]);
  if (self->is_busy || (!held[0] && !held[1]) || !is_measured (self))
    return;
  if (!dadam_comparison_takes_turns (self)) {
    for (guint i = 0; i < DADAM_N_PANES; i++)
      if (held[i])
        dadam_conversation_release (self->panes[i]);
  } else if (!dadam_comparison_is_at_work (self, 0) && !dadam_comparison_is_at_work (self, 1))
    take_turn (self, held[0] ? 0 : 1);
}
