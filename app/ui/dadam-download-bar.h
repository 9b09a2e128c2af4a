/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The downloads in one narrow row, which is there while there are any; a click
 * shows all of them.
 */
#pragma once

#include <adwaita.h>

#include "dadam-manager.h"

G_BEGIN_DECLS

#define DADAM_TYPE_DOWNLOAD_BAR (dadam_download_bar_get_type ())

G_DECLARE_FINAL_TYPE (DadamDownloadBar, dadam_download_bar, DADAM, DOWNLOAD_BAR, AdwBin)

void dadam_download_bar_set_up (DadamDownloadBar *self, DadamManager *manager);

G_END_DECLS
