/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a label cuts off, in its tooltip.
 */
#include "config.h"

#include "dadam-tooltip.h"

static gboolean
query_tooltip_cb (GtkLabel *label, int x, int y, gboolean is_keyboard, GtkTooltip *tooltip)
{
  if (!pango_layout_is_ellipsized (gtk_label_get_layout (label)))
    return FALSE;
  gtk_tooltip_set_text (tooltip, gtk_label_get_text (label));

  return TRUE;
}

/**
 * dadam_tooltip_show_cut:
 *
 * From now on the label has its whole text as its tooltip, where it does not show it.  The
 * tooltip is made when it is asked for: rows of long lists change their texts quickly.
 */
void
dadam_tooltip_show_cut (GtkLabel *label)
{
  gtk_widget_set_has_tooltip (GTK_WIDGET (label), TRUE);
  g_signal_connect (label, "query-tooltip", G_CALLBACK (query_tooltip_cb), NULL);
}
