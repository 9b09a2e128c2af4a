/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One table of actions, from which accelerators, the primary menu and the dialog of
 * keyboard shortcuts are made.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

typedef enum {
  DADAM_GROUP_CHAT,
  DADAM_GROUP_COMPARE,
  DADAM_GROUP_VIEW,
  DADAM_GROUP_GENERAL,
  DADAM_N_GROUPS
} DadamActionGroup;

typedef struct {
  const char *action;    /* detailed name; %NULL: the key is handled where the focus is */
  const char *accels[3]; /* the first one is shown */
  const char *title;     /* to be translated */
  const char *menu;      /* as it is called in the primary menu; %NULL: not there */
  DadamActionGroup group;
} DadamAction;

const DadamAction *dadam_actions_get (gsize *n_actions);
const char *dadam_actions_get_group_title (DadamActionGroup group);
void dadam_actions_set_accels (GtkApplication *application);
GMenuModel *dadam_actions_create_menu (void);

G_END_DECLS
