/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A pill that says in a word or two whether and where a model runs.
 */
#pragma once

#include <adwaita.h>

#include "dadam-fit.h"

G_BEGIN_DECLS

#define DADAM_TYPE_FIT_PILL (dadam_fit_pill_get_type ())

G_DECLARE_FINAL_TYPE (DadamFitPill, dadam_fit_pill, DADAM, FIT_PILL, AdwBin)

GtkWidget *dadam_fit_pill_new (void);
void dadam_fit_pill_set_run (DadamFitPill *self, const DadamDryRun *run);
void dadam_fit_pill_set_problem (DadamFitPill *self, const char *problem);

G_END_DECLS
