/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opening models, and finding out whether they could be: on a task's thread, so that
 * sessions go on meanwhile.
 */
#include "config.h"

#include "dadam-engine-worker.h"

#include "dadam-error.h"
#include "dadam-facts.h"

#define PROGRESS_INTERVAL (G_USEC_PER_SEC / 30)

/* ---- loading ----------------------------------------------------------- */

typedef struct {
  DadamWorker *worker;
  char *path;
  gint64 context;
  char *devices;
  DadamLoadProgress progress;
  gpointer progress_data;

  int permille;   /* atomic */
  int is_posted;  /* atomic: a report is on its way to the main context */
  gint64 told_at; /* the loading thread's */
} Load;

static void
load_free (gpointer data)
{
  Load *load = data;

  g_atomic_int_add (&load->worker->n_users, -1);
  dadam_worker_unref (load->worker);
  g_free (load->path);
  g_free (load->devices);
  g_free (load);
}

static gboolean
tell_progress_cb (gpointer data)
{
  GTask *task = data;
  Load *load = g_task_get_task_data (task);

  g_atomic_int_set (&load->is_posted, FALSE);
  if (!g_task_get_completed (task))
    load->progress (g_atomic_int_get (&load->permille) / 1000.0, load->progress_data);

  return G_SOURCE_REMOVE;
}

/* On the loading thread. */
static bool
load_progress (uint64_t done, uint64_t total, void *user)
{
  GTask *task = user;
  Load *load = g_task_get_task_data (task);
  gint64 now = g_get_monotonic_time ();

  g_atomic_int_set (&load->permille, total ? (int) (1000.0 * (double) done / (double) total) : 0);
  if (load->progress != NULL && now - load->told_at >= PROGRESS_INTERVAL
      && g_atomic_int_compare_and_exchange (&load->is_posted, FALSE, TRUE)) {
    load->told_at = now;
    dadam_worker_post (g_task_get_context (task), tell_progress_cb, g_object_ref (task),
                       g_object_unref);
  }

  return !g_cancellable_is_cancelled (g_task_get_cancellable (task));
}

static void
load_thread (GTask *task, gpointer source_object, gpointer task_data, GCancellable *cancellable)
{
  Load *load = task_data;
  g_autofree char *repository = dadam_facts_find_repo (load->path);
  dd_model_options options = {
    .devices = load->devices,
    .context = load->context,
    .repository = repository,
    .progress = { load_progress, task },
  };
  dd_model *model = NULL;
  dd_error error = { 0 };

  if (!dadam_worker_wait (load->worker))
    g_task_return_error (task, dadam_error_new_from_engine (&load->worker->error));
  else if (!dd_model_open (load->worker->engine, load->path, &options, &model, &error))
    g_task_return_error (task, dadam_error_new_from_engine (&error));
  else
    g_task_return_pointer (task, dadam_loaded_new (load->worker, model),
                           (GDestroyNotify) dadam_loaded_unref);
  /* What is known of cards may be other than before. */
  dadam_engine_list_devices (load->worker);
}

static GTask *
load_task_new (DadamEngine *self,
               const char *path,
               const char *devices,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Load *load = g_new0 (Load, 1);

  load->worker = dadam_worker_ref (dadam_engine_get_worker (self));
  load->path = g_strdup (path);
  load->devices = g_strdup (devices);
  g_atomic_int_inc (&load->worker->n_users);
  g_task_set_task_data (task, load, load_free);

  return task;
}

/**
 * dadam_engine_load_async:
 * @path: a GGUF file
 * @devices: (nullable): what to run it on, as the engine reads it; %NULL: the best
 * @context: most tokens of a conversation; 0: as the model says
 * @progress: (nullable): told how far it is
 *
 * Opens a model off the main loop.  Running answers go on.
 */
void
dadam_engine_load_async (DadamEngine *self,
                         const char *path,
                         const char *devices,
                         gint64 context,
                         GCancellable *cancellable,
                         DadamLoadProgress progress,
                         gpointer progress_data,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  Load *load;

  g_return_if_fail (DADAM_IS_ENGINE (self));
  g_return_if_fail (path != NULL);

  task = load_task_new (self, path, devices, cancellable, callback, user_data);
  load = g_task_get_task_data (task);
  load->context = context;
  load->progress = progress;
  load->progress_data = progress_data;
  g_task_set_source_tag (task, dadam_engine_load_async);
  g_task_run_in_thread (task, load_thread);
}

/**
 * dadam_engine_load_finish:
 *
 * Returns: (transfer full): the model, or %NULL with @error
 */
DadamLoaded *
dadam_engine_load_finish (DadamEngine *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- checking ---------------------------------------------------------- */

static bool
check_file (dd_engine *engine, const Load *load, dd_error *error)
{
  dd_file *file = NULL;
  dd_estimate estimate;
  bool ok;

  if (!dd_file_open (load->path, &file, error))
    return false;
  ok = dd_file_measure (file, engine, load->devices, 0, &estimate, error);
  dd_file_close (&file);

  return ok;
}

static void
check_thread (GTask *task, gpointer source_object, gpointer task_data, GCancellable *cancellable)
{
  Load *load = task_data;
  dd_error error = { 0 };

  if (!dadam_worker_wait (load->worker))
    g_task_return_error (task, dadam_error_new_from_engine (&load->worker->error));
  else if (!check_file (load->worker->engine, load, &error))
    g_task_return_error (task, dadam_error_new_from_engine (&error));
  else
    g_task_return_boolean (task, TRUE);
}

/**
 * dadam_engine_check_async:
 * @path: a file, perhaps a model
 * @devices: (nullable): what it would run on
 *
 * Finds out off the main loop whether a file is a model that could be loaded.  Its
 * header is read, nothing of its weights.
 */
void
dadam_engine_check_async (DadamEngine *self,
                          const char *path,
                          const char *devices,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (DADAM_IS_ENGINE (self));
  g_return_if_fail (path != NULL);

  task = load_task_new (self, path, devices, cancellable, callback, user_data);
  g_task_set_source_tag (task, dadam_engine_check_async);
  g_task_run_in_thread (task, check_thread);
}

gboolean
dadam_engine_check_finish (DadamEngine *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
