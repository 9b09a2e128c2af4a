/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Counts the tokens of a conversation with what is being written.
 */
#pragma once

#include "dadam-conversation.h"

G_BEGIN_DECLS

#define DADAM_TYPE_METER (dadam_meter_get_type ())

G_DECLARE_FINAL_TYPE (DadamMeter, dadam_meter, DADAM, METER, GObject)

DadamMeter *dadam_meter_new (void);
void dadam_meter_count (DadamMeter *self, DadamConversation *conversation, const char *draft);

G_END_DECLS
