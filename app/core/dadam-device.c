/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Facts about a device, copied from the engine.
 */
#include "config.h"

#include "dadam-device.h"

#include <glib/gi18n.h>

#include "dadam-error.h"

#include "dadam/engine.h"
#include "nvidia.h"

struct _DadamDevice {
  GObject parent_instance;

  /* Owned. */
  char *id;
  char *name;
  char *features;
  char *uuid;    /* of a card; %NULL: none */
  char *problem; /* %NULL: usable */

  guint64 memory; /* bytes, all of it */
  int threads;    /* that compute */
  gboolean is_card;
  gboolean is_hidden; /* never chosen unless named */
  gboolean is_distrusted;
};

G_DEFINE_FINAL_TYPE (DadamDevice, dadam_device, G_TYPE_OBJECT)

static void
dadam_device_finalize (GObject *object)
{
  DadamDevice *self = DADAM_DEVICE (object);

  g_free (self->id);
  g_free (self->name);
  g_free (self->features);
  g_free (self->uuid);
  g_free (self->problem);

  G_OBJECT_CLASS (dadam_device_parent_class)->finalize (object);
}

static void
dadam_device_class_init (DadamDeviceClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dadam_device_finalize;
}

static void
dadam_device_init (DadamDevice *self)
{
}

/**
 * dadam_device_new:
 *
 * Copies the facts of device @index.  On the engine thread.
 */
DadamDevice *
dadam_device_new (dd_engine *engine, gsize index)
{
  DadamDevice *self = g_object_new (DADAM_TYPE_DEVICE, NULL);
  dd_device_info info;

  dd_engine_device (engine, index, &info);
  self->id = g_strdup (info.id);
  self->name = g_strdup (info.name);
  self->features = g_strdup (info.features);
  self->uuid = *info.uuid != '\0' ? g_strdup (info.uuid) : NULL;
  self->is_card = info.kind != DD_DEVICE_CPU && info.kind != DD_DEVICE_REFERENCE;
  self->is_hidden = info.hidden;
  self->is_distrusted = info.trust == DD_TRUST_BAD;
  self->problem = g_strdup (info.problem ? dadam_error_word_problem (info.problem) : NULL);
  self->memory = info.memory_total;
  self->threads = dd_engine_threads (engine);

  return self;
}

/* (transfer full) (nullable): the one that is called so, of those that an engine has. */
DadamDevice *
dadam_device_find (GListModel *devices, const char *name)
{
  for (guint i = 0; i < g_list_model_get_n_items (devices); i++) {
    g_autoptr (DadamDevice) device = g_list_model_get_item (devices, i);

    if (g_strcmp0 (device->name, name) == 0)
      return g_steal_pointer (&device);
  }

  return NULL;
}

/* What people type: "cpu". */
const char *
dadam_device_get_id (DadamDevice *self)
{
  g_return_val_if_fail (DADAM_IS_DEVICE (self), NULL);

  return self->id;
}

const char *
dadam_device_get_name (DadamDevice *self)
{
  g_return_val_if_fail (DADAM_IS_DEVICE (self), NULL);

  return self->name;
}

/* (transfer full): a few words: "CPU", "GPU · Radeon 780M"; "GPU" where no card is known. */
char *
dadam_device_get_caption (DadamDevice *self)
{
  g_return_val_if_fail (DADAM_IS_DEVICE (self), NULL);

  if (g_str_equal (self->id, "cpu"))
    return g_strdup (_ ("CPU"));
  if (self->is_card && self->uuid != NULL)
    return g_strdup_printf (_ ("GPU · %s"), self->name);

  return g_strdup (self->name);
}

/* What the settings keep of it, the same at every start: "cpu", or a card's UUID. */
const char *
dadam_device_get_key (DadamDevice *self)
{
  g_return_val_if_fail (DADAM_IS_DEVICE (self), NULL);

  return self->uuid ? self->uuid : self->id;
}

/* (nullable): of a card. */
const char *
dadam_device_get_uuid (DadamDevice *self)
{
  g_return_val_if_fail (DADAM_IS_DEVICE (self), NULL);

  return self->uuid;
}

/* Whether it is a graphics card, in hardware or not. */
gboolean
dadam_device_is_card (DadamDevice *self)
{
  g_return_val_if_fail (DADAM_IS_DEVICE (self), FALSE);

  return self->is_card;
}

/* Whether a person would choose it: not a card in software, nor the reference. */
gboolean
dadam_device_is_offered (DadamDevice *self)
{
  g_return_val_if_fail (DADAM_IS_DEVICE (self), FALSE);

  return !self->is_hidden || (self->is_card && self->uuid != NULL && self->problem != NULL);
}

/* Whether it failed its test. */
gboolean
dadam_device_is_distrusted (DadamDevice *self)
{
  g_return_val_if_fail (DADAM_IS_DEVICE (self), FALSE);

  return self->is_distrusted;
}

const char *
dadam_device_get_features (DadamDevice *self)
{
  g_return_val_if_fail (DADAM_IS_DEVICE (self), NULL);

  return self->features;
}

/* Why it cannot be used, in words for a person, or %NULL. */
const char *
dadam_device_get_problem (DadamDevice *self)
{
  g_return_val_if_fail (DADAM_IS_DEVICE (self), NULL);

  return self->problem;
}

guint64
dadam_device_get_memory (DadamDevice *self)
{
  g_return_val_if_fail (DADAM_IS_DEVICE (self), 0);

  return self->memory;
}

int
dadam_device_get_threads (DadamDevice *self)
{
  g_return_val_if_fail (DADAM_IS_DEVICE (self), 0);

  return self->threads;
}

/**
 * dadam_device_word_nvidia:
 * @driver_file: (nullable): for tests, as host_nvidia_differs() takes it
 * @sandbox_file: (nullable): the same
 *
 * Returns: (transfer full) (nullable): why NVIDIA's cards are not seen in this sandbox,
 *   and what to do
 */
char *
dadam_device_word_nvidia (const char *driver_file, const char *sandbox_file)
{
  host_nvidia nvidia;

  if (!host_nvidia_differs (driver_file, sandbox_file, &nvidia))
    return NULL;

  /* Translators: a version; two commands; the name of what the second one installs. */
  return g_strdup_printf (
      _ ("Flatpak has nothing that fits NVIDIA’s driver %s. Run “%s” in a "
         "terminal or, if that brings nothing, “%s %s”, and start Dadam again."),
      nvidia.driver, HOST_NVIDIA_UPDATE, HOST_NVIDIA_INSTALL, nvidia.extension);
}
