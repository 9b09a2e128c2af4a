/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Hub's questions, one function each, and the pairs that ask them beside the
 * main loop.
 */
#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "dadam-hub-name.h"
#include "dadam-hub-self.h"
#include "dadam-json.h"

#define MOST_PAGES 50

/* (transfer full): a connection for one thread, which uses it alone. */
DadamHttp *
dadam_hub_connect (DadamHub *self, GCancellable *cancellable)
{
  return dadam_http_new (self->tls_database, self->idle_seconds, cancellable);
}

static gboolean
check_id (const char *id, GError **error)
{
  if (dadam_hub_id_is_safe (id))
    return TRUE;
  g_propagate_error (error, dadam_hub_error_new (DADAM_HUB_ERROR_BAD_ADDRESS, id));

  return FALSE;
}

static gboolean
not_a_hub (GError **error)
{
  g_propagate_error (error, dadam_hub_error_new (DADAM_HUB_ERROR_NO_HUB, NULL));

  return FALSE;
}

/* ---- info, refs -------------------------------------------------------- */

/**
 * dadam_hub_read_info:
 * @revision: (nullable): branch, tag or commit; %NULL: main
 *
 * Returns: (transfer full): the repository with its commit, its files not yet read
 */
DadamHubRepo *
dadam_hub_read_info (DadamHub *self,
                     DadamHttp *http,
                     const char *id,
                     const char *revision,
                     GError **error)
{
  g_autofree char *escaped = revision != NULL ? dadam_hub_escape (revision, FALSE) : NULL;
  g_autofree char *url = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (DadamHubRepo) repo = NULL;
  DadamHubRequest request = { .reason = _ ("model facts") };

  if (!check_id (id, error))
    return NULL;
  url = dadam_hub_url (self, "/api/models/%s%s%s", id, escaped ? "/revision/" : "",
                       escaped ? escaped : "");
  request.url = url;
  node = dadam_hub_get_json (self, http, &request, NULL, error);
  if (node == NULL)
    return NULL;
  if (JSON_NODE_HOLDS_OBJECT (node))
    repo = dadam_hub_repo_new_from_json (json_node_get_object (node));
  if (repo == NULL) {
    not_a_hub (error);
    return NULL;
  }
  if (dadam_hub_repo_is_disabled (repo)) {
    g_propagate_error (error, dadam_hub_error_new (DADAM_HUB_ERROR_DISABLED, NULL));
    return NULL;
  }
  if (dadam_hub_repo_get_commit (repo) == NULL) {
    g_autofree char *commit = dadam_hub_read_ref (self, http, dadam_hub_repo_get_id (repo),
                                                  revision, error);

    if (commit == NULL)
      return NULL;
    dadam_hub_repo_set_commit (repo, commit);
  }

  return g_steal_pointer (&repo);
}

static char *
find_ref (JsonArray *refs, const char *name)
{
  guint n = refs != NULL ? json_array_get_length (refs) : 0;

  for (guint i = 0; i < n; i++) {
    JsonObject *ref = dadam_json_element (refs, i);
    const char *commit = dadam_json_string (ref, "targetCommit");

    if (g_strcmp0 (dadam_json_string (ref, "name"), name) == 0 && dadam_hub_is_hex (commit, 40))
      return g_strdup (commit);
  }

  return NULL;
}

/**
 * dadam_hub_read_ref:
 * @name: (nullable): of a branch or tag; %NULL: main
 *
 * Returns: (transfer full): its commit
 */
char *
dadam_hub_read_ref (DadamHub *self,
                    DadamHttp *http,
                    const char *id,
                    const char *name,
                    GError **error)
{
  g_autofree char *url = NULL;
  g_autoptr (JsonNode) node = NULL;
  DadamHubRequest request = { .reason = _ ("model facts") };
  JsonObject *object;
  char *commit;

  if (!check_id (id, error))
    return NULL;
  url = dadam_hub_url (self, "/api/models/%s/refs", id);
  request.url = url;
  node = dadam_hub_get_json (self, http, &request, NULL, error);
  if (node == NULL)
    return NULL;
  object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  commit = find_ref (dadam_json_array (object, "branches"), name ? name : "main");
  if (commit == NULL)
    commit = find_ref (dadam_json_array (object, "tags"), name ? name : "main");
  if (commit == NULL)
    g_propagate_error (error, dadam_hub_error_new (DADAM_HUB_ERROR_NO_REVISION, name));

  return commit;
}

