/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A repository of the Hub as it stands at one commit, and its GGUF files.  Plain
 * facts: they fetch nothing by themselves.
 */
#pragma once

#include "dadam-hub-file.h"

G_BEGIN_DECLS

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

G_END_DECLS
