/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A row shows any message that the list gives it: the user's as a bubble on the
 * right, the model's plain over the whole width, with what it cost below.  Its parts
 * are made when they are needed first, the buttons when there is time.
 */
#include "config.h"

#include "dadam-message-row.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "dadam-attachment-chip.h"
#include "dadam-blocks.h"
#include "dadam-message-parts.h"
#include "dadam-text-blocks.h"
#include "dadam-tooltip.h"

#define FOOTER_HEIGHT 30
#define SIDE_WIDTH 60

/* What a row may have, from the top. */
typedef enum { HORIZON, QUESTION, ANSWER, PULSE, READING, FOOTER, SIBLINGS, N_PARTS } Part;

struct _DadamMessageRow {
  GtkBox parent_instance;

  GtkWidget *parts[N_PARTS]; /* borrowed; %NULL: not made yet */

  /* Borrowed: in the parts. */
  GtkWidget *side; /* of the question's bubble, for its buttons */
  GtkBox *column;
  GtkWidget *files;
  DadamTextBlocks *bubble;
  GtkLabel *reading_label;
  GtkProgressBar *progress;
  GtkLabel *stats;
  GtkWidget *copy;
  GtkWidget *again;
  GtkWidget *go_on;
  GtkWidget *before;
  GtkLabel *sibling;
  GtkWidget *after;

  DadamMessage *message; /* owned */
  guint buttons_source;
  gboolean names_model;
  gboolean can_continue;
};

G_DEFINE_FINAL_TYPE (DadamMessageRow, dadam_message_row, GTK_TYPE_BOX)

static gboolean
is_users (DadamMessageRow *self)
{
  return dadam_message_get_role (self->message) == DADAM_ROLE_USER;
}

/* ---- parts ------------------------------------------------------------- */

static GtkWidget *
take_part (DadamMessageRow *self, Part part, GtkWidget *widget)
{
  GtkWidget *above = NULL;

  for (guint i = 0; i < part; i++)
    if (self->parts[i] != NULL)
      above = self->parts[i];
  gtk_box_insert_child_after (GTK_BOX (self), widget, above);
  self->parts[part] = widget;

  return widget;
}

static void
show_part (DadamMessageRow *self, Part part, gboolean is_visible)
{
  if (self->parts[part] != NULL)
    gtk_widget_set_visible (self->parts[part], is_visible);
}

/* Ten equal columns, of which a bubble and the buttons beside it may have nine. */
static void
ensure_question (DadamMessageRow *self)
{
  GtkWidget *grid, *box;

  if (self->parts[QUESTION] != NULL)
    return;
  grid = take_part (self, QUESTION, gtk_grid_new ());
  gtk_grid_set_column_homogeneous (GTK_GRID (grid), TRUE);
  box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  gtk_widget_set_halign (box, GTK_ALIGN_END);
  self->side = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  gtk_widget_set_size_request (self->side, SIDE_WIDTH, -1); /* as for the footer */
  gtk_widget_set_valign (self->side, GTK_ALIGN_CENTER);
  gtk_widget_set_margin_end (self->side, 6);
  self->column = GTK_BOX (gtk_box_new (GTK_ORIENTATION_VERTICAL, 6));
  self->bubble = g_object_new (DADAM_TYPE_TEXT_BLOCKS, "halign", GTK_ALIGN_END, NULL);
  gtk_widget_add_css_class (GTK_WIDGET (self->bubble), "bubble");
  gtk_box_append (self->column, GTK_WIDGET (self->bubble));
  gtk_box_append (GTK_BOX (box), self->side);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->column));
  gtk_grid_attach (GTK_GRID (grid), gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0), 0, 0, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), box, 1, 0, 9, 1);
}

static void
ensure_answer (DadamMessageRow *self)
{
  if (self->parts[ANSWER] == NULL)
    take_part (self, ANSWER, g_object_new (DADAM_TYPE_BLOCKS, NULL));
}

