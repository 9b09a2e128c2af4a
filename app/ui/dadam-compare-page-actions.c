/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What can be chosen on the compare page: the models, devices and settings of its panes,
 * and what is in its menu.
 */
#include "config.h"

#include "dadam-compare-page-private.h"

#include <glib/gi18n.h>

#include "dadam-choices-dialog.h"
#include "dadam-conversation-actions.h"
#include "dadam-results-page.h"
#include "dadam-settings.h"

/* ---- models ------------------------------------------------------------ */

static guint
pane_of_chip (DadamComparePage *self, DadamPaneChip *chip)
{
  return chip == self->chips[0] ? 0 : 1;
}

/* What is chosen is for the next one, and for this one where nothing was said yet or it goes on
 * openly. */
static void
use_chosen (DadamComparePage *self, guint pane)
{
  if (dadam_comparison_is_secret (self->comparison))
    return;
  dadam_conversation_set_model (dadam_compare_page_get_pane (self, pane),
                                dadam_pairing_get_model (self->pairing, pane));
  dadam_compare_page_update (self);
}

void
dadam_compare_page_model_chosen_cb (DadamComparePage *self, const char *path, DadamPaneChip *chip)
{
  guint pane = pane_of_chip (self, chip);

  dadam_pairing_choose_model (self->pairing, pane, path);
  use_chosen (self, pane);
}

void
dadam_compare_page_device_chosen_cb (DadamComparePage *self,
                                     const char *device,
                                     DadamPaneChip *chip)
{
  guint pane = pane_of_chip (self, chip);
  DadamModel *model = dadam_conversation_get_model (dadam_compare_page_get_pane (self, pane));

  if (model == NULL)
    return;
  dadam_pairing_choose_model (self->pairing, pane, dadam_model_get_path (model));
  dadam_pairing_choose_device (self->pairing, pane, device);
  use_chosen (self, pane);
}

static DadamChoicesDialog *
show_settings (DadamComparePage *self, guint pane)
{
  g_autofree char *draft = dadam_composer_get_message (self->composer);
  DadamChoicesDialog *dialog =
      dadam_choices_dialog_new_for_conversation (dadam_compare_page_get_pane (self, pane), draft);

  adw_dialog_present (ADW_DIALOG (dialog), GTK_WIDGET (self));

  return dialog;
}

void
dadam_compare_page_settings_cb (DadamComparePage *self, DadamPaneChip *chip)
{
  show_settings (self, pane_of_chip (self, chip));
}

/* The right pane has what the left one has, and so have comparisons to come. */
static void
share_settings_cb (DadamComparePage *self)
{
  const char *settings = dadam_conversation_get_settings (dadam_compare_page_get_pane (self, 0));

  dadam_conversation_set_settings (dadam_compare_page_get_pane (self, 1), settings);
  g_settings_set_string (self->settings, DADAM_SETTING_COMPARE_CHOICES,
                         settings != NULL ? settings : "");
}

static void
settings_of_both_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  DadamComparePage *self = DADAM_COMPARE_PAGE (user_data);
  DadamChoicesDialog *dialog = show_settings (self, 0);

  g_signal_connect_object (dialog, "closed", G_CALLBACK (share_settings_cb), self,
                           G_CONNECT_SWAPPED);
}

/* ---- the menu ---------------------------------------------------------- */

static void
begin_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  dadam_compare_page_begin (DADAM_COMPARE_PAGE (user_data));
}

static void
results_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  DadamComparePage *self = DADAM_COMPARE_PAGE (user_data);

  adw_navigation_view_push (self->navigation, dadam_results_page_new (self->archive));
}

static void
blind_cb (GSimpleAction *action, GVariant *state, gpointer user_data)
{
  DadamComparePage *self = DADAM_COMPARE_PAGE (user_data);

  g_settings_set_boolean (self->settings, DADAM_SETTING_COMPARE_BLIND,
                          g_variant_get_boolean (state));
  dadam_comparison_set_is_blind (self->comparison, g_variant_get_boolean (state));
  g_simple_action_set_state (action, state);
}

static void
go_on_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  DadamComparePage *self = DADAM_COMPARE_PAGE (user_data);
  gint64 id = dadam_comparison_copy_pane (self->comparison,
                                          (guint) g_variant_get_int32 (parameter));

  gtk_widget_activate_action (GTK_WIDGET (self), "win.show-conversation", "x", id);
}

