/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Joins a conversation to the list of its messages.  It asks for the prompt format where
 * an answer needs it, and says when an answer is finished; how far the list is scrolled
 * is DadamFollower's.
 *
 * Signals: "edit" with a message that is to be asked anew; "needs-model" when something
 * was to be answered and there is no model.
 */
#include "config.h"

#include "dadam-pane.h"

#include <glib/gi18n.h>

#include "dadam-follower.h"
#include "dadam-format-dialog.h"
#include "dadam-message-list.h"

struct _DadamPane {
  AdwBin parent_instance;

  /* Template. */
  GtkScrolledWindow *scroller;
  GtkListView *list;
  GtkWidget *newest_button;

  /* Owned. */
  DadamConversation *conversation;
  DadamFollower *follower;
  GtkWidget *format_dialog; /* while it is open */

  gint64 wanted;      /* the message to be scrolled to; 0: none */
  guint n_dropped;    /* of the first messages, by the last count */
  gboolean is_secret; /* whose answers they are: nothing may be done that tells it */
  gboolean is_read;   /* all its messages are there */
  gboolean is_asking; /* it had no prompt format when it last changed */
};

G_DEFINE_FINAL_TYPE (DadamPane, dadam_pane, ADW_TYPE_BIN)

enum { EDIT, NEEDS_MODEL, N_SIGNALS };

static guint signals[N_SIGNALS];

/* ---- the prompt format ------------------------------------------------- */

static void
format_closed_cb (DadamPane *self)
{
  g_clear_object (&self->format_dialog);
}

/* When the model has just turned out to have none, and again when it is to answer. */
static void
ask_for_format (DadamPane *self)
{
  gboolean needs_format = dadam_conversation_needs_format (self->conversation);
  gboolean was_asking = self->is_asking;

  self->is_asking = needs_format;
  if (!needs_format || self->is_secret || self->format_dialog != NULL)
    return;
  if (was_asking && !dadam_conversation_is_answering (self->conversation))
    return;
  self->format_dialog =
      g_object_ref_sink (GTK_WIDGET (dadam_format_dialog_new (self->conversation)));
  g_signal_connect_object (self->format_dialog, "closed", G_CALLBACK (format_closed_cb), self,
                           G_CONNECT_SWAPPED);
  adw_dialog_present (ADW_DIALOG (self->format_dialog), GTK_WIDGET (self));
}

/* ---- a message that is to be seen -------------------------------------- */

static void
show_wanted (DadamPane *self)
{
  gint64 wanted = self->wanted;
  guint position;

  if (wanted == 0 || dadam_conversation_is_loading (self->conversation))
    return;
  self->wanted = 0;
  if (dadam_conversation_show_message (self->conversation, wanted, &position))
    dadam_pane_show_position (self, position);
}

static void
newest_cb (DadamPane *self)
{
  dadam_follower_follow (self->follower);
}

/* ---- what is done with a message --------------------------------------- */

static void
allow_actions (DadamPane *self)
{
  static const char *const actions[] = { "message.edit", "message.regenerate", "message.continue",
                                         "message.sibling-before", "message.sibling-after" };
  gboolean can = !self->is_secret && !dadam_conversation_is_answering (self->conversation);

  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    gtk_widget_action_set_enabled (GTK_WIDGET (self), actions[i], can);
}

/* (transfer full) (nullable) */
static DadamMessage *
find_message (DadamPane *self, gint64 id)
{
  GListModel *messages = dadam_conversation_get_messages (self->conversation);

  for (guint i = g_list_model_get_n_items (messages); i > 0; i--) {
    g_autoptr (DadamMessage) message = g_list_model_get_item (messages, i - 1);

    if (dadam_message_get_id (message) == id)
      return g_steal_pointer (&message);
  }

  return NULL;
}

static void
message_action (GtkWidget *widget, const char *action, GVariant *parameter)
{
  DadamPane *self = DADAM_PANE (widget);
  g_autoptr (DadamMessage) message = find_message (self, g_variant_get_int64 (parameter));

  if (message == NULL || dadam_conversation_is_answering (self->conversation))
    return;
  if (g_str_equal (action, "message.sibling-before"))
    dadam_conversation_show_sibling (self->conversation, message, -1);
  else if (g_str_equal (action, "message.sibling-after"))
    dadam_conversation_show_sibling (self->conversation, message, 1);
  else if (dadam_conversation_get_model (self->conversation) == NULL)
    g_signal_emit (self, signals[NEEDS_MODEL], 0);
  else if (g_str_equal (action, "message.edit"))
    g_signal_emit (self, signals[EDIT], 0, message);
  else if (g_str_equal (action, "message.regenerate"))
    dadam_conversation_regenerate (self->conversation, message);
  else if (dadam_conversation_can_continue (self->conversation, message))
    dadam_conversation_continue (self->conversation);
}

/* ---- the conversation -------------------------------------------------- */

static void
changed_cb (DadamPane *self)
{
  gboolean was_read = self->is_read;

  self->is_read = !dadam_conversation_is_loading (self->conversation);
  allow_actions (self);
  dadam_message_list_update (self->list, self->conversation, self->n_dropped);
  ask_for_format (self);
  if (was_read || !self->is_read)
    return;
  dadam_follower_follow (self->follower);
  show_wanted (self);
}

