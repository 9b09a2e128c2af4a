/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads a conversation as it is kept, writes it as text on a thread, and the text
 * into a file.  Markdown and JSON are here, the web page is in dadam-export-html.c.
 */
#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "dadam-export-private.h"
#include "dadam-json.h"
#include "dadam-tree.h"

/* Bytes of a file name, without its ending; more than some file systems take is cut. */
#define LONGEST_NAME 120

static const struct {
  const char *suffix, *title;
} formats[] = {
  [DADAM_EXPORT_MARKDOWN] = { "md", N_ ("Markdown") },
  [DADAM_EXPORT_HTML] = { "html", N_ ("Web Page") },
  [DADAM_EXPORT_JSON] = { "json", N_ ("JSON") },
};

/* Without a dot. */
const char *
dadam_export_get_suffix (DadamExport format)
{
  return formats[format].suffix;
}

/* What people call it. */
const char *
dadam_export_get_title (DadamExport format)
{
  return _ (formats[format].title);
}

/* (transfer full): a file name for a conversation of that title. */
char *
dadam_export_make_name (DadamExport format, const char *title)
{
  g_autofree char *name = g_strdelimit (g_strdup (title), "/\\:*?\"<>|\n\t", ' ');
  const char *end = name;

  while (*end != '\0' && g_utf8_next_char (end) - name <= LONGEST_NAME)
    end = g_utf8_next_char (end);
  name[end - name] = '\0';
  g_strstrip (name);

  return g_strdup_printf ("%s.%s", *name != '\0' && *name != '.' ? name : _ ("Conversation"),
                          dadam_export_get_suffix (format));
}

/* ---- Markdown ---------------------------------------------------------- */

/* Who says it: what stands above a message. */
const char *
dadam_export_get_speaker (DadamMessage *message)
{
  DadamMaker *maker = dadam_message_get_maker (message);

  if (dadam_message_get_role (message) == DADAM_ROLE_USER)
    return _ ("You");

  return maker != NULL ? maker->title : _ ("Answer");
}

static char *
to_markdown (GListModel *messages, const char *title)
{
  GString *text = g_string_new (NULL);
  guint n = g_list_model_get_n_items (messages);

  g_string_append_printf (text, "# %s\n", title);
  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamMessage) message = g_list_model_get_item (messages, i);

    g_string_append_printf (text, "\n## %s\n\n%s\n", dadam_export_get_speaker (message),
                            dadam_message_get_text (message));
  }

  return g_string_free_and_steal (text);
}

/* ---- JSON -------------------------------------------------------------- */

static void
set_string (JsonObject *object, const char *name, const char *value)
{
  if (value != NULL)
    json_object_set_string_member (object, name, value);
}

/* An object that is kept as text. */
static void
set_object (JsonObject *object, const char *name, const char *text)
{
  JsonNode *node = text != NULL ? dadam_json_parse (text, -1) : NULL;

  if (node != NULL)
    json_object_set_member (object, name, node);
}

static void
set_maker (JsonObject *object, const DadamMaker *maker)
{
  JsonObject *model = json_object_new ();
  g_autofree char *seed = g_strdup_printf ("%" G_GUINT64_FORMAT, (guint64) maker->seed);

  set_string (model, "title", maker->title);
  set_string (model, "path", maker->path);
  set_string (model, "sha256", maker->sha256);
  json_object_set_object_member (object, "model", model);
  set_string (object, "device", maker->device);
  set_string (object, "format", maker->format);
  set_object (object, "settings", maker->settings);
  set_string (object, "seed", seed); /* 64 bits are more than many readers of JSON have */
}

static void
set_stats (JsonObject *object, const DadamStats *stats)
{
  static const char *const stops[] = { "end", "length", "context", "cancelled", "error" };

  set_string (object, "stop",
              (guint) stats->stop < G_N_ELEMENTS (stops) ? stops[stats->stop] : NULL);
  json_object_set_int_member (object, "reused_tokens", stats->reused_tokens);
  json_object_set_int_member (object, "prompt_tokens", stats->prompt_tokens);
  json_object_set_int_member (object, "made_tokens", stats->made_tokens);
  json_object_set_double_member (object, "prompt_seconds", stats->prompt_seconds);
  json_object_set_double_member (object, "first_token_seconds", stats->first_token_seconds);
  json_object_set_double_member (object, "decode_seconds", stats->decode_seconds);
}