/* The model that failed, from now on. */
static void
use_cpu_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  DadamComparePage *self = DADAM_COMPARE_PAGE (user_data);

  dadam_banner_reset (self->banner);
  dadam_compare_page_device_chosen_cb (self, DADAM_DEVICE_CPU, self->chips[self->failed]);
}

static void
create_menu_cb (GtkMenuButton *button, gpointer user_data)
{
  DadamComparePage *self = DADAM_COMPARE_PAGE (user_data);
  gint64 id = dadam_comparison_get_id (self->comparison);
  g_autoptr (GMenu) menu = g_menu_new ();
  g_autoptr (GMenu) ways = g_menu_new ();
  g_autoptr (GMenu) chats = g_menu_new ();
  g_autoptr (GMenu) exports = g_menu_new ();

  g_menu_append (ways, _ ("_Results"), "compare.results");
  g_menu_append (ways, _ ("_Scroll Together"), "compare." DADAM_SETTING_COMPARE_SCROLL);
  g_menu_append (ways, _ ("One _After the Other"), "compare." DADAM_SETTING_COMPARE_IN_TURNS);
  g_menu_append (ways, _ ("Settings of _Both…"), "compare.settings");
  g_menu_append (chats, _ ("Go On With the _Left One Alone"), "compare.go-on(0)");
  g_menu_append (chats, _ ("Go On With the Ri_ght One Alone"), "compare.go-on(1)");
  g_menu_append_section (menu, NULL, G_MENU_MODEL (ways));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (chats));
  if (id != 0) {
    g_autoptr (GMenuModel) formats = dadam_conversation_actions_create_exports (id);

    g_menu_append_submenu (exports, _ ("_Export"), formats);
    g_menu_append_section (menu, NULL, G_MENU_MODEL (exports));
  }
  gtk_menu_button_set_menu_model (button, G_MENU_MODEL (menu));
}

void
dadam_compare_page_create_actions (DadamComparePage *self)
{
  static const GActionEntry entries[] = {
    { "begin", begin_cb },
    { "results", results_cb },
    { "settings", settings_of_both_cb },
    { "go-on", go_on_cb, "i" },
    { "use-cpu", use_cpu_cb },
    { "blind", NULL, NULL, "false", blind_cb },
  };
  static const char *const kept[] = { DADAM_SETTING_COMPARE_IN_TURNS,
                                      DADAM_SETTING_COMPARE_SCROLL };

  g_action_map_add_action_entries (G_ACTION_MAP (self->actions), entries, G_N_ELEMENTS (entries),
                                   self);
  for (guint i = 0; i < G_N_ELEMENTS (kept); i++) {
    g_autoptr (GAction) action = g_settings_create_action (self->settings, kept[i]);

    g_action_map_add_action (G_ACTION_MAP (self->actions), action);
  }
  gtk_widget_insert_action_group (GTK_WIDGET (self), "compare", G_ACTION_GROUP (self->actions));
  gtk_menu_button_set_create_popup_func (self->menu_button, create_menu_cb, self, NULL);
}

/* ---- what may be done now ---------------------------------------------- */

static GSimpleAction *
find_action (DadamComparePage *self, const char *name)
{
  return G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self->actions), name));
}

void
dadam_compare_page_allow_actions (DadamComparePage *self)
{
  gboolean is_empty = dadam_compare_page_is_empty (self);
  gboolean is_secret = dadam_comparison_is_secret (self->comparison);
  gboolean is_answering = dadam_comparison_is_answering (self->comparison);

  g_simple_action_set_enabled (find_action (self, "begin"), !is_empty);
  g_simple_action_set_enabled (find_action (self, "blind"),
                               dadam_comparison_get_id (self->comparison) == 0);
  g_simple_action_set_state (find_action (self, "blind"),
                             g_variant_new_boolean (dadam_comparison_is_blind (self->comparison)));
  g_simple_action_set_enabled (find_action (self, "settings"),
                               !is_secret && !is_answering && dadam_compare_page_has_models (self));
  g_simple_action_set_enabled (find_action (self, "go-on"),
                               !is_secret && !is_answering && !is_empty);
}
