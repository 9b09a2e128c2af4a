/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The settings of answers, of a model or of a conversation.
 */
#pragma once

#include <adwaita.h>

#include "dadam-conversation.h"

G_BEGIN_DECLS

#define DADAM_TYPE_CHOICES_DIALOG (dadam_choices_dialog_get_type ())

G_DECLARE_FINAL_TYPE (DadamChoicesDialog, dadam_choices_dialog, DADAM, CHOICES_DIALOG, AdwDialog)

DadamChoicesDialog *dadam_choices_dialog_new_for_model (DadamModel *model);
DadamChoicesDialog *dadam_choices_dialog_new_for_conversation (DadamConversation *conversation,
                                                               const char *draft);

G_END_DECLS