static JsonObject *
message_to_json (DadamMessage *message, gboolean is_shown)
{
  JsonObject *object = json_object_new ();
  gboolean is_answer = dadam_message_get_role (message) == DADAM_ROLE_ASSISTANT;
  gint64 id = dadam_message_get_id (message);
  g_autoptr (GDateTime) made = g_date_time_new_from_unix_utc_usec (id);
  g_autofree char *when = made != NULL ? g_date_time_format_iso8601 (made) : NULL;

  json_object_set_int_member (object, "id", id);
  if (dadam_message_get_parent (message) != 0)
    json_object_set_int_member (object, "parent", dadam_message_get_parent (message));
  set_string (object, "time", when);
  set_string (object, "role", is_answer ? "assistant" : "user");
  json_object_set_boolean_member (object, "shown", is_shown);
  set_string (object, "text", dadam_message_get_text (message));
  if (is_answer && dadam_message_get_maker (message) != NULL)
    set_maker (object, dadam_message_get_maker (message));
  if (is_answer)
    set_stats (object, dadam_message_get_stats (message));

  return object;
}

static char *
to_json (DadamStored *stored, GListModel *messages, const char *title)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonArray *array = json_array_new ();

  set_string (object, "title", title);
  json_object_set_int_member (object, "id", stored->id);
  set_object (object, "settings", stored->settings);
  for (guint i = 0; i < stored->messages->len; i++) {
    gboolean is_shown = g_list_store_find (G_LIST_STORE (messages), stored->messages->pdata[i],
                                           NULL);

    json_array_add_object_element (array, message_to_json (stored->messages->pdata[i], is_shown));
  }
  json_object_set_array_member (object, "messages", array);
  json_node_set_object (root, object);

  return json_to_string (root, TRUE);
}

/* ---- from the archive into a file -------------------------------------- */

typedef struct {
  DadamExport format;
  char *title;
  GFile *file;
  DadamStored *stored; /* once it was read */
} Export;

static void
export_free (gpointer data)
{
  Export *export = data;

  g_free (export->title);
  g_object_unref (export->file);
  g_clear_pointer (&export->stored, dadam_stored_free);
  g_free (export);
}

static char *
write_text (Export *export)
{
  g_autoptr (DadamTree) tree = dadam_tree_new ();
  GListModel *messages = dadam_tree_get_branch (tree);

  dadam_stored_plant (export->stored, tree);
  dadam_tree_show (tree);
  switch (export->format) {
  case DADAM_EXPORT_HTML: return dadam_export_to_html (messages, export->title);
  case DADAM_EXPORT_JSON: return to_json (export->stored, messages, export->title);
  case DADAM_EXPORT_MARKDOWN:
  default: return to_markdown (messages, export->title);
  }
}

static void
export_thread (GTask *task, gpointer source_object, gpointer task_data, GCancellable *cancellable)
{
  Export *export = task_data;
  g_autofree char *text = write_text (export);
  GError *error = NULL;

  if (g_file_replace_contents (export->file, text, strlen (text), NULL, FALSE, G_FILE_CREATE_NONE,
                               NULL, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
read_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  Export *export = g_task_get_task_data (task);
  GError *error = NULL;

  export->stored = dadam_archive_load_finish (result, &error);
  if (export->stored != NULL)
    g_task_run_in_thread (task, export_thread);
  else
    g_task_return_error (task, error);
}

/**
 * dadam_archive_export_async:
 * @file: where to; replaced
 */
void
dadam_archive_export_async (DadamArchive *self,
                            gint64 id,
                            DadamExport format,
                            GFile *file,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  DadamSummary *summary = dadam_archive_find (self, id);
  Export *export = g_new0 (Export, 1);

  g_return_if_fail (summary != NULL);

  export->format = format;
  export->title = g_strdup (dadam_summary_get_title (summary));
  export->file = g_object_ref (file);
  g_task_set_source_tag (task, dadam_archive_export_async);
  g_task_set_task_data (task, export, export_free);
  dadam_archive_load_async (self, id, read_cb, task);
}

gboolean
dadam_archive_export_finish (DadamArchive *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
