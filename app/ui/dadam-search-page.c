/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Asks the Hub when the user says so, a page at a time; a new question ends the one
 * before.
 */
#include "config.h"

#include "dadam-search-page.h"

#include <glib/gi18n.h>

#include "dadam-fit-pill.h"
#include "dadam-hangul.h"

struct _DadamSearchPage {
  AdwNavigationPage parent_instance;

  /* Template. */
  GtkEditable *entry;
  GtkToggleButton *korean;
  GtkDropDown *family;
  GtkStringList *families; /* any, then the tags of those that run */
  GtkDropDown *size;
  GtkStack *stack;
  AdwStatusPage *problem;
  AdwPreferencesGroup *found;
  GtkWidget *more;

  /* Owned. */
  DadamManager *manager;
  GPtrArray *rows; /* borrowed */
  char *next;      /* asks for the next page; %NULL: there is none */
  GCancellable *cancellable;

  DadamRoom room;
};

G_DEFINE_FINAL_TYPE (DadamSearchPage, dadam_search_page, ADW_TYPE_NAVIGATION_PAGE)

/* ---- what was found ---------------------------------------------------- */

/* "llama · 7.2B parameters · apache-2.0 · 1234 downloads" */
static char *
describe (DadamHubRepo *repo)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
  double billions = (double) dadam_hub_repo_get_parameters (repo) / 1e9;
  int downloads = (int) MIN (dadam_hub_repo_get_downloads (repo), G_MAXINT);

  if (dadam_hub_repo_get_family (repo) != NULL)
    g_ptr_array_add (words, g_strdup (dadam_hub_repo_get_family (repo)));
  if (billions > 0)
    g_ptr_array_add (words, g_strdup_printf (_ ("%.1fB parameters"), billions));
  if (dadam_hub_repo_get_licence (repo) != NULL)
    g_ptr_array_add (words, g_strdup (dadam_hub_repo_get_licence (repo)));
  if (dadam_hub_repo_is_gated (repo))
    g_ptr_array_add (words, g_strdup (_ ("wants you to accept terms")));
  g_ptr_array_add (words,
                   g_strdup_printf (ngettext ("%d download", "%d downloads", (gulong) downloads),
                                    downloads));
  g_ptr_array_add (words, NULL);

  return g_strjoinv (" · ", (char **) words->pdata);
}

static GtkWidget *
create_row (DadamSearchPage *self, DadamHubRepo *repo)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *pill = dadam_fit_pill_new ();
  g_autoptr (DadamDryRun) run = dadam_fit_estimate_repo (repo, &self->room);
  g_autofree char *line = describe (repo);

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), dadam_hub_repo_get_id (repo));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), line);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), pill);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row),
                             gtk_image_new_from_icon_name ("go-next-symbolic"));
  if (run != NULL)
    dadam_fit_pill_set_run (DADAM_FIT_PILL (pill), run);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
  gtk_actionable_set_action_target (GTK_ACTIONABLE (row), "s", dadam_hub_repo_get_id (repo));
  gtk_actionable_set_action_name (GTK_ACTIONABLE (row), "win.show-model");

  return row;
}

static void
show_found (DadamSearchPage *self, GListModel *repos)
{
  for (guint i = 0; i < g_list_model_get_n_items (repos); i++) {
    g_autoptr (DadamHubRepo) repo = g_list_model_get_item (repos, i);
    GtkWidget *row = create_row (self, repo);

    g_ptr_array_add (self->rows, row);
    adw_preferences_group_add (self->found, row);
  }
  gtk_widget_set_visible (self->more, self->next != NULL);
  gtk_stack_set_visible_child_name (self->stack, self->rows->len > 0 ? "found" : "none");
}

static void
forget_found (DadamSearchPage *self)
{
  for (guint i = 0; i < self->rows->len; i++)
    adw_preferences_group_remove (self->found, self->rows->pdata[i]);
  g_ptr_array_set_size (self->rows, 0);
  g_clear_pointer (&self->next, g_free);
}

/* ---- asking ------------------------------------------------------------ */

static void
searched_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamSearchPage) self = DADAM_SEARCH_PAGE (user_data);
  g_autoptr (GError) error = NULL;
  g_autofree char *next = NULL;
  g_autoptr (GListModel)
      repos = dadam_hub_search_finish (DADAM_HUB (object), result, &next, &error);
  g_autofree char *text = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_set_str (&self->next, next);
  if (repos != NULL) {
    show_found (self, repos);
    return;
  }
  text = g_markup_escape_text (error->message, -1);
  adw_status_page_set_description (self->problem, text);
  dadam_hangul_mend (GTK_WIDGET (self->problem));
  gtk_stack_set_visible_child_name (self->stack, "problem");
}

