/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The engine thread: a queue of commands in, slices of work in between.  It alone
 * touches sessions and closes things.
 */
#include "config.h"

#include "dadam-engine-worker.h"

typedef struct {
  DadamCommand run;
  gpointer data;
} Command;

/**
 * dadam_worker_new:
 * @told: told on any thread when the test of a card begins and ends, with the worker
 *
 * Returns: (transfer full): one whose thread is still to be started
 */
DadamWorker *
dadam_worker_new (DadamTold told)
{
  DadamWorker *worker = g_new0 (DadamWorker, 1);

  g_atomic_ref_count_init (&worker->refs);
  worker->commands = g_async_queue_new ();
  worker->running = g_hash_table_new (NULL, NULL);
  g_mutex_init (&worker->lock);
  g_mutex_init (&worker->listing);
  g_cond_init (&worker->settled);
  g_weak_ref_init (&worker->owner, NULL);
  worker->watcher = (host_watcher) { told, worker };

  return worker;
}

DadamWorker *
dadam_worker_ref (DadamWorker *worker)
{
  g_atomic_ref_count_inc (&worker->refs);

  return worker;
}

void
dadam_worker_unref (DadamWorker *worker)
{
  if (!g_atomic_ref_count_dec (&worker->refs))
    return;

  g_async_queue_unref (worker->commands);
  g_hash_table_unref (worker->running);
  g_mutex_clear (&worker->lock);
  g_mutex_clear (&worker->listing);
  g_cond_clear (&worker->settled);
  g_weak_ref_clear (&worker->owner);
  g_free (worker);
}

/* Any thread: @run is called on the engine thread, after those pushed before. */
void
dadam_worker_push (DadamWorker *worker, DadamCommand run, gpointer data)
{
  Command *command = g_new (Command, 1);

  command->run = run;
  command->data = data;
  g_async_queue_push (worker->commands, command);
}

/* ---- the thread -------------------------------------------------------- */

static void
fail_all (DadamWorker *worker, const dd_error *error)
{
  GHashTableIter iter;
  gpointer data, failure;

  g_hash_table_iter_init (&iter, worker->running);
  while (g_hash_table_iter_next (&iter, &data, &failure)) {
    g_hash_table_iter_remove (&iter);
    ((DadamFailure) failure) (data, error);
  }
}

/* One command, or one slice of work; sleeps only when there is neither. */
static void
turn (DadamWorker *worker)
{
  g_autofree Command *command = NULL;
  dd_error error = { 0 };

  if (worker->busy)
    command = g_async_queue_try_pop (worker->commands);
  else
    command = g_async_queue_pop (worker->commands);

  if (command != NULL) {
    command->run (command->data);
    worker->busy = worker->engine != NULL;
  } else if (!dd_engine_work (worker->engine, &worker->busy, &error)) {
    fail_all (worker, &error);
    worker->busy = FALSE;
  }
}

/* Closing a session may have asked for the closing of its model. */
static void
finish (DadamWorker *worker)
{
  Command *command;

  while ((command = g_async_queue_try_pop (worker->commands)) != NULL) {
    command->run (command->data);
    g_free (command);
  }
}

static void
run_nothing (gpointer data)
{
}

/* Any thread but the engine's: blocks until the engine is open.  Whether it could be opened; else the
 * error is there. */
gboolean
dadam_worker_wait (DadamWorker *worker)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&worker->lock);

  if (!worker->is_settled) /* nobody may have wanted anything yet */
    dadam_worker_push (worker, run_nothing, NULL);
  while (!worker->is_settled)
    g_cond_wait (&worker->settled, &worker->lock);

  return worker->engine != NULL;
}

static void
open_engine (DadamWorker *worker)
{
  dd_engine_options options = {
    .low_priority = true,
    .trust_user = &worker->watcher,
  };
  dd_engine *engine = NULL;
  dd_error error = { 0 };

  if (!host_open_engine (&options, &engine, &error))
    engine = NULL;

  g_mutex_lock (&worker->lock);
  worker->engine = engine;
  worker->error = error;
  worker->is_settled = TRUE;
  g_cond_broadcast (&worker->settled);
  g_mutex_unlock (&worker->lock);
}

/* The thread itself, with a reference to its worker.  The engine is opened for the first command. */
gpointer
dadam_worker_run (gpointer data)
{
  DadamWorker *worker = data;

  g_async_queue_push_front (worker->commands, g_async_queue_pop (worker->commands));
  open_engine (worker);
  while (!worker->quit)
    turn (worker);
  finish (worker);
  if (g_atomic_int_get (&worker->n_users) == 0)
    dd_engine_close (&worker->engine);
  dadam_worker_unref (worker);

  return NULL;
}

static void
run_quit (gpointer data)
{
  DadamWorker *worker = data;

  worker->quit = TRUE;
}

/* Lets the thread end, after what was pushed before. */
void
dadam_worker_quit (DadamWorker *worker)
{
  dadam_worker_push (worker, run_quit, worker);
}

/* Calls a function on another thread, soon: g_main_context_invoke() may run it on this one. */
void
dadam_worker_post (GMainContext *context, GSourceFunc func, gpointer data, GDestroyNotify notify)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, func, data, notify);
  g_source_attach (source, context);
}
