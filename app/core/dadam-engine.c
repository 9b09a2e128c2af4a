/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The engine of the app: it starts the engine thread and ends it, and tells on the main
 * thread which devices there are and which is being tested.
 */
#include "config.h"

#include "dadam-engine-worker.h"

#include "dadam-device.h"
#include "dadam-error.h"

#include "diagnose.h"

struct _DadamEngine {
  GObject parent_instance;

  /* Owned. */
  DadamWorker *worker;
  GThread *thread;
  GListStore *devices;
  char *testing; /* the card that is being tested, or %NULL */
};

G_DEFINE_FINAL_TYPE (DadamEngine, dadam_engine, G_TYPE_OBJECT)

enum { TESTING, N_SIGNALS };

static guint signals[N_SIGNALS];

/* ---- devices ----------------------------------------------------------- */

/* News for the owner, delivered on the main context. */
typedef struct {
  DadamWorker *worker;
  GPtrArray *devices; /* %NULL: it is about testing */
  char *testing;      /* the card, or %NULL */
} News;

static void
news_free (gpointer data)
{
  News *news = data;

  dadam_worker_unref (news->worker);
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

  news->worker = dadam_worker_ref (user);
  news->testing = begins ? g_strdup (card->name) : NULL;
  dadam_worker_post (NULL, news_cb, news, news_free);
}

/* On the engine thread. */
static void
run_list_devices (gpointer data)
{
  DadamWorker *worker = data;
  size_t n = worker->engine ? dd_engine_n_devices (worker->engine) : 0;
  News *news = g_new0 (News, 1);

  news->worker = dadam_worker_ref (worker);
  news->devices = g_ptr_array_new_with_free_func (g_object_unref);
  g_mutex_lock (&worker->listing);
  for (size_t i = 0; i < n; i++)
    g_ptr_array_add (news->devices, dadam_device_new (worker->engine, i));
  g_mutex_unlock (&worker->listing);
  dadam_worker_post (NULL, news_cb, news, news_free);
  dadam_worker_unref (worker);
}

/* Any thread: the owner is told anew, after the commands pushed before. */
void
dadam_engine_list_devices (DadamWorker *worker)
{
  dadam_worker_push (worker, run_list_devices, dadam_worker_ref (worker));
}

static gboolean
list_devices_cb (gpointer user_data)
{
  dadam_engine_list_devices (user_data);

  return G_SOURCE_REMOVE;
}

/* ---- the class --------------------------------------------------------- */

static void
dadam_engine_constructed (GObject *object)
{
  DadamEngine *self = DADAM_ENGINE (object);

  G_OBJECT_CLASS (dadam_engine_parent_class)->constructed (object);

  g_weak_ref_set (&self->worker->owner, self);
  /* Graphics drivers are opened for it, which may wait until something is to be seen. */
  g_idle_add_full (G_PRIORITY_LOW, list_devices_cb, dadam_worker_ref (self->worker),
                   (GDestroyNotify) dadam_worker_unref);
  self->thread = g_thread_new ("engine", dadam_worker_run, dadam_worker_ref (self->worker));
}

static void
dadam_engine_finalize (GObject *object)
{
  DadamEngine *self = DADAM_ENGINE (object);

  dadam_worker_quit (self->worker);
  g_thread_join (self->thread);
  dadam_worker_unref (self->worker);
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
  self->worker = dadam_worker_new (told_testing);
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

DadamWorker *
dadam_engine_get_worker (DadamEngine *self)
{
  return self->worker;
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

/* (nullable) @name, if a prompt format is called so: what was kept may be of another version. */
const char *
dadam_engine_find_format (const char *name)
{
  const char *known;

  for (guint i = 0; (known = dd_format_name (i, NULL)) != NULL; i++)
    if (g_strcmp0 (known, name) == 0)
      return known;

  return NULL;
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
  dadam_engine_list_devices (self->worker);
}

typedef struct {
  DadamWorker *worker;
  GTask *task;
} Diagnosis;

static void
run_diagnose (gpointer data)
{
  g_autofree Diagnosis *diagnosis = data;
  DadamWorker *worker = diagnosis->worker;
  char *text;

  g_mutex_lock (&worker->listing);
  text = worker->engine ? host_diagnose (worker->engine, DADAM_VERSION) : NULL;
  g_mutex_unlock (&worker->listing);

  if (text != NULL)
    g_task_return_pointer (diagnosis->task, text, free);
  else
    g_task_return_error (diagnosis->task, dadam_error_new_from_engine (&worker->error));
  g_object_unref (diagnosis->task);
  dadam_worker_unref (worker);
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
  diagnosis->worker = dadam_worker_ref (self->worker);
  diagnosis->task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (diagnosis->task, dadam_engine_diagnose_async);
  dadam_worker_push (self->worker, run_diagnose, diagnosis);
}

/* (transfer full): the text, to be freed with free(). */
char *
dadam_engine_diagnose_finish (DadamEngine *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* ---- draining ---------------------------------------------------------- */

typedef struct {
  DadamWorker *worker;
  GTask *task;
} Drain;

static void
run_drained (gpointer data)
{
  g_autofree Drain *drain = data;

  g_task_return_boolean (drain->task, TRUE);
  g_object_unref (drain->task);
  dadam_worker_unref (drain->worker);
}

/* Sessions are closed by now; their models behind them. */
static void
run_drain (gpointer data)
{
  Drain *drain = data;

  dadam_worker_push (drain->worker, run_drained, drain);
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
  drain->worker = dadam_worker_ref (self->worker);
  drain->task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (drain->task, dadam_engine_drain_async);
  dadam_worker_push (self->worker, run_drain, drain);
}
