/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The row, and what its menu does.  A removal can be undone while its toast is
 * shown.
 */
#include "config.h"

#include "dadam-installed-row.h"

#include <glib/gi18n.h>

#include "dadam-access.h"
#include "dadam-alert.h"
#include "dadam-hangul.h"
#include "dadam-launch.h"
#include "dadam-store-error.h"
#include "dadam-toast-area.h"
#include "dadam-toast.h"

struct _DadamInstalledRow {
  AdwActionRow parent_instance;

  /* Template. */
  GtkWidget *chat;
  GtkWidget *stop;

  /* Owned. */
  DadamManager *manager;
  DadamInstalled *installed;
  GCancellable *verifying; /* or %NULL */
};

G_DEFINE_FINAL_TYPE (DadamInstalledRow, dadam_installed_row, ADW_TYPE_ACTION_ROW)

/* ---- what it shows ----------------------------------------------------- */

/* "4.4 GB · apache-2.0 · verified 28 November" */
static char *
describe (DadamInstalled *installed)
{
  g_autofree char *size = g_format_size ((guint64) dadam_installed_get_size (installed));
  g_autoptr (GString) line = g_string_new (size);
  GDateTime *verified = dadam_installed_get_verified (installed);
  g_autoptr (GDateTime) here = verified ? g_date_time_to_local (verified) : NULL;
  g_autofree char *day = here ? g_date_time_format (here, "%x") : NULL;

  if (dadam_installed_is_missing (installed))
    return g_strdup_printf (_ ("Not there any more: %s"), dadam_installed_get_path (installed));
  if (dadam_installed_get_licence (installed) != NULL)
    g_string_append_printf (line, " · %s", dadam_installed_get_licence (installed));
  if (dadam_installed_get_origin (installed) == DADAM_ORIGIN_IMPORTED)
    g_string_append_printf (line, " · %s", _ ("imported"));
  else if (dadam_installed_get_origin (installed) == DADAM_ORIGIN_SHARED)
    g_string_append_printf (line, " · %s", _ ("shared with other programs"));
  if (day != NULL) {
    g_string_append (line, " · ");
    g_string_append_printf (line, _ ("verified %s"), day);
  }

  return g_string_free_and_steal (g_steal_pointer (&line));
}

static void
show (DadamInstalledRow *self)
{
  g_autofree char *line = describe (self->installed);
  gboolean is_missing = dadam_installed_is_missing (self->installed);

  adw_action_row_set_subtitle (ADW_ACTION_ROW (self), line);
  dadam_hangul_mend (GTK_WIDGET (self));
  gtk_widget_set_sensitive (self->chat, !is_missing);
  gtk_widget_set_visible (self->stop, self->verifying != NULL);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "row.details", !is_missing);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "row.verify",
                                 !is_missing && self->verifying == NULL);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "row.remove",
                                 dadam_installed_get_origin (self->installed)
                                     != DADAM_ORIGIN_SHARED);
}

/* ---- removing ---------------------------------------------------------- */

typedef struct {
  DadamManager *manager;
  DadamInstalled *installed;
  GtkWidget *area; /* borrowed: the toast is in it */
  gboolean undone;
} Removal;

static void
removal_free (gpointer data, GClosure *closure)
{
  Removal *removal = data;

  g_object_unref (removal->manager);
  g_object_unref (removal->installed);
  g_free (removal);
}

static void
undo_cb (AdwToast *toast, Removal *removal)
{
  g_autoptr (GError) error = NULL;

  removal->undone = TRUE;
  if (!dadam_manager_restore (removal->manager, removal->installed, &error))
    dadam_toast_say (removal->area, error->message);
}

static void
dismissed_cb (AdwToast *toast, Removal *removal)
{
  if (!removal->undone)
    dadam_manager_purge (removal->manager, removal->installed);
}

static void
remove_model (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  DadamInstalledRow *self = DADAM_INSTALLED_ROW (widget);
  GtkWidget *area = gtk_widget_get_ancestor (widget, DADAM_TYPE_TOAST_AREA);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  Removal *removal;
  AdwToast *toast;

  removal = g_new0 (Removal, 1);
  removal->manager = g_object_ref (self->manager);
  removal->installed = g_object_ref (self->installed);
  removal->area = area;
  text = g_strdup_printf (_ ("Removed %s"),
                          adw_preferences_row_get_title (ADW_PREFERENCES_ROW (self)));
  toast = dadam_toast_new (text);
  adw_toast_set_button_label (toast, _ ("_Undo"));
  adw_toast_set_timeout (toast, DADAM_TOAST_UNDO_SECONDS);
  adw_toast_set_priority (toast, ADW_TOAST_PRIORITY_HIGH);
  g_signal_connect (toast, "button-clicked", G_CALLBACK (undo_cb), removal);
  g_signal_connect_data (toast, "dismissed", G_CALLBACK (dismissed_cb), removal, removal_free,
                         G_CONNECT_DEFAULT);
  /* The row goes with the model. */
  if (dadam_manager_remove (removal->manager, removal->installed, &error)) {
    dadam_toast_show (area, toast);
  } else {
    g_object_unref (toast);
    dadam_toast_say (area, error->message);
  }
}

