/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Hub's record of a repository as an object, and finding files in it.
 */
#include "config.h"

#include "dadam-hub-repo.h"

#include <string.h>

#include "dadam-hub-name.h"
#include "dadam-json.h"

struct _DadamHubRepo {
  GObject parent_instance;

  /* Owned. */
  char *id;
  char *commit;  /* 40 hex, or %NULL */
  char *licence; /* as its author states it, or %NULL */
  char *family;  /* as the Hub read it from a file, or %NULL */
  char **tags;
  GListStore *files;

  gint64 downloads;
  gint64 parameters; /* 0: unknown */
  gboolean gated;
  gboolean disabled;
};

enum {
  REPO_PROP_0,
  REPO_ID,
  REPO_COMMIT,
  REPO_LICENCE,
  REPO_FAMILY,
  REPO_GATED,
  REPO_DOWNLOADS,
  REPO_FILES
};

G_DEFINE_FINAL_TYPE (DadamHubRepo, dadam_hub_repo, G_TYPE_OBJECT)

static void
dadam_hub_repo_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  DadamHubRepo *self = DADAM_HUB_REPO (object);

  switch (id) {
  case REPO_ID: g_value_set_string (value, self->id); break;
  case REPO_COMMIT: g_value_set_string (value, self->commit); break;
  case REPO_LICENCE: g_value_set_string (value, self->licence); break;
  case REPO_FAMILY: g_value_set_string (value, self->family); break;
  case REPO_GATED: g_value_set_boolean (value, self->gated); break;
  case REPO_DOWNLOADS: g_value_set_int64 (value, self->downloads); break;
  case REPO_FILES: g_value_set_object (value, self->files); break;
  default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
dadam_hub_repo_finalize (GObject *object)
{
  DadamHubRepo *self = DADAM_HUB_REPO (object);

  g_free (self->id);
  g_free (self->commit);
  g_free (self->licence);
  g_free (self->family);
  g_strfreev (self->tags);
  g_object_unref (self->files);

  G_OBJECT_CLASS (dadam_hub_repo_parent_class)->finalize (object);
}

static void
dadam_hub_repo_class_init (DadamHubRepoClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  static const struct {
    guint id;
    const char *name;
  } texts[] = { { REPO_ID, "id" },
                { REPO_COMMIT, "commit" },
                { REPO_LICENCE, "licence" },
                { REPO_FAMILY, "family" } };

  object_class->finalize = dadam_hub_repo_finalize;
  object_class->get_property = dadam_hub_repo_get_property;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_object_class_install_property (object_class, texts[i].id,
                                     g_param_spec_string (texts[i].name, NULL, NULL, NULL, flags));
  g_object_class_install_property (object_class, REPO_GATED,
                                   g_param_spec_boolean ("gated", NULL, NULL, FALSE, flags));
  g_object_class_install_property (object_class, REPO_DOWNLOADS,
                                   g_param_spec_int64 ("downloads", NULL, NULL, 0, G_MAXINT64, 0,
                                                       flags));
  g_object_class_install_property (object_class, REPO_FILES,
                                   g_param_spec_object ("files", NULL, NULL, G_TYPE_LIST_MODEL,
                                                        flags));
}

static void
dadam_hub_repo_init (DadamHubRepo *self)
{
  self->files = g_list_store_new (DADAM_TYPE_HUB_FILE);
}

DadamHubRepo *
dadam_hub_repo_new (const char *id, const char *commit)
{
  DadamHubRepo *self = g_object_new (DADAM_TYPE_HUB_REPO, NULL);

  self->id = g_strdup (id);
  self->commit = g_strdup (commit);

  return self;
}

static void
read_tags (DadamHubRepo *self, JsonArray *tags)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  guint n = tags != NULL ? json_array_get_length (tags) : 0;

  for (guint i = 0; i < n; i++) {
    const char *tag = dadam_json_element_string (tags, i);

    if (tag != NULL)
      g_strv_builder_add (builder, tag);
    if (tag != NULL && g_str_has_prefix (tag, "license:") && self->licence == NULL)
      self->licence = g_strdup (tag + strlen ("license:"));
  }
  self->tags = g_strv_builder_end (builder);
}

