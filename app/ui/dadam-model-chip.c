/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The model chip.  Its popover has the facts about the model and the device, and the
 * models there are, those opened lately first; choosing one is the action
 * "win.open-path".
 */
#include "config.h"

#include "dadam-model-chip.h"

#include <glib/gi18n.h>

#include "dadam-caption.h"
#include "dadam-catalogue.h"
#include "dadam-device-list.h"
#include "dadam-device.h"
#include "dadam-settings.h"
#include "dadam-tooltip.h"

struct _DadamModelChip {
  AdwBin parent_instance;

  /* Template. */
  GtkLabel *title;
  GtkLabel *caption;
  GtkWidget *arrow;
  GtkPopover *popover;
  GtkWidget *facts;
  GtkLabel *name;
  GtkLabel *path;
  GtkProgressBar *progress;
  GtkLabel *device;
  GtkLabel *threads;
  GtkLabel *context;
  DadamDeviceList *device_list;
  GtkButton *unload;
  GtkWidget *others;
  GtkBox *models;

  /* Owned. */
  DadamEngine *engine;
  DadamLibrary *library;
  GSettings *settings;
  DadamModel *model;
};

G_DEFINE_FINAL_TYPE (DadamModelChip, dadam_model_chip, ADW_TYPE_BIN)

/* Whether a model that is not loaded yet will run on it. */
static gboolean
will_be_used (DadamDevice *device, const char *chosen)
{
  if (*chosen != '\0')
    return g_str_equal (dadam_device_get_key (device), chosen);

  return dadam_device_is_offered (device) && dadam_device_get_problem (device) == NULL;
}

/* (nullable): the device the model runs on, or the one that will be chosen for it. */
static DadamDevice *
find_device (DadamModelChip *self)
{
  GListModel *devices = dadam_engine_get_devices (self->engine);
  const char *name = dadam_model_get_device (self->model);
  g_autofree char *chosen = g_settings_get_string (self->settings, DADAM_SETTING_DEVICE);

  if (name != NULL)
    return dadam_device_find (devices, name);
  for (guint i = 0; i < g_list_model_get_n_items (devices); i++) {
    g_autoptr (DadamDevice) device = g_list_model_get_item (devices, i);

    if (will_be_used (device, chosen))
      return g_steal_pointer (&device);
  }

  return NULL;
}

static void
show_facts (DadamModelChip *self)
{
  g_autoptr (DadamDevice) device = find_device (self);
  g_autofree char *context = NULL;
  g_autofree char *threads = NULL;
  const char *name = dadam_model_get_device (self->model);
  gint64 n_tokens = dadam_model_get_context (self->model);

  gtk_label_set_text (self->name, dadam_model_get_title (self->model));
  gtk_label_set_text (self->path, dadam_model_get_path (self->model));
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->path), dadam_model_get_path (self->model));

  if (device != NULL && !dadam_device_is_card (device))
    threads = g_strdup_printf ("%d", dadam_device_get_threads (device));
  gtk_label_set_text (self->device, device != NULL ? dadam_device_get_name (device)
                                    : name != NULL ? name
                                                   : "–");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->device),
                               device ? dadam_device_get_features (device) : NULL);
  gtk_label_set_text (self->threads, threads ? threads : "–");
  if (n_tokens > 0)
    context = g_strdup_printf (ngettext ("%d token", "%d tokens", (gulong) n_tokens),
                               (int) n_tokens);
  gtk_label_set_text (self->context, context ? context : "–");
}

/* What the chip is called by a screen reader, which would read all of the popover otherwise. */
static void
name_chip (DadamModelChip *self, const char *title, const char *caption)
{
  /* Translators: a model, and what it runs on or how far its loading is. */
  g_autofree char *name = caption ? g_strdup_printf (_ ("Model: %s, %s"), title, caption) : NULL;

  gtk_accessible_update_property (GTK_ACCESSIBLE (adw_bin_get_child (ADW_BIN (self))),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, name ? name : title, -1);
}

/* Before there is a model there is nothing to choose. */
static void
show_choice (DadamModelChip *self)
{
  GtkWidget *chip = adw_bin_get_child (ADW_BIN (self));
  g_auto (GStrv) choices = dadam_library_get_choices (self->library);
  gboolean can_choose = self->model != NULL || choices[0] != NULL;

  gtk_widget_set_visible (self->arrow, can_choose);
  gtk_widget_set_can_target (chip, can_choose);
  gtk_widget_set_focusable (gtk_widget_get_first_child (chip), can_choose);
}

static void
show_model (DadamModelChip *self)
{
  DadamModelState state = DADAM_MODEL_UNLOADED;
  g_autofree char *caption = NULL;

  gtk_widget_set_visible (self->facts, self->model != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->caption), self->model != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->unload), self->model != NULL);
  show_choice (self);
  if (self->model == NULL) {
    gtk_label_set_text (self->title, _ ("Dadam"));
    name_chip (self, _ ("Model"), NULL);
    return;
  }

  state = dadam_model_get_state (self->model);
  caption = dadam_caption_of_model (self->model, self->engine);
  gtk_label_set_text (self->title, dadam_model_get_title (self->model));
  gtk_label_set_text (self->caption, caption);
  name_chip (self, dadam_model_get_title (self->model), caption);
  gtk_widget_set_visible (GTK_WIDGET (self->progress), state == DADAM_MODEL_LOADING);
  gtk_progress_bar_set_fraction (self->progress, dadam_model_get_fraction (self->model));
  gtk_button_set_label (self->unload, state == DADAM_MODEL_LOADING ? _ ("_Cancel") : _ ("_Unload"));
  gtk_widget_set_sensitive (GTK_WIDGET (self->unload),
                            state == DADAM_MODEL_LOADING || state == DADAM_MODEL_LOADED);
  show_facts (self);
}

