/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A row shows any message that the list gives it: the user's as a bubble on the
 * right, the model's plain over the whole width, with what it cost below.
 */
#include "config.h"

#include "dadam-message-row.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "dadam-attachment-chip.h"
#include "dadam-blocks.h"
#include "dadam-text-blocks.h"

struct _DadamMessageRow {
  GtkBox parent_instance;

  /* Template. */
  GtkWidget *horizon;
  GtkWidget *bubble_grid;
  AdwWrapBox *files;
  DadamTextBlocks *bubble;
  DadamBlocks *answer;
  GtkWidget *pulse;
  GtkWidget *reading;
  GtkLabel *reading_label;
  GtkProgressBar *progress;
  GtkWidget *footer;
  GtkLabel *stats;
  GtkWidget *go_on;
  GtkWidget *siblings;
  GtkWidget *before;
  GtkLabel *sibling;
  GtkWidget *after;

  DadamMessage *message; /* owned */
  gboolean names_model;
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
stats_to_text (const DadamStats *stats, const char *model)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (model != NULL)
    g_string_append_printf (text, "%s · ", model);
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
  if (stats->dropped_messages > 0) {
    g_string_append (text, " · ");
    /* Translators: so many of the first messages were left out when the model read the rest. */
    g_string_append_printf (text,
                            ngettext ("without the oldest message",
                                      "without the oldest %u messages", stats->dropped_messages),
                            stats->dropped_messages);
  }

  return g_string_free_and_steal (g_steal_pointer (&text));
}

/* What made an answer, for those who look closer. */
static char *
maker_to_text (DadamMessage *message)
{
  const DadamMaker *maker = dadam_message_get_maker (message);
  const DadamStats *stats = dadam_message_get_stats (message);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *seed = NULL;

  if (maker == NULL)
    return NULL;
  g_string_append (text, maker->title);
  if (maker->device != NULL)
    g_string_append_printf (text, "\n%s", maker->device);
  /* Translators: counts of tokens: of the question and what was before, and of the answer. */
  g_string_append_printf (text, _ ("\nTokens: %d kept, %d read, %d made"),
                          (int) stats->reused_tokens, (int) stats->prompt_tokens,
                          (int) stats->made_tokens);
  seed = g_strdup_printf ("%" G_GINT64_FORMAT, maker->seed);
  /* Translators: the number from which an answer was drawn by chance. */
  g_string_append_printf (text, _ ("\nSeed: %s"), seed);

  return g_string_free_and_steal (g_steal_pointer (&text));
}

static void
show_stats (DadamMessageRow *self)
{
  const DadamMaker *maker = dadam_message_get_maker (self->message);
  const char *model = self->names_model && maker != NULL ? maker->title : NULL;
  g_autofree char *stats = stats_to_text (dadam_message_get_stats (self->message), model);
  g_autofree char *tooltip = maker_to_text (self->message);

  gtk_label_set_text (self->stats, stats);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->stats), tooltip);
}

static void
show_siblings (DadamMessageRow *self)
{
  guint n_siblings = 1;
  guint position = dadam_message_get_sibling (self->message, &n_siblings);
  g_autofree char *text = NULL;

  gtk_widget_set_visible (self->siblings, n_siblings > 1);
  if (n_siblings <= 1)
    return;
  text = g_strdup_printf ("%u/%u", position + 1, n_siblings);
  gtk_label_set_text (self->sibling, text);
  gtk_widget_set_sensitive (self->before, position > 0);
  gtk_widget_set_sensitive (self->after, position + 1 < n_siblings);
}

static void
show_state (DadamMessageRow *self)
{
  DadamMessageState state = dadam_message_get_state (self->message);
  gboolean has_ended = state == DADAM_MESSAGE_ENDED;
  double fraction = dadam_message_get_fraction (self->message);
  g_autofree char *percent = NULL;

  gtk_widget_set_visible (self->pulse, state == DADAM_MESSAGE_WAITING);
  gtk_widget_set_visible (self->reading, state == DADAM_MESSAGE_READING);
  gtk_widget_set_visible (self->footer, has_ended && !is_users (self));
  if (state == DADAM_MESSAGE_READING) {
    percent = g_strdup_printf (_ ("Reading the conversation… %d%%"), (int) (fraction * 100));
    gtk_label_set_text (self->reading_label, percent);
    gtk_progress_bar_set_fraction (self->progress, fraction);
  }
  if (has_ended && !is_users (self))
    show_stats (self);
  show_siblings (self);
}

