/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which two models the user wants to compare, and what each of them runs on; remembered
 * in the settings.
 */
#pragma once

#include "dadam-comparison.h"
#include "dadam-library.h"

G_BEGIN_DECLS

#define DADAM_TYPE_PAIRING (dadam_pairing_get_type ())

G_DECLARE_FINAL_TYPE (DadamPairing, dadam_pairing, DADAM, PAIRING, GObject)

DadamPairing *dadam_pairing_new (DadamEngine *engine, DadamLibrary *library, GSettings *settings);
DadamModel *dadam_pairing_get_model (DadamPairing *self, guint pane);
void dadam_pairing_choose_model (DadamPairing *self, guint pane, const char *path);
void dadam_pairing_choose_device (DadamPairing *self, guint pane, const char *device);
void dadam_pairing_suggest (DadamPairing *self);
GPtrArray *dadam_pairing_list_models (DadamPairing *self);
void dadam_pairing_apply (DadamPairing *self, DadamComparison *comparison);
void dadam_pairing_make_room (DadamPairing *self, DadamComparison *comparison);
void dadam_pairing_restore (DadamPairing *self, DadamComparison *comparison);

G_END_DECLS