static gboolean
read_gated (JsonObject *object)
{
  return dadam_json_boolean (object, "gated") || dadam_json_string (object, "gated") != NULL;
}

/**
 * dadam_hub_repo_new_from_json:
 *
 * Returns: (transfer full) (nullable): the repository of an answer of the models
 *   API; %NULL if it names none
 */
DadamHubRepo *
dadam_hub_repo_new_from_json (JsonObject *object)
{
  const char *id = dadam_json_string (object, "id");
  const char *commit = dadam_json_string (object, "sha");
  DadamHubRepo *self;

  if (id == NULL)
    id = dadam_json_string (object, "modelId");
  if (!dadam_hub_id_is_safe (id))
    return NULL;

  self = dadam_hub_repo_new (id, dadam_hub_is_hex (commit, 40) ? commit : NULL);
  self->licence = g_strdup (dadam_json_string (dadam_json_object (object, "cardData"), "license"));
  self->family = g_strdup (dadam_json_string (dadam_json_object (object, "gguf"), "architecture"));
  self->parameters = MAX (0, dadam_json_integer (dadam_json_object (object, "gguf"), "total", 0));
  self->gated = read_gated (object);
  self->disabled = dadam_json_boolean (object, "disabled");
  self->downloads = MAX (0, dadam_json_integer (object, "downloads", 0));
  read_tags (self, dadam_json_array (object, "tags"));

  return self;
}

/* "owner/name", the new one where the repository was renamed. */
const char *
dadam_hub_repo_get_id (DadamHubRepo *self)
{
  g_return_val_if_fail (DADAM_IS_HUB_REPO (self), NULL);

  return self->id;
}

/* 40 hex digits, or %NULL while it is not known. */
const char *
dadam_hub_repo_get_commit (DadamHubRepo *self)
{
  g_return_val_if_fail (DADAM_IS_HUB_REPO (self), NULL);

  return self->commit;
}

void
dadam_hub_repo_set_commit (DadamHubRepo *self, const char *commit)
{
  g_return_if_fail (DADAM_IS_HUB_REPO (self));

  if (g_set_str (&self->commit, commit))
    g_object_notify (G_OBJECT (self), "commit");
}

/* As its author states it, or %NULL. */
const char *
dadam_hub_repo_get_licence (DadamHubRepo *self)
{
  g_return_val_if_fail (DADAM_IS_HUB_REPO (self), NULL);

  return self->licence;
}

/* general.architecture as the Hub read it, or %NULL. */
const char *
dadam_hub_repo_get_family (DadamHubRepo *self)
{
  g_return_val_if_fail (DADAM_IS_HUB_REPO (self), NULL);

  return self->family;
}

gboolean
dadam_hub_repo_is_gated (DadamHubRepo *self)
{
  g_return_val_if_fail (DADAM_IS_HUB_REPO (self), FALSE);

  return self->gated;
}

gboolean
dadam_hub_repo_is_disabled (DadamHubRepo *self)
{
  g_return_val_if_fail (DADAM_IS_HUB_REPO (self), FALSE);

  return self->disabled;
}

gboolean
dadam_hub_repo_has_tag (DadamHubRepo *self, const char *tag)
{
  g_return_val_if_fail (DADAM_IS_HUB_REPO (self), FALSE);

  return self->tags != NULL && g_strv_contains ((const char *const *) self->tags, tag);
}

/* As the Hub counted them in one of its files; 0: unknown. */
gint64
dadam_hub_repo_get_parameters (DadamHubRepo *self)
{
  g_return_val_if_fail (DADAM_IS_HUB_REPO (self), 0);

  return self->parameters;
}

