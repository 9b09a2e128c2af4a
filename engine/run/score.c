/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Logits of given rows of a timeline, for perplexity: works through one session
 * at once, in chunks, past the scheduler.  A device that is lost or short of memory
 * is dealt with as for answers; rows that were handed over are not again.
 */
#include <string.h>

#include "run/scheduler.h"

#define SCORE_BYTES (64u << 20) /* of logits that one pass holds at most */

typedef struct score {
  size_t first; /* position from which logits are still wanted */
  bool (*row) (size_t row, const float *logits, int64_t n_vocab, void *user);
  void *user;
  bool stopped;
  bool lost; /* the device, before */
} score;

/* Rows of the next chunk: before `first` as many as a prompt has, then as many as
 * logits may be kept for. */
static size_t
rows_next (const dd_session *session, const score *self, dd_kind *kind)
{
  const dd_timeline *timeline = &session->timeline;
  const dd_ready *ready = session->ready;
  uint64_t keep = SCORE_BYTES / ((uint64_t) ready->plan->n_vocab * sizeof (float));
  size_t most = (size_t) ready->rows;

  if (timeline->computed < self->first) {
    if (most > self->first - timeline->computed)
      most = self->first - timeline->computed;
  } else if (keep < most) {
    most = keep > 0 ? (size_t) keep : 1;
  }
  if (timeline->kinds[timeline->computed] == DD_MADE && most > (size_t) ready->group)
    most = (size_t) ready->group;
  return dd_timeline_next (timeline, most, kind);
}

static bool
hand_over (dd_session *session, dd_pass *pass, score *self, size_t end, dd_error *error)
{
  dd_sampler *sampler = &session->ready->sampler;
  size_t at = session->timeline.computed;

  for (int i = 0; at >= self->first && at < end && !self->stopped; at++, i++) {
    if (!dd_pass_logits (pass, i, sampler->logits, error))
      return false;
    self->first = at + 1;
    self->stopped = !self->row (at, sampler->logits, sampler->n_vocab, self->user);
  }
  return true;
}

/* One chunk of the timeline. */
static bool
score_chunk (dd_session *session, score *self, dd_error *error)
{
  dd_timeline *timeline = &session->timeline;
  dd_ready *ready = session->ready;
  dd_kind kind = DD_GIVEN;
  size_t count = rows_next (session, self, &kind), end;
  bool logits = timeline->computed >= self->first;
  int rows = (int) count;
  dd_pass *pass;
  bool ok;

  if (!dd_ready_pass (ready, &rows, logits ? rows : 1, &pass, error))
    return false;
  if ((size_t) rows < count)
    count = (size_t) rows;
  end = timeline->computed + count;
  ok = dd_session_fill (session, pass, count, kind, logits ? timeline->computed : end, error)
       && dd_session_run (session, pass, SIZE_MAX, error)
       && hand_over (session, pass, self, end, error);
  if (!ok) {
    dd_timeline_abandon (timeline);
    dd_ready_drop (ready, &pass);
    return false;
  }
  dd_timeline_advance (timeline, end);
  dd_ready_give_back (ready, &pass);
  return true;
}

static bool
check_score (const dd_session *session, size_t first, dd_error *error)
{
  if (session->state != DD_SESSION_IDLE || session->ready->runner->working)
    return dd_fail (error, DD_ERROR_ARGUMENT, "the session is making an answer");
  if (first >= session->timeline.n_tokens)
    return dd_fail (error, DD_ERROR_ARGUMENT, "row %zu of %zu tokens", first,
                    session->timeline.n_tokens);
  if (session->ready->gone)
    *error = session->ready->gone_error;
  return !session->ready->gone;
}

/* Whether the session can go on from its start after that error. */
static bool
recovers (dd_session *session, score *self, dd_error *error)
{
  dd_ready *ready = session->ready;
  bool again = error->code == DD_ERROR_DEVICE_LOST ? dd_runner_recover (ready->runner, ready)
               : error->code == DD_ERROR_DEVICE_MEMORY
                   ? dd_runner_make_room (ready->runner, ready, error)
                   : false;

  if (again && ready->gone)
    *error = ready->gone_error;
  again = again && !ready->gone && !self->lost;
  self->lost = self->lost || error->code == DD_ERROR_DEVICE_LOST;
  return again;
}

bool
dd_session_rows (dd_session *session,
                 size_t first,
                 bool (*row) (size_t row, const float *logits, int64_t n_vocab, void *user),
                 void *user,
                 dd_error *error)
{
  score self = { .first = first, .row = row, .user = user };
  dd_timeline *timeline = &session->timeline;

  if (!check_score (session, first, error))
    return false;
  atomic_store (&session->cancelled, false);
  dd_timeline_match (timeline);
  dd_timeline_rewind (timeline, first);
  while (timeline->computed < timeline->n_tokens && !self.stopped)
    if (!score_chunk (session, &self, error) && !recovers (session, &self, error))
      return false;
  return true;
}