/* ---- files ------------------------------------------------------------- */

static gboolean
add_files (GPtrArray *files, JsonNode *node, GError **error)
{
  JsonArray *array;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    return not_a_hub (error);
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    DadamHubFile *file = dadam_hub_file_new_from_json (dadam_json_element (array, i));

    if (file != NULL)
      g_ptr_array_add (files, file);
  }

  return TRUE;
}

/**
 * dadam_hub_read_tree:
 *
 * Reads the repository's files at its commit, all pages of them.
 */
gboolean
dadam_hub_read_tree (DadamHub *self, DadamHttp *http, DadamHubRepo *repo, GError **error)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *url = dadam_hub_url (self, "/api/models/%s/tree/%s?recursive=true&expand=false",
                                        dadam_hub_repo_get_id (repo),
                                        dadam_hub_repo_get_commit (repo));

  for (guint page = 0; url != NULL && page < MOST_PAGES; page++) {
    DadamHubRequest request = { .url = url, .reason = _ ("list of files") };
    g_autofree char *next = NULL;
    g_autoptr (JsonNode) node = dadam_hub_get_json (self, http, &request, &next, error);

    if (node == NULL || !add_files (files, node, error))
      return FALSE;
    g_free (url);
    url = g_steal_pointer (&next);
  }
  dadam_hub_repo_set_files (repo, files);

  return TRUE;
}

/**
 * dadam_hub_read_paths:
 *
 * Returns: (transfer full): those of the files that the repository has at its commit
 */
GPtrArray *
dadam_hub_read_paths (DadamHub *self,
                      DadamHttp *http,
                      DadamHubRepo *repo,
                      const char *const *paths,
                      GError **error)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GString) form = g_string_new ("expand=false");
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *url = dadam_hub_url (self, "/api/models/%s/paths-info/%s",
                                        dadam_hub_repo_get_id (repo),
                                        dadam_hub_repo_get_commit (repo));
  DadamHubRequest request = { .method = "POST", .url = url, .reason = _ ("list of files") };

  for (guint i = 0; paths[i] != NULL; i++) {
    g_string_append (form, "&paths=");
    g_string_append_uri_escaped (form, paths[i], NULL, FALSE);
  }
  bytes = g_bytes_new (form->str, form->len);
  request.form = bytes;
  node = dadam_hub_get_json (self, http, &request, NULL, error);
  if (node == NULL || !add_files (files, node, error))
    return NULL;

  return g_steal_pointer (&files);
}

/* ---- search ------------------------------------------------------------ */

static char *
search_url (DadamHub *self, const DadamHubQuery *query)
{
  g_autoptr (GString) url = g_string_new (self->endpoint);

  g_string_append_printf (url, "/api/models?limit=%u&sort=downloads",
                          query->limit ? query->limit : 30);
  if (query->text != NULL && query->text[0] != '\0') {
    g_string_append (url, "&search=");
    g_string_append_uri_escaped (url, query->text, NULL, FALSE);
  }
  if (query->author != NULL) {
    g_string_append (url, "&author=");
    g_string_append_uri_escaped (url, query->author, NULL, FALSE);
  }
  for (guint i = 0; query->tags != NULL && query->tags[i] != NULL; i++) {
    g_string_append (url, "&filter=");
    g_string_append_uri_escaped (url, query->tags[i], NULL, FALSE);
  }
  if (query->parameters != NULL) {
    g_string_append (url, "&num_parameters=");
    g_string_append_uri_escaped (url, query->parameters, NULL, FALSE);
  }
  g_string_append (url, "&expand=gguf&expand=downloads&expand=gated&expand=sha&expand=tags"
                        "&expand=cardData&expand=disabled");

  return g_string_free (g_steal_pointer (&url), FALSE);
}

/**
 * dadam_hub_read_search:
 * @next: (out) (nullable): what asks for the next page
 *
 * Returns: (transfer full): repositories, without their files
 */
