/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The store's facts are shown at once, those of the file when it has been read.
 */
#include "config.h"

#include "dadam-details-page.h"

#include <glib/gi18n.h>

#include "dadam-engine-file.h"
#include "dadam-hangul.h"

struct _DadamDetailsPage {
  AdwNavigationPage parent_instance;

  /* Template. */
  AdwPreferencesGroup *file;
  AdwPreferencesGroup *model;
  AdwPreferencesGroup *contents;

  /* Owned. */
  DadamFileDetails *details; /* once it has been read */
};

G_DEFINE_FINAL_TYPE (DadamDetailsPage, dadam_details_page, ADW_TYPE_NAVIGATION_PAGE)

/* ---- rows -------------------------------------------------------------- */

static GtkWidget *
create_row (const char *title, const char *text)
{
  GtkWidget *row = adw_action_row_new ();

  gtk_widget_add_css_class (row, "property");
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), text);
  adw_action_row_set_subtitle_selectable (ADW_ACTION_ROW (row), TRUE);

  return row;
}

/* What is not known is left out. */
static void
add_text (AdwPreferencesGroup *group, const char *title, const char *text)
{
  if (text != NULL && text[0] != '\0')
    adw_preferences_group_add (group, create_row (title, text));
}

static void
add_number (AdwPreferencesGroup *group, const char *title, gint64 number)
{
  g_autofree char *text = number > 0 ? g_strdup_printf ("%'" G_GINT64_FORMAT, number) : NULL;

  add_text (group, title, text);
}

static void
fill (AdwExpanderRow *expander, GPtrArray *lines)
{
  for (guint i = 0; i < lines->len; i++) {
    const DadamLine *line = lines->pdata[i];

    adw_expander_row_add_row (expander, create_row (line->name, line->text));
  }
}

/* Hundreds of rows are made when somebody wants to see them. */
static void
expanded_cb (AdwExpanderRow *expander, GParamSpec *pspec, GPtrArray *lines)
{
  g_signal_handlers_disconnect_by_func (expander, expanded_cb, lines);
  fill (expander, lines);
}

static void
add_lines (DadamDetailsPage *self, const char *title, GPtrArray *lines)
{
  GtkWidget *expander = adw_expander_row_new ();
  g_autofree char *count = g_strdup_printf ("%u", lines->len);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (expander), title);
  adw_expander_row_set_subtitle (ADW_EXPANDER_ROW (expander), count);
  g_signal_connect_data (expander, "notify::expanded", G_CALLBACK (expanded_cb),
                         g_ptr_array_ref (lines), (GClosureNotify) (GCallback) g_ptr_array_unref,
                         G_CONNECT_DEFAULT);
  adw_preferences_group_add (self->contents, expander);
}

/* ---- the file ---------------------------------------------------------- */

static void
show_details (DadamDetailsPage *self, const DadamFileDetails *details)
{
  add_text (self->model, _ ("Name"), details->name);
  add_text (self->model, _ ("Family"), details->family);
  add_number (self->model, _ ("Parameters"), details->parameters);
  add_text (self->model, _ ("Type of Most Weights"), details->type);
  add_number (self->model, _ ("Context Length"), details->context);
  add_number (self->model, _ ("Vocabulary"), details->vocabulary);
  add_number (self->model, _ ("Layers"), details->layers);
  add_text (self->model, _ ("Prompt Format"), details->format);
  add_lines (self, _ ("Types"), details->types);
  add_lines (self, _ ("Metadata"), details->keys);
  add_lines (self, _ ("Tensors"), details->tensors);
  gtk_widget_set_visible (GTK_WIDGET (self->contents), TRUE);
}

static void
read_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  DadamDetailsPage *self = DADAM_DETAILS_PAGE (object);
  g_autoptr (GError) error = NULL;

  self->details = g_task_propagate_pointer (G_TASK (result), &error);
  if (self->model == NULL)
    return;
  if (self->details != NULL)
    show_details (self, self->details);
  else
    add_text (self->model, _ ("The File Cannot Be Read"), error->message);
  gtk_widget_set_visible (GTK_WIDGET (self->model), TRUE);
  dadam_hangul_mend (GTK_WIDGET (self));
}

static void
read_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;
  DadamFileDetails *details = dadam_file_details_read (data, &error);

  if (details != NULL)
    g_task_return_pointer (task, details, (GDestroyNotify) dadam_file_details_free);
  else
    g_task_return_error (task, error);
}

static void
show_installed (DadamDetailsPage *self, DadamInstalled *installed)
{
  g_autofree char *size = g_format_size_full ((guint64) dadam_installed_get_size (installed),
                                              G_FORMAT_SIZE_LONG_FORMAT);
  GDateTime *verified = dadam_installed_get_verified (installed);
  g_autoptr (GDateTime) here = verified ? g_date_time_to_local (verified) : NULL;
  g_autofree char *when = here ? g_date_time_format (here, "%c") : NULL;
  g_autofree char *shown = g_filename_display_name (dadam_installed_get_path (installed));

  add_text (self->file, _ ("Place"), shown);
  add_text (self->file, _ ("Size"), size);
  add_text (self->file, _ ("Repository"), dadam_installed_get_repo (installed));
  add_text (self->file, _ ("Commit"), dadam_installed_get_commit (installed));
  add_text (self->file, _ ("Licence, as Its Author States It"),
            dadam_installed_get_licence (installed));
  add_text (self->file, _ ("Checksum"), dadam_installed_get_hash (installed));
  add_text (self->file, _ ("Verified"), when ? when : _ ("never"));
}

/* ---- the class --------------------------------------------------------- */

static void
dadam_details_page_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), DADAM_TYPE_DETAILS_PAGE);

  G_OBJECT_CLASS (dadam_details_page_parent_class)->dispose (object);
}

static void
dadam_details_page_finalize (GObject *object)
{
  dadam_file_details_free (DADAM_DETAILS_PAGE (object)->details);

  G_OBJECT_CLASS (dadam_details_page_parent_class)->finalize (object);
}

static void
dadam_details_page_class_init (DadamDetailsPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_details_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = dadam_details_page_finalize;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-details-page.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamDetailsPage, file);
  gtk_widget_class_bind_template_child (widget_class, DadamDetailsPage, model);
  gtk_widget_class_bind_template_child (widget_class, DadamDetailsPage, contents);
}

static void
dadam_details_page_init (DadamDetailsPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_widget_set_visible (GTK_WIDGET (self->model), FALSE);
  gtk_widget_set_visible (GTK_WIDGET (self->contents), FALSE);
}

AdwNavigationPage *
dadam_details_page_new (DadamManager *manager, DadamInstalled *installed)
{
  DadamDetailsPage *self = g_object_new (DADAM_TYPE_DETAILS_PAGE, NULL);
  const char *path = dadam_installed_get_path (installed);
  g_autofree char *name = dadam_manager_name (manager, dadam_installed_get_repo (installed), path);
  g_autoptr (GTask) task = g_task_new (self, NULL, read_cb, NULL);

  adw_navigation_page_set_title (ADW_NAVIGATION_PAGE (self), name);
  show_installed (self, installed);
  dadam_hangul_mend (GTK_WIDGET (self));
  g_task_set_source_tag (task, dadam_details_page_new);
  g_task_set_task_data (task, g_strdup (path), g_free);
  g_task_run_in_thread (task, read_thread);

  return ADW_NAVIGATION_PAGE (self);
}
