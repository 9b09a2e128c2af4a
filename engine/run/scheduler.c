/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Slices of work.  While somebody is making tokens, prompts live on credit: each
 * decode pass earns them less than twice its own time, so that decoding keeps a
 * third of its speed, and what is spent between two tokens of one session is
 * bounded.
 */
#include "run/scheduler.h"

#include <string.h>

#include "run/clock.h"

#define SLICE_SECONDS 0.05    /* of prompt work */
#define GAP_SECONDS 0.45      /* between two tokens while a prompt is read; promised: 0.5 */
#define PROMPT_SHARE 1.6      /* prompt seconds per decode second: see earn() */
#define STARVING_SECONDS 2.0  /* a prompt gets a slice at least so often */
#define STEP_BESIDE 0.06      /* longest step of a chunk beside a session that decodes */
#define STEP_ALONE 0.2        /* and without one, for whoever comes next */

bool
dd_runner_init (dd_runner *runner, dd_devices *devices, dd_error *error)
{
  memset (runner, 0, sizeof *runner);
  if (pthread_mutex_init (&runner->mutex, NULL) != 0)
    return dd_fail_memory (error, "the scheduler");
  runner->devices = devices;
  return true;
}

void
dd_runner_clear (dd_runner *runner)
{
  if (runner->devices != NULL)
    pthread_mutex_destroy (&runner->mutex);
  runner->devices = NULL;
}

/* ---- lists ------------------------------------------------------------- */

void
dd_runner_add (dd_runner *runner, dd_ready *ready)
{
  pthread_mutex_lock (&runner->mutex);
  ready->runner = runner;
  ready->next = runner->models;
  runner->models = ready;
  pthread_mutex_unlock (&runner->mutex);
}

void
dd_runner_remove (dd_runner *runner, dd_ready *ready)
{
  pthread_mutex_lock (&runner->mutex);
  for (dd_ready **link = &runner->models; *link != NULL; link = &(*link)->next)
    if (*link == ready) {
      *link = ready->next;
      break;
    }
  pthread_mutex_unlock (&runner->mutex);
}

void
dd_runner_enlist (dd_runner *runner, dd_session *session)
{
  session->next = runner->sessions;
  runner->sessions = session;
}

void
dd_runner_leave (dd_runner *runner, dd_session *session)
{
  dd_runner_unqueue (runner, session);
  for (dd_session **link = &runner->sessions; *link != NULL; link = &(*link)->next)
    if (*link == session) {
      *link = session->next;
      return;
    }
}

static dd_queue *
queue_of (dd_runner *runner, const dd_session *session)
{
  return session->state == DD_SESSION_READING ? &runner->reading : &runner->making;
}

void
dd_runner_queue (dd_runner *runner, dd_session *session)
{
  dd_queue *queue = queue_of (runner, session);

  session->before = queue->last;
  session->after = NULL;
  if (queue->last != NULL)
    queue->last->after = session;
  else
    queue->first = session;
  queue->last = session;
}

void
dd_runner_unqueue (dd_runner *runner, dd_session *session)
{
  dd_queue *queue = queue_of (runner, session);

  if (session->state == DD_SESSION_IDLE)
    return;
  if (session->before != NULL)
    session->before->after = session->after;
  else
    queue->first = session->after;
  if (session->after != NULL)
    session->after->before = session->before;
  else
    queue->last = session->before;
}

static void
to_the_end (dd_runner *runner, dd_session *session)
{
  dd_runner_unqueue (runner, session);
  dd_runner_queue (runner, session);
}

/* ---- failing ----------------------------------------------------------- */

/* Ends or restarts the one session whose work failed. */
static void
fail_session (dd_runner *runner, dd_session *session, const dd_error *error)
{
  dd_ready *ready = session->ready;

  if (atomic_load (&session->cancelled))
    dd_session_finish (session, DD_STOP_CANCELLED, NULL);
  else if (error->code == DD_ERROR_DEVICE_LOST && dd_runner_recover (runner, ready))
    return;
  else if (error->code == DD_ERROR_DEVICE_MEMORY && dd_runner_make_room (runner, ready, error))
    return;
  else
    dd_session_finish (session, DD_STOP_ERROR, error);
}

/* ---- making tokens ----------------------------------------------------- */

/* Runs the decode rows of `count` sessions of one model as one pass.  False if
 * the pass failed, `error` says why. */
