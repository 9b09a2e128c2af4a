/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Shows the download that works, or else the first.
 */
#include "config.h"

#include "dadam-download-bar.h"

#include <glib/gi18n.h>

#include "dadam-download-row.h"
#include "dadam-tooltip.h"

struct _DadamDownloadBar {
  AdwBin parent_instance;

  /* Template. */
  GtkLabel *name;
  GtkProgressBar *progress;
  GtkLabel *status;
  GtkButton *toggle;

  /* Owned. */
  DadamManager *manager;
  DadamDownload *download; /* that is shown; %NULL: there is none */
};

G_DEFINE_FINAL_TYPE (DadamDownloadBar, dadam_download_bar, ADW_TYPE_BIN)

static void
show (DadamDownloadBar *self)
{
  g_autofree char *status = dadam_download_row_describe (dadam_manager_get_queue (self->manager),
                                                         self->download);
  double size = (double) MAX (1, dadam_download_get_size (self->download));

  gtk_label_set_text (self->status, status);
  gtk_progress_bar_set_fraction (self->progress,
                                 (double) dadam_download_get_done (self->download) / size);
  dadam_download_row_show_toggle (self->toggle, self->download);
}

/* The reason why all wait is another one. */
static void
hold_cb (DadamDownloadBar *self)
{
  if (self->download != NULL)
    show (self);
}

static DadamDownload *
find_current (DadamQueue *queue)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (queue));

  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamDownload) download = g_list_model_get_item (G_LIST_MODEL (queue), i);

    if (dadam_download_is_active (download))
      return g_steal_pointer (&download);
  }

  return g_list_model_get_item (G_LIST_MODEL (queue), 0);
}

static void
changed_cb (DadamDownloadBar *self)
{
  g_autoptr (DadamDownload) current = find_current (dadam_manager_get_queue (self->manager));
  g_autofree char *name = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self), current != NULL);
  if (current == self->download)
    return;
  if (self->download != NULL)
    g_signal_handlers_disconnect_by_data (self->download, self);
  g_set_object (&self->download, current);
  if (current == NULL)
    return;
  name = dadam_manager_name (self->manager, dadam_download_get_repo (current),
                             dadam_download_get_path (current));
  gtk_label_set_text (self->name, name);
  g_signal_connect_swapped (current, "notify", G_CALLBACK (show), self);
  show (self);
}

static void
toggle_cb (DadamDownloadBar *self)
{
  dadam_download_row_toggle (dadam_manager_get_queue (self->manager), self->download);
}

static void
dadam_download_bar_dispose (GObject *object)
{
  DadamDownloadBar *self = DADAM_DOWNLOAD_BAR (object);

  if (self->download != NULL)
    g_signal_handlers_disconnect_by_data (self->download, self);
  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_DOWNLOAD_BAR);
  g_clear_object (&self->download);
  g_clear_object (&self->manager);

  G_OBJECT_CLASS (dadam_download_bar_parent_class)->dispose (object);
}

static void
dadam_download_bar_class_init (DadamDownloadBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_download_bar_dispose;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-download-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamDownloadBar, name);
  gtk_widget_class_bind_template_child (widget_class, DadamDownloadBar, progress);
  gtk_widget_class_bind_template_child (widget_class, DadamDownloadBar, status);
  gtk_widget_class_bind_template_child (widget_class, DadamDownloadBar, toggle);
  gtk_widget_class_bind_template_callback (widget_class, toggle_cb);
}

static void
dadam_download_bar_init (DadamDownloadBar *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  dadam_tooltip_show_cut (self->name);
  dadam_tooltip_show_cut (self->status);
}

/* Once. */
void
dadam_download_bar_set_up (DadamDownloadBar *self, DadamManager *manager)
{
  DadamQueue *queue = dadam_manager_get_queue (manager);

  g_return_if_fail (DADAM_IS_DOWNLOAD_BAR (self));

  self->manager = g_object_ref (manager);
  g_signal_connect_object (queue, "items-changed", G_CALLBACK (changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (queue, "notify::active", G_CALLBACK (changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (queue, "notify::hold", G_CALLBACK (hold_cb), self, G_CONNECT_SWAPPED);
  changed_cb (self);
}
