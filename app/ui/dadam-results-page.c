/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A group for each pair, made anew from all votes.
 */
#include "config.h"

#include "dadam-results-page.h"

#include <glib/gi18n.h>

#include "dadam-alert.h"
#include "dadam-duel-export.h"
#include "dadam-hangul.h"
#include "dadam-pair-group.h"
#include "dadam-toast.h"

struct _DadamResultsPage {
  AdwNavigationPage parent_instance;

  /* Template. */
  GtkWidget *export;
  GtkStack *stack;
  AdwStatusPage *empty;
  AdwStatusPage *failed;
  AdwPreferencesPage *results;

  /* Owned. */
  DadamArchive *archive;
  GPtrArray *groups; /* borrowed: those of the page */
};

G_DEFINE_FINAL_TYPE (DadamResultsPage, dadam_results_page, ADW_TYPE_NAVIGATION_PAGE)

/* ---- showing ------------------------------------------------------------- */

static void
add_group (DadamResultsPage *self, AdwPreferencesGroup *group)
{
  adw_preferences_page_add (self->results, group);
  g_ptr_array_add (self->groups, group);
}

static void
remove_groups (DadamResultsPage *self)
{
  for (guint i = 0; i < self->groups->len; i++)
    adw_preferences_page_remove (self->results, self->groups->pdata[i]);
  g_ptr_array_set_size (self->groups, 0);
}

static void
add_note (DadamResultsPage *self, guint n_alone)
{
  GtkWidget *group = adw_preferences_group_new ();
  g_autofree char *text = g_strdup_printf (
      ngettext ("%u vote belongs to no pair: the same model with the same settings stood on both "
                "sides.",
                "%u votes belong to no pair: the same model with the same settings stood on both "
                "sides.",
                n_alone),
      n_alone);

  adw_preferences_group_set_description (ADW_PREFERENCES_GROUP (group), text);
  add_group (self, ADW_PREFERENCES_GROUP (group));
}

static void
show_duels (DadamResultsPage *self, GListModel *duels)
{
  guint n_alone = 0;
  g_autoptr (GListModel) pairs = dadam_pairs_count (duels, &n_alone);
  gboolean is_empty = g_list_model_get_n_items (duels) == 0;

  remove_groups (self);
  for (guint i = 0; i < g_list_model_get_n_items (pairs); i++) {
    g_autoptr (DadamPair) pair = g_list_model_get_item (pairs, i);

    add_group (self, dadam_pair_group_new (pair));
  }
  if (n_alone > 0)
    add_note (self, n_alone);
  gtk_widget_set_sensitive (self->export, !is_empty);
  gtk_stack_set_visible_child_name (self->stack, is_empty ? "empty" : "results");
  dadam_hangul_mend (GTK_WIDGET (self->stack));
}

static void
read_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamResultsPage) self = DADAM_RESULTS_PAGE (user_data);
  g_autoptr (GError) error = NULL;
  g_autoptr (GListModel)
      duels = dadam_archive_read_duels_finish (DADAM_ARCHIVE (object), result, &error);

  if (self->archive == NULL)
    return;
  if (duels != NULL) {
    show_duels (self, duels);
    return;
  }
  adw_status_page_set_description (self->failed, error->message);
  dadam_hangul_mend (GTK_WIDGET (self->failed));
  gtk_stack_set_visible_child_name (self->stack, "failed");
}

static void
showing_cb (AdwNavigationPage *page)
{
  DadamResultsPage *self = DADAM_RESULTS_PAGE (page);

  dadam_archive_read_duels_async (self->archive, 0, read_cb, g_object_ref (self));
  ADW_NAVIGATION_PAGE_CLASS (dadam_results_page_parent_class)->showing (page);
}

/* ---- exporting ----------------------------------------------------------- */

static void
explain_cb (DadamResultsPage *self)
{
  dadam_alert_show (
      GTK_WIDGET (self), _ ("Votes That Were Left Out"),
      _ ("To train with, a vote must be blind and for one of the answers, and both models must "
         "have read the same before they answered."));
}

