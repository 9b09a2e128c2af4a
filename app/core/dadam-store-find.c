/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Finding an installed model by what people call it.
 */
#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "dadam-hub-name.h"
#include "dadam-store-private.h"

/* What a person may have meant, from sure to perhaps: 4 the name, 3 the file, 2 the
 * name with its owner, 1 the name without its quantisation. */
static guint
fits (DadamInstalled *model, const char *name)
{
  g_autofree char *base = g_path_get_basename (model->path);
  g_autofree char *quant = strchr (name, ':') ? g_ascii_strdown (strchr (name, ':') + 1, -1) : NULL;
  g_autofree char *own = NULL;
  const char *colon = strchr (model->name, ':');
  const char *bare = strrchr (name, '/') ? strrchr (name, '/') + 1 : name;

  if (g_ascii_strcasecmp (model->name, name) == 0)
    return 4;
  if (g_str_equal (model->path, name) || g_str_equal (base, name))
    return 3;
  if (model->repo != NULL && g_ascii_strncasecmp (model->repo, name, strcspn (name, ":")) == 0
      && (strlen (model->repo) == strcspn (name, ":"))) {
    own = dadam_quant_from_path (model->path);
    return quant == NULL || g_str_equal (quant, own) ? 2 : 0;
  }
  if (colon != NULL && strlen (bare) == (gsize) (colon - model->name)
      && g_ascii_strncasecmp (model->name, bare, strlen (bare)) == 0)
    return 1;

  return 0;
}

static void
say_candidates (GPtrArray *found, const char *name, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < found->len; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "",
                            ((DadamInstalled *) found->pdata[i])->name);
  g_set_error (error, DADAM_STORE_ERROR, DADAM_STORE_ERROR_AMBIGUOUS,
               _ ("“%s” can mean several models: %s"), name, names->str);
}

/**
 * dadam_store_find:
 * @name: as people type it: "komt-mistral-7b-v1:q4_k_m", its owner in front or its
 *   quantisation left out where that is enough, or a file's name
 *
 * Returns: (transfer full): the model meant
 */
DadamInstalled *
dadam_store_find (DadamStore *self, const char *name, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new ();
  guint best = 1;

  g_return_val_if_fail (DADAM_IS_STORE (self), NULL);

  for (guint i = 0; i < self->models->len; i++) {
    guint fit = fits (self->models->pdata[i], name);

    if (fit > best)
      g_ptr_array_set_size (found, 0);
    best = MAX (best, fit);
    if (fit == best)
      g_ptr_array_add (found, self->models->pdata[i]);
  }
  if (found->len == 1)
    return g_object_ref (found->pdata[0]);
  if (found->len > 1)
    say_candidates (found, name, error);
  else
    g_set_error (error, DADAM_STORE_ERROR, DADAM_STORE_ERROR_NOT_FOUND,
                 _ ("There is no installed model “%s”. “dadam models” lists those there are."),
                 name);

  return NULL;
}

/* (transfer full) (nullable): the model whose file that is. */
DadamInstalled *
dadam_store_find_path (DadamStore *self, const char *path)
{
  g_return_val_if_fail (DADAM_IS_STORE (self), NULL);

  for (guint i = 0; i < self->models->len; i++)
    if (g_str_equal (((DadamInstalled *) self->models->pdata[i])->path, path))
      return g_object_ref (self->models->pdata[i]);

  return NULL;
}

/* (transfer full) (nullable): the repository of the Hub that a file is from, also one that is not
 * there any more; %NULL: it was no place for files of the Hub. */
char *
dadam_store_find_repo (DadamStore *self, const char *path)
{
  g_return_val_if_fail (DADAM_IS_STORE (self), NULL);

  return dadam_store_scan_repo (self->root, path);
}
