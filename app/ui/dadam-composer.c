/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The composer: a text view of one to eight lines, text files that go with the message,
 * the count of what is written, and a button that sends or stops.
 *
 * Signals: "send" with the message, which stays written until its taker empties the composer,
 * "stop", "draft-changed", "edit-cancelled", and "failed" with an error to show.
 */
#include "config.h"

#include "dadam-composer.h"

#include <glib/gi18n.h>

#include "dadam-attachment-chip.h"
#include "dadam-hangul.h"
#include "dadam-tooltip.h"
#include "dadam-typing.h"

#define MOST_LINES 8

struct _DadamComposer {
  AdwBin parent_instance;

  /* Template. */
  GtkScrolledWindow *scroller;
  GtkTextView *view;
  GtkTextBuffer *buffer;
  GtkWidget *placeholder;
  GtkWidget *editing;
  AdwWrapBox *chips;
  GtkLabel *dropped;
  GtkLabel *count;
  GtkButton *button;

  /* Owned. */
  GListStore *attachments;  /* of DadamAttachment */
  GCancellable *cancellable; /* of files that are being read */

  gint64 n_tokens; /* of the conversation with the draft; -1: unknown */
  gint64 context;
  guint rest_source; /* while the button rests */
  gboolean enter_sends;
  gboolean is_answering;
  gboolean is_composing; /* a syllable, which can be sent */
};

G_DEFINE_FINAL_TYPE (DadamComposer, dadam_composer, ADW_TYPE_BIN)

enum { SEND, STOP, DRAFT_CHANGED, EDIT_CANCELLED, FAILED, N_SIGNALS };

static guint signals[N_SIGNALS];

/* What of the conversation the model would not read any more. */
static void
show_dropped (DadamComposer *self, guint n_dropped)
{
  g_autofree char *text = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->dropped), n_dropped > 0);
  if (n_dropped == 0)
    return;
  text = g_strdup_printf (ngettext ("The conversation is longer than the model can read: the "
                                    "oldest message will be left out.",
                                    "The conversation is longer than the model can read: the "
                                    "oldest %u messages will be left out.",
                                    n_dropped),
                          n_dropped);
  gtk_label_set_text (self->dropped, text);
  dadam_hangul_mend (GTK_WIDGET (self->dropped));
}

/* "312/4096 tokens · 128 characters", as far as there is anything to count. */
static void
show_count (DadamComposer *self)
{
  int n_characters = gtk_text_buffer_get_char_count (self->buffer);
  g_autoptr (GString) text = g_string_new (NULL);

  if (self->n_tokens >= 0)
    /* Translators: tokens of the conversation, of those the model can read. */
    g_string_append_printf (text, _ ("%d/%d tokens"), (int) self->n_tokens, (int) self->context);
  if (self->n_tokens >= 0 && n_characters > 0)
    g_string_append (text, " · ");
  if (n_characters > 0)
    g_string_append_printf (text, ngettext ("%d character", "%d characters", (gulong) n_characters),
                            n_characters);
  gtk_label_set_text (self->count, text->str);
  if (self->n_tokens > self->context)
    gtk_widget_add_css_class (GTK_WIDGET (self->count), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self->count), "error");
}

static gboolean
can_send (DadamComposer *self)
{
  return self->is_composing || !dadam_composer_is_empty (self)
         || g_list_model_get_n_items (G_LIST_MODEL (self->attachments)) > 0;
}

static void
show_button (DadamComposer *self)
{
  gboolean stops = self->is_answering;
  const char *what = stops ? _ ("Stop") : _ ("Send");

  gtk_button_set_icon_name (self->button,
                            stops ? "media-playback-stop-symbolic" : "dadam-send-symbolic");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->button), what);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  what, -1);
  gtk_widget_set_sensitive (GTK_WIDGET (self->button),
                            stops || (self->rest_source == 0 && can_send (self)));
}

static void
rest_over_cb (gpointer user_data)
{
  DadamComposer *self = user_data;

  self->rest_source = 0;
  show_button (self);
}

/* The answer has ended, and the button has become the other one: whoever presses it once more in
 * impatience, or meant to stop an answer that just then came to its end, does not mean to send
 * what is written there. */
static void
let_button_rest (DadamComposer *self)
{
  GtkSettings *settings = gtk_widget_get_settings (GTK_WIDGET (self));
  int double_click;

  g_object_get (settings, "gtk-double-click-time", &double_click, NULL);
  g_clear_handle_id (&self->rest_source, g_source_remove);
  self->rest_source = g_timeout_add_once ((guint) MAX (double_click, 0), rest_over_cb, self);
}

static void
send (DadamComposer *self)
{
  g_autofree char *message = dadam_composer_get_message (self);

  if (self->is_answering || *message == '\0')
    return;
  g_signal_emit (self, signals[SEND], 0, message);
}

