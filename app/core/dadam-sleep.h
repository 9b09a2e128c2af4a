/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whether the computer is about to sleep, as logind says.  Where nobody says so, in a
 * sandbox for one, it never is: then a connection that died meanwhile is noticed by
 * its silence.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define DADAM_TYPE_SLEEP (dadam_sleep_get_type ())

G_DECLARE_FINAL_TYPE (DadamSleep, dadam_sleep, DADAM, SLEEP, GObject)

DadamSleep *dadam_sleep_new (void);
gboolean dadam_sleep_is_near (DadamSleep *self);

G_END_DECLS