static void
unload_cb (DadamModelChip *self)
{
  dadam_model_unload (self->model);
  gtk_popover_popdown (self->popover);
}

/* ---- the other models -------------------------------------------------- */

static GtkWidget *
create_model_button (const char *path)
{
  g_autofree char *title = dadam_catalogue_name_path (path);
  GtkWidget *button = gtk_button_new ();
  GtkWidget *label = gtk_label_new (title);

  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_button_set_child (GTK_BUTTON (button), label);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "model");
  gtk_widget_set_tooltip_text (button, path);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "win.open-path");
  gtk_actionable_set_action_target (GTK_ACTIONABLE (button), "s", path);

  return button;
}

static void
list_models (DadamModelChip *self)
{
  const char *own = self->model != NULL ? dadam_model_get_path (self->model) : "";
  g_auto (GStrv) choices = dadam_library_get_choices (self->library);
  GtkWidget *child;
  guint n_shown = 0;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->models))) != NULL)
    gtk_box_remove (self->models, child);
  for (guint i = 0; choices[i] != NULL; i++) {
    GtkWidget *button;

    if (g_str_equal (choices[i], own))
      continue;
    button = create_model_button (choices[i]);
    g_signal_connect_object (button, "clicked", G_CALLBACK (gtk_popover_popdown), self->popover,
                             G_CONNECT_SWAPPED);
    gtk_box_append (self->models, button);
    n_shown++;
  }
  gtk_widget_set_visible (self->others, n_shown > 0);
}

/* ---- the class --------------------------------------------------------- */

static void
dadam_model_chip_dispose (GObject *object)
{
  DadamModelChip *self = DADAM_MODEL_CHIP (object);

  if (self->model != NULL)
    g_signal_handlers_disconnect_by_data (self->model, self);
  g_clear_object (&self->model);
  g_clear_object (&self->library);
  g_clear_object (&self->settings);
  g_clear_object (&self->engine);
  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_MODEL_CHIP);

  G_OBJECT_CLASS (dadam_model_chip_parent_class)->dispose (object);
}

static void
dadam_model_chip_class_init (DadamModelChipClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_model_chip_dispose;

  g_type_ensure (DADAM_TYPE_DEVICE_LIST);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-model-chip.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamModelChip, title);
  gtk_widget_class_bind_template_child (widget_class, DadamModelChip, caption);
  gtk_widget_class_bind_template_child (widget_class, DadamModelChip, arrow);
  gtk_widget_class_bind_template_child (widget_class, DadamModelChip, popover);
  gtk_widget_class_bind_template_child (widget_class, DadamModelChip, facts);
  gtk_widget_class_bind_template_child (widget_class, DadamModelChip, name);
  gtk_widget_class_bind_template_child (widget_class, DadamModelChip, path);
  gtk_widget_class_bind_template_child (widget_class, DadamModelChip, progress);
  gtk_widget_class_bind_template_child (widget_class, DadamModelChip, device);
  gtk_widget_class_bind_template_child (widget_class, DadamModelChip, threads);
  gtk_widget_class_bind_template_child (widget_class, DadamModelChip, context);
  gtk_widget_class_bind_template_child (widget_class, DadamModelChip, device_list);
  gtk_widget_class_bind_template_child (widget_class, DadamModelChip, unload);
  gtk_widget_class_bind_template_child (widget_class, DadamModelChip, others);
  gtk_widget_class_bind_template_child (widget_class, DadamModelChip, models);
  gtk_widget_class_bind_template_callback (widget_class, unload_cb);
  gtk_widget_class_bind_template_callback (widget_class, list_models);
}

static void
dadam_model_chip_init (DadamModelChip *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  dadam_tooltip_show_cut (self->title);
  dadam_tooltip_show_cut (self->caption);
}

/* Once, before the chip is shown. */
void
dadam_model_chip_set_up (DadamModelChip *self,
                         DadamEngine *engine,
                         DadamLibrary *library,
                         GSettings *settings)
{
  g_return_if_fail (DADAM_IS_MODEL_CHIP (self));

  self->engine = g_object_ref (engine);
  self->library = g_object_ref (library);
  self->settings = g_object_ref (settings);
  g_signal_connect_object (settings, "changed::" DADAM_SETTING_DEVICE, G_CALLBACK (show_model),
                           self, G_CONNECT_SWAPPED);
  g_signal_connect_object (dadam_engine_get_devices (engine), "items-changed",
                           G_CALLBACK (show_model), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (library, "choices", G_CALLBACK (show_choice), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (engine, "testing", G_CALLBACK (show_model), self, G_CONNECT_SWAPPED);
  dadam_device_list_set_up (self->device_list, engine, settings);
  show_model (self);
}

/**
 * dadam_model_chip_set_model:
 * @model: (nullable): what to show from now on
 */
void
dadam_model_chip_set_model (DadamModelChip *self, DadamModel *model)
{
  g_return_if_fail (DADAM_IS_MODEL_CHIP (self));

  if (self->model != NULL)
    g_signal_handlers_disconnect_by_data (self->model, self);
  g_set_object (&self->model, model);
  if (model != NULL)
    g_signal_connect_swapped (model, "changed", G_CALLBACK (show_model), self);
  show_model (self);
}
