/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The button at the start of a page's header that brings the sidebar back; it is
 * there while the sidebar is not.
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define DADAM_TYPE_SIDEBAR_BUTTON (dadam_sidebar_button_get_type ())

G_DECLARE_FINAL_TYPE (DadamSidebarButton, dadam_sidebar_button, DADAM, SIDEBAR_BUTTON, GtkButton)

G_END_DECLS
