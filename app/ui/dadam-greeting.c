/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The sample prompts, as pills one below the other: a wrap box of libadwaita 1.7 puts those
 * that are wider than it beside itself.
 */
#include "config.h"

#include "dadam-greeting.h"

#include <glib/gi18n.h>

#include "dadam-hangul.h"

struct _DadamGreeting {
  AdwBin parent_instance;

  /* Template. */
  GtkBox *prompts;
};

G_DEFINE_FINAL_TYPE (DadamGreeting, dadam_greeting, ADW_TYPE_BIN)

enum { CHOSEN, N_SIGNALS };

static guint signals[N_SIGNALS];

static void
clicked_cb (DadamGreeting *self, GtkButton *button)
{
  GtkWidget *label = gtk_button_get_child (button);

  g_signal_emit (self, signals[CHOSEN], 0, gtk_label_get_text (GTK_LABEL (label)));
}

static void
add_prompt (DadamGreeting *self, const char *text)
{
  GtkWidget *button = gtk_button_new ();
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_justify (GTK_LABEL (label), GTK_JUSTIFY_CENTER);
  gtk_label_set_natural_wrap_mode (GTK_LABEL (label), GTK_NATURAL_WRAP_NONE);
  gtk_button_set_child (GTK_BUTTON (button), label);
  gtk_widget_add_css_class (button, "prompt");
  gtk_widget_add_css_class (button, "circular");
  gtk_widget_set_halign (button, GTK_ALIGN_CENTER);
  g_signal_connect_object (button, "clicked", G_CALLBACK (clicked_cb), self, G_CONNECT_SWAPPED);
  gtk_box_append (self->prompts, button);
}

static void
dadam_greeting_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), DADAM_TYPE_GREETING);

  G_OBJECT_CLASS (dadam_greeting_parent_class)->dispose (object);
}

static void
dadam_greeting_class_init (DadamGreetingClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_greeting_dispose;

  signals[CHOSEN] = g_signal_new ("chosen", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-greeting.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamGreeting, prompts);
}

static void
dadam_greeting_init (DadamGreeting *self)
{
  const char *const prompts[] = {
    _ ("Is a cat an animal?"),
    _ ("Plan two days on Jeju Island for me"),
    _ ("Why does the sun rise in the east?"),
    _ ("Write a polite email to postpone a meeting"),
  };

  gtk_widget_init_template (GTK_WIDGET (self));
  for (guint i = 0; i < G_N_ELEMENTS (prompts); i++)
    add_prompt (self, prompts[i]);
  dadam_hangul_mend (GTK_WIDGET (self));
}