GListStore *
dadam_hub_read_search (DadamHub *self,
                       DadamHttp *http,
                       const DadamHubQuery *query,
                       char **next,
                       GError **error)
{
  g_autofree char *url = query->next ? g_strdup (query->next) : search_url (self, query);
  DadamHubRequest request = { .url = url, .reason = _ ("search") };
  g_autoptr (JsonNode) node = dadam_hub_get_json (self, http, &request, next, error);
  g_autoptr (GListStore) found = g_list_store_new (DADAM_TYPE_HUB_REPO);
  JsonArray *array;

  if (node == NULL)
    return NULL;
  if (!JSON_NODE_HOLDS_ARRAY (node)) {
    not_a_hub (error);
    return NULL;
  }
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++) {
    g_autoptr (DadamHubRepo) repo = dadam_hub_repo_new_from_json (dadam_json_element (array, i));

    if (repo != NULL)
      g_list_store_append (found, repo);
  }

  return g_steal_pointer (&found);
}

/* ---- resolve ----------------------------------------------------------- */

void
dadam_hub_place_free (DadamHubPlace *self)
{
  if (self == NULL)
    return;
  g_free (self->url);
  g_free (self->commit);
  g_free (self->hash);
  g_free (self);
}

/* A quoted, perhaps weak tag as a hash, or %NULL. */
static char *
hash_of_tag (const char *tag)
{
  g_autofree char *hash = NULL;

  if (tag == NULL)
    return NULL;
  if (g_str_has_prefix (tag, "W/"))
    tag += 2;
  hash = g_ascii_strdown (tag, -1);
  g_strdelimit (hash, "\"", ' ');
  g_strstrip (hash);

  return dadam_hub_is_hex (hash, 64) || dadam_hub_is_hex (hash, 40) ? g_steal_pointer (&hash)
                                                                    : NULL;
}

static gint64
number_of_header (SoupMessageHeaders *headers, const char *name)
{
  const char *text = soup_message_headers_get_one (headers, name);
  char *end = NULL;
  gint64 number = text != NULL ? g_ascii_strtoll (text, &end, 10) : -1;

  return text != NULL && end != text && *end == '\0' ? number : -1;
}

static char *
url_of_answer (SoupMessage *message)
{
  const char *location = soup_message_headers_get_one (soup_message_get_response_headers (message),
                                                       "Location");
  g_autoptr (GUri) uri = NULL;

  if (location == NULL || !SOUP_STATUS_IS_REDIRECTION (soup_message_get_status (message)))
    return g_uri_to_string (soup_message_get_uri (message));
  uri = g_uri_parse_relative (soup_message_get_uri (message), location, G_URI_FLAGS_ENCODED, NULL);

  return g_uri_to_string (uri);
}

static DadamHubPlace *
place_of_answer (DadamHub *self, SoupMessage *message, const char *commit, GError **error)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);
  const char *at = soup_message_headers_get_one (headers, "X-Repo-Commit");
  const char *tag = soup_message_headers_get_one (headers, "X-Linked-Etag");
  g_autoptr (DadamHubPlace) place = g_new0 (DadamHubPlace, 1);

  place->commit = g_strdup (at ? at : commit);
  place->hash = hash_of_tag (tag ? tag : soup_message_headers_get_one (headers, "ETag"));
  place->size = number_of_header (headers, "X-Linked-Size");
  if (place->size < 0 && SOUP_STATUS_IS_SUCCESSFUL (soup_message_get_status (message)))
    place->size = number_of_header (headers, "Content-Length");
  place->url = url_of_answer (message);
  place->resolved = g_get_monotonic_time ();

  /* A mirror may leave headers out; the Hub does not. */
  if (at == NULL && dadam_hub_is_default (self)) {
    not_a_hub (error);
    return NULL;
  }
  if (!g_str_equal (place->commit, commit)) {
    g_propagate_error (error, dadam_hub_error_new (DADAM_HUB_ERROR_CHANGED, place->commit));
    return NULL;
  }

  return g_steal_pointer (&place);
}

/**
 * dadam_hub_resolve:
 * @commit: 40 hex digits
 *
 * Asks the Hub where the bytes of a file are now.
 *
 * Returns: (transfer full): the place, good for some minutes
 */
