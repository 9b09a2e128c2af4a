/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The dialog of keyboard shortcuts, made from the table of actions.
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

AdwDialog *dadam_shortcuts_dialog_new (void);

G_END_DECLS