static void
answered_cb (DadamPane *self, DadamMessage *message)
{
  gboolean is_whole = dadam_message_get_stats (message)->stop != DADAM_STOP_CANCELLED;

  if (self->is_secret)
    return;
  gtk_accessible_announce (GTK_ACCESSIBLE (self),
                           is_whole ? _ ("The answer is finished") : _ ("The answer was stopped"),
                           GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_MEDIUM);
}

static void
release (DadamPane *self)
{
  if (self->conversation != NULL)
    g_signal_handlers_disconnect_by_data (self->conversation, self);
  g_clear_object (&self->conversation);
}

/* ---- the class --------------------------------------------------------- */

static void
dadam_pane_dispose (GObject *object)
{
  DadamPane *self = DADAM_PANE (object);

  release (self);
  g_clear_object (&self->follower);
  g_clear_object (&self->format_dialog);
  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_PANE);

  G_OBJECT_CLASS (dadam_pane_parent_class)->dispose (object);
}

static void
dadam_pane_class_init (DadamPaneClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_pane_dispose;

  signals[EDIT] = g_signal_new ("edit", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                1, DADAM_TYPE_MESSAGE);
  signals[NEEDS_MODEL] = g_signal_new ("needs-model", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                       G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class, DADAM_RESOURCE_PATH "/dadam-pane.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamPane, scroller);
  gtk_widget_class_bind_template_child (widget_class, DadamPane, list);
  gtk_widget_class_bind_template_child (widget_class, DadamPane, newest_button);
  gtk_widget_class_bind_template_callback (widget_class, newest_cb);
  gtk_widget_class_install_action (widget_class, "message.edit", "x", message_action);
  gtk_widget_class_install_action (widget_class, "message.regenerate", "x", message_action);
  gtk_widget_class_install_action (widget_class, "message.continue", "x", message_action);
  gtk_widget_class_install_action (widget_class, "message.sibling-before", "x", message_action);
  gtk_widget_class_install_action (widget_class, "message.sibling-after", "x", message_action);
}

static void
dadam_pane_init (DadamPane *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  dadam_message_list_set_up (self->list);
  self->follower = dadam_follower_new (self->scroller, self->newest_button);
}

/* Shows another conversation, from its end. */
void
dadam_pane_set_conversation (DadamPane *self, DadamConversation *conversation)
{
  g_return_if_fail (DADAM_IS_PANE (self));

  release (self);
  dadam_message_list_set_sought (self->list, NULL);
  self->conversation = g_object_ref (conversation);
  self->n_dropped = 0;
  self->wanted = 0;
  self->is_read = !dadam_conversation_is_loading (conversation);
  self->is_asking = dadam_conversation_needs_format (conversation);
  dadam_message_list_set_messages (self->list, dadam_conversation_get_messages (conversation));
  g_signal_connect_swapped (conversation, "changed", G_CALLBACK (changed_cb), self);
  g_signal_connect_swapped (conversation, "answered", G_CALLBACK (answered_cb), self);
  changed_cb (self);
  dadam_follower_follow (self->follower);
}

/* How many of the first messages the model does not read any more. */
void
dadam_pane_set_n_dropped (DadamPane *self, guint n_dropped)
{
  g_return_if_fail (DADAM_IS_PANE (self));

  self->n_dropped = n_dropped;
  dadam_message_list_update (self->list, self->conversation, n_dropped);
}

/* Brings a message into sight, whichever branch it is on, as soon as it has been read. */
void
dadam_pane_show_message (DadamPane *self, gint64 id)
{
  g_return_if_fail (DADAM_IS_PANE (self));

  self->wanted = id;
  show_wanted (self);
}

void
dadam_pane_show_position (DadamPane *self, guint position)
{
  g_return_if_fail (DADAM_IS_PANE (self));

  dadam_follower_release (self->follower);
  dadam_message_list_show (self->list, position);
}

/* (nullable): the words to mark in the messages. */
void
dadam_pane_set_sought (DadamPane *self, const char *sought)
{
  g_return_if_fail (DADAM_IS_PANE (self));

  dadam_message_list_set_sought (self->list, sought);
}

/* Goes to the newest message and stays there. */
void
dadam_pane_follow (DadamPane *self)
{
  g_return_if_fail (DADAM_IS_PANE (self));

  dadam_follower_follow (self->follower);
}

/* While it is, nobody is asked for its model's format, told when it has answered, or offered to
 * have it answer anew. */
void
dadam_pane_set_is_secret (DadamPane *self, gboolean is_secret)
{
  g_return_if_fail (DADAM_IS_PANE (self));

  self->is_secret = is_secret;
  if (self->conversation != NULL)
    allow_actions (self);
}

/* (transfer none): how far down it is scrolled. */
GtkAdjustment *
dadam_pane_get_adjustment (DadamPane *self)
{
  g_return_val_if_fail (DADAM_IS_PANE (self), NULL);

  return gtk_scrolled_window_get_vadjustment (self->scroller);
}
