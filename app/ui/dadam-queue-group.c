/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A row for each download, in the queue's order.
 */
#include "config.h"

#include "dadam-queue-group.h"

#include <glib/gi18n.h>

#include "dadam-download-row.h"

struct _DadamQueueGroup {
  AdwPreferencesGroup parent_instance;

  /* Owned. */
  DadamManager *manager;
  GPtrArray *rows; /* borrowed, in order */
};

G_DEFINE_FINAL_TYPE (DadamQueueGroup, dadam_queue_group, ADW_TYPE_PREFERENCES_GROUP)

static void
dadam_queue_group_dispose (GObject *object)
{
  DadamQueueGroup *self = DADAM_QUEUE_GROUP (object);

  g_clear_pointer (&self->rows, g_ptr_array_unref);
  g_clear_object (&self->manager);

  G_OBJECT_CLASS (dadam_queue_group_parent_class)->dispose (object);
}

static void
dadam_queue_group_class_init (DadamQueueGroupClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dadam_queue_group_dispose;
}

static void
dadam_queue_group_init (DadamQueueGroup *self)
{
  self->rows = g_ptr_array_new ();
  adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (self), _ ("Downloads"));
}

/* The queue only grows at its end. */
static void
changed_cb (DadamQueueGroup *self, guint position, guint removed, guint added, GListModel *queue)
{
  for (; removed > 0; removed--) {
    adw_preferences_group_remove (ADW_PREFERENCES_GROUP (self), self->rows->pdata[position]);
    g_ptr_array_remove_index (self->rows, position);
  }
  for (guint i = 0; i < added; i++) {
    g_autoptr (DadamDownload) download = g_list_model_get_item (queue, position + i);
    GtkWidget *row = dadam_download_row_new (self->manager, download);

    g_ptr_array_insert (self->rows, (int) (position + i), row);
    adw_preferences_group_add (ADW_PREFERENCES_GROUP (self), row);
  }
  gtk_widget_set_visible (GTK_WIDGET (self), self->rows->len > 0);
}

/* Once. */
void
dadam_queue_group_set_up (DadamQueueGroup *self, DadamManager *manager)
{
  DadamQueue *queue = dadam_manager_get_queue (manager);

  g_return_if_fail (DADAM_IS_QUEUE_GROUP (self));

  self->manager = g_object_ref (manager);
  g_signal_connect_object (queue, "items-changed", G_CALLBACK (changed_cb), self,
                           G_CONNECT_SWAPPED);
  changed_cb (self, 0, 0, g_list_model_get_n_items (G_LIST_MODEL (queue)), G_LIST_MODEL (queue));
}
