/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The window: its size, its actions, choosing and dropping files, toasts, and which
 * page is shown beside the sidebar.  What is said in it is the chat page's.
 */
#include "config.h"

#include "dadam-window.h"

#include <glib/gi18n.h>

#include "dadam-banner.h"
#include "dadam-chat-page.h"
#include "dadam-compare-page.h"
#include "dadam-conversation-actions.h"
#include "dadam-diagnostics-dialog.h"
#include "dadam-hub-name.h"
#include "dadam-models-page.h"
#include "dadam-settings.h"
#include "dadam-sidebar.h"
#include "dadam-toast.h"
#include "dadam-window-size.h"

#define ZOOM_STEP 10
#define ZOOM_NORMAL 100

struct _DadamWindow {
  AdwApplicationWindow parent_instance;

  /* Template. */
  GtkBox *box;
  DadamToastArea *toasts;
  AdwOverlaySplitView *split_view;
  DadamSidebar *sidebar;
  GtkStack *pages;
  DadamChatPage *chat_page;

  DadamBanner *notice; /* borrowed; %NULL: nothing was the matter with what is kept */

  /* Borrowed from the pages; %NULL: not shown yet. */
  DadamComparePage *compare_page;
  DadamModelsPage *models_page;

  /* Owned. */
  DadamManager *manager;
  DadamArchive *archive;
  GSettings *settings;
};

G_DEFINE_FINAL_TYPE (DadamWindow, dadam_window, ADW_TYPE_APPLICATION_WINDOW)

/* ---- actions ----------------------------------------------------------- */

static gboolean
shows (DadamWindow *self, const char *page)
{
  return g_strcmp0 (gtk_stack_get_visible_child_name (self->pages), page) == 0;
}

/* The conversation that is shown; 0: none that is kept. */
static gint64
get_shown (DadamWindow *self)
{
  if (shows (self, "compare"))
    return dadam_compare_page_get_shown (self->compare_page);

  return shows (self, "chat") ? dadam_chat_page_get_shown (self->chat_page) : 0;
}

/* For the next start. */
static void
remember_shown (DadamWindow *self, gint64 id)
{
  g_autofree char *name = g_strdup_printf ("%" G_GINT64_FORMAT, id);

  if (self->archive != NULL && dadam_archive_get_state (self->archive) == DADAM_ARCHIVE_OPEN
      && !shows (self, "models"))
    dadam_archive_set_value (self->archive, DADAM_ARCHIVE_SHOWN, id != 0 ? name : NULL);
}

/* What the sidebar selects.  Nobody needs another empty chat, but a way back to it. */
static void
show_state (DadamWindow *self)
{
  gint64 id = get_shown (self);

  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.new-chat",
                                 !shows (self, "chat")
                                     || !dadam_chat_page_is_empty (self->chat_page));
  dadam_sidebar_select_page (self->sidebar,
                             id == 0 ? gtk_stack_get_visible_child_name (self->pages) : NULL);
  dadam_conversation_list_set_shown (dadam_sidebar_get_conversations (self->sidebar), id);
  remember_shown (self, id);
}

static void
show_page (DadamWindow *self, const char *name)
{
  gtk_stack_set_visible_child_name (self->pages, name);
  show_state (self);
  if (adw_overlay_split_view_get_collapsed (self->split_view))
    adw_overlay_split_view_set_show_sidebar (self->split_view, FALSE);
}

/* Made when it is wanted, as the next: the window is there sooner without them. */
static DadamComparePage *
ensure_compare_page (DadamWindow *self)
{
  DadamApplication *application =
      DADAM_APPLICATION (gtk_window_get_application (GTK_WINDOW (self)));

  if (self->compare_page == NULL) {
    self->compare_page = g_object_new (DADAM_TYPE_COMPARE_PAGE, NULL);
    dadam_compare_page_set_up (self->compare_page, dadam_application_get_engine (application),
                               dadam_application_get_library (application), self->archive,
                               self->settings);
    g_signal_connect_swapped (self->compare_page, "changed", G_CALLBACK (show_state), self);
    gtk_stack_add_named (self->pages, GTK_WIDGET (self->compare_page), "compare");
  }

  return self->compare_page;
}

