/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The engine thread: a queue of commands in, slices of work in between.  It alone
 * touches sessions and closes things.  Models are opened on a task's thread, so
 * that sessions go on meanwhile.
 *
 * The thread's state is a Worker, which outlives the GObject for as long as a
 * model is held somewhere: whoever lets go last, the closing happens here.
 */
#include "config.h"

#include "dadam-engine-private.h"

#include "dadam-device.h"
#include "dadam-error.h"
#include "dadam-facts.h"

#include "dadam/engine.h"
#include "diagnose.h"
#include "host.h"

#define PROGRESS_INTERVAL (G_USEC_PER_SEC / 30)

typedef struct {
  gatomicrefcount refs;
  GAsyncQueue *commands; /* of Command */

  GMutex lock;
  GCond settled; /* opened or failed */
  gboolean is_settled;
  dd_engine *engine; /* %NULL: failed */
  dd_error error;

  GWeakRef owner; /* the DadamEngine, to tell it things */
  host_watcher watcher;

  int n_users; /* atomic: loads going on and models open, which forbid closing the engine */

  /* The engine thread's own. */
  GHashTable *running; /* session → DadamFailure */
  bool busy;
  gboolean quit;
} Worker;

typedef struct {
  DadamCommand run;
  gpointer data;
} Command;

struct _DadamLoaded {
  gatomicrefcount refs;

  /* Owned. */
  Worker *worker;
  dd_model *model;
  DadamPlace *place; /* the main thread's */
  char *name;
  char *format; /* detected; %NULL: unknown */

  gint64 context;
  gint64 longest_context;
  int layers;
};

struct _DadamPlace {
  char *device;
  char *passed_over; /* %NULL: nothing */
  int card_layers;
};

struct _DadamEngine {
  GObject parent_instance;

  /* Owned. */
  Worker *worker;
  GThread *thread;
  GListStore *devices;
  char *testing; /* the card that is being tested, or %NULL */
};

G_DEFINE_FINAL_TYPE (DadamEngine, dadam_engine, G_TYPE_OBJECT)

enum { TESTING, N_SIGNALS };

static guint signals[N_SIGNALS];

static void told_testing (const dd_card *card, bool begins, void *user);

/* ---- the worker -------------------------------------------------------- */

static Worker *
worker_new (void)
{
  Worker *worker = g_new0 (Worker, 1);

  g_atomic_ref_count_init (&worker->refs);
  worker->commands = g_async_queue_new ();
  worker->running = g_hash_table_new (NULL, NULL);
  g_mutex_init (&worker->lock);
  g_cond_init (&worker->settled);
  g_weak_ref_init (&worker->owner, NULL);
  worker->watcher = (host_watcher) { told_testing, worker };

  return worker;
}

static Worker *
worker_ref (Worker *worker)
{
  g_atomic_ref_count_inc (&worker->refs);

  return worker;
}

static void
worker_unref (Worker *worker)
{
  if (!g_atomic_ref_count_dec (&worker->refs))
    return;

  g_async_queue_unref (worker->commands);
  g_hash_table_unref (worker->running);
  g_mutex_clear (&worker->lock);
  g_cond_clear (&worker->settled);
  g_weak_ref_clear (&worker->owner);
  g_free (worker);
}

static void
worker_push (Worker *worker, DadamCommand run, gpointer data)
{
  Command *command = g_new (Command, 1);

  command->run = run;
  command->data = data;
  g_async_queue_push (worker->commands, command);
}

static void
worker_fail_all (Worker *worker, const dd_error *error)
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
worker_turn (Worker *worker)
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
    worker_fail_all (worker, &error);
    worker->busy = FALSE;
  }
}

/* Closing a session may have asked for the closing of its model. */
static void
worker_finish (Worker *worker)
{
  Command *command;

  while ((command = g_async_queue_try_pop (worker->commands)) != NULL) {
    command->run (command->data);
    g_free (command);
  }
}

static gboolean
worker_wait (Worker *worker)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&worker->lock);

  while (!worker->is_settled)
    g_cond_wait (&worker->settled, &worker->lock);

  return worker->engine != NULL;
}

