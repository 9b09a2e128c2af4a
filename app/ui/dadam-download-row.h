/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A download as a row: how far it is, and what can be done about it.
 */
#pragma once

#include <adwaita.h>

#include "dadam-manager.h"

G_BEGIN_DECLS

#define DADAM_TYPE_DOWNLOAD_ROW (dadam_download_row_get_type ())

G_DECLARE_FINAL_TYPE (DadamDownloadRow, dadam_download_row, DADAM, DOWNLOAD_ROW, AdwPreferencesRow)

GtkWidget *dadam_download_row_new (DadamManager *manager, DadamDownload *download);
char *dadam_download_row_describe (DadamQueue *queue, DadamDownload *download);
void dadam_download_row_show_toggle (GtkButton *toggle, DadamDownload *download);
void dadam_download_row_toggle (DadamQueue *queue, DadamDownload *download);

G_END_DECLS
