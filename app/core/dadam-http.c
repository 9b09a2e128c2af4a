/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * libsoup's asynchronous calls over a main context of the worker's own, iterated
 * until there is an answer: so every wait can be ended from outside, also a server
 * that sends one byte now and then.
 */
#include "config.h"

#include "dadam-http.h"

#include <glib/gi18n.h>

/* The answer's head must be there within so many idle times. */
#define HEAD_PATIENCE 2

/* Slower than this over a whole idle time is a stall. */
#define SLOWEST_RATE 256 /* bytes a second */

struct _DadamHttp {
  /* Owned. */
  GMainContext *context;
  SoupSession *session;
  GCancellable *cancellable; /* the caller's, or one of our own */
  GCancellable *inner;       /* ends what is going on */
  gulong cancel_id;
  GInputStream *body;

  guint idle_seconds;
  guint64 n_read;       /* of the body */
  gint64 window_start;  /* in which the rate is watched */
  guint64 window_bytes;
  gboolean at_end;
  gboolean timed_out;
};

static void
cancel_cb (GCancellable *cancellable, GCancellable *inner)
{
  g_cancellable_cancel (inner);
}

static void
renew_inner (DadamHttp *self)
{
  if (self->cancel_id != 0)
    g_cancellable_disconnect (self->cancellable, self->cancel_id);
  g_set_object (&self->inner, NULL);
  self->inner = g_cancellable_new ();
  self->cancel_id = g_cancellable_connect (self->cancellable, G_CALLBACK (cancel_cb),
                                           g_object_ref (self->inner), g_object_unref);
}

/* HTTP/1.1 and a connection of its own: ranges gain nothing by sharing one, and a
 * body that is given up costs no other. */
static SoupSession *
make_session (GTlsDatabase *tls_database)
{
  g_autofree char *agent = g_strdup_printf ("Dadam/%s", DADAM_VERSION);
  SoupSession *session = soup_session_new_with_options ("user-agent", agent, "timeout", 0,
                                                        "idle-timeout", 60, NULL);

  soup_session_remove_feature_by_type (session, SOUP_TYPE_CONTENT_DECODER);
  soup_session_remove_feature_by_type (session, SOUP_TYPE_AUTH_MANAGER);
  if (tls_database != NULL)
    soup_session_set_tls_database (session, tls_database);

  return session;
}

/**
 * dadam_http_new:
 * @tls_database: (nullable): whom to trust; %NULL: whom the system trusts
 * @idle_seconds: so long without a byte is a stall
 *
 * Used on the thread that made it.
 */
DadamHttp *
dadam_http_new (GTlsDatabase *tls_database, guint idle_seconds, GCancellable *cancellable)
{
  DadamHttp *self = g_new0 (DadamHttp, 1);

  self->context = g_main_context_new ();
  self->idle_seconds = idle_seconds;
  self->cancellable = cancellable ? g_object_ref (cancellable) : g_cancellable_new ();
  g_main_context_push_thread_default (self->context);
  self->session = make_session (tls_database);
  g_main_context_pop_thread_default (self->context);
  renew_inner (self);

  return self;
}

void
dadam_http_free (DadamHttp *self)
{
  if (self == NULL)
    return;

  dadam_http_close (self);
  g_cancellable_disconnect (self->cancellable, self->cancel_id);
  g_main_context_push_thread_default (self->context);
  soup_session_abort (self->session);
  g_clear_object (&self->session);
  while (g_main_context_iteration (self->context, FALSE))
    ;
  g_main_context_pop_thread_default (self->context);
  g_main_context_unref (self->context);
  g_object_unref (self->inner);
  g_object_unref (self->cancellable);
  g_free (self);
}

GCancellable *
dadam_http_get_cancellable (DadamHttp *self)
{
  return self->cancellable;
}

static gboolean
timeout_cb (gpointer user_data)
{
  DadamHttp *self = user_data;

  self->timed_out = TRUE;
  g_cancellable_cancel (self->inner);

  return G_SOURCE_CONTINUE;
}

static GSource *
start_timeout (DadamHttp *self, double seconds)
{
  GSource *source = g_timeout_source_new ((guint) (seconds * 1000));

  self->timed_out = FALSE;
  g_source_set_callback (source, timeout_cb, self, NULL);
  g_source_attach (source, self->context);

  return source;
}

static void
stop_timeout (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

/* Puts our own end of waiting in place of the cancellation that brought it about. */
static void
explain (DadamHttp *self, GError **error)
{
  if (g_cancellable_is_cancelled (self->cancellable) || !self->timed_out)
    return;
  g_clear_error (error);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, _ ("The server stopped sending."));
}

static void
take_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **slot = user_data;

  *slot = g_object_ref (result);
}

/**
 * dadam_http_send:
 *
 * Sends a request and waits for the head of the answer; its body is read after.
 */
