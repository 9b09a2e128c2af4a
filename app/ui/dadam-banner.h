/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The banner under a page's header, or above all pages: one lasting state, the latest.
 */
#pragma once

#include <adwaita.h>

#include "dadam-archive.h"

G_BEGIN_DECLS

#define DADAM_TYPE_BANNER (dadam_banner_get_type ())

G_DECLARE_FINAL_TYPE (DadamBanner, dadam_banner, DADAM, BANNER, AdwBin)

void dadam_banner_show (DadamBanner *self,
                        const char *title,
                        const char *button,
                        const char *action);
void dadam_banner_show_error (DadamBanner *self,
                              const GError *error,
                              const char *anew,
                              gboolean may_use_card);
void dadam_banner_show_archive (DadamBanner *self, DadamArchive *archive);
void dadam_banner_reset (DadamBanner *self);

G_END_DECLS
