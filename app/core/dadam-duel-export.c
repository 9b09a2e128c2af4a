/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The scribe reads the votes and makes a text of them; the text is written to a file.
 */
#include "config.h"

#include "dadam-duel-export.h"

#include "dadam-archive-private.h"
#include "dadam-choices.h"
#include "dadam-duel-rows.h"
#include "dadam-json.h"

typedef struct {
  DadamDuelsFormat format;
  GFile *file; /* owned, as the next */
  GString *text;
  guint n_written;
  guint n_left_out;
} Export;

static void
export_free (gpointer data)
{
  Export *export = data;

  g_object_unref (export->file);
  g_string_free (export->text, TRUE);
  g_free (export);
}

/* Without a dot. */
const char *
dadam_duels_format_get_suffix (DadamDuelsFormat format)
{
  return format == DADAM_DUELS_CSV ? "csv" : "jsonl";
}

/* ---- a table ----------------------------------------------------------- */

static const char columns[] =
    "time,blind,verdict,winner,question,"
    "left_model,left_sha256,left_device,left_format,left_settings,left_seed,left_answer,"
    "right_model,right_sha256,right_device,right_format,right_settings,right_seed,right_answer\r\n";

static const char *const verdicts[] = {
  [DADAM_VERDICT_NONE] = "",
  [DADAM_VERDICT_LEFT] = "left",
  [DADAM_VERDICT_RIGHT] = "right",
  [DADAM_VERDICT_TIE] = "tie",
  [DADAM_VERDICT_BOTH_BAD] = "both_bad",
};

/* Whether a spreadsheet would calculate it, if not for the apostrophes before. */
static gboolean
is_formula (const char *text)
{
  const char *first = text + strspn (text, "'");

  return *first != '\0' && strchr ("=+-@\t\r", *first) != NULL;
}

/* In quotes, which are doubled within. */
static void
append_cell (GString *line, const char *text, char end)
{
  g_string_append_c (line, '"');
  if (text != NULL && is_formula (text))
    g_string_append_c (line, '\'');
  for (const char *at = text; at != NULL && *at != '\0'; at++) {
    if (*at == '"')
      g_string_append_c (line, '"');
    g_string_append_c (line, *at);
  }
  g_string_append_printf (line, "\"%c", end);
}

static void
append_side (GString *line, DadamDuel *duel, DadamSide side)
{
  static const DadamMaker nobody = { NULL };
  const DadamMaker *known = dadam_duel_get_maker (duel, side);
  const DadamMaker *maker = known != NULL ? known : &nobody;
  g_autofree char *seed = g_strdup_printf ("%" G_GUINT64_FORMAT, (guint64) maker->seed);

  append_cell (line, maker->title, ',');
  append_cell (line, maker->sha256, ',');
  append_cell (line, maker->device, ',');
  append_cell (line, maker->format, ',');
  append_cell (line, maker->settings, ',');
  append_cell (line, known != NULL ? seed : NULL, ',');
  append_cell (line, dadam_duel_get_text (duel, side), side == DADAM_LEFT ? ',' : '\r');
}

static const char *
name_winner (DadamDuel *duel)
{
  DadamMaker *maker = NULL;

  if (dadam_duel_get_verdict (duel) == DADAM_VERDICT_LEFT)
    maker = dadam_duel_get_maker (duel, DADAM_LEFT);
  else if (dadam_duel_get_verdict (duel) == DADAM_VERDICT_RIGHT)
    maker = dadam_duel_get_maker (duel, DADAM_RIGHT);

  return maker != NULL ? maker->title : NULL;
}

static void
append_row (Export *export, DadamDuel *duel)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc_usec (dadam_duel_get_voted (duel));
  g_autofree char *when = time != NULL ? g_date_time_format_iso8601 (time) : NULL;
  GString *line = export->text;

  append_cell (line, when, ',');
  append_cell (line, dadam_duel_get_is_blind (duel) ? "yes" : "no", ',');
  append_cell (line, verdicts[dadam_duel_get_verdict (duel)], ',');
  append_cell (line, name_winner (duel), ',');
  append_cell (line, dadam_duel_get_question (duel), ',');
  append_side (line, duel, DADAM_LEFT);
  append_side (line, duel, DADAM_RIGHT);
  g_string_append_c (line, '\n');
  export->n_written++;
}

/* ---- lines ------------------------------------------------------------- */

static void
add_part (JsonArray *parts, const char *role, const char *content)
{
  JsonObject *part = json_object_new ();

  json_object_set_string_member (part, "role", role);
  json_object_set_string_member (part, "content", content);
  json_array_add_object_element (parts, part);
}

static void
add_system (JsonArray *parts, const DadamMaker *maker)
{
  g_autoptr (DadamChoices) choices = dadam_choices_new ();

  dadam_choices_apply (choices, maker != NULL ? maker->settings : NULL);
  if (choices->system != NULL)
    add_part (parts, "system", choices->system);
}

static void
add_before (const char *text, DadamRole role, gpointer user_data)
{
  add_part (user_data, role == DADAM_ROLE_USER ? "user" : "assistant", text);
}

/* (transfer full) (nullable): all that stood before an answer, as the model has read it. */
static JsonNode *
read_parts (DadamBase *base, DadamDuel *duel, DadamSide side, GError **error)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_ARRAY);
  JsonArray *parts = json_array_new ();

  json_node_take_array (node, parts);
  add_system (parts, dadam_duel_get_maker (duel, side));
  if (!dadam_duel_read_before (base, dadam_duel_get_answer (duel, side), add_before, parts, error))
    return NULL;

  return g_steal_pointer (&node);
}

