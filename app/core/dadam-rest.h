/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Gives a model's memory back while nobody needs it.
 */
#pragma once

#include "dadam-conversation.h"

G_BEGIN_DECLS

#define DADAM_TYPE_REST (dadam_rest_get_type ())

G_DECLARE_FINAL_TYPE (DadamRest, dadam_rest, DADAM, REST, GObject)

DadamRest *dadam_rest_new (void);
void dadam_rest_set_seconds (DadamRest *self, guint seconds);
void dadam_rest_watch (DadamRest *self, DadamConversation *conversation);

G_END_DECLS
