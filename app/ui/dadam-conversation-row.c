/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The menu is made when it is opened; its actions are in dadam-conversation-actions.c.
 */
#include "config.h"

#include "dadam-conversation-row.h"

#include <glib/gi18n.h>

#include "dadam-conversation-actions.h"
#include "dadam-tooltip.h"

struct _DadamConversationRow {
  GtkBox parent_instance;

  /* Children. */
  GtkWidget *icon;
  GtkLabel *title;
  GtkMenuButton *button;

  DadamSummary *summary; /* owned */
  GBinding *binding;     /* owned */
};

G_DEFINE_FINAL_TYPE (DadamConversationRow, dadam_conversation_row, GTK_TYPE_BOX)

static void
add_item (GMenu *menu, const char *label, const char *action, gint64 id)
{
  g_autoptr (GMenuItem) item = g_menu_item_new (label, NULL);

  g_menu_item_set_action_and_target (item, action, "x", id);
  g_menu_append_item (menu, item);
}

static GMenuModel *
create_menu (DadamSummary *summary)
{
  g_autoptr (GMenu) menu = g_menu_new ();
  g_autoptr (GMenu) changes = g_menu_new ();
  g_autoptr (GMenu) deletion = g_menu_new ();
  gint64 id = dadam_summary_get_id (summary);
  g_autoptr (GMenuModel) exports = dadam_conversation_actions_create_exports (id);

  add_item (changes, _ ("_Rename…"), "conversation.rename", id);
  if (dadam_summary_get_is_pinned (summary))
    add_item (changes, _ ("Un_pin"), "conversation.unpin", id);
  else
    add_item (changes, _ ("_Pin"), "conversation.pin", id);
  g_menu_append_submenu (changes, _ ("_Export"), exports);
  add_item (deletion, _ ("_Delete"), "conversation.delete", id);
  g_menu_append_section (menu, NULL, G_MENU_MODEL (changes));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (deletion));

  return G_MENU_MODEL (g_steal_pointer (&menu));
}

static void
create_popup_cb (GtkMenuButton *button, gpointer user_data)
{
  DadamConversationRow *self = DADAM_CONVERSATION_ROW (user_data);
  g_autoptr (GMenuModel) menu = self->summary != NULL ? create_menu (self->summary) : NULL;

  gtk_menu_button_set_menu_model (button, menu);
}

static void
pressed_cb (GtkGesture *gesture, int n, double x, double y, gpointer user_data)
{
  gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_CLAIMED);
  dadam_conversation_row_show_menu (DADAM_CONVERSATION_ROW (user_data));
}

static void
long_pressed_cb (GtkGesture *gesture, double x, double y, gpointer user_data)
{
  pressed_cb (gesture, 1, x, y, user_data);
}

static void
dadam_conversation_row_dispose (GObject *object)
{
  dadam_conversation_row_set_summary (DADAM_CONVERSATION_ROW (object), NULL);

  G_OBJECT_CLASS (dadam_conversation_row_parent_class)->dispose (object);
}

static void
dadam_conversation_row_class_init (DadamConversationRowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dadam_conversation_row_dispose;
}

static void
add_gestures (DadamConversationRow *self)
{
  GtkGesture *click = gtk_gesture_click_new ();
  GtkGesture *press = gtk_gesture_long_press_new ();

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), GDK_BUTTON_SECONDARY);
  g_signal_connect (click, "pressed", G_CALLBACK (pressed_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
  gtk_gesture_single_set_touch_only (GTK_GESTURE_SINGLE (press), TRUE);
  g_signal_connect (press, "pressed", G_CALLBACK (long_pressed_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (press));
}

static void
dadam_conversation_row_init (DadamConversationRow *self)
{
  self->icon = gtk_image_new_from_icon_name ("view-dual-symbolic");
  gtk_widget_set_margin_end (self->icon, 6);
  gtk_widget_set_tooltip_text (self->icon, _ ("Comparison"));
  gtk_box_append (GTK_BOX (self), self->icon);

  self->title = GTK_LABEL (gtk_label_new (NULL));
  gtk_label_set_ellipsize (self->title, PANGO_ELLIPSIZE_END);
  gtk_label_set_xalign (self->title, 0);
  gtk_label_set_single_line_mode (self->title, TRUE);
  gtk_widget_set_hexpand (GTK_WIDGET (self->title), TRUE);
  dadam_tooltip_show_cut (self->title);
  gtk_box_append (GTK_BOX (self), GTK_WIDGET (self->title));

  self->button = GTK_MENU_BUTTON (gtk_menu_button_new ());
  gtk_menu_button_set_icon_name (self->button, "view-more-symbolic");
  gtk_menu_button_set_has_frame (self->button, FALSE);
  gtk_menu_button_set_create_popup_func (self->button, create_popup_cb, self, NULL);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->button), _ ("Conversation Menu"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Conversation Menu"), -1);
  gtk_widget_set_valign (GTK_WIDGET (self->button), GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (GTK_WIDGET (self->button), "row-menu");
  gtk_box_append (GTK_BOX (self), GTK_WIDGET (self->button));

  gtk_widget_add_css_class (GTK_WIDGET (self), "conversation-row");
  add_gestures (self);
}

DadamConversationRow *
dadam_conversation_row_new (void)
{
  return g_object_new (DADAM_TYPE_CONVERSATION_ROW, NULL);
}

/* @summary: (nullable): what to show from now on. */
void
dadam_conversation_row_set_summary (DadamConversationRow *self, DadamSummary *summary)
{
  g_return_if_fail (DADAM_IS_CONVERSATION_ROW (self));

  g_clear_pointer (&self->binding, g_binding_unbind);
  g_set_object (&self->summary, summary);
  gtk_widget_set_visible (self->icon,
                          summary != NULL && dadam_summary_get_kind (summary) != DADAM_KIND_CHAT);
  if (summary != NULL)
    self->binding = g_object_bind_property (summary, "title", self->title, "label",
                                            G_BINDING_SYNC_CREATE);
}

void
dadam_conversation_row_show_menu (DadamConversationRow *self)
{
  g_return_if_fail (DADAM_IS_CONVERSATION_ROW (self));

  gtk_menu_button_popup (self->button);
}
