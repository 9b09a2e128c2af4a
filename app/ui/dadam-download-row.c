/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Watches a download and the queue that it is in.
 */
#include "config.h"

#include "dadam-download-row.h"

#include <glib/gi18n.h>

#include "dadam-alert.h"
#include "dadam-hangul.h"
#include "dadam-launch.h"
#include "dadam-toast.h"
#include "dadam-tooltip.h"

#define MUCH ((gint64) 64 << 20) /* bytes that are not thrown away without asking */

struct _DadamDownloadRow {
  AdwPreferencesRow parent_instance;

  /* Template. */
  GtkLabel *name;
  GtkProgressBar *progress;
  GtkLabel *status;
  GtkButton *remedy; /* what an error asks for */
  GtkButton *toggle; /* pause, resume, try again */

  /* Owned. */
  DadamManager *manager;
  DadamDownload *download;
};

G_DEFINE_FINAL_TYPE (DadamDownloadRow, dadam_download_row, ADW_TYPE_PREFERENCES_ROW)

/* ---- words ------------------------------------------------------------- */

static char *
time_left (gint64 seconds)
{
  if (seconds < 60)
    return g_strdup (_ ("less than a minute left"));
  if (seconds < 100 * 60)
    return g_strdup_printf (ngettext ("%d minute left", "%d minutes left",
                                      (gulong) ((seconds + 59) / 60)),
                            (int) ((seconds + 59) / 60));

  return g_strdup_printf (ngettext ("%d hour left", "%d hours left",
                                    (gulong) ((seconds + 3599) / 3600)),
                          (int) ((seconds + 3599) / 3600));
}

static char *
describe_running (DadamDownload *download)
{
  g_autofree char *done = g_format_size ((guint64) dadam_download_get_done (download));
  g_autofree char *size = g_format_size ((guint64) dadam_download_get_size (download));
  g_autofree char *speed = g_format_size ((guint64) dadam_download_get_speed (download));
  gint64 seconds = dadam_download_get_seconds_left (download);
  g_autofree char *left = seconds >= 0 ? time_left (seconds) : NULL;

  if (left == NULL)
    return g_strdup_printf (_ ("%s of %s"), done, size);

  /* Translators: done, size, speed, time left: "1 GB of 4 GB · 9 MB/s · 5 minutes left". */
  return g_strdup_printf (_ ("%s of %s · %s/s · %s"), done, size, speed, left);
}

static char *
describe_stopped (DadamDownload *download, const char *what)
{
  g_autofree char *done = g_format_size ((guint64) dadam_download_get_done (download));
  g_autofree char *size = g_format_size ((guint64) dadam_download_get_size (download));

  /* Translators: why it stands still, done, size: "Paused · 1 GB of 4 GB". */
  return g_strdup_printf (_ ("%s · %s of %s"), what, done, size);
}

static const char *
describe_wait (DadamQueue *queue)
{
  switch (dadam_queue_get_hold (queue)) {
  case DADAM_QUEUE_HOLD_NETWORK: return _ ("Waiting for the network");
  case DADAM_QUEUE_HOLD_METERED: return _ ("Waiting, because this network may cost money");
  case DADAM_QUEUE_HOLD_SLEEP: return _ ("Waiting, because the computer is about to sleep");
  case DADAM_QUEUE_HOLD_NONE:
  default: return _ ("Waiting");
  }
}

/* (transfer full): how far a download is, in a line. */
char *
dadam_download_row_describe (DadamQueue *queue, DadamDownload *download)
{
  const GError *error = dadam_download_get_error (download);

  switch (dadam_download_get_state (download)) {
  case DADAM_DOWNLOAD_WAITING: return describe_stopped (download, describe_wait (queue));
  case DADAM_DOWNLOAD_CHECKING: return g_strdup (_ ("Checking what is there already…"));
  case DADAM_DOWNLOAD_RUNNING: return describe_running (download);
  case DADAM_DOWNLOAD_VERIFYING: return g_strdup (_ ("Verifying…"));
  case DADAM_DOWNLOAD_PAUSED: return describe_stopped (download, _ ("Paused"));
  case DADAM_DOWNLOAD_FAILED: return g_strdup (error ? error->message : "");
  case DADAM_DOWNLOAD_CANCELLED:
  case DADAM_DOWNLOAD_DONE:
  default: return g_strdup ("");
  }
}

