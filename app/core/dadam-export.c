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

/* ---- what is shown ----------------------------------------------------- */

/* How many turns there are. */
guint
dadam_transcript_get_length (const DadamTranscript *self)
{
  guint n = g_list_model_get_n_items (self->panes[0]);

  return self->panes[1] != NULL ? MAX (n, g_list_model_get_n_items (self->panes[1])) : n;
}

/* (transfer none) (nullable). */
DadamMessage *
dadam_transcript_get (const DadamTranscript *self, guint pane, guint i)
{
  g_autoptr (DadamMessage)
      message = self->panes[pane] != NULL ? g_list_model_get_item (self->panes[pane], i) : NULL;

  return message; /* the list's */
}

/* Whether a turn is two answers: what was asked, both panes have alike. */
gboolean
dadam_transcript_has_pair (const DadamTranscript *self, guint i)
{
  DadamMessage *message = dadam_transcript_get (self, 0, i);

  return self->panes[1] != NULL
         && (message == NULL || dadam_message_get_role (message) == DADAM_ROLE_ASSISTANT);
}

/* (transfer full): who says it: what stands above a message. */
char *
dadam_transcript_name_speaker (const DadamTranscript *self, guint pane, DadamMessage *message)
{
  DadamMaker *maker = dadam_message_get_veil (message) == DADAM_VEIL_NONE
                          ? dadam_message_get_maker (message)
                          : NULL;
  const char *side = pane == 0 ? _ ("Left") : _ ("Right");

  if (dadam_message_get_role (message) == DADAM_ROLE_USER)
    return g_strdup (_ ("You"));
  if (self->panes[1] == NULL)
    return g_strdup (maker != NULL ? maker->title : _ ("Answer"));
  if (maker == NULL)
    return g_strdup (side);

  /* Translators: the left or the right one of two answers, and the model that gave it. */
  return g_strdup_printf (_ ("%s: %s"), side, maker->title);
}

/* ---- Markdown ---------------------------------------------------------- */

static void
append_markdown (GString *text, const DadamTranscript *transcript, guint pane, guint i)
{
  DadamMessage *message = dadam_transcript_get (transcript, pane, i);
  g_autofree char *speaker = NULL;

  if (message == NULL)
    return;
  speaker = dadam_transcript_name_speaker (transcript, pane, message);
  g_string_append_printf (text, "\n## %s\n\n%s\n", speaker, dadam_message_get_text (message));
}

