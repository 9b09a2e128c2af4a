/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A list view over the archive's list, which is in order already: here only the
 * sections are told apart, by a calendar that is made anew each day.
 */
#include "config.h"

#include "dadam-conversation-list.h"

#include <glib/gi18n.h>

#include "dadam-calendar.h"
#include "dadam-conversation-row.h"
#include "dadam-hangul.h"

struct _DadamConversationList {
  AdwBin parent_instance;

  /* Template. */
  GtkStack *stack;
  GtkListView *list;

  /* Owned. */
  DadamArchive *archive;
  GtkSingleSelection *selection;
  GtkSorter *sections;
  DadamCalendar *calendar;

  guint midnight_source;
  gboolean is_empty;
  int n_frames; /* until the list may be scrolled */
  gint64 shown; /* the id of the one that is to be selected; 0: none */
};

G_DEFINE_FINAL_TYPE (DadamConversationList, dadam_conversation_list, ADW_TYPE_BIN)

enum { ACTIVATED, N_SIGNALS };

static guint signals[N_SIGNALS];

/* ---- sections ---------------------------------------------------------- */

/* 0: pinned. */
static guint
section_of (DadamConversationList *self, DadamSummary *summary)
{
  if (dadam_summary_get_is_pinned (summary))
    return 0;

  return 1 + dadam_calendar_get_section (self->calendar, dadam_summary_get_changed (summary));
}

static int
compare_sections (gconstpointer a, gconstpointer b, gpointer user_data)
{
  DadamConversationList *self = user_data;
  guint one = section_of (self, DADAM_SUMMARY ((gpointer) a));
  guint other = section_of (self, DADAM_SUMMARY ((gpointer) b));

  return one < other ? GTK_ORDERING_SMALLER
                     : (one > other ? GTK_ORDERING_LARGER : GTK_ORDERING_EQUAL);
}

static gboolean midnight_cb (gpointer user_data);

static void
begin_day (DadamConversationList *self)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  gint64 left;

  g_clear_pointer (&self->calendar, dadam_calendar_free);
  self->calendar = dadam_calendar_new (now);
  left = dadam_calendar_get_end (self->calendar) - g_date_time_to_unix_usec (now);
  /* A computer that slept is found to be late within a minute. */
  self->midnight_source = g_timeout_add_seconds ((guint) CLAMP (left / G_USEC_PER_SEC + 1, 1, 60),
                                                 midnight_cb, self);
}

static gboolean
midnight_cb (gpointer user_data)
{
  DadamConversationList *self = DADAM_CONVERSATION_LIST (user_data);

  if (g_get_real_time () < dadam_calendar_get_end (self->calendar))
    return G_SOURCE_CONTINUE;
  self->midnight_source = 0;
  begin_day (self);
  gtk_sorter_changed (self->sections, GTK_SORTER_CHANGE_DIFFERENT);

  return G_SOURCE_REMOVE;
}

/* ---- rows -------------------------------------------------------------- */

static void
setup_cb (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  gtk_list_item_set_child (item, GTK_WIDGET (dadam_conversation_row_new ()));
}

static void
bind_cb (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  DadamSummary *summary = gtk_list_item_get_item (item);

  g_object_set_data_full (G_OBJECT (item), "title",
                          g_object_bind_property (summary, "title", item, "accessible-label",
                                                  G_BINDING_SYNC_CREATE),
                          (GDestroyNotify) g_binding_unbind);
  dadam_conversation_row_set_summary (DADAM_CONVERSATION_ROW (gtk_list_item_get_child (item)),
                                      summary);
}

static void
unbind_cb (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  g_object_set_data (G_OBJECT (item), "title", NULL);
  dadam_conversation_row_set_summary (DADAM_CONVERSATION_ROW (gtk_list_item_get_child (item)),
                                      NULL);
}

static void
setup_header_cb (GtkSignalListItemFactory *factory, GtkListHeader *header, gpointer user_data)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, "heading");
  gtk_list_header_set_child (header, label);
}

static void
bind_header_cb (GtkSignalListItemFactory *factory, GtkListHeader *header, gpointer user_data)
{
  DadamConversationList *self = DADAM_CONVERSATION_LIST (user_data);
  guint section = section_of (self, DADAM_SUMMARY (gtk_list_header_get_item (header)));
  g_autofree char *title = section == 0 ? g_strdup (_ ("Pinned"))
                                        : dadam_calendar_get_title (self->calendar, section - 1);

  gtk_label_set_label (GTK_LABEL (gtk_list_header_get_child (header)), title);
}

static void
create_factories (DadamConversationList *self)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();
  g_autoptr (GtkListItemFactory) headers = gtk_signal_list_item_factory_new ();

  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), NULL);
  g_signal_connect (factory, "unbind", G_CALLBACK (unbind_cb), NULL);
  gtk_list_view_set_factory (self->list, factory);
  g_signal_connect (headers, "setup", G_CALLBACK (setup_header_cb), NULL);
  g_signal_connect (headers, "bind", G_CALLBACK (bind_header_cb), self);
  gtk_list_view_set_header_factory (self->list, headers);
}

/* ---- what is chosen ---------------------------------------------------- */

static void
activate_cb (DadamConversationList *self, guint position)
{
  g_autoptr (DadamSummary)
      summary = g_list_model_get_item (G_LIST_MODEL (self->selection), position);

  g_signal_emit (self, signals[ACTIVATED], 0, dadam_summary_get_id (summary));
}

