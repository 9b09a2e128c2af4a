/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A fixed set of threads that run one function together.
 *
 * Everyone waits in the same way: for a word to change, spinning for a while and
 * then asleep on one condition variable.  Who changes a word looks whether
 * anyone sleeps; both sides are sequentially consistent, so a sleeper is either
 * seen or sees the new word.
 */
#include "base/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/thread.h"

#define SPIN_NANOSECONDS 50000
#define SPINS_PER_LOOK 64

struct dd_pool {
  int n;                /* threads, the caller of run among them */
  bool low_priority;
  pthread_t *threads;   /* owned; n - 1 of them */
  int n_started;

  pthread_mutex_t lock;
  pthread_cond_t changed;
  atomic_int sleepers;

  dd_pool_fn work;
  void *user;
  bool quit;

  /* Each on a cache line of its own: they are hammered by different phases. */
  _Alignas (64) atomic_uint round;   /* a new function to run */
  _Alignas (64) atomic_uint phase;   /* a barrier passed */
  _Alignas (64) atomic_int arrived;
  _Alignas (64) atomic_uint finished; /* workers that are done with the round */
  _Alignas (64) atomic_int_fast64_t next;
  _Alignas (64) atomic_int started;  /* hands out thread numbers */
};

static int64_t
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C (1000000000) + time.tv_nsec;
}

static inline void
relax (void)
{
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause ();
#elif defined(__aarch64__)
  __asm__ volatile ("yield");
#endif
}

/* Waits until `*word` is no longer `old`. */
static void
wait_change (dd_pool *pool, atomic_uint *word, unsigned old)
{
  int64_t until = 0;

  for (;;) {
    for (int i = 0; i < SPINS_PER_LOOK; i++) {
      if (atomic_load_explicit (word, memory_order_acquire) != old)
        return;
      relax ();
    }
    if (until == 0)
      until = now () + SPIN_NANOSECONDS;
    else if (now () >= until)
      break;
  }
  pthread_mutex_lock (&pool->lock);
  atomic_fetch_add (&pool->sleepers, 1);
  while (atomic_load (word) == old)
    pthread_cond_wait (&pool->changed, &pool->lock);
  atomic_fetch_sub (&pool->sleepers, 1);
  pthread_mutex_unlock (&pool->lock);
}

static void
change (dd_pool *pool, atomic_uint *word)
{
  atomic_fetch_add (word, 1);
  if (atomic_load (&pool->sleepers) > 0) {
    pthread_mutex_lock (&pool->lock);
    pthread_cond_broadcast (&pool->changed);
    pthread_mutex_unlock (&pool->lock);
  }
}

static void *
worker (void *user)
{
  dd_pool *pool = user;
  int thread = 1 + atomic_fetch_add (&pool->started, 1);
  unsigned seen = 0;

  /* On Linux the priority of a thread is its own. */
  if (pool->low_priority)
    setpriority (PRIO_PROCESS, (id_t) syscall (SYS_gettid), 10);
  for (;;) {
    wait_change (pool, &pool->round, seen);
    seen++;
    if (pool->quit)
      return NULL;
    pool->work (pool->user, thread);
    change (pool, &pool->finished);
  }
}

static bool
start_threads (dd_pool *pool, dd_error *error)
{
  int result = 0;

  while (result == 0 && pool->n_started < pool->n - 1) {
    result = dd_thread_start (&pool->threads[pool->n_started], worker, pool);
    pool->n_started += result == 0;
  }
  return result == 0 || dd_fail_errno (error, result, "cannot start a thread", NULL);
}

bool
dd_pool_new (int threads, bool low_priority, dd_pool **out, dd_error *error)
{
  dd_pool *pool;

  if (threads < 1 || threads > 1024)
    return dd_fail (error, DD_ERROR_ARGUMENT, "%d threads; take 1 to 1024", threads);
  pool = dd_alloc (DD_TAG_BASE, sizeof *pool);
  if (pool == NULL)
    return dd_fail_memory (error, "threads");
  pool->n = threads;
  pool->low_priority = low_priority;
  pthread_mutex_init (&pool->lock, NULL);
  pthread_cond_init (&pool->changed, NULL);
  pool->threads = dd_alloc_array (DD_TAG_BASE, (size_t) threads, sizeof *pool->threads);
  if (pool->threads == NULL) {
    dd_fail_memory (error, "threads");
    dd_pool_free (&pool);
    return false;
  }
  if (!start_threads (pool, error)) {
    dd_pool_free (&pool);
    return false;
  }
  *out = pool;
  return true;
}

void
dd_pool_free (dd_pool **pool)
{
  dd_pool *self = *pool;

  if (self == NULL)
    return;
  self->quit = true;
  change (self, &self->round);
  for (int i = 0; i < self->n_started; i++)
    pthread_join (self->threads[i], NULL);
  pthread_cond_destroy (&self->changed);
  pthread_mutex_destroy (&self->lock);
  dd_free (self->threads);
  dd_free (self);
  *pool = NULL;
}

int
dd_pool_threads (const dd_pool *pool)
{
  return pool->n;
}

void
dd_pool_run (dd_pool *pool, dd_pool_fn work, void *user)
{
  unsigned done;

  pool->work = work;
  pool->user = user;
  atomic_store_explicit (&pool->next, 0, memory_order_relaxed);
  atomic_store_explicit (&pool->finished, 0, memory_order_relaxed);
  if (pool->n > 1)
    change (pool, &pool->round);
  work (user, 0);
  while ((done = atomic_load_explicit (&pool->finished, memory_order_acquire))
         < (unsigned) (pool->n - 1))
    wait_change (pool, &pool->finished, done);
}

void
dd_pool_barrier (dd_pool *pool)
{
  unsigned phase = atomic_load_explicit (&pool->phase, memory_order_relaxed);

  if (atomic_fetch_add_explicit (&pool->arrived, 1, memory_order_acq_rel) + 1 < pool->n) {
    wait_change (pool, &pool->phase, phase);
    return;
  }
  atomic_store_explicit (&pool->arrived, 0, memory_order_relaxed);
  atomic_store_explicit (&pool->next, 0, memory_order_relaxed);
  change (pool, &pool->phase);
}

bool
dd_pool_take (dd_pool *pool, int64_t total, int64_t grain, int64_t *first, int64_t *last)
{
  int64_t start = atomic_fetch_add_explicit (&pool->next, grain, memory_order_relaxed);

  if (start >= total)
    return false;
  *first = start;
  *last = start + grain < total ? start + grain : total;
  return true;
}
