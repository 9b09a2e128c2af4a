/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Unloads the models of the conversations that were shown: each when it has not answered
 * for a while, and when the system says that memory is low: at once where it rests, and
 * where memory is about to run out in the middle of an answer too, of which what was said
 * stays.
 *
 * Signal: "unloaded" when it did so for want of memory.
 */
#include "config.h"

#include "dadam-rest.h"

struct _DadamRest {
  GObject parent_instance;

  /* Owned. */
  GMemoryMonitor *monitor;
  DadamConversation *conversation;
  GHashTable *models; /* those that were seen loaded, to a gint64: when they were last at work */

  guint seconds; /* without an answer; 0: any number */
  guint source;
};

G_DEFINE_FINAL_TYPE (DadamRest, dadam_rest, G_TYPE_OBJECT)

enum { UNLOADED, N_SIGNALS };

static guint signals[N_SIGNALS];

static void schedule (DadamRest *self);

static void
note_work (DadamRest *self, DadamModel *model)
{
  gint64 now = g_get_monotonic_time ();

  g_hash_table_insert (self->models, g_object_ref (model), g_memdup2 (&now, sizeof now));
}

/* What is loaded, and at rest or, where @is_any, not. */
static GPtrArray *
find_loaded (DadamRest *self, gboolean is_any)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer model;

  g_hash_table_iter_init (&iter, self->models);
  while (g_hash_table_iter_next (&iter, &model, NULL))
    if (dadam_model_get_state (model) != DADAM_MODEL_LOADED)
      g_hash_table_iter_remove (&iter);
    else if (is_any || !dadam_model_is_used (model))
      g_ptr_array_add (found, g_object_ref (model));

  return found;
}

static gint64
due_of (DadamRest *self, DadamModel *model)
{
  return *(gint64 *) g_hash_table_lookup (self->models, model)
         + (gint64) self->seconds * G_TIME_SPAN_SECOND;
}

static gboolean
rested_cb (gpointer user_data)
{
  DadamRest *self = DADAM_REST (user_data);
  g_autoptr (GPtrArray) loaded = find_loaded (self, FALSE);
  gint64 now = g_get_monotonic_time ();

  self->source = 0;
  for (guint i = 0; i < loaded->len; i++)
    if (due_of (self, loaded->pdata[i]) <= now)
      dadam_model_unload (loaded->pdata[i]);
  schedule (self);

  return G_SOURCE_REMOVE;
}

/* One that answers for a conversation which is not shown tells nobody when it has: it is asked again
 * after another while. */
static void
schedule (DadamRest *self)
{
  g_autoptr (GPtrArray) loaded = find_loaded (self, TRUE);
  gint64 now = g_get_monotonic_time ();
  gint64 due = G_MAXINT64;

  g_clear_handle_id (&self->source, g_source_remove);
  for (guint i = 0; i < loaded->len; i++) {
    if (dadam_model_is_used (loaded->pdata[i]))
      note_work (self, loaded->pdata[i]);
    due = MIN (due, due_of (self, loaded->pdata[i]));
  }
  if (self->seconds > 0 && loaded->len > 0)
    self->source = g_timeout_add ((guint) (MAX (due - now, 0) / 1000) + 1, rested_cb, self);
}

/* Something was said, or the model came or went. */
static void
changed_cb (DadamRest *self)
{
  DadamModel *model = self->conversation != NULL ? dadam_conversation_get_model (self->conversation)
                                                 : NULL;

  if (model != NULL && dadam_model_get_state (model) == DADAM_MODEL_LOADED)
    note_work (self, model);
  schedule (self);
}

static void
low_memory_cb (DadamRest *self, GMemoryMonitorWarningLevel level)
{
  gboolean is_critical = level >= G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL;
  g_autoptr (GPtrArray) loaded = find_loaded (self, is_critical);

  if (level < G_MEMORY_MONITOR_WARNING_LEVEL_MEDIUM || loaded->len == 0)
    return;
  for (guint i = 0; i < loaded->len; i++)
    dadam_model_unload (loaded->pdata[i]);
  g_signal_emit (self, signals[UNLOADED], 0);
}

static void
dadam_rest_dispose (GObject *object)
{
  DadamRest *self = DADAM_REST (object);

  dadam_rest_watch (self, NULL);
  if (self->monitor != NULL)
    g_signal_handlers_disconnect_by_data (self->monitor, self);
  g_clear_object (&self->monitor);
  g_clear_handle_id (&self->source, g_source_remove);

  G_OBJECT_CLASS (dadam_rest_parent_class)->dispose (object);
}

static void
dadam_rest_finalize (GObject *object)
{
  g_hash_table_unref (DADAM_REST (object)->models);

  G_OBJECT_CLASS (dadam_rest_parent_class)->finalize (object);
}

static void
dadam_rest_class_init (DadamRestClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dadam_rest_dispose;
  G_OBJECT_CLASS (klass)->finalize = dadam_rest_finalize;

  signals[UNLOADED] = g_signal_new ("unloaded", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                    NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
dadam_rest_init (DadamRest *self)
{
  self->models = g_hash_table_new_full (NULL, NULL, g_object_unref, g_free);
  self->monitor = g_memory_monitor_dup_default ();
  g_signal_connect_swapped (self->monitor, "low-memory-warning", G_CALLBACK (low_memory_cb), self);
}

DadamRest *
dadam_rest_new (void)
{
  return g_object_new (DADAM_TYPE_REST, NULL);
}

/* After how long a model that does not answer is unloaded; 0: never. */
void
dadam_rest_set_seconds (DadamRest *self, guint seconds)
{
  g_return_if_fail (DADAM_IS_REST (self));

  self->seconds = seconds;
  schedule (self);
}

/**
 * dadam_rest_watch:
 * @conversation: (nullable): whose model to watch too; of those watched before one may
 *   still be loaded
 */
void
dadam_rest_watch (DadamRest *self, DadamConversation *conversation)
{
  g_return_if_fail (DADAM_IS_REST (self));

  if (self->conversation != NULL)
    g_signal_handlers_disconnect_by_func (self->conversation, changed_cb, self);
  g_set_object (&self->conversation, conversation);
  if (conversation != NULL)
    g_signal_connect_swapped (conversation, "changed", G_CALLBACK (changed_cb), self);
  changed_cb (self);
}
