/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * show-answer FILE PICTURE [WIDTH [dark]]: how the window shows a text as an answer, in a
 * picture.  For looking at, in a session as the tests have.
 */
#include "config.h"

#include <glib/gi18n.h>
#include <locale.h>
#include <stdlib.h>

#include <adwaita.h>

#include "dadam-application.h"
#include "dadam-message.h"

#include "window.h"

#define HEIGHT 1300

static const char *picture;
static const char *text;
static int width = 1000;

static gboolean
save_cb (gpointer user_data)
{
  GtkWidget *window = GTK_WIDGET (gtk_application_get_active_window (user_data));
  g_autoptr (GdkTexture) texture = window_render (window, NULL);

  gdk_texture_save_to_png (texture, picture);
  g_application_quit (user_data);

  return G_SOURCE_REMOVE;
}

static gboolean
fill_cb (gpointer user_data)
{
  GtkWindow *window = gtk_application_get_active_window (user_data);
  GtkWidget *list = window_find (GTK_WIDGET (window), GTK_TYPE_LIST_VIEW);
  GtkSelectionModel *model = gtk_list_view_get_model (GTK_LIST_VIEW (list));
  GListModel *messages = gtk_no_selection_get_model (GTK_NO_SELECTION (model));
  g_autoptr (DadamMessage) question = dadam_message_new (DADAM_ROLE_USER, "보여 줄래요?");
  g_autoptr (DadamMessage) answer = dadam_message_new (DADAM_ROLE_ASSISTANT, text);

  dadam_message_set_sibling (answer, 1, 3);
  dadam_message_end (answer, &(DadamStats) { .made_tokens = 300,
                                             .first_token_seconds = 0.8,
                                             .decode_seconds = 42 });
  g_list_store_append (G_LIST_STORE (messages), question);
  g_list_store_append (G_LIST_STORE (messages), answer);
  gtk_stack_set_visible_child_name (GTK_STACK (gtk_widget_get_ancestor (list, GTK_TYPE_STACK)),
                                    "messages");
  g_timeout_add (1500, save_cb, user_data);

  return G_SOURCE_REMOVE;
}

static void
activate_cb (GApplication *application)
{
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (application));

  gtk_window_set_default_size (window, width, HEIGHT);
  g_timeout_add (1000, fill_cb, application);
}

int
main (int argc, char **argv)
{
  g_autoptr (DadamApplication) application = dadam_application_new ();
  g_autofree char *contents = NULL;

  if (argc < 3 || !g_file_get_contents (argv[1], &contents, NULL, NULL))
    return 2;
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, DADAM_LOCALE_DIR);
  textdomain (GETTEXT_PACKAGE);
  text = contents;
  picture = argv[2];
  if (argc > 3)
    width = atoi (argv[3]);
  g_signal_connect_after (application, "activate", G_CALLBACK (activate_cb), NULL);
  if (argc > 4) {
    adw_init ();
    adw_style_manager_set_color_scheme (adw_style_manager_get_default (),
                                        ADW_COLOR_SCHEME_FORCE_DARK);
  }

  return g_application_run (G_APPLICATION (application), 1, argv);
}
