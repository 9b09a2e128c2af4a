/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The row; the rows in it are the sum of what the file needs.
 */
#include "config.h"

#include "dadam-file-row.h"

#include <glib/gi18n.h>

#include "dadam-access.h"
#include "dadam-fit-pill.h"

#define MOST_CONTEXT 8192 /* what the dry run takes where nobody says */

struct _DadamFileRow {
  AdwExpanderRow parent_instance;

  GtkWidget *spinner;
  DadamFitPill *pill;
  GtkWidget *button;

  /* Owned. */
  DadamManager *manager;
  DadamHubRepo *repo;
  DadamHubFile *file;

  gboolean is_measured;
};

enum { GET, N_SIGNALS };

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (DadamFileRow, dadam_file_row, ADW_TYPE_EXPANDER_ROW)

static void
dadam_file_row_dispose (GObject *object)
{
  DadamFileRow *self = DADAM_FILE_ROW (object);

  g_clear_object (&self->manager);
  g_clear_object (&self->repo);
  g_clear_object (&self->file);

  G_OBJECT_CLASS (dadam_file_row_parent_class)->dispose (object);
}

static void
dadam_file_row_class_init (DadamFileRowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dadam_file_row_dispose;

  signals[GET] = g_signal_new ("get", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                               NULL, G_TYPE_NONE, 0);
}

static void
get_cb (DadamFileRow *self)
{
  g_signal_emit (self, signals[GET], 0);
}

static void
dadam_file_row_init (DadamFileRow *self)
{
  self->spinner = adw_spinner_new ();
  gtk_widget_set_valign (self->spinner, GTK_ALIGN_CENTER);
  self->pill = DADAM_FIT_PILL (dadam_fit_pill_new ());
  self->button = gtk_button_new ();
  gtk_widget_set_valign (self->button, GTK_ALIGN_CENTER);
  g_signal_connect_object (self->button, "clicked", G_CALLBACK (get_cb), self, G_CONNECT_SWAPPED);
  /* Each goes before those that are there. */
  adw_expander_row_add_suffix (ADW_EXPANDER_ROW (self), self->button);
  adw_expander_row_add_suffix (ADW_EXPANDER_ROW (self), GTK_WIDGET (self->pill));
  adw_expander_row_add_suffix (ADW_EXPANDER_ROW (self), self->spinner);
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (self), FALSE);
  adw_expander_row_set_enable_expansion (ADW_EXPANDER_ROW (self), FALSE);
}

/* ---- the button -------------------------------------------------------- */

static void
set_button (DadamFileRow *self, const char *label, gboolean sensitive)
{
  gtk_button_set_label (GTK_BUTTON (self->button), label);
  dadam_access_set_name (self->button, "%s: %s", label,
                         adw_preferences_row_get_title (ADW_PREFERENCES_ROW (self)));
  gtk_widget_set_sensitive (self->button, sensitive);
}

/* Downloaded, downloading, or to be had. */
void
dadam_file_row_show_state (DadamFileRow *self)
{
  g_autoptr (DadamInstalled) installed = NULL;

  g_return_if_fail (DADAM_IS_FILE_ROW (self));

  installed = dadam_manager_find (self->manager, dadam_hub_repo_get_id (self->repo),
                                  dadam_hub_repo_get_commit (self->repo),
                                  dadam_hub_file_get_path (self->file));
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->button), NULL);
  if (installed != NULL) {
    set_button (self, _ ("Chat"), TRUE);
    gtk_actionable_set_action_target (GTK_ACTIONABLE (self->button), "s",
                                      dadam_installed_get_path (installed));
    gtk_actionable_set_action_name (GTK_ACTIONABLE (self->button), "win.open-path");
  } else if (dadam_manager_is_fetching (self->manager, dadam_hub_repo_get_id (self->repo),
                                        dadam_hub_file_get_path (self->file))) {
    set_button (self, _ ("Downloading"), FALSE);
  } else {
    set_button (self, _ ("Download"), TRUE);
  }
}

/* ---- the sum ----------------------------------------------------------- */

