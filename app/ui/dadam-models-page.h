/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The page on which models are found, downloaded and kept.
 */
#pragma once

#include <adwaita.h>

#include "dadam-manager.h"

G_BEGIN_DECLS

#define DADAM_TYPE_MODELS_PAGE (dadam_models_page_get_type ())

G_DECLARE_FINAL_TYPE (DadamModelsPage, dadam_models_page, DADAM, MODELS_PAGE, AdwBin)

void dadam_models_page_set_up (DadamModelsPage *self, DadamManager *manager);
void dadam_models_page_show_root (DadamModelsPage *self);
void dadam_models_page_show_repo (DadamModelsPage *self, const char *id);

G_END_DECLS
