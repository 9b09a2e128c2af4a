/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Radio buttons over the setting "device".  A card that cannot be used is shown with
 * the reason.  There is nothing to see where there is nothing to choose.
 */
#include "config.h"

#include "dadam-device-list.h"

#include <glib/gi18n.h>

#include "dadam-device.h"
#include "dadam-hangul.h"
#include "dadam-settings.h"

/* About the same width: a reason is set in smaller letters. */
#define TITLE_CHARS 34
#define CAPTION_CHARS 44

struct _DadamDeviceList {
  AdwBin parent_instance;

  /* Owned by the widget tree. */
  GtkBox *rows;
  GtkCheckButton *first; /* the leader of the group; %NULL: no rows */

  /* Owned. */
  DadamEngine *engine;
  GSettings *settings;
};

G_DEFINE_FINAL_TYPE (DadamDeviceList, dadam_device_list, ADW_TYPE_BIN)

static GtkWidget *
create_label (const char *text, int n_characters)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_max_width_chars (GTK_LABEL (label), n_characters);

  return label;
}

/* What cannot be chosen is dimmed as a whole, and why has to be read all the same. */
static GtkWidget *
create_caption (const char *text, gboolean can_be)
{
  GtkWidget *label = create_label (text, CAPTION_CHARS);

  gtk_widget_add_css_class (label, "caption");
  if (can_be)
    gtk_widget_add_css_class (label, "dimmed");

  return label;
}

/* Without a key it cannot be chosen. */
static void
add_choice (DadamDeviceList *self, const char *title, const char *subtitle, const char *key)
{
  GtkWidget *check = gtk_check_button_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  gtk_widget_set_margin_start (box, 6);
  gtk_box_append (GTK_BOX (box), create_label (title, TITLE_CHARS));
  if (subtitle != NULL)
    gtk_box_append (GTK_BOX (box), create_caption (subtitle, key != NULL));
  gtk_check_button_set_child (GTK_CHECK_BUTTON (check), box);
  gtk_accessible_update_property (GTK_ACCESSIBLE (check), GTK_ACCESSIBLE_PROPERTY_LABEL, title,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, subtitle ? subtitle : "",
                                  -1);
  if (self->first == NULL)
    self->first = GTK_CHECK_BUTTON (check);
  else
    gtk_check_button_set_group (GTK_CHECK_BUTTON (check), self->first);
  if (key != NULL) {
    gtk_actionable_set_action_name (GTK_ACTIONABLE (check), "devices.device");
    gtk_actionable_set_action_target (GTK_ACTIONABLE (check), "s", key);
  } else {
    gtk_widget_set_sensitive (check, FALSE);
  }
  gtk_box_append (self->rows, check);
}

/* What would be chosen by itself: the first that can be. */
static char *
find_best (GListModel *devices)
{
  for (guint i = 0; i < g_list_model_get_n_items (devices); i++) {
    g_autoptr (DadamDevice) device = g_list_model_get_item (devices, i);

    if (dadam_device_is_offered (device) && dadam_device_get_problem (device) == NULL)
      return dadam_device_get_caption (device);
  }

  return NULL;
}

/* Adds the devices; whether the chosen one is among them, and how many there are. */
static gboolean
add_devices (DadamDeviceList *self, const char *chosen, guint *n_added)
{
  GListModel *devices = dadam_engine_get_devices (self->engine);
  gboolean found = *chosen == '\0';

  *n_added = 0;
  for (guint i = 0; i < g_list_model_get_n_items (devices); i++) {
    g_autoptr (DadamDevice) device = g_list_model_get_item (devices, i);
    const char *problem = dadam_device_get_problem (device);
    const char *key = dadam_device_get_key (device);
    gboolean is_chosen = g_str_equal (key, chosen);
    g_autofree char *title = NULL;

    found |= is_chosen;
    if (!is_chosen && !dadam_device_is_offered (device))
      continue;
    title = dadam_device_get_caption (device);
    add_choice (self, title,
                problem                         ? problem
                : dadam_device_is_card (device) ? NULL
                                                : dadam_device_get_name (device),
                problem == NULL || is_chosen ? key : NULL);
    (*n_added)++;
  }

  return found;
}

static void
fill (DadamDeviceList *self)
{
  g_autofree char *chosen = g_settings_get_string (self->settings, DADAM_SETTING_DEVICE);
  g_autofree char *best = find_best (dadam_engine_get_devices (self->engine));
  g_autofree char *nvidia = dadam_device_word_nvidia (NULL, NULL);
  GtkWidget *child;
  guint n_added;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->rows))) != NULL)
    gtk_box_remove (self->rows, child);
  self->first = NULL;
  add_choice (self, _ ("Automatic"), best, "");
  if (!add_devices (self, chosen, &n_added)) {
    add_choice (self, _ ("The graphics card that was chosen"), _ ("It is not there any more"),
                chosen);
    n_added++;
  }
  if (nvidia != NULL) {
    add_choice (self, "NVIDIA", nvidia, NULL);
    n_added++;
  }
  dadam_hangul_mend (GTK_WIDGET (self->rows));
  gtk_widget_set_visible (GTK_WIDGET (self), n_added > 1 || *chosen != '\0');
}

static void
dadam_device_list_dispose (GObject *object)
{
  DadamDeviceList *self = DADAM_DEVICE_LIST (object);

  g_clear_object (&self->engine);
  g_clear_object (&self->settings);

  G_OBJECT_CLASS (dadam_device_list_parent_class)->dispose (object);
}

static void
dadam_device_list_class_init (DadamDeviceListClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dadam_device_list_dispose;
}

static void
dadam_device_list_init (DadamDeviceList *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *heading = gtk_label_new (_ ("Runs On"));

  gtk_label_set_xalign (GTK_LABEL (heading), 0);
  gtk_widget_add_css_class (heading, "caption-heading");
  gtk_widget_add_css_class (heading, "dimmed");
  self->rows = GTK_BOX (gtk_box_new (GTK_ORIENTATION_VERTICAL, 6));
  gtk_accessible_update_relation (GTK_ACCESSIBLE (self->rows), GTK_ACCESSIBLE_RELATION_LABELLED_BY,
                                  heading, NULL, -1);
  gtk_box_append (GTK_BOX (box), heading);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->rows));
  adw_bin_set_child (ADW_BIN (self), box);
}

/* Once, before it is shown. */
void
dadam_device_list_set_up (DadamDeviceList *self, DadamEngine *engine, GSettings *settings)
{
  g_autoptr (GSimpleActionGroup) group = g_simple_action_group_new ();
  g_autoptr (GAction) action = NULL;

  g_return_if_fail (DADAM_IS_DEVICE_LIST (self));

  self->engine = g_object_ref (engine);
  self->settings = g_object_ref (settings);
  action = g_settings_create_action (settings, DADAM_SETTING_DEVICE);
  g_action_map_add_action (G_ACTION_MAP (group), action);
  gtk_widget_insert_action_group (GTK_WIDGET (self), "devices", G_ACTION_GROUP (group));
  g_signal_connect_object (dadam_engine_get_devices (engine), "items-changed", G_CALLBACK (fill),
                           self, G_CONNECT_SWAPPED);
  fill (self);
}
