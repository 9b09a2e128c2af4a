/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of actions.
 */
#include "config.h"

#include "dadam-actions.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#define QUIT "app.quit"
#define QUIT_KEY "<Control>q"

static const DadamAction actions[] = {
  { NULL, { "Return" }, N_ ("Send message"), NULL, DADAM_GROUP_CHAT },
  { NULL, { "<Shift>Return" }, N_ ("New line"), NULL, DADAM_GROUP_CHAT },
  { NULL, { "Escape" }, N_ ("Stop answer"), NULL, DADAM_GROUP_CHAT },
  { "win.new-chat", { "<Control>n" }, N_ ("New chat"), NULL, DADAM_GROUP_CHAT },
  { "win.search", { "<Control>f" }, N_ ("Search conversations"), NULL, DADAM_GROUP_CHAT },
  { "win.find", { "<Control><Shift>f" }, N_ ("Find in the conversation"), NULL, DADAM_GROUP_CHAT },
  { "win.open", { "<Control>o" }, N_ ("Open model"), N_ ("_Open Model…"), DADAM_GROUP_CHAT },
  { NULL, { "<Alt>1" }, N_ ("The left answer is better"), NULL, DADAM_GROUP_COMPARE },
  { NULL, { "<Alt>2" }, N_ ("Both are equally good"), NULL, DADAM_GROUP_COMPARE },
  { NULL, { "<Alt>3" }, N_ ("Neither is good"), NULL, DADAM_GROUP_COMPARE },
  { NULL, { "<Alt>4" }, N_ ("The right answer is better"), NULL, DADAM_GROUP_COMPARE },
  { "win.toggle-sidebar", { "F9" }, N_ ("Show or hide the sidebar"), NULL, DADAM_GROUP_VIEW },
  { "win.zoom-in",
    { "<Control>plus", "<Control>equal" },
    N_ ("Increase text size"),
    NULL,
    DADAM_GROUP_VIEW },
  { "win.zoom-out", { "<Control>minus" }, N_ ("Decrease text size"), NULL, DADAM_GROUP_VIEW },
  { "win.zoom-normal", { "<Control>0" }, N_ ("Reset text size"), NULL, DADAM_GROUP_VIEW },
  { NULL, { "F10" }, N_ ("Main menu"), NULL, DADAM_GROUP_GENERAL },
  { "app.preferences",
    { "<Control>comma" },
    N_ ("Preferences"),
    N_ ("_Preferences"),
    DADAM_GROUP_GENERAL },
  { "app.shortcuts",
    { "<Control>question" },
    N_ ("Keyboard shortcuts"),
    N_ ("_Keyboard Shortcuts"),
    DADAM_GROUP_GENERAL },
  { "app.help", { "F1" }, N_ ("User guide"), N_ ("User _Guide"), DADAM_GROUP_GENERAL },
  { "app.about", { NULL }, NULL, N_ ("_About Dadam"), DADAM_GROUP_GENERAL },
  { "window.close", { "<Control>w" }, N_ ("Close window"), NULL, DADAM_GROUP_GENERAL },
  { QUIT, { QUIT_KEY }, N_ ("Quit"), NULL, DADAM_GROUP_GENERAL },
};

static const char *const group_titles[DADAM_N_GROUPS] = {
  [DADAM_GROUP_CHAT] = N_ ("Chat"),
  [DADAM_GROUP_COMPARE] = N_ ("Blind Comparison"),
  [DADAM_GROUP_VIEW] = N_ ("View"),
  [DADAM_GROUP_GENERAL] = N_ ("General"),
};

const DadamAction *
dadam_actions_get (gsize *n_actions)
{
  *n_actions = G_N_ELEMENTS (actions);

  return actions;
}

/* Translated. */
const char *
dadam_actions_get_group_title (DadamActionGroup group)
{
  return _ (group_titles[group]);
}

static void
let_quit (GType type)
{
  GtkWidgetClass *widget_class = g_type_class_ref (type);
  g_autoptr (GtkShortcut) shortcut = gtk_shortcut_new (gtk_shortcut_trigger_parse_string (QUIT_KEY),
                                                       gtk_named_action_new (QUIT));

  gtk_widget_class_add_shortcut (widget_class, shortcut);
  g_type_class_unref (widget_class);
}

/**
 * dadam_actions_set_accels:
 *
 * An open dialog or popover keeps all keys from the window below, but the program can be
 * quitted from there too.  Once, before the first of either, whose class takes it over.
 */
void
dadam_actions_set_accels (GtkApplication *application)
{
  for (gsize i = 0; i < G_N_ELEMENTS (actions); i++)
    if (actions[i].action != NULL && actions[i].accels[0] != NULL)
      gtk_application_set_accels_for_action (application, actions[i].action, actions[i].accels);
  let_quit (GTK_TYPE_POPOVER);
  let_quit (ADW_TYPE_DIALOG);
}

/**
 * dadam_actions_create_menu:
 *
 * Returns: (transfer full): the primary menu, a section for each group
 */
GMenuModel *
dadam_actions_create_menu (void)
{
  g_autoptr (GMenu) menu = g_menu_new ();

  for (DadamActionGroup group = 0; group < DADAM_N_GROUPS; group++) {
    g_autoptr (GMenu) section = g_menu_new ();

    for (gsize i = 0; i < G_N_ELEMENTS (actions); i++)
      if (actions[i].group == group && actions[i].menu != NULL)
        g_menu_append (section, _ (actions[i].menu), actions[i].action);
    if (g_menu_model_get_n_items (G_MENU_MODEL (section)) > 0)
      g_menu_append_section (menu, NULL, G_MENU_MODEL (section));
  }

  return G_MENU_MODEL (g_steal_pointer (&menu));
}
