/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The preferences.
 */
#pragma once

#include <adwaita.h>

#include "dadam-archive.h"
#include "dadam-token.h"

G_BEGIN_DECLS

#define DADAM_TYPE_PREFERENCES_DIALOG (dadam_preferences_dialog_get_type ())

G_DECLARE_FINAL_TYPE (DadamPreferencesDialog,
                      dadam_preferences_dialog,
                      DADAM,
                      PREFERENCES_DIALOG,
                      AdwPreferencesDialog)

DadamPreferencesDialog *dadam_preferences_dialog_new (GSettings *settings,
                                                      DadamArchive *archive,
                                                      DadamToken *token);
void dadam_preferences_dialog_focus_token (DadamPreferencesDialog *self);

G_END_DECLS
