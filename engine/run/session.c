/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sessions and their answers.
 */
#include "run/session.h"

#include <sched.h>
#include <string.h>

#include "run/clock.h"
#include "run/scheduler.h"

/* With fewer layers on cards if need be; not amid the work of others. */
static bool
join (dd_ready *ready, dd_error *error)
{
  while (!dd_ready_join (ready, error))
    if (error->code != DD_ERROR_DEVICE_MEMORY || ready->runner->working
        || !dd_runner_make_room (ready->runner, ready, error))
      return false;
  return true;
}

bool
dd_session_new (dd_ready *ready, dd_session **out, dd_error *error)
{
  dd_session *session = dd_alloc (DD_TAG_RUN, sizeof *session);

  *out = NULL;
  if (session == NULL)
    return dd_fail_memory (error, "a session");
  if (!join (ready, error)) {
    dd_free (session);
    return false;
  }
  session->ready = ready;
  if (!dd_timeline_init (&session->timeline, ready->pages, (size_t) ready->request.context,
                         error)) {
    dd_session_free (&session);
    return false;
  }
  dd_runner_enlist (ready->runner, session);
  *out = session;
  return true;
}

void
dd_session_free (dd_session **session)
{
  dd_session *self = *session;

  if (self == NULL)
    return;
  dd_runner_leave (self->ready->runner, self);
  dd_ready_drop (self->ready, &self->pass);
  dd_detok_free (&self->detok);
  dd_timeline_clear (&self->timeline);
  dd_ready_leave (self->ready);
  dd_free (self);
  *session = NULL;
}

/* ---- doors ------------------------------------------------------------- */

static bool
check_idle (const dd_session *session, dd_error *error)
{
  if (session->state == DD_SESSION_IDLE)
    return true;
  return dd_fail (error, DD_ERROR_ARGUMENT,
                  "the session is making an answer; cancel it and wait for its end first");
}

bool
dd_session_set (dd_session *session,
                const dd_token *tokens,
                const dd_span *spans,
                size_t n_spans,
                dd_error *error)
{
  int64_t n_vocab = session->ready->plan->n_vocab;
  size_t count = 0;

  if (!check_idle (session, error))
    return false;
  for (size_t i = 0; i < n_spans; i++) {
    if (spans[i].kind != DD_GIVEN && spans[i].kind != DD_MADE)
      return dd_fail (error, DD_ERROR_ARGUMENT, "there is no kind %d of token",
                      (int) spans[i].kind);
    if (spans[i].count > session->timeline.room - count)
      return dd_fail (error, DD_ERROR_CONTEXT_FULL,
                      "the text is longer than the context of %zu tokens; shorten it or load the "
                      "model with a longer context",
                      session->timeline.room);
    count += spans[i].count;
  }
  for (size_t i = 0; i < count; i++)
    if (tokens[i] < 0 || tokens[i] >= n_vocab)
      return dd_fail (error, DD_ERROR_ARGUMENT, "token %d is not one of the model's %lld",
                      (int) tokens[i], (long long) n_vocab);
  dd_timeline_sync (&session->timeline, tokens, spans, n_spans);
  return true;
}

static bool
check_generation (const dd_session *session,
                  const dd_generation *generation,
                  size_t *n_stops,
                  dd_error *error)
{
  *n_stops = 0;
  if (!check_idle (session, error) || !dd_sampling_check (&generation->sampling, error))
    return false;
  if (session->timeline.n_tokens == 0)
    return dd_fail (error, DD_ERROR_ARGUMENT, "there is no text to go on from");
  if (generation->event == NULL)
    return dd_fail (error, DD_ERROR_ARGUMENT, "nobody listens to the answer");
  if (generation->n_best < 0 || generation->n_best > DD_BEST)
    return dd_fail (error, DD_ERROR_ARGUMENT, "%d best tokens are wanted and at most %d can be had",
                    generation->n_best, DD_BEST);
  if (generation->max_tokens < -1)
    return dd_fail (error, DD_ERROR_ARGUMENT, "an answer cannot have %lld tokens",
                    (long long) generation->max_tokens);
  while (generation->stops != NULL && generation->stops[*n_stops] != NULL)
    if (++*n_stops > DD_STOPS)
      return dd_fail (error, DD_ERROR_ARGUMENT, "there are more than %d stop strings", DD_STOPS);
  if (session->ready->gone)
    *error = session->ready->gone_error;
  return !session->ready->gone;
}

