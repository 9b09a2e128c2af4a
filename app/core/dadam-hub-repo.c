/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Hub's records as objects.  A record with a name that could lead anywhere
 * but below its own folder is no record.
 */
#include "config.h"

#include "dadam-hub-repo.h"

#include <stdio.h>
#include <string.h>

#include "dadam-json.h"

#define LONGEST_PATH 1024
#define LONGEST_NAME 200 /* bytes of a file's or folder's name; endings are added to it */
#define SPLIT_ENDING 20  /* of "-00001-of-00003.gguf" */

struct _DadamHubFile {
  GObject parent_instance;

  /* Owned. */
  char *path;
  char *quant; /* "q4_k_m", or "" */
  char *hash;  /* 64 hex: SHA-256; 40 hex: of git's blob; %NULL: unknown */

  gint64 size; /* -1: unknown */
};

enum { FILE_PROP_0, FILE_PATH, FILE_QUANT, FILE_SIZE };

G_DEFINE_FINAL_TYPE (DadamHubFile, dadam_hub_file, G_TYPE_OBJECT)

/* ---- names ------------------------------------------------------------- */

gboolean
dadam_hub_is_hex (const char *text, gsize length)
{
  if (text == NULL || strlen (text) != length)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isxdigit (text[i]) || g_ascii_isupper (text[i]))
      return FALSE;

  return TRUE;
}

static gboolean
is_repo_word (const char *word, gsize length)
{
  if (length == 0 || length > 96 || word[0] == '.' || word[0] == '-' || word[length - 1] == '.'
      || g_strstr_len (word, (gssize) length, "..") != NULL)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (word[i]) && strchr ("-_.", word[i]) == NULL)
      return FALSE;

  return TRUE;
}

/**
 * dadam_hub_id_is_safe:
 *
 * Whether it can be a repository, "owner/name".
 */
gboolean
dadam_hub_id_is_safe (const char *id)
{
  const char *slash = id != NULL ? strchr (id, '/') : NULL;

  return slash != NULL && is_repo_word (id, (gsize) (slash - id))
         && is_repo_word (slash + 1, strlen (slash + 1));
}

static gboolean
is_visible (const char *text)
{
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at)) {
    GUnicodeType type = g_unichar_type (g_utf8_get_char (at));

    if (type == G_UNICODE_CONTROL || type == G_UNICODE_FORMAT || type == G_UNICODE_LINE_SEPARATOR
        || type == G_UNICODE_PARAGRAPH_SEPARATOR || *at == '\\')
      return FALSE;
  }

  return TRUE;
}

/**
 * dadam_hub_path_is_safe:
 *
 * Whether a path of a repository stays below the repository's folder and shows all
 * that it is made of.
 */
gboolean
dadam_hub_path_is_safe (const char *path)
{
  g_auto (GStrv) names = NULL;

  if (path == NULL || strlen (path) > LONGEST_PATH || !g_utf8_validate (path, -1, NULL)
      || !is_visible (path))
    return FALSE;
  names = g_strsplit (path, "/", -1);
  for (guint i = 0; names[i] != NULL; i++)
    if (names[i][0] == '\0' || names[i][0] == '.' || strlen (names[i]) > LONGEST_NAME)
      return FALSE;

  return names[0] != NULL;
}

/* The length of a quantisation's name at `text`, or 0: q4_k_m, iq3_xxs, f16, mxfp4 … */
static gsize
quant_length (const char *text)
{
  static const char *const plain[] = { "mxfp4", "nvfp4", "bf16", "f16", "f32", "fp16", "fp32" };
  gsize at = 0;

  for (guint i = 0; i < G_N_ELEMENTS (plain); i++)
    if (g_str_has_prefix (text, plain[i]))
      return strlen (plain[i]);
  if (g_str_has_prefix (text, "iq") || g_str_has_prefix (text, "tq"))
    at = 1;
  if (text[at] != 'q' || !g_ascii_isdigit (text[at + 1]))
    return 0;
  at += 2;
  while (text[at] == '_' && g_ascii_isalnum (text[at + 1])) {
    gsize end = at + 1;

    while (g_ascii_isalnum (text[end]))
      end++;
    if (end - at > 4)
      break;
    at = end;
  }

  return at;
}

