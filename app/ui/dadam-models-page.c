/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The root of the models page: what the catalogue offers, and what is installed.
 * Everything about one model or one question is on pages that are pushed over it.
 */
#include "config.h"

#include "dadam-models-page.h"

#include <glib/gi18n.h>

#include "dadam-alert.h"
#include "dadam-details-page.h"
#include "dadam-hangul.h"
#include "dadam-installed-row.h"
#include "dadam-network-page.h"
#include "dadam-offer-row.h"
#include "dadam-queue-group.h"
#include "dadam-repo-page.h"
#include "dadam-search-page.h"
#include "dadam-sidebar-button.h"
#include "dadam-toast.h"

struct _DadamModelsPage {
  AdwBin parent_instance;

  /* Template. */
  GtkMenuButton *add;
  AdwViewStack *stack;
  DadamQueueGroup *discover_queue;
  DadamQueueGroup *installed_queue;
  AdwPreferencesGroup *usable;
  AdwPreferencesGroup *unusable;
  GtkStack *installed_stack;
  AdwStatusPage *empty;
  AdwPreferencesGroup *installed;

  /* Owned. */
  DadamManager *manager;
  GPtrArray *offer_rows;     /* borrowed */
  GPtrArray *installed_rows; /* owned */
  GCancellable *cancellable;

  guint n_adding; /* that have not come to their end */
};

G_DEFINE_FINAL_TYPE (DadamModelsPage, dadam_models_page, ADW_TYPE_BIN)

static AdwNavigationView *
get_navigation (DadamModelsPage *self)
{
  return ADW_NAVIGATION_VIEW (adw_bin_get_child (ADW_BIN (self)));
}

/* ---- what is offered --------------------------------------------------- */

static void
room_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamModelsPage) self = DADAM_MODELS_PAGE (user_data);
  DadamRoom room;

  if (!dadam_engine_room_finish (DADAM_ENGINE (object), result, &room, NULL))
    return;
  for (guint i = 0; i < self->offer_rows->len; i++) {
    dadam_offer_row_set_room (self->offer_rows->pdata[i], &room);
    dadam_hangul_mend (self->offer_rows->pdata[i]);
  }
}

/* Memory is measured each time the page comes into view: it changes. */
static void
measure_room (DadamModelsPage *self)
{
  dadam_engine_room_async (dadam_manager_get_engine (self->manager), self->cancellable, room_cb,
                           g_object_ref (self));
}

static void
list_offers (DadamModelsPage *self)
{
  GListModel *offers = G_LIST_MODEL (dadam_manager_get_catalogue (self->manager));

  for (guint i = 0; i < g_list_model_get_n_items (offers); i++) {
    g_autoptr (DadamOffer) offer = g_list_model_get_item (offers, i);
    GtkWidget *row = dadam_offer_row_new (offer);

    g_ptr_array_add (self->offer_rows, row);
    adw_preferences_group_add (dadam_offer_get_problem (offer) ? self->unusable : self->usable,
                               row);
  }
}

/* ---- what is here ------------------------------------------------------ */

static void
show_space (DadamModelsPage *self)
{
  DadamStore *store = dadam_manager_get_store (self->manager);
  gint64 left = dadam_store_get_free (store);
  g_autofree char *used = g_format_size ((guint64) dadam_store_get_used (store));
  g_autofree char *has = left >= 0 ? g_format_size ((guint64) left) : NULL;
  g_autofree char *text = has ? g_strdup_printf (_ ("%s used, %s free on the disk"), used, has)
                              : g_strdup_printf (_ ("%s used"), used);

  adw_preferences_group_set_description (self->installed, text);
  dadam_hangul_mend (GTK_WIDGET (self->installed));
}

static void
show_installed_child (DadamModelsPage *self)
{
  GListModel *queue = G_LIST_MODEL (dadam_manager_get_queue (self->manager));
  gboolean has_models = self->installed_rows->len > 0;

  gtk_widget_set_visible (GTK_WIDGET (self->installed), has_models);
  gtk_stack_set_visible_child_name (self->installed_stack,
                                    has_models || g_list_model_get_n_items (queue) > 0 ? "list"
                                                                                       : "empty");
}

/* (transfer full): the row there is of a model, which may be at work, or a new one. */
static GtkWidget *
take_row (DadamModelsPage *self, GPtrArray *known, DadamInstalled *installed)
{
  for (guint i = 0; i < known->len; i++)
    if (dadam_installed_row_get_installed (known->pdata[i]) == installed)
      return g_object_ref (known->pdata[i]);

  return g_object_ref_sink (dadam_installed_row_new (self->manager, installed));
}

