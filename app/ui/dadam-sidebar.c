/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sidebar.  Where its rows lead to is the window's.
 */
#include "config.h"

#include "dadam-sidebar.h"

#include "dadam-actions.h"
#include "dadam-download-bar.h"

struct _DadamSidebar {
  AdwBin parent_instance;

  /* Template. */
  GtkMenuButton *menu_button;
  GtkListBox *pages;
  GtkListBoxRow *models_row;
  DadamDownloadBar *downloads;
  DadamConversationList *conversations;
};

G_DEFINE_FINAL_TYPE (DadamSidebar, dadam_sidebar, ADW_TYPE_BIN)

static void
activated_cb (DadamSidebar *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.show-models", NULL);
}

static void
dadam_sidebar_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), DADAM_TYPE_SIDEBAR);

  G_OBJECT_CLASS (dadam_sidebar_parent_class)->dispose (object);
}

static void
dadam_sidebar_class_init (DadamSidebarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_sidebar_dispose;

  g_type_ensure (DADAM_TYPE_CONVERSATION_LIST);
  g_type_ensure (DADAM_TYPE_DOWNLOAD_BAR);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-sidebar.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamSidebar, menu_button);
  gtk_widget_class_bind_template_child (widget_class, DadamSidebar, pages);
  gtk_widget_class_bind_template_child (widget_class, DadamSidebar, models_row);
  gtk_widget_class_bind_template_child (widget_class, DadamSidebar, downloads);
  gtk_widget_class_bind_template_child (widget_class, DadamSidebar, conversations);
  gtk_widget_class_bind_template_callback (widget_class, activated_cb);
}

static void
dadam_sidebar_init (DadamSidebar *self)
{
  g_autoptr (GMenuModel) menu = dadam_actions_create_menu ();

  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_menu_button_set_menu_model (self->menu_button, menu);
}

/* (transfer none). */
DadamConversationList *
dadam_sidebar_get_conversations (DadamSidebar *self)
{
  g_return_val_if_fail (DADAM_IS_SIDEBAR (self), NULL);

  return self->conversations;
}

/* Once, before it is shown. */
void
dadam_sidebar_set_up (DadamSidebar *self, DadamManager *manager)
{
  g_return_if_fail (DADAM_IS_SIDEBAR (self));

  dadam_download_bar_set_up (self->downloads, manager);
}

/* Whether the models are what is beside the sidebar. */
void
dadam_sidebar_select_models (DadamSidebar *self, gboolean selected)
{
  g_return_if_fail (DADAM_IS_SIDEBAR (self));

  gtk_list_box_select_row (self->pages, selected ? self->models_row : NULL);
}
