/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The words on a model's state.  They change with the model's "changed", and with the
 * engine's "testing" and its list of devices.
 */
#include "config.h"

#include "dadam-caption.h"

#include <glib/gi18n.h>

#include "dadam-device.h"

static char *
word_loading (DadamModel *model, DadamEngine *engine)
{
  if (dadam_engine_get_testing (engine) != NULL)
    return g_strdup (_ ("Testing the graphics card…"));

  return g_strdup_printf (_ ("Loading… %d%%"), (int) (dadam_model_get_fraction (model) * 100));
}

/* "CPU", "GPU · Radeon 780M"; of a model on several devices how many layers the cards
 * have. */
static char *
word_device (DadamModel *model, DadamEngine *engine)
{
  const char *name = dadam_model_get_device (model);
  g_autoptr (DadamDevice) device = dadam_device_find (dadam_engine_get_devices (engine), name);
  int layers, card_layers;

  if (device != NULL)
    return dadam_device_get_caption (device);

  dadam_loaded_get_layers (dadam_model_get_loaded (model), &layers, &card_layers);
  if (card_layers > 0 && card_layers < layers)
    /* Translators: of a model that is spread over a graphics card and the processor, how many of
     * its layers the card has, and how many there are. */
    return g_strdup_printf (_ ("GPU %d/%d layers + CPU"), card_layers, layers);

  return g_strdup (name);
}

/**
 * dadam_caption_of_model:
 * @engine: on which it is or will be loaded
 *
 * Returns: (transfer full): what to write under the name of a model
 */
char *
dadam_caption_of_model (DadamModel *model, DadamEngine *engine)
{
  g_return_val_if_fail (DADAM_IS_MODEL (model), NULL);
  g_return_val_if_fail (DADAM_IS_ENGINE (engine), NULL);

  switch (dadam_model_get_state (model)) {
  case DADAM_MODEL_LOADING: return word_loading (model, engine);
  case DADAM_MODEL_LOADED: return word_device (model, engine);
  case DADAM_MODEL_FAILED: return g_strdup (_ ("Cannot be loaded"));
  case DADAM_MODEL_UNLOADED:
  default: return g_strdup (_ ("Loads on the first message"));
  }
}
