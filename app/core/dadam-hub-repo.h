/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A repository of the Hub as it stands at one commit, and its GGUF files.  Plain
 * facts: they fetch nothing by themselves.
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

#define DADAM_TYPE_HUB_REPO (dadam_hub_repo_get_type ())

G_DECLARE_FINAL_TYPE (DadamHubRepo, dadam_hub_repo, DADAM, HUB_REPO, GObject)

DadamHubRepo *dadam_hub_repo_new (const char *id, const char *commit);
DadamHubRepo *dadam_hub_repo_new_from_json (JsonObject *object);
const char *dadam_hub_repo_get_id (DadamHubRepo *self);
const char *dadam_hub_repo_get_commit (DadamHubRepo *self);
void dadam_hub_repo_set_commit (DadamHubRepo *self, const char *commit);
const char *dadam_hub_repo_get_licence (DadamHubRepo *self);
const char *dadam_hub_repo_get_family (DadamHubRepo *self);
gboolean dadam_hub_repo_is_gated (DadamHubRepo *self);
gboolean dadam_hub_repo_is_disabled (DadamHubRepo *self);
gboolean dadam_hub_repo_has_tag (DadamHubRepo *self, const char *tag);
gint64 dadam_hub_repo_get_parameters (DadamHubRepo *self);
gint64 dadam_hub_repo_get_downloads (DadamHubRepo *self);
GListModel *dadam_hub_repo_get_files (DadamHubRepo *self);
void dadam_hub_repo_set_files (DadamHubRepo *self, GPtrArray *files);
gint64 dadam_hub_repo_get_size_of (DadamHubRepo *self, DadamHubFile *file);
GPtrArray *dadam_hub_repo_find (DadamHubRepo *self, const char *wanted);

gboolean dadam_hub_id_is_safe (const char *id);
gboolean dadam_hub_path_is_safe (const char *path);
gboolean dadam_hub_is_hex (const char *text, gsize length);
char *dadam_quant_from_path (const char *path);

G_END_DECLS
