/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Typed access that never warns, and files that survive a loss of power.
 */
#include "config.h"

#include "dadam-json.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "dadam-disk.h"

static JsonNode *
value (JsonNode *node, GType type)
{
  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != type)
    return NULL;

  return node;
}

static JsonNode *
member (JsonObject *object, const char *name)
{
  return object != NULL ? json_object_get_member (object, name) : NULL;
}

/* %NULL without it. */
const char *
dadam_json_string (JsonObject *object, const char *name)
{
  JsonNode *node = value (member (object, name), G_TYPE_STRING);

  return node != NULL ? json_node_get_string (node) : NULL;
}

gint64
dadam_json_integer (JsonObject *object, const char *name, gint64 missing)
{
  JsonNode *node = value (member (object, name), G_TYPE_INT64);

  return node != NULL ? json_node_get_int (node) : missing;
}

gboolean
dadam_json_boolean (JsonObject *object, const char *name)
{
  JsonNode *node = value (member (object, name), G_TYPE_BOOLEAN);

  return node != NULL && json_node_get_boolean (node);
}

JsonObject *
dadam_json_object (JsonObject *object, const char *name)
{
  JsonNode *node = member (object, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

JsonArray *
dadam_json_array (JsonObject *object, const char *name)
{
  JsonNode *node = member (object, name);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

/* %NULL if element @i is no object. */
JsonObject *
dadam_json_element (JsonArray *array, guint i)
{
  JsonNode *node = json_array_get_element (array, i);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

const char *
dadam_json_element_string (JsonArray *array, guint i)
{
  JsonNode *node = value (json_array_get_element (array, i), G_TYPE_STRING);

  return node != NULL ? json_node_get_string (node) : NULL;
}

/**
 * dadam_json_parse:
 *
 * Returns: (transfer full) (nullable): what the text says; %NULL if it is no JSON
 */
JsonNode *
dadam_json_parse (const char *text, gssize length)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();

  if (!json_parser_load_from_data (parser, text, length, NULL)
      || json_parser_get_root (parser) == NULL)
    return NULL;

  return json_parser_steal_root (parser);
}

/**
 * dadam_json_load:
 * @limit: a file with more bytes is none of ours
 *
 * Returns: (transfer full): the object that the file holds
 */
JsonObject *
dadam_json_load (const char *path, gsize limit, GError **error)
{
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;
  GStatBuf info;
  gsize length;

  if (g_stat (path, &info) == 0 && (guint64) info.st_size > limit) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s is too large", path);
    return NULL;
  }
  if (!g_file_get_contents (path, &text, &length, error))
    return NULL;
  root = dadam_json_parse (text, (gssize) length);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s is no JSON object", path);
    return NULL;
  }

  return json_node_dup_object (root);
}

/**
 * dadam_json_save:
 *
 * Writes the file anew; after a crash or a loss of power there is the old one or
 * the new one.
 */
gboolean
dadam_json_save (const char *path, JsonObject *object, GError **error)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *text = NULL;
  g_autofree char *whole = NULL;
  g_autoptr (GError) problem = NULL;

  json_node_set_object (root, object);
  text = json_to_string (root, TRUE);
  whole = g_strconcat (text, "\n", NULL);
  if (g_file_set_contents_full (path, whole, -1,
                                G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0666,
                                &problem))
    return TRUE;
  if (g_error_matches (problem, G_FILE_ERROR, G_FILE_ERROR_NOSPC))
    return dadam_disk_fail (error, path, ENOSPC);
  g_propagate_error (error, g_steal_pointer (&problem));

  return FALSE;
}
