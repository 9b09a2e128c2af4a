/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A model file and its loading.  Loading starts when asked for and ends in LOADED,
 * FAILED or, cancelled by unloading, in UNLOADED.
 */
#include "config.h"

#include "dadam-model.h"

#include <glib/gi18n.h>

#include "dadam-catalogue.h"
#include "dadam-digest.h"
#include "dadam-error.h"
#include "dadam-loading.h"
#include "dadam-settings.h"

struct _DadamModel {
  GObject parent_instance;

  /* Owned. */
  DadamEngine *engine;
  GSettings *settings;
  char *path;
  char *title;
  char *sha256; /* %NULL: not known yet */
  char *format; /* chosen by the user, or detected; %NULL: unknown, to be asked for */
  char *own_device; /* as the setting has it; %NULL: the setting's */
  GCancellable *cancellable; /* of the loading that is going on */
  char *devices; /* that it is being loaded onto; %NULL: the best */
  DadamLoaded *loaded;
  GError *error; /* why it FAILED */

  DadamModelState state;
  double fraction; /* of the loading */
  guint n_uses;    /* answers that it is to make or is making */
};

G_DEFINE_FINAL_TYPE (DadamModel, dadam_model, G_TYPE_OBJECT)

enum { CHANGED, N_SIGNALS };

static guint signals[N_SIGNALS];

static void device_changed_cb (DadamModel *self);

/* The loading that went on has an end. */
static void
end_loading (DadamModel *self)
{
  if (self->cancellable != NULL)
    dadam_loading_end (self->path, self->devices);
  g_clear_object (&self->cancellable);
}

static void
dadam_model_dispose (GObject *object)
{
  DadamModel *self = DADAM_MODEL (object);

  g_clear_pointer (&self->loaded, dadam_loaded_unref);
  end_loading (self);
  g_clear_object (&self->engine);
  g_clear_object (&self->settings);

  G_OBJECT_CLASS (dadam_model_parent_class)->dispose (object);
}

static void
dadam_model_finalize (GObject *object)
{
  DadamModel *self = DADAM_MODEL (object);

  g_free (self->path);
  g_free (self->title);
  g_free (self->sha256);
  g_free (self->format);
  g_free (self->own_device);
  g_free (self->devices);
  g_clear_error (&self->error);

  G_OBJECT_CLASS (dadam_model_parent_class)->finalize (object);
}

static void
dadam_model_class_init (DadamModelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = dadam_model_dispose;
  object_class->finalize = dadam_model_finalize;

  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
}

static void
dadam_model_init (DadamModel *self)
{
}

/**
 * dadam_model_new:
 * @path: a file name, absolute
 *
 * Knows a file; reads nothing of it but the name.
 */
DadamModel *
dadam_model_new (DadamEngine *engine, GSettings *settings, const char *path)
{
  DadamModel *self = g_object_new (DADAM_TYPE_MODEL, NULL);
  g_autofree char *format = dadam_settings_get_format (settings, path);

  self->engine = g_object_ref (engine);
  self->settings = g_object_ref (settings);
  self->path = g_strdup (path);
  self->title = dadam_catalogue_name_path (path);
  self->format = g_strdup (dadam_engine_find_format (format));
  g_signal_connect_object (settings, "changed::" DADAM_SETTING_DEVICE,
                           G_CALLBACK (device_changed_cb), self, G_CONNECT_SWAPPED);

  return self;
}

const char *
dadam_model_get_path (DadamModel *self)
{
  g_return_val_if_fail (DADAM_IS_MODEL (self), NULL);

  return self->path;
}

const char *
dadam_model_get_title (DadamModel *self)
{
  g_return_val_if_fail (DADAM_IS_MODEL (self), NULL);

  return self->title;
}

/* (nullable): of the file, in hex digits; known some time after it was loaded. */
const char *
dadam_model_get_sha256 (DadamModel *self)
{
  g_return_val_if_fail (DADAM_IS_MODEL (self), NULL);

  return self->sha256;
}

DadamModelState
dadam_model_get_state (DadamModel *self)
{
  g_return_val_if_fail (DADAM_IS_MODEL (self), DADAM_MODEL_UNLOADED);

  return self->state;
}

/* How far the loading is. */
double
dadam_model_get_fraction (DadamModel *self)
{
  g_return_val_if_fail (DADAM_IS_MODEL (self), 0);

  return self->fraction;
}

