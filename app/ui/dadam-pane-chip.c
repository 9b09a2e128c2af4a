/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The lists of the popover are made when it is opened and gone when it is closed: a
 * model's name stays nowhere.
 */
#include "config.h"

#include "dadam-pane-chip.h"

#include <glib/gi18n.h>

#include "dadam-caption.h"
#include "dadam-catalogue.h"
#include "dadam-device.h"
#include "dadam-hangul.h"
#include "dadam-tooltip.h"

struct _DadamPaneChip {
  AdwBin parent_instance;

  /* Template. */
  GtkMenuButton *button;
  GtkPopover *popover;
  GtkLabel *title;
  GtkLabel *caption;
  GtkWidget *arrow;
  GtkBox *models;
  GtkWidget *devices_box;
  GtkBox *devices;
  GtkWidget *settings;

  /* Owned. */
  DadamEngine *engine;
  DadamPairing *pairing;
  DadamModel *model;
  char *secret; /* what it is called instead; %NULL: there is no secret */
};

G_DEFINE_FINAL_TYPE (DadamPaneChip, dadam_pane_chip, ADW_TYPE_BIN)

enum { MODEL_CHOSEN, DEVICE_CHOSEN, SETTINGS, N_SIGNALS };

static guint signals[N_SIGNALS];

/* ---- what it says ------------------------------------------------------ */

static char *
create_caption (DadamPaneChip *self)
{
  if (self->secret != NULL)
    return g_strdup (_ ("Secret"));
  if (self->model == NULL)
    return g_strdup (_ ("No model chosen"));

  return dadam_caption_of_model (self->model, self->engine);
}

static void
show_model (DadamPaneChip *self)
{
  g_autofree char *caption = create_caption (self);
  const char *title = self->secret != NULL  ? self->secret
                      : self->model != NULL ? dadam_model_get_title (self->model)
                                            : _ ("Choose a Model");
  g_autofree char *name = g_strdup_printf (_ ("Model: %s, %s"), title, caption);

  gtk_label_set_text (self->title, title);
  gtk_label_set_text (self->caption, caption);
  gtk_widget_set_visible (self->arrow, self->secret == NULL);
  gtk_widget_set_can_target (GTK_WIDGET (self->button), self->secret == NULL);
  gtk_widget_set_focusable (gtk_widget_get_first_child (GTK_WIDGET (self->button)),
                            self->secret == NULL);
  gtk_widget_set_sensitive (self->settings, self->model != NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  name, -1);
}

/* ---- what can be chosen ------------------------------------------------ */

static GtkWidget *
add_check (GtkBox *box, const char *title, gboolean is_chosen, gboolean can_be)
{
  GtkWidget *before = gtk_widget_get_first_child (GTK_WIDGET (box));
  GtkWidget *check = gtk_check_button_new ();
  GtkWidget *label = gtk_label_new (title);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 32);
  gtk_widget_set_margin_start (label, 6);
  gtk_check_button_set_child (GTK_CHECK_BUTTON (check), label);
  gtk_widget_set_sensitive (check, can_be);
  gtk_accessible_update_property (GTK_ACCESSIBLE (check), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  if (before != NULL)
    gtk_check_button_set_group (GTK_CHECK_BUTTON (check), GTK_CHECK_BUTTON (before));
  gtk_check_button_set_active (GTK_CHECK_BUTTON (check), is_chosen);
  gtk_box_append (box, check);

  return check;
}

static void
model_toggled_cb (DadamPaneChip *self, GtkCheckButton *check)
{
  const char *path = g_object_get_data (G_OBJECT (check), "path");

  if (!gtk_check_button_get_active (check))
    return;
  g_signal_emit (self, signals[MODEL_CHOSEN], 0, path);
  gtk_popover_popdown (self->popover);
}

static void
add_models (DadamPaneChip *self)
{
  g_autoptr (GPtrArray) paths = dadam_pairing_list_models (self->pairing);

  for (guint i = 0; i < paths->len; i++) {
    const char *path = paths->pdata[i];
    g_autofree char *title = dadam_catalogue_name_path (path);
    gboolean is_chosen = self->model != NULL
                         && g_str_equal (dadam_model_get_path (self->model), path);
    GtkWidget *check = add_check (self->models, title, is_chosen, TRUE);

    gtk_widget_set_tooltip_text (check, path);
    g_object_set_data_full (G_OBJECT (check), "path", g_strdup (path), g_free);
    g_signal_connect_object (check, "toggled", G_CALLBACK (model_toggled_cb), self,
                             G_CONNECT_SWAPPED);
  }
}

static void
device_toggled_cb (DadamPaneChip *self, GtkCheckButton *check)
{
  const char *key = g_object_get_data (G_OBJECT (check), "key");

  if (!gtk_check_button_get_active (check))
    return;
  g_signal_emit (self, signals[DEVICE_CHOSEN], 0, key);
  gtk_popover_popdown (self->popover);
}

