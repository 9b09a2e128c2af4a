/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A session: one timeline of tokens over a model and the answer that is being
 * made of it.  What it is about to do is a state; when it is done is the
 * scheduler's business.
 */
#pragma once

#include <stdatomic.h>

#include "run/ready.h"
#include "run/timeline.h"

typedef enum dd_session_state {
  DD_SESSION_IDLE,
  DD_SESSION_READING, /* the timeline is not computed up to its last token */
  DD_SESSION_MAKING,  /* only the last token's row is missing */
} dd_session_state;

struct dd_session {
  /* borrowed */
  dd_ready *ready;
  /* owned */
  dd_timeline timeline;
  dd_detok *detok;            /* of the running answer */
  dd_pass *pass;              /* a chunk on its way; NULL: none */
  /* state of the running answer */
  dd_session_state state;
  dd_generation generation;   /* `stops` is not kept */
  dd_stats stats;
  int losses;                 /* how often its device was lost */
  bool restart;               /* it is to start over, if it is running */
  size_t read_from;           /* where reading began */
  size_t chunk_end;           /* of `pass` */
  double started, read, last; /* seconds: of generate, of the whole prompt, of the last token */
  dd_choice best[DD_BEST];
  /* in the scheduler's queue of its state */
  dd_session *before, *after;
  dd_session *next; /* in its list of all sessions */
  /* cancelling, from any thread and from signal handlers */
  atomic_bool cancelled;
  _Atomic (dd_pass *) running; /* being run for this session alone; NULL: none */
  atomic_int cancellers;       /* calls that may be using `running` */
};

DD_MUST_CHECK bool dd_session_new (dd_ready *ready, dd_session **out, dd_error *error);
void dd_session_free (dd_session **session);

/* As dd_session_sync and dd_session_generate of the public door. */
DD_MUST_CHECK bool dd_session_set (dd_session *session,
                                   const dd_token *tokens,
                                   const dd_span *spans,
                                   size_t n_spans,
                                   dd_error *error);
DD_MUST_CHECK bool dd_session_start (dd_session *session,
                                     const dd_generation *generation,
                                     dd_error *error);
/* As dd_session_score. */
DD_MUST_CHECK bool dd_session_rows (dd_session *session,
                                    size_t first,
                                    bool (*row) (size_t row,
                                                 const float *logits,
                                                 int64_t n_vocab,
                                                 void *user),
                                    void *user,
                                    dd_error *error);
/* As dd_session_cancel.  Any thread, and signal handlers. */
void dd_session_request_cancel (dd_session *session);

/* ---- for the scheduler ------------------------------------------------- */

/* Fills a pass with the next `count` tokens, which are of one kind; those from
 * position `logits_from` on ask for logits. */
DD_MUST_CHECK bool dd_session_fill (dd_session *session,
                                    dd_pass *pass,
                                    size_t count,
                                    dd_kind kind,
                                    size_t logits_from,
                                    dd_error *error);
/* Adds the last token's row to a decode pass. */
DD_MUST_CHECK bool dd_session_join (dd_session *session, dd_pass *pass, dd_error *error);

/* Runs a pass that is this session's alone, so that a cancellation reaches it.
 * A pass that ran into one fails, and must be dropped. */
DD_MUST_CHECK bool dd_session_run (dd_session *session,
                                   dd_pass *pass,
                                   size_t steps,
                                   dd_error *error);

/* Tells that its device was lost and opened anew. */
void dd_session_tell (dd_session *session, dd_event_kind kind, const dd_error *error);
/* Tells how far reading has come. */
void dd_session_report (dd_session *session);
/* Takes the logits of a row of a pass that is done: draws a token and tells it,
 * or ends the answer. */
void dd_session_take (dd_session *session, dd_pass *pass, int row);
/* Ends the answer; `error` is NULL but for DD_STOP_ERROR. */
void dd_session_finish (dd_session *session, dd_stop_reason reason, const dd_error *error);

/* Forgets what is computed, because the pages are gone. */
void dd_session_forget (dd_session *session);
