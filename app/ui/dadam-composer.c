/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The composer: a text view of one to eight lines, the count of what is written, and
 * a button that sends or stops.
 *
 * Signals: "send" with the text, "stop", and "draft-changed".
 */
#include "config.h"

#include "dadam-composer.h"

#include <glib/gi18n.h>

#define MOST_LINES 8

struct _DadamComposer {
  AdwBin parent_instance;

  /* Template. */
  GtkScrolledWindow *scroller;
  GtkTextView *view;
  GtkTextBuffer *buffer;
  GtkWidget *placeholder;
  GtkLabel *count;
  GtkButton *button;

  gint64 n_tokens; /* of the conversation with the draft; -1: unknown */
  gint64 context;
  gboolean enter_sends;
  gboolean is_answering;
};

G_DEFINE_FINAL_TYPE (DadamComposer, dadam_composer, ADW_TYPE_BIN)

enum { SEND, STOP, DRAFT_CHANGED, N_SIGNALS };

static guint signals[N_SIGNALS];

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
  gtk_widget_set_sensitive (GTK_WIDGET (self->button), stops || !dadam_composer_is_empty (self));
}

static void
send (DadamComposer *self)
{
  g_autofree char *text = dadam_composer_get_text (self);

  g_strstrip (text);
  if (self->is_answering || *text == '\0')
    return;
  g_signal_emit (self, signals[SEND], 0, text);
}

static void
button_cb (DadamComposer *self)
{
  if (self->is_answering)
    g_signal_emit (self, signals[STOP], 0);
  else {
      /* A syllable that is being composed is part of the message. */
    gtk_text_view_reset_im_context (self->view);
    send (self);
  }
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
  gboolean is_composing = *preedit != '\0';

  gtk_widget_set_visible (self->placeholder, !is_composing && dadam_composer_is_empty (self));
  if (is_composing)
    gtk_widget_set_sensitive (GTK_WIDGET (self->button), TRUE);
  else
    show_button (self);
}

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
  gtk_widget_dispose_template (GTK_WIDGET (object), DADAM_TYPE_COMPOSER);

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
  gtk_widget_class_bind_template_child (widget_class, DadamComposer, count);
  gtk_widget_class_bind_template_child (widget_class, DadamComposer, button);
  gtk_widget_class_bind_template_callback (widget_class, button_cb);
  gtk_widget_class_bind_template_callback (widget_class, key_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, preedit_changed_cb);
}

static void
dadam_composer_init (DadamComposer *self)
{
  self->n_tokens = -1;
  self->enter_sends = TRUE;
  gtk_widget_init_template (GTK_WIDGET (self));
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

/* While an answer is made the button stops it, and Enter sends nothing. */
void
dadam_composer_set_is_answering (DadamComposer *self, gboolean is_answering)
{
  g_return_if_fail (DADAM_IS_COMPOSER (self));

  self->is_answering = is_answering;
  show_button (self);
}

/**
 * dadam_composer_set_tokens:
 * @n_tokens: of the conversation with the draft; -1: unknown
 */
void
dadam_composer_set_tokens (DadamComposer *self, gint64 n_tokens, gint64 context)
{
  g_return_if_fail (DADAM_IS_COMPOSER (self));

  self->n_tokens = n_tokens;
  self->context = context;
  show_count (self);
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

void
dadam_composer_set_text (DadamComposer *self, const char *text)
{
  g_return_if_fail (DADAM_IS_COMPOSER (self));

  gtk_text_buffer_set_text (self->buffer, text, -1);
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
