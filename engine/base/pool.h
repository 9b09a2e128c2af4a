/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A fixed set of threads that run one function together.  Between phases of a
 * function they meet at a barrier that spins for about 50 µs and then sleeps;
 * between functions they sleep after the same while, so an idle pool costs
 * nothing.  Work inside a phase is taken from a shared counter, because laptops
 * have fast and slow cores.
 */
#pragma once

#include "base/error.h"

typedef struct dd_pool dd_pool;

/* `threads` >= 1 counts the caller of dd_pool_run, which works too.  With
 * `low_priority` the others are niced as far as is allowed. */
DD_MUST_CHECK bool dd_pool_new (int threads, bool low_priority, dd_pool **out, dd_error *error);
void dd_pool_free (dd_pool **pool);
int dd_pool_threads (const dd_pool *pool);

/* Runs `work (user, thread)` on every thread, 0 being the caller; returns when
 * all have returned.  One call at a time; allocates nothing. */
typedef void (*dd_pool_fn) (void *user, int thread);
void dd_pool_run (dd_pool *pool, dd_pool_fn work, void *user);

/* Inside `work`: waits for every thread to arrive, and makes what they wrote
 * visible.  Resets the counter of dd_pool_take. */
void dd_pool_barrier (dd_pool *pool);

/* Inside `work`: takes the next `grain` of `total` items since the last barrier
 * (or the start); returns false when none are left, else [*first, *last). */
bool dd_pool_take (dd_pool *pool, int64_t total, int64_t grain, int64_t *first, int64_t *last);

/* The number of performance cores that this process may use (all, where the
 * system does not tell them apart), at least 1. */
int dd_pool_default_threads (void);
