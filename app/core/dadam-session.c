/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A session and the mailbox between it and the engine thread.  The engine thread
 * puts text, progress and the end into the mailbox; a source on the main context
 * empties it, at most 30 times a second, and emits signals.  What arrives between
 * two looks is joined, so the mailbox never overflows and never makes the engine
 * wait for the window.
 */
#include "config.h"

#include "dadam-session-private.h"

#include "dadam-session.h"

#include "dadam-engine-private.h"
#include "dadam-error.h"

#include "dadam/engine.h"

#define TICK (G_USEC_PER_SEC / 30)

typedef struct {
  gatomicrefcount refs;

  /* Owned. */
  DadamLoaded *model;
  GSource *source;
  dd_session *session; /* atomic; the engine thread's, only cancelling it is anyone's */
  gboolean is_running; /* the engine thread's */

  /* Under the lock. */
  GMutex lock;
  GString *text;
  GArray *made; /* of dd_token */
  guint64 done;
  guint64 total;
  gint64 emptied_at;
  gboolean is_called; /* the main context has been asked to look */
  gboolean has_ended;
  gboolean was_lost; /* the device, and it goes on */
  DadamPlace *place; /* owned: of the model, which may have moved; %NULL: it has not */
  DadamStats stats;
  dd_error error;
} Mailbox;

/* An order to the engine thread. */
typedef struct {
  Mailbox *mailbox;
  DadamTurns *turns;
} Order;

struct _DadamSession {
  GObject parent_instance;

  Mailbox *mailbox; /* owned */
};

G_DEFINE_FINAL_TYPE (DadamSession, dadam_session, G_TYPE_OBJECT)

enum { PROGRESS, TEXT, LOST, MOVED, ENDED, N_SIGNALS };

static guint signals[N_SIGNALS];

/* ---- the mailbox ------------------------------------------------------- */

typedef struct {
  GSource parent;
  DadamSession *session; /* borrowed; the source is destroyed before it */
} Postman;

static gboolean dadam_session_empty_mailbox (DadamSession *self);

static gboolean
postman_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_source_set_ready_time (source, -1);

  return dadam_session_empty_mailbox (((Postman *) source)->session);
}

static GSourceFuncs postman_funcs = { .dispatch = postman_dispatch };

static Mailbox *
mailbox_new (DadamLoaded *model, DadamSession *session)
{
  Mailbox *mailbox = g_new0 (Mailbox, 1);

  g_atomic_ref_count_init (&mailbox->refs);
  mailbox->model = dadam_loaded_ref (model);
  mailbox->text = g_string_new (NULL);
  mailbox->made = g_array_new (FALSE, FALSE, sizeof (dd_token));
  g_mutex_init (&mailbox->lock);

  mailbox->source = g_source_new (&postman_funcs, sizeof (Postman));
  ((Postman *) mailbox->source)->session = session;
  g_source_set_static_name (mailbox->source, "dadam-session");
  g_source_attach (mailbox->source, NULL);

  return mailbox;
}

static Mailbox *
mailbox_ref (Mailbox *mailbox)
{
  g_atomic_ref_count_inc (&mailbox->refs);

  return mailbox;
}

static void
mailbox_unref (Mailbox *mailbox)
{
  if (!g_atomic_ref_count_dec (&mailbox->refs))
    return;

  g_source_unref (mailbox->source);
  g_string_free (mailbox->text, TRUE);
  g_array_unref (mailbox->made);
  g_clear_pointer (&mailbox->place, dadam_place_free);
  g_mutex_clear (&mailbox->lock);
  dadam_loaded_unref (mailbox->model);
  g_free (mailbox);
}

/* With the lock held. */
static void
mailbox_call (Mailbox *mailbox)
{
  if (mailbox->is_called)
    return;

  mailbox->is_called = TRUE;
  g_source_set_ready_time (mailbox->source, mailbox->emptied_at + TICK);
}

