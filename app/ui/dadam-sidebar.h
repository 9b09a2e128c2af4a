/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sidebar: what there is to go to.
 */
#pragma once

#include <adwaita.h>

#include "dadam-conversation-list.h"

G_BEGIN_DECLS

#define DADAM_TYPE_SIDEBAR (dadam_sidebar_get_type ())

G_DECLARE_FINAL_TYPE (DadamSidebar, dadam_sidebar, DADAM, SIDEBAR, AdwBin)

DadamConversationList *dadam_sidebar_get_conversations (DadamSidebar *self);

G_END_DECLS