/* A group has no place for a row but its end. */
static void
list_installed (DadamModelsPage *self)
{
  GListModel *store = G_LIST_MODEL (dadam_manager_get_store (self->manager));
  g_autoptr (GPtrArray) known = g_steal_pointer (&self->installed_rows);

  self->installed_rows = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < known->len; i++)
    adw_preferences_group_remove (self->installed, known->pdata[i]);
  for (guint i = 0; i < g_list_model_get_n_items (store); i++) {
    g_autoptr (DadamInstalled) installed = g_list_model_get_item (store, i);
    GtkWidget *row = take_row (self, known, installed);

    g_ptr_array_add (self->installed_rows, row);
    adw_preferences_group_add (self->installed, row);
  }
  show_space (self);
  show_installed_child (self);
}

static void
show_details (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  DadamModelsPage *self = DADAM_MODELS_PAGE (widget);
  g_autoptr (DadamInstalled) installed = NULL;

  installed = dadam_store_find_path (dadam_manager_get_store (self->manager),
                                     g_variant_get_string (parameter, NULL));
  if (installed != NULL)
    adw_navigation_view_push (get_navigation (self),
                              dadam_details_page_new (self->manager, installed));
}

static void
show_search (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  DadamModelsPage *self = DADAM_MODELS_PAGE (widget);

  adw_navigation_view_push (get_navigation (self), dadam_search_page_new (self->manager));
}

static void
show_network (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  DadamModelsPage *self = DADAM_MODELS_PAGE (widget);

  adw_navigation_view_push (get_navigation (self),
                            dadam_network_page_new (dadam_manager_get_ledger (self->manager)));
}

/* ---- adding what is on the disk ---------------------------------------- */

/* A folder of many models takes long: the button that began it turns meanwhile. */
static void
show_adding (DadamModelsPage *self)
{
  gboolean is_adding = self->n_adding > 0;

  if (is_adding)
    gtk_menu_button_set_child (self->add, adw_spinner_new ());
  else
    gtk_menu_button_set_icon_name (self->add, "list-add-symbolic");
  gtk_accessible_update_state (GTK_ACCESSIBLE (self->add), GTK_ACCESSIBLE_STATE_BUSY, is_adding,
                               -1);
}

static void
imported_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamModelsPage) self = DADAM_MODELS_PAGE (user_data);
  g_autoptr (GError) error = NULL;
  guint n_added = dadam_manager_import_finish (DADAM_MANAGER (object), result, &error);
  g_autofree char *text = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self->n_adding--;
  show_adding (self);
  if (n_added == 0) {
    dadam_alert_show (GTK_WIDGET (self), _ ("Nothing Was Added"), error->message);
    return;
  }
  text = g_strdup_printf (ngettext ("%d model added", "%d models added", n_added), (int) n_added);
  dadam_toast_say (GTK_WIDGET (self), text);
  adw_view_stack_set_visible_child_name (self->stack, "installed");
}

/* A file, or what is in a folder, unless the window has gone meanwhile. */
static void
add (DadamModelsPage *self, GFile *file)
{
  const char *path = file != NULL ? g_file_peek_path (file) : NULL;

  if (path == NULL || self->manager == NULL)
    return;
  self->n_adding++;
  show_adding (self);
  dadam_manager_import_async (self->manager, (const char *const[]) { path, NULL },
                              self->cancellable, imported_cb, g_object_ref (self));
}

static void
file_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamModelsPage) self = DADAM_MODELS_PAGE (user_data);
  g_autoptr (GFile) file = gtk_file_dialog_open_finish (GTK_FILE_DIALOG (object), result, NULL);

  add (self, file);
}

static void
import_file (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();
  g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();

  gtk_file_filter_set_name (filter, _ ("Models (GGUF)"));
  gtk_file_filter_add_suffix (filter, "gguf");
  gtk_file_dialog_set_title (dialog, _ ("Add a Model"));
  gtk_file_dialog_set_default_filter (dialog, filter);
  gtk_file_dialog_open (dialog, GTK_WINDOW (gtk_widget_get_root (widget)), NULL, file_cb,
                        g_object_ref (widget));
}

static void
folder_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamModelsPage) self = DADAM_MODELS_PAGE (user_data);
  g_autoptr (GFile)
      file = gtk_file_dialog_select_folder_finish (GTK_FILE_DIALOG (object), result, NULL);

  add (self, file);
}

static void
import_folder (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();

  gtk_file_dialog_set_title (dialog, _ ("Add the Models of a Folder"));
  gtk_file_dialog_select_folder (dialog, GTK_WINDOW (gtk_widget_get_root (widget)), NULL, folder_cb,
                                 g_object_ref (widget));
}