/* ---- verifying --------------------------------------------------------- */

static void
progress_cb (gint64 done, gint64 size, gpointer user_data)
{
  g_autofree char *line = g_strdup_printf (_ ("Verifying… %d %%"),
                                           (int) (100 * done / MAX (1, size)));

  adw_action_row_set_subtitle (ADW_ACTION_ROW (user_data), line);
  dadam_hangul_mend (GTK_WIDGET (user_data));
}

static void
verified_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamInstalledRow) self = DADAM_INSTALLED_ROW (user_data);
  g_autoptr (GError) error = NULL;

  dadam_store_verify_finish (DADAM_STORE (object), result, &error);
  g_clear_object (&self->verifying);
  if (self->installed == NULL)
    return;
  show (self);
  if (error == NULL)
    dadam_toast_say (GTK_WIDGET (self), _ ("The file is whole and right"));
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    dadam_alert_show (GTK_WIDGET (self), _ ("The Model Cannot Be Trusted"), error->message);
}

static void
verify (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  DadamInstalledRow *self = DADAM_INSTALLED_ROW (widget);

  self->verifying = g_cancellable_new ();
  show (self);
  progress_cb (0, 1, self);
  dadam_store_verify_async (dadam_manager_get_store (self->manager), self->installed,
                            self->verifying, progress_cb, self, verified_cb, g_object_ref (self));
}

static void
stop_cb (DadamInstalledRow *self)
{
  if (self->verifying != NULL)
    g_cancellable_cancel (self->verifying);
}

/* ---- showing ----------------------------------------------------------- */

static void
open_folder (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  DadamInstalledRow *self = DADAM_INSTALLED_ROW (widget);
  g_autoptr (GFile) file = g_file_new_for_path (dadam_installed_get_path (self->installed));

  dadam_launch_folder (widget, file);
}

static void
show_details (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  DadamInstalledRow *self = DADAM_INSTALLED_ROW (widget);

  gtk_widget_activate_action (widget, "models.details", "s",
                              dadam_installed_get_path (self->installed));
}

/* ---- the class --------------------------------------------------------- */

static void
dadam_installed_row_dispose (GObject *object)
{
  DadamInstalledRow *self = DADAM_INSTALLED_ROW (object);

  stop_cb (self);
  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_INSTALLED_ROW);
  g_clear_object (&self->installed);
  g_clear_object (&self->manager);

  G_OBJECT_CLASS (dadam_installed_row_parent_class)->dispose (object);
}

static void
dadam_installed_row_class_init (DadamInstalledRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_installed_row_dispose;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-installed-row.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamInstalledRow, chat);
  gtk_widget_class_bind_template_child (widget_class, DadamInstalledRow, stop);
  gtk_widget_class_bind_template_callback (widget_class, stop_cb);

  gtk_widget_class_install_action (widget_class, "row.details", NULL, show_details);
  gtk_widget_class_install_action (widget_class, "row.verify", NULL, verify);
  gtk_widget_class_install_action (widget_class, "row.folder", NULL, open_folder);
  gtk_widget_class_install_action (widget_class, "row.remove", NULL, remove_model);
}

static void
dadam_installed_row_init (DadamInstalledRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/* (transfer none) */
DadamInstalled *
dadam_installed_row_get_installed (DadamInstalledRow *self)
{
  g_return_val_if_fail (DADAM_IS_INSTALLED_ROW (self), NULL);

  return self->installed;
}

GtkWidget *
dadam_installed_row_new (DadamManager *manager, DadamInstalled *installed)
{
  DadamInstalledRow *self = g_object_new (DADAM_TYPE_INSTALLED_ROW, NULL);
  const char *path = dadam_installed_get_path (installed);
  g_autofree char *name = dadam_manager_name (manager, dadam_installed_get_repo (installed), path);

  self->manager = g_object_ref (manager);
  self->installed = g_object_ref (installed);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self), name);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), path);
  /* Translators: a button; a model's name. */
  dadam_access_set_name (self->chat, _ ("Chat with %s"), name);
  gtk_actionable_set_action_target (GTK_ACTIONABLE (self->chat), "s", path);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->chat), "win.open-path");
  show (self);

  return GTK_WIDGET (self);
}
