/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A bar that shows how much of something is one side's, and how sure that is.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define DADAM_TYPE_SHARE_BAR (dadam_share_bar_get_type ())

G_DECLARE_FINAL_TYPE (DadamShareBar, dadam_share_bar, DADAM, SHARE_BAR, GtkWidget)

GtkWidget *dadam_share_bar_new (void);
void dadam_share_bar_set (DadamShareBar *self, double share, double low, double high);
void dadam_share_bar_set_unknown (DadamShareBar *self);

G_END_DECLS
