/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The composer's one button: an answer that ends, stopped by it or by itself, leaves it without
 * effect for the time of a double click, as the draft would be sent.  And an answer that came to
 * nothing has nothing to copy.
 */
#include "check.h"

#include <adwaita.h>

#include "dadam-composer.h"
#include "dadam-message-row.h"

#include "window.h"

static guint n_stopped, n_sent;

static void
stop_cb (DadamComposer *composer)
{
  n_stopped++;
}

static void
send_cb (DadamComposer *composer, const char *text)
{
  n_sent++;
}

/* The widget below @widget that has a style class, or a tooltip, of that name. */
static GtkWidget *
find (GtkWidget *widget, const char *name)
{
  if (gtk_widget_has_css_class (widget, name)
      || g_strcmp0 (gtk_widget_get_tooltip_text (widget), name) == 0)
    return widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child)) {
    GtkWidget *found = find (child, name);

    if (found != NULL)
      return found;
  }

  return NULL;
}

/* The answer ends; the button rests for the time of a double click, whatever is written meanwhile. */
static void
end_answer (DadamComposer *composer, GtkWidget *button)
{
  gint64 ended = g_get_monotonic_time ();
  int double_click;

  dadam_composer_set_is_answering (composer, FALSE);
  g_object_get (gtk_settings_get_default (), "gtk-double-click-time", &double_click, NULL);
  CHECK (!gtk_widget_get_sensitive (button));
  dadam_composer_set_message (composer, "another draft");
  CHECK (!gtk_widget_get_sensitive (button));
  while (!gtk_widget_get_sensitive (button))
    g_main_context_iteration (NULL, TRUE);
  CHECK (g_get_monotonic_time () - ended >= (gint64) (double_click - 1) * 1000);
}

static void
check_button (void)
{
  GtkWidget *window = gtk_window_new ();
  DadamComposer *composer = g_object_new (DADAM_TYPE_COMPOSER, NULL);
  GtkWidget *button = find (GTK_WIDGET (composer), "suggested-action");

  gtk_window_set_child (GTK_WINDOW (window), GTK_WIDGET (composer));
  g_signal_connect (composer, "stop", G_CALLBACK (stop_cb), NULL);
  g_signal_connect (composer, "send", G_CALLBACK (send_cb), NULL);
  dadam_composer_set_message (composer, "a draft");
  CHECK (gtk_widget_get_sensitive (button));

  dadam_composer_set_is_answering (composer, TRUE);
  end_answer (composer, button);

  dadam_composer_set_is_answering (composer, TRUE);
  g_signal_emit_by_name (button, "clicked");
  CHECK (n_stopped == 1 && gtk_widget_get_sensitive (button));
  end_answer (composer, button);
  g_signal_emit_by_name (button, "clicked");
  CHECK (n_stopped == 1 && n_sent == 1);
  gtk_window_destroy (GTK_WINDOW (window));
}

/* Whoever hears of "send" takes what is written out of the composer; who cannot, leaves it there. */
static void
check_kept (void)
{
  GtkWidget *composer = g_object_ref_sink (g_object_new (DADAM_TYPE_COMPOSER, NULL));
  g_autoptr (GFileIOStream) stream = NULL;
  g_autoptr (GFile) file = g_file_new_tmp ("XXXXXX.txt", &stream, NULL);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  CHECK (g_file_replace_contents (file, "차", 3, NULL, FALSE, 0, NULL, NULL, NULL));
  dadam_composer_set_message (DADAM_COMPOSER (composer), "a draft");
  dadam_composer_attach (DADAM_COMPOSER (composer), file);
  while (find (composer, "Remove") == NULL)
    g_main_context_iteration (NULL, TRUE);
  before = dadam_composer_get_message (DADAM_COMPOSER (composer));
  g_signal_emit_by_name (find (composer, "suggested-action"), "clicked");
  after = dadam_composer_get_message (DADAM_COMPOSER (composer));
  CHECK (strstr (before, "차") != NULL && g_str_equal (before, after));
  dadam_composer_set_message (DADAM_COMPOSER (composer), "");
  CHECK (find (composer, "Remove") == NULL && dadam_composer_is_empty (DADAM_COMPOSER (composer)));
  g_file_delete (file, NULL, NULL);
  g_object_unref (composer);
}

static gboolean
can_copy (DadamMessage *message)
{
  GtkWidget *row = g_object_ref_sink (GTK_WIDGET (dadam_message_row_new ()));
  gboolean result;

  dadam_message_row_set_message (DADAM_MESSAGE_ROW (row), message);
  while (find (row, "Copy") == NULL)
    g_main_context_iteration (NULL, TRUE);
  result = gtk_widget_get_visible (find (row, "Copy"));
  dadam_message_row_set_message (DADAM_MESSAGE_ROW (row), NULL);
  g_object_unref (row);

  return result;
}

static void
check_copy (void)
{
  const DadamStats failed = { .stop = DADAM_STOP_ERROR };
  g_autoptr (DadamMessage) empty = dadam_message_new (DADAM_ROLE_ASSISTANT, "");
  g_autoptr (DadamMessage) begun = dadam_message_new (DADAM_ROLE_ASSISTANT, "차");

  dadam_message_end (empty, &failed);
  dadam_message_end (begun, &failed);
  CHECK (!can_copy (empty) && can_copy (begun));
}

int
main (void)
{
  adw_init ();
  check_button ();
  check_kept ();
  check_copy ();

  return check_done ();
}
