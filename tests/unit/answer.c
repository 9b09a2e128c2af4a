/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Collecting answers.
 */
#include "answer.h"

#include "check.h"
#include "engine_private.h"

void
answer_event (dd_session *session, const dd_event *event, void *user)
{
  answer *out = user;

  out->stats = event->stats;
  if (event->kind == DD_EVENT_READING) {
    CHECK (event->done <= event->total);
    out->readings++;
    out->done = event->done;
    out->total = event->total;
    return;
  }
  if (event->kind == DD_EVENT_LOST) {
    CHECK (event->error->code == DD_ERROR_DEVICE_LOST);
    out->losses++;
    return;
  }
  if (event->kind == DD_EVENT_MOVED) {
    CHECK (event->error->code == DD_ERROR_DEVICE_MEMORY);
    out->moves++;
    return;
  }
  memcpy (out->text + out->length, event->text, event->length);
  out->length += event->length;
  if (event->kind == DD_EVENT_TOKEN) {
    out->tokens[out->count++] = event->token;
    out->n_best = event->n_best;
    if (event->n_best > 0)
      memcpy (out->best, event->best, (size_t) event->n_best * sizeof *event->best);
    if (out->count == out->cancel_after)
      dd_session_cancel (session);
    return;
  }
  out->ends++;
  out->reason = event->reason;
  if (event->error != NULL)
    out->error = *event->error;
}

dd_generation
answer_want (answer *out, int max)
{
  memset (out, 0, sizeof *out);
  return (dd_generation) {
    .sampling = dd_sampling_default (),
    .max_tokens = max,
    .ignore_end = true,
    .event = answer_event,
    .user = out,
  };
}

void
answer_work (dd_engine *engine)
{
  bool more = true;
  dd_error error;

  while (more)
    REQUIRE_OK (dd_engine_work (engine, &more, &error), error);
}

void
answer_prompt (dd_token *tokens, size_t count, uint64_t seed)
{
  uint64_t state = seed * 2 + 1;

  for (size_t i = 0; i < count; i++) {
    state = state * UINT64_C (6364136223846793005) + UINT64_C (1442695040888963407);
    tokens[i] = (dd_token) (3 + (state >> 33) % 317);
  }
}

void
answer_start (dd_session *session,
              const dd_token *given,
              size_t n_given,
              const dd_token *made,
              size_t n_made,
              const dd_generation *generation)
{
  dd_token *all = calloc (n_given + n_made + 1, sizeof *all);
  dd_span spans[2] = { { n_given, DD_GIVEN }, { n_made, DD_MADE } };
  dd_error error;

  memcpy (all, given, n_given * sizeof *all);
  if (n_made > 0)
    memcpy (all + n_given, made, n_made * sizeof *all);
  REQUIRE_OK (dd_session_sync (session, all, spans, 2, &error), error);
  REQUIRE_OK (dd_session_generate (session, generation, &error), error);
  free (all);
}

bool
answer_equal (const answer *a, const answer *b)
{
  return a->count == b->count && a->reason == b->reason && a->length == b->length
         && memcmp (a->tokens, b->tokens, (size_t) a->count * sizeof *a->tokens) == 0
         && memcmp (a->text, b->text, a->length) == 0;
}

void
answer_forget (dd_model *model)
{
  dd_pages *pages = model->ready->pages;
  dd_pages_state state;
  dd_error error;

  dd_pages_describe (pages, &state);
  dd_pages_lower (pages, 0);
  REQUIRE_OK (dd_pages_raise (pages, state.limit, &error), error);
}
