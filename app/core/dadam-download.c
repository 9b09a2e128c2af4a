/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The state of a download: what the user asked for on one side, what the work
 * tells on the other.
 */
#include "config.h"

#include "dadam-download-private.h"

#define TICK 100 /* milliseconds */
#define SPEED_WINDOW 5.0 /* seconds over which speed is smoothed */

struct _DadamDownload {
  GObject parent_instance;

  /* Owned. */
  DadamHub *hub;
  DadamStore *store;
  DadamFacts *facts;
  char *place;
  DadamFetch *fetch;         /* while it works */
  GCancellable *cancellable; /* of the work */
  GError *error;             /* why it FAILED */
  guint tick_id;

  DadamDownloadState state;
  DadamDownloadState after; /* what the end of the work by our wish means */
  gint64 done;
  double speed;
  gint64 ticked; /* monotonic */
  gboolean restart_allowed;
};

enum {
  PROP_0,
  PROP_REPO,
  PROP_PATH,
  PROP_SIZE,
  PROP_DONE,
  PROP_FRACTION,
  PROP_SPEED,
  PROP_SECONDS_LEFT,
  PROP_STATE,
  PROP_PROBLEM,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_ENUM_TYPE (DadamDownloadState,
                    dadam_download_state,
                    G_DEFINE_ENUM_VALUE (DADAM_DOWNLOAD_WAITING, "waiting"),
                    G_DEFINE_ENUM_VALUE (DADAM_DOWNLOAD_CHECKING, "checking"),
                    G_DEFINE_ENUM_VALUE (DADAM_DOWNLOAD_RUNNING, "running"),
                    G_DEFINE_ENUM_VALUE (DADAM_DOWNLOAD_VERIFYING, "verifying"),
                    G_DEFINE_ENUM_VALUE (DADAM_DOWNLOAD_PAUSED, "paused"),
                    G_DEFINE_ENUM_VALUE (DADAM_DOWNLOAD_FAILED, "failed"),
                    G_DEFINE_ENUM_VALUE (DADAM_DOWNLOAD_CANCELLED, "cancelled"),
                    G_DEFINE_ENUM_VALUE (DADAM_DOWNLOAD_DONE, "done"))

G_DEFINE_FINAL_TYPE (DadamDownload, dadam_download, G_TYPE_OBJECT)

static void
dadam_download_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  DadamDownload *self = DADAM_DOWNLOAD (object);