/* ---- what it shows ----------------------------------------------------- */

static gboolean
stands_still (DadamDownload *download)
{
  DadamDownloadState state = dadam_download_get_state (download);

  return state == DADAM_DOWNLOAD_PAUSED || state == DADAM_DOWNLOAD_FAILED;
}

/* What a click on @toggle would do, as dadam_download_row_toggle() does it. */
void
dadam_download_row_show_toggle (GtkButton *toggle, DadamDownload *download)
{
  const char *icon = "media-playback-pause-symbolic";
  const char *label = _ ("Pause");

  if (dadam_download_get_state (download) == DADAM_DOWNLOAD_FAILED) {
    icon = "view-refresh-symbolic";
    label = _ ("Try Again");
  } else if (stands_still (download)) {
    icon = "media-playback-start-symbolic";
    label = _ ("Resume");
  }
  gtk_button_set_icon_name (toggle, icon);
  gtk_widget_set_tooltip_text (GTK_WIDGET (toggle), label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (toggle), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                  -1);
}

/* Goes on with a download that stands still, and pauses another one. */
void
dadam_download_row_toggle (DadamQueue *queue, DadamDownload *download)
{
  if (stands_still (download))
    dadam_queue_resume (queue, download);
  else
    dadam_download_pause (download);
}

static gboolean
waits_for_money (DadamDownloadRow *self)
{
  return dadam_download_get_state (self->download) == DADAM_DOWNLOAD_WAITING
         && dadam_queue_get_hold (dadam_manager_get_queue (self->manager))
                == DADAM_QUEUE_HOLD_METERED;
}

/* What a click could do about an error; %NULL: nothing here. */
static const char *
find_remedy (DadamDownloadRow *self)
{
  const GError *error = dadam_download_get_error (self->download);

  if (waits_for_money (self))
    return _ ("_Download Anyway");
  if (g_error_matches (error, DADAM_HUB_ERROR, DADAM_HUB_ERROR_NO_RANGES))
    return _ ("_Fetch All of It Again");
  if (dadam_hub_error_wants_terms (error))
    return _ ("_Open Web Page");

  return NULL;
}

static void
show (DadamDownloadRow *self)
{
  g_autofree char *status = dadam_download_row_describe (dadam_manager_get_queue (self->manager),
                                                         self->download);
  const char *remedy = find_remedy (self);
  double size = (double) MAX (1, dadam_download_get_size (self->download));

  gtk_label_set_text (self->status, status);
  dadam_hangul_mend (GTK_WIDGET (self->status));
  gtk_progress_bar_set_fraction (self->progress,
                                 (double) dadam_download_get_done (self->download) / size);
  gtk_widget_set_visible (GTK_WIDGET (self->remedy), remedy != NULL);
  if (remedy != NULL)
    gtk_button_set_label (self->remedy, remedy);
  dadam_download_row_show_toggle (self->toggle, self->download);
}

/* ---- what can be done -------------------------------------------------- */

static void
remedy_cb (DadamDownloadRow *self)
{
  DadamQueue *queue = dadam_manager_get_queue (self->manager);
  g_autofree char *uri = NULL;

  if (waits_for_money (self)) {
    dadam_queue_set_metered_allowed (queue, TRUE);
    return;
  }
  if (g_error_matches (dadam_download_get_error (self->download), DADAM_HUB_ERROR,
                       DADAM_HUB_ERROR_NO_RANGES)) {
    dadam_download_allow_restart (self->download);
    dadam_queue_resume (queue, self->download);
    return;
  }
  uri = dadam_hub_get_web_page (dadam_manager_get_hub (self->manager),
                                dadam_download_get_repo (self->download));
  dadam_launch_web_page (GTK_WIDGET (self), uri);
}