static guint
find (DadamConversationList *self, gint64 id)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->selection));

  for (guint i = 0; i < n && id != 0; i++) {
    g_autoptr (DadamSummary) summary = g_list_model_get_item (G_LIST_MODEL (self->selection), i);

    if (dadam_summary_get_id (summary) == id)
      return i;
  }

  return GTK_INVALID_LIST_POSITION;
}

static void
select_shown (DadamConversationList *self)
{
  gtk_single_selection_set_selected (self->selection, find (self, self->shown));
}

static void
focus_left_cb (DadamConversationList *self)
{
  if (self->selection != NULL)
    select_shown (self);
}

/* So many frames pass until the rows have their sizes. */
#define FRAMES 5

/* A list that is filled holds on to its first row, and leaves the heading above it out of sight
 * when that gets its size. */
static gboolean
scroll_up_cb (GtkWidget *widget, GdkFrameClock *clock, gpointer user_data)
{
  DadamConversationList *self = DADAM_CONVERSATION_LIST (user_data);

  gtk_adjustment_set_value (gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (widget)), 0);

  return --self->n_frames > 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
items_changed_cb (DadamConversationList *self)
{
  gboolean is_empty = g_list_model_get_n_items (G_LIST_MODEL (self->selection)) == 0;

  if (self->is_empty && !is_empty) {
    self->n_frames = FRAMES;
    gtk_widget_add_tick_callback (GTK_WIDGET (self->list), scroll_up_cb, self, NULL);
  }
  self->is_empty = is_empty;
  gtk_stack_set_visible_child_name (self->stack, is_empty ? "empty" : "list");
  select_shown (self);
}

/* The row that has the focus is the list item's, the item's child the row. */
static gboolean
show_menu_cb (GtkWidget *widget, GVariant *args, gpointer user_data)
{
  GtkWidget *focus = gtk_root_get_focus (gtk_widget_get_root (widget));
  GtkWidget *row = focus != NULL ? gtk_widget_get_first_child (focus) : NULL;

  if (row == NULL || !DADAM_IS_CONVERSATION_ROW (row))
    return FALSE;
  dadam_conversation_row_show_menu (DADAM_CONVERSATION_ROW (row));

  return TRUE;
}

/* ---- the class --------------------------------------------------------- */

static void
dadam_conversation_list_dispose (GObject *object)
{
  DadamConversationList *self = DADAM_CONVERSATION_LIST (object);

  g_clear_handle_id (&self->midnight_source, g_source_remove);
  if (self->selection != NULL)
    g_signal_handlers_disconnect_by_data (self->selection, self);
  adw_bin_set_child (ADW_BIN (self), NULL); /* a bin does not see its template let go */
  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_CONVERSATION_LIST);
  g_clear_object (&self->selection);
  g_clear_object (&self->sections);
  g_clear_object (&self->archive);
  g_clear_pointer (&self->calendar, dadam_calendar_free);

  G_OBJECT_CLASS (dadam_conversation_list_parent_class)->dispose (object);
}

static void
dadam_conversation_list_class_init (DadamConversationListClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_conversation_list_dispose;

  signals[ACTIVATED] = g_signal_new ("activated", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                     NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT64);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-conversation-list.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamConversationList, stack);
  gtk_widget_class_bind_template_child (widget_class, DadamConversationList, list);
  gtk_widget_class_bind_template_callback (widget_class, activate_cb);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Menu, 0, show_menu_cb, NULL);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_F10, GDK_SHIFT_MASK, show_menu_cb, NULL);
}

static void
dadam_conversation_list_init (DadamConversationList *self)
{
  GtkEventController *focus;

  gtk_widget_init_template (GTK_WIDGET (self));
  dadam_hangul_mend (gtk_stack_get_child_by_name (self->stack, "empty"));
  self->is_empty = TRUE;
  begin_day (self);
  create_factories (self);
  /* Keys move the selection; what is shown is selected again when they are done. */
  focus = gtk_event_controller_focus_new ();
  g_signal_connect_swapped (focus, "leave", G_CALLBACK (focus_left_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self->list), focus);
}

/* Once. */
void
dadam_conversation_list_set_archive (DadamConversationList *self, DadamArchive *archive)
{
  GtkSortListModel *sorted;

  g_return_if_fail (DADAM_IS_CONVERSATION_LIST (self));

  self->archive = g_object_ref (archive);
  self->sections = GTK_SORTER (gtk_custom_sorter_new (compare_sections, self, NULL));
  sorted = gtk_sort_list_model_new (g_object_ref (dadam_archive_get_conversations (archive)), NULL);
  gtk_sort_list_model_set_section_sorter (sorted, self->sections);
  self->selection = gtk_single_selection_new (G_LIST_MODEL (sorted));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (self->selection));
  g_signal_connect_swapped (self->selection, "items-changed", G_CALLBACK (items_changed_cb), self);
  items_changed_cb (self);
}

/**
 * dadam_conversation_list_set_shown:
 * @id: the conversation that is shown beside; 0: none that is in the list
 */
void
dadam_conversation_list_set_shown (DadamConversationList *self, gint64 id)
{
  g_return_if_fail (DADAM_IS_CONVERSATION_LIST (self));

  self->shown = id;
  if (self->selection != NULL)
    select_shown (self);
}