static void
say_exported (DadamResultsPage *self, guint n_written, guint n_left_out)
{
  g_autofree char *written = g_strdup_printf (ngettext ("%u vote exported", "%u votes exported",
                                                        n_written),
                                              n_written);
  g_autofree char *left_out = g_strdup_printf (ngettext ("%u left out", "%u left out", n_left_out),
                                               n_left_out);
  g_autofree char *both = g_strdup_printf ("%s · %s", written, left_out);
  AdwToast *toast = adw_toast_new (n_left_out > 0 ? both : written);

  if (n_left_out > 0) {
    adw_toast_set_button_label (toast, _ ("_Why?"));
    g_signal_connect_object (toast, "button-clicked", G_CALLBACK (explain_cb), self,
                             G_CONNECT_SWAPPED);
  }
  dadam_toast_show (GTK_WIDGET (self), toast);
}

static void
exported_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamResultsPage) self = DADAM_RESULTS_PAGE (user_data);
  g_autoptr (GError) error = NULL;
  guint n_written = 0, n_left_out = 0;

  if (dadam_archive_export_duels_finish (DADAM_ARCHIVE (object), result, &n_written, &n_left_out,
                                         &error))
    say_exported (self, n_written, n_left_out);
  else
    dadam_toast_say (GTK_WIDGET (self), error->message);
}

static void
export_to (DadamResultsPage *self, GAsyncResult *result, GObject *dialog, DadamDuelsFormat format)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GFile) file = gtk_file_dialog_save_finish (GTK_FILE_DIALOG (dialog), result, &error);

  if (file != NULL && self->archive != NULL)
    dadam_archive_export_duels_async (self->archive, format, file, NULL, exported_cb,
                                      g_object_ref (self));
  else if (error != NULL && !g_error_matches (error, GTK_DIALOG_ERROR, GTK_DIALOG_ERROR_DISMISSED))
    dadam_toast_say (GTK_WIDGET (self), error->message);
}

static void
csv_chosen_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamResultsPage) self = DADAM_RESULTS_PAGE (user_data);

  export_to (self, result, object, DADAM_DUELS_CSV);
}

static void
jsonl_chosen_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamResultsPage) self = DADAM_RESULTS_PAGE (user_data);

  export_to (self, result, object, DADAM_DUELS_JSONL);
}

static void
choose_file (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  gboolean is_table = g_str_equal (action_name, "results.export-csv");
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();
  g_autofree char *name = g_strdup_printf ("%s.%s", _ ("Votes"),
                                           dadam_duels_format_get_suffix (is_table
                                                                              ? DADAM_DUELS_CSV
                                                                              : DADAM_DUELS_JSONL));

  gtk_file_dialog_set_title (dialog, _ ("Export Votes"));
  gtk_file_dialog_set_initial_name (dialog, name);
  gtk_file_dialog_save (dialog, GTK_WINDOW (gtk_widget_get_root (widget)), NULL,
                        is_table ? csv_chosen_cb : jsonl_chosen_cb, g_object_ref (widget));
}

/* ---- the class ----------------------------------------------------------- */

static void
dadam_results_page_dispose (GObject *object)
{
  DadamResultsPage *self = DADAM_RESULTS_PAGE (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_RESULTS_PAGE);
  g_clear_object (&self->archive);
  g_clear_pointer (&self->groups, g_ptr_array_unref);

  G_OBJECT_CLASS (dadam_results_page_parent_class)->dispose (object);
}

static void
dadam_results_page_class_init (DadamResultsPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_results_page_dispose;
  ADW_NAVIGATION_PAGE_CLASS (klass)->showing = showing_cb;

  gtk_widget_class_install_action (widget_class, "results.export-csv", NULL, choose_file);
  gtk_widget_class_install_action (widget_class, "results.export-jsonl", NULL, choose_file);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-results-page.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamResultsPage, export);
  gtk_widget_class_bind_template_child (widget_class, DadamResultsPage, stack);
  gtk_widget_class_bind_template_child (widget_class, DadamResultsPage, empty);
  gtk_widget_class_bind_template_child (widget_class, DadamResultsPage, failed);
  gtk_widget_class_bind_template_child (widget_class, DadamResultsPage, results);
}

static void
dadam_results_page_init (DadamResultsPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->groups = g_ptr_array_new ();
}

/* (transfer full). */
AdwNavigationPage *
dadam_results_page_new (DadamArchive *archive)
{
  DadamResultsPage *self = g_object_new (DADAM_TYPE_RESULTS_PAGE, NULL);

  self->archive = g_object_ref (archive);

  return ADW_NAVIGATION_PAGE (self);
}
