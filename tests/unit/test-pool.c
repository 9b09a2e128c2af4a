/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tests of the thread pool: every item is worked on once, barriers order what
 * is written, an idle pool sleeps.  Also run under the thread sanitizer.
 */
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/pool.h"
#include "check.h"

enum { ITEMS = 1000, ROUNDS = 200 };

typedef struct job {
  dd_pool *pool;
  int seen[ITEMS];       /* written by whoever took the item */
  int sums[ROUNDS];      /* written by thread 0 between barriers */
  atomic_int working;
} job;

static void
work (void *user, int thread)
{
  job *self = user;
  int64_t first, last;

  atomic_fetch_add (&self->working, 1);
  for (int round = 0; round < ROUNDS; round++) {
    while (dd_pool_take (self->pool, ITEMS, 7, &first, &last))
      for (int64_t i = first; i < last; i++)
        self->seen[i]++;
    dd_pool_barrier (self->pool);
    if (thread == 0)
      for (int i = 0; i < ITEMS; i++)
        self->sums[round] += self->seen[i];
    dd_pool_barrier (self->pool);
  }
}

static void
test_threads (int threads)
{
  static job self;
  dd_error error;
  uint64_t calls;

  memset (&self, 0, sizeof self);
  REQUIRE_OK (dd_pool_new (threads, threads > 3, &self.pool, &error), error);
  CHECK (dd_pool_threads (self.pool) == threads);
  calls = dd_alloc_calls ();
  dd_pool_run (self.pool, work, &self);
  CHECK (dd_alloc_calls () == calls);
  CHECK (atomic_load (&self.working) == threads);
  for (int round = 0; round < ROUNDS; round++)
    CHECK_MSG (self.sums[round] == ITEMS * (round + 1), "%d threads, round %d", threads, round);
  dd_pool_free (&self.pool);
  CHECK (self.pool == NULL);
}

static void
nothing (void *user, int thread)
{
  (void) thread;
  atomic_fetch_add ((atomic_int *) user, 1);
}

static void
test_many_runs (void)
{
  dd_pool *pool;
  dd_error error;
  atomic_int count = 0;

  REQUIRE_OK (dd_pool_new (4, false, &pool, &error), error);
  for (int i = 0; i < 2000; i++) {
    dd_pool_run (pool, nothing, &count);
    CHECK (atomic_load (&count) == 4 * (i + 1));
    if (i % 500 == 0)
      usleep (2000); /* long enough for the others to fall asleep */
  }
  dd_pool_free (&pool);
}

static double
processor_seconds (void)
{
  struct timespec time;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double) time.tv_sec + 1e-9 * (double) time.tv_nsec;
}

static void
test_idle (void)
{
  dd_pool *pool;
  dd_error error;
  atomic_int count = 0;
  double before;

  REQUIRE_OK (dd_pool_new (4, false, &pool, &error), error);
  dd_pool_run (pool, nothing, &count);
  usleep (50000);
  before = processor_seconds ();
  usleep (300000);
  CHECK (processor_seconds () - before < 0.05);
  dd_pool_free (&pool);
}

int
main (void)
{
  dd_pool *pool = NULL;
  dd_error error;

  for (int threads = 1; threads <= 8; threads++)
    test_threads (threads);
  test_many_runs ();
  test_idle ();
  CHECK (!dd_pool_new (0, false, &pool, &error) && error.code == DD_ERROR_ARGUMENT);
  CHECK (dd_pool_default_threads () >= 1);
  return check_done ();
}