static DadamStop
stop_from_engine (dd_stop_reason reason)
{
  switch (reason) {
  case DD_STOP_LENGTH: return DADAM_STOP_LENGTH;
  case DD_STOP_CONTEXT: return DADAM_STOP_CONTEXT;
  case DD_STOP_CANCELLED: return DADAM_STOP_CANCELLED;
  case DD_STOP_ERROR: return DADAM_STOP_ERROR;
  case DD_STOP_NONE:
  case DD_STOP_END:
  case DD_STOP_STRING:
  default: return DADAM_STOP_END;
  }
}

/* With the lock held. */
static void
mailbox_put_end (Mailbox *mailbox,
                 dd_stop_reason reason,
                 const dd_error *error,
                 const dd_stats *stats)
{
  mailbox->has_ended = TRUE;
  mailbox->stats.stop = stop_from_engine (reason);
  if (stats != NULL) {
    mailbox->stats.reused_tokens = stats->reused_tokens;
    mailbox->stats.prompt_tokens = stats->prompt_tokens;
    mailbox->stats.made_tokens = stats->made_tokens;
    mailbox->stats.prompt_seconds = stats->prompt_seconds;
    mailbox->stats.first_token_seconds = stats->first_token_seconds;
    mailbox->stats.decode_seconds = stats->decode_seconds;
  }
  if (error != NULL)
    mailbox->error = *error;
  /* The tokens that spelt a stop string are no part of the answer; which they were is not known. */
  if (reason == DD_STOP_STRING)
    g_array_set_size (mailbox->made, 0);
  mailbox_call (mailbox);
}

static void
mailbox_put_dropped (Mailbox *mailbox, guint n_dropped)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mailbox->lock);

  mailbox->stats.dropped_messages = n_dropped;
}

/* ---- on the engine thread ---------------------------------------------- */

/* Under the lock. */
static void
mailbox_put_place (Mailbox *mailbox)
{
  g_clear_pointer (&mailbox->place, dadam_place_free);
  mailbox->place = dadam_loaded_find_place (mailbox->model);
}

static void
end_running (Mailbox *mailbox)
{
  mailbox->is_running = FALSE;
  dadam_loaded_end (mailbox->model, mailbox);
}

static void
event_cb (dd_session *session, const dd_event *event, void *user)
{
  Mailbox *mailbox = user;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mailbox->lock);

  if (event->length > 0)
    g_string_append_len (mailbox->text, event->text, (gssize) event->length);

  switch (event->kind) {
  case DD_EVENT_READING:
    mailbox->done = event->done;
    mailbox->total = event->total;
    break;
  case DD_EVENT_TOKEN:
    if (!dd_model_is_end (dadam_loaded_get (mailbox->model), event->token))
      g_array_append_val (mailbox->made, event->token);
    break;
  case DD_EVENT_LOST: mailbox->was_lost = TRUE; break;
  case DD_EVENT_MOVED: mailbox_put_place (mailbox); break;
  case DD_EVENT_END:
    end_running (mailbox);
    mailbox_put_end (mailbox, event->reason, event->error, &event->stats);
    break;
  default: break;
  }

  mailbox_call (mailbox);
}

static void
fail_cb (gpointer data, const dd_error *error)
{
  Mailbox *mailbox = data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mailbox->lock);

  mailbox->is_running = FALSE;
  mailbox_put_end (mailbox, DD_STOP_ERROR, error, NULL);
}

static void
order_free (Order *order)
{
  mailbox_unref (order->mailbox);
  dadam_turns_free (order->turns);
  g_free (order);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Order, order_free)

static dd_sampling
sampling_of (const DadamChoices *choices)
{
  dd_sampling sampling = dd_sampling_default ();

  sampling.temperature = (float) choices->temperature;
  sampling.top_k = (int) choices->top_k;
  sampling.top_p = (float) choices->top_p;
  sampling.min_p = (float) choices->min_p;
  sampling.repeat_penalty = (float) choices->repeat_penalty;
  sampling.frequency_penalty = (float) choices->frequency_penalty;
  sampling.presence_penalty = (float) choices->presence_penalty;
  sampling.penalty_window = DADAM_CHOICE_PENALTY_WINDOW;
  sampling.seed = (guint64) choices->seed;

  return sampling;
}