static void
toggle_cb (DadamDownloadRow *self)
{
  dadam_download_row_toggle (dadam_manager_get_queue (self->manager), self->download);
}

static void
discard_cb (DadamDownloadRow *self)
{
  g_autoptr (GError) error = NULL;

  if (!dadam_queue_remove (dadam_manager_get_queue (self->manager), self->download, &error))
    dadam_toast_say (GTK_WIDGET (self), error->message);
}

static void
cancel_cb (DadamDownloadRow *self)
{
  g_autofree char *done = NULL;
  AdwDialog *dialog;

  if (dadam_download_get_done (self->download) < MUCH) {
    discard_cb (self);
    return;
  }
  done = g_format_size ((guint64) dadam_download_get_done (self->download));
  dialog = adw_alert_dialog_new (_ ("Cancel the Download?"), NULL);
  adw_alert_dialog_format_body (ADW_ALERT_DIALOG (dialog),
                                _ ("%s that are here already will be thrown away."), done);
  adw_alert_dialog_add_responses (ADW_ALERT_DIALOG (dialog), "keep", _ ("_Keep"), "discard",
                                  _ ("_Throw Away"), NULL);
  adw_alert_dialog_set_response_appearance (ADW_ALERT_DIALOG (dialog), "discard",
                                            ADW_RESPONSE_DESTRUCTIVE);
  adw_alert_dialog_set_close_response (ADW_ALERT_DIALOG (dialog), "keep");
  g_signal_connect_object (dialog, "response::discard", G_CALLBACK (discard_cb), self,
                           G_CONNECT_SWAPPED);
  dadam_alert_present (dialog, GTK_WIDGET (self));
}

/* ---- the class --------------------------------------------------------- */

static void
dadam_download_row_dispose (GObject *object)
{
  DadamDownloadRow *self = DADAM_DOWNLOAD_ROW (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_DOWNLOAD_ROW);
  g_clear_object (&self->download);
  g_clear_object (&self->manager);

  G_OBJECT_CLASS (dadam_download_row_parent_class)->dispose (object);
}

static void
dadam_download_row_class_init (DadamDownloadRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_download_row_dispose;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-download-row.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamDownloadRow, name);
  gtk_widget_class_bind_template_child (widget_class, DadamDownloadRow, progress);
  gtk_widget_class_bind_template_child (widget_class, DadamDownloadRow, status);
  gtk_widget_class_bind_template_child (widget_class, DadamDownloadRow, remedy);
  gtk_widget_class_bind_template_child (widget_class, DadamDownloadRow, toggle);
  gtk_widget_class_bind_template_callback (widget_class, remedy_cb);
  gtk_widget_class_bind_template_callback (widget_class, toggle_cb);
  gtk_widget_class_bind_template_callback (widget_class, cancel_cb);
}

static void
dadam_download_row_init (DadamDownloadRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  dadam_tooltip_show_cut (self->name);
}

GtkWidget *
dadam_download_row_new (DadamManager *manager, DadamDownload *download)
{
  DadamDownloadRow *self = g_object_new (DADAM_TYPE_DOWNLOAD_ROW, NULL);
  g_autofree char *title = dadam_manager_name (manager, dadam_download_get_repo (download),
                                               dadam_download_get_path (download));

  self->manager = g_object_ref (manager);
  self->download = g_object_ref (download);
  gtk_label_set_text (self->name, title);
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (self), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self), title);
  g_signal_connect_object (download, "notify", G_CALLBACK (show), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (dadam_manager_get_queue (manager), "notify::hold", G_CALLBACK (show),
                           self, G_CONNECT_SWAPPED);
  show (self);

  return GTK_WIDGET (self);
}
