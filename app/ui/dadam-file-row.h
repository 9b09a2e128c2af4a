/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A file of the Hub as a row: its size, whether it runs here with the arithmetic
 * behind that, and a button that downloads it.
 */
#pragma once

#include <adwaita.h>

#include "dadam-fit.h"
#include "dadam-manager.h"

G_BEGIN_DECLS

#define DADAM_TYPE_FILE_ROW (dadam_file_row_get_type ())

G_DECLARE_FINAL_TYPE (DadamFileRow, dadam_file_row, DADAM, FILE_ROW, AdwExpanderRow)

/* Signal "get": the user wants the file. */
GtkWidget *dadam_file_row_new (DadamManager *manager, DadamHubRepo *repo, DadamHubFile *file);
DadamHubFile *dadam_file_row_get_file (DadamFileRow *self);
gboolean dadam_file_row_is_measured (DadamFileRow *self);
void dadam_file_row_set_run (DadamFileRow *self, const DadamDryRun *run);
void dadam_file_row_set_problem (DadamFileRow *self, const char *problem);
void dadam_file_row_set_recommended (DadamFileRow *self);
void dadam_file_row_show_state (DadamFileRow *self);

G_END_DECLS
