/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is in an entry together with the syllable that an input method has not finished.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

char *dadam_composed_join (GtkEditable *entry, const char *composed);

G_END_DECLS