static bool
open_session (Mailbox *mailbox, dd_error *error)
{
  dd_session *session = NULL;

  if (mailbox->session != NULL)
    return true;
  if (!dd_session_open (dadam_loaded_get (mailbox->model), &session, error))
    return false;
  g_atomic_pointer_set (&mailbox->session, session);
  g_mutex_lock (&mailbox->lock);
  mailbox_put_place (mailbox); /* opening may have moved it */
  g_mutex_unlock (&mailbox->lock);

  return true;
}

static bool
start (Order *order, dd_error *error)
{
  Mailbox *mailbox = order->mailbox;
  const DadamChoices *choices = dadam_turns_get_choices (order->turns);
  dd_generation generation = { sampling_of (choices), .max_tokens = -1 };
  dd_prompt prompt = { 0 };
  guint n_dropped = 0;
  bool ok;

  if (!open_session (mailbox, error)
      || !dadam_turns_render (order->turns, mailbox->model, &prompt, &n_dropped, error))
    return false;
  mailbox_put_dropped (mailbox, n_dropped);

  if (choices->max_tokens > 0)
    generation.max_tokens = choices->max_tokens;
  generation.stops = prompt.stops;
  generation.event = event_cb;
  generation.user = mailbox;
  ok = dd_session_sync (mailbox->session, prompt.tokens, prompt.spans, prompt.n_spans, error)
       && dd_session_generate (mailbox->session, &generation, error);
  dd_prompt_clear (&prompt);

  return ok;
}

static void
run_generate (gpointer data)
{
  g_autoptr (Order) order = data;
  Mailbox *mailbox = order->mailbox;
  dd_error error = { 0 };

  mailbox->is_running = TRUE;
  dadam_loaded_begin (mailbox->model, mailbox, fail_cb);
  if (!start (order, &error)) {
    dadam_loaded_end (mailbox->model, mailbox);
    fail_cb (mailbox, &error);
  }
}

static void
run_stop (gpointer data)
{
  Mailbox *mailbox = data;

  if (mailbox->is_running)
    dd_session_cancel (mailbox->session);
  mailbox_unref (mailbox);
}

static void
run_close (gpointer data)
{
  Mailbox *mailbox = data;

  if (mailbox->is_running)
    end_running (mailbox);
  dd_session_close (&mailbox->session);
  mailbox_unref (mailbox);
}

/* ---- on the main thread ------------------------------------------------ */

static void
dadam_session_dispose (GObject *object)
{
  DadamSession *self = DADAM_SESSION (object);
  Mailbox *mailbox = self->mailbox;

  if (mailbox != NULL) {
    dadam_session_stop (self);
    g_source_destroy (mailbox->source);
    self->mailbox = NULL;
    dadam_loaded_push (mailbox->model, run_close, mailbox);
  }

  G_OBJECT_CLASS (dadam_session_parent_class)->dispose (object);
}

static void
dadam_session_class_init (DadamSessionClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_session_dispose;

  /* The prompt has been read so far: a fraction. */
  signals[PROGRESS] = g_signal_new ("progress", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 1, G_TYPE_DOUBLE);
  signals[TEXT] = g_signal_new ("text", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                1, G_TYPE_STRING);
  /* The device stopped answering and was opened anew: the answer goes on. */
  signals[LOST] = g_signal_new ("lost", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                0);
  /* The model moved, as a card has no memory left for as much of it as before. */
  signals[MOVED] = g_signal_new ("moved", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                 0);
  /* DadamStats, the answer's tokens or %NULL, an error or %NULL. */
  signals[ENDED] = g_signal_new ("ended", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                 3, G_TYPE_POINTER, G_TYPE_BYTES, G_TYPE_ERROR);
}

static void
dadam_session_init (DadamSession *self)
{
}

/**
 * dadam_session_new:
 *
 * A new timeline over @model, which stays loaded as long as the session lives.
 */
DadamSession *
dadam_session_new (DadamLoaded *model)
{
  DadamSession *self = g_object_new (DADAM_TYPE_SESSION, NULL);

  self->mailbox = mailbox_new (model, self);

  return self;
}

