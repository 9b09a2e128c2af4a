/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A model that is here as a row: talk to it, verify, show, remove it.
 */
#pragma once

#include <adwaita.h>

#include "dadam-manager.h"

G_BEGIN_DECLS

#define DADAM_TYPE_INSTALLED_ROW (dadam_installed_row_get_type ())

G_DECLARE_FINAL_TYPE (DadamInstalledRow, dadam_installed_row, DADAM, INSTALLED_ROW, AdwActionRow)

DadamInstalled *dadam_installed_row_get_installed (DadamInstalledRow *self);
GtkWidget *dadam_installed_row_new (DadamManager *manager, DadamInstalled *installed);

G_END_DECLS
