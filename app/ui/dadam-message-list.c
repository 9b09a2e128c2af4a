/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Makes rows for messages, and tells those there are what depends on the messages
 * around: whether an answer can go on, whether another model made it than the one
 * before, and where the model begins to read.
 */
#include "config.h"

#include "dadam-message-list.h"

#include <glib/gi18n.h>

#include "dadam-mark.h"
#include "dadam-message-row.h"

static void
setup_cb (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  gtk_list_item_set_activatable (item, FALSE);
  gtk_list_item_set_selectable (item, FALSE);
  gtk_list_item_set_focusable (item, FALSE);
  gtk_list_item_set_child (item, GTK_WIDGET (dadam_message_row_new ()));
}

static GListModel *
messages_of (GtkListView *list)
{
  return gtk_no_selection_get_model (GTK_NO_SELECTION (gtk_list_view_get_model (list)));
}

/* (nullable): what was looked for last. */
static DadamQuery *
query_of (GtkListView *list)
{
  return g_object_get_data (G_OBJECT (list), "query");
}

static const char *
model_title (DadamMessage *message)
{
  const DadamMaker *maker = dadam_message_get_maker (message);

  return maker != NULL && dadam_message_get_veil (message) == DADAM_VEIL_NONE ? maker->title : NULL;
}

/* Whether @position is an answer of another model than the answer before. */
static gboolean
is_of_another (GListModel *messages, guint position)
{
  g_autoptr (DadamMessage) message = g_list_model_get_item (messages, position);
  g_autoptr (DadamMessage) before = NULL;
  const char *title, *title_before;

  if (position < 2 || dadam_message_get_role (message) != DADAM_ROLE_ASSISTANT)
    return FALSE;
  before = g_list_model_get_item (messages, position - 2);
  title = model_title (message);
  title_before = model_title (before);

  return title != NULL && title_before != NULL && !g_str_equal (title, title_before);
}

static void
bind_cb (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  GtkListView *list = GTK_LIST_VIEW (user_data);
  DadamMessageRow *row = DADAM_MESSAGE_ROW (gtk_list_item_get_child (item));
  DadamMessage *message = gtk_list_item_get_item (item);
  gboolean is_users = dadam_message_get_role (message) == DADAM_ROLE_USER;

  gtk_list_item_set_accessible_label (item, is_users ? _ ("You") : _ ("Answer"));
  dadam_message_row_set_message (row, message);
  dadam_message_row_set_names_model (row, is_of_another (messages_of (list),
                                                         gtk_list_item_get_position (item)));
  if (query_of (list) != NULL)
    dadam_mark_words (GTK_WIDGET (row), query_of (list));
}

static void
unbind_cb (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  GtkListView *list = GTK_LIST_VIEW (user_data);
  GtkWidget *row = gtk_list_item_get_child (item);

  if (query_of (list) != NULL)
    dadam_mark_words (row, NULL);
  dadam_message_row_set_message (DADAM_MESSAGE_ROW (row), NULL);
}

/* How many there are: those far from what shows have no row that a screen reader could count. */
static void
describe (GtkListView *list)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (gtk_list_view_get_model (list)));
  g_autofree char *text = g_strdup_printf (ngettext ("%u message", "%u messages", n), n);

  gtk_accessible_update_property (GTK_ACCESSIBLE (list), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text,
                                  -1);
}

/* Once. */
void
dadam_message_list_set_up (GtkListView *list)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();
  g_autoptr (GtkNoSelection) selection = gtk_no_selection_new (NULL);

  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), list);
  g_signal_connect (factory, "unbind", G_CALLBACK (unbind_cb), list);
  g_signal_connect_object (selection, "items-changed", G_CALLBACK (describe), list,
                           G_CONNECT_SWAPPED);
  gtk_list_view_set_model (list, GTK_SELECTION_MODEL (selection));
  gtk_list_view_set_factory (list, factory);
}

/**
 * dadam_message_list_set_messages:
 * @messages: #DadamMessage objects
 */