/* ---- the class --------------------------------------------------------- */

static void
discover_cb (DadamModelsPage *self)
{
  adw_view_stack_set_visible_child_name (self->stack, "discover");
}

static void
dadam_models_page_map (GtkWidget *widget)
{
  DadamModelsPage *self = DADAM_MODELS_PAGE (widget);

  GTK_WIDGET_CLASS (dadam_models_page_parent_class)->map (widget);

  dadam_manager_look (self->manager);
  measure_room (self);
}

static void
dadam_models_page_dispose (GObject *object)
{
  DadamModelsPage *self = DADAM_MODELS_PAGE (object);

  g_cancellable_cancel (self->cancellable);
  g_ptr_array_set_size (self->offer_rows, 0);
  g_ptr_array_set_size (self->installed_rows, 0);
  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_MODELS_PAGE);
  g_clear_object (&self->manager);

  G_OBJECT_CLASS (dadam_models_page_parent_class)->dispose (object);
}

static void
dadam_models_page_finalize (GObject *object)
{
  DadamModelsPage *self = DADAM_MODELS_PAGE (object);

  g_object_unref (self->cancellable);
  g_ptr_array_unref (self->offer_rows);
  g_ptr_array_unref (self->installed_rows);

  G_OBJECT_CLASS (dadam_models_page_parent_class)->finalize (object);
}

static void
bind_template (GtkWidgetClass *widget_class)
{
  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-models-page.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamModelsPage, add);
  gtk_widget_class_bind_template_child (widget_class, DadamModelsPage, stack);
  gtk_widget_class_bind_template_child (widget_class, DadamModelsPage, discover_queue);
  gtk_widget_class_bind_template_child (widget_class, DadamModelsPage, installed_queue);
  gtk_widget_class_bind_template_child (widget_class, DadamModelsPage, usable);
  gtk_widget_class_bind_template_child (widget_class, DadamModelsPage, unusable);
  gtk_widget_class_bind_template_child (widget_class, DadamModelsPage, installed_stack);
  gtk_widget_class_bind_template_child (widget_class, DadamModelsPage, empty);
  gtk_widget_class_bind_template_child (widget_class, DadamModelsPage, installed);
  gtk_widget_class_bind_template_callback (widget_class, discover_cb);
}

static void
dadam_models_page_class_init (DadamModelsPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_models_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = dadam_models_page_finalize;
  widget_class->map = dadam_models_page_map;

  g_type_ensure (DADAM_TYPE_QUEUE_GROUP);
  g_type_ensure (DADAM_TYPE_SIDEBAR_BUTTON);
  bind_template (widget_class);

  gtk_widget_class_install_action (widget_class, "models.details", "s", show_details);
  gtk_widget_class_install_action (widget_class, "models.search", NULL, show_search);
  gtk_widget_class_install_action (widget_class, "models.network", NULL, show_network);
  gtk_widget_class_install_action (widget_class, "models.import-file", NULL, import_file);
  gtk_widget_class_install_action (widget_class, "models.import-folder", NULL, import_folder);
}

static void
dadam_models_page_init (DadamModelsPage *self)
{
  self->offer_rows = g_ptr_array_new ();
  self->installed_rows = g_ptr_array_new_with_free_func (g_object_unref);
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
}

/* Once, before the page is shown. */
void
dadam_models_page_set_up (DadamModelsPage *self, DadamManager *manager)
{
  g_return_if_fail (DADAM_IS_MODELS_PAGE (self));

  self->manager = g_object_ref (manager);
  dadam_queue_group_set_up (self->discover_queue, manager);
  dadam_queue_group_set_up (self->installed_queue, manager);
  g_signal_connect_object (dadam_manager_get_store (manager), "items-changed",
                           G_CALLBACK (list_installed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (dadam_manager_get_queue (manager), "items-changed",
                           G_CALLBACK (show_installed_child), self, G_CONNECT_SWAPPED);
  list_offers (self);
  list_installed (self);
  dadam_hangul_mend (GTK_WIDGET (self));
}

void
dadam_models_page_show_root (DadamModelsPage *self)
{
  g_return_if_fail (DADAM_IS_MODELS_PAGE (self));

  adw_navigation_view_pop_to_tag (get_navigation (self), "root");
}

/* Asks the Hub for a repository, "owner/name", and shows it. */
void
dadam_models_page_show_repo (DadamModelsPage *self, const char *id)
{
  g_return_if_fail (DADAM_IS_MODELS_PAGE (self));

  adw_navigation_view_push (get_navigation (self), dadam_repo_page_new (self->manager, id));
}