static void
ensure_footer (DadamMessageRow *self)
{
  GtkWidget *footer;

  if (self->parts[FOOTER] != NULL)
    return;
  footer = take_part (self, FOOTER, gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6));
  /* Room for the buttons, which come later. */
  gtk_widget_set_size_request (footer, -1, FOOTER_HEIGHT);
  self->stats = GTK_LABEL (dadam_message_parts_create_caption ());
  gtk_label_set_ellipsize (self->stats, PANGO_ELLIPSIZE_END);
  dadam_tooltip_show_cut (self->stats);
  gtk_box_append (GTK_BOX (footer), GTK_WIDGET (self->stats));
}

/* ---- what a line says -------------------------------------------------- */

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
  gboolean is_secret = dadam_message_get_veil (self->message) != DADAM_VEIL_NONE;
  const DadamMaker *maker = dadam_message_get_maker (self->message);
  const char *model = self->names_model && maker != NULL ? maker->title : NULL;
  g_autofree char *stats = stats_to_text (dadam_message_get_stats (self->message), model);
  g_autofree char *tooltip = maker_to_text (self->message);

  gtk_widget_set_visible (GTK_WIDGET (self->stats), !is_secret);
  gtk_label_set_text (self->stats, is_secret ? "" : stats);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->stats), is_secret ? NULL : tooltip);
}

static void
show_state (DadamMessageRow *self)
{
  gboolean is_hidden = dadam_message_get_veil (self->message) == DADAM_VEIL_ALL;
  DadamMessageState state = is_hidden ? DADAM_MESSAGE_WAITING
                                      : dadam_message_get_state (self->message);
  gboolean has_ended = state == DADAM_MESSAGE_ENDED;
  double fraction = dadam_message_get_fraction (self->message);
  g_autofree char *percent = NULL;

  if (state == DADAM_MESSAGE_WAITING && self->parts[PULSE] == NULL)
    take_part (self, PULSE, dadam_message_parts_create_pulse ());
  show_part (self, PULSE, state == DADAM_MESSAGE_WAITING);
  if (state == DADAM_MESSAGE_READING && self->parts[READING] == NULL)
    take_part (self, READING,
               dadam_message_parts_create_reading (&self->reading_label, &self->progress));
  show_part (self, READING, state == DADAM_MESSAGE_READING);
  show_part (self, FOOTER, has_ended && !is_users (self));
  if (state == DADAM_MESSAGE_READING) {
    percent = g_strdup_printf (_ ("Reading the conversation… %d%%"), (int) (fraction * 100));
    gtk_label_set_text (self->reading_label, percent);
    gtk_progress_bar_set_fraction (self->progress, fraction);
  }
  if (has_ended && !is_users (self))
    show_stats (self);
}

static void
show_files (DadamMessageRow *self, const GPtrArray *files)
{
  if (self->files != NULL)
    gtk_box_remove (self->column, self->files);
  self->files = NULL;
  if (files->len == 0)
    return;
  self->files = adw_wrap_box_new ();
  adw_wrap_box_set_align (ADW_WRAP_BOX (self->files), 1);
  adw_wrap_box_set_child_spacing (ADW_WRAP_BOX (self->files), 6);
  adw_wrap_box_set_line_spacing (ADW_WRAP_BOX (self->files), 6);
  for (guint i = 0; i < files->len; i++)
    adw_wrap_box_append (ADW_WRAP_BOX (self->files),
                         dadam_attachment_chip_new (g_ptr_array_index (files, i)));
  gtk_box_prepend (self->column, self->files);
}

/* The files that a question begins with, as chips; the rest as its text. */
static void
show_question (DadamMessageRow *self, const char *message)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_object_unref);
  const char *text = dadam_attachments_split (message, files);

  show_files (self, files);
  gtk_widget_set_visible (GTK_WIDGET (self->bubble), *text != '\0');
  dadam_text_blocks_set_text (self->bubble, text, strlen (text));
}

