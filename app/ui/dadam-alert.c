/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Dialogs that can only be closed, and the words of all alerts.
 */
#include "config.h"

#include "dadam-alert.h"

#include <glib/gi18n.h>

#include "dadam-hangul.h"

/* Shows an alert over the window that @widget is in, with lines that break between words. */
void
dadam_alert_present (AdwDialog *alert, GtkWidget *widget)
{
  adw_dialog_present (alert, widget);
  dadam_hangul_mend (GTK_WIDGET (alert));
}

/* Over the window that @widget is in; @text is no markup. */
void
dadam_alert_show (GtkWidget *widget, const char *heading, const char *text)
{
  AdwDialog *dialog = adw_alert_dialog_new (heading, text);

  adw_alert_dialog_add_response (ADW_ALERT_DIALOG (dialog), "close", _ ("_Close"));
  dadam_alert_present (dialog, widget);
}
