/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The models of this computer and the way to get more: the catalogue, the Hub, the
 * store and the queue of downloads, as one running program has them.  It owns the
 * store for as long as it changes something in it.
 */
#pragma once

#include "dadam-catalogue.h"
#include "dadam-engine.h"
#include "dadam-queue.h"
#include "dadam-token.h"

G_BEGIN_DECLS

#define DADAM_TYPE_MANAGER (dadam_manager_get_type ())

G_DECLARE_FINAL_TYPE (DadamManager, dadam_manager, DADAM, MANAGER, GObject)

DadamManager *dadam_manager_new (DadamEngine *engine);
DadamEngine *dadam_manager_get_engine (DadamManager *self);
DadamCatalogue *dadam_manager_get_catalogue (DadamManager *self);
DadamHub *dadam_manager_get_hub (DadamManager *self);
DadamToken *dadam_manager_get_token (DadamManager *self);
DadamLedger *dadam_manager_get_ledger (DadamManager *self);
DadamStore *dadam_manager_get_store (DadamManager *self);
DadamQueue *dadam_manager_get_queue (DadamManager *self);

void dadam_manager_start (DadamManager *self);
void dadam_manager_stop (DadamManager *self);
void dadam_manager_look (DadamManager *self);

gboolean dadam_manager_download (DadamManager *self,
                                 DadamHubRepo *repo,
                                 GPtrArray *files,
                                 GError **error);
void dadam_manager_import_async (DadamManager *self,
                                 const char *const *paths,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
guint dadam_manager_import_finish (DadamManager *self, GAsyncResult *result, GError **error);
gboolean dadam_manager_remove (DadamManager *self, DadamInstalled *installed, GError **error);
gboolean dadam_manager_restore (DadamManager *self, DadamInstalled *installed, GError **error);
void dadam_manager_purge (DadamManager *self, DadamInstalled *installed);
char *dadam_manager_name (DadamManager *self, const char *repo, const char *path);
gboolean dadam_manager_is_fetching (DadamManager *self, const char *repo, const char *path);
DadamInstalled *dadam_manager_find (DadamManager *self,
                                    const char *repo,
                                    const char *commit,
                                    const char *path);

G_END_DECLS
