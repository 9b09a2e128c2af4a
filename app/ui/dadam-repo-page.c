/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Asks the Hub for the repository, then which file suits this computer, then how
 * each of the others would run, one after the other.  Leaving the page ends it.
 */
#include "config.h"

#include "dadam-repo-page.h"

#include <glib/gi18n.h>

#include "dadam-alert.h"
#include "dadam-error.h"
#include "dadam-file-row.h"
#include "dadam-hangul.h"
#include "dadam-launch.h"
#include "dadam-queue-group.h"

struct _DadamRepoPage {
  AdwNavigationPage parent_instance;

  /* Template. */
  GtkStack *stack;
  AdwStatusPage *problem;
  GtkBox *problem_buttons; /* what helps most is the first */
  GtkWidget *web_button, *token_button, *again_button;
  DadamQueueGroup *queue;
  AdwPreferencesGroup *about;
  AdwActionRow *licence;
  AdwActionRow *base;
  AdwActionRow *web;
  GtkWidget *recommended;
  AdwActionRow *choice;
  GtkWidget *choosing;
  GtkButton *choice_button;
  AdwPreferencesGroup *files;

  /* Owned. */
  DadamManager *manager;
  char *id;
  DadamOffer *offer; /* of the catalogue, or %NULL */
  DadamHubRepo *repo;
  DadamHubFile *chosen;
  GPtrArray *rows; /* borrowed */
  GCancellable *cancellable;
};

G_DEFINE_FINAL_TYPE (DadamRepoPage, dadam_repo_page, ADW_TYPE_NAVIGATION_PAGE)

static void measure_next (DadamRepoPage *self);

static void
open_web_page (DadamRepoPage *self)
{
  g_autofree char *uri = dadam_hub_get_web_page (dadam_manager_get_hub (self->manager), self->id);

  dadam_launch_web_page (GTK_WIDGET (self), uri);
}

/* ---- downloading ------------------------------------------------------- */

/* All parts of a split model, or the one file. */
static GPtrArray *
collect_parts (DadamRepoPage *self, DadamHubFile *file)
{
  GPtrArray *parts = NULL;
  guint n_parts;

  dadam_hub_file_get_part (file, &n_parts);
  if (n_parts > 1 && dadam_hub_file_get_quant (file)[0] != '\0')
    parts = dadam_hub_repo_find (self->repo, dadam_hub_file_get_quant (file));
  if (parts != NULL && parts->len == n_parts)
    return parts;
  g_clear_pointer (&parts, g_ptr_array_unref);
  parts = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (parts, g_object_ref (file));

  return parts;
}

static void
download (DadamRepoPage *self, DadamHubFile *file)
{
  g_autoptr (GPtrArray) parts = collect_parts (self, file);
  g_autoptr (GError) error = NULL;

  if (!dadam_manager_download (self->manager, self->repo, parts, &error))
    dadam_alert_show (GTK_WIDGET (self), _ ("The Download Cannot Begin"), error->message);
}

typedef struct {
  DadamRepoPage *self;
  DadamHubFile *file;
} Wish;

static void
accepted_cb (Wish *wish)
{
  download (wish->self, wish->file);
}

static void
wish_free (gpointer data, GClosure *closure)
{
  Wish *wish = data;

  g_object_unref (wish->self);
  g_object_unref (wish->file);
  g_free (wish);
}

static void
ask_about_change (DadamRepoPage *self, DadamHubFile *file)
{
  AdwDialog *dialog = adw_alert_dialog_new (
      _ ("Take the Changed File?"),
      _ ("The author has changed this file since Dadam was made, so nobody here knows its content. "
         "It will still be verified against what the Hub lists now."));
  Wish *wish = g_new0 (Wish, 1);

  wish->self = g_object_ref (self);
  wish->file = g_object_ref (file);
  adw_alert_dialog_add_responses (ADW_ALERT_DIALOG (dialog), "cancel", _ ("_Cancel"), "accept",
                                  _ ("_Download"), NULL);
  adw_alert_dialog_set_close_response (ADW_ALERT_DIALOG (dialog), "cancel");
  g_signal_connect_data (dialog, "response::accept", G_CALLBACK (accepted_cb), wish, wish_free,
                         G_CONNECT_SWAPPED);
  dadam_alert_present (dialog, GTK_WIDGET (self));
}

