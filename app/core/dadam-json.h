/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * JSON from outside, read without trust: a member of another type than asked for
 * is a member that is not there.  And JSON files of our own, written whole or not
 * at all.
 */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

const char *dadam_json_string (JsonObject *object, const char *name);
gint64 dadam_json_integer (JsonObject *object, const char *name, gint64 missing);
gboolean dadam_json_boolean (JsonObject *object, const char *name);
JsonObject *dadam_json_object (JsonObject *object, const char *name);
JsonArray *dadam_json_array (JsonObject *object, const char *name);
JsonObject *dadam_json_element (JsonArray *array, guint i);
const char *dadam_json_element_string (JsonArray *array, guint i);

JsonNode *dadam_json_parse (const char *text, gssize length);
JsonObject *dadam_json_load (const char *path, gsize limit, GError **error);
gboolean dadam_json_save (const char *path, JsonObject *object, GError **error);

G_END_DECLS
