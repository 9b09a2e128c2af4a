/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One model that is here, as facts to show; and the names that people type.
 */
#include "config.h"

#include <string.h>

#include "dadam-hub-name.h"
#include "dadam-store-private.h"

enum {
  PROP_0,
  PROP_NAME,
  PROP_PATH,
  PROP_REPO,
  PROP_LICENCE,
  PROP_SIZE,
  PROP_VERIFIED,
  PROP_MISSING
};

G_DEFINE_FINAL_TYPE (DadamInstalled, dadam_installed, G_TYPE_OBJECT)

static void
dadam_installed_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  DadamInstalled *self = DADAM_INSTALLED (object);

  switch (id) {
  case PROP_NAME: g_value_set_string (value, self->name); break;
  case PROP_PATH: g_value_set_string (value, self->path); break;
  case PROP_REPO: g_value_set_string (value, self->repo); break;
  case PROP_LICENCE: g_value_set_string (value, self->licence); break;
  case PROP_SIZE: g_value_set_int64 (value, self->size); break;
  case PROP_VERIFIED: g_value_set_boxed (value, self->verified); break;
  case PROP_MISSING: g_value_set_boolean (value, self->missing); break;
  default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
dadam_installed_finalize (GObject *object)
{
  DadamInstalled *self = DADAM_INSTALLED (object);

  g_free (self->name);
  g_free (self->path);
  g_free (self->facts_path);
  g_free (self->repo);
  g_free (self->commit);
  g_free (self->hash);
  g_free (self->licence);
  g_clear_pointer (&self->verified, g_date_time_unref);

  G_OBJECT_CLASS (dadam_installed_parent_class)->finalize (object);
}

static void
dadam_installed_class_init (DadamInstalledClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  static const struct {
    guint id;
    const char *name;
  } texts[] = {
    { PROP_NAME, "name" }, { PROP_PATH, "path" }, { PROP_REPO, "repo" }, { PROP_LICENCE, "licence" }
  };

  object_class->finalize = dadam_installed_finalize;
  object_class->get_property = dadam_installed_get_property;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_object_class_install_property (object_class, texts[i].id,
                                     g_param_spec_string (texts[i].name, NULL, NULL, NULL, flags));
  g_object_class_install_property (object_class, PROP_SIZE,
                                   g_param_spec_int64 ("size", NULL, NULL, 0, G_MAXINT64, 0,
                                                       flags));
  g_object_class_install_property (object_class, PROP_VERIFIED,
                                   g_param_spec_boxed ("verified", NULL, NULL, G_TYPE_DATE_TIME,
                                                       flags));
  g_object_class_install_property (object_class, PROP_MISSING,
                                   g_param_spec_boolean ("missing", NULL, NULL, FALSE, flags));
}

static void
dadam_installed_init (DadamInstalled *self)
{
}

DadamInstalled *
dadam_installed_new (const char *path, const char *repo, const char *commit, DadamOrigin origin)
{
  DadamInstalled *self = g_object_new (DADAM_TYPE_INSTALLED, NULL);

  self->path = g_strdup (path);
  self->repo = g_strdup (repo);
  self->commit = g_strdup (commit);
  self->origin = origin;

  return self;
}

/* What people type: "komt-mistral-7b-v1:q4_k_m". */
static gboolean
is_same_time (GDateTime *one, GDateTime *other)
{
  if (one == NULL || other == NULL)
    return one == other;

  return g_date_time_to_unix (one) == g_date_time_to_unix (other);
}

/* Whether there is nothing to tell apart. */
gboolean
dadam_installed_is_same (DadamInstalled *self, DadamInstalled *other)
{
  return self->origin == other->origin && self->missing == other->missing
         && self->size == other->size && g_str_equal (self->path, other->path)
         && g_strcmp0 (self->name, other->name) == 0 && g_strcmp0 (self->repo, other->repo) == 0
         && g_strcmp0 (self->commit, other->commit) == 0 && g_strcmp0 (self->hash, other->hash) == 0
         && g_strcmp0 (self->licence, other->licence) == 0
         && g_strcmp0 (self->facts_path, other->facts_path) == 0
         && is_same_time (self->verified, other->verified);
}

const char *
dadam_installed_get_name (DadamInstalled *self)
{
  g_return_val_if_fail (DADAM_IS_INSTALLED (self), NULL);

  return self->name;
}

const char *
dadam_installed_get_path (DadamInstalled *self)
{
  g_return_val_if_fail (DADAM_IS_INSTALLED (self), NULL);

  return self->path;
}

/* "owner/name", or %NULL. */
const char *
dadam_installed_get_repo (DadamInstalled *self)
{
  g_return_val_if_fail (DADAM_IS_INSTALLED (self), NULL);

  return self->repo;
}

/* Its first 12 digits at least, or %NULL. */
const char *
dadam_installed_get_commit (DadamInstalled *self)
{
  g_return_val_if_fail (DADAM_IS_INSTALLED (self), NULL);

  return self->commit;
}

/* What the file is to have, or %NULL where nobody said. */
const char *
dadam_installed_get_hash (DadamInstalled *self)
{
  g_return_val_if_fail (DADAM_IS_INSTALLED (self), NULL);

  return self->hash;
}

/* As its author states it, or %NULL. */
const char *
dadam_installed_get_licence (DadamInstalled *self)
{
  g_return_val_if_fail (DADAM_IS_INSTALLED (self), NULL);

  return self->licence;
}

gint64
dadam_installed_get_size (DadamInstalled *self)
{
  g_return_val_if_fail (DADAM_IS_INSTALLED (self), 0);

  return self->size;
}

/* When its content was last found right, or %NULL. */
GDateTime *
dadam_installed_get_verified (DadamInstalled *self)
{
  g_return_val_if_fail (DADAM_IS_INSTALLED (self), NULL);

  return self->verified;
}

DadamOrigin
dadam_installed_get_origin (DadamInstalled *self)
{
  g_return_val_if_fail (DADAM_IS_INSTALLED (self), DADAM_ORIGIN_STORE);

  return self->origin;
}

/* Imported, and no longer in its place. */
gboolean
dadam_installed_is_missing (DadamInstalled *self)
{
  g_return_val_if_fail (DADAM_IS_INSTALLED (self), TRUE);

  return self->missing;
}

/* ---- names ------------------------------------------------------------- */

/* A name without the ending that only says what kind of file it is. */
static char *
without_ending (const char *name, const char *const *endings)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);

  for (guint i = 0; endings[i] != NULL; i++)
    if (g_str_has_suffix (lower, endings[i]) && strlen (lower) > strlen (endings[i]))
      return g_strndup (name, strlen (name) - strlen (endings[i]));

  return g_strdup (name);
}

