/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Has the engine look at a file before the library takes it in.  Only the file asked
 * for last is told of; refused for the sake of the device, it is looked at again once
 * another one was chosen.
 *
 * Signals: "opened" with the model; "failed" with the reason, nothing being changed.
 */
#include "config.h"

#include "dadam-opener.h"

#include "dadam-error.h"
#include "dadam-settings.h"

struct _DadamOpener {
  GObject parent_instance;

  /* Owned. */
  DadamEngine *engine;
  DadamLibrary *library;
  GSettings *settings;
  GCancellable *cancellable; /* while a file is looked at */
  char *path;
  char *refused; /* for the sake of the device */
};

G_DEFINE_FINAL_TYPE (DadamOpener, dadam_opener, G_TYPE_OBJECT)

enum { OPENED, FAILED, N_SIGNALS };

static guint signals[N_SIGNALS];

static void
stop (DadamOpener *self)
{
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->refused, g_free);
}

static void
dadam_opener_dispose (GObject *object)
{
  DadamOpener *self = DADAM_OPENER (object);

  stop (self);
  g_clear_object (&self->engine);
  g_clear_object (&self->library);
  g_clear_object (&self->settings);

  G_OBJECT_CLASS (dadam_opener_parent_class)->dispose (object);
}

static void
dadam_opener_class_init (DadamOpenerClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_opener_dispose;

  signals[OPENED] = g_signal_new ("opened", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, DADAM_TYPE_MODEL);
  signals[FAILED] = g_signal_new ("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
dadam_opener_init (DadamOpener *self)
{
}

static void
device_changed_cb (DadamOpener *self)
{
  g_autofree char *path = g_strdup (self->refused);

  if (path != NULL)
    dadam_opener_open (self, path);
}

DadamOpener *
dadam_opener_new (DadamEngine *engine, DadamLibrary *library, GSettings *settings)
{
  DadamOpener *self = g_object_new (DADAM_TYPE_OPENER, NULL);

  self->engine = g_object_ref (engine);
  self->library = g_object_ref (library);
  self->settings = g_object_ref (settings);
  g_signal_connect_object (settings, "changed::" DADAM_SETTING_DEVICE,
                           G_CALLBACK (device_changed_cb), self, G_CONNECT_SWAPPED);

  return self;
}

static void
checked_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamOpener) self = DADAM_OPENER (user_data);
  g_autoptr (DadamModel) model = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  dadam_engine_check_finish (DADAM_ENGINE (object), result, &error);
  if (g_task_get_cancellable (G_TASK (result)) != self->cancellable)
    return;

  path = g_steal_pointer (&self->path);
  g_clear_object (&self->cancellable);
  if (error != NULL) {
    if (g_error_matches (error, DADAM_ERROR, DADAM_ERROR_NO_DEVICE))
      self->refused = g_steal_pointer (&path);
    g_signal_emit (self, signals[FAILED], 0, error);
    return;
  }
  model = dadam_library_open (self->library, path);
  g_signal_emit (self, signals[OPENED], 0, model);
}

/**
 * dadam_opener_open:
 * @path: a file name, absolute
 *
 * Looks at a file in place of the one that is being looked at; a signal follows.
 */
void
dadam_opener_open (DadamOpener *self, const char *path)
{
  g_autofree char *devices = NULL;

  g_return_if_fail (DADAM_IS_OPENER (self));

  stop (self);
  self->cancellable = g_cancellable_new ();
  self->path = g_strdup (path);
  devices = dadam_settings_get_devices (self->settings);
  dadam_engine_check_async (self->engine, path, devices, self->cancellable, checked_cb,
                            g_object_ref (self));
}