static GBytes *
take_made (Mailbox *mailbox)
{
  GBytes *made = NULL;

  if (mailbox->made->len > 0)
    made = g_bytes_new (mailbox->made->data, mailbox->made->len * sizeof (dd_token));
  g_array_set_size (mailbox->made, 0);

  return made;
}

static gboolean
dadam_session_empty_mailbox (DadamSession *self)
{
  g_autoptr (DadamSession) alive = g_object_ref (self);
  Mailbox *mailbox = self->mailbox;
  g_autofree char *text = NULL;
  g_autoptr (GBytes) made = NULL;
  g_autoptr (GError) error = NULL;
  guint64 done, total;
  DadamPlace *place;
  gboolean has_ended, was_lost;
  DadamStats stats;

  g_mutex_lock (&mailbox->lock);
  text = g_strndup (mailbox->text->str, mailbox->text->len);
  g_string_truncate (mailbox->text, 0);
  done = mailbox->done;
  total = mailbox->total;
  mailbox->total = 0;
  was_lost = mailbox->was_lost;
  mailbox->was_lost = FALSE;
  place = g_steal_pointer (&mailbox->place);
  has_ended = mailbox->has_ended;
  stats = mailbox->stats;
  if (has_ended)
    made = take_made (mailbox);
  if (has_ended && stats.stop == DADAM_STOP_ERROR)
    error = dadam_error_new_from_engine (&mailbox->error);
  mailbox->has_ended = FALSE;
  mailbox->is_called = FALSE;
  mailbox->emptied_at = g_get_monotonic_time ();
  g_mutex_unlock (&mailbox->lock);

  if (was_lost)
    g_signal_emit (self, signals[LOST], 0);
  if (place != NULL && dadam_loaded_take_place (mailbox->model, place))
    g_signal_emit (self, signals[MOVED], 0);
  if (total > 0)
    g_signal_emit (self, signals[PROGRESS], 0, (double) done / (double) total);
  if (*text != '\0')
    g_signal_emit (self, signals[TEXT], 0, text);
  if (has_ended)
    g_signal_emit (self, signals[ENDED], 0, &stats, made, error);

  return G_SOURCE_CONTINUE;
}

static void
mailbox_reset (Mailbox *mailbox)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mailbox->lock);

  g_string_truncate (mailbox->text, 0);
  g_array_set_size (mailbox->made, 0);
  mailbox->total = 0;
  mailbox->stats = (DadamStats) { 0 };
}

/**
 * dadam_session_generate:
 * @messages: #DadamMessage objects, the last one the user's, or an answer to go on
 *   with; copied
 * @choices: with a format and a seed; copied
 *
 * Starts an answer: "progress" and "text" follow, and always one "ended".  What the
 * timeline shares with the answers before is not computed again.  Where the context
 * is too small for all messages the oldest are left out, which the statistics say.
 * The session must not be answering.
 */
void
dadam_session_generate (DadamSession *self, GListModel *messages, const DadamChoices *choices)
{
  Order *order;

  g_return_if_fail (DADAM_IS_SESSION (self));
  g_return_if_fail (choices->format != NULL && choices->seed >= 0);

  mailbox_reset (self->mailbox);
  order = g_new0 (Order, 1);
  order->mailbox = mailbox_ref (self->mailbox);
  order->turns = dadam_turns_new (messages, choices);
  dadam_loaded_push (self->mailbox->model, run_generate, order);
}

/**
 * dadam_session_stop:
 *
 * Ends the answer soon; "ended" says when.  What was said stays.
 */
void
dadam_session_stop (DadamSession *self)
{
  dd_session *session;

  g_return_if_fail (DADAM_IS_SESSION (self));

  /* At once where an answer is being worked on, and behind the order for one that is not yet. */
  session = g_atomic_pointer_get (&self->mailbox->session);
  if (session != NULL)
    dd_session_cancel (session);
  dadam_loaded_push (self->mailbox->model, run_stop, mailbox_ref (self->mailbox));
}