/* A file whose content is known beforehand is that content, or the user is asked. */
static void
want (DadamRepoPage *self, DadamHubFile *file)
{
  const char *known = self->offer != NULL
                          ? dadam_offer_get_pinned (self->offer, dadam_hub_file_get_path (file))
                          : NULL;

  if (known == NULL || g_strcmp0 (known, dadam_hub_file_get_hash (file)) == 0)
    download (self, file);
  else
    ask_about_change (self, file);
}

static void
get_cb (DadamRepoPage *self, DadamFileRow *row)
{
  want (self, dadam_file_row_get_file (row));
}

/* ---- the file for this computer ---------------------------------------- */

static void
choice_cb (DadamRepoPage *self)
{
  g_autoptr (DadamOffer) small = NULL;

  if (self->chosen != NULL) {
    want (self, self->chosen);
    return;
  }
  small = dadam_catalogue_get_small (dadam_manager_get_catalogue (self->manager));
  gtk_widget_activate_action (GTK_WIDGET (self), "win.show-model", "s",
                              dadam_offer_get_repo (small));
}

/* What the button does, which is over when the file is there. */
static void
show_choice_button (DadamRepoPage *self)
{
  g_autoptr (DadamInstalled) installed = NULL;

  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->choice_button), NULL);
  gtk_widget_set_sensitive (GTK_WIDGET (self->choice_button), TRUE);
  if (self->chosen == NULL) {
    gtk_button_set_label (self->choice_button, _ ("_Smaller Model"));
    return;
  }
  installed = dadam_manager_find (self->manager, dadam_hub_repo_get_id (self->repo),
                                  dadam_hub_repo_get_commit (self->repo),
                                  dadam_hub_file_get_path (self->chosen));
  gtk_button_set_label (self->choice_button, installed ? _ ("_Chat") : _ ("_Download"));
  if (installed == NULL) {
    gtk_widget_set_sensitive (GTK_WIDGET (self->choice_button),
                              !dadam_manager_is_fetching (self->manager,
                                                          dadam_hub_repo_get_id (self->repo),
                                                          dadam_hub_file_get_path (self->chosen)));
    return;
  }
  gtk_actionable_set_action_target (GTK_ACTIONABLE (self->choice_button), "s",
                                    dadam_installed_get_path (installed));
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->choice_button), "win.open-path");
}

static DadamFileRow *
find_row (DadamRepoPage *self, DadamHubFile *file)
{
  for (guint i = 0; i < self->rows->len; i++)
    if (dadam_file_row_get_file (self->rows->pdata[i]) == file)
      return self->rows->pdata[i];

  return NULL;
}

static void
show_choice (DadamRepoPage *self, DadamHubFile *file, const DadamDryRun *run)
{
  DadamFileRow *row = find_row (self, file);
  g_autofree char *words = dadam_fit_get_words (run, dadam_hub_file_get_size (file));
  g_autofree char *name = dadam_manager_name (self->manager, dadam_hub_repo_get_id (self->repo),
                                              dadam_hub_file_get_path (file));

  g_set_object (&self->chosen, file);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->choice), name);
  adw_action_row_set_subtitle (self->choice, words);
  if (row != NULL && !dadam_file_row_is_measured (row))
    dadam_file_row_set_run (row, run);
  show_choice_button (self);
}

static void
show_no_choice (DadamRepoPage *self, const GError *error)
{
  gboolean is_small = self->offer != NULL && dadam_offer_is_small (self->offer);
  gboolean no_room = g_error_matches (error, DADAM_ERROR, DADAM_ERROR_NO_MEMORY);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->choice),
                                 no_room ? _ ("Nothing here leaves enough memory free")
                                         : _ ("It could not be found out which file suits"));
  adw_action_row_set_subtitle (self->choice, error->message);
  show_choice_button (self);
  gtk_widget_set_visible (GTK_WIDGET (self->choice_button), no_room && !is_small);
}

