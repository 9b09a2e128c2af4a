/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The program: one instance, which owns the engine, the library and the settings.
 */
#pragma once

#include <adwaita.h>

#include "dadam-archive.h"
#include "dadam-library.h"
#include "dadam-manager.h"

G_BEGIN_DECLS

#define DADAM_TYPE_APPLICATION (dadam_application_get_type ())

G_DECLARE_FINAL_TYPE (DadamApplication, dadam_application, DADAM, APPLICATION, AdwApplication)

DadamApplication *dadam_application_new (void);
DadamEngine *dadam_application_get_engine (DadamApplication *self);
DadamLibrary *dadam_application_get_library (DadamApplication *self);
DadamArchive *dadam_application_get_archive (DadamApplication *self);
DadamManager *dadam_application_get_manager (DadamApplication *self);
GSettings *dadam_application_get_settings (DadamApplication *self);

G_END_DECLS