/* Why loading FAILED, else %NULL. */
const GError *
dadam_model_get_error (DadamModel *self)
{
  g_return_val_if_fail (DADAM_IS_MODEL (self), NULL);

  return self->error;
}

/* %NULL unless LOADED; the model's own reference. */
DadamLoaded *
dadam_model_get_loaded (DadamModel *self)
{
  g_return_val_if_fail (DADAM_IS_MODEL (self), NULL);

  return self->loaded;
}

/* What it runs on, or %NULL. */
const char *
dadam_model_get_device (DadamModel *self)
{
  g_return_val_if_fail (DADAM_IS_MODEL (self), NULL);

  return self->loaded ? dadam_loaded_get_device (self->loaded) : NULL;
}

/* (nullable): a better device that it does not run on, and why, in the engine's words. */
const char *
dadam_model_get_passed_over (DadamModel *self)
{
  g_return_val_if_fail (DADAM_IS_MODEL (self), NULL);

  return self->loaded ? dadam_loaded_get_passed_over (self->loaded) : NULL;
}

/* Most tokens of a conversation; 0: not loaded. */
gint64
dadam_model_get_context (DadamModel *self)
{
  g_return_val_if_fail (DADAM_IS_MODEL (self), 0);

  return self->loaded ? dadam_loaded_get_context (self->loaded) : 0;
}

/* The prompt format, or %NULL: not loaded yet, or to be asked for. */
const char *
dadam_model_get_format (DadamModel *self)
{
  g_return_val_if_fail (DADAM_IS_MODEL (self), NULL);

  return self->format;
}

/* What is in use moves to the device that was chosen. */
static void
move_to_device (DadamModel *self)
{
  if (self->state == DADAM_MODEL_UNLOADED)
    return;
  dadam_model_unload (self);
  dadam_model_load (self);
}

static void
device_changed_cb (DadamModel *self)
{
  if (self->own_device == NULL)
    move_to_device (self);
}

/* (nullable): the device chosen for it alone, as the setting has devices. */
const char *
dadam_model_get_own_device (DadamModel *self)
{
  g_return_val_if_fail (DADAM_IS_MODEL (self), NULL);

  return self->own_device;
}

/* @device: (nullable): %NULL for what the setting says. */
void
dadam_model_set_own_device (DadamModel *self, const char *device)
{
  g_return_if_fail (DADAM_IS_MODEL (self));

  if (g_set_str (&self->own_device, device))
    move_to_device (self);
}

/* Whoever is about to have an answer made says so, for others not to unload it meanwhile. */
void
dadam_model_begin_use (DadamModel *self)
{
  g_return_if_fail (DADAM_IS_MODEL (self));

  self->n_uses++;
}

/* As often as it was begun. */
void
dadam_model_end_use (DadamModel *self)
{
  g_return_if_fail (DADAM_IS_MODEL (self));
  g_return_if_fail (self->n_uses > 0);

  self->n_uses--;
}

gboolean
dadam_model_is_used (DadamModel *self)
{
  g_return_val_if_fail (DADAM_IS_MODEL (self), FALSE);

  return self->n_uses > 0;
}

static void
changed (DadamModel *self)
{
  g_signal_emit (self, signals[CHANGED], 0);
}

/* What was loaded is on other devices than before. */
void
dadam_model_tell_moved (DadamModel *self)
{
  g_return_if_fail (DADAM_IS_MODEL (self));

  changed (self);
}

/* The user's choice; it is remembered for the file. */
void
dadam_model_set_format (DadamModel *self, const char *format)
{
  g_return_if_fail (DADAM_IS_MODEL (self));

  g_set_str (&self->format, format);
  dadam_settings_set_format (self->settings, self->path, format);
  changed (self);
}

/**
 * dadam_model_get_choices:
 *
 * Returns: (transfer full): how it answers where a conversation says nothing else,
 *   with its prompt format as far as that is known
 */
DadamChoices *
dadam_model_get_choices (DadamModel *self)
{
  g_autoptr (DadamChoices) choices = dadam_choices_new ();
  g_autofree char *json = NULL;

  g_return_val_if_fail (DADAM_IS_MODEL (self), NULL);

  json = dadam_settings_get_choices (self->settings, self->path);
  dadam_choices_apply (choices, json);
  g_set_str (&choices->format, self->format);

  return g_steal_pointer (&choices);
}