static void
set_text (DadamMessageRow *self, const char *text, gsize length)
{
  if (is_users (self))
    show_question (self, text);
  else
    dadam_blocks_set_text (DADAM_BLOCKS (self->parts[ANSWER]), text, length);
}

static void
show_text (DadamMessageRow *self)
{
  if (dadam_message_get_veil (self->message) == DADAM_VEIL_ALL)
    set_text (self, "", 0);
  else
    set_text (self, dadam_message_get_text (self->message),
              dadam_message_get_length (self->message));
}

static void
copy_cb (DadamMessageRow *self)
{
  gtk_widget_activate_action (GTK_WIDGET (self), "win.copy", "s",
                              dadam_message_get_text (self->message));
}

/* ---- what can be done: the pane's actions, with the message's number --- */

static void
activate (DadamMessageRow *self, const char *action)
{
  gtk_widget_activate_action (GTK_WIDGET (self), action, "x", dadam_message_get_id (self->message));
}

static void
edit_cb (DadamMessageRow *self)
{
  activate (self, "message.edit");
}

static void
regenerate_cb (DadamMessageRow *self)
{
  activate (self, "message.regenerate");
}

static void
go_on_cb (DadamMessageRow *self)
{
  activate (self, "message.continue");
}

static void
before_cb (DadamMessageRow *self)
{
  activate (self, "message.sibling-before");
}

static void
after_cb (DadamMessageRow *self)
{
  activate (self, "message.sibling-after");
}

/* An answer that is secret is not to be had anew; of one that came to nothing there is nothing to
 * copy. */
static void
allow_buttons (DadamMessageRow *self)
{
  gboolean is_secret = self->message != NULL
                       && dadam_message_get_veil (self->message) != DADAM_VEIL_NONE;

  if (self->go_on == NULL)
    return;
  gtk_widget_set_visible (self->copy,
                          self->message != NULL && dadam_message_get_length (self->message) > 0);
  gtk_widget_set_visible (self->again, !is_secret);
  gtk_widget_set_visible (self->go_on, !is_secret && self->can_continue);
}

/* ---- buttons ----------------------------------------------------------- */

static void
create_footer_buttons (DadamMessageRow *self)
{
  GtkBox *footer = GTK_BOX (self->parts[FOOTER]);

  self->copy = dadam_message_parts_create_button ("edit-copy-symbolic", _ ("Copy"),
                                                  _ ("Copy this message"), "small",
                                                  G_CALLBACK (copy_cb), self);
  gtk_box_append (footer, self->copy);
  self->again = dadam_message_parts_create_button ("view-refresh-symbolic", _ ("Answer Again"),
                                                   NULL, "small", G_CALLBACK (regenerate_cb), self);
  gtk_box_append (footer, self->again);
  self->go_on = dadam_message_parts_create_button ("media-skip-forward-symbolic", _ ("Go On"),
                                                   _ ("Go on with this answer"), "small",
                                                   G_CALLBACK (go_on_cb), self);
  gtk_box_append (footer, self->go_on);
  allow_buttons (self);
}

static void
create_side_buttons (DadamMessageRow *self)
{
  gtk_box_append (GTK_BOX (self->side),
                  dadam_message_parts_create_button ("document-edit-symbolic", _ ("Edit"),
                                                     _ ("Edit this message"), "small",
                                                     G_CALLBACK (edit_cb), self));
  gtk_box_append (GTK_BOX (self->side),
                  dadam_message_parts_create_button ("edit-copy-symbolic", _ ("Copy"),
                                                     _ ("Copy this message"), "small",
                                                     G_CALLBACK (copy_cb), self));
}

static gboolean
create_buttons_cb (gpointer user_data)
{
  DadamMessageRow *self = DADAM_MESSAGE_ROW (user_data);

  self->buttons_source = 0;
  if (self->side != NULL && gtk_widget_get_first_child (self->side) == NULL)
    create_side_buttons (self);
  if (self->parts[FOOTER] != NULL && self->go_on == NULL)
    create_footer_buttons (self);

  return G_SOURCE_REMOVE;
}