static char *
to_markdown (const DadamTranscript *transcript)
{
  GString *text = g_string_new (NULL);
  guint n = dadam_transcript_get_length (transcript);

  g_string_append_printf (text, "# %s\n", transcript->title);
  for (guint i = 0; i < n; i++) {
    append_markdown (text, transcript, 0, i);
    if (dadam_transcript_has_pair (transcript, i))
      append_markdown (text, transcript, 1, i);
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
  json_object_set_int_member (object, "dropped_messages", stats->dropped_messages);
  json_object_set_double_member (object, "prompt_seconds", stats->prompt_seconds);
  json_object_set_double_member (object, "first_token_seconds", stats->first_token_seconds);
  json_object_set_double_member (object, "decode_seconds", stats->decode_seconds);
}

static JsonObject *
message_to_json (DadamMessage *message, gboolean is_shown)
{
  JsonObject *object = json_object_new ();
  gboolean is_answer = dadam_message_get_role (message) == DADAM_ROLE_ASSISTANT;
  gboolean is_secret = dadam_message_get_veil (message) != DADAM_VEIL_NONE;
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
  if (is_answer && !is_secret && dadam_message_get_maker (message) != NULL)
    set_maker (object, dadam_message_get_maker (message));
  if (is_answer && !is_secret)
    set_stats (object, dadam_message_get_stats (message));

  return object;
}

/* The tree of a pane, or of all of a chat, into @object. */
static void
set_pane (JsonObject *object, DadamStored *stored, GListModel *messages)
{
  JsonArray *array = json_array_new ();

  if (stored->kind != DADAM_KIND_BLIND_COMPARISON)
    set_object (object, "settings", stored->settings);
  for (guint i = 0; i < stored->messages->len; i++) {
    gboolean is_shown = g_list_store_find (G_LIST_STORE (messages), stored->messages->pdata[i],
                                           NULL);

    json_array_add_object_element (array, message_to_json (stored->messages->pdata[i], is_shown));
  }
  json_object_set_array_member (object, "messages", array);
}

static void
set_panes (JsonObject *object, DadamStored *const *stored, const DadamTranscript *transcript)
{
  static const char *const sides[] = { "left", "right" };
  JsonArray *panes = json_array_new ();

  json_object_set_boolean_member (object, "secret", stored[0]->kind == DADAM_KIND_BLIND_COMPARISON);
  for (guint i = 0; i < G_N_ELEMENTS (sides); i++) {
    JsonObject *pane = json_object_new ();

    set_string (pane, "side", sides[i]);
    set_pane (pane, stored[i], transcript->panes[i]);
    json_array_add_object_element (panes, pane);
  }
  json_object_set_array_member (object, "panes", panes);
}

static char *
to_json (DadamStored *const *stored, const DadamTranscript *transcript)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);

  set_string (object, "title", transcript->title);
  json_object_set_int_member (object, "id", stored[0]->id);
  if (transcript->panes[1] == NULL)
    set_pane (object, stored[0], transcript->panes[0]);
  else
    set_panes (object, stored, transcript);
  json_node_set_object (root, object);

  return json_to_string (root, TRUE);
}

/* ---- from the archive into a file -------------------------------------- */

typedef struct {
  DadamExport format;
  char *title;
  GFile *file;
  DadamStored *stored[2]; /* once they were read; a chat has no second pane */
} Export;

static void
export_free (gpointer data)
{
  Export *export = data;

  g_free (export->title);
  g_object_unref (export->file);
  for (guint i = 0; i < G_N_ELEMENTS (export->stored); i++)
    g_clear_pointer (&export->stored[i], dadam_stored_free);
  g_free (export);
}

/* (transfer full): what is shown of a pane, with the veil that it has. */
static GListModel *
list_shown (DadamStored *stored)
{
  g_autoptr (DadamTree) tree = dadam_tree_new ();

  if (stored->kind == DADAM_KIND_BLIND_COMPARISON)
    for (guint i = 0; i < stored->messages->len; i++)
      dadam_message_set_veil (stored->messages->pdata[i], DADAM_VEIL_MAKER);
  dadam_stored_plant (stored, tree);
  dadam_tree_show (tree);

  return g_object_ref (dadam_tree_get_branch (tree));
}

static char *
write_text (Export *export)
{
  g_autoptr (GListModel) first = list_shown (export->stored[0]);
  g_autoptr (GListModel) second = export->stored[1] != NULL ? list_shown (export->stored[1]) : NULL;
  const DadamTranscript transcript = { export->title, { first, second } };

  switch (export->format) {
  case DADAM_EXPORT_HTML: return dadam_export_to_html (&transcript);
  case DADAM_EXPORT_JSON: return to_json (export->stored, &transcript);
  case DADAM_EXPORT_MARKDOWN:
  default: return to_markdown (&transcript);
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
  guint pane = export->stored[0] == NULL ? 0 : 1;
  GError *error = NULL;

  export->stored[pane] = dadam_archive_load_finish (result, &error);
  if (export->stored[pane] == NULL)
    g_task_return_error (task, error);
  else if (pane == 0 && export->stored[0]->kind != DADAM_KIND_CHAT)
    dadam_archive_load_async (DADAM_ARCHIVE (object), export->stored[0]->id, 1, read_cb,
                              g_object_ref (task));
  else
    g_task_run_in_thread (task, export_thread);
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
  dadam_archive_load_async (self, id, 0, read_cb, task);
}

gboolean
dadam_archive_export_finish (DadamArchive *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