static DadamModelsPage *
ensure_models_page (DadamWindow *self)
{
  if (self->models_page == NULL) {
    self->models_page = g_object_new (DADAM_TYPE_MODELS_PAGE, NULL);
    dadam_models_page_set_up (self->models_page, self->manager);
    gtk_stack_add_named (self->pages, GTK_WIDGET (self->models_page), "models");
  }

  return self->models_page;
}

static void
show_models (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  DadamWindow *self = DADAM_WINDOW (widget);
  DadamModelsPage *page = ensure_models_page (self);

  show_page (self, "models");
  dadam_models_page_show_root (page);
}

static void
show_model (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  DadamWindow *self = DADAM_WINDOW (widget);
  DadamModelsPage *page = ensure_models_page (self);

  show_page (self, "models");
  dadam_models_page_show_repo (page, g_variant_get_string (parameter, NULL));
}

static void
toggle_sidebar (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  AdwOverlaySplitView *split_view = DADAM_WINDOW (widget)->split_view;

  adw_overlay_split_view_set_show_sidebar (split_view,
                                           !adw_overlay_split_view_get_show_sidebar (split_view));
}

static void
new_chat (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  DadamWindow *self = DADAM_WINDOW (widget);

  show_page (self, "chat");
  dadam_chat_page_new_chat (self->chat_page);
}

static gboolean
is_comparison (DadamWindow *self, gint64 id)
{
  DadamSummary *summary = dadam_archive_find (self->archive, id);

  return summary != NULL && dadam_summary_get_kind (summary) != DADAM_KIND_CHAT;
}

static void
show_id (DadamWindow *self, gint64 id)
{
  if (is_comparison (self, id)) {
    dadam_compare_page_show (ensure_compare_page (self), id);
    show_page (self, "compare");
  } else {
    show_page (self, "chat");
    dadam_chat_page_show (self->chat_page, id);
  }
}

/* A new one, or the one that was being written. */
static void
compare (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  DadamWindow *self = DADAM_WINDOW (widget);
  DadamComparePage *page = ensure_compare_page (self);

  show_page (self, "compare");
  dadam_compare_page_begin (page);
}

/* The chat's model with another one, and its last question. */
static void
compare_this (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  DadamWindow *self = DADAM_WINDOW (widget);
  g_autofree char *question = dadam_chat_page_get_question (self->chat_page);
  const char *path = dadam_chat_page_get_model_path (self->chat_page);
  DadamComparePage *page;

  if (path == NULL)
    return;
  page = ensure_compare_page (self);
  show_page (self, "compare");
  dadam_compare_page_begin_with (page, path, question);
}

static void
narrow_cb (DadamWindow *self)
{
  dadam_chat_page_set_is_narrow (self->chat_page, TRUE);
}

static void
wide_cb (DadamWindow *self)
{
  dadam_chat_page_set_is_narrow (self->chat_page, FALSE);
}

/* Something in a conversation, which the search found. */
static void
show_hit (DadamWindow *self, gint64 id, gint64 message)
{
  g_autofree char *sought = dadam_sidebar_get_sought (self->sidebar);

  show_id (self, id);
  if (message != 0 && is_comparison (self, id))
    dadam_compare_page_show_message (self->compare_page, message, sought);
  else if (message != 0)
    dadam_chat_page_show_message (self->chat_page, message, sought);
}

static void
search (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  DadamWindow *self = DADAM_WINDOW (widget);

  adw_overlay_split_view_set_show_sidebar (self->split_view, TRUE);
  dadam_sidebar_search (self->sidebar);
}

static void
find (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  DadamWindow *self = DADAM_WINDOW (widget);

  if (shows (self, "compare")) {
    dadam_compare_page_find (self->compare_page);
    return;
  }
  show_page (self, "chat");
  dadam_chat_page_find (self->chat_page);
}

/* To go on with it. */
static void
open_id (DadamWindow *self, gint64 id)
{
  show_id (self, id);
  gtk_widget_grab_focus (gtk_stack_get_visible_child (self->pages));
}

