/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Counting takes a while, so it waits for a pause in the writing, is done off the main
 * loop, and only the last count is told.
 *
 * Signal: "counted" with the tokens (-1: unknown), the context and how many of the
 * oldest messages would be left out.
 */
#include "config.h"

#include "dadam-meter.h"

#include "dadam-session.h"

#define DELAY_MS 200

struct _DadamMeter {
  GObject parent_instance;

  /* Owned. */
  DadamConversation *conversation; /* while there is something to count */
  char *draft;
  GCancellable *cancellable; /* while it is counted */

  guint source;
};

G_DEFINE_FINAL_TYPE (DadamMeter, dadam_meter, G_TYPE_OBJECT)

enum { COUNTED, N_SIGNALS };

static guint signals[N_SIGNALS];

static void
stop (DadamMeter *self)
{
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_handle_id (&self->source, g_source_remove);
  g_clear_object (&self->conversation);
  g_clear_pointer (&self->draft, g_free);
}

static void
dadam_meter_dispose (GObject *object)
{
  stop (DADAM_METER (object));

  G_OBJECT_CLASS (dadam_meter_parent_class)->dispose (object);
}

static void
dadam_meter_class_init (DadamMeterClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dadam_meter_dispose;

  signals[COUNTED] = g_signal_new ("counted", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 3, G_TYPE_INT64, G_TYPE_INT64,
                                   G_TYPE_UINT);
}

static void
dadam_meter_init (DadamMeter *self)
{
}

DadamMeter *
dadam_meter_new (void)
{
  return g_object_new (DADAM_TYPE_METER, NULL);
}

static DadamLoaded *
find_loaded (DadamConversation *conversation)
{
  DadamModel *model = dadam_conversation_get_model (conversation);

  return model != NULL ? dadam_model_get_loaded (model) : NULL;
}

static void
counted_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamMeter) self = DADAM_METER (user_data);
  g_autoptr (GError) error = NULL;
  guint n_dropped = 0;
  gssize n_tokens = dadam_session_count_finish (result, &n_dropped, &error);
  DadamLoaded *loaded;

  if (g_task_get_cancellable (G_TASK (result)) != self->cancellable)
    return;
  g_clear_object (&self->cancellable);
  loaded = find_loaded (self->conversation);
  if (error == NULL && loaded != NULL)
    g_signal_emit (self, signals[COUNTED], 0, (gint64) n_tokens, dadam_loaded_get_context (loaded),
                   n_dropped);
}

static gboolean
count_cb (gpointer user_data)
{
  DadamMeter *self = DADAM_METER (user_data);
  DadamLoaded *loaded = find_loaded (self->conversation);
  g_autoptr (DadamChoices) choices = dadam_conversation_get_choices (self->conversation);

  self->source = 0;
  if (loaded == NULL || choices->format == NULL)
    return G_SOURCE_REMOVE;
  self->cancellable = g_cancellable_new ();
  dadam_session_count_async (loaded, dadam_conversation_get_messages (self->conversation),
                             self->draft, choices, self->cancellable, counted_cb,
                             g_object_ref (self));

  return G_SOURCE_REMOVE;
}

/**
 * dadam_meter_count:
 * @draft: what is being written
 *
 * Counts soon, in place of what was to be counted before.
 */
void
dadam_meter_count (DadamMeter *self, DadamConversation *conversation, const char *draft)
{
  g_return_if_fail (DADAM_IS_METER (self));

  stop (self);
  /* What is being answered was counted when it was sent. */
  if (dadam_conversation_is_answering (conversation))
    return;
  if (find_loaded (conversation) == NULL || dadam_conversation_needs_format (conversation)) {
    g_signal_emit (self, signals[COUNTED], 0, (gint64) -1, (gint64) 0, 0u);
    return;
  }
  self->conversation = g_object_ref (conversation);
  self->draft = g_strdup (draft);
  self->source = g_timeout_add (DELAY_MS, count_cb, self);
}
