/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The title of a chat: which model answers, on what, and how to change that.
 */
#pragma once

#include <adwaita.h>

#include "dadam-library.h"

G_BEGIN_DECLS

#define DADAM_TYPE_MODEL_CHIP (dadam_model_chip_get_type ())

G_DECLARE_FINAL_TYPE (DadamModelChip, dadam_model_chip, DADAM, MODEL_CHIP, AdwBin)

void dadam_model_chip_set_up (DadamModelChip *self,
                              DadamEngine *engine,
                              DadamLibrary *library,
                              GSettings *settings);
void dadam_model_chip_set_model (DadamModelChip *self, DadamModel *model);

G_END_DECLS
