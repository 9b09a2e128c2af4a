/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Finds out where the widget's dialog or window has its toasts.
 */
#include "config.h"

#include "dadam-toast.h"

#include "dadam-toast-area.h"

/* (transfer full); @text is no markup. */
AdwToast *
dadam_toast_new (const char *text)
{
  AdwToast *toast = adw_toast_new (text);

  adw_toast_set_use_markup (toast, FALSE);

  return toast;
}

/* (transfer full) @toast; a widget that is in no window any more says nothing. */
void
dadam_toast_show (GtkWidget *widget, AdwToast *toast)
{
  GtkWidget *overlay = gtk_widget_get_ancestor (widget, ADW_TYPE_TOAST_OVERLAY);
  GtkWidget *area = gtk_widget_get_ancestor (widget, DADAM_TYPE_TOAST_AREA);

  if (overlay != NULL)
    adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (overlay), toast);
  else if (area != NULL)
    dadam_toast_area_add (DADAM_TOAST_AREA (area), toast);
  else
    g_object_unref (toast);
}

/* @text is no markup. */
void
dadam_toast_say (GtkWidget *widget, const char *text)
{
  dadam_toast_show (widget, dadam_toast_new (text));
}
