/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Looking through folders for models: the store's own, and the cache that programs
 * of the Hub share, which is only read.
 */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "dadam-hub-name.h"
#include "dadam-json.h"
#include "dadam-store-private.h"

#define DEEPEST 8
#define MOST_FACTS 65536

/* A path below a folder of the search, "owner/name/commit/file". */
typedef void (*Visitor) (const char *path, const char *relative, gpointer user_data);

static void
walk (const char *folder, const char *relative, guint depth, Visitor visitor, gpointer user_data)
{
  g_autoptr (GDir) dir = depth < DEEPEST ? g_dir_open (folder, 0, NULL) : NULL;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_autofree char *below = relative[0] ? g_build_filename (relative, name, NULL)
                                         : g_strdup (name);
    GStatBuf info;

    if (name[0] == '.' || g_lstat (path, &info) != 0)
      continue;
    if (S_ISDIR (info.st_mode))
      walk (path, below, depth + 1, visitor, user_data);
    else
      visitor (path, below, user_data);
  }
}

static GDateTime *
time_of (JsonObject *object, const char *name)
{
  const char *text = dadam_json_string (object, name);

  return text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;
}

static gint64
size_of (const char *path)
{
  GStatBuf info;

  return g_stat (path, &info) == 0 && S_ISREG (info.st_mode) ? info.st_size : -1;
}

/* ---- the store --------------------------------------------------------- */

static void
take_facts (DadamInstalled *self)
{
  g_autofree char *path = g_strconcat (self->path, ".json", NULL);
  g_autoptr (DadamFacts) facts = dadam_facts_load (path);
  g_autoptr (JsonObject) object = NULL;

  if (facts == NULL)
    return;
  object = dadam_json_load (path, MOST_FACTS, NULL);
  self->facts_path = g_steal_pointer (&path);
  g_set_str (&self->commit, facts->commit);
  g_set_str (&self->hash, facts->hash);
  g_set_str (&self->licence, facts->licence);
  self->verified = time_of (object, "verified");
}

/* (transfer full) (nullable): "owner/name", of a place in the store. */
static char *
repo_of_words (char **words)
{
  g_autofree char *repo = NULL;

  if (g_strv_length (words) < 4)
    return NULL;
  repo = g_strdup_printf ("%s/%s", words[0], words[1]);

  return dadam_hub_id_is_safe (repo) ? g_steal_pointer (&repo) : NULL;
}

static void
visit_store (const char *path, const char *relative, gpointer user_data)
{
  GPtrArray *found = user_data;
  g_auto (GStrv) words = g_strsplit (relative, "/", 4);
  g_autofree char *repo = repo_of_words (words);
  DadamInstalled *self;
  gint64 size = size_of (path);

  if (repo == NULL || !dadam_is_gguf (path) || size < 0)
    return;
  self = dadam_installed_new (path, repo, words[2], DADAM_ORIGIN_STORE);
  self->size = size;
  take_facts (self);
  g_ptr_array_add (found, self);
}

static void
scan_imports (const char *root, GPtrArray *found)
{
  g_autofree char *folder = g_build_filename (root, DADAM_IMPORTS, NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *record = g_build_filename (folder, name, NULL);
    g_autoptr (JsonObject) object = g_str_has_suffix (name, ".json")
                                        ? dadam_json_load (record, MOST_FACTS, NULL)
                                        : NULL;
    const char *path = dadam_json_string (object, "path");
    DadamInstalled *self;

    if (path == NULL || !g_path_is_absolute (path))
      continue;
    self = dadam_installed_new (path, NULL, NULL, DADAM_ORIGIN_IMPORTED);
    self->facts_path = g_steal_pointer (&record);
    self->hash = g_strdup (dadam_json_string (object, "sha256"));
    self->verified = time_of (object, "verified");
    self->size = size_of (path);
    self->missing = self->size < 0;
    if (self->missing)
      self->size = MAX (0, dadam_json_integer (object, "size", 0));
    g_ptr_array_add (found, self);
  }
}

/* (transfer full): all models that are there, without names. */
GPtrArray *
dadam_store_scan (const char *root)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (g_object_unref);

  walk (root, "", 0, visit_store, found);
  scan_imports (root, found);
  if (!g_file_test ("/.flatpak-info", G_FILE_TEST_EXISTS))
    dadam_store_scan_shared (found);

  return found;
}