static void
show_conversation (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  open_id (DADAM_WINDOW (widget), g_variant_get_int64 (parameter));
}

static void
opened_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamWindow) self = DADAM_WINDOW (user_data);
  g_autoptr (GFile) file = gtk_file_dialog_open_finish (GTK_FILE_DIALOG (object), result, NULL);

  if (file != NULL)
    dadam_window_open_file (self, file);
}

static GListModel *
create_filters (void)
{
  g_autoptr (GListStore) filters = g_list_store_new (GTK_TYPE_FILE_FILTER);
  g_autoptr (GtkFileFilter) models = gtk_file_filter_new ();
  g_autoptr (GtkFileFilter) all = gtk_file_filter_new ();

  gtk_file_filter_set_name (models, _ ("Models (GGUF)"));
  gtk_file_filter_add_suffix (models, "gguf");
  gtk_file_filter_set_name (all, _ ("All Files"));
  gtk_file_filter_add_pattern (all, "*");
  g_list_store_append (filters, models);
  g_list_store_append (filters, all);

  return G_LIST_MODEL (g_steal_pointer (&filters));
}

static void
open_model (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();
  g_autoptr (GListModel) filters = create_filters ();

  gtk_file_dialog_set_title (dialog, _ ("Open Model"));
  gtk_file_dialog_set_filters (dialog, filters);
  gtk_file_dialog_open (dialog, GTK_WINDOW (widget), NULL, opened_cb, g_object_ref (widget));
}

static void
open_path (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  DadamWindow *self = DADAM_WINDOW (widget);

  show_page (self, "chat");
  dadam_chat_page_open (self->chat_page, g_variant_get_string (parameter, NULL));
}

static void
use_cpu (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  g_settings_set_string (DADAM_WINDOW (widget)->settings, DADAM_SETTING_DEVICE, DADAM_DEVICE_CPU);
}

static void
diagnostics (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (widget));
  DadamEngine *engine = dadam_application_get_engine (DADAM_APPLICATION (application));

  adw_dialog_present (ADW_DIALOG (dadam_diagnostics_dialog_new (engine)), widget);
}

static void
set_zoom (DadamWindow *self, int zoom)
{
  g_settings_set_int (self->settings, DADAM_SETTING_TEXT_ZOOM, CLAMP (zoom, 50, 300));
}

static void
zoom (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  DadamWindow *self = DADAM_WINDOW (widget);
  int now = g_settings_get_int (self->settings, DADAM_SETTING_TEXT_ZOOM);

  if (g_str_equal (action_name, "win.zoom-in"))
    set_zoom (self, now + ZOOM_STEP);
  else if (g_str_equal (action_name, "win.zoom-out"))
    set_zoom (self, now - ZOOM_STEP);
  else
    set_zoom (self, ZOOM_NORMAL);
}

static void
copy (GtkWidget *widget, const char *action_name, GVariant *parameter)
{
  AdwToast *toast = adw_toast_new (_ ("Copied"));

  gdk_clipboard_set_text (gtk_widget_get_clipboard (widget),
                          g_variant_get_string (parameter, NULL));
  adw_toast_set_timeout (toast, 2);
  dadam_toast_area_add (DADAM_WINDOW (widget)->toasts, toast);
}

/* ---- downloads --------------------------------------------------------- */

static void
say_ready (DadamWindow *self, DadamDownload *download, const char *path)
{
  g_autofree char *name = dadam_manager_name (self->manager, dadam_download_get_repo (download),
                                              path);
  g_autofree char *text = g_strdup_printf (_ ("%s is ready"), name);
  AdwToast *toast = dadam_toast_new (text);

  adw_toast_set_button_label (toast, _ ("_Chat"));
  adw_toast_set_action_target (toast, "s", path);
  adw_toast_set_action_name (toast, "win.open-path");
  dadam_toast_area_add (self->toasts, toast);
}