static void
end_choice (DadamRepoPage *self, DadamHubFile *file, const DadamDryRun *run, const GError *error)
{
  gtk_widget_set_visible (self->choosing, FALSE);
  gtk_widget_set_visible (GTK_WIDGET (self->choice_button), TRUE);
  if (file != NULL && run != NULL)
    show_choice (self, file, run);
  else
    show_no_choice (self, error);
  dadam_hangul_mend (GTK_WIDGET (self->recommended));
  measure_next (self);
}

static void
chosen_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamRepoPage) self = DADAM_REPO_PAGE (user_data);
  g_autoptr (DadamDryRun) run = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (DadamHubFile)
      file = dadam_fit_choose_finish (DADAM_HUB (object), result, &run, &error);

  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    end_choice (self, file, run, error);
}

static void
only_one_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamRepoPage) self = DADAM_REPO_PAGE (user_data);
  g_autoptr (GError) error = NULL;
  g_autoptr (DadamDryRun) run = dadam_fit_file_finish (DADAM_HUB (object), result, &error);

  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    end_choice (self, self->chosen, run, error);
}

/* The file that is known by name or the only one: there is nothing to choose. */
static DadamHubFile *
find_only_file (DadamRepoPage *self)
{
  GListModel *files = dadam_hub_repo_get_files (self->repo);
  g_autoptr (GPtrArray) found = NULL;

  if (g_list_model_get_n_items (files) == 1)
    return g_list_model_get_item (files, 0);
  if (self->offer == NULL || !dadam_offer_is_starter (self->offer))
    return NULL;
  found = dadam_hub_repo_find (self->repo, dadam_offer_get_first_file (self->offer));

  return found->len == 1 ? g_object_ref (found->pdata[0]) : NULL;
}

static void
choose (DadamRepoPage *self)
{
  DadamHub *hub = dadam_manager_get_hub (self->manager);
  DadamEngine *engine = dadam_manager_get_engine (self->manager);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->choice),
                                 _ ("Finding out which file suits…"));
  gtk_widget_set_visible (self->choosing, TRUE);
  gtk_widget_set_visible (GTK_WIDGET (self->choice_button), FALSE);
  self->chosen = find_only_file (self);
  if (self->chosen != NULL)
    dadam_fit_file_async (hub, engine, self->repo, self->chosen, self->cancellable, only_one_cb,
                          g_object_ref (self));
  else
    dadam_fit_choose_async (hub, engine, self->repo, self->cancellable, chosen_cb,
                            g_object_ref (self));
}

/* ---- the other files --------------------------------------------------- */

static void
measured_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamFileRow) row = DADAM_FILE_ROW (user_data);
  GtkWidget *self = gtk_widget_get_ancestor (GTK_WIDGET (row), DADAM_TYPE_REPO_PAGE);
  g_autoptr (GError) error = NULL;
  g_autoptr (DadamDryRun) run = dadam_fit_file_finish (DADAM_HUB (object), result, &error);

  if (self == NULL || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (run != NULL)
    dadam_file_row_set_run (row, run);
  else
    dadam_file_row_set_problem (row, error->message);
  measure_next (DADAM_REPO_PAGE (self));
}

static void
measure_next (DadamRepoPage *self)
{
  for (guint i = 0; i < self->rows->len; i++) {
    DadamFileRow *row = self->rows->pdata[i];

    if (dadam_file_row_is_measured (row))
      continue;
    dadam_fit_file_async (dadam_manager_get_hub (self->manager),
                          dadam_manager_get_engine (self->manager), self->repo,
                          dadam_file_row_get_file (row), self->cancellable, measured_cb,
                          g_object_ref (row));
    return;
  }
}

static void
list_files (DadamRepoPage *self)
{
  GListModel *files = dadam_hub_repo_get_files (self->repo);
  guint n_parts;

  for (guint i = 0; i < g_list_model_get_n_items (files); i++) {
    g_autoptr (DadamHubFile) file = g_list_model_get_item (files, i);
    GtkWidget *row;

    if (dadam_hub_file_get_part (file, &n_parts) != 1)
      continue;
    row = dadam_file_row_new (self->manager, self->repo, file);
    g_signal_connect_object (row, "get", G_CALLBACK (get_cb), self, G_CONNECT_SWAPPED);
    g_ptr_array_add (self->rows, row);
    adw_preferences_group_add (self->files, row);
  }
  gtk_widget_set_visible (GTK_WIDGET (self->files), self->rows->len > 0);
}

