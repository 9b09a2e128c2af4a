/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sidebar: what there is to go to.
 */
#pragma once

#include <adwaita.h>

#include "dadam-conversation-list.h"
#include "dadam-manager.h"
#include "dadam-search-results.h"

G_BEGIN_DECLS

#define DADAM_TYPE_SIDEBAR (dadam_sidebar_get_type ())

G_DECLARE_FINAL_TYPE (DadamSidebar, dadam_sidebar, DADAM, SIDEBAR, AdwBin)

DadamConversationList *dadam_sidebar_get_conversations (DadamSidebar *self);
void dadam_sidebar_set_up (DadamSidebar *self, DadamManager *manager);
void dadam_sidebar_select_page (DadamSidebar *self, const char *name);
DadamSearchResults *dadam_sidebar_get_results (DadamSidebar *self);
void dadam_sidebar_search (DadamSidebar *self);
char *dadam_sidebar_get_sought (DadamSidebar *self);

G_END_DECLS