static void
add_device (DadamPaneChip *self, const char *title, const char *key, gboolean can_be)
{
  const char *own = self->model != NULL ? dadam_model_get_own_device (self->model) : NULL;
  GtkWidget *check = add_check (self->devices, title, g_strcmp0 (own, key) == 0, can_be);

  g_object_set_data_full (G_OBJECT (check), "key", g_strdup (key), g_free);
  g_signal_connect_object (check, "toggled", G_CALLBACK (device_toggled_cb), self,
                           G_CONNECT_SWAPPED);
}

static void
add_devices (DadamPaneChip *self)
{
  GListModel *devices = dadam_engine_get_devices (self->engine);
  guint n_offered = 0;

  add_device (self, _ ("As for all models"), NULL, TRUE);
  for (guint i = 0; i < g_list_model_get_n_items (devices); i++) {
    g_autoptr (DadamDevice) device = g_list_model_get_item (devices, i);
    g_autofree char *caption = dadam_device_get_caption (device);

    if (!dadam_device_is_offered (device))
      continue;
    add_device (self, caption, dadam_device_get_key (device),
                dadam_device_get_problem (device) == NULL);
    n_offered++;
  }
  gtk_widget_set_visible (self->devices_box, n_offered > 1 && self->model != NULL);
}

static void
empty (GtkBox *box)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (box))) != NULL)
    gtk_box_remove (box, child);
}

static void
clear_cb (DadamPaneChip *self)
{
  empty (self->models);
  empty (self->devices);
}

static void
fill_cb (DadamPaneChip *self)
{
  clear_cb (self);
  add_models (self);
  add_devices (self);
  dadam_hangul_mend (GTK_WIDGET (self->popover));
}

static void
settings_cb (DadamPaneChip *self)
{
  gtk_popover_popdown (self->popover);
  g_signal_emit (self, signals[SETTINGS], 0);
}

/* ---- the class --------------------------------------------------------- */

static void
dadam_pane_chip_dispose (GObject *object)
{
  DadamPaneChip *self = DADAM_PANE_CHIP (object);

  if (self->model != NULL)
    g_signal_handlers_disconnect_by_data (self->model, self);
  g_clear_object (&self->model);
  g_clear_object (&self->pairing);
  g_clear_object (&self->engine);
  g_clear_pointer (&self->secret, g_free);
  adw_bin_set_child (ADW_BIN (self), NULL); /* a bin does not see its template let go */
  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_PANE_CHIP);

  G_OBJECT_CLASS (dadam_pane_chip_parent_class)->dispose (object);
}

static void
dadam_pane_chip_class_init (DadamPaneChipClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_pane_chip_dispose;

  signals[MODEL_CHOSEN] = g_signal_new ("model-chosen", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                        NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[DEVICE_CHOSEN] = g_signal_new ("device-chosen", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                         NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SETTINGS] = g_signal_new ("settings", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                    G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-pane-chip.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamPaneChip, button);
  gtk_widget_class_bind_template_child (widget_class, DadamPaneChip, popover);
  gtk_widget_class_bind_template_child (widget_class, DadamPaneChip, title);
  gtk_widget_class_bind_template_child (widget_class, DadamPaneChip, caption);
  gtk_widget_class_bind_template_child (widget_class, DadamPaneChip, arrow);
  gtk_widget_class_bind_template_child (widget_class, DadamPaneChip, models);
  gtk_widget_class_bind_template_child (widget_class, DadamPaneChip, devices_box);
  gtk_widget_class_bind_template_child (widget_class, DadamPaneChip, devices);
  gtk_widget_class_bind_template_child (widget_class, DadamPaneChip, settings);
  gtk_widget_class_bind_template_callback (widget_class, fill_cb);
  gtk_widget_class_bind_template_callback (widget_class, clear_cb);
  gtk_widget_class_bind_template_callback (widget_class, settings_cb);
}

static void
dadam_pane_chip_init (DadamPaneChip *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  dadam_tooltip_show_cut (self->title);
}

/* Once, before it is shown. */
void
dadam_pane_chip_set_up (DadamPaneChip *self, DadamEngine *engine, DadamPairing *pairing)
{
  g_return_if_fail (DADAM_IS_PANE_CHIP (self));

  self->engine = g_object_ref (engine);
  self->pairing = g_object_ref (pairing);
  g_signal_connect_object (dadam_engine_get_devices (engine), "items-changed",
                           G_CALLBACK (show_model), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (engine, "testing", G_CALLBACK (show_model), self, G_CONNECT_SWAPPED);
  show_model (self);
}

/* @model: (nullable): what to show from now on. */
void
dadam_pane_chip_set_model (DadamPaneChip *self, DadamModel *model)
{
  g_return_if_fail (DADAM_IS_PANE_CHIP (self));

  if (self->model != model) {
    if (self->model != NULL)
      g_signal_handlers_disconnect_by_data (self->model, self);
    g_set_object (&self->model, model);
    if (model != NULL)
      g_signal_connect_swapped (model, "changed", G_CALLBACK (show_model), self);
  }
  show_model (self);
}

/* @name: (nullable): what the pane is called while its model is secret; %NULL: it is not. */
void
dadam_pane_chip_set_secret (DadamPaneChip *self, const char *name)
{
  g_return_if_fail (DADAM_IS_PANE_CHIP (self));

  g_set_str (&self->secret, name);
  show_model (self);
}