/* Remembered for the file.  Another context counts from the next loading on. */
void
dadam_model_set_choices (DadamModel *self, const DadamChoices *choices)
{
  g_autoptr (DadamChoices) usual = dadam_choices_new ();
  g_autofree char *json = NULL;

  g_return_if_fail (DADAM_IS_MODEL (self));

  g_set_str (&usual->format, choices->format);
  json = dadam_choices_to_json (choices, usual);
  dadam_settings_set_choices (self->settings, self->path, g_str_equal (json, "{}") ? NULL : json);
  changed (self);
}

static void
progress_cb (double fraction, gpointer user_data)
{
  DadamModel *self = DADAM_MODEL (user_data);

  self->fraction = fraction;
  changed (self);
}

static void
digest_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamModel) self = DADAM_MODEL (user_data);
  g_autofree char *digest = dadam_digest_finish (result, NULL);

  if (digest != NULL)
    g_set_str (&self->sha256, digest);
}

static void
take_loaded (DadamModel *self, DadamLoaded *loaded)
{
  self->loaded = loaded;
  self->state = DADAM_MODEL_LOADED;
  if (self->format == NULL)
    self->format = g_strdup (dadam_loaded_get_format (loaded));
  dadam_digest_async (self->path, NULL, digest_cb, g_object_ref (self));
}

static void
load_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamModel) self = DADAM_MODEL (user_data);
  g_autoptr (GError) error = NULL;
  g_autoptr (DadamLoaded) loaded = dadam_engine_load_finish (DADAM_ENGINE (object), result, &error);

  /* Unloaded meanwhile, and perhaps loading anew. */
  if (g_task_get_cancellable (G_TASK (result)) != self->cancellable)
    return;

  end_loading (self);
  if (loaded != NULL)
    take_loaded (self, g_steal_pointer (&loaded));
  else {
    self->state = DADAM_MODEL_FAILED;
    self->error = g_steal_pointer (&error);
  }
  changed (self);
}

/* (transfer full) (nullable): what it is to run on, as the engine reads it; %NULL: the best. */
char *
dadam_model_get_devices (DadamModel *self)
{
  g_return_val_if_fail (DADAM_IS_MODEL (self), NULL);

  return self->own_device != NULL ? dadam_settings_word_devices (self->own_device)
                                  : dadam_settings_get_devices (self->settings);
}

static void
begin_loading (DadamModel *self)
{
  g_autoptr (DadamChoices) choices = dadam_model_get_choices (self);

  self->state = DADAM_MODEL_LOADING;
  self->fraction = 0;
  self->cancellable = g_cancellable_new ();
  dadam_loading_begin (self->path, self->devices);
  dadam_engine_load_async (self->engine, self->path, self->devices, choices->context,
                           self->cancellable, progress_cb, self, load_cb, g_object_ref (self));
}

/**
 * dadam_model_load:
 *
 * Starts loading unless it is loaded or loading.  If the program died while it loaded
 * this model the last time, that FAILS once, with %DADAM_ERROR_INTERRUPTED, so that
 * somebody is asked.
 */
void
dadam_model_load (DadamModel *self)
{
  g_return_if_fail (DADAM_IS_MODEL (self));

  if (self->state == DADAM_MODEL_LOADING || self->state == DADAM_MODEL_LOADED)
    return;

  g_clear_error (&self->error);
  g_free (self->devices);
  self->devices = dadam_model_get_devices (self);
  if (dadam_loading_take_interrupted (self->path, self->devices)) {
    self->state = DADAM_MODEL_FAILED;
    self->error = g_error_new_literal (DADAM_ERROR, DADAM_ERROR_INTERRUPTED,
                                       _ ("Dadam ended the last time while it was loading this "
                                          "model. Load it again, or choose another one."));
  } else {
    begin_loading (self);
  }
  changed (self);
}

/**
 * dadam_model_unload:
 *
 * Cancels loading, or lets go of the model; its memory is free once no session
 * holds it.
 */
void
dadam_model_unload (DadamModel *self)
{
  g_return_if_fail (DADAM_IS_MODEL (self));

  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  end_loading (self);
  g_clear_pointer (&self->loaded, dadam_loaded_unref);
  g_clear_error (&self->error);
  self->state = DADAM_MODEL_UNLOADED;
  changed (self);
}
