/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What an empty conversation shows: a greeting, and something to ask.  "chosen" tells
 * the text of what was taken.
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define DADAM_TYPE_GREETING (dadam_greeting_get_type ())

G_DECLARE_FINAL_TYPE (DadamGreeting, dadam_greeting, DADAM, GREETING, AdwBin)

G_END_DECLS