  switch (id) {
  case PROP_REPO: g_value_set_string (value, self->facts->repo); break;
  case PROP_PATH: g_value_set_string (value, self->facts->path); break;
  case PROP_SIZE: g_value_set_int64 (value, self->facts->size); break;
  case PROP_DONE: g_value_set_int64 (value, self->done); break;
  case PROP_FRACTION:
    g_value_set_double (value, (double) self->done / (double) MAX (1, self->facts->size));
    break;
  case PROP_SPEED: g_value_set_double (value, self->speed); break;
  case PROP_SECONDS_LEFT: g_value_set_int64 (value, dadam_download_get_seconds_left (self)); break;
  case PROP_STATE: g_value_set_enum (value, (int) self->state); break;
  case PROP_PROBLEM: g_value_set_string (value, self->error ? self->error->message : NULL); break;
  default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
dadam_download_dispose (GObject *object)
{
  DadamDownload *self = DADAM_DOWNLOAD (object);

  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_handle_id (&self->tick_id, g_source_remove);
  g_clear_object (&self->hub);
  g_clear_object (&self->store);

  G_OBJECT_CLASS (dadam_download_parent_class)->dispose (object);
}

static void
dadam_download_finalize (GObject *object)
{
  DadamDownload *self = DADAM_DOWNLOAD (object);

  dadam_facts_free (self->facts);
  g_free (self->place);
  g_clear_error (&self->error);

  G_OBJECT_CLASS (dadam_download_parent_class)->finalize (object);
}

static void
dadam_download_class_init (DadamDownloadClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->dispose = dadam_download_dispose;
  object_class->finalize = dadam_download_finalize;
  object_class->get_property = dadam_download_get_property;

  props[PROP_REPO] = g_param_spec_string ("repo", NULL, NULL, NULL, flags);
  props[PROP_PATH] = g_param_spec_string ("path", NULL, NULL, NULL, flags);
  props[PROP_SIZE] = g_param_spec_int64 ("size", NULL, NULL, 0, G_MAXINT64, 0, flags);
  props[PROP_DONE] = g_param_spec_int64 ("done", NULL, NULL, 0, G_MAXINT64, 0, flags);
  props[PROP_FRACTION] = g_param_spec_double ("fraction", NULL, NULL, 0, 1, 0, flags);
  props[PROP_SPEED] = g_param_spec_double ("speed", NULL, NULL, 0, G_MAXDOUBLE, 0, flags);
  props[PROP_SECONDS_LEFT] = g_param_spec_int64 ("seconds-left", NULL, NULL, -1, G_MAXINT64, -1,
                                                 flags);
  props[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, DADAM_TYPE_DOWNLOAD_STATE,
                                         DADAM_DOWNLOAD_WAITING, flags);
  props[PROP_PROBLEM] = g_param_spec_string ("problem", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
dadam_download_init (DadamDownload *self)
{
}

/**
 * dadam_download_new:
 *
 * Knows what is wanted; does nothing before dadam_download_start().
 */
DadamDownload *
dadam_download_new (DadamHub *hub, DadamStore *store, const DadamFacts *facts)
{
  DadamDownload *self = g_object_new (DADAM_TYPE_DOWNLOAD, NULL);

  self->hub = g_object_ref (hub);
  self->store = g_object_ref (store);
  self->facts = dadam_facts_copy (facts);
  self->place = dadam_store_get_place (store, facts);
  self->done = CLAMP (dadam_part_peek (self->place), 0, facts->size);
  self->state = facts->paused ? DADAM_DOWNLOAD_PAUSED : DADAM_DOWNLOAD_WAITING;

  return self;
}

const char *
dadam_download_get_repo (DadamDownload *self)
{
  g_return_val_if_fail (DADAM_IS_DOWNLOAD (self), NULL);

  return self->facts->repo;
}

const char *
dadam_download_get_path (DadamDownload *self)
{
  g_return_val_if_fail (DADAM_IS_DOWNLOAD (self), NULL);

  return self->facts->path;
}

const DadamFacts *
dadam_download_get_facts (DadamDownload *self)
{
  g_return_val_if_fail (DADAM_IS_DOWNLOAD (self), NULL);

  return self->facts;
}

/* (transfer full): the file's name once it is whole. */
char *
dadam_download_get_place (DadamDownload *self)
{
  g_return_val_if_fail (DADAM_IS_DOWNLOAD (self), NULL);

  return g_strdup (self->place);
}

gint64
dadam_download_get_size (DadamDownload *self)
{
  g_return_val_if_fail (DADAM_IS_DOWNLOAD (self), 0);

  return self->facts->size;
}

gint64
dadam_download_get_done (DadamDownload *self)
{
  g_return_val_if_fail (DADAM_IS_DOWNLOAD (self), 0);

  return self->done;
}

/* Bytes a second, lately. */
double
dadam_download_get_speed (DadamDownload *self)
{
  g_return_val_if_fail (DADAM_IS_DOWNLOAD (self), 0);

  return self->speed;
}

/* -1: not known. */
gint64
dadam_download_get_seconds_left (DadamDownload *self)
{
  g_return_val_if_fail (DADAM_IS_DOWNLOAD (self), -1);

  if (self->state != DADAM_DOWNLOAD_RUNNING || self->speed < 1)
    return -1;

  return (gint64) ((double) (self->facts->size - self->done) / self->speed);
}

DadamDownloadState
dadam_download_get_state (DadamDownload *self)
{
  g_return_val_if_fail (DADAM_IS_DOWNLOAD (self), DADAM_DOWNLOAD_FAILED);

  return self->state;
}

/* Why it FAILED, or was suspended; else %NULL. */
const GError *
dadam_download_get_error (DadamDownload *self)
{
  g_return_val_if_fail (DADAM_IS_DOWNLOAD (self), NULL);

  return self->error;
}

/* Whether work goes on. */
gboolean
dadam_download_is_active (DadamDownload *self)
{
  g_return_val_if_fail (DADAM_IS_DOWNLOAD (self), FALSE);

  return self->cancellable != NULL;
}

/* ---- progress ---------------------------------------------------------- */

static void
notify_progress (DadamDownload *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_DONE]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_FRACTION]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SPEED]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SECONDS_LEFT]);
}

static void
set_state (DadamDownload *self, DadamDownloadState state)
{
  if (self->state == state)
    return;
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STATE]);
}

/* A smooth speed: what came since the last tick counts for as much as it lasted. */
static void
read_progress (DadamDownload *self)
{
  gint64 done = __atomic_load_n (&self->fetch->done, __ATOMIC_RELAXED);
  gint64 now = g_get_monotonic_time ();
  double seconds = (double) (now - self->ticked) / G_USEC_PER_SEC;
  double weight = MIN (1, seconds / SPEED_WINDOW);

  if (seconds <= 0)
    return;
  if (self->state == DADAM_DOWNLOAD_RUNNING && done >= self->done) {
    double lately = (double) (done - self->done) / seconds;

    self->speed = self->speed > 0 ? self->speed + weight * (lately - self->speed) : lately;
  }
  self->done = done;
  self->ticked = now;
  notify_progress (self);
}

static gboolean
tick_cb (gpointer user_data)
{
  DadamDownload *self = DADAM_DOWNLOAD (user_data);

  read_progress (self);
  set_state (self, (DadamDownloadState) g_atomic_int_get (&self->fetch->state));

  return G_SOURCE_CONTINUE;
}

