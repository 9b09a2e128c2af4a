/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A queue and the thread that empties it.  The thread opens the base before the
 * first job; where that failed, or the base is found damaged after that job, every job
 * fails with that error.
 */
#include "config.h"

#include "dadam-scribe.h"

#include <glib/gi18n.h>

typedef struct {
  DadamJobFunc func; /* %NULL: the last one */
  gpointer data;
  GDestroyNotify free_data;
  GTask *task;   /* owned */
  GError *error; /* why it failed */
  gboolean is_plain;
} Job;

struct _DadamScribe {
  /* Owned. */
  char *path;
  GThread *thread;
  GAsyncQueue *jobs;
  DadamBase *base; /* the thread's */
  GError *error;   /* the thread's: why there is no base */
  DadamDamage damage; /* written before the first job is done */
  gboolean is_begun;  /* the thread's: the first job is done */
};

static void
job_free (Job *job)
{
  if (job->data != NULL && job->free_data != NULL)
    job->free_data (job->data);
  g_clear_object (&job->task);
  g_clear_error (&job->error);
  g_free (job);
}

/* ---- on the thread ----------------------------------------------------- */

static gboolean
do_job (DadamScribe *self, Job *job, GError **error)
{
  if (self->base == NULL) {
    g_propagate_error (error, g_error_copy (self->error));
    return FALSE;
  }
  if (job->is_plain)
    return job->func (self->base, job->data, error);
  if (!dadam_base_begin (self->base, error))
    return FALSE;
  if (job->func (self->base, job->data, error) && dadam_base_commit (self->base, error))
    return TRUE;
  dadam_base_roll_back (self->base);

  return FALSE;
}

static gboolean
is_damage (const GError *error)
{
  return g_error_matches (error, DADAM_ARCHIVE_ERROR, DADAM_ARCHIVE_ERROR_DAMAGED);
}

/* Nobody has seen anything yet. */
static gboolean
begin_anew (DadamScribe *self, Job *job)
{
  g_clear_error (&job->error);
  g_clear_pointer (&self->base, dadam_base_close);
  self->base = dadam_base_replace (self->path, DADAM_BASE_VERSION, &self->damage, &self->error);

  return do_job (self, job, &job->error);
}

/* What is written into a damaged file is lost.  The one that replaces it may have less than what
 * is shown by now, so it waits for the next start. */
static void
give_up (DadamScribe *self)
{
  g_autoptr (DadamBase) replacement = NULL;
  g_autoptr (GError) error = NULL;
  DadamDamage damage = { NULL, 0 };

  g_clear_pointer (&self->base, dadam_base_close);
  replacement = dadam_base_replace (self->path, DADAM_BASE_VERSION, &damage, &error);
  if (replacement != NULL)
    self->error = g_error_new (DADAM_ARCHIVE_ERROR, DADAM_ARCHIVE_ERROR_DAMAGED,
                               /* Translators: a file's name. */
                               _ ("The file with the conversations is damaged. It was kept as "
                                  "“%s”. Start Dadam again to see what could be read of it."),
                               damage.name);
  else
    self->error = g_steal_pointer (&error);
  g_free (damage.name);
}

/* On the thread of the task: letting go of it here might end the archive, which waits for us. */
static gboolean
done_cb (gpointer data)
{
  Job *job = data;

  if (job->error == NULL)
    g_task_return_pointer (job->task, g_steal_pointer (&job->data), job->free_data);
  else
    g_task_return_error (job->task, g_steal_pointer (&job->error));

  return G_SOURCE_REMOVE;
}

static void
hand_over (Job *job)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "dadam-archive");
  g_source_set_callback (source, done_cb, job, (GDestroyNotify) job_free);
  g_source_attach (source, g_task_get_context (job->task));
}

static void
work (DadamScribe *self, Job *job)
{
  gboolean ok = do_job (self, job, &job->error);

  if (!ok && !self->is_begun && self->base != NULL && self->damage.name == NULL
      && is_damage (job->error))
    ok = begin_anew (self, job);
  self->is_begun = TRUE;
  if (!ok && self->base != NULL && is_damage (job->error)) {
    give_up (self);
    g_clear_error (&job->error);
    job->error = g_error_copy (self->error);
  }
  hand_over (job);
}

static gpointer
scribe_thread (gpointer data)
{
  DadamScribe *self = data;

  self->base = dadam_base_open (self->path, &self->damage, &self->error);
  for (;;) {
    Job *job = g_async_queue_pop (self->jobs);

    if (job->func == NULL) {
      job_free (job);
      break;
    }
    work (self, job);
  }
  g_clear_pointer (&self->base, dadam_base_close);

  return NULL;
}

/* ---- on the main thread ------------------------------------------------ */

/**
 * dadam_scribe_new:
 * @path: the file
 *
 * Starts the thread, which opens the base first of all.
 */
DadamScribe *
dadam_scribe_new (const char *path)
{
  DadamScribe *self = g_new0 (DadamScribe, 1);

  self->path = g_strdup (path);
  self->jobs = g_async_queue_new ();
  self->thread = g_thread_new ("dadam-archive", scribe_thread, self);

  return self;
}

static void
push (DadamScribe *self,
      DadamJobFunc func,
      gpointer data,
      GDestroyNotify free_data,
      GTask *task,
      gboolean is_plain)
{
  Job *job = g_new0 (Job, 1);

  job->func = func;
  job->data = data;
  job->free_data = free_data;
  job->task = task;
  job->is_plain = is_plain;
  g_async_queue_push (self->jobs, job);
}

/**
 * dadam_scribe_push:
 * @data: (transfer full): what the job is about
 * @task: (transfer full): returns @data once all is on the disk
 */
void
dadam_scribe_push (DadamScribe *self,
                   DadamJobFunc func,
                   gpointer data,
                   GDestroyNotify free_data,
                   GTask *task)
{
  push (self, func, data, free_data, task, FALSE);
}

/* The same for what cannot be done within a transaction. */
void
dadam_scribe_push_plain (DadamScribe *self,
                         DadamJobFunc func,
                         gpointer data,
                         GDestroyNotify free_data,
                         GTask *task)
{
  push (self, func, data, free_data, task, TRUE);
}

/**
 * dadam_scribe_free:
 *
 * Returns when everything that was pushed is done.
 */
void
dadam_scribe_free (DadamScribe *self)
{
  push (self, NULL, NULL, NULL, NULL, FALSE);
  g_thread_join (self->thread);
  g_async_queue_unref (self->jobs);
  g_clear_error (&self->error);
  g_free (self->damage.name);
  g_free (self->path);
  g_free (self);
}

/* (transfer none): what became of a damaged file.  Once a job was done. */
const DadamDamage *
dadam_scribe_get_damage (DadamScribe *self)
{
  return &self->damage;
}
