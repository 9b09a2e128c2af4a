/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The diagnostics.  The engine writes them; here they are shown, copied, and cards
 * that failed their test get another chance.
 */
#include "config.h"

#include "dadam-diagnostics-dialog.h"

#include <glib/gi18n.h>
#include <stdlib.h>

#include "dadam-device.h"
#include "dadam-hangul.h"

struct _DadamDiagnosticsDialog {
  AdwDialog parent_instance;

  /* Template. */
  AdwToastOverlay *toasts;
  GtkWidget *copy;
  GtkWidget *again;
  GtkWidget *note;
  GtkLabel *text;

  /* Owned. */
  DadamEngine *engine;
};

G_DEFINE_FINAL_TYPE (DadamDiagnosticsDialog, dadam_diagnostics_dialog, ADW_TYPE_DIALOG)

static void
diagnosed_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamDiagnosticsDialog) self = DADAM_DIAGNOSTICS_DIALOG (user_data);
  g_autoptr (GError) error = NULL;
  char *text = dadam_engine_diagnose_finish (DADAM_ENGINE (object), result, &error);

  if (self->engine != NULL) {
    gtk_label_set_text (self->text, text ? text : error->message);
    gtk_widget_set_sensitive (self->copy, text != NULL);
  }
  free (text);
}

/* Whether a card failed its test: then it may be tested again. */
static void
show (DadamDiagnosticsDialog *self)
{
  GListModel *devices = dadam_engine_get_devices (self->engine);
  gboolean failed = FALSE;

  for (guint i = 0; i < g_list_model_get_n_items (devices); i++) {
    g_autoptr (DadamDevice) device = g_list_model_get_item (devices, i);

    failed |= dadam_device_is_distrusted (device);
  }
  gtk_widget_set_visible (self->again, failed);
  dadam_engine_diagnose_async (self->engine, NULL, diagnosed_cb, g_object_ref (self));
}

static void
copy_cb (DadamDiagnosticsDialog *self)
{
  AdwToast *toast = adw_toast_new (_ ("Copied"));

  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)),
                          gtk_label_get_text (self->text));
  adw_toast_set_timeout (toast, 2);
  adw_toast_overlay_add_toast (self->toasts, toast);
}

static void
again_cb (DadamDiagnosticsDialog *self)
{
  dadam_engine_forget_verdicts (self->engine);
  adw_toast_overlay_add_toast (self->toasts,
                               adw_toast_new (_ ("It is tested when a model is next loaded")));
}

static void
dadam_diagnostics_dialog_dispose (GObject *object)
{
  DadamDiagnosticsDialog *self = DADAM_DIAGNOSTICS_DIALOG (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_DIAGNOSTICS_DIALOG);
  g_clear_object (&self->engine);

  G_OBJECT_CLASS (dadam_diagnostics_dialog_parent_class)->dispose (object);
}

static void
dadam_diagnostics_dialog_class_init (DadamDiagnosticsDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_diagnostics_dialog_dispose;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-diagnostics-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamDiagnosticsDialog, toasts);
  gtk_widget_class_bind_template_child (widget_class, DadamDiagnosticsDialog, copy);
  gtk_widget_class_bind_template_child (widget_class, DadamDiagnosticsDialog, again);
  gtk_widget_class_bind_template_child (widget_class, DadamDiagnosticsDialog, note);
  gtk_widget_class_bind_template_child (widget_class, DadamDiagnosticsDialog, text);
  gtk_widget_class_bind_template_callback (widget_class, copy_cb);
  gtk_widget_class_bind_template_callback (widget_class, again_cb);
}

static void
dadam_diagnostics_dialog_init (DadamDiagnosticsDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  dadam_hangul_mend (self->note);
}

DadamDiagnosticsDialog *
dadam_diagnostics_dialog_new (DadamEngine *engine)
{
  DadamDiagnosticsDialog *self = g_object_new (DADAM_TYPE_DIAGNOSTICS_DIALOG, NULL);

  self->engine = g_object_ref (engine);
  g_signal_connect_object (dadam_engine_get_devices (engine), "items-changed", G_CALLBACK (show),
                           self, G_CONNECT_SWAPPED);
  show (self);

  return self;
}
