/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is typed where nothing takes it goes to where messages are written.
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

void dadam_typing_catch (GtkTextView *view);

G_END_DECLS
