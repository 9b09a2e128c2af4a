/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A model that is loaded: what the engine says of it, copied when it was opened, and
 * where it is.
 */
#include "config.h"

#include "dadam-engine-worker.h"

struct _DadamLoaded {
  gatomicrefcount refs;

  /* Owned. */
  DadamWorker *worker;
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
  guint64 taken[DD_DEVICES]; /* bytes of each device */
};

static DadamPlace *
place_new (const dd_model_info *info)
{
  DadamPlace *place = g_new0 (DadamPlace, 1);

  place->device = g_strdup (info->device);
  place->passed_over = g_strdup (info->passed_over);
  place->card_layers = info->card_layers;
  memcpy (place->taken, info->taken, sizeof place->taken);

  return place;
}

void
dadam_place_free (DadamPlace *place)
{
  g_free (place->device);
  g_free (place->passed_over);
  g_free (place);
}

/* On any thread: takes the model, which the worker's engine has opened. */
DadamLoaded *
dadam_loaded_new (DadamWorker *worker, dd_model *model)
{
  DadamLoaded *self = g_new0 (DadamLoaded, 1);
  dd_model_info info;

  dd_model_info_get (model, &info);
  g_atomic_ref_count_init (&self->refs);
  self->worker = dadam_worker_ref (worker);
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
  DadamWorker *worker = self->worker;

  dd_model_close (&self->model);
  g_atomic_int_add (&worker->n_users, -1);
  g_free (self->name);
  dadam_place_free (self->place);
  g_free (self->format);
  g_free (self);
  dadam_worker_unref (worker);
}

void
dadam_loaded_unref (DadamLoaded *self)
{
  if (g_atomic_ref_count_dec (&self->refs))
    dadam_worker_push (self->worker, run_close_model, self);
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

/* What it has of each device's memory: @taken has %DD_DEVICES numbers of bytes. */
void
dadam_loaded_get_taken (DadamLoaded *self, guint64 *taken)
{
  memcpy (taken, self->place->taken, sizeof self->place->taken);
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
  dadam_worker_push (self->worker, command, data);
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