gint64
dadam_hub_repo_get_downloads (DadamHubRepo *self)
{
  g_return_val_if_fail (DADAM_IS_HUB_REPO (self), 0);

  return self->downloads;
}

/**
 * dadam_hub_repo_get_files:
 *
 * Returns: (transfer none): its GGUF files, as DadamHubFile, the smallest first;
 *   one of several with the same content
 */
GListModel *
dadam_hub_repo_get_files (DadamHubRepo *self)
{
  g_return_val_if_fail (DADAM_IS_HUB_REPO (self), NULL);

  return G_LIST_MODEL (self->files);
}

static gboolean
has_content (GListStore *files, const char *hash)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (files));

  for (guint i = 0; hash != NULL && i < n; i++) {
    g_autoptr (DadamHubFile) file = g_list_model_get_item (G_LIST_MODEL (files), i);

    if (g_strcmp0 (dadam_hub_file_get_hash (file), hash) == 0)
      return TRUE;
  }

  return FALSE;
}

/* Of two files alike, "q4_k" and "q4_k_m", the name that says more is shown. */
static void
prefer_longer_names (GPtrArray *files)
{
  for (guint i = 1; i < files->len; i++) {
    DadamHubFile *one = files->pdata[i - 1], *two = files->pdata[i];
    const char *hash = dadam_hub_file_get_hash (one);

    if (hash != NULL && g_strcmp0 (hash, dadam_hub_file_get_hash (two)) == 0
        && strlen (dadam_hub_file_get_path (one)) < strlen (dadam_hub_file_get_path (two))) {
      files->pdata[i - 1] = two;
      files->pdata[i] = one;
    }
  }
}

/* Takes of @files the GGUF ones, and sorts @files. */
void
dadam_hub_repo_set_files (DadamHubRepo *self, GPtrArray *files)
{
  g_return_if_fail (DADAM_IS_HUB_REPO (self));

  g_ptr_array_sort (files, dadam_hub_file_compare);
  prefer_longer_names (files);
  g_list_store_remove_all (self->files);
  for (guint i = 0; i < files->len; i++) {
    DadamHubFile *file = files->pdata[i];

    if (dadam_is_gguf (dadam_hub_file_get_path (file))
        && !has_content (self->files, dadam_hub_file_get_hash (file)))
      g_list_store_append (self->files, file);
  }
}

/**
 * dadam_hub_repo_find:
 * @wanted: a path, a file's name or a quantisation
 *
 * Returns: (transfer full): the files that fit the name best; empty if none does.
 *   The parts of a split model are several, and so are two models with one
 *   quantisation.
 */
GPtrArray *
dadam_hub_repo_find (DadamHubRepo *self, const char *wanted)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (g_object_unref);
  guint n, best = 1;

  g_return_val_if_fail (DADAM_IS_HUB_REPO (self), found);

  n = g_list_model_get_n_items (G_LIST_MODEL (self->files));
  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamHubFile) file = g_list_model_get_item (G_LIST_MODEL (self->files), i);
    guint fit = dadam_hub_file_fits (file, wanted);

    if (fit > best)
      g_ptr_array_set_size (found, 0);
    best = MAX (best, fit);
    if (fit == best)
      g_ptr_array_add (found, g_steal_pointer (&file));
  }

  return found;
}

/* How large a file is, together with the other parts if it is one of a split model. */
gint64
dadam_hub_repo_get_size_of (DadamHubRepo *self, DadamHubFile *file)
{
  gint64 size = 0;
  guint n;

  g_return_val_if_fail (DADAM_IS_HUB_REPO (self) && DADAM_IS_HUB_FILE (file), 0);

  n = g_list_model_get_n_items (G_LIST_MODEL (self->files));
  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamHubFile) other = g_list_model_get_item (G_LIST_MODEL (self->files), i);

    if (dadam_hub_file_is_with (file, other))
      size += dadam_hub_file_get_size (other);
  }

  return size;
}