DadamHubPlace *
dadam_hub_resolve (DadamHub *self,
                   DadamHttp *http,
                   const char *id,
                   const char *commit,
                   const char *path,
                   GError **error)
{
  g_autofree char *escaped = dadam_hub_escape (path, TRUE);
  g_autofree char *url = NULL;
  g_autoptr (SoupMessage) message = NULL;
  DadamHubRequest request = { .method = "HEAD", .reason = _ ("download"), .stay = TRUE };

  if (!check_id (id, error))
    return NULL;
  if (!dadam_hub_path_is_safe (path) || !dadam_hub_is_hex (commit, 40)) {
    g_propagate_error (error, dadam_hub_error_new (DADAM_HUB_ERROR_BAD_ADDRESS, path));
    return NULL;
  }
  url = dadam_hub_url (self, "/%s/resolve/%s/%s", id, commit, escaped);
  request.url = url;
  message = dadam_hub_send (self, http, &request, error);
  if (message == NULL)
    return NULL;
  if (SOUP_STATUS_IS_SUCCESSFUL (soup_message_get_status (message)))
    dadam_hub_close (self, http, url, request.reason);

  return place_of_answer (self, message, commit, error);
}

/* ---- beside the main loop ---------------------------------------------- */

typedef struct {
  char *id, *revision;
  char *text, *author, *parameters, *next;
  char **tags;
  guint limit;
} Question;

static void
question_free (Question *question)
{
  g_free (question->id);
  g_free (question->revision);
  g_free (question->text);
  g_free (question->author);
  g_free (question->parameters);
  g_free (question->next);
  g_strfreev (question->tags);
  g_free (question);
}

static void
repo_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  DadamHub *self = DADAM_HUB (source);
  Question *question = data;
  g_autoptr (DadamHttp) http = dadam_hub_connect (self, cancellable);
  g_autoptr (DadamHubRepo) repo = NULL;
  GError *error = NULL;

  repo = dadam_hub_read_info (self, http, question->id, question->revision, &error);
  if (repo == NULL || !dadam_hub_read_tree (self, http, repo, &error))
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_steal_pointer (&repo), g_object_unref);
}

/**
 * dadam_hub_repo_async:
 * @revision: (nullable): branch, tag or commit; %NULL: main
 *
 * Asks for a repository's facts and files, and pins its commit.
 */
void
dadam_hub_repo_async (DadamHub *self,
                      const char *id,
                      const char *revision,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Question *question = g_new0 (Question, 1);

  question->id = g_strdup (id);
  question->revision = g_strdup (revision);
  g_task_set_source_tag (task, dadam_hub_repo_async);
  g_task_set_task_data (task, question, (GDestroyNotify) question_free);
  g_task_run_in_thread (task, repo_thread);
}

DadamHubRepo *
dadam_hub_repo_finish (DadamHub *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
search_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  DadamHub *self = DADAM_HUB (source);
  Question *question = data;
  g_autoptr (DadamHttp) http = dadam_hub_connect (self, cancellable);
  DadamHubQuery query = { .text = question->text,
                          .author = question->author,
                          .tags = (const char *const *) question->tags,
                          .parameters = question->parameters,
                          .limit = question->limit,
                          .next = question->next };
  char *next = NULL;
  GError *error = NULL;
  GListStore *found = dadam_hub_read_search (self, http, &query, &next, &error);

  g_free (question->next);
  question->next = next;
  if (found == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, found, g_object_unref);
}

/**
 * dadam_hub_search_async:
 *
 * Looks for repositories on the Hub, one page.
 */
void
dadam_hub_search_async (DadamHub *self,
                        const DadamHubQuery *query,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Question *question = g_new0 (Question, 1);

  question->text = g_strdup (query->text);
  question->author = g_strdup (query->author);
  question->parameters = g_strdup (query->parameters);
  question->next = g_strdup (query->next);
  question->tags = g_strdupv ((char **) query->tags);
  question->limit = query->limit;
  g_task_set_source_tag (task, dadam_hub_search_async);
  g_task_set_task_data (task, question, (GDestroyNotify) question_free);
  g_task_run_in_thread (task, search_thread);
}

/**
 * dadam_hub_search_finish:
 * @next: (out) (optional) (nullable): for the query of the next page
 *
 * Returns: (transfer full): a list of DadamHubRepo
 */
GListModel *
dadam_hub_search_finish (DadamHub *self, GAsyncResult *result, char **next, GError **error)
{
  Question *question;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  question = g_task_get_task_data (G_TASK (result));
  if (next != NULL)
    *next = g_steal_pointer (&question->next);

  return g_task_propagate_pointer (G_TASK (result), error);
}