static void
show_states (DadamRepoPage *self)
{
  for (guint i = 0; i < self->rows->len; i++)
    dadam_file_row_show_state (self->rows->pdata[i]);
  if (self->chosen != NULL && self->repo != NULL)
    show_choice_button (self);
}

/* ---- the repository ---------------------------------------------------- */

static void
show_licence (DadamRepoPage *self)
{
  const char *licence = dadam_hub_repo_get_licence (self->repo);
  const char *note = self->offer != NULL ? dadam_offer_get_licence_note (self->offer) : NULL;
  g_autofree char *text = NULL;

  if (licence == NULL && self->offer != NULL)
    licence = dadam_offer_get_licence (self->offer);
  text = note != NULL ? g_strdup_printf ("%s\n%s", licence ? licence : _ ("none stated"), note)
                      : g_strdup (licence ? licence : _ ("none stated"));
  adw_action_row_set_subtitle (self->licence, text);
}

static void
show_repo (DadamRepoPage *self)
{
  const char *base = self->offer != NULL ? dadam_offer_get_base (self->offer) : NULL;

  show_licence (self);
  gtk_widget_set_visible (GTK_WIDGET (self->base), base != NULL);
  adw_action_row_set_subtitle (self->base, base);
  adw_action_row_set_subtitle (self->web, dadam_hub_repo_get_id (self->repo));
  if (self->offer != NULL)
    adw_preferences_group_set_description (self->about, dadam_offer_get_note (self->offer));
  list_files (self);
  gtk_widget_set_visible (self->recommended, self->rows->len > 0);
  gtk_stack_set_visible_child_name (self->stack, "facts");
  dadam_hangul_mend (GTK_WIDGET (self));
  if (self->rows->len > 0)
    choose (self);
}

static void
suggest (GtkWidget *button, gboolean is_suggested)
{
  if (is_suggested)
    gtk_widget_add_css_class (button, "suggested-action");
  else
    gtk_widget_remove_css_class (button, "suggested-action");
}

/* @error: (nullable): says what can be done about it */
static void
show_problem (DadamRepoPage *self, const char *title, const char *text, const GError *error)
{
  gboolean wants_terms = dadam_hub_error_wants_terms (error);
  g_autofree char *escaped = g_markup_escape_text (text, -1);

  adw_status_page_set_title (self->problem, title);
  adw_status_page_set_description (self->problem, escaped);
  gtk_widget_set_visible (self->token_button, dadam_hub_error_wants_token (error));
  suggest (self->web_button, wants_terms);
  suggest (self->again_button, !wants_terms);
  gtk_box_reorder_child_after (self->problem_buttons, self->again_button,
                               wants_terms ? self->token_button : NULL);
  dadam_hangul_mend (GTK_WIDGET (self->problem));
  gtk_stack_set_visible_child_name (self->stack, "problem");
}

static void
repo_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamRepoPage) self = DADAM_REPO_PAGE (user_data);
  g_autoptr (GError) error = NULL;
  g_autoptr (DadamHubRepo) repo = dadam_hub_repo_finish (DADAM_HUB (object), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (repo == NULL) {
    show_problem (self,
                  error->domain == DADAM_HUB_ERROR ? _ ("The Hub Does Not Give It")
                                                   : _ ("The Hub Cannot Be Asked"),
                  error->message, error);
    return;
  }
  self->repo = g_steal_pointer (&repo);
  if (g_list_model_get_n_items (dadam_hub_repo_get_files (self->repo)) > 0)
    show_repo (self);
  else
    show_problem (self, _ ("No Model Files"),
                  _ ("This repository has no GGUF files, and those are what Dadam can run."), NULL);
}

static void
load (DadamRepoPage *self)
{
  gtk_stack_set_visible_child_name (self->stack, "busy");
  dadam_hub_repo_async (dadam_manager_get_hub (self->manager), self->id, NULL, self->cancellable,
                        repo_cb, g_object_ref (self));
}

/* ---- the class --------------------------------------------------------- */

