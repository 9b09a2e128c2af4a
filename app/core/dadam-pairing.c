/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A pair of model files and devices.  One file on one device is one model, however many
 * panes it has; on a device of its own it is another one than the library's.
 *
 * "changed" is emitted when another model or device was chosen.
 */
#include "config.h"

#include "dadam-pairing.h"

#include "dadam-settings.h"

struct _DadamPairing {
  GObject parent_instance;

  /* Owned. */
  DadamEngine *engine;
  DadamLibrary *library;
  GSettings *settings;
  DadamModel *models[DADAM_N_PANES]; /* %NULL: none chosen */
};

G_DEFINE_FINAL_TYPE (DadamPairing, dadam_pairing, G_TYPE_OBJECT)

enum { CHANGED, N_SIGNALS };

static guint signals[N_SIGNALS];

static void
dadam_pairing_dispose (GObject *object)
{
  DadamPairing *self = DADAM_PAIRING (object);

  for (guint i = 0; i < DADAM_N_PANES; i++)
    g_clear_object (&self->models[i]);
  g_clear_object (&self->engine);
  g_clear_object (&self->library);
  g_clear_object (&self->settings);

  G_OBJECT_CLASS (dadam_pairing_parent_class)->dispose (object);
}

static void
dadam_pairing_class_init (DadamPairingClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dadam_pairing_dispose;

  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
}

static void
dadam_pairing_init (DadamPairing *self)
{
}

static gboolean
is_that (DadamModel *model, const char *path, const char *device)
{
  return model != NULL && g_str_equal (dadam_model_get_path (model), path)
         && g_strcmp0 (dadam_model_get_own_device (model), device) == 0;
}

/* (transfer full): @device: (nullable): %NULL for the one that all models run on. */
static DadamModel *
find_model (DadamPairing *self, const char *path, const char *device)
{
  DadamModel *model;

  for (guint i = 0; i < DADAM_N_PANES; i++)
    if (is_that (self->models[i], path, device))
      return g_object_ref (self->models[i]);
  if (device == NULL)
    return dadam_library_get (self->library, path);
  model = dadam_model_new (self->engine, self->settings, path);
  dadam_model_set_own_device (model, device);

  return model;
}

/* What goes gives its memory back, unless somebody else needs it. */
static void
take (DadamPairing *self, guint pane, const char *path, const char *device)
{
  g_autoptr (DadamModel) before = g_steal_pointer (&self->models[pane]);

  self->models[pane] = find_model (self, path, device);
  if (before != NULL && before != self->models[0] && before != self->models[1]
      && !dadam_model_is_used (before))
    dadam_model_unload (before);
}

static const char *
word (DadamModel *model, const char *(*get) (DadamModel *) )
{
  const char *text = model != NULL ? get (model) : NULL;

  return text != NULL ? text : "";
}

static void
save (DadamPairing *self)
{
  const char *paths[DADAM_N_PANES + 1] = { NULL }, *devices[DADAM_N_PANES + 1] = { NULL };

  for (guint i = 0; i < DADAM_N_PANES; i++) {
    paths[i] = word (self->models[i], dadam_model_get_path);
    devices[i] = word (self->models[i], dadam_model_get_own_device);
  }
  g_settings_set_strv (self->settings, DADAM_SETTING_COMPARE_MODELS, paths);
  g_settings_set_strv (self->settings, DADAM_SETTING_COMPARE_DEVICES, devices);
  g_signal_emit (self, signals[CHANGED], 0);
}

/* What was chosen the last time, as far as it is still there. */
static void
read_settings (DadamPairing *self)
{
  g_auto (GStrv) paths = g_settings_get_strv (self->settings, DADAM_SETTING_COMPARE_MODELS);
  g_auto (GStrv) devices = g_settings_get_strv (self->settings, DADAM_SETTING_COMPARE_DEVICES);

  for (guint i = 0; i < DADAM_N_PANES && i < g_strv_length (paths); i++) {
    const char *device = i < g_strv_length (devices) && *devices[i] != '\0' ? devices[i] : NULL;

    if (g_path_is_absolute (paths[i]) && g_file_test (paths[i], G_FILE_TEST_EXISTS))
      take (self, i, paths[i], device);
  }
}

DadamPairing *
dadam_pairing_new (DadamEngine *engine, DadamLibrary *library, GSettings *settings)
{
  DadamPairing *self = g_object_new (DADAM_TYPE_PAIRING, NULL);

  self->engine = g_object_ref (engine);
  self->library = g_object_ref (library);
  self->settings = g_object_ref (settings);
  read_settings (self);

  return self;
}

/* (transfer none) (nullable). */
DadamModel *
dadam_pairing_get_model (DadamPairing *self, guint pane)
{
  g_return_val_if_fail (DADAM_IS_PAIRING (self), NULL);
  g_return_val_if_fail (pane < DADAM_N_PANES, NULL);

  return self->models[pane];
}

/* It stays on the device that the pane has. */
void
dadam_pairing_choose_model (DadamPairing *self, guint pane, const char *path)
{
  g_autofree char *device = NULL;

  g_return_if_fail (DADAM_IS_PAIRING (self));

  if (self->models[pane] != NULL)
    device = g_strdup (dadam_model_get_own_device (self->models[pane]));
  take (self, pane, path, device);
  save (self);
}