/* The first model is what everybody has waited for. */
static void
finished_cb (DadamWindow *self, DadamDownload *download)
{
  g_autofree char *path = dadam_download_get_place (download);

  if (dadam_download_get_state (download) != DADAM_DOWNLOAD_DONE)
    return;
  if (dadam_chat_page_has_model (self->chat_page))
    say_ready (self, download, path);
  else
    gtk_widget_activate_action (GTK_WIDGET (self), "win.open-path", "s", path);
}

/* ---- dropping ---------------------------------------------------------- */

static gboolean
drop_cb (DadamWindow *self, const GValue *value, double x, double y, GtkDropTarget *target)
{
  GSList *files = g_value_get_boxed (value);

  if (files == NULL)
    return FALSE;
  for (GSList *l = files; l != NULL; l = l->next) {
    g_autofree char *name = g_file_get_basename (l->data);

    if (dadam_is_gguf (name))
      dadam_window_open_file (self, l->data);
    else if (shows (self, "compare"))
      dadam_compare_page_attach (self->compare_page, l->data);
    else {
      show_page (self, "chat");
      dadam_chat_page_attach (self->chat_page, l->data);
    }
  }

  return TRUE;
}

/* ---- the class --------------------------------------------------------- */

static gboolean
dadam_window_close_request (GtkWindow *window)
{
  dadam_window_size_save (window, DADAM_WINDOW (window)->settings);

  return GTK_WINDOW_CLASS (dadam_window_parent_class)->close_request (window);
}

static void
dadam_window_dispose (GObject *object)
{
  DadamWindow *self = DADAM_WINDOW (object);

  /* An answer that ends with the window would show its end in what is gone. */
  if (self->compare_page != NULL)
    g_signal_handlers_disconnect_by_data (self->compare_page, self);
  self->compare_page = NULL;
  if (self->archive != NULL)
    g_signal_handlers_disconnect_by_data (self->archive, self);
  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_WINDOW);
  g_clear_object (&self->archive);
  g_clear_object (&self->manager);
  g_clear_object (&self->settings);

  G_OBJECT_CLASS (dadam_window_parent_class)->dispose (object);
}

static void
dadam_window_class_init (DadamWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_window_dispose;
  GTK_WINDOW_CLASS (klass)->close_request = dadam_window_close_request;

  g_type_ensure (DADAM_TYPE_CHAT_PAGE);
  g_type_ensure (DADAM_TYPE_SIDEBAR);
  g_type_ensure (DADAM_TYPE_TOAST_AREA);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-window.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamWindow, box);
  gtk_widget_class_bind_template_child (widget_class, DadamWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, DadamWindow, split_view);
  gtk_widget_class_bind_template_child (widget_class, DadamWindow, sidebar);
  gtk_widget_class_bind_template_child (widget_class, DadamWindow, pages);
  gtk_widget_class_bind_template_child (widget_class, DadamWindow, chat_page);

  gtk_widget_class_bind_template_callback (widget_class, narrow_cb);
  gtk_widget_class_bind_template_callback (widget_class, show_state);
  gtk_widget_class_bind_template_callback (widget_class, wide_cb);

  gtk_widget_class_install_action (widget_class, "win.show-models", NULL, show_models);
  gtk_widget_class_install_action (widget_class, "win.show-model", "s", show_model);
  gtk_widget_class_install_action (widget_class, "win.toggle-sidebar", NULL, toggle_sidebar);
  gtk_widget_class_install_action (widget_class, "win.new-chat", NULL, new_chat);
  gtk_widget_class_install_action (widget_class, "win.compare", NULL, compare);
  gtk_widget_class_install_action (widget_class, "win.compare-this", NULL, compare_this);
  gtk_widget_class_install_action (widget_class, "win.search", NULL, search);
  gtk_widget_class_install_action (widget_class, "win.find", NULL, find);
  gtk_widget_class_install_action (widget_class, "win.show-conversation", "x", show_conversation);
  gtk_widget_class_install_action (widget_class, "win.open", NULL, open_model);
  gtk_widget_class_install_action (widget_class, "win.open-path", "s", open_path);
  gtk_widget_class_install_action (widget_class, "win.use-cpu", NULL, use_cpu);
  gtk_widget_class_install_action (widget_class, "win.diagnostics", NULL, diagnostics);
  gtk_widget_class_install_action (widget_class, "win.zoom-in", NULL, zoom);
  gtk_widget_class_install_action (widget_class, "win.zoom-out", NULL, zoom);
  gtk_widget_class_install_action (widget_class, "win.zoom-normal", NULL, zoom);
  gtk_widget_class_install_action (widget_class, "win.copy", "s", copy);
}

