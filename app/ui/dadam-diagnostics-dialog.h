/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What this computer's devices are, as a text to copy.
 */
#pragma once

#include <adwaita.h>

#include "dadam-engine.h"

G_BEGIN_DECLS

#define DADAM_TYPE_DIAGNOSTICS_DIALOG (dadam_diagnostics_dialog_get_type ())

G_DECLARE_FINAL_TYPE (DadamDiagnosticsDialog,
                      dadam_diagnostics_dialog,
                      DADAM,
                      DIAGNOSTICS_DIALOG,
                      AdwDialog)

DadamDiagnosticsDialog *dadam_diagnostics_dialog_new (DadamEngine *engine);

G_END_DECLS