/* ---- what is not whole yet --------------------------------------------- */

static void
visit_unfinished (const char *path, const char *relative, gpointer user_data)
{
  GPtrArray *found = user_data;
  DadamFacts *facts = g_str_has_suffix (path, ".part.json") ? dadam_facts_load (path) : NULL;

  if (facts != NULL)
    g_ptr_array_add (found, facts);
}

static int
compare_added (gconstpointer a, gconstpointer b)
{
  const DadamFacts *x = *(DadamFacts *const *) a;
  const DadamFacts *y = *(DadamFacts *const *) b;

  if (x->added != y->added)
    return x->added < y->added ? -1 : 1;

  return strcmp (x->path, y->path);
}

/* (transfer full): DadamFacts in the order in which they were asked for. */
GPtrArray *
dadam_store_scan_unfinished (const char *root)
{
  GPtrArray *found = g_ptr_array_new_with_free_func ((GDestroyNotify) dadam_facts_free);

  walk (root, "", 0, visit_unfinished, found);
  g_ptr_array_sort (found, compare_added);

  return found;
}

/* ---- the shared cache -------------------------------------------------- */

static char *
shared_root (void)
{
  const char *cache = g_getenv ("HF_HUB_CACHE");
  const char *home = g_getenv ("HF_HOME");

  if (cache != NULL)
    return g_strdup (cache);
  if (home != NULL)
    return g_build_filename (home, "hub", NULL);

  return g_build_filename (g_get_user_cache_dir (), "huggingface", "hub", NULL);
}

/* (transfer full) (nullable): of "models--owner--name/snapshots/COMMIT/file". */
static char *
repo_of_shared_words (char **words)
{
  g_auto (GStrv) names = NULL;
  g_autofree char *repo = NULL;

  if (g_strv_length (words) < 4 || !g_str_equal (words[1], "snapshots"))
    return NULL;
  names = g_strsplit (words[0], "--", 3);
  if (g_strv_length (names) != 3 || !g_str_equal (names[0], "models"))
    return NULL;
  repo = g_strdup_printf ("%s/%s", names[1], names[2]);

  return dadam_hub_id_is_safe (repo) ? g_steal_pointer (&repo) : NULL;
}

/* Each is a link to a blob that is called as its hash. */
static void
visit_shared (const char *path, const char *relative, gpointer user_data)
{
  GPtrArray *found = user_data;
  g_auto (GStrv) words = g_strsplit (relative, "/", 4);
  g_autofree char *repo = repo_of_shared_words (words);
  g_autofree char *target = NULL;
  g_autofree char *blob = NULL;
  DadamInstalled *self;
  gint64 size = size_of (path);

  if (repo == NULL || !dadam_is_gguf (path) || size < 0)
    return;
  self = dadam_installed_new (path, repo, words[2], DADAM_ORIGIN_SHARED);
  self->size = size;
  target = g_file_read_link (path, NULL);
  blob = target != NULL ? g_path_get_basename (target) : NULL;
  if (dadam_hub_is_hex (blob, 64))
    self->hash = g_steal_pointer (&blob);
  g_ptr_array_add (found, self);
}

/* Adds what other programs have put into the cache that all share. */
void
dadam_store_scan_shared (GPtrArray *found)
{
  g_autofree char *root = shared_root ();

  walk (root, "", 0, visit_shared, found);
}

/* ---- what is not there any more ---------------------------------------- */

/* (transfer full) (nullable): the words of @path below @root. */
static char **
words_below (const char *root, const char *path)
{
  gsize length = strlen (root);

  return g_str_has_prefix (path, root) && path[length] == '/'
             ? g_strsplit (path + length + 1, "/", 4)
             : NULL;
}

/* (transfer full) (nullable): where a file came from, by its place alone. */
char *
dadam_store_scan_repo (const char *root, const char *path)
{
  g_autofree char *shared = shared_root ();
  g_auto (GStrv) words = words_below (root, path);
  g_auto (GStrv) shared_words = words_below (shared, path);

  if (words != NULL)
    return repo_of_words (words);

  return shared_words != NULL ? repo_of_shared_words (shared_words) : NULL;
}
