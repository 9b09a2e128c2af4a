/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Asks for the prompt format of a model whose file does not say it.
 */
#pragma once

#include <adwaita.h>

#include "dadam-conversation.h"

G_BEGIN_DECLS

#define DADAM_TYPE_FORMAT_DIALOG (dadam_format_dialog_get_type ())

G_DECLARE_FINAL_TYPE (DadamFormatDialog, dadam_format_dialog, DADAM, FORMAT_DIALOG, AdwDialog)

DadamFormatDialog *dadam_format_dialog_new (DadamConversation *conversation);

G_END_DECLS
