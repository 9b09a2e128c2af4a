/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The preferences' rows on the access token: entering one, where it is from, and
 * taking it out again.
 */
#pragma once

#include <adwaita.h>

#include "dadam-token.h"

G_BEGIN_DECLS

#define DADAM_TYPE_TOKEN_GROUP (dadam_token_group_get_type ())

G_DECLARE_FINAL_TYPE (DadamTokenGroup, dadam_token_group, DADAM, TOKEN_GROUP, AdwPreferencesGroup)

void dadam_token_group_set_token (DadamTokenGroup *self, DadamToken *token);
GtkWidget *dadam_token_group_get_entry (DadamTokenGroup *self);

G_END_DECLS