static bool
decode (dd_session *const *group, int count, dd_error *error)
{
  dd_ready *ready = group[0]->ready;
  dd_pass *pass;
  bool ok = dd_ready_decode (ready, &pass, error);

  if (ok)
    dd_pass_begin (pass);
  for (int i = 0; ok && i < count; i++)
    ok = dd_session_join (group[i], pass, error);
  if (ok && count == 1)
    ok = dd_session_run (group[0], pass, SIZE_MAX, error);
  else if (ok)
    ok = dd_pass_run (pass, SIZE_MAX, error);
  if (!ok) {
    for (int i = 0; i < count; i++)
      dd_timeline_abandon (&group[i]->timeline);
    dd_pass_free (&ready->decode);
    return false;
  }
  for (int i = 0; i < count; i++)
    dd_timeline_advance (&group[i]->timeline, group[i]->timeline.n_tokens);
  for (int i = 0; i < count; i++)
    dd_session_take (group[i], pass, i);
  return true;
}

/* The sessions of the model that has waited longest, in the order of the queue,
 * which they then go to the end of. */
static int
collect (dd_runner *runner, dd_session *group[DD_GROUP])
{
  dd_ready *ready = runner->making.first->ready;
  int count = 0;

  for (dd_session *s = runner->making.first; s != NULL && count < ready->group; s = s->after)
    if (s->ready == ready)
      group[count++] = s;
  for (int i = 0; i < count; i++)
    to_the_end (runner, group[i]);
  return count;
}

/* Less than the two thirds that prompts may have: a decode pass beside them is slower than alone,
 * its weights having left the caches.  What nobody needs is not saved up: the next prompt would take
 * it all at once. */
static void
earn (dd_runner *runner, double decode_seconds)
{
  double most = runner->reading.first != NULL ? GAP_SECONDS : SLICE_SECONDS;

  runner->credit += PROMPT_SHARE * decode_seconds;
  if (runner->credit > most)
    runner->credit = most;
}

static void
decode_slice (dd_runner *runner)
{
  dd_session *group[DD_GROUP];
  int count = collect (runner, group);
  double start = dd_now (), seconds;
  dd_error error;

  if (!decode (group, count, &error)) {
    /* Whom to blame shows when each is on its own; a lost device is nobody's. */
    if (count == 1 || error.code == DD_ERROR_DEVICE_LOST)
      fail_session (runner, group[0], &error);
    else
      for (int i = 0; i < count; i++)
        if (group[i]->state == DD_SESSION_MAKING && !decode (&group[i], 1, &error))
          fail_session (runner, group[i], &error);
    return;
  }
  seconds = dd_now () - start;
  group[0]->ready->decode_seconds = seconds;
  earn (runner, seconds);
}

/* ---- reading prompts --------------------------------------------------- */

/* Rows of the next chunk; whole pages where something follows. */
static size_t
chunk_rows (const dd_runner *runner, const dd_session *session, dd_kind *kind)
{
  const dd_timeline *timeline = &session->timeline;
  const dd_ready *ready = session->ready;
  bool beside = runner->making.first != NULL;
  int rows = dd_ready_chunk (ready, timeline->computed, beside ? STEP_BESIDE : STEP_ALONE);
  size_t most = (size_t) (rows < ready->rows ? rows : ready->rows);
  size_t count = dd_timeline_next (timeline, most, kind);
  size_t over = (timeline->computed + count) % DD_PAGE_TOKENS;

  if (*kind == DD_MADE)
    return count < (size_t) ready->group ? count : (size_t) ready->group;
  return count == most && over < count ? count - over : count;
}

/* Whether another session of the model is on its way through tokens that this one
 * is to read: they will be found in the cache when it is done. */
static bool
somebody_reads (const dd_runner *runner, const dd_session *session)
{
  const dd_timeline *mine = &session->timeline;

  for (const dd_session *s = runner->reading.first; s != NULL; s = s->after) {
    size_t end = s->chunk_end < mine->n_tokens - 1 ? s->chunk_end : mine->n_tokens - 1;

    if (s != session && s->ready == session->ready && s->pass != NULL && end > mine->computed
        && memcmp (s->timeline.tokens, mine->tokens, end * sizeof (dd_token)) == 0
        && memcmp (s->timeline.kinds, mine->kinds, end) == 0)
      return true;
  }
  return false;
}

/* Starts the next chunk of a session.  `*wait` says that it has to be tried again
 * later. */
static bool
start_chunk (dd_runner *runner, dd_session *session, bool *wait, dd_error *error)
{
  dd_timeline *timeline = &session->timeline;
  dd_ready *ready = session->ready;
  size_t before = timeline->computed, count;
  dd_kind kind;
  int rows;

  *wait = ready->n_parked >= DD_PARKED || somebody_reads (runner, session);
  if (*wait)
    return true;
  /* Another session may have come by here since; the last token is ours to do. */
  dd_timeline_match (timeline);
  dd_timeline_rewind (timeline, timeline->n_tokens - 1);
  session->stats.reused_tokens += (int64_t) (timeline->computed - before);
  count = chunk_rows (runner, session, &kind);
  rows = (int) count;
  if (!dd_ready_pass (ready, &rows, 1, &session->pass, error)) {
    *wait = ready->n_parked > 0
            && (error->code == DD_ERROR_NO_MEMORY || error->code == DD_ERROR_DEVICE_MEMORY);
    return *wait;
  }
  if ((size_t) rows < count)
    count = (size_t) rows;
  session->chunk_end = timeline->computed + count;
  if (dd_session_fill (session, session->pass, count, kind, timeline->n_tokens - 1, error))
    return true;
  dd_ready_drop (ready, &session->pass);
  return false;
}

