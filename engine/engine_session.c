/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The public doors of sessions.
 */
#include "engine_private.h"

dd_sampling
dd_sampling_default (void)
{
  return dd_sampling_neutral ();
}

bool
dd_session_open (dd_model *model, dd_session **out, dd_error *error)
{
  return dd_session_new (model->ready, out, error);
}

void
dd_session_close (dd_session **session)
{
  dd_session_free (session);
}

bool
dd_session_sync (dd_session *session,
                 const dd_token *tokens,
                 const dd_span *spans,
                 size_t n_spans,
                 dd_error *error)
{
  return dd_session_set (session, tokens, spans, n_spans, error);
}

const dd_token *
dd_session_tokens (const dd_session *session, size_t *n_tokens)
{
  *n_tokens = session->timeline.n_tokens;
  return session->timeline.tokens;
}

bool
dd_session_generate (dd_session *session, const dd_generation *generation, dd_error *error)
{
  return dd_session_start (session, generation, error);
}

void
dd_session_cancel (dd_session *session)
{
  dd_session_request_cancel (session);
}

bool
dd_session_score (dd_session *session, size_t first, dd_logits_fn row, void *user, dd_error *error)
{
  return dd_session_rows (session, first, row, user, error);
}
