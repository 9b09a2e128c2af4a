/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * In place of the composer where the model of a conversation is gone: says so, and offers
 * to get it again or to go on with another one.
 */
#pragma once

#include <adwaita.h>

#include "dadam-library.h"
#include "dadam-store.h"

G_BEGIN_DECLS

#define DADAM_TYPE_GONE_BAR (dadam_gone_bar_get_type ())

G_DECLARE_FINAL_TYPE (DadamGoneBar, dadam_gone_bar, DADAM, GONE_BAR, AdwBin)

void dadam_gone_bar_show (DadamGoneBar *self,
                          const char *path,
                          DadamLibrary *library,
                          DadamStore *store);

G_END_DECLS