/* A chunk is done: the next one, or the first token. */
static void
end_chunk (dd_session *session)
{
  dd_timeline *timeline = &session->timeline;
  dd_pass *pass = session->pass;

  session->pass = NULL;
  session->stats.prompt_tokens += (int64_t) (session->chunk_end - timeline->computed);
  dd_timeline_advance (timeline, session->chunk_end);
  dd_session_report (session);
  if (timeline->computed == timeline->n_tokens)
    dd_session_take (session, pass, 0);
  dd_ready_give_back (session->ready, &pass);
}

/* Runs some steps of the chunk and learns from how long they took. */
static bool
run_slice (dd_runner *runner, dd_session *session, size_t steps, dd_error *error)
{
  dd_pass *pass = session->pass;
  size_t first = pass->next;
  double start = dd_now (), seconds;

  if (!dd_session_run (session, pass, steps, error))
    return false;
  seconds = dd_now () - start;
  if (pass->batch.n_prompt > 0)
    dd_ready_measured (session->ready, pass, first, seconds);
  runner->credit -= seconds;
  runner->prompt_at = start + seconds;
  return true;
}

/* The first session that can read on; NULL if all wait for others' passes. */
static dd_session *
next_reader (dd_runner *runner)
{
  dd_session *session = runner->reading.first;
  dd_error error;
  bool wait;

  while (session != NULL) {
    dd_session *after = session->after;

    if (session->pass != NULL)
      return session;
    if (!start_chunk (runner, session, &wait, &error)) {
      fail_session (runner, session, &error);
      return NULL;
    }
    if (!wait)
      return session;
    session = after;
  }
  return NULL;
}

static void
read_slice (dd_runner *runner, dd_session *session, size_t steps)
{
  dd_error error;

  if (!run_slice (runner, session, steps, &error)) {
    dd_ready_drop (session->ready, &session->pass);
    dd_timeline_abandon (&session->timeline);
    fail_session (runner, session, &error);
    return;
  }
  to_the_end (runner, session);
  if (dd_pass_done (session->pass))
    end_chunk (session);
  else
    dd_session_report (session);
}

/* ---- turns ------------------------------------------------------------- */

/* Whether a prompt slice of `estimate` seconds may come before the next token of
 * the session that has waited longest. */
static bool
affordable (const dd_runner *runner, double estimate)
{
  const dd_session *waiting = runner->making.first;
  double gap = GAP_SECONDS - waiting->ready->decode_seconds, now = dd_now ();

  if (now - runner->prompt_at > STARVING_SECONDS)
    return true;
  return runner->credit > 0 && runner->credit >= estimate
         && now - waiting->last + estimate < (gap > SLICE_SECONDS ? gap : SLICE_SECONDS);
}

static void
take_turn (dd_runner *runner)
{
  dd_session *reader = next_reader (runner);
  double estimate, limit = SLICE_SECONDS;
  size_t steps;

  if (runner->making.first == NULL)
    runner->credit = 0;
  else if (runner->credit > 0 && runner->credit < limit)
    limit = runner->credit;
  if (reader == NULL) {
    if (runner->making.first != NULL)
      decode_slice (runner);
    return;
  }
  steps = dd_ready_slice (reader->ready, reader->pass, limit, &estimate);
  if (runner->making.first == NULL || affordable (runner, estimate))
    read_slice (runner, reader, steps);
  else
    decode_slice (runner);
}

static dd_session *
first_cancelled (const dd_queue *queue)
{
  for (dd_session *s = queue->first; s != NULL; s = s->after)
    if (atomic_load (&s->cancelled))
      return s;
  return NULL;
}

bool
dd_runner_work (dd_runner *runner)
{
  dd_session *session;

  runner->working = true;
  while ((session = first_cancelled (&runner->making)) != NULL
         || (session = first_cancelled (&runner->reading)) != NULL)
    dd_session_finish (session, DD_STOP_CANCELLED, NULL);
  if (runner->making.first != NULL || runner->reading.first != NULL)
    take_turn (runner);
  runner->working = false;
  return runner->making.first != NULL || runner->reading.first != NULL;
}