/**
 * dadam_quant_from_path:
 *
 * Returns: (transfer full): the quantisation that a file's name tells, in small
 *   letters, or ""
 */
char *
dadam_quant_from_path (const char *path)
{
  g_autofree char *base = g_path_get_basename (path);
  g_autofree char *name = g_ascii_strdown (base, -1);
  char *best = g_strdup ("");

  for (gsize i = 0; name[i] != '\0'; i++) {
    gsize length = quant_length (name + i);

    if (length == 0 || (i > 0 && g_ascii_isalnum (name[i - 1]))
        || g_ascii_isalnum (name[i + length]))
      continue;
    g_free (best);
    best = g_strndup (name + i, length);
    i += length - 1;
  }

  return best;
}

/* ---- files ------------------------------------------------------------- */

static void
dadam_hub_file_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  DadamHubFile *self = DADAM_HUB_FILE (object);

  switch (id) {
  case FILE_PATH: g_value_set_string (value, self->path); break;
  case FILE_QUANT: g_value_set_string (value, self->quant); break;
  case FILE_SIZE: g_value_set_int64 (value, self->size); break;
  default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
dadam_hub_file_finalize (GObject *object)
{
  DadamHubFile *self = DADAM_HUB_FILE (object);

  g_free (self->path);
  g_free (self->quant);
  g_free (self->hash);

  G_OBJECT_CLASS (dadam_hub_file_parent_class)->finalize (object);
}

static void
dadam_hub_file_class_init (DadamHubFileClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = dadam_hub_file_finalize;
  object_class->get_property = dadam_hub_file_get_property;

  g_object_class_install_property (object_class, FILE_PATH,
                                   g_param_spec_string ("path", NULL, NULL, NULL, flags));
  g_object_class_install_property (object_class, FILE_QUANT,
                                   g_param_spec_string ("quant", NULL, NULL, NULL, flags));
  g_object_class_install_property (object_class, FILE_SIZE,
                                   g_param_spec_int64 ("size", NULL, NULL, -1, G_MAXINT64, -1,
                                                       flags));
}

static void
dadam_hub_file_init (DadamHubFile *self)
{
}

/**
 * dadam_hub_file_new:
 * @path: safe
 * @size: -1 where it is not known
 * @hash: (nullable): 64 hex digits of SHA-256 or 40 of git's blob
 */
DadamHubFile *
dadam_hub_file_new (const char *path, gint64 size, const char *hash)
{
  DadamHubFile *self = g_object_new (DADAM_TYPE_HUB_FILE, NULL);

  self->path = g_strdup (path);
  self->quant = dadam_quant_from_path (path);
  self->size = size;
  self->hash = g_strdup (hash);

  return self;
}

/**
 * dadam_hub_file_new_from_json:
 *
 * Returns: (transfer full) (nullable): the file of a record of tree or paths-info;
 *   %NULL for a folder and for a record that cannot be true
 */
DadamHubFile *
dadam_hub_file_new_from_json (JsonObject *object)
{
  JsonObject *lfs = dadam_json_object (object, "lfs");
  const char *path = dadam_json_string (object, "path");
  const char *type = dadam_json_string (object, "type");
  gint64 size = dadam_json_integer (lfs, "size", dadam_json_integer (object, "size", -1));
  const char *hash = dadam_json_string (lfs, "oid");

  if (!dadam_hub_path_is_safe (path) || size < 0 || (type != NULL && !g_str_equal (type, "file")))
    return NULL;
  if (lfs == NULL)
    hash = dadam_json_string (object, "oid");
  if (!dadam_hub_is_hex (hash, lfs != NULL ? 64 : 40))
    hash = NULL;

  return dadam_hub_file_new (path, size, hash);
}

const char *
dadam_hub_file_get_path (DadamHubFile *self)
{
  g_return_val_if_fail (DADAM_IS_HUB_FILE (self), NULL);

  return self->path;
}

/* "q4_k_m"; "" where the name does not tell. */
const char *
dadam_hub_file_get_quant (DadamHubFile *self)
{
  g_return_val_if_fail (DADAM_IS_HUB_FILE (self), NULL);

  return self->quant;
}

gint64
dadam_hub_file_get_size (DadamHubFile *self)
{
  g_return_val_if_fail (DADAM_IS_HUB_FILE (self), -1);

  return self->size;
}

/* %NULL where the Hub tells none. */
const char *
dadam_hub_file_get_hash (DadamHubFile *self)
{
  g_return_val_if_fail (DADAM_IS_HUB_FILE (self), NULL);

  return self->hash;
}

/**
 * dadam_hub_file_get_part:
 * @parts: (out): how many there are
 *
 * Returns: which part of a split model it is, from 1; 1 of 1 if it is whole
 */
guint
dadam_hub_file_get_part (DadamHubFile *self, guint *parts)
{
  gsize length;
  guint part = 1;

  g_return_val_if_fail (DADAM_IS_HUB_FILE (self), 1);

  length = strlen (self->path);
  *parts = 1;
  if (length <= SPLIT_ENDING
      || sscanf (self->path + length - SPLIT_ENDING, "-%5u-of-%5u.gguf", &part, parts) != 2
      || part < 1 || part > *parts) {
    *parts = 1;
    return 1;
  }

  return part;
}

/* ---- repositories ------------------------------------------------------ */

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

static int
compare_files (gconstpointer a, gconstpointer b)
{
  const DadamHubFile *x = *(DadamHubFile *const *) a;
  const DadamHubFile *y = *(DadamHubFile *const *) b;

  if (x->size != y->size)
    return x->size < y->size ? -1 : 1;

  return strcmp (x->path, y->path);
}

static gboolean
has_content (GListStore *files, const char *hash)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (files));

  for (guint i = 0; hash != NULL && i < n; i++) {
    g_autoptr (DadamHubFile) file = g_list_model_get_item (G_LIST_MODEL (files), i);

    if (g_strcmp0 (file->hash, hash) == 0)
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

    if (one->hash != NULL && g_strcmp0 (one->hash, two->hash) == 0
        && strlen (one->path) < strlen (two->path)) {
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

  g_ptr_array_sort (files, compare_files);
  prefer_longer_names (files);
  g_list_store_remove_all (self->files);
  for (guint i = 0; i < files->len; i++) {
    DadamHubFile *file = files->pdata[i];
    g_autofree char *lower = g_ascii_strdown (file->path, -1);

    if (g_str_has_suffix (lower, ".gguf") && !has_content (self->files, file->hash))
      g_list_store_append (self->files, file);
  }
}

/* How well a file fits a name: 3 its path, 2 its own name or quantisation, 1 the
 * quantisation that a short name ("q4_k") stands for, 0 not. */
static guint
fits_name (DadamHubFile *file, const char *wanted)
{
  g_autofree char *base = g_path_get_basename (file->path);
  g_autofree char *quant = g_ascii_strdown (wanted, -1);
  g_autofree char *medium = g_strconcat (quant, "_m", NULL);

  if (g_str_equal (file->path, wanted))
    return 3;
  if (g_ascii_strcasecmp (base, wanted) == 0 || g_str_equal (file->quant, quant))
    return 2;

  return g_str_equal (file->quant, medium) ? 1 : 0;
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
    guint fit = fits_name (file, wanted);

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
  gsize stem = strlen (file->path);
  gint64 size = 0;
  guint n_parts;

  g_return_val_if_fail (DADAM_IS_HUB_REPO (self), 0);

  dadam_hub_file_get_part (file, &n_parts);
  if (n_parts == 1)
    return file->size;
  stem -= SPLIT_ENDING;
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->files)); i++) {
    g_autoptr (DadamHubFile) other = g_list_model_get_item (G_LIST_MODEL (self->files), i);
    guint n_others;

    dadam_hub_file_get_part (other, &n_others);
    if (n_others == n_parts && strncmp (other->path, file->path, stem + 1) == 0)
      size += other->size;
  }

  return size;
}
