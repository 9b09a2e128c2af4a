/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is shown before there is a model: how to get one.
 */
#pragma once

#include <adwaita.h>

#include "dadam-manager.h"

G_BEGIN_DECLS

#define DADAM_TYPE_WELCOME (dadam_welcome_get_type ())

G_DECLARE_FINAL_TYPE (DadamWelcome, dadam_welcome, DADAM, WELCOME, AdwBin)

void dadam_welcome_set_up (DadamWelcome *self, DadamManager *manager);

G_END_DECLS
