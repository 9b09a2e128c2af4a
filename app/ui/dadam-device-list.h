/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The choice of the device that models run on, as radio buttons.
 */
#pragma once

#include <adwaita.h>

#include "dadam-engine.h"

G_BEGIN_DECLS

#define DADAM_TYPE_DEVICE_LIST (dadam_device_list_get_type ())

G_DECLARE_FINAL_TYPE (DadamDeviceList, dadam_device_list, DADAM, DEVICE_LIST, AdwBin)

void dadam_device_list_set_up (DadamDeviceList *self, DadamEngine *engine, GSettings *settings);

G_END_DECLS
