/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One file on its way from the Hub into the store, as an object to watch: its
 * properties change on the main thread, ten times a second at most.
 */
#pragma once

#include "dadam-hub.h"
#include "dadam-store.h"

G_BEGIN_DECLS

typedef enum {
  DADAM_DOWNLOAD_WAITING,
  DADAM_DOWNLOAD_CHECKING, /* what is there already */
  DADAM_DOWNLOAD_RUNNING,
  DADAM_DOWNLOAD_VERIFYING, /* all is there */
  DADAM_DOWNLOAD_PAUSED,
  DADAM_DOWNLOAD_FAILED,
  DADAM_DOWNLOAD_CANCELLED,
  DADAM_DOWNLOAD_DONE,
} DadamDownloadState;

GType dadam_download_state_get_type (void);
#define DADAM_TYPE_DOWNLOAD_STATE (dadam_download_state_get_type ())

#define DADAM_TYPE_DOWNLOAD (dadam_download_get_type ())

G_DECLARE_FINAL_TYPE (DadamDownload, dadam_download, DADAM, DOWNLOAD, GObject)

DadamDownload *dadam_download_new (DadamHub *hub, DadamStore *store, const DadamFacts *facts);
const char *dadam_download_get_repo (DadamDownload *self);
const char *dadam_download_get_path (DadamDownload *self);
const DadamFacts *dadam_download_get_facts (DadamDownload *self);
char *dadam_download_get_place (DadamDownload *self);
gint64 dadam_download_get_size (DadamDownload *self);
gint64 dadam_download_get_done (DadamDownload *self);
double dadam_download_get_speed (DadamDownload *self);
gint64 dadam_download_get_seconds_left (DadamDownload *self);
DadamDownloadState dadam_download_get_state (DadamDownload *self);
const GError *dadam_download_get_error (DadamDownload *self);
gboolean dadam_download_is_active (DadamDownload *self);

void dadam_download_start (DadamDownload *self);
void dadam_download_wait (DadamDownload *self);
void dadam_download_pause (DadamDownload *self);
void dadam_download_suspend (DadamDownload *self);
void dadam_download_cancel (DadamDownload *self);
void dadam_download_allow_restart (DadamDownload *self);

G_END_DECLS
