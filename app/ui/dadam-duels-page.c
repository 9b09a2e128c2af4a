/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A list view, for there may be thousands.
 */
#include "config.h"

#include "dadam-duels-page.h"

#include <glib/gi18n.h>

#include "dadam-attachment.h"
#include "dadam-duel-page.h"
#include "dadam-hangul.h"
#include "dadam-pair-words.h"
#include "dadam-tooltip.h"

/* ---- rows ---------------------------------------------------------------- */

static void
setup_cb (GtkSignalListItemFactory *factory, GtkListItem *item)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  GtkWidget *question = gtk_label_new (NULL);
  GtkWidget *line = gtk_label_new (NULL);

  gtk_widget_add_css_class (box, "ledger-entry");
  gtk_widget_add_css_class (line, "caption");
  gtk_widget_add_css_class (line, "dimmed");
  gtk_widget_add_css_class (line, "numeric");
  gtk_label_set_xalign (GTK_LABEL (question), 0);
  gtk_label_set_ellipsize (GTK_LABEL (question), PANGO_ELLIPSIZE_END);
  gtk_label_set_single_line_mode (GTK_LABEL (question), TRUE);
  dadam_tooltip_show_cut (GTK_LABEL (question));
  gtk_label_set_xalign (GTK_LABEL (line), 0);
  gtk_label_set_wrap (GTK_LABEL (line), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (line), PANGO_WRAP_WORD_CHAR);
  gtk_box_append (GTK_BOX (box), question);
  gtk_box_append (GTK_BOX (box), line);
  gtk_list_item_set_child (item, box);
}

/* "28 November 2026, 14:02 · Better: komt" */
static char *
describe (DadamPair *pair, DadamDuel *duel)
{
  g_autofree char *when = dadam_duel_page_format_time (duel);
  g_autofree char *vote = dadam_pair_describe_vote (pair, duel);

  return g_strdup_printf ("%s · %s", when, vote);
}

static void
bind_cb (GtkSignalListItemFactory *factory, GtkListItem *item, DadamPair *pair)
{
  DadamDuel *duel = gtk_list_item_get_item (item);
  GtkWidget *question = gtk_widget_get_first_child (gtk_list_item_get_child (item));
  GtkWidget *line = gtk_widget_get_next_sibling (question);
  g_autofree char *said = dadam_attachments_make_said (dadam_duel_get_question (duel));
  g_autofree char *text = describe (pair, duel);
  g_autofree char *name = NULL;

  g_strdelimit (said, "\n\r\t", ' ');
  gtk_label_set_text (GTK_LABEL (question), said);
  gtk_label_set_text (GTK_LABEL (line), text);
  dadam_hangul_mend (line);
  name = g_strdup_printf ("%s, %s", said, text);
  gtk_list_item_set_accessible_label (item, name);
}

/* ---- the page ------------------------------------------------------------ */

static void
activate_cb (GtkListView *list, guint position, DadamPair *pair)
{
  GtkWidget *view = gtk_widget_get_ancestor (GTK_WIDGET (list), ADW_TYPE_NAVIGATION_VIEW);
  g_autoptr (DadamDuel) duel = g_list_model_get_item (dadam_pair_get_duels (pair), position);

  if (view != NULL && duel != NULL)
    adw_navigation_view_push (ADW_NAVIGATION_VIEW (view), dadam_duel_page_new (pair, duel));
}

static GtkWidget *
create_list (DadamPair *pair)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GListModel *duels = g_object_ref (dadam_pair_get_duels (pair));
  GtkSelectionModel *selection = GTK_SELECTION_MODEL (gtk_no_selection_new (duels));
  GtkWidget *list = gtk_list_view_new (selection, factory);

  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), NULL);
  g_signal_connect_object (factory, "bind", G_CALLBACK (bind_cb), pair, G_CONNECT_DEFAULT);
  g_signal_connect_data (list, "activate", G_CALLBACK (activate_cb), g_object_ref (pair),
                         (GClosureNotify) (GCallback) g_object_unref, G_CONNECT_DEFAULT);
  gtk_list_view_set_show_separators (GTK_LIST_VIEW (list), TRUE);
  gtk_list_view_set_single_click_activate (GTK_LIST_VIEW (list), TRUE);
  gtk_widget_add_css_class (list, "ledger");
  gtk_accessible_update_property (GTK_ACCESSIBLE (list), GTK_ACCESSIBLE_PROPERTY_LABEL, _ ("Votes"),
                                  -1);

  return list;
}

/* (transfer full). */
AdwNavigationPage *
dadam_duels_page_new (DadamPair *pair)
{
  GtkWidget *view = adw_toolbar_view_new ();
  GtkWidget *scrolled = gtk_scrolled_window_new ();
  GtkWidget *clamp = adw_clamp_scrollable_new ();

  adw_clamp_scrollable_set_maximum_size (ADW_CLAMP_SCROLLABLE (clamp), 760);
  adw_clamp_scrollable_set_child (ADW_CLAMP_SCROLLABLE (clamp), create_list (pair));
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER,
                                  GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), clamp);
  adw_toolbar_view_add_top_bar (ADW_TOOLBAR_VIEW (view), adw_header_bar_new ());
  adw_toolbar_view_set_content (ADW_TOOLBAR_VIEW (view), scrolled);

  return adw_navigation_page_new (view, _ ("Votes"));
}