/* How long a name has to be is told by how many others would have the shorter one:
 * 0 name:quant, 1 owner/ in front, 2 the commit as well, 3 the path. */
static char *
name_of (DadamInstalled *self, guint length)
{
  static const char *const of_repos[] = { "-gguf", "-ggml", NULL };
  static const char *const of_files[] = { ".gguf", NULL };
  g_autofree char *base = g_path_get_basename (self->path);
  g_autofree char *quant = dadam_quant_from_path (self->path);
  g_autofree char *file = without_ending (base, of_files);
  g_autofree char *repo = NULL;
  const char *front;

  if (length > 2)
    return g_filename_display_name (self->path);
  if (self->repo == NULL)
    return length == 0 ? g_filename_display_name (file) : g_filename_display_name (self->path);
  front = length == 0 ? strchr (self->repo, '/') + 1 : self->repo;
  repo = without_ending (front, of_repos);
  if (length == 2)
    return g_strdup_printf ("%s@%.7s:%s", repo, self->commit ? self->commit : "",
                            quant[0] ? quant : file);

  return g_strdup_printf ("%s:%s", repo, quant[0] != '\0' ? quant : file);
}

static gboolean
is_taken (GPtrArray *all, guint i, const char *name, guint length)
{
  for (guint j = 0; j < all->len; j++) {
    g_autofree char *other = j != i ? name_of (all->pdata[j], length) : NULL;

    if (other != NULL && g_ascii_strcasecmp (other, name) == 0)
      return TRUE;
  }

  return FALSE;
}

/* Gives each the shortest name that no other has. */
void
dadam_store_give_names (GPtrArray *all)
{
  for (guint i = 0; i < all->len; i++) {
    DadamInstalled *self = all->pdata[i];

    for (guint length = 0; length < 4; length++) {
      g_free (self->name);
      self->name = name_of (self, length);
      if (length == 3 || !is_taken (all, i, self->name, length))
        break;
    }
  }
}
