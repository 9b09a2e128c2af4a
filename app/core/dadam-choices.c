/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A table of the choices, by which they are read and written.  What is read is not
 * trusted: a member of another type is not there, nor is a format that nobody knows, and a
 * number is brought into its range.
 */
#include "config.h"

#include "dadam-choices.h"

#include "dadam-engine.h"
#include "dadam-json.h"

#include <glib/gi18n.h>
#include <math.h>

#define LONGEST_TEXT (64 * 1024)
#define SHOWN_TEXT 24 /* characters of it in a description */

typedef enum { TEXT, NUMBER, INTEGER } Kind;

static const struct {
  const char *name;
  const char *title; /* what people call it */
  Kind kind;
  gsize offset;
  double least;
  double most;
} fields[] = {
  { "system", N_ ("System Prompt"), TEXT, G_STRUCT_OFFSET (DadamChoices, system), 0, 0 },
  { "format", N_ ("Prompt Format"), TEXT, G_STRUCT_OFFSET (DadamChoices, format), 0, 0 },
  { "temperature", N_ ("Temperature"), NUMBER, G_STRUCT_OFFSET (DadamChoices, temperature), 0, 5 },
  { "top_k", N_ ("Top K"), INTEGER, G_STRUCT_OFFSET (DadamChoices, top_k), 0, 1000 },
  { "top_p", N_ ("Top P"), NUMBER, G_STRUCT_OFFSET (DadamChoices, top_p), 0.01, 1 },
  { "min_p", N_ ("Min P"), NUMBER, G_STRUCT_OFFSET (DadamChoices, min_p), 0, 1 },
  { "repeat_penalty", N_ ("Repeat Penalty"), NUMBER, G_STRUCT_OFFSET (DadamChoices, repeat_penalty),
    0.5, 2 },
  { "frequency_penalty", N_ ("Frequency Penalty"), NUMBER,
    G_STRUCT_OFFSET (DadamChoices, frequency_penalty), -2, 2 },
  { "presence_penalty", N_ ("Presence Penalty"), NUMBER,
    G_STRUCT_OFFSET (DadamChoices, presence_penalty), -2, 2 },
  { "seed", N_ ("Seed"), INTEGER, G_STRUCT_OFFSET (DadamChoices, seed), -1, 9007199254740991.0 },
  { "max_tokens", N_ ("Longest Answer"), INTEGER, G_STRUCT_OFFSET (DadamChoices, max_tokens), 0,
    1 << 20 },
  { "context", N_ ("Context Length"), INTEGER, G_STRUCT_OFFSET (DadamChoices, context), 0,
    1 << 20 },
};

#define FIELD(self, i, type) G_STRUCT_MEMBER (type, self, fields[i].offset)
#define FIELD_IS(i, name) (fields[i].offset == G_STRUCT_OFFSET (DadamChoices, name))

/**
 * dadam_choices_new:
 *
 * Returns: (transfer full): what is right for chat: lively, without the rare nonsense
 *   and the loops of small models
 */
DadamChoices *
dadam_choices_new (void)
{
  const DadamChoices usual = {
    .temperature = 0.7,
    .top_k = 40,
    .top_p = 0.95,
    .min_p = 0.05,
    .repeat_penalty = 1.1,
    .seed = -1,
  };

  return g_memdup2 (&usual, sizeof usual);
}

DadamChoices *
dadam_choices_copy (const DadamChoices *self)
{
  DadamChoices *copy = g_memdup2 (self, sizeof *self);

  copy->system = g_strdup (self->system);
  copy->format = g_strdup (self->format);

  return copy;
}

void
dadam_choices_free (DadamChoices *self)
{
  g_free (self->system);
  g_free (self->format);
  g_free (self);
}

static void
apply_text (DadamChoices *self, gsize i, JsonObject *object)
{
  const char *text = dadam_json_string (object, fields[i].name);

  if (text == NULL || strlen (text) > LONGEST_TEXT)
    return;
  if (*text != '\0' && FIELD_IS (i, format) && dadam_engine_find_format (text) == NULL)
    return;
  g_set_str (&FIELD (self, i, char *), *text != '\0' ? text : NULL);
}

