/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a file is to be, or is, as JSON beside it.
 */
#include "config.h"

#include "dadam-facts.h"

#include <string.h>

#include "dadam-hub-name.h"
#include "dadam-json.h"

#define MOST_BYTES 65536

DadamFacts *
dadam_facts_new (const char *repo,
                 const char *commit,
                 const char *path,
                 const char *hash,
                 gint64 size)
{
  DadamFacts *self = g_new0 (DadamFacts, 1);

  self->repo = g_strdup (repo);
  self->commit = g_strdup (commit);
  self->path = g_strdup (path);
  self->hash = g_strdup (hash);
  self->size = size;
  self->added = g_get_real_time () / G_USEC_PER_SEC;

  return self;
}

DadamFacts *
dadam_facts_copy (const DadamFacts *self)
{
  DadamFacts *copy = dadam_facts_new (self->repo, self->commit, self->path, self->hash, self->size);

  copy->licence = g_strdup (self->licence);
  copy->added = self->added;
  copy->paused = self->paused;

  return copy;
}

void
dadam_facts_free (DadamFacts *self)
{
  if (self == NULL)
    return;
  g_free (self->repo);
  g_free (self->commit);
  g_free (self->path);
  g_free (self->hash);
  g_free (self->licence);
  g_free (self);
}

/* (transfer full) (nullable): %NULL if the file says nothing that can be true. */
DadamFacts *
dadam_facts_load (const char *path)
{
  g_autoptr (JsonObject) object = dadam_json_load (path, MOST_BYTES, NULL);
  const char *repo = dadam_json_string (object, "repository");
  const char *commit = dadam_json_string (object, "commit");
  const char *file = dadam_json_string (object, "file");
  const char *hash = dadam_json_string (object, "sha256");
  gint64 size = dadam_json_integer (object, "size", -1);
  DadamFacts *self;

  if (hash == NULL)
    hash = dadam_json_string (object, "git_blob");
  if (!dadam_hub_id_is_safe (repo) || !dadam_hub_is_hex (commit, 40)
      || !dadam_hub_path_is_safe (file) || size < 0
      || (hash != NULL && !dadam_hub_is_hex (hash, 64) && !dadam_hub_is_hex (hash, 40)))
    return NULL;
  self = dadam_facts_new (repo, commit, file, hash, size);
  self->licence = g_strdup (dadam_json_string (object, "licence"));
  self->added = dadam_json_integer (object, "added", 0);
  self->paused = dadam_json_boolean (object, "paused");

  return self;
}

/**
 * dadam_facts_find_repo:
 * @path: a model's file, anywhere
 *
 * Returns: (transfer full) (nullable): the repository that the record beside it names, or
 *   the folder it is in where programs of the Hub share their files
 */
char *
dadam_facts_find_repo (const char *path)
{
  g_autofree char *record = g_strconcat (path, ".json", NULL);
  g_autoptr (DadamFacts) facts = dadam_facts_load (record);
  const char *shared = strstr (path, "/models--");
  g_auto (GStrv) names = NULL;
  g_autofree char *repo = NULL;

  if (facts != NULL)
    return g_strdup (facts->repo);
  if (shared == NULL || strstr (shared, "/snapshots/") == NULL)
    return NULL;
  shared += strlen ("/models--");
  record[shared - path + (gssize) strcspn (shared, "/")] = '\0';
  names = g_strsplit (record + (shared - path), "--", 2);
  repo = g_strv_length (names) == 2 ? g_strdup_printf ("%s/%s", names[0], names[1]) : NULL;

  return dadam_hub_id_is_safe (repo) ? g_steal_pointer (&repo) : NULL;
}

static void
set_now (JsonObject *object, const char *name)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *text = g_date_time_format_iso8601 (now);

  json_object_set_string_member (object, name, text);
}

/* @whole: the file is there and has been verified just now. */
gboolean
dadam_facts_save (const DadamFacts *self, const char *path, gboolean whole, GError **error)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_string_member (object, "repository", self->repo);
  json_object_set_string_member (object, "commit", self->commit);
  json_object_set_string_member (object, "file", self->path);
  if (self->hash != NULL)
    json_object_set_string_member (object, strlen (self->hash) == 64 ? "sha256" : "git_blob",
                                   self->hash);
  json_object_set_int_member (object, "size", self->size);
  if (self->licence != NULL)
    json_object_set_string_member (object, "licence", self->licence);
  json_object_set_int_member (object, "added", self->added);
  if (whole)
    set_now (object, "verified");
  else
    json_object_set_boolean_member (object, "paused", self->paused);

  return dadam_json_save (path, object, error);
}
