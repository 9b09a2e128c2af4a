/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Keeps a list at its end while it grows, unless the user has scrolled away.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define DADAM_TYPE_FOLLOWER (dadam_follower_get_type ())

G_DECLARE_FINAL_TYPE (DadamFollower, dadam_follower, DADAM, FOLLOWER, GObject)

DadamFollower *dadam_follower_new (GtkScrolledWindow *scroller, GtkWidget *button);
void dadam_follower_follow (DadamFollower *self);
void dadam_follower_release (DadamFollower *self);

G_END_DECLS