static void
button_cb (DadamComposer *self)
{
  if (self->is_answering) {
    g_signal_emit (self, signals[STOP], 0);
  } else {
    /* A syllable that is being composed is part of the message. */
    gtk_text_view_reset_im_context (self->view);
    send (self);
  }
  dadam_composer_focus (self);
}

static void
cancel_edit_cb (DadamComposer *self)
{
  g_signal_emit (self, signals[EDIT_CANCELLED], 0);
  dadam_composer_focus (self);
}

static gboolean
is_enter (guint key)
{
  return key == GDK_KEY_Return || key == GDK_KEY_KP_Enter || key == GDK_KEY_ISO_Enter;
}

/* The input method sees Enter first.  It keeps the key where that chooses a candidate; a Hangul
 * syllable it commits and lets the key pass, and then the message is whole.  An input method that
 * answers later keeps the key now and hands it in again. */
static gboolean
key_pressed_cb (DadamComposer *self,
                guint key,
                guint code,
                GdkModifierType state,
                GtkEventController *controller)
{
  GdkModifierType held = state & (GDK_SHIFT_MASK | GDK_CONTROL_MASK | GDK_ALT_MASK);

  if (!is_enter (key) || held != (self->enter_sends ? 0 : GDK_CONTROL_MASK))
    return GDK_EVENT_PROPAGATE;
  if (gtk_text_view_im_context_filter_keypress (
          self->view, gtk_event_controller_get_current_event (controller)))
    return GDK_EVENT_STOP;
  send (self);

  return GDK_EVENT_STOP;
}

static void
changed_cb (DadamComposer *self)
{
  gtk_widget_set_visible (self->placeholder, dadam_composer_is_empty (self));
  show_count (self);
  show_button (self);
  g_signal_emit (self, signals[DRAFT_CHANGED], 0);
}

static void
preedit_changed_cb (DadamComposer *self, const char *preedit)
{
  self->is_composing = *preedit != '\0';
  gtk_widget_set_visible (self->placeholder, !self->is_composing && dadam_composer_is_empty (self));
  show_button (self);
}

/* ---- text files -------------------------------------------------------- */

static void
remove_cb (GtkButton *button, gpointer user_data)
{
  DadamComposer *self = DADAM_COMPOSER (user_data);
  guint position;

  if (g_list_store_find (self->attachments, g_object_get_data (G_OBJECT (button), "attachment"),
                         &position))
    g_list_store_remove (self->attachments, position);
  dadam_composer_focus (self);
}

static GtkWidget *
create_chip (DadamComposer *self, DadamAttachment *attachment)
{
  const char *name = dadam_attachment_get_name (attachment);
  GtkWidget *chip = dadam_attachment_chip_new (attachment);
  GtkWidget *button = gtk_button_new_from_icon_name ("window-close-symbolic");
  /* Translators: a file's name. */
  g_autofree char *label = g_strdup_printf (_ ("Remove “%s”"), name);

  gtk_widget_set_tooltip_text (button, _ ("Remove"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                  -1);
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "circular");
  g_object_set_data_full (G_OBJECT (button), "attachment", g_object_ref (attachment),
                          g_object_unref);
  g_signal_connect_object (button, "clicked", G_CALLBACK (remove_cb), self, G_CONNECT_DEFAULT);
  gtk_box_append (GTK_BOX (chip), button);

  return chip;
}

static void
attachments_changed_cb (DadamComposer *self)
{
  GListModel *attachments = G_LIST_MODEL (self->attachments);

  dadam_attachment_chips_clear (self->chips);
  for (guint i = 0; i < g_list_model_get_n_items (attachments); i++) {
    g_autoptr (DadamAttachment) attachment = g_list_model_get_item (attachments, i);

    adw_wrap_box_append (self->chips, create_chip (self, attachment));
  }
  gtk_widget_set_visible (GTK_WIDGET (self->chips), g_list_model_get_n_items (attachments) > 0);
  show_button (self);
  g_signal_emit (self, signals[DRAFT_CHANGED], 0);
}

static void
loaded_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamComposer) self = DADAM_COMPOSER (user_data);
  g_autoptr (GError) error = NULL;
  g_autoptr (DadamAttachment) attachment = dadam_attachment_load_finish (result, &error);

  if (attachment != NULL && self->attachments != NULL)
    g_list_store_append (self->attachments, attachment);
  else if (error != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_signal_emit (self, signals[FAILED], 0, error);
}

static void
chosen_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamComposer) self = DADAM_COMPOSER (user_data);
  g_autoptr (GListModel)
      files = gtk_file_dialog_open_multiple_finish (GTK_FILE_DIALOG (object), result, NULL);

  for (guint i = 0; files != NULL && i < g_list_model_get_n_items (files); i++) {
    g_autoptr (GFile) file = g_list_model_get_item (files, i);

    dadam_composer_attach (self, file);
  }
}

