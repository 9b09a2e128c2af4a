/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a window says in passing, over all of its pages, where it covers nothing that one
 * needs: no composer, nor another bar at the bottom.
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define DADAM_TYPE_TOAST_AREA (dadam_toast_area_get_type ())

G_DECLARE_FINAL_TYPE (DadamToastArea, dadam_toast_area, DADAM, TOAST_AREA, AdwBin)

void dadam_toast_area_add (DadamToastArea *self, AdwToast *toast);

G_END_DECLS