/* Left for good: what is still asked for is not wanted any more. */
static void
dadam_repo_page_unroot (GtkWidget *widget)
{
  g_cancellable_cancel (DADAM_REPO_PAGE (widget)->cancellable);

  GTK_WIDGET_CLASS (dadam_repo_page_parent_class)->unroot (widget);
}

static void
dadam_repo_page_dispose (GObject *object)
{
  DadamRepoPage *self = DADAM_REPO_PAGE (object);

  g_cancellable_cancel (self->cancellable);
  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_REPO_PAGE);
  g_ptr_array_set_size (self->rows, 0);
  g_clear_object (&self->repo);
  g_clear_object (&self->chosen);
  g_clear_object (&self->offer);
  g_clear_object (&self->manager);

  G_OBJECT_CLASS (dadam_repo_page_parent_class)->dispose (object);
}

static void
dadam_repo_page_finalize (GObject *object)
{
  DadamRepoPage *self = DADAM_REPO_PAGE (object);

  g_object_unref (self->cancellable);
  g_ptr_array_unref (self->rows);
  g_free (self->id);

  G_OBJECT_CLASS (dadam_repo_page_parent_class)->finalize (object);
}

static void
dadam_repo_page_class_init (DadamRepoPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_repo_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = dadam_repo_page_finalize;
  widget_class->unroot = dadam_repo_page_unroot;

  g_type_ensure (DADAM_TYPE_QUEUE_GROUP);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-repo-page.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamRepoPage, stack);
  gtk_widget_class_bind_template_child (widget_class, DadamRepoPage, problem);
  gtk_widget_class_bind_template_child (widget_class, DadamRepoPage, problem_buttons);
  gtk_widget_class_bind_template_child (widget_class, DadamRepoPage, web_button);
  gtk_widget_class_bind_template_child (widget_class, DadamRepoPage, token_button);
  gtk_widget_class_bind_template_child (widget_class, DadamRepoPage, again_button);
  gtk_widget_class_bind_template_child (widget_class, DadamRepoPage, queue);
  gtk_widget_class_bind_template_child (widget_class, DadamRepoPage, about);
  gtk_widget_class_bind_template_child (widget_class, DadamRepoPage, licence);
  gtk_widget_class_bind_template_child (widget_class, DadamRepoPage, base);
  gtk_widget_class_bind_template_child (widget_class, DadamRepoPage, web);
  gtk_widget_class_bind_template_child (widget_class, DadamRepoPage, recommended);
  gtk_widget_class_bind_template_child (widget_class, DadamRepoPage, choice);
  gtk_widget_class_bind_template_child (widget_class, DadamRepoPage, choosing);
  gtk_widget_class_bind_template_child (widget_class, DadamRepoPage, choice_button);
  gtk_widget_class_bind_template_child (widget_class, DadamRepoPage, files);
  gtk_widget_class_bind_template_callback (widget_class, load);
  gtk_widget_class_bind_template_callback (widget_class, open_web_page);
  gtk_widget_class_bind_template_callback (widget_class, choice_cb);
}

static void
dadam_repo_page_init (DadamRepoPage *self)
{
  self->rows = g_ptr_array_new ();
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * dadam_repo_page_new:
 * @id: "owner/name"
 *
 * Asks the Hub at once: the user wants to see it.
 */
AdwNavigationPage *
dadam_repo_page_new (DadamManager *manager, const char *id)
{
  DadamRepoPage *self = g_object_new (DADAM_TYPE_REPO_PAGE, NULL);

  self->manager = g_object_ref (manager);
  self->id = g_strdup (id);
  self->offer = dadam_catalogue_find (dadam_manager_get_catalogue (manager), id);
  adw_navigation_page_set_title (ADW_NAVIGATION_PAGE (self),
                                 self->offer ? dadam_offer_get_title (self->offer) : id);
  dadam_queue_group_set_up (self->queue, manager);
  g_signal_connect_object (dadam_manager_get_queue (manager), "items-changed",
                           G_CALLBACK (show_states), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (dadam_manager_get_store (manager), "items-changed",
                           G_CALLBACK (show_states), self, G_CONNECT_SWAPPED);
  load (self);

  return ADW_NAVIGATION_PAGE (self);
}