static const char *
heading_of (const char *role)
{
  if (g_str_equal (role, "system"))
    return "### System:";

  return g_str_equal (role, "user") ? "### User:" : "### Assistant:";
}

/* (transfer full) */
static char *
render_prompt (JsonArray *parts)
{
  guint n = json_array_get_length (parts);
  GString *prompt = g_string_new (NULL);

  for (guint i = 0; i < n; i++) {
    JsonObject *part = json_array_get_object_element (parts, i);

    if (n > 1)
      g_string_append_printf (prompt, "%s%s\n", i > 0 ? "\n\n" : "",
                              heading_of (json_object_get_string_member (part, "role")));
    g_string_append (prompt, json_object_get_string_member (part, "content"));
  }

  return g_string_free_and_steal (prompt);
}

static void
append_line (Export *export, DadamDuel *duel, JsonNode *parts)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *line = json_object_new ();
  g_autofree char *prompt = render_prompt (json_node_get_array (parts));
  g_autofree char *text = NULL;
  DadamSide better = dadam_duel_get_verdict (duel) == DADAM_VERDICT_LEFT ? DADAM_LEFT : DADAM_RIGHT;

  json_node_take_object (root, line);
  json_object_set_string_member (line, "prompt", prompt);
  json_object_set_string_member (line, "chosen", dadam_duel_get_text (duel, better));
  json_object_set_string_member (line, "rejected", dadam_duel_get_text (duel, !better));
  json_object_set_member (line, "messages", json_node_copy (parts));
  text = json_to_string (root, FALSE);
  g_string_append_printf (export->text, "%s\n", text);
  export->n_written++;
}

static gboolean
is_decided (DadamDuel *duel)
{
  return dadam_duel_get_verdict (duel) == DADAM_VERDICT_LEFT
         || dadam_duel_get_verdict (duel) == DADAM_VERDICT_RIGHT;
}

static gboolean
append_preference (DadamBase *base, Export *export, DadamDuel *duel, GError **error)
{
  g_autoptr (JsonNode) left = NULL;
  g_autoptr (JsonNode) right = NULL;

  if (is_decided (duel) && dadam_duel_get_is_blind (duel)) {
    left = read_parts (base, duel, DADAM_LEFT, error);
    right = left != NULL ? read_parts (base, duel, DADAM_RIGHT, error) : NULL;
    if (right == NULL)
      return FALSE;
  }
  if (left != NULL && json_node_equal (left, right))
    append_line (export, duel, left);
  else
    export->n_left_out++;

  return TRUE;
}

/* ---- from the archive into a file -------------------------------------- */

/* A job of the scribe's. */
static gboolean
write_text (DadamBase *base, gpointer data, GError **error)
{
  Export *export = data;
  g_autoptr (GPtrArray) duels = g_ptr_array_new_with_free_func (g_object_unref);

  if (!dadam_duel_read (base, 0, duels, error))
    return FALSE;
  if (export->format == DADAM_DUELS_CSV)
    g_string_append_printf (export->text, "\xef\xbb\xbf%s", columns);
  for (guint i = 0; i < duels->len; i++)
    if (export->format == DADAM_DUELS_CSV)
      append_row (export, duels->pdata[i]);
    else if (!append_preference (base, export, duels->pdata[i], error))
      return FALSE;

  return TRUE;
}

static void
replaced_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  GError *error = NULL;

  if (g_file_replace_contents_finish (G_FILE (object), result, NULL, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
read_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  GError *error = NULL;
  Export *export = g_task_propagate_pointer (G_TASK (result), &error);

  if (export == NULL) {
    g_task_return_error (task, error);
    return;
  }
  g_task_set_task_data (task, export, export_free);
  g_file_replace_contents_async (export->file, export->text->str, export->text->len, NULL, FALSE,
                                 G_FILE_CREATE_NONE, g_task_get_cancellable (task), replaced_cb,
                                 g_object_ref (task));
}

/**
 * dadam_archive_export_duels_async:
 * @file: where to; replaced
 *
 * Writes down the votes, the newest first, but those of conversations in the trash.
 */
void
dadam_archive_export_duels_async (DadamArchive *self,
                                  DadamDuelsFormat format,
                                  GFile *file,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  GTask *task;
  Export *export;

  g_return_if_fail (DADAM_IS_ARCHIVE (self));

  task = g_task_new (self, cancellable, callback, user_data);
  export = g_new0 (Export, 1);
  export->format = format;
  export->file = g_object_ref (file);
  export->text = g_string_new (NULL);
  g_task_set_source_tag (task, dadam_archive_export_duels_async);
  dadam_archive_push (self, write_text, export, export_free,
                      g_task_new (self, cancellable, read_cb, task));
}

/**
 * dadam_archive_export_duels_finish:
 * @n_written: (out): how many votes are in the file
 * @n_left_out: (out): how many such a file has no place for
 */
gboolean
dadam_archive_export_duels_finish (DadamArchive *self,
                                   GAsyncResult *result,
                                   guint *n_written,
                                   guint *n_left_out,
                                   GError **error)
{
  const Export *export;

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;
  export = g_task_get_task_data (G_TASK (result));
  *n_written = export->n_written;
  *n_left_out = export->n_left_out;

  return TRUE;
}
