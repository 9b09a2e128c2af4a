/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whether a file that is not here yet will run here, how fast, and which of a
 * repository's files is the one for this computer.
 */
#pragma once

#include "dadam-catalogue.h"
#include "dadam-engine-file.h"
#include "dadam-engine-room.h"
#include "dadam-hub.h"

G_BEGIN_DECLS

gboolean dadam_fit_leaves_room (const DadamDryRun *run);
DadamDryRun *dadam_fit_estimate_repo (DadamHubRepo *repo, const DadamRoom *room);
DadamDryRun *dadam_fit_estimate (DadamOffer *offer, const DadamRoom *room, guint64 *size);

void dadam_fit_file_async (DadamHub *hub,
                           DadamEngine *engine,
                           DadamHubRepo *repo,
                           DadamHubFile *file,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
DadamDryRun *dadam_fit_file_finish (DadamHub *hub, GAsyncResult *result, GError **error);

void dadam_fit_choose_async (DadamHub *hub,
                             DadamEngine *engine,
                             DadamHubRepo *repo,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
DadamHubFile *dadam_fit_choose_finish (DadamHub *hub,
                                       GAsyncResult *result,
                                       DadamDryRun **run,
                                       GError **error);

const char *dadam_fit_get_pill (const DadamDryRun *run);
char *dadam_fit_get_words (const DadamDryRun *run, gint64 size);

G_END_DECLS
