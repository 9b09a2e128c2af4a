/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What can be done with a conversation without opening it, as actions that take its
 * id: rename, pin, unpin, delete, restore.
 */
#pragma once

#include <adwaita.h>

#include "dadam-archive.h"
#include "dadam-toast-area.h"

G_BEGIN_DECLS

GMenuModel *dadam_conversation_actions_create_exports (gint64 id);
void dadam_conversation_actions_insert (GtkWidget *window,
                                        DadamToastArea *toasts,
                                        DadamArchive *archive);

G_END_DECLS
