/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A dialog that can only be closed.
 */
#include "config.h"

#include "dadam-alert.h"

#include <glib/gi18n.h>

#include "dadam-hangul.h"

/* Over the window that @widget is in; @text is no markup. */
void
dadam_alert_show (GtkWidget *widget, const char *heading, const char *text)
{
  AdwDialog *dialog = adw_alert_dialog_new (heading, text);

  adw_alert_dialog_add_response (ADW_ALERT_DIALOG (dialog), "close", _ ("_Close"));
  adw_dialog_present (dialog, widget);
  dadam_hangul_mend (GTK_WIDGET (dialog));
}
