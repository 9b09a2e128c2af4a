/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A row shows any message that the list gives it: the user's as a bubble on the
 * right, the model's plain over the whole width, with what it cost below.
 */
#include "config.h"

#include "dadam-message-row.h"

#include <glib/gi18n.h>

#include "dadam-blocks.h"
#include "dadam-text-blocks.h"

struct _DadamMessageRow {
  GtkBox parent_instance;

  /* Template. */
  GtkWidget *bubble_grid;
  DadamTextBlocks *bubble;
  DadamBlocks *answer;
  GtkWidget *pulse;
  GtkWidget *reading;
  GtkLabel *reading_label;
  GtkProgressBar *progress;
  GtkWidget *footer;
  GtkLabel *stats;

  DadamMessage *message; /* owned */
};

G_DEFINE_FINAL_TYPE (DadamMessageRow, dadam_message_row, GTK_TYPE_BOX)

static gboolean
is_users (DadamMessageRow *self)
{
  return dadam_message_get_role (self->message) == DADAM_ROLE_USER;
}

static const char *
stop_to_text (DadamStop stop)
{
  switch (stop) {
  case DADAM_STOP_LENGTH:
      /* Translators: why an answer ended: it reached the greatest length. */
    return _ ("length limit");
  case DADAM_STOP_CONTEXT:
      /* Translators: why an answer ended: the model can remember no more. */
    return _ ("context full");
  case DADAM_STOP_CANCELLED:
      /* Translators: why an answer ended: the user stopped it. */
    return _ ("stopped");
  case DADAM_STOP_ERROR:
      /* Translators: why an answer ended: something went wrong. */
    return _ ("error");
  case DADAM_STOP_END:
  default:
      /* Translators: why an answer ended: the model had said all. */
    return _ ("end");
  }
}

/* "7.2 tokens/s · first token 0.8 s · end"; speeds only where there are some. */
static char *
stats_to_text (const DadamStats *stats)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (stats->made_tokens > 1 && stats->decode_seconds > 0) {
      /* Translators: the speed of an answer. */
    g_string_append_printf (text, _ ("%.1f tokens/s"),
                            (double) (stats->made_tokens - 1) / stats->decode_seconds);
    g_string_append (text, " · ");
  }
  if (stats->made_tokens > 0) {
      /* Translators: how many seconds passed until the first word of an answer. */
    g_string_append_printf (text, _ ("first token %.1f s"), stats->first_token_seconds);
    g_string_append (text, " · ");
  }
  g_string_append (text, stop_to_text (stats->stop));

  return g_string_free_and_steal (g_steal_pointer (&text));
}

static void
show_state (DadamMessageRow *self)
{
  DadamMessageState state = dadam_message_get_state (self->message);
  gboolean has_ended = state == DADAM_MESSAGE_ENDED;
  double fraction = dadam_message_get_fraction (self->message);
  g_autofree char *percent = NULL;
  g_autofree char *stats = NULL;

  gtk_widget_set_visible (self->pulse, state == DADAM_MESSAGE_WAITING);
  gtk_widget_set_visible (self->reading, state == DADAM_MESSAGE_READING);
  gtk_widget_set_visible (self->footer, has_ended && !is_users (self));
  if (state == DADAM_MESSAGE_READING) {
    percent = g_strdup_printf (_ ("Reading the conversation… %d%%"), (int) (fraction * 100));
    gtk_label_set_text (self->reading_label, percent);
    gtk_progress_bar_set_fraction (self->progress, fraction);
  }
  if (has_ended && !is_users (self)) {
    stats = stats_to_text (dadam_message_get_stats (self->message));
    gtk_label_set_text (self->stats, stats);
  }
}

static void
set_text (DadamMessageRow *self, const char *text, gsize length)
{
  if (is_users (self))
    dadam_text_blocks_set_text (self->bubble, text, length);
  else
    dadam_blocks_set_text (self->answer, text, length);
}

static void
show_text (DadamMessageRow *self)
{
  set_text (self, dadam_message_get_text (self->message), dadam_message_get_length (self->message));
}

static void
copy_cb (DadamMessageRow *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.copy", "s",
                              dadam_message_get_text (self->message));
}

static void
dadam_message_row_dispose (GObject *object)
{
  DadamMessageRow *self = DADAM_MESSAGE_ROW (object);

  dadam_message_row_set_message (self, NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_MESSAGE_ROW);

  G_OBJECT_CLASS (dadam_message_row_parent_class)->dispose (object);
}

static void
dadam_message_row_class_init (DadamMessageRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_message_row_dispose;

  g_type_ensure (DADAM_TYPE_BLOCKS);
  g_type_ensure (DADAM_TYPE_TEXT_BLOCKS);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-message-row.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, bubble_grid);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, bubble);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, answer);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, pulse);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, reading);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, reading_label);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, progress);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, footer);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, stats);
  gtk_widget_class_bind_template_callback (widget_class, copy_cb);
}

static void
dadam_message_row_init (DadamMessageRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

DadamMessageRow *
dadam_message_row_new (void)
{
  return g_object_new (DADAM_TYPE_MESSAGE_ROW, NULL);
}

static void
show_message (DadamMessageRow *self)
{
  gboolean users = is_users (self);

  gtk_widget_set_visible (self->bubble_grid, users);
  gtk_widget_set_visible (GTK_WIDGET (self->answer), !users);
  show_text (self);
  show_state (self);
  g_signal_connect_swapped (self->message, "appended", G_CALLBACK (show_text), self);
  g_signal_connect_swapped (self->message, "changed", G_CALLBACK (show_state), self);
}

/**
 * dadam_message_row_set_message:
 * @message: (nullable): what to show from now on
 */
void
dadam_message_row_set_message (DadamMessageRow *self, DadamMessage *message)
{
  g_return_if_fail (DADAM_IS_MESSAGE_ROW (self));

  if (self->message == message)
    return;
  if (self->message != NULL) {
    g_signal_handlers_disconnect_by_data (self->message, self);
    set_text (self, "", 0);
  }
  g_set_object (&self->message, message);
  if (message != NULL)
    show_message (self);
}
