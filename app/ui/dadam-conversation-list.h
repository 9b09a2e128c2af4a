/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The conversations that are kept, in the sidebar: by pin and by date.  "activated"
 * tells the id of one that the user chose.
 */
#pragma once

#include <adwaita.h>

#include "dadam-archive.h"

G_BEGIN_DECLS

#define DADAM_TYPE_CONVERSATION_LIST (dadam_conversation_list_get_type ())

G_DECLARE_FINAL_TYPE (DadamConversationList,
                      dadam_conversation_list,
                      DADAM,
                      CONVERSATION_LIST,
                      AdwBin)

void dadam_conversation_list_set_archive (DadamConversationList *self, DadamArchive *archive);
void dadam_conversation_list_set_shown (DadamConversationList *self, gint64 id);

G_END_DECLS
