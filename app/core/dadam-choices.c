/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A table of the choices, by which they are read and written.  What is read is not
 * trusted: a member of another type is not there, a number is brought into its range.
 */
#include "config.h"

#include "dadam-choices.h"

#include "dadam-json.h"

#include <math.h>

#define LONGEST_TEXT (64 * 1024)

typedef enum { TEXT, NUMBER, INTEGER } Kind;

static const struct {
  const char *name;
  Kind kind;
  gsize offset;
  double least;
  double most;
} fields[] = {
  { "system", TEXT, G_STRUCT_OFFSET (DadamChoices, system), 0, 0 },
  { "format", TEXT, G_STRUCT_OFFSET (DadamChoices, format), 0, 0 },
  { "temperature", NUMBER, G_STRUCT_OFFSET (DadamChoices, temperature), 0, 5 },
  { "top_k", INTEGER, G_STRUCT_OFFSET (DadamChoices, top_k), 0, 1000 },
  { "top_p", NUMBER, G_STRUCT_OFFSET (DadamChoices, top_p), 0.01, 1 },
  { "min_p", NUMBER, G_STRUCT_OFFSET (DadamChoices, min_p), 0, 1 },
  { "repeat_penalty", NUMBER, G_STRUCT_OFFSET (DadamChoices, repeat_penalty), 0.5, 2 },
  { "frequency_penalty", NUMBER, G_STRUCT_OFFSET (DadamChoices, frequency_penalty), -2, 2 },
  { "presence_penalty", NUMBER, G_STRUCT_OFFSET (DadamChoices, presence_penalty), -2, 2 },
  { "seed", INTEGER, G_STRUCT_OFFSET (DadamChoices, seed), -1, 9007199254740991.0 },
  { "max_tokens", INTEGER, G_STRUCT_OFFSET (DadamChoices, max_tokens), 0, 1 << 20 },
  { "context", INTEGER, G_STRUCT_OFFSET (DadamChoices, context), 0, 1 << 20 },
};

#define FIELD(self, i, type) G_STRUCT_MEMBER (type, self, fields[i].offset)

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

static void
put (JsonObject *object, gsize i, const DadamChoices *self, const DadamChoices *base)
{
  const char *name = fields[i].name;

  switch (fields[i].kind) {
  case TEXT: {
    const char *text = FIELD (self, i, char *);

    if (base == NULL ? text != NULL : g_strcmp0 (text, FIELD (base, i, char *)) != 0)
      json_object_set_string_member (object, name, text != NULL ? text : "");
    break;
  }
  case INTEGER:
    if (base == NULL || FIELD (self, i, gint64) != FIELD (base, i, gint64))
      json_object_set_int_member (object, name, FIELD (self, i, gint64));
    break;
  case NUMBER:
  default:
    if (base == NULL || FIELD (self, i, double) != FIELD (base, i, double))
      json_object_set_double_member (object, name, FIELD (self, i, double));
    break;
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
    put (object, i, self, base);
  json_node_take_object (root, object);

  return json_to_string (root, FALSE);
}