/* @device: (nullable): %NULL for the one that all models run on. */
void
dadam_pairing_choose_device (DadamPairing *self, guint pane, const char *device)
{
  g_autofree char *path = NULL;

  g_return_if_fail (DADAM_IS_PAIRING (self));
  g_return_if_fail (self->models[pane] != NULL);

  path = g_strdup (dadam_model_get_path (self->models[pane]));
  take (self, pane, path, device);
  save (self);
}

static void
add_path (GPtrArray *paths, const char *path)
{
  if (!g_ptr_array_find_with_equal_func (paths, path, g_str_equal, NULL)
      && g_file_test (path, G_FILE_TEST_EXISTS))
    g_ptr_array_add (paths, g_strdup (path));
}

/**
 * dadam_pairing_list_models:
 *
 * Returns: (transfer full): the paths of all models there are: those that are chosen, and
 *   the library's other ones
 */
GPtrArray *
dadam_pairing_list_models (DadamPairing *self)
{
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) choices = NULL;

  g_return_val_if_fail (DADAM_IS_PAIRING (self), paths);

  for (guint i = 0; i < DADAM_N_PANES; i++)
    if (self->models[i] != NULL)
      add_path (paths, dadam_model_get_path (self->models[i]));
  choices = dadam_library_get_choices (self->library);
  for (guint i = 0; choices[i] != NULL; i++)
    add_path (paths, choices[i]);

  return paths;
}

/* Whether a pane has the file already. */
static gboolean
has (DadamPairing *self, const char *path)
{
  for (guint i = 0; i < DADAM_N_PANES; i++)
    if (self->models[i] != NULL && g_str_equal (dadam_model_get_path (self->models[i]), path))
      return TRUE;

  return FALSE;
}

/* Gives panes without a model one that the other does not have, if there is any. */
void
dadam_pairing_suggest (DadamPairing *self)
{
  g_autoptr (GPtrArray) paths = NULL;
  gboolean is_changed = FALSE;

  g_return_if_fail (DADAM_IS_PAIRING (self));

  paths = dadam_pairing_list_models (self);
  for (guint i = 0; i < paths->len; i++)
    for (guint pane = 0; pane < DADAM_N_PANES && !has (self, paths->pdata[i]); pane++)
      if (self->models[pane] == NULL) {
        take (self, pane, paths->pdata[i], NULL);
        is_changed = TRUE;
      }
  if (is_changed)
    save (self);
}

/* Lets the chosen models answer in a comparison that has not begun. */
void
dadam_pairing_apply (DadamPairing *self, DadamComparison *comparison)
{
  g_autofree char *choices = NULL;

  g_return_if_fail (DADAM_IS_PAIRING (self));

  choices = g_settings_get_string (self->settings, DADAM_SETTING_COMPARE_CHOICES);
  for (guint i = 0; i < DADAM_N_PANES; i++) {
    DadamConversation *pane = dadam_comparison_get_pane (comparison, i);

    dadam_conversation_set_model (pane, self->models[i]);
    if (dadam_conversation_get_settings (pane) == NULL && *choices != '\0')
      dadam_conversation_set_settings (pane, choices);
  }
}

/* (transfer full): who answered in a pane; where the other pane has it, it is the same one. */
static DadamModel *
find_kept (DadamPairing *self, DadamComparison *comparison, guint pane)
{
  DadamConversation *kept = dadam_comparison_get_pane (comparison, pane);
  DadamModel *other = dadam_conversation_get_model (dadam_comparison_get_pane (comparison,
                                                                               1 - pane));
  const char *path = dadam_conversation_get_model_path (kept);
  const char *device = dadam_conversation_get_device (kept);

  return is_that (other, path, device) ? g_object_ref (other) : find_model (self, path, device);
}

/* Lets those answer again that answered in one that is kept, on the devices that they had,
 * whatever is chosen now. */
void
dadam_pairing_restore (DadamPairing *self, DadamComparison *comparison)
{
  g_return_if_fail (DADAM_IS_PAIRING (self));

  for (guint i = 0; i < DADAM_N_PANES; i++) {
    DadamConversation *pane = dadam_comparison_get_pane (comparison, i);
    g_autoptr (DadamModel) model = NULL;

    if (dadam_conversation_get_model (pane) != NULL
        || dadam_conversation_get_model_path (pane) == NULL)
      continue;
    model = find_kept (self, comparison, i);
    dadam_conversation_set_model (pane, model);
  }
}

/* Unloads all models but those of a comparison, which are about to answer.  One that is answering
 * stays until it has. */
void
dadam_pairing_make_room (DadamPairing *self, DadamComparison *comparison)
{
  DadamModel *needed[DADAM_N_PANES];

  g_return_if_fail (DADAM_IS_PAIRING (self));

  for (guint i = 0; i < DADAM_N_PANES; i++)
    needed[i] = dadam_conversation_get_model (dadam_comparison_get_pane (comparison, i));
  dadam_library_make_room (self->library, needed[0], needed[1]);
  for (guint i = 0; i < DADAM_N_PANES; i++) {
    DadamModel *model = self->models[i];

    if (model != NULL && model != needed[0] && model != needed[1] && !dadam_model_is_used (model)
        && dadam_model_get_state (model) != DADAM_MODEL_UNLOADED)
      dadam_model_unload (model);
  }
}