bool
dd_session_start (dd_session *session, const dd_generation *generation, dd_error *error)
{
  dd_timeline *timeline = &session->timeline;
  size_t n_stops;
  bool first;

  if (!check_generation (session, generation, &n_stops, error))
    return false;
  first = timeline->kinds[timeline->n_tokens - 1] == DD_GIVEN;
  if (!dd_detok_new (session->ready->vocab, generation->stops, n_stops, first, &session->detok,
                     error))
    return false;
  session->generation = *generation;
  session->generation.stops = NULL;
  session->stats = (dd_stats) { 0 };
  session->losses = 0;
  session->started = dd_now ();
  atomic_store (&session->cancelled, false);
  /* The last token is computed again in any case: its logits are wanted. */
  dd_timeline_match (timeline);
  dd_timeline_rewind (timeline, timeline->n_tokens - 1);
  session->read_from = timeline->computed;
  session->stats.reused_tokens = (int64_t) timeline->computed;
  session->state = DD_SESSION_READING;
  dd_runner_queue (session->ready->runner, session);
  return true;
}

void
dd_session_request_cancel (dd_session *session)
{
  dd_pass *pass;

  atomic_store (&session->cancelled, true);
  atomic_fetch_add (&session->cancellers, 1);
  pass = atomic_load (&session->running);
  if (pass != NULL)
    dd_pass_cancel (pass);
  atomic_fetch_sub (&session->cancellers, 1);
}

/* ---- passes ------------------------------------------------------------ */

bool
dd_session_run (dd_session *session, dd_pass *pass, size_t steps, dd_error *error)
{
  bool ok;

  atomic_store (&session->running, pass);
  if (atomic_load (&session->cancelled)) {
    dd_fail (error, DD_ERROR_CANCELLED, "cancelled");
    ok = false;
  } else {
    ok = dd_pass_run (pass, steps, error);
  }
  atomic_store (&session->running, NULL);
  /* Whoever saw the pass is done with it before it may be freed.  A few
   * instructions, and a signal handler on this thread has returned by now. */
  while (atomic_load (&session->cancellers) > 0)
    sched_yield ();
  if (ok && atomic_load (&session->cancelled)) {
    dd_fail (error, DD_ERROR_CANCELLED, "cancelled");
    ok = false;
  }
  return ok;
}

bool
dd_session_fill (dd_session *session,
                 dd_pass *pass,
                 size_t count,
                 dd_kind kind,
                 size_t logits_from,
                 dd_error *error)
{
  dd_timeline *timeline = &session->timeline;
  size_t end = timeline->computed + count;
  uint32_t sequence;

  if (!dd_timeline_prepare (timeline, end, error)) {
    dd_timeline_abandon (timeline);
    return false;
  }
  dd_pass_begin (pass);
  sequence = dd_pass_sequence (pass, timeline->pages, timeline->n_pages);
  for (size_t i = timeline->computed; i < end; i++)
    dd_pass_row (pass, kind,
                 (dd_row) { .token = timeline->tokens[i],
                            .position = (int32_t) i,
                            .sequence = sequence,
                            .logits = i >= logits_from });
  return true;
}

bool
dd_session_join (dd_session *session, dd_pass *pass, dd_error *error)
{
  dd_timeline *timeline = &session->timeline;
  size_t at = timeline->n_tokens - 1;
  uint32_t sequence;

  if (!dd_timeline_prepare (timeline, timeline->n_tokens, error)) {
    dd_timeline_abandon (timeline);
    return false;
  }
  sequence = dd_pass_sequence (pass, timeline->pages, timeline->n_pages);
  dd_pass_row (pass, DD_MADE,
               (dd_row) { .token = timeline->tokens[at],
                          .position = (int32_t) at,
                          .sequence = sequence,
                          .logits = true });
  return true;
}

/* ---- events ------------------------------------------------------------ */

static void
tell (dd_session *session, dd_event *event)
{
  event->stats = session->stats;
  session->generation.event (session, event, session->generation.user);
}

void
dd_session_tell (dd_session *session, dd_event_kind kind, const dd_error *error)
{
  dd_event event = { .kind = kind, .error = error };

  tell (session, &event);
}

void
dd_session_report (dd_session *session)
{
  const dd_timeline *timeline = &session->timeline;
  size_t done = timeline->computed - session->read_from;
  dd_event event = { .kind = DD_EVENT_READING, .total = timeline->n_tokens - session->read_from };

  if (session->pass != NULL)
    done += (session->chunk_end - timeline->computed) * session->pass->next
            / session->ready->plan->n_steps;
  event.done = done;
  tell (session, &event);
}

