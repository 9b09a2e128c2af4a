/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One turn of a conversation in the list.
 */
#pragma once

#include <gtk/gtk.h>

#include "dadam-message.h"

G_BEGIN_DECLS

#define DADAM_TYPE_MESSAGE_ROW (dadam_message_row_get_type ())

G_DECLARE_FINAL_TYPE (DadamMessageRow, dadam_message_row, DADAM, MESSAGE_ROW, GtkBox)

DadamMessageRow *dadam_message_row_new (void);
void dadam_message_row_set_message (DadamMessageRow *self, DadamMessage *message);
DadamMessage *dadam_message_row_get_message (DadamMessageRow *self);
void dadam_message_row_set_names_model (DadamMessageRow *self, gboolean names_model);
void dadam_message_row_set_can_continue (DadamMessageRow *self, gboolean can_continue);
void dadam_message_row_set_is_horizon (DadamMessageRow *self, gboolean is_horizon);

G_END_DECLS