/* Once there is nothing better to do: a row has its text at once, and its buttons soon. */
static void
create_buttons_soon (DadamMessageRow *self)
{
  if (self->buttons_source == 0)
    self->buttons_source = g_idle_add_full (G_PRIORITY_LOW, create_buttons_cb, self, NULL);
}

static void
ensure_siblings (DadamMessageRow *self)
{
  GtkWidget *box;

  if (self->parts[SIBLINGS] != NULL)
    return;
  box = take_part (self, SIBLINGS, gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 3));
  self->before = dadam_message_parts_create_button ("go-previous-symbolic", _ ("Version Before"),
                                                    NULL, "version", G_CALLBACK (before_cb), self);
  self->sibling = GTK_LABEL (dadam_message_parts_create_caption ());
  self->after = dadam_message_parts_create_button ("go-next-symbolic", _ ("Version After"), NULL,
                                                   "version", G_CALLBACK (after_cb), self);
  gtk_box_append (GTK_BOX (box), self->before);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (self->sibling));
  gtk_box_append (GTK_BOX (box), self->after);
}

static void
show_siblings (DadamMessageRow *self)
{
  guint n_siblings = 1;
  guint position = dadam_message_get_sibling (self->message, &n_siblings);
  g_autofree char *text = NULL;

  show_part (self, SIBLINGS, n_siblings > 1);
  if (n_siblings <= 1)
    return;
  ensure_siblings (self);
  show_part (self, SIBLINGS, TRUE);
  gtk_widget_set_halign (self->parts[SIBLINGS], is_users (self) ? GTK_ALIGN_END : GTK_ALIGN_START);
  text = g_strdup_printf ("%u/%u", position + 1, n_siblings);
  gtk_label_set_text (self->sibling, text);
  gtk_widget_set_sensitive (self->before, position > 0);
  gtk_widget_set_sensitive (self->after, position + 1 < n_siblings);
}

/* ---- the class --------------------------------------------------------- */

static void
dadam_message_row_dispose (GObject *object)
{
  DadamMessageRow *self = DADAM_MESSAGE_ROW (object);

  dadam_message_row_set_message (self, NULL);
  g_clear_handle_id (&self->buttons_source, g_source_remove);

  G_OBJECT_CLASS (dadam_message_row_parent_class)->dispose (object);
}

static void
dadam_message_row_class_init (DadamMessageRowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dadam_message_row_dispose;
}

static void
dadam_message_row_init (DadamMessageRow *self)
{
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_VERTICAL);
  gtk_box_set_spacing (GTK_BOX (self), 6);
  gtk_widget_add_css_class (GTK_WIDGET (self), "turn");
}

DadamMessageRow *
dadam_message_row_new (void)
{
  return g_object_new (DADAM_TYPE_MESSAGE_ROW, NULL);
}

static void
changed_cb (DadamMessageRow *self)
{
  show_state (self);
  allow_buttons (self);
  show_siblings (self);
}

static void
show_message (DadamMessageRow *self)
{
  gboolean users = is_users (self);

  if (users)
    ensure_question (self);
  else {
    ensure_answer (self);
    ensure_footer (self);
  }
  show_part (self, QUESTION, users);
  show_part (self, ANSWER, !users);
  show_text (self);
  changed_cb (self);
  create_buttons_soon (self);
  g_signal_connect_swapped (self->message, "appended", G_CALLBACK (show_text), self);
  g_signal_connect_swapped (self->message, "changed", G_CALLBACK (changed_cb), self);
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

  self->can_continue = can_continue;
  allow_buttons (self);
}

/* Whether the model begins to read here, because the context has no room for what is above. */
void
dadam_message_row_set_is_horizon (DadamMessageRow *self, gboolean is_horizon)
{
  g_return_if_fail (DADAM_IS_MESSAGE_ROW (self));

  if (is_horizon && self->parts[HORIZON] == NULL)
    take_part (self, HORIZON, dadam_message_parts_create_horizon ());
  show_part (self, HORIZON, is_horizon);
}