static void
attach_cb (DadamComposer *self)
{
  g_autoptr (GtkFileDialog) dialog = gtk_file_dialog_new ();

  gtk_file_dialog_set_title (dialog, _ ("Attach Text Files"));
  gtk_file_dialog_open_multiple (dialog, GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))), NULL,
                                 chosen_cb, g_object_ref (self));
}

static void
pasted_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamComposer) self = DADAM_COMPOSER (user_data);
  const GValue *value = gdk_clipboard_read_value_finish (GDK_CLIPBOARD (object), result, NULL);

  for (GSList *l = value != NULL ? g_value_get_boxed (value) : NULL; l != NULL; l = l->next)
    dadam_composer_attach (self, l->data);
}

/* Files that were copied in a file manager are attached; their names are not pasted. */
static void
paste_cb (DadamComposer *self)
{
  GdkClipboard *clipboard = gtk_widget_get_clipboard (GTK_WIDGET (self));

  if (!gdk_content_formats_contain_gtype (gdk_clipboard_get_formats (clipboard),
                                          GDK_TYPE_FILE_LIST))
    return;
  g_signal_stop_emission_by_name (self->view, "paste-clipboard");
  gdk_clipboard_read_value_async (clipboard, GDK_TYPE_FILE_LIST, G_PRIORITY_DEFAULT, NULL,
                                  pasted_cb, g_object_ref (self));
}

/* ---- the class --------------------------------------------------------- */

/* Eight lines of the font at hand. */
static void
limit_height (DadamComposer *self)
{
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self->view), "가Ag");
  int height;

  pango_layout_get_pixel_size (layout, NULL, &height);
  gtk_scrolled_window_set_max_content_height (
      self->scroller, MOST_LINES * (height + gtk_text_view_get_pixels_above_lines (self->view))
                          + gtk_text_view_get_top_margin (self->view)
                          + gtk_text_view_get_bottom_margin (self->view));
}

static void
dadam_composer_css_changed (GtkWidget *widget, GtkCssStyleChange *change)
{
  DadamComposer *self = DADAM_COMPOSER (widget);

  GTK_WIDGET_CLASS (dadam_composer_parent_class)->css_changed (widget, change);
  if (self->view != NULL)
    limit_height (self);
}

static void
dadam_composer_dispose (GObject *object)
{
  DadamComposer *self = DADAM_COMPOSER (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->rest_source, g_source_remove);
  gtk_widget_dispose_template (GTK_WIDGET (object), DADAM_TYPE_COMPOSER);
  g_clear_object (&self->attachments);
  g_clear_object (&self->cancellable);

  G_OBJECT_CLASS (dadam_composer_parent_class)->dispose (object);
}