static void
dadam_window_init (DadamWindow *self)
{
  GtkDropTarget *target = gtk_drop_target_new (GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);

  gtk_widget_init_template (GTK_WIDGET (self));
  show_state (self);
  /* Before the composer, which would write the file's name. */
  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (target), GTK_PHASE_CAPTURE);
  g_signal_connect_swapped (target, "drop", G_CALLBACK (drop_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (target));
}

static DadamBanner *
ensure_notice (DadamWindow *self)
{
  if (self->notice == NULL) {
    self->notice = g_object_new (DADAM_TYPE_BANNER, NULL);
    gtk_box_prepend (self->box, GTK_WIDGET (self->notice));
  }

  return self->notice;
}

static void
archive_opened_cb (DadamWindow *self)
{
  if (dadam_archive_get_error (self->archive) != NULL
      || dadam_archive_get_set_aside (self->archive, NULL) != NULL)
    dadam_banner_show_archive (ensure_notice (self), self->archive);
}

static void
archive_failed_cb (DadamWindow *self, const GError *error)
{
  dadam_banner_show (ensure_notice (self), error->message, _ ("_Close"), NULL);
}

static void
set_up_conversations (DadamWindow *self, DadamArchive *archive)
{
  DadamConversationList *list = dadam_sidebar_get_conversations (self->sidebar);
  DadamSearchResults *results = dadam_sidebar_get_results (self->sidebar);

  dadam_conversation_list_set_archive (list, archive);
  g_signal_connect_object (list, "activated", G_CALLBACK (open_id), self, G_CONNECT_SWAPPED);
  dadam_search_results_set_archive (results, archive);
  g_signal_connect_object (results, "activated", G_CALLBACK (show_hit), self, G_CONNECT_SWAPPED);
  dadam_conversation_actions_insert (GTK_WIDGET (self), self->toasts, archive);
  if (dadam_archive_get_state (archive) != DADAM_ARCHIVE_OPENING)
    archive_opened_cb (self);
  g_signal_connect_object (archive, "opened", G_CALLBACK (archive_opened_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (archive, "failed", G_CALLBACK (archive_failed_cb), self,
                           G_CONNECT_SWAPPED);
}

DadamWindow *
dadam_window_new (DadamApplication *application)
{
  DadamWindow *self = g_object_new (DADAM_TYPE_WINDOW, "application", application, NULL);

  self->manager = g_object_ref (dadam_application_get_manager (application));
  self->archive = g_object_ref (dadam_application_get_archive (application));
  self->settings = g_object_ref (dadam_application_get_settings (application));
  dadam_window_size_restore (GTK_WINDOW (self), self->settings);
  dadam_chat_page_set_up (self->chat_page, dadam_application_get_engine (application),
                          dadam_application_get_library (application),
                          dadam_application_get_archive (application), self->manager,
                          self->settings);
  dadam_sidebar_set_up (self->sidebar, self->manager);
  g_signal_connect_object (dadam_manager_get_queue (self->manager), "finished",
                           G_CALLBACK (finished_cb), self, G_CONNECT_SWAPPED);
  set_up_conversations (self, dadam_application_get_archive (application));

  return self;
}

/**
 * dadam_window_open_file:
 *
 * Opens a model from a file of this computer and loads it.
 */
void
dadam_window_open_file (DadamWindow *self, GFile *file)
{
  g_autofree char *path = NULL;

  g_return_if_fail (DADAM_IS_WINDOW (self));

  path = g_file_get_path (file);
  if (path != NULL) {
    show_page (self, "chat");
    dadam_chat_page_open (self->chat_page, path);
    return;
  }
  dadam_toast_area_add (self->toasts,
                        adw_toast_new (_ ("Only files on this computer can be opened")));
}