/* ---- work -------------------------------------------------------------- */

static void
fetch_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;

  if (dadam_fetch_run (data, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
fail (DadamDownload *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PROBLEM]);
  set_state (self, DADAM_DOWNLOAD_FAILED);
}

static void
fetch_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  DadamDownload *self = DADAM_DOWNLOAD (object);
  g_autoptr (GError) error = NULL;
  gboolean ok = g_task_propagate_boolean (G_TASK (result), &error);

  g_clear_handle_id (&self->tick_id, g_source_remove);
  g_clear_object (&self->cancellable);
  read_progress (self);
  self->fetch = NULL;
  self->speed = 0;
  if (!ok && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    if (self->after == DADAM_DOWNLOAD_CANCELLED)
      dadam_part_discard (self->place);
    set_state (self, self->after);
  } else if (ok) {
    set_state (self, DADAM_DOWNLOAD_DONE);
  } else {
    self->error = g_steal_pointer (&error);
    fail (self);
  }
  notify_progress (self);
}

static void
clear_error (DadamDownload *self)
{
  if (self->error == NULL)
    return;
  g_clear_error (&self->error);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PROBLEM]);
}

/**
 * dadam_download_start:
 *
 * Starts, or goes on.  It FAILED at once if another program changes the store.
 */
void
dadam_download_start (DadamDownload *self)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (DADAM_IS_DOWNLOAD (self));

  if (self->cancellable != NULL || self->state == DADAM_DOWNLOAD_DONE)
    return;
  clear_error (self);
  if (!dadam_store_lock (self->store, &self->error)) {
    fail (self);
    return;
  }
  if (dadam_store_has (self->store, self->facts)) {
    self->done = self->facts->size;
    set_state (self, DADAM_DOWNLOAD_DONE);
    return;
  }
  self->facts->paused = FALSE;
  self->fetch = dadam_fetch_new (self->hub, self->facts, self->place);
  self->fetch->restart_allowed = self->restart_allowed;
  self->cancellable = g_cancellable_new ();
  self->ticked = g_get_monotonic_time ();
  self->speed = 0;
  task = g_task_new (self, self->cancellable, fetch_cb, NULL);
  g_task_set_source_tag (task, dadam_download_start);
  g_task_set_task_data (task, self->fetch, (GDestroyNotify) dadam_fetch_free);
  g_task_run_in_thread (task, fetch_thread);
  self->tick_id = g_timeout_add (TICK, tick_cb, self);
  set_state (self, DADAM_DOWNLOAD_CHECKING);
}

/* Paused or failed before, it waits for its turn from now on. */
void
dadam_download_wait (DadamDownload *self)
{
  g_return_if_fail (DADAM_IS_DOWNLOAD (self));

  if (self->state != DADAM_DOWNLOAD_PAUSED && self->state != DADAM_DOWNLOAD_FAILED)
    return;
  clear_error (self);
  self->facts->paused = FALSE;
  dadam_part_announce (self->place, self->facts, NULL);
  set_state (self, DADAM_DOWNLOAD_WAITING);
}

static void
stop (DadamDownload *self, DadamDownloadState after)
{
  if (self->state == DADAM_DOWNLOAD_DONE)
    return;
  self->after = after;
  if (self->cancellable != NULL) {
    g_cancellable_cancel (self->cancellable);
    return;
  }
  if (after == DADAM_DOWNLOAD_CANCELLED)
    dadam_part_discard (self->place);
  clear_error (self);
  set_state (self, after);
}

/* Stops, by the user's wish, until dadam_download_start(), also over restarts of
 * the program. */
void
dadam_download_pause (DadamDownload *self)
{
  g_return_if_fail (DADAM_IS_DOWNLOAD (self));

  if (self->state == DADAM_DOWNLOAD_DONE)
    return;
  self->facts->paused = TRUE;
  dadam_part_announce (self->place, self->facts, NULL);
  stop (self, DADAM_DOWNLOAD_PAUSED);
}

/* Stops for a while: the network is away, or the program ends.  One that the user has just paused
 * or cancelled is stopping already. */
void
dadam_download_suspend (DadamDownload *self)
{
  g_return_if_fail (DADAM_IS_DOWNLOAD (self));

  if (self->cancellable != NULL && !g_cancellable_is_cancelled (self->cancellable))
    stop (self, DADAM_DOWNLOAD_WAITING);
}

/* Stops, and forgets what is there. */
void
dadam_download_cancel (DadamDownload *self)
{
  g_return_if_fail (DADAM_IS_DOWNLOAD (self));

  stop (self, DADAM_DOWNLOAD_CANCELLED);
}

/* After %DADAM_HUB_ERROR_NO_RANGES: the user agrees to fetch all of it again. */
void
dadam_download_allow_restart (DadamDownload *self)
{
  g_return_if_fail (DADAM_IS_DOWNLOAD (self));

  self->restart_allowed = TRUE;
}