void
dd_session_finish (dd_session *session, dd_stop_reason reason, const dd_error *error)
{
  dd_event event = { .kind = DD_EVENT_END, .reason = reason, .error = error };
  dd_detok *detok = session->detok;

  if (session->pass != NULL) {
    dd_ready_drop (session->ready, &session->pass);
    dd_timeline_abandon (&session->timeline);
  }
  dd_runner_unqueue (session->ready->runner, session);
  session->state = DD_SESSION_IDLE;
  session->detok = NULL;
  event.text = "";
  if (reason != DD_STOP_STRING)
    dd_detok_flush (detok, &event.text, &event.length);
  tell (session, &event);
  dd_detok_free (&detok);
}

/* The times and counts of a token that has just been drawn. */
static void
count_token (dd_session *session)
{
  double now = dd_now ();

  if (session->stats.made_tokens++ == 0)
    session->stats.first_token_seconds = now - session->started;
  else
    session->stats.decode_seconds += now - session->last;
  session->last = now;
}

static void
tell_token (dd_session *session, dd_token token)
{
  dd_event event = { .kind = DD_EVENT_TOKEN, .token = token, .best = session->best };
  const dd_timeline *timeline = &session->timeline;
  const dd_generation *generation = &session->generation;
  bool stopped = false;

  event.n_best = generation->n_best;
  if (event.n_best > session->ready->plan->n_vocab)
    event.n_best = (int) session->ready->plan->n_vocab;
  dd_detok_push (session->detok, token, &event.text, &event.length, &stopped);
  tell (session, &event);
  if (stopped)
    dd_session_finish (session, DD_STOP_STRING, NULL);
  else if (session->stats.made_tokens == generation->max_tokens)
    dd_session_finish (session, DD_STOP_LENGTH, NULL);
  else if (timeline->n_tokens == timeline->room)
    dd_session_finish (session, DD_STOP_CONTEXT, NULL);
}

/* Reading is over; the answer begins (or goes on, after a lost device). */
static void
begin_making (dd_session *session)
{
  dd_runner_unqueue (session->ready->runner, session);
  session->state = DD_SESSION_MAKING;
  session->last = dd_now ();
  if (session->stats.made_tokens == 0)
    session->stats.prompt_seconds = session->last - session->started;
  dd_runner_queue (session->ready->runner, session);
}

/* A device that another thread has found lost since: the next pass will too, and what is to be
 * done is done there. */
static void
fail_take (dd_session *session, const dd_error *error)
{
  dd_timeline *timeline = &session->timeline;

  if (error->code == DD_ERROR_DEVICE_LOST)
    dd_timeline_rewind (timeline, timeline->n_tokens - 1);
  else
    dd_session_finish (session, DD_STOP_ERROR, error);
}

void
dd_session_take (dd_session *session, dd_pass *pass, int row)
{
  dd_sampler *sampler = &session->ready->sampler;
  const dd_generation *generation = &session->generation;
  dd_timeline *timeline = &session->timeline;
  dd_error error;
  dd_token token;

  if (session->state == DD_SESSION_READING)
    begin_making (session);
  if (generation->max_tokens == 0 || timeline->n_tokens == timeline->room) {
    dd_session_finish (session, generation->max_tokens == 0 ? DD_STOP_LENGTH : DD_STOP_CONTEXT,
                       NULL);
    return;
  }
  if (!dd_pass_logits (pass, row, sampler->logits, &error) || !dd_sampler_check (sampler, &error)) {
    fail_take (session, &error);
    return;
  }
  if (generation->n_best > 0)
    dd_sampler_best (sampler, generation->n_best, session->best);
  token = dd_sampler_pick (sampler, &generation->sampling, timeline->tokens, timeline->n_tokens);
  if (!generation->ignore_end && dd_vocab_is_end (session->ready->vocab, token)) {
    dd_session_finish (session, DD_STOP_END, NULL);
    return;
  }
  dd_timeline_append (timeline, token, DD_MADE);
  count_token (session);
  tell_token (session, token);
}

void
dd_session_forget (dd_session *session)
{
  dd_ready_drop (session->ready, &session->pass);
  dd_timeline_forget (&session->timeline);
  session->read_from = 0;
}