static void
ask (DadamSearchPage *self)
{
  static const char *const sizes[] = { NULL, "max:3B", "min:3B,max:9B", "min:9B" };
  guint family = gtk_drop_down_get_selected (self->family);
  const char *tags[4] = { "gguf" };
  guint n = 1;
  DadamHubQuery query = { .text = gtk_editable_get_text (self->entry),
                          .tags = tags,
                          .parameters = sizes[gtk_drop_down_get_selected (self->size)],
                          .next = self->next };

  if (gtk_toggle_button_get_active (self->korean))
    tags[n++] = "ko";
  if (family > 0)
    tags[n] = gtk_string_list_get_string (self->families, family);
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  self->cancellable = g_cancellable_new ();
  dadam_hub_search_async (dadam_manager_get_hub (self->manager), &query, self->cancellable,
                          searched_cb, g_object_ref (self));
}

static void
search (DadamSearchPage *self)
{
  forget_found (self);
  gtk_stack_set_visible_child_name (self->stack, "busy");
  ask (self);
}

/* A condition changed: that asks only if something has been asked before. */
static void
search_again (DadamSearchPage *self)
{
  if (g_strcmp0 (gtk_stack_get_visible_child_name (self->stack), "start") != 0)
    search (self);
}

static void
search_more (DadamSearchPage *self)
{
  gtk_widget_set_visible (self->more, FALSE);
  ask (self);
}

static void
room_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamSearchPage) self = DADAM_SEARCH_PAGE (user_data);

  dadam_engine_room_finish (DADAM_ENGINE (object), result, &self->room, NULL);
}

/* ---- the class --------------------------------------------------------- */

/* Left for good: what is still asked for is not wanted any more. */
static void
dadam_search_page_unroot (GtkWidget *widget)
{
  g_cancellable_cancel (DADAM_SEARCH_PAGE (widget)->cancellable);

  GTK_WIDGET_CLASS (dadam_search_page_parent_class)->unroot (widget);
}

static void
dadam_search_page_dispose (GObject *object)
{
  DadamSearchPage *self = DADAM_SEARCH_PAGE (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_SEARCH_PAGE);
  g_clear_object (&self->manager);

  G_OBJECT_CLASS (dadam_search_page_parent_class)->dispose (object);
}

static void
dadam_search_page_finalize (GObject *object)
{
  DadamSearchPage *self = DADAM_SEARCH_PAGE (object);

  g_object_unref (self->cancellable);
  g_ptr_array_unref (self->rows);
  g_free (self->next);

  G_OBJECT_CLASS (dadam_search_page_parent_class)->finalize (object);
}

static void
dadam_search_page_class_init (DadamSearchPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_search_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = dadam_search_page_finalize;
  widget_class->unroot = dadam_search_page_unroot;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-search-page.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamSearchPage, entry);
  gtk_widget_class_bind_template_child (widget_class, DadamSearchPage, korean);
  gtk_widget_class_bind_template_child (widget_class, DadamSearchPage, family);
  gtk_widget_class_bind_template_child (widget_class, DadamSearchPage, families);
  gtk_widget_class_bind_template_child (widget_class, DadamSearchPage, size);
  gtk_widget_class_bind_template_child (widget_class, DadamSearchPage, stack);
  gtk_widget_class_bind_template_child (widget_class, DadamSearchPage, problem);
  gtk_widget_class_bind_template_child (widget_class, DadamSearchPage, found);
  gtk_widget_class_bind_template_child (widget_class, DadamSearchPage, more);
  gtk_widget_class_bind_template_callback (widget_class, search);
  gtk_widget_class_bind_template_callback (widget_class, search_again);
  gtk_widget_class_bind_template_callback (widget_class, search_more);
}

static void
dadam_search_page_init (DadamSearchPage *self)
{
  self->rows = g_ptr_array_new ();
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
}

AdwNavigationPage *
dadam_search_page_new (DadamManager *manager)
{
  DadamSearchPage *self = g_object_new (DADAM_TYPE_SEARCH_PAGE, NULL);
  g_auto (GStrv) families = NULL;

  self->manager = g_object_ref (manager);
  families = dadam_engine_list_families ();
  gtk_string_list_splice (self->families, 1, 0, (const char *const *) families);
  dadam_hangul_mend (GTK_WIDGET (self));
  dadam_engine_room_async (dadam_manager_get_engine (manager), NULL, room_cb, g_object_ref (self));

  return ADW_NAVIGATION_PAGE (self);
}
