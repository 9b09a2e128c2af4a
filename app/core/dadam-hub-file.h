/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A file of a repository of the Hub: plain facts, which never change.
 */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define DADAM_TYPE_HUB_FILE (dadam_hub_file_get_type ())

G_DECLARE_FINAL_TYPE (DadamHubFile, dadam_hub_file, DADAM, HUB_FILE, GObject)

DadamHubFile *dadam_hub_file_new (const char *path, gint64 size, const char *hash);
DadamHubFile *dadam_hub_file_new_from_json (JsonObject *object);
const char *dadam_hub_file_get_path (DadamHubFile *self);
const char *dadam_hub_file_get_quant (DadamHubFile *self);
gint64 dadam_hub_file_get_size (DadamHubFile *self);
const char *dadam_hub_file_get_hash (DadamHubFile *self);
guint dadam_hub_file_get_part (DadamHubFile *self, guint *parts);
gboolean dadam_hub_file_is_with (DadamHubFile *self, DadamHubFile *other);
guint dadam_hub_file_fits (DadamHubFile *self, const char *wanted);
int dadam_hub_file_compare (gconstpointer a, gconstpointer b);

G_END_DECLS
