/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Unloads a conversation's model when it has not answered for a while, and when the
 * system says that memory is low: at once where it rests, and where memory is about to
 * run out in the middle of an answer too, of which what was said stays.
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

  guint seconds; /* without an answer; 0: any number */
  guint source;
};

G_DEFINE_FINAL_TYPE (DadamRest, dadam_rest, G_TYPE_OBJECT)

enum { UNLOADED, N_SIGNALS };

static guint signals[N_SIGNALS];

static DadamModel *
loaded_model (DadamRest *self)
{
  DadamModel *model = self->conversation != NULL ? dadam_conversation_get_model (self->conversation)
                                                 : NULL;

  return model != NULL && dadam_model_get_state (model) == DADAM_MODEL_LOADED ? model : NULL;
}

static gboolean
rested_cb (gpointer user_data)
{
  DadamRest *self = DADAM_REST (user_data);
  DadamModel *model = loaded_model (self);

  self->source = 0;
  if (model != NULL)
    dadam_model_unload (model);

  return G_SOURCE_REMOVE;
}

/* Counts anew: something was said, or the model came or went. */
static void
changed_cb (DadamRest *self)
{
  g_clear_handle_id (&self->source, g_source_remove);
  if (self->seconds > 0 && loaded_model (self) != NULL
      && !dadam_conversation_is_answering (self->conversation))
    self->source = g_timeout_add_seconds (self->seconds, rested_cb, self);
}

static void
low_memory_cb (DadamRest *self, GMemoryMonitorWarningLevel level)
{
  DadamModel *model = loaded_model (self);

  if (model == NULL || level < G_MEMORY_MONITOR_WARNING_LEVEL_MEDIUM)
    return;
  if (dadam_conversation_is_answering (self->conversation)
      && level < G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL)
    return;
  dadam_model_unload (model);
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

  G_OBJECT_CLASS (dadam_rest_parent_class)->dispose (object);
}

static void
dadam_rest_class_init (DadamRestClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dadam_rest_dispose;

  signals[UNLOADED] = g_signal_new ("unloaded", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                    NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
dadam_rest_init (DadamRest *self)
{
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
  changed_cb (self);
}

/**
 * dadam_rest_watch:
 * @conversation: (nullable): whose model to unload from now on
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
