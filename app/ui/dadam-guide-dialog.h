/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The user guide: in the program itself, for the desktop's help browser cannot look
 * into a sandbox.
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

AdwDialog *dadam_guide_dialog_new (void);

G_END_DECLS
