/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What stands above a pane of a comparison: its model and what that runs on, and the
 * choice of both.  While it is secret whose answers they are, it knows nothing.
 *
 * Signals: "model-chosen" with a path, "device-chosen" with a device as the setting has
 * it or %NULL for that of all models, "settings" when those of the pane are asked for.
 */
#pragma once

#include <adwaita.h>

#include "dadam-pairing.h"

G_BEGIN_DECLS

#define DADAM_TYPE_PANE_CHIP (dadam_pane_chip_get_type ())

G_DECLARE_FINAL_TYPE (DadamPaneChip, dadam_pane_chip, DADAM, PANE_CHIP, AdwBin)

void dadam_pane_chip_set_up (DadamPaneChip *self, DadamEngine *engine, DadamPairing *pairing);
void dadam_pane_chip_set_model (DadamPaneChip *self, DadamModel *model);
void dadam_pane_chip_set_secret (DadamPaneChip *self, const char *name);

G_END_DECLS
