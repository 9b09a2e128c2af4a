/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One signal of logind, and nothing that waits for the system bus.
 */
#include "config.h"

#include "dadam-sleep.h"

#define LOGIND "org.freedesktop.login1"

struct _DadamSleep {
  GObject parent_instance;

  /* Owned. */
  GCancellable *cancellable;
  GDBusConnection *bus; /* %NULL: not yet, or there is none */

  guint subscription;
  gboolean near;
};

enum { PROP_0, PROP_NEAR, N_PROPS };

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (DadamSleep, dadam_sleep, G_TYPE_OBJECT)

static void
dadam_sleep_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  DadamSleep *self = DADAM_SLEEP (object);

  switch (id) {
  case PROP_NEAR: g_value_set_boolean (value, self->near); break;
  default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
dadam_sleep_dispose (GObject *object)
{
  DadamSleep *self = DADAM_SLEEP (object);

  g_cancellable_cancel (self->cancellable);
  if (self->bus != NULL)
    g_dbus_connection_signal_unsubscribe (self->bus, self->subscription);
  g_clear_object (&self->bus);
  g_clear_object (&self->cancellable);

  G_OBJECT_CLASS (dadam_sleep_parent_class)->dispose (object);
}

static void
dadam_sleep_class_init (DadamSleepClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = dadam_sleep_get_property;
  object_class->dispose = dadam_sleep_dispose;

  props[PROP_NEAR] = g_param_spec_boolean ("near", NULL, NULL, FALSE,
                                           G_PARAM_READABLE | G_PARAM_STATIC_STRINGS
                                               | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
prepare_cb (GDBusConnection *bus,
            const char *sender,
            const char *path,
            const char *interface,
            const char *signal,
            GVariant *parameters,
            gpointer user_data)
{
  DadamSleep *self = DADAM_SLEEP (user_data);
  gboolean near;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(b)")))
    return;
  g_variant_get (parameters, "(b)", &near);
  if (near == self->near)
    return;
  self->near = near;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_NEAR]);
}

static void
bus_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *bus = g_bus_get_finish (result, &error);
  DadamSleep *self = user_data; /* gone, if cancelled */

  if (bus == NULL) {
    g_debug ("Nobody says when the computer sleeps: %s", error->message);
    return;
  }
  /* A chat does not end with the system bus. */
  g_dbus_connection_set_exit_on_close (bus, FALSE);
  self->bus = bus;
  self->subscription = g_dbus_connection_signal_subscribe (bus, LOGIND, LOGIND ".Manager",
                                                           "PrepareForSleep",
                                                           "/org/freedesktop/login1", NULL,
                                                           G_DBUS_SIGNAL_FLAGS_NONE, prepare_cb,
                                                           self, NULL);
}

static void
dadam_sleep_init (DadamSleep *self)
{
  self->cancellable = g_cancellable_new ();
  g_bus_get (G_BUS_TYPE_SYSTEM, self->cancellable, bus_cb, self);
}

DadamSleep *
dadam_sleep_new (void)
{
  return g_object_new (DADAM_TYPE_SLEEP, NULL);
}

/* From just before the computer sleeps until it is awake again. */
gboolean
dadam_sleep_is_near (DadamSleep *self)
{
  g_return_val_if_fail (DADAM_IS_SLEEP (self), FALSE);

  return self->near;
}
