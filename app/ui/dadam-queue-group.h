/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The downloads as a group of rows, which is there while there are any.
 */
#pragma once

#include <adwaita.h>

#include "dadam-manager.h"

G_BEGIN_DECLS

#define DADAM_TYPE_QUEUE_GROUP (dadam_queue_group_get_type ())

G_DECLARE_FINAL_TYPE (DadamQueueGroup, dadam_queue_group, DADAM, QUEUE_GROUP, AdwPreferencesGroup)

void dadam_queue_group_set_up (DadamQueueGroup *self, DadamManager *manager);

G_END_DECLS