void
dadam_message_list_set_messages (GtkListView *list, GListModel *messages)
{
  gtk_no_selection_set_model (GTK_NO_SELECTION (gtk_list_view_get_model (list)), messages);
}

/**
 * dadam_message_list_update:
 * @n_dropped: how many of the first messages the model does not read any more
 *
 * To be called when the conversation changed.
 */
void
dadam_message_list_update (GtkListView *list, DadamConversation *conversation, guint n_dropped)
{
  GListModel *messages = messages_of (list);
  guint n = g_list_model_get_n_items (messages);
  g_autoptr (DadamMessage) last = n > 0 ? g_list_model_get_item (messages, n - 1) : NULL;
  g_autoptr (DadamMessage) horizon = NULL;

  if (n_dropped > 0)
    horizon = g_list_model_get_item (messages, n_dropped);
  for (GtkWidget *item = gtk_widget_get_first_child (GTK_WIDGET (list)); item != NULL;
       item = gtk_widget_get_next_sibling (item)) {
    GtkWidget *row = gtk_widget_get_first_child (item);
    DadamMessage *message = DADAM_IS_MESSAGE_ROW (row)
                                ? dadam_message_row_get_message (DADAM_MESSAGE_ROW (row))
                                : NULL;

    if (message == NULL)
      continue;
    dadam_message_row_set_can_continue (DADAM_MESSAGE_ROW (row),
                                        dadam_conversation_can_continue (conversation, message));
    dadam_message_row_set_is_horizon (DADAM_MESSAGE_ROW (row), message == horizon);
    /* Who makes an answer is known once it has begun, later than it is in the list. */
    if (message == last)
      dadam_message_row_set_names_model (DADAM_MESSAGE_ROW (row), is_of_another (messages, n - 1));
  }
}

/* ---- what was looked for ----------------------------------------------- */

#define FLASH_MS 1200

/**
 * dadam_message_list_set_sought:
 * @sought: (nullable): the words to mark in all messages, in place of others; %NULL: none
 */
void
dadam_message_list_set_sought (GtkListView *list, const char *sought)
{
  DadamQuery *query = sought != NULL ? dadam_query_new (sought) : NULL;

  if (query == NULL && query_of (list) == NULL)
    return;
  for (GtkWidget *item = gtk_widget_get_first_child (GTK_WIDGET (list)); item != NULL;
       item = gtk_widget_get_next_sibling (item))
    dadam_mark_words (item, query);
  g_object_set_data_full (G_OBJECT (list), "query", query, (GDestroyNotify) dadam_query_free);
}

static gboolean
unmark_cb (gpointer row)
{
  gtk_widget_remove_css_class (row, "found");

  return G_SOURCE_REMOVE;
}

static void
mark (GtkWidget *row)
{
  gtk_widget_add_css_class (row, "found");
  g_timeout_add_full (G_PRIORITY_DEFAULT, FLASH_MS, unmark_cb, g_object_ref (row), g_object_unref);
}

/* In the frame after it was scrolled to, there is a row for it. */
static gboolean
mark_cb (GtkWidget *widget, GdkFrameClock *clock, gpointer user_data)
{
  DadamMessage *message = DADAM_MESSAGE (user_data);

  for (GtkWidget *item = gtk_widget_get_first_child (widget); item != NULL;
       item = gtk_widget_get_next_sibling (item)) {
    GtkWidget *row = gtk_widget_get_first_child (item);

    if (DADAM_IS_MESSAGE_ROW (row)
        && dadam_message_row_get_message (DADAM_MESSAGE_ROW (row)) == message)
      mark (row);
  }

  return G_SOURCE_REMOVE;
}

/* Brings a message into sight and marks it for a moment. */
void
dadam_message_list_show (GtkListView *list, guint position)
{
  gtk_list_view_scroll_to (list, position, GTK_LIST_SCROLL_NONE, NULL);
  gtk_widget_add_tick_callback (GTK_WIDGET (list), mark_cb,
                                g_list_model_get_item (messages_of (list), position),
                                g_object_unref);
}
