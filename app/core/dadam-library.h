/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The models the app knows: those opened lately, the newest first, as a list of
 * DadamModel; those of the store; and the starter model where it has been fetched.
 */
#pragma once

#include "dadam-model.h"
#include "dadam-store.h"

G_BEGIN_DECLS

#define DADAM_TYPE_LIBRARY (dadam_library_get_type ())

G_DECLARE_FINAL_TYPE (DadamLibrary, dadam_library, DADAM, LIBRARY, GObject)

DadamLibrary *dadam_library_new (DadamEngine *engine, GSettings *settings);
void dadam_library_set_store (DadamLibrary *self, DadamStore *store);
GStrv dadam_library_get_choices (DadamLibrary *self);
DadamModel *dadam_library_open (DadamLibrary *self, const char *path);
DadamModel *dadam_library_get (DadamLibrary *self, const char *path);
void dadam_library_make_room (DadamLibrary *self, DadamModel *one, DadamModel *other);
DadamModel *dadam_library_get_last (DadamLibrary *self);
char *dadam_library_get_starter (void);

G_END_DECLS