static void
add_line (DadamFileRow *self, const char *title, const char *text)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *value = gtk_label_new (text);

  gtk_widget_add_css_class (value, "numeric");
  gtk_label_set_wrap (GTK_LABEL (value), TRUE);
  gtk_label_set_xalign (GTK_LABEL (value), 1);
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), value);
  adw_expander_row_add_row (ADW_EXPANDER_ROW (self), row);
}

static void
add_bytes (DadamFileRow *self, const char *title, guint64 bytes)
{
  g_autofree char *text = g_format_size (bytes);

  add_line (self, title, text);
}

static void
add_sum (DadamFileRow *self, const DadamDryRun *run)
{
  int context = (int) MIN (run->context, MOST_CONTEXT);
  g_autofree char *conversation = g_strdup_printf (ngettext ("A conversation of %d token",
                                                             "A conversation of %d tokens",
                                                             (gulong) context),
                                                   context);
  g_autofree char *speed = run->speed > 0
                               ? g_strdup_printf (_ ("about %.1f tokens a second"), run->speed)
                               : NULL;

  add_bytes (self, _ ("Weights"), run->weights);
  add_bytes (self, conversation, run->cache);
  add_bytes (self, _ ("Computing"), run->activations);
  add_bytes (self, _ ("Memory Needed"), run->weights + run->cache + run->activations);
  add_bytes (self, _ ("Memory Free Now"), run->available);
  if (speed != NULL)
    add_line (self, _ ("Expected Speed"), speed);
}

/* How the file would run, as its header says. */
void
dadam_file_row_set_run (DadamFileRow *self, const DadamDryRun *run)
{
  g_return_if_fail (DADAM_IS_FILE_ROW (self) && !self->is_measured);

  self->is_measured = TRUE;
  gtk_widget_set_visible (self->spinner, FALSE);
  dadam_fit_pill_set_run (self->pill, run);
  adw_expander_row_set_enable_expansion (ADW_EXPANDER_ROW (self), TRUE);
  adw_expander_row_set_expanded (ADW_EXPANDER_ROW (self), FALSE);
  if (run->problem != NULL)
    add_line (self, _ ("Why Not"), run->problem);
  else
    add_sum (self, run);
}

/* That could not be found out. */
void
dadam_file_row_set_problem (DadamFileRow *self, const char *problem)
{
  g_return_if_fail (DADAM_IS_FILE_ROW (self) && !self->is_measured);

  self->is_measured = TRUE;
  gtk_widget_set_visible (self->spinner, FALSE);
  dadam_fit_pill_set_problem (self->pill, problem);
}

/* The one for this computer. */
void
dadam_file_row_set_recommended (DadamFileRow *self)
{
  g_return_if_fail (DADAM_IS_FILE_ROW (self));

  gtk_widget_add_css_class (self->button, "suggested-action");
}

gboolean
dadam_file_row_is_measured (DadamFileRow *self)
{
  g_return_val_if_fail (DADAM_IS_FILE_ROW (self), FALSE);

  return self->is_measured;
}

/* (transfer none). */
DadamHubFile *
dadam_file_row_get_file (DadamFileRow *self)
{
  g_return_val_if_fail (DADAM_IS_FILE_ROW (self), NULL);

  return self->file;
}

GtkWidget *
dadam_file_row_new (DadamManager *manager, DadamHubRepo *repo, DadamHubFile *file)
{
  DadamFileRow *self = g_object_new (DADAM_TYPE_FILE_ROW, NULL);
  const char *quant = dadam_hub_file_get_quant (file);
  g_autofree char *upper = g_ascii_strup (quant, -1);
  g_autofree char *size = g_format_size ((guint64) dadam_hub_repo_get_size_of (repo, file));
  g_autofree char *subtitle = g_strdup_printf ("%s · %s", size, dadam_hub_file_get_path (file));

  self->manager = g_object_ref (manager);
  self->repo = g_object_ref (repo);
  self->file = g_object_ref (file);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self),
                                 upper[0] ? upper : dadam_hub_file_get_path (file));
  adw_expander_row_set_subtitle (ADW_EXPANDER_ROW (self), subtitle);
  dadam_file_row_show_state (self);

  return GTK_WIDGET (self);
}