static void
apply_number (DadamChoices *self, gsize i, JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, fields[i].name);
  double value;

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node)
      || (json_node_get_value_type (node) != G_TYPE_INT64
          && json_node_get_value_type (node) != G_TYPE_DOUBLE))
    return;
  value = json_node_get_double (node);
  if (!isfinite (value))
    return;
  value = CLAMP (value, fields[i].least, fields[i].most);
  if (fields[i].kind == INTEGER)
    FIELD (self, i, gint64) = (gint64) value;
  else
    FIELD (self, i, double) = value;
}

/**
 * dadam_choices_apply:
 * @json: (nullable): an object with any of the choices
 *
 * Lays what was chosen there over what is here.  An empty text takes one away.
 */
void
dadam_choices_apply (DadamChoices *self, const char *json)
{
  g_autoptr (JsonNode) root = json != NULL ? dadam_json_parse (json, -1) : NULL;
  JsonObject *object;

  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return;
  object = json_node_get_object (root);
  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    if (fields[i].kind == TEXT)
      apply_text (self, i, object);
    else
      apply_number (self, i, object);
}

static gboolean
differs (const DadamChoices *self, const DadamChoices *other, gsize i)
{
  switch (fields[i].kind) {
  case TEXT: return g_strcmp0 (FIELD (self, i, char *), FIELD (other, i, char *)) != 0;
  case INTEGER: return FIELD (self, i, gint64) != FIELD (other, i, gint64);
  case NUMBER:
  default: return FIELD (self, i, double) != FIELD (other, i, double);
  }
}

/* Numbers always are. */
static gboolean
is_there (const DadamChoices *self, gsize i)
{
  return fields[i].kind != TEXT || FIELD (self, i, char *) != NULL;
}

static void
put (JsonObject *object, gsize i, const DadamChoices *self)
{
  const char *text;

  switch (fields[i].kind) {
  case TEXT:
    text = FIELD (self, i, char *);
    json_object_set_string_member (object, fields[i].name, text != NULL ? text : "");
    break;
  case INTEGER: json_object_set_int_member (object, fields[i].name, FIELD (self, i, gint64)); break;
  case NUMBER:
  default: json_object_set_double_member (object, fields[i].name, FIELD (self, i, double)); break;
  }
}

/**
 * dadam_choices_to_json:
 * @base: (nullable): what they will be laid over; %NULL: all are written
 *
 * Returns: (transfer full): a JSON object with what differs from @base
 */
char *
dadam_choices_to_json (const DadamChoices *self, const DadamChoices *base)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    if (base != NULL ? differs (self, base, i) : is_there (self, i))
      put (object, i, self);
  json_node_take_object (root, object);

  return json_to_string (root, FALSE);
}

/* ---- in words ---------------------------------------------------------- */

static void
append_text (GString *line, const char *text)
{
  if (text == NULL)
    g_string_append (line, "–");
  else if (g_utf8_strlen (text, -1) <= SHOWN_TEXT)
    g_string_append_printf (line, "“%s”", text);
  else
    g_string_append_printf (line, "“%.*s…”",
                            (int) (g_utf8_offset_to_pointer (text, SHOWN_TEXT) - text), text);
}

static void
append_choice (GString *line, const DadamChoices *self, gsize i)
{
  if (line->len > 0)
    g_string_append (line, " · ");
  g_string_append_printf (line, "%s ", _ (fields[i].title));
  switch (fields[i].kind) {
  case TEXT: append_text (line, FIELD (self, i, char *)); break;
  case INTEGER: g_string_append_printf (line, "%" G_GINT64_FORMAT, FIELD (self, i, gint64)); break;
  case NUMBER:
  default: g_string_append_printf (line, "%g", FIELD (self, i, double)); break;
  }
}

/**
 * dadam_choices_describe:
 *
 * Returns: (transfer full): in words what is chosen otherwise than in @other: "Temperature
 *   0.2 · Top K 10"; empty where all is the same
 */
char *
dadam_choices_describe (const DadamChoices *self, const DadamChoices *other)
{
  GString *line = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    if (differs (self, other, i))
      append_choice (line, self, i);

  return g_string_free_and_steal (line);
}
