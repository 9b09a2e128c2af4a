/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * show-results FOLDER votes|none [WIDTH HEIGHT [dark|large]]: the results of votes, which are
 * made up and kept in FOLDER, in a window of their own.  For looking at, and for the test of
 * the page.
 */
#include "config.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <locale.h>

#include "archive/compared.h"
#include "dadam-results-page.h"

static DadamArchive *archive;
static int width = 1000, height = 720;
static const char *look = "";

/* ---- votes --------------------------------------------------------------- */

static const gint64 nothing[] = { 0, 0 };

static void
add_vote (const char *question, const char *const models[2], DadamVerdict verdict)
{
  gint64 id;
  DadamChange *change = compared_begin (archive, question, &id);
  Comparison at = compared_add_turn (archive, change, id, nothing, question, models, TRUE);
  g_autoptr (DadamDuel) duel = dadam_duel_new (at.first, at.second, TRUE);

  dadam_change_open_duel (change, duel);
  write_change (archive, change);
  CHECK (compared_vote (archive, duel, verdict));
}

/* As many of each verdict, left first, between two models. */
static void
add_votes (const char *left, const char *right, const guint votes[4])
{
  static const char *const questions[] = {
    "제주도에서 사흘 동안 걷기 좋은 길을 알려 주세요.",
    "고려와 조선의 차이를 초등학생에게 설명해 주세요.",
    "What is the difference between green tea and black tea?",
  };
  const char *const models[] = { left, right };

  for (guint verdict = 0; verdict < 4; verdict++)
    for (guint i = 0; i < votes[verdict]; i++)
      add_vote (questions[i % G_N_ELEMENTS (questions)], models, (DadamVerdict) (verdict + 1));
}

static void
fill (void)
{
  add_votes ("komt-mistral-7b-v1 · ggml-model-q4_k_m", "komt-mistral-7b-v1 · ggml-model-q2_k",
             (const guint[]) { 17, 4, 3, 1 });
  add_votes ("komt-mistral-7b-v1 · ggml-model-q4_k_m", "komt-llama2-7b-v1 · ggml-model-q4_k_m",
             (const guint[]) { 7, 5, 2, 2 });
  add_votes ("komt-mistral-7b-v1 · ggml-model-q4_k_m", "starter", (const guint[]) { 3, 0, 0, 1 });
  add_votes ("starter", "starter", (const guint[]) { 1, 0, 0, 0 });
}

/* ---- the window ---------------------------------------------------------- */

static void
show_conversation_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  gtk_window_set_title (GTK_WINDOW (user_data), "A conversation was opened");
}

static void
quit_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_application_quit (user_data);
}

static void
add_style (void)
{
  g_autoptr (GtkCssProvider) provider = gtk_css_provider_new ();

  gtk_css_provider_load_from_resource (provider, DADAM_RESOURCE_PATH "/style.css");
  gtk_style_context_add_provider_for_display (gdk_display_get_default (),
                                              GTK_STYLE_PROVIDER (provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
}

static void
activate_cb (GApplication *application)
{
  GtkWidget *window = adw_application_window_new (GTK_APPLICATION (application));
  GtkWidget *toasts = adw_toast_overlay_new ();
  GtkWidget *view = adw_navigation_view_new ();
  g_autoptr (GSimpleAction) show = g_simple_action_new ("show-conversation", G_VARIANT_TYPE_INT64);
  g_autoptr (GSimpleAction) quit = g_simple_action_new ("quit", NULL);

  add_style ();
  if (g_str_equal (look, "large"))
    g_object_set (gtk_settings_get_default (), "gtk-xft-dpi", 2 * 96 * 1024, NULL);
  if (g_str_equal (look, "dark"))
    adw_style_manager_set_color_scheme (adw_style_manager_get_default (),
                                        ADW_COLOR_SCHEME_FORCE_DARK);
  g_signal_connect (show, "activate", G_CALLBACK (show_conversation_cb), window);
  g_signal_connect (quit, "activate", G_CALLBACK (quit_cb), application);
  g_action_map_add_action (G_ACTION_MAP (window), G_ACTION (show));
  g_action_map_add_action (G_ACTION_MAP (application), G_ACTION (quit));
  gtk_application_set_accels_for_action (GTK_APPLICATION (application), "app.quit",
                                         (const char *[]) { "<Control>q", NULL });
  adw_navigation_view_push (ADW_NAVIGATION_VIEW (view), dadam_results_page_new (archive));
  adw_toast_overlay_set_child (ADW_TOAST_OVERLAY (toasts), view);
  adw_application_window_set_content (ADW_APPLICATION_WINDOW (window), toasts);
  gtk_window_set_default_size (GTK_WINDOW (window), width, height);
  gtk_window_set_title (GTK_WINDOW (window), "Results");
  gtk_window_present (GTK_WINDOW (window));
}

int
main (int argc, char **argv)
{
  g_autoptr (AdwApplication) application = NULL;
  g_autofree char *path = NULL;

  if (argc < 3)
    return 2;
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, DADAM_LOCALE_DIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  if (argc > 4) {
    width = atoi (argv[3]);
    height = atoi (argv[4]);
  }
  path = g_build_filename (argv[1], "dadam.db", NULL);
  archive = open_archive (path);
  if (g_str_equal (argv[2], "votes"))
    fill ();
  application = ADW_APPLICATION (adw_application_new (NULL, G_APPLICATION_NON_UNIQUE));
  if (argc > 5)
    look = argv[5];
  g_signal_connect (application, "activate", G_CALLBACK (activate_cb), NULL);
  g_application_run (G_APPLICATION (application), 1, argv);
  g_object_unref (archive);

  return check_done ();
}
