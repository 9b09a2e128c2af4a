/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A text file of a message: its name and size.
 */
#pragma once

#include <adwaita.h>

#include "dadam-attachment.h"

G_BEGIN_DECLS

GtkWidget *dadam_attachment_chip_new (DadamAttachment *attachment);
void dadam_attachment_chips_clear (AdwWrapBox *box);

G_END_DECLS
