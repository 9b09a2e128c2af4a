/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A group of two rows: the result with its bar, and the way to the duels it comes from.
 */
#include "config.h"

#include "dadam-pair-group.h"

#include <glib/gi18n.h>

#include "dadam-access.h"
#include "dadam-duels-page.h"
#include "dadam-pair-words.h"
#include "dadam-share-bar.h"

/* Takes the text; an empty one makes no label. */
static void
add_label (GtkBox *box, char *text, const char *css_class)
{
  g_autofree char *taken = text;
  GtkWidget *label;

  if (*taken == '\0')
    return;
  label = gtk_label_new (taken);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  if (css_class != NULL)
    gtk_widget_add_css_class (label, css_class);
  if (css_class != NULL && g_str_equal (css_class, "caption"))
    gtk_widget_add_css_class (label, "dimmed");
  gtk_box_append (box, label);
}

/* ---- the sides ----------------------------------------------------------- */

static GtkWidget *
create_side_label (const char *text, guint which)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign (GTK_LABEL (label), (float) which);
  gtk_label_set_justify (GTK_LABEL (label), which == 0 ? GTK_JUSTIFY_LEFT : GTK_JUSTIFY_RIGHT);

  return label;
}

static GtkWidget *
create_side (DadamPair *pair, guint which)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  guint wins = dadam_pair_get_tally (pair)->wins[which];
  /* Translators: how many duels a model has won. */
  g_autofree char *text = g_strdup_printf (ngettext ("%u win", "%u wins", wins), wins);
  GtkWidget *number = create_side_label (text, which);

  gtk_widget_add_css_class (number, "caption");
  gtk_widget_add_css_class (number, "dimmed");
  gtk_widget_add_css_class (number, "numeric");
  gtk_widget_set_valign (number, GTK_ALIGN_END);
  gtk_widget_set_vexpand (number, TRUE);
  gtk_box_append (GTK_BOX (box), create_side_label (dadam_pair_get_name (pair, which), which));
  gtk_box_append (GTK_BOX (box), number);
  gtk_widget_set_hexpand (box, TRUE);

  return box;
}

static GtkWidget *
create_sides (DadamPair *pair)
{
  GtkWidget *sides = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 18);

  gtk_widget_set_margin_top (sides, 6);
  gtk_box_set_homogeneous (GTK_BOX (sides), TRUE);
  gtk_box_append (GTK_BOX (sides), create_side (pair, 0));
  gtk_box_append (GTK_BOX (sides), create_side (pair, 1));

  return sides;
}

/* ---- the result ---------------------------------------------------------- */

static GtkWidget *
create_bar (DadamPair *pair)
{
  const DadamTally *tally = dadam_pair_get_tally (pair);
  GtkWidget *bar = dadam_share_bar_new ();
  g_autofree char *words = dadam_pair_describe_share (pair);
  double low, high;

  dadam_tally_get_interval (tally, &low, &high);
  if (dadam_tally_is_known (tally))
    dadam_share_bar_set (DADAM_SHARE_BAR (bar), dadam_tally_get_share (tally), low, high);
  gtk_accessible_update_property (GTK_ACCESSIBLE (bar), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);

  return bar;
}

static GtkWidget *
create_result (DadamPair *pair)
{
  GtkWidget *row = adw_preferences_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  g_autofree char *title = dadam_pair_describe_result (pair);

  gtk_widget_add_css_class (box, "result");
  add_label (GTK_BOX (box), g_strdup (title), "heading");
  gtk_box_append (GTK_BOX (box), create_sides (pair));
  gtk_box_append (GTK_BOX (box), create_bar (pair));
  add_label (GTK_BOX (box), dadam_pair_describe_share (pair), NULL);
  add_label (GTK_BOX (box), dadam_pair_describe_chance (pair), NULL);
  add_label (GTK_BOX (box), dadam_pair_describe_rest (pair), "caption");
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  dadam_access_set_name (row, "%s", title);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), box);

  return row;
}

/* ---- the duels ----------------------------------------------------------- */

static void
activated_cb (GtkWidget *row, DadamPair *pair)
{
  GtkWidget *view = gtk_widget_get_ancestor (row, ADW_TYPE_NAVIGATION_VIEW);

  if (view != NULL)
    adw_navigation_view_push (ADW_NAVIGATION_VIEW (view), dadam_duels_page_new (pair));
}

static GtkWidget *
create_way (DadamPair *pair)
{
  GtkWidget *row = adw_action_row_new ();
  guint n = g_list_model_get_n_items (dadam_pair_get_duels (pair));
  g_autofree char *title = g_strdup_printf (ngettext ("%u Vote", "%u Votes", n), n);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row),
                             gtk_image_new_from_icon_name ("go-next-symbolic"));
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
  g_signal_connect_data (row, "activated", G_CALLBACK (activated_cb), g_object_ref (pair),
                         (GClosureNotify) (GCallback) g_object_unref, G_CONNECT_DEFAULT);

  return row;
}

/* (transfer full). */
AdwPreferencesGroup *
dadam_pair_group_new (DadamPair *pair)
{
  GtkWidget *group = adw_preferences_group_new ();

  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), create_result (pair));
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), create_way (pair));

  return ADW_PREFERENCES_GROUP (group);
}