gboolean
dadam_http_send (DadamHttp *self, SoupMessage *message, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  GSource *timeout;

  dadam_http_close (self);
  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return FALSE;

  renew_inner (self);
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  soup_message_set_force_http1 (message, TRUE);
  g_main_context_push_thread_default (self->context);
  timeout = start_timeout (self, (double) self->idle_seconds * HEAD_PATIENCE);
  soup_session_send_async (self->session, message, G_PRIORITY_DEFAULT, self->inner, take_cb,
                           &result);
  while (result == NULL)
    g_main_context_iteration (self->context, TRUE);
  stop_timeout (timeout);
  self->body = soup_session_send_finish (self->session, result, error);
  g_main_context_pop_thread_default (self->context);
  if (self->body == NULL)
    explain (self, error);
  self->window_start = g_get_monotonic_time ();

  return self->body != NULL;
}

static gboolean
ready_cb (GPollableInputStream *stream, gboolean *ready)
{
  *ready = TRUE;

  return G_SOURCE_REMOVE;
}

static void
await_bytes (DadamHttp *self)
{
  GPollableInputStream *stream = G_POLLABLE_INPUT_STREAM (self->body);
  GSource *source = g_pollable_input_stream_create_source (stream, self->inner);
  GSource *timeout = start_timeout (self, self->idle_seconds);
  gboolean ready = FALSE;

  g_source_set_callback (source, G_SOURCE_FUNC (ready_cb), &ready, NULL);
  g_source_attach (source, self->context);
  while (!ready)
    g_main_context_iteration (self->context, TRUE);
  g_source_destroy (source);
  g_source_unref (source);
  stop_timeout (timeout);
}

/* Drips instead of a flow are a stall as well. */
static gboolean
flows (DadamHttp *self, gssize got, GError **error)
{
  gint64 now = g_get_monotonic_time ();
  double seconds = (double) (now - self->window_start) / G_USEC_PER_SEC;

  self->n_read += (guint64) got;
  self->window_bytes += (guint64) got;
  if (seconds < self->idle_seconds)
    return TRUE;
  if ((double) self->window_bytes < seconds * SLOWEST_RATE) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                         _ ("The server stopped sending."));
    return FALSE;
  }
  self->window_start = now;
  self->window_bytes = 0;

  return TRUE;
}

/**
 * dadam_http_read:
 *
 * Returns: bytes of the body; 0 at its end, -1 on error
 */
gssize
dadam_http_read (DadamHttp *self, void *buffer, gsize size, GError **error)
{
  GPollableInputStream *stream = G_POLLABLE_INPUT_STREAM (self->body);
  gssize got = -1;

  g_main_context_push_thread_default (self->context);
  for (gboolean again = TRUE; again;) {
    g_autoptr (GError) wait = NULL;

    got = g_pollable_input_stream_read_nonblocking (stream, buffer, size, self->inner, &wait);
    again = g_error_matches (wait, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
    if (again)
      await_bytes (self);
    else if (got < 0)
      g_propagate_error (error, g_steal_pointer (&wait));
  }
  g_main_context_pop_thread_default (self->context);
  if (got < 0)
    explain (self, error);
  self->at_end = got == 0;
  if (got > 0 && !flows (self, got, error))
    return -1;

  return got;
}

/**
 * dadam_http_read_all:
 * @limit: more bytes are an error
 *
 * Returns: (transfer full): the body
 */
GBytes *
dadam_http_read_all (DadamHttp *self, gsize limit, GError **error)
{
  g_autoptr (GByteArray) all = g_byte_array_new ();
  g_autofree guint8 *buffer = g_malloc (65536);
  gssize got;

  while ((got = dadam_http_read (self, buffer, 65536, error)) > 0) {
    if (all->len + (gsize) got > limit) {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
                           _ ("The server's answer is too long."));
      return NULL;
    }
    g_byte_array_append (all, buffer, (guint) got);
  }

  return got == 0 ? g_byte_array_free_to_bytes (g_steal_pointer (&all)) : NULL;
}

/**
 * dadam_http_close:
 *
 * Lets go of the answer, read to its end or not.
 *
 * Returns: how many bytes of it were read
 */
guint64
dadam_http_close (DadamHttp *self)
{
  guint64 n_read = self->n_read;

  if (self->body != NULL) {
    g_main_context_push_thread_default (self->context);
    if (!self->at_end)
      soup_session_abort (self->session);
    g_clear_object (&self->body);
    while (g_main_context_iteration (self->context, FALSE))
      ;
    g_main_context_pop_thread_default (self->context);
  }
  self->n_read = 0;
  self->window_bytes = 0;
  self->at_end = FALSE;

  return n_read;
}

static void
wake_cb (GCancellable *cancellable, GMainContext *context)
{
  g_main_context_wakeup (context);
}

/* Sleeps unless cancelled. */
gboolean
dadam_http_sleep (DadamHttp *self, double seconds, GError **error)
{
  GSource *timeout = start_timeout (self, seconds);
  gulong id = g_cancellable_connect (self->cancellable, G_CALLBACK (wake_cb), self->context, NULL);

  while (!self->timed_out && !g_cancellable_is_cancelled (self->cancellable))
    g_main_context_iteration (self->context, TRUE);
  g_cancellable_disconnect (self->cancellable, id);
  stop_timeout (timeout);

  return !g_cancellable_set_error_if_cancelled (self->cancellable, error);
}