/* The files that a question begins with, as chips; the rest as its text. */
static void
show_question (DadamMessageRow *self, const char *message)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);
  const char *text = dadam_attachments_split (message, files);

  dadam_attachment_chips_clear (self->files);
  for (guint i = 0; i < files->len; i++)
    adw_wrap_box_append (self->files, dadam_attachment_chip_new (g_ptr_array_index (files, i)));
  gtk_widget_set_visible (GTK_WIDGET (self->files), files->len > 0);
  gtk_widget_set_visible (GTK_WIDGET (self->bubble), *text != '\0');
  dadam_text_blocks_set_text (self->bubble, text, strlen (text));
}

static void
set_text (DadamMessageRow *self, const char *text, gsize length)
{
  if (is_users (self))
    show_question (self, text);
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

/* ---- what can be done: the page's actions, with the message's number --- */

static void
activate (DadamMessageRow *self, const char *action)
{
  gtk_widget_activate_action (GTK_WIDGET (self), action, "x", dadam_message_get_id (self->message));
}

static void
edit_cb (DadamMessageRow *self)
{
  activate (self, "chat.edit");
}

static void
regenerate_cb (DadamMessageRow *self)
{
  activate (self, "chat.regenerate");
}

static void
go_on_cb (DadamMessageRow *self)
{
  activate (self, "chat.continue");
}

static void
before_cb (DadamMessageRow *self)
{
  activate (self, "chat.sibling-before");
}

static void
after_cb (DadamMessageRow *self)
{
  activate (self, "chat.sibling-after");
}

/* ---- the class --------------------------------------------------------- */

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
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, horizon);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, bubble_grid);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, files);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, bubble);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, answer);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, pulse);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, reading);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, reading_label);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, progress);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, footer);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, stats);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, go_on);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, siblings);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, before);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, sibling);
  gtk_widget_class_bind_template_child (widget_class, DadamMessageRow, after);
  gtk_widget_class_bind_template_callback (widget_class, edit_cb);
  gtk_widget_class_bind_template_callback (widget_class, regenerate_cb);
  gtk_widget_class_bind_template_callback (widget_class, go_on_cb);
  gtk_widget_class_bind_template_callback (widget_class, before_cb);
  gtk_widget_class_bind_template_callback (widget_class, after_cb);
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
  gtk_widget_set_halign (self->siblings, users ? GTK_ALIGN_END : GTK_ALIGN_START);
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
    dadam_message_row_set_can_continue (self, FALSE);
    dadam_message_row_set_is_horizon (self, FALSE);
    self->names_model = FALSE;
  }
  g_set_object (&self->message, message);
  if (message != NULL)
    show_message (self);
}

/* (nullable). */
DadamMessage *
dadam_message_row_get_message (DadamMessageRow *self)
{
  g_return_val_if_fail (DADAM_IS_MESSAGE_ROW (self), NULL);

  return self->message;
}

/* Whether the line under an answer says which model made it. */
void
dadam_message_row_set_names_model (DadamMessageRow *self, gboolean names_model)
{
  g_return_if_fail (DADAM_IS_MESSAGE_ROW (self));

  if (self->names_model == names_model)
    return;
  self->names_model = names_model;
  show_state (self);
}

/* Whether there is a button that lets the answer go on. */
void
dadam_message_row_set_can_continue (DadamMessageRow *self, gboolean can_continue)
{
  g_return_if_fail (DADAM_IS_MESSAGE_ROW (self));

  gtk_widget_set_visible (self->go_on, can_continue);
}

/* Whether the model begins to read here, because the context has no room for what is above. */
void
dadam_message_row_set_is_horizon (DadamMessageRow *self, gboolean is_horizon)
{
  g_return_if_fail (DADAM_IS_MESSAGE_ROW (self));

  gtk_widget_set_visible (self->horizon, is_horizon);
}
