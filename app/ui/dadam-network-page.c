/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The ledger as a list, the newest first.
 */
#include "config.h"

#include "dadam-network-page.h"

#include <glib/gi18n.h>

#include "dadam-hangul.h"
#include "dadam-tooltip.h"

struct _DadamNetworkPage {
  AdwNavigationPage parent_instance;

  /* Template. */
  GtkWidget *clear;
  GtkStack *stack;
  AdwStatusPage *empty;
  GtkListView *list;

  /* Owned. */
  DadamLedger *ledger;
};

G_DEFINE_FINAL_TYPE (DadamNetworkPage, dadam_network_page, ADW_TYPE_NAVIGATION_PAGE)

/* ---- rows -------------------------------------------------------------- */

/* "28 November, 14:02 · download · 4.4 GB in 3 requests" */
static char *
describe (DadamLedgerEntry *entry)
{
  g_autoptr (GDateTime) here = g_date_time_to_local (dadam_ledger_entry_get_time (entry));
  g_autofree char *when = g_date_time_format (here, "%x %H:%M");
  g_autofree char *bytes = g_format_size (dadam_ledger_entry_get_bytes (entry));
  guint n = dadam_ledger_entry_get_requests (entry);
  g_autofree char *requests = g_strdup_printf (ngettext ("%d request", "%d requests", n), (int) n);

  return g_strdup_printf ("%s · %s · %s · %s", when, dadam_ledger_entry_get_reason (entry), bytes,
                          requests);
}

static void
show_entry (GtkListItem *item)
{
  DadamLedgerEntry *entry = gtk_list_item_get_item (item);
  GtkWidget *host = gtk_widget_get_first_child (gtk_list_item_get_child (item));
  GtkWidget *line = gtk_widget_get_next_sibling (host);
  g_autofree char *text = describe (entry);

  gtk_label_set_text (GTK_LABEL (host), dadam_ledger_entry_get_host (entry));
  gtk_label_set_text (GTK_LABEL (line), text);
}

static void
setup_cb (GtkSignalListItemFactory *factory, GtkListItem *item)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  GtkWidget *host = gtk_label_new (NULL);
  GtkWidget *line = gtk_label_new (NULL);

  gtk_widget_add_css_class (box, "ledger-entry");
  gtk_widget_add_css_class (line, "caption");
  gtk_widget_add_css_class (line, "dimmed");
  gtk_widget_add_css_class (line, "numeric");
  gtk_label_set_xalign (GTK_LABEL (host), 0);
  gtk_label_set_ellipsize (GTK_LABEL (host), PANGO_ELLIPSIZE_MIDDLE);
  dadam_tooltip_show_cut (GTK_LABEL (host));
  gtk_label_set_xalign (GTK_LABEL (line), 0);
  gtk_label_set_wrap (GTK_LABEL (line), TRUE);
  gtk_box_append (GTK_BOX (box), host);
  gtk_box_append (GTK_BOX (box), line);
  gtk_list_item_set_child (item, box);
  gtk_list_item_set_activatable (item, FALSE);
}

static void
bind_cb (GtkSignalListItemFactory *factory, GtkListItem *item)
{
  show_entry (item);
  g_signal_connect_object (gtk_list_item_get_item (item), "notify", G_CALLBACK (show_entry), item,
                           G_CONNECT_SWAPPED);
}

static void
unbind_cb (GtkSignalListItemFactory *factory, GtkListItem *item)
{
  g_signal_handlers_disconnect_by_func (gtk_list_item_get_item (item), show_entry, item);
}

static int
compare_times (gconstpointer a, gconstpointer b, gpointer user_data)
{
  return g_date_time_compare (dadam_ledger_entry_get_time ((DadamLedgerEntry *) b),
                              dadam_ledger_entry_get_time ((DadamLedgerEntry *) a));
}

static void
create_list (DadamNetworkPage *self)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();
  GtkSorter *sorter = GTK_SORTER (gtk_custom_sorter_new (compare_times, NULL, NULL));
  GtkSortListModel *sorted = gtk_sort_list_model_new (G_LIST_MODEL (g_object_ref (self->ledger)),
                                                      sorter);
  g_autoptr (GtkNoSelection) selection = gtk_no_selection_new (G_LIST_MODEL (sorted));

  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), NULL);
  g_signal_connect (factory, "unbind", G_CALLBACK (unbind_cb), NULL);
  gtk_list_view_set_factory (self->list, factory);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (selection));
}

static void
show (DadamNetworkPage *self)
{
  gboolean is_empty = g_list_model_get_n_items (G_LIST_MODEL (self->ledger)) == 0;

  gtk_widget_set_sensitive (self->clear, !is_empty);
  gtk_stack_set_visible_child_name (self->stack, is_empty ? "empty" : "list");
}

static void
clear_cb (DadamNetworkPage *self)
{
  dadam_ledger_clear (self->ledger);
}

/* ---- the class --------------------------------------------------------- */

static void
dadam_network_page_dispose (GObject *object)
{
  DadamNetworkPage *self = DADAM_NETWORK_PAGE (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_NETWORK_PAGE);
  g_clear_object (&self->ledger);

  G_OBJECT_CLASS (dadam_network_page_parent_class)->dispose (object);
}

static void
dadam_network_page_class_init (DadamNetworkPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_network_page_dispose;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-network-page.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamNetworkPage, clear);
  gtk_widget_class_bind_template_child (widget_class, DadamNetworkPage, stack);
  gtk_widget_class_bind_template_child (widget_class, DadamNetworkPage, empty);
  gtk_widget_class_bind_template_child (widget_class, DadamNetworkPage, list);
  gtk_widget_class_bind_template_callback (widget_class, clear_cb);
}

static void
dadam_network_page_init (DadamNetworkPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

AdwNavigationPage *
dadam_network_page_new (DadamLedger *ledger)
{
  DadamNetworkPage *self = g_object_new (DADAM_TYPE_NETWORK_PAGE, NULL);

  self->ledger = g_object_ref (ledger);
  create_list (self);
  g_signal_connect_object (ledger, "items-changed", G_CALLBACK (show), self, G_CONNECT_SWAPPED);
  show (self);
  dadam_hangul_mend (GTK_WIDGET (self->empty));

  return ADW_NAVIGATION_PAGE (self);
}
