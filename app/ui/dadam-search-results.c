/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A row is a conversation's title, and below it the line in which something was
 * found.  A search that is no longer wanted is cancelled.
 */
#include "config.h"

#include "dadam-search-results.h"

#include <glib/gi18n.h>

#include "dadam-hangul.h"
#include "dadam-hit.h"
#include "dadam-tooltip.h"

#define MOST_HITS 100

struct _DadamSearchResults {
  AdwBin parent_instance;

  /* Template. */
  GtkStack *stack;
  AdwStatusPage *none;
  GtkListView *list;

  /* Owned. */
  DadamArchive *archive;
  GtkNoSelection *selection;
  GCancellable *searching;
};

G_DEFINE_FINAL_TYPE (DadamSearchResults, dadam_search_results, ADW_TYPE_BIN)

enum { ACTIVATED, N_SIGNALS };

static guint signals[N_SIGNALS];

/* ---- rows -------------------------------------------------------------- */

static GtkWidget *
create_label (const char *css_class)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  dadam_tooltip_show_cut (GTK_LABEL (label));
  gtk_widget_add_css_class (label, css_class);

  return label;
}

static void
setup_cb (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  GtkWidget *snippet = create_label ("dimmed");

  gtk_label_set_wrap (GTK_LABEL (snippet), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (snippet), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_lines (GTK_LABEL (snippet), 2);
  gtk_box_append (GTK_BOX (box), create_label ("heading"));
  gtk_box_append (GTK_BOX (box), snippet);
  gtk_widget_add_css_class (box, "hit");
  gtk_list_item_set_child (item, box);
}

/* What was found is bold. */
static PangoAttrList *
create_attributes (gsize from, gsize to)
{
  PangoAttrList *attributes = pango_attr_list_new ();
  PangoAttribute *bold = pango_attr_weight_new (PANGO_WEIGHT_BOLD);

  bold->start_index = (guint) from;
  bold->end_index = (guint) to;
  pango_attr_list_insert (attributes, bold);

  return attributes;
}

static void
bind_cb (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer user_data)
{
  DadamHit *hit = gtk_list_item_get_item (item);
  GtkWidget *title = gtk_widget_get_first_child (gtk_list_item_get_child (item));
  GtkWidget *snippet = gtk_widget_get_next_sibling (title);
  gboolean is_title = dadam_hit_get_message (hit) == 0;
  g_autoptr (PangoAttrList) attributes = NULL;
  gsize from, to;
  const char *text = dadam_hit_get_snippet (hit, &from, &to);

  attributes = create_attributes (from, to);
  gtk_label_set_label (GTK_LABEL (title), is_title ? text : dadam_hit_get_title (hit));
  gtk_widget_set_visible (snippet, !is_title);
  gtk_label_set_label (GTK_LABEL (snippet), is_title ? "" : text);
  gtk_label_set_attributes (GTK_LABEL (snippet), is_title ? NULL : attributes);
  gtk_list_item_set_accessible_label (item, dadam_hit_get_title (hit));
  gtk_list_item_set_accessible_description (item, is_title ? "" : text);
}

static void
activate_cb (DadamSearchResults *self, guint position)
{
  g_autoptr (DadamHit) hit = g_list_model_get_item (G_LIST_MODEL (self->selection), position);

  if (hit != NULL)
    g_signal_emit (self, signals[ACTIVATED], 0, dadam_hit_get_conversation (hit),
                   dadam_hit_get_message (hit));
}

/* ---- searching --------------------------------------------------------- */

/* @error: (nullable): why it could not be looked for */
static void
show_none (DadamSearchResults *self, const GError *error)
{
  g_autofree char *reason = error != NULL ? g_markup_escape_text (error->message, -1) : NULL;

  adw_status_page_set_title (self->none,
                             error != NULL ? _ ("The Search Failed") : _ ("Nothing Found"));
  adw_status_page_set_description (self->none,
                                   error != NULL ? reason : _ ("Try other words, or fewer"));
  dadam_hangul_mend (GTK_WIDGET (self->none));
}

static void
found_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamSearchResults) self = DADAM_SEARCH_RESULTS (user_data);
  g_autoptr (GError) error = NULL;
  g_autoptr (GListModel) hits = NULL;
  g_autofree char *said = NULL;
  guint n;

  hits = dadam_archive_search_finish (DADAM_ARCHIVE (object), result, &error);
  if (self->selection == NULL || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  gtk_no_selection_set_model (self->selection, hits);
  n = hits != NULL ? g_list_model_get_n_items (hits) : 0;
  gtk_stack_set_visible_child_name (self->stack, n > 0 ? "list" : "none");
  if (n == 0)
    show_none (self, error);
  said = n > 0 ? g_strdup_printf (ngettext ("%u result", "%u results", n), n)
               : g_strdup (adw_status_page_get_title (self->none));
  gtk_accessible_announce (GTK_ACCESSIBLE (self), said, GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_LOW);
}

static void
stop (DadamSearchResults *self)
{
  if (self->searching != NULL)
    g_cancellable_cancel (self->searching);
  g_clear_object (&self->searching);
}

static void
dadam_search_results_dispose (GObject *object)
{
  DadamSearchResults *self = DADAM_SEARCH_RESULTS (object);

  stop (self);
  adw_bin_set_child (ADW_BIN (self), NULL); /* a bin does not see its template let go */
  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_SEARCH_RESULTS);
  g_clear_object (&self->selection);
  g_clear_object (&self->archive);

  G_OBJECT_CLASS (dadam_search_results_parent_class)->dispose (object);
}

static void
dadam_search_results_class_init (DadamSearchResultsClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_search_results_dispose;

  signals[ACTIVATED] = g_signal_new ("activated", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                     NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_INT64, G_TYPE_INT64);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-search-results.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamSearchResults, stack);
  gtk_widget_class_bind_template_child (widget_class, DadamSearchResults, none);
  gtk_widget_class_bind_template_child (widget_class, DadamSearchResults, list);
  gtk_widget_class_bind_template_callback (widget_class, activate_cb);
}

static void
dadam_search_results_init (DadamSearchResults *self)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  gtk_widget_init_template (GTK_WIDGET (self));
  show_none (self, NULL);
  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), NULL);
  gtk_list_view_set_factory (self->list, factory);
  self->selection = gtk_no_selection_new (NULL);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (self->selection));
}

/* Once. */
void
dadam_search_results_set_archive (DadamSearchResults *self, DadamArchive *archive)
{
  g_return_if_fail (DADAM_IS_SEARCH_RESULTS (self));

  self->archive = g_object_ref (archive);
}

/**
 * dadam_search_results_search:
 *
 * Looks for @text in place of what was looked for before.  What was found then stays
 * until something else is.
 */
void
dadam_search_results_search (DadamSearchResults *self, const char *text)
{
  g_return_if_fail (DADAM_IS_SEARCH_RESULTS (self));

  stop (self);
  self->searching = g_cancellable_new ();
  dadam_archive_search_async (self->archive, text, MOST_HITS, self->searching, found_cb,
                              g_object_ref (self));
}

void
dadam_search_results_activate_first (DadamSearchResults *self)
{
  g_return_if_fail (DADAM_IS_SEARCH_RESULTS (self));

  activate_cb (self, 0);
}