static void
worker_open (Worker *worker)
{
  dd_engine_options options = {
    .low_priority = true,
    .cache = host_cache_folder (),
    .trust = host_trust,
    .trust_user = &worker->watcher,
  };
  dd_engine *engine = NULL;
  dd_error error = { 0 };

  if (!dd_engine_open (&options, &engine, &error))
    engine = NULL;

  g_mutex_lock (&worker->lock);
  worker->engine = engine;
  worker->error = error;
  worker->is_settled = TRUE;
  g_cond_broadcast (&worker->settled);
  g_mutex_unlock (&worker->lock);
}

static void
run_quit (gpointer data)
{
  Worker *worker = data;

  worker->quit = TRUE;
}

/* Not g_main_context_invoke(), which may run the function on this thread. */
static void
post (GMainContext *context, GSourceFunc func, gpointer data, GDestroyNotify notify)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, func, data, notify);
  g_source_attach (source, context);
}

/* ---- devices ----------------------------------------------------------- */

/* News for the owner, delivered on the main context. */
typedef struct {
  Worker *worker;
  GPtrArray *devices; /* %NULL: it is about testing */
  char *testing;      /* the card, or %NULL */
} News;

static void
news_free (gpointer data)
{
  News *news = data;

  worker_unref (news->worker);
  g_clear_pointer (&news->devices, g_ptr_array_unref);
  g_free (news->testing);
  g_free (news);
}

static gboolean
news_cb (gpointer data)
{
  News *news = data;
  g_autoptr (DadamEngine) self = g_weak_ref_get (&news->worker->owner);

  if (self == NULL)
    return G_SOURCE_REMOVE;
  if (news->devices != NULL) {
    g_list_store_splice (self->devices, 0, g_list_model_get_n_items (G_LIST_MODEL (self->devices)),
                         news->devices->pdata, news->devices->len);
  } else {
    g_set_str (&self->testing, news->testing);
    g_signal_emit (self, signals[TESTING], 0);
  }

  return G_SOURCE_REMOVE;
}

static void
told_testing (const dd_card *card, bool begins, void *user)
{
  News *news = g_new0 (News, 1);

  news->worker = worker_ref (user);
  news->testing = begins ? g_strdup (card->name) : NULL;
  post (NULL, news_cb, news, news_free);
}

/* On the engine thread. */
static void
run_list_devices (gpointer data)
{
  Worker *worker = data;
  size_t n = worker->engine ? dd_engine_n_devices (worker->engine) : 0;
  News *news = g_new0 (News, 1);

  news->worker = worker_ref (worker);
  news->devices = g_ptr_array_new_with_free_func (g_object_unref);
  for (size_t i = 0; i < n; i++)
    g_ptr_array_add (news->devices, dadam_device_new (worker->engine, i));
  post (NULL, news_cb, news, news_free);
  worker_unref (worker);
}

/* ---- the thread -------------------------------------------------------- */

static gpointer
engine_thread (gpointer data)
{
  Worker *worker = data;

  worker_open (worker);
  run_list_devices (worker_ref (worker));
  while (!worker->quit)
    worker_turn (worker);
  worker_finish (worker);
  if (g_atomic_int_get (&worker->n_users) == 0)
    dd_engine_close (&worker->engine);
  worker_unref (worker);

  return NULL;
}

static void
dadam_engine_constructed (GObject *object)
{
  DadamEngine *self = DADAM_ENGINE (object);

  G_OBJECT_CLASS (dadam_engine_parent_class)->constructed (object);

  g_weak_ref_set (&self->worker->owner, self);
  self->thread = g_thread_new ("engine", engine_thread, worker_ref (self->worker));
}

static void
dadam_engine_finalize (GObject *object)
{
  DadamEngine *self = DADAM_ENGINE (object);

  worker_push (self->worker, run_quit, self->worker);
  g_thread_join (self->thread);
  worker_unref (self->worker);
  g_clear_object (&self->devices);
  g_free (self->testing);

  G_OBJECT_CLASS (dadam_engine_parent_class)->finalize (object);
}

