/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A file of a repository, as a record of the Hub tells it.
 */
#include "config.h"

#include "dadam-hub-file.h"

#include <stdio.h>
#include <string.h>

#include "dadam-hub-name.h"
#include "dadam-json.h"

#define SPLIT_ENDING 20 /* of "-00001-of-00003.gguf" */

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

/* Whether both are parts of one split model, or the same file. */
gboolean
dadam_hub_file_is_with (DadamHubFile *self, DadamHubFile *other)
{
  guint n_parts, n_others;

  g_return_val_if_fail (DADAM_IS_HUB_FILE (self) && DADAM_IS_HUB_FILE (other), FALSE);

  dadam_hub_file_get_part (self, &n_parts);
  dadam_hub_file_get_part (other, &n_others);
  if (n_parts == 1)
    return g_str_equal (self->path, other->path);

  return n_parts == n_others
         && strncmp (self->path, other->path, strlen (self->path) - SPLIT_ENDING + 1) == 0;
}

/**
 * dadam_hub_file_fits:
 * @wanted: as people write it
 *
 * Returns: how well a file fits a name: 3 its path, 2 its own name or quantisation, 1
 *   the quantisation that a short name ("q4_k") stands for, 0 not
 */
guint
dadam_hub_file_fits (DadamHubFile *self, const char *wanted)
{
  g_autofree char *base = NULL;
  g_autofree char *quant = NULL;
  g_autofree char *medium = NULL;

  g_return_val_if_fail (DADAM_IS_HUB_FILE (self), 0);

  base = g_path_get_basename (self->path);
  quant = g_ascii_strdown (wanted, -1);
  medium = g_strconcat (quant, "_m", NULL);
  if (g_str_equal (self->path, wanted))
    return 3;
  if (g_ascii_strcasecmp (base, wanted) == 0 || g_str_equal (self->quant, quant))
    return 2;

  return g_str_equal (self->quant, medium) ? 1 : 0;
}

/* For a GPtrArray of them: the smallest first. */
int
dadam_hub_file_compare (gconstpointer a, gconstpointer b)
{
  const DadamHubFile *x = *(DadamHubFile *const *) a;
  const DadamHubFile *y = *(DadamHubFile *const *) b;

  if (x->size != y->size)
    return x->size < y->size ? -1 : 1;

  return strcmp (x->path, y->path);
}
