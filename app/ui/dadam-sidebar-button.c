/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Looks for the split view it is in by itself, so that a page need not know of it.
 */
#include "config.h"

#include "dadam-sidebar-button.h"

#include <glib/gi18n.h>

struct _DadamSidebarButton {
  GtkButton parent_instance;

  GBinding *binding; /* while in a window; the objects it binds own it */
};

G_DEFINE_FINAL_TYPE (DadamSidebarButton, dadam_sidebar_button, GTK_TYPE_BUTTON)

static void
dadam_sidebar_button_root (GtkWidget *widget)
{
  DadamSidebarButton *self = DADAM_SIDEBAR_BUTTON (widget);
  GtkWidget *split_view;

  GTK_WIDGET_CLASS (dadam_sidebar_button_parent_class)->root (widget);
  split_view = gtk_widget_get_ancestor (widget, ADW_TYPE_OVERLAY_SPLIT_VIEW);
  if (split_view != NULL)
    self->binding = g_object_bind_property (split_view, "show-sidebar", self, "visible",
                                            G_BINDING_SYNC_CREATE | G_BINDING_INVERT_BOOLEAN);
}

static void
dadam_sidebar_button_unroot (GtkWidget *widget)
{
  DadamSidebarButton *self = DADAM_SIDEBAR_BUTTON (widget);

  g_clear_pointer (&self->binding, g_binding_unbind);

  GTK_WIDGET_CLASS (dadam_sidebar_button_parent_class)->unroot (widget);
}

static void
dadam_sidebar_button_class_init (DadamSidebarButtonClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->root = dadam_sidebar_button_root;
  widget_class->unroot = dadam_sidebar_button_unroot;
}

static void
dadam_sidebar_button_init (DadamSidebarButton *self)
{
  gtk_button_set_icon_name (GTK_BUTTON (self), "sidebar-show-symbolic");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), _ ("Show Sidebar"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Show Sidebar"), -1);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self), "win.toggle-sidebar");
}
