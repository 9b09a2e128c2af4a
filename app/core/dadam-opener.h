/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Makes a file the user points at a model to talk with.
 */
#pragma once

#include "dadam-library.h"

G_BEGIN_DECLS

#define DADAM_TYPE_OPENER (dadam_opener_get_type ())

G_DECLARE_FINAL_TYPE (DadamOpener, dadam_opener, DADAM, OPENER, GObject)

DadamOpener *dadam_opener_new (DadamEngine *engine, DadamLibrary *library, GSettings *settings);
void dadam_opener_open (DadamOpener *self, const char *path);

G_END_DECLS
