/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Finding words in the conversation that is shown, message by message.  "found" tells
 * the position of the message to be seen, "sought" the
 * words, %NULL when it is closed.
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define DADAM_TYPE_FIND_BAR (dadam_find_bar_get_type ())

G_DECLARE_FINAL_TYPE (DadamFindBar, dadam_find_bar, DADAM, FIND_BAR, AdwBin)

void dadam_find_bar_set_messages (DadamFindBar *self, GListModel *messages);
void dadam_find_bar_open (DadamFindBar *self);
void dadam_find_bar_close (DadamFindBar *self);

G_END_DECLS