static void
dadam_engine_class_init (DadamEngineClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = dadam_engine_constructed;
  object_class->finalize = dadam_engine_finalize;

  /* The test of a graphics card has begun or is over. */
  signals[TESTING] = g_signal_new ("testing", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
}

static void
dadam_engine_init (DadamEngine *self)
{
  self->worker = worker_new ();
  self->devices = g_list_store_new (DADAM_TYPE_DEVICE);
}

/**
 * dadam_engine_new:
 *
 * Starts the engine thread.  Letting go of the engine ends the thread, within the
 * time that cancelling an answer takes.
 */
DadamEngine *
dadam_engine_new (void)
{
  return g_object_new (DADAM_TYPE_ENGINE, NULL);
}

/**
 * dadam_engine_get_devices:
 *
 * Returns: (transfer none): #DadamDevice objects; empty until the engine is open
 */
GListModel *
dadam_engine_get_devices (DadamEngine *self)
{
  g_return_val_if_fail (DADAM_IS_ENGINE (self), NULL);

  return G_LIST_MODEL (self->devices);
}

/**
 * dadam_engine_get_format:
 *
 * Returns: the name of prompt format @i, or %NULL past the last
 */
const char *
dadam_engine_get_format (guint i, const char **title)
{
  return dd_format_name (i, title);
}

/* (nullable): the name of the card that is being tested. */
const char *
dadam_engine_get_testing (DadamEngine *self)
{
  g_return_val_if_fail (DADAM_IS_ENGINE (self), NULL);

  return self->testing;
}

/* Cards that failed their test are tested again when they are next to be used. */
void
dadam_engine_forget_verdicts (DadamEngine *self)
{
  GListModel *devices;

  g_return_if_fail (DADAM_IS_ENGINE (self));

  devices = G_LIST_MODEL (self->devices);
  for (guint i = 0; i < g_list_model_get_n_items (devices); i++) {
    g_autoptr (DadamDevice) device = g_list_model_get_item (devices, i);

    if (dadam_device_is_distrusted (device))
      host_forget_verdict (dadam_device_get_uuid (device));
  }
  worker_push (self->worker, run_list_devices, worker_ref (self->worker));
}

typedef struct {
  Worker *worker;
  GTask *task;
} Diagnosis;

static void
run_diagnose (gpointer data)
{
  g_autofree Diagnosis *diagnosis = data;
  Worker *worker = diagnosis->worker;
  char *text = worker->engine ? host_diagnose (worker->engine, DADAM_VERSION) : NULL;

  if (text != NULL)
    g_task_return_pointer (diagnosis->task, text, free);
  else
    g_task_return_error (diagnosis->task, dadam_error_new_from_engine (&worker->error));
  g_object_unref (diagnosis->task);
  worker_unref (worker);
}

/**
 * dadam_engine_diagnose_async:
 *
 * Writes down what this computer's devices are, for a person to paste somewhere.
 */
void
dadam_engine_diagnose_async (DadamEngine *self,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  Diagnosis *diagnosis;

  g_return_if_fail (DADAM_IS_ENGINE (self));

  diagnosis = g_new (Diagnosis, 1);
  diagnosis->worker = worker_ref (self->worker);
  diagnosis->task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (diagnosis->task, dadam_engine_diagnose_async);
  worker_push (self->worker, run_diagnose, diagnosis);
}

/* (transfer full): the text, to be freed with free(). */
char *
dadam_engine_diagnose_finish (DadamEngine *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- loading ----------------------------------------------------------- */

typedef struct {
  Worker *worker;
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
  worker_unref (load->worker);
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
    post (g_task_get_context (task), tell_progress_cb, g_object_ref (task), g_object_unref);
  }

  return !g_cancellable_is_cancelled (g_task_get_cancellable (task));
}

static DadamPlace *
place_new (const dd_model_info *info)
{
  DadamPlace *place = g_new0 (DadamPlace, 1);

  place->device = g_strdup (info->device);
  place->passed_over = g_strdup (info->passed_over);
  place->card_layers = info->card_layers;

  return place;
}

void
dadam_place_free (DadamPlace *place)
{
  g_free (place->device);
  g_free (place->passed_over);
  g_free (place);
}

static DadamLoaded *
loaded_new (Worker *worker, dd_model *model)
{
  DadamLoaded *self = g_new0 (DadamLoaded, 1);
  dd_model_info info;

  dd_model_info_get (model, &info);
  g_atomic_ref_count_init (&self->refs);
  self->worker = worker_ref (worker);
  self->model = model;
  self->name = g_strdup (info.name);
  self->place = place_new (&info);
  self->format = g_strdup (info.format);
  self->context = info.context;
  self->longest_context = info.trained_context;
  self->layers = info.layers;
  g_atomic_int_inc (&worker->n_users);

  return self;
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

  if (!worker_wait (load->worker))
    g_task_return_error (task, dadam_error_new_from_engine (&load->worker->error));
  else if (!dd_model_open (load->worker->engine, load->path, &options, &model, &error))
    g_task_return_error (task, dadam_error_new_from_engine (&error));
  else
    g_task_return_pointer (task, loaded_new (load->worker, model),
                           (GDestroyNotify) dadam_loaded_unref);
  /* What is known of cards may be other than before. */
  worker_push (load->worker, run_list_devices, worker_ref (load->worker));
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

  load->worker = worker_ref (self->worker);
  load->path = g_strdup (path);
  load->devices = g_strdup (devices);
  g_atomic_int_inc (&self->worker->n_users);
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

/* ---- draining ---------------------------------------------------------- */

typedef struct {
  Worker *worker;
  GTask *task;
} Drain;

static void
run_drained (gpointer data)
{
  g_autofree Drain *drain = data;

  g_task_return_boolean (drain->task, TRUE);
  g_object_unref (drain->task);
  worker_unref (drain->worker);
}

/* Sessions are closed by now; their models behind them. */
static void
run_drain (gpointer data)
{
  Drain *drain = data;

  worker_push (drain->worker, run_drained, drain);
}

/**
 * dadam_engine_drain_async:
 *
 * Calls back when the sessions and models that were let go of before are closed, and
 * their memory is free.  It cannot fail.
 */
void
dadam_engine_drain_async (DadamEngine *self, GAsyncReadyCallback callback, gpointer user_data)
{
  Drain *drain;

  g_return_if_fail (DADAM_IS_ENGINE (self));

  drain = g_new (Drain, 1);
  drain->worker = worker_ref (self->worker);
  drain->task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (drain->task, dadam_engine_drain_async);
  worker_push (self->worker, run_drain, drain);
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

  if (!worker_wait (load->worker))
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

/* ---- models ------------------------------------------------------------ */

DadamLoaded *
dadam_loaded_ref (DadamLoaded *self)
{
  g_atomic_ref_count_inc (&self->refs);

  return self;
}

static void
run_close_model (gpointer data)
{
  DadamLoaded *self = data;
  Worker *worker = self->worker;

  dd_model_close (&self->model);
  g_atomic_int_add (&worker->n_users, -1);
  g_free (self->name);
  dadam_place_free (self->place);
  g_free (self->format);
  g_free (self);
  worker_unref (worker);
}

void
dadam_loaded_unref (DadamLoaded *self)
{
  if (g_atomic_ref_count_dec (&self->refs))
    worker_push (self->worker, run_close_model, self);
}

const char *
dadam_loaded_get_name (DadamLoaded *self)
{
  return self->name;
}

const char *
dadam_loaded_get_device (DadamLoaded *self)
{
  return self->place->device;
}

/* (nullable): a better device that is not used, and why, in the engine's words. */
const char *
dadam_loaded_get_passed_over (DadamLoaded *self)
{
  return self->place->passed_over;
}

/* How many layers it has, and how many of them are on graphics cards. */
void
dadam_loaded_get_layers (DadamLoaded *self, int *layers, int *card_layers)
{
  *layers = self->layers;
  *card_layers = self->place->card_layers;
}

/* The prompt format detected, or %NULL. */
const char *
dadam_loaded_get_format (DadamLoaded *self)
{
  return self->format;
}

/* Most tokens of a conversation. */
gint64
dadam_loaded_get_context (DadamLoaded *self)
{
  return self->context;
}

/* Most tokens that a conversation could have, were it loaded for so many. */
gint64
dadam_loaded_get_longest_context (DadamLoaded *self)
{
  return self->longest_context;
}

void
dadam_loaded_push (DadamLoaded *self, DadamCommand command, gpointer data)
{
  worker_push (self->worker, command, data);
}

void
dadam_loaded_begin (DadamLoaded *self, gpointer data, DadamFailure failure)
{
  g_hash_table_insert (self->worker->running, data, (gpointer) failure);
}

void
dadam_loaded_end (DadamLoaded *self, gpointer data)
{
  g_hash_table_remove (self->worker->running, data);
}

DadamPlace *
dadam_loaded_find_place (DadamLoaded *self)
{
  dd_model_info info;

  dd_model_info_get (self->model, &info);

  return place_new (&info);
}

gboolean
dadam_loaded_take_place (DadamLoaded *self, DadamPlace *place)
{
  gboolean is_news = place->card_layers != self->place->card_layers;

  dadam_place_free (self->place);
  self->place = place;

  return is_news;
}

dd_model *
dadam_loaded_get (DadamLoaded *self)
{
  return self->model;
}
