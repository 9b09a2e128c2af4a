/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sidebar.  Where its rows lead to is the window's.
 */
#include "config.h"

#include "dadam-sidebar.h"

#include "dadam-actions.h"
#include "dadam-composed.h"
#include "dadam-download-bar.h"

struct _DadamSidebar {
  AdwBin parent_instance;

  /* Template. */
  GtkMenuButton *menu_button;
  GtkListBox *pages;
  GtkListBoxRow *compare_row;
  GtkListBoxRow *models_row;
  DadamDownloadBar *downloads;
  DadamConversationList *conversations;
  DadamSearchResults *results;
  GtkStack *stack;
  GtkWidget *places;
  GtkSearchBar *search_bar;
  GtkEditable *search_entry;

  char *composed; /* owned: what an input method has not finished in the search entry */
};

G_DEFINE_FINAL_TYPE (DadamSidebar, dadam_sidebar, ADW_TYPE_BIN)

/* ---- searching --------------------------------------------------------- */

static void
search_changed_cb (DadamSidebar *self)
{
  g_autofree char *searched = dadam_sidebar_get_sought (self);
  gboolean is_searching = gtk_search_bar_get_search_mode (self->search_bar) && *searched != '\0';

  gtk_stack_set_visible_child (self->stack,
                               is_searching ? GTK_WIDGET (self->results) : self->places);
  if (is_searching)
    dadam_search_results_search (self->results, searched);
}

static void
composed_cb (DadamSidebar *self, const char *composed)
{
  g_set_str (&self->composed, composed);
  search_changed_cb (self);
}

static void
search_activate_cb (DadamSidebar *self)
{
  dadam_search_results_activate_first (self->results);
}

static void
dadam_sidebar_finalize (GObject *object)
{
  g_free (DADAM_SIDEBAR (object)->composed);

  G_OBJECT_CLASS (dadam_sidebar_parent_class)->finalize (object);
}

static void
activated_cb (DadamSidebar *self, GtkListBoxRow *row)
{
  gtk_widget_activate_action (GTK_WIDGET (self),
                              row == self->compare_row ? "win.compare" : "win.show-models", NULL);
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
  G_OBJECT_CLASS (klass)->finalize = dadam_sidebar_finalize;

  g_type_ensure (DADAM_TYPE_CONVERSATION_LIST);
  g_type_ensure (DADAM_TYPE_DOWNLOAD_BAR);
  g_type_ensure (DADAM_TYPE_SEARCH_RESULTS);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-sidebar.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamSidebar, menu_button);
  gtk_widget_class_bind_template_child (widget_class, DadamSidebar, pages);
  gtk_widget_class_bind_template_child (widget_class, DadamSidebar, compare_row);
  gtk_widget_class_bind_template_child (widget_class, DadamSidebar, models_row);
  gtk_widget_class_bind_template_child (widget_class, DadamSidebar, downloads);
  gtk_widget_class_bind_template_child (widget_class, DadamSidebar, conversations);
  gtk_widget_class_bind_template_callback (widget_class, activated_cb);
  gtk_widget_class_bind_template_child (widget_class, DadamSidebar, results);
  gtk_widget_class_bind_template_child (widget_class, DadamSidebar, stack);
  gtk_widget_class_bind_template_child (widget_class, DadamSidebar, places);
  gtk_widget_class_bind_template_child (widget_class, DadamSidebar, search_bar);
  gtk_widget_class_bind_template_child (widget_class, DadamSidebar, search_entry);
  gtk_widget_class_bind_template_callback (widget_class, search_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_activate_cb);
}

static void
dadam_sidebar_init (DadamSidebar *self)
{
  g_autoptr (GMenuModel) menu = dadam_actions_create_menu ();

  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_menu_button_set_menu_model (self->menu_button, menu);
  gtk_search_bar_connect_entry (self->search_bar, self->search_entry);
  g_signal_connect_object (gtk_editable_get_delegate (self->search_entry), "preedit-changed",
                           G_CALLBACK (composed_cb), self, G_CONNECT_SWAPPED);
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

/* Which of the pages with a row is beside the sidebar; %NULL: none of them. */
void
dadam_sidebar_select_page (DadamSidebar *self, const char *name)
{
  g_return_if_fail (DADAM_IS_SIDEBAR (self));

  gtk_list_box_select_row (self->pages, g_strcmp0 (name, "models") == 0    ? self->models_row
                                        : g_strcmp0 (name, "compare") == 0 ? self->compare_row
                                                                           : NULL);
}

/* (transfer none). */
DadamSearchResults *
dadam_sidebar_get_results (DadamSidebar *self)
{
  g_return_val_if_fail (DADAM_IS_SIDEBAR (self), NULL);

  return self->results;
}

/* Lets the user write what to look for. */
void
dadam_sidebar_search (DadamSidebar *self)
{
  g_return_if_fail (DADAM_IS_SIDEBAR (self));

  gtk_search_bar_set_search_mode (self->search_bar, TRUE);
  gtk_widget_grab_focus (GTK_WIDGET (self->search_entry));
}

/* (transfer full): what is looked for, or "". */
char *
dadam_sidebar_get_sought (DadamSidebar *self)
{
  g_return_val_if_fail (DADAM_IS_SIDEBAR (self), NULL);

  return dadam_composed_join (self->search_entry, self->composed);
}