static void
create_signals (GType type)
{
  signals[SEND] = g_signal_new ("send", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                1, G_TYPE_STRING);
  signals[STOP] = g_signal_new ("stop", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                0);
  signals[DRAFT_CHANGED] = g_signal_new ("draft-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                         NULL, G_TYPE_NONE, 0);
  signals[EDIT_CANCELLED] = g_signal_new ("edit-cancelled", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                          NULL, G_TYPE_NONE, 0);
  signals[FAILED] = g_signal_new ("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
dadam_composer_class_init (DadamComposerClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_composer_dispose;
  widget_class->css_changed = dadam_composer_css_changed;

  create_signals (G_TYPE_FROM_CLASS (klass));

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-composer.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamComposer, scroller);
  gtk_widget_class_bind_template_child (widget_class, DadamComposer, view);
  gtk_widget_class_bind_template_child (widget_class, DadamComposer, buffer);
  gtk_widget_class_bind_template_child (widget_class, DadamComposer, placeholder);
  gtk_widget_class_bind_template_child (widget_class, DadamComposer, editing);
  gtk_widget_class_bind_template_child (widget_class, DadamComposer, chips);
  gtk_widget_class_bind_template_child (widget_class, DadamComposer, dropped);
  gtk_widget_class_bind_template_child (widget_class, DadamComposer, count);
  gtk_widget_class_bind_template_child (widget_class, DadamComposer, button);
  gtk_widget_class_bind_template_callback (widget_class, attach_cb);
  gtk_widget_class_bind_template_callback (widget_class, button_cb);
  gtk_widget_class_bind_template_callback (widget_class, cancel_edit_cb);
  gtk_widget_class_bind_template_callback (widget_class, paste_cb);
  gtk_widget_class_bind_template_callback (widget_class, key_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, preedit_changed_cb);
}

static void
dadam_composer_init (DadamComposer *self)
{
  self->n_tokens = -1;
  self->enter_sends = TRUE;
  self->cancellable = g_cancellable_new ();
  self->attachments = g_list_store_new (DADAM_TYPE_ATTACHMENT);
  g_signal_connect_object (self->attachments, "items-changed", G_CALLBACK (attachments_changed_cb),
                           self, G_CONNECT_SWAPPED);
  gtk_widget_init_template (GTK_WIDGET (self));
  dadam_tooltip_show_cut (self->count);
  dadam_typing_catch (self->view);
  show_count (self);
  show_button (self);
}

/* Whether Enter sends; otherwise Ctrl+Enter does. */
void
dadam_composer_set_enter_sends (DadamComposer *self, gboolean enter_sends)
{
  g_return_if_fail (DADAM_IS_COMPOSER (self));

  self->enter_sends = enter_sends;
}

/* While an answer is made the button stops it, and Enter sends nothing.  Just after it the button
 * does nothing. */
void
dadam_composer_set_is_answering (DadamComposer *self, gboolean is_answering)
{
  g_return_if_fail (DADAM_IS_COMPOSER (self));

  if (self->is_answering && !is_answering)
    let_button_rest (self);
  self->is_answering = is_answering;
  show_button (self);
}

/**
 * dadam_composer_set_tokens:
 * @n_tokens: of the conversation with the draft; -1: unknown
 * @n_dropped: how many of the oldest messages are not among them
 */
void
dadam_composer_set_tokens (DadamComposer *self, gint64 n_tokens, gint64 context, guint n_dropped)
{
  g_return_if_fail (DADAM_IS_COMPOSER (self));

  self->n_tokens = n_tokens;
  self->context = context;
  show_count (self);
  show_dropped (self, n_dropped);
}

/* (transfer full). */
char *
dadam_composer_get_text (DadamComposer *self)
{
  GtkTextIter start, end;

  g_return_val_if_fail (DADAM_IS_COMPOSER (self), NULL);

  gtk_text_buffer_get_bounds (self->buffer, &start, &end);

  return gtk_text_buffer_get_text (self->buffer, &start, &end, FALSE);
}

/* Whether what is written takes the place of a message. */
void
dadam_composer_set_is_editing (DadamComposer *self, gboolean is_editing)
{
  g_return_if_fail (DADAM_IS_COMPOSER (self));

  gtk_widget_set_visible (self->editing, is_editing);
}

/* (transfer full): all that is written, as dadam_composer_set_message() takes it. */
char *
dadam_composer_get_draft (DadamComposer *self)
{
  g_autofree char *text = NULL;

  g_return_val_if_fail (DADAM_IS_COMPOSER (self), NULL);

  text = dadam_composer_get_text (self);

  return dadam_attachments_join (G_LIST_MODEL (self->attachments), text);
}

/**
 * dadam_composer_get_message:
 *
 * Returns: (transfer full): what would be sent now: the text, the files before it
 */
char *
dadam_composer_get_message (DadamComposer *self)
{
  g_autofree char *text = NULL;

  g_return_val_if_fail (DADAM_IS_COMPOSER (self), NULL);

  text = g_strstrip (dadam_composer_get_text (self));

  return dadam_attachments_join (G_LIST_MODEL (self->attachments), text);
}

/**
 * dadam_composer_set_message:
 * @message: (nullable): as dadam_composer_get_message() gives it; empty after it was sent
 *
 * Puts a message back to be written on.  Where it stands there already, nobody who writes on it
 * is disturbed.
 */
void
dadam_composer_set_message (DadamComposer *self, const char *message)
{
  g_autoptr (GPtrArray) attachments = g_ptr_array_new_with_free_func (g_object_unref);
  const char *text = dadam_attachments_split (message != NULL ? message : "", attachments);
  g_autofree char *draft = NULL;

  g_return_if_fail (DADAM_IS_COMPOSER (self));

  draft = dadam_composer_get_draft (self);
  if (g_strcmp0 (draft, message) == 0)
    return;
  gtk_text_buffer_set_text (self->buffer, text, -1);
  g_list_store_splice (self->attachments, 0,
                       g_list_model_get_n_items (G_LIST_MODEL (self->attachments)),
                       attachments->pdata, attachments->len);
}

/* Reads a text file, which then goes with the message. */
void
dadam_composer_attach (DadamComposer *self, GFile *file)
{
  g_return_if_fail (DADAM_IS_COMPOSER (self));

  dadam_attachment_load_async (file, self->cancellable, loaded_cb, g_object_ref (self));
}

gboolean
dadam_composer_is_empty (DadamComposer *self)
{
  g_return_val_if_fail (DADAM_IS_COMPOSER (self), TRUE);

  return gtk_text_buffer_get_char_count (self->buffer) == 0;
}

void
dadam_composer_focus (DadamComposer *self)
{
  g_return_if_fail (DADAM_IS_COMPOSER (self));

  gtk_widget_grab_focus (GTK_WIDGET (self->view));
}
