/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test-narrow MODEL OTHER [ltr|rtl [FOLDER]]: every page and dialog in a window of 360 × 640
 * with text of twice the usual size.  Nothing may stick out of the window, and what a label
 * cuts off must be in a tooltip.  The test's session says in which language; rtl turns all
 * round, as for languages that are written from right to left, but for the panes of a
 * comparison.  FOLDER gets a picture of each.
 */
#include "config.h"

#include <locale.h>

#include <glib/gi18n.h>

#include "dadam-application.h"
#include "dadam-chat-page.h"
#include "dadam-compare-page.h"
#include "dadam-composer.h"
#include "dadam-models-page.h"
#include "dadam-pane-chip.h"
#include "dadam-settings.h"
#include "dadam-token-group.h"
#include "dadam-vote-bar.h"
#include "dadam-window.h"

#include "window.h"

#define WIDTH 360
#define HEIGHT 640
#define BORDER 10 /* both of what a window has where nothing composes */
#define TOLERANCE 1.5f /* bars have negative margins, for their lines */
#define SETTLE 120 /* milliseconds, twice: a few frames */
#define LOOKS 250  /* a machine may be busy: what is wrong at each of them is a fault */

typedef struct {
  DadamApplication *application;
  char *path, *other;
  const char *folder; /* %NULL: no pictures */
  gboolean is_rtl;
  guint step;
  guint looks;
  guint settled; /* looks since it is there */
  guint faults; /* of the last look */
  GString *told;
  gboolean failed;
} Test;

static Test test;

static GtkWidget *
window (void)
{
  return GTK_WIDGET (gtk_application_get_active_window (GTK_APPLICATION (test.application)));
}

static GtkWidget *
find (GType type)
{
  return window_find (window (), type);
}

/* ---- what is checked --------------------------------------------------- */

static void
complain (const char *page, GtkWidget *widget, const char *what)
{
  const char *text = GTK_IS_LABEL (widget) ? gtk_label_get_text (GTK_LABEL (widget)) : "";

  g_string_append_printf (test.told, "%s: %s “%.60s” %s\n", page, G_OBJECT_TYPE_NAME (widget), text,
                          what);
  test.faults++;
}

/* Whether what is wider may be moved into sight. */
static gboolean
scrolls_sideways (GtkWidget *widget)
{
  GtkPolicyType policy = GTK_POLICY_NEVER;

  if (GTK_IS_SCROLLED_WINDOW (widget))
    gtk_scrolled_window_get_policy (GTK_SCROLLED_WINDOW (widget), &policy, NULL);

  return policy != GTK_POLICY_NEVER || ADW_IS_CAROUSEL (widget);
}

static gboolean
has_tooltip (GtkWidget *widget)
{
  for (; widget != NULL && !GTK_IS_WINDOW (widget); widget = gtk_widget_get_parent (widget))
    if (gtk_widget_get_has_tooltip (widget))
      return TRUE;

  return FALSE;
}

/* That in a bar is the name of its page or dialog too, and has no tooltip in libadwaita. */
static gboolean
is_title (GtkWidget *label)
{
  return gtk_widget_has_css_class (label, "title")
         && gtk_widget_get_ancestor (label, ADW_TYPE_HEADER_BAR) != NULL;
}

static void
check_label (const char *page, GtkWidget *widget)
{
  if (pango_layout_is_ellipsized (gtk_label_get_layout (GTK_LABEL (widget)))
      && !has_tooltip (widget) && !is_title (widget))
    complain (page, widget, "is cut and has no tooltip");
}

/* The box of a gadget, such as a shade or the trough of a scroll bar, is its owner's affair. */
static gboolean
sticks_out (GtkWidget *widget, graphene_rect_t *box)
{
  return !g_str_has_suffix (G_OBJECT_TYPE_NAME (widget), "Gizmo")
         && gtk_widget_compute_bounds (widget, window (), box) && box->size.width > 0
         && (box->origin.x < -TOLERANCE || box->origin.x + box->size.width > WIDTH + TOLERANCE);
}

/* The innermost that stick out are told. */
static void
check_tree (const char *page, GtkWidget *widget)
{
  guint before = test.faults;
  graphene_rect_t box;

  if (!gtk_widget_get_mapped (widget) || gtk_widget_get_opacity (widget) < 0.01)
    return;
  if (GTK_IS_LABEL (widget))
    check_label (page, widget);
  if (!scrolls_sideways (widget))
    for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
         child = gtk_widget_get_next_sibling (child))
      check_tree (page, child);
  if (test.faults == before && !GTK_IS_WINDOW (widget) && sticks_out (widget, &box)) {
    g_autofree char *where = g_strdup_printf ("sticks out: from %.0f to %.0f", box.origin.x,
                                              box.origin.x + box.size.width);

    complain (page, widget, where);
  }
}

/* Where there is one. */
static void
check_token (const char *page)
{
  GtkWidget *token = find (DADAM_TYPE_TOKEN_GROUP);
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (window ()));

  if (g_str_equal (page, "access token")
      && (focus == NULL || !GTK_IS_TEXT (focus) || !gtk_widget_is_ancestor (focus, token)))
    complain (page, token, "has not the focus");
}

/* Left stands there in every language. */
static void
check_sides (const char *page)
{
  GtkWidget *left = find (DADAM_TYPE_PANE_CHIP);
  GtkWidget *right = left != NULL ? gtk_widget_get_last_child (gtk_widget_get_parent (left)) : NULL;
  graphene_rect_t at, other;

  if (left != NULL && gtk_widget_get_mapped (left)
      && gtk_widget_compute_bounds (left, window (), &at)
      && gtk_widget_compute_bounds (right, window (), &other) && at.origin.x >= other.origin.x)
    complain (page, left, "is called left and stands on the right");
}

static void
take_picture (const char *page)
{
  g_autofree char *name = g_strdup_printf ("%02u-%s.png", test.step, page);
  g_autofree char *path = g_build_filename (test.folder, name, NULL);
  g_autoptr (GdkTexture) texture = window_render (window (), NULL);

  if (texture != NULL)
    gdk_texture_save_to_png (texture, path);
}

/* ---- the pages --------------------------------------------------------- */

static void
show_installed (void)
{
  AdwViewStack *stack = ADW_VIEW_STACK (window_find (find (DADAM_TYPE_MODELS_PAGE),
                                                     ADW_TYPE_VIEW_STACK));

  adw_view_stack_set_visible_child_name (stack, "installed");
}

static void
open_model (void)
{
  gtk_widget_activate_action (window (), "win.open-path", "s", test.path);
}

static void
say (void)
{
  g_signal_emit_by_name (
      find (DADAM_TYPE_COMPOSER), "send",
      "한국어로 길게 말해 주세요.\n\n```c\nint main (void) { return 0; } /* a line "
      "that is longer than the window is wide */\n```\n\n| 이름 | 값 |\n|---|---|\n| "
      "가 | 1 |\n");
}

/* Both models, which are asked blindly. */
static void
compare (void)
{
  const char *const models[] = { test.path, test.other, NULL };
  GSettings *settings = dadam_application_get_settings (test.application);

  g_settings_set_strv (settings, DADAM_SETTING_COMPARE_MODELS, models);
  g_settings_set_string (settings, DADAM_SETTING_COMPARE_CHOICES, "{\"max_tokens\":4}");
  g_settings_set_boolean (settings, DADAM_SETTING_COMPARE_BLIND, TRUE);
  gtk_widget_activate_action (window (), "win.compare", NULL);
}

static void
ask_both (void)
{
  g_signal_emit_by_name (window_find (find (DADAM_TYPE_COMPARE_PAGE), DADAM_TYPE_COMPOSER), "send",
                         "두 모델에 묻습니다. 어느 쪽이 더 낫습니까?");
}

static void
vote (void)
{
  g_signal_emit_by_name (find (DADAM_TYPE_VOTE_BAR), "voted", DADAM_VERDICT_LEFT);
}

/* How a page is come to: by an action of a widget or by what a person does there;
 * `ready`: a widget that is shown once it is there. */
static const struct {
  const char *name;
  GType (*owner) (void);
  const char *action;
  void (*show) (void);
  GType (*ready) (void);
} pages[] = {
  { .name = "first start" },
  { "sidebar", dadam_window_get_type, "win.toggle-sidebar", NULL, NULL },
  { "models", dadam_window_get_type, "win.show-models", NULL, NULL },
  { "installed models", NULL, NULL, show_installed, NULL },
  { "network", adw_view_stack_get_type, "models.network", NULL, NULL },
  { "search of the hub", adw_view_stack_get_type, "models.search", NULL, NULL },
  { "empty chat", NULL, NULL, open_model, dadam_composer_get_type },
  { "conversation", NULL, NULL, say, NULL },
  { "finding", dadam_window_get_type, "win.find", NULL, NULL },
  { "settings of a conversation", dadam_composer_get_type, "chat.settings", NULL,
    adw_dialog_get_type },
  { "settings of a model", dadam_composer_get_type, "chat.model-settings", NULL,
    adw_dialog_get_type },
  { "comparison", NULL, NULL, compare, dadam_compare_page_get_type },
  { "blind answers", NULL, NULL, ask_both, dadam_vote_bar_get_type },
  { "judged answers", NULL, NULL, vote, NULL },
  { "finding in both", dadam_window_get_type, "win.find", NULL, NULL },
  { "results", dadam_compare_page_get_type, "compare.results", NULL, NULL },
  { "preferences", dadam_window_get_type, "app.preferences", NULL, adw_dialog_get_type },
  { "access token", dadam_window_get_type, "app.enter-token", NULL, adw_dialog_get_type },
  { "shortcuts", dadam_window_get_type, "app.shortcuts", NULL, adw_dialog_get_type },
  { "guide", dadam_window_get_type, "app.help", NULL, adw_dialog_get_type },
  { "about", dadam_window_get_type, "app.about", NULL, adw_dialog_get_type },
  { "diagnostics", dadam_window_get_type, "win.diagnostics", NULL, adw_dialog_get_type },
  { "search", dadam_window_get_type, "win.search", NULL, NULL },
};

static void
show (guint step)
{
  if (pages[step].show != NULL) {
    pages[step].show ();
  } else if (!gtk_widget_activate_action (find (pages[step].owner ()), pages[step].action, NULL)) {
    g_print ("%s: there is no action %s\n", pages[step].name, pages[step].action);
    test.failed = TRUE;
  }
}

/* ---- the program ------------------------------------------------------- */

static gboolean
close_dialog (void)
{
  AdwDialog *dialog =
      adw_application_window_get_visible_dialog (ADW_APPLICATION_WINDOW (window ()));

  if (dialog != NULL)
    adw_dialog_force_close (dialog);

  return dialog != NULL;
}

static gboolean
is_ready (void)
{
  GtkWidget *widget;

  if (pages[test.step].ready == NULL)
    return TRUE;
  widget = find (pages[test.step].ready ());

  return widget != NULL && gtk_widget_get_mapped (widget);
}

static void
look (const char *page)
{
  if (gtk_widget_get_width (window ()) != WIDTH)
    complain (page, window (), "has another width");
  check_tree (page, window ());
  check_sides (page);
  check_token (page);
}

/* Whether the page is there, has come to rest, and nothing is wrong with it. */
static gboolean
is_sound (void)
{
  g_string_truncate (test.told, 0);
  test.faults = 0;
  if (!is_ready ())
    complain (pages[test.step].name, window (), "does not come");
  else if (test.settled++ > 0)
    look (pages[test.step].name);
  else
    return FALSE;

  return test.faults == 0;
}

static gboolean
step_cb (gpointer user_data)
{
  if (!is_sound () && ++test.looks < LOOKS)
    return G_SOURCE_CONTINUE;
  g_print ("%s", test.told->str);
  test.failed |= test.faults > 0;
  if (test.folder != NULL)
    take_picture (pages[test.step].name);
  close_dialog ();
  test.looks = test.settled = 0;
  if (++test.step == G_N_ELEMENTS (pages)) {
    g_application_quit (G_APPLICATION (test.application));
    return G_SOURCE_REMOVE;
  }
  show (test.step);

  return G_SOURCE_CONTINUE;
}

static void
startup_cb (GApplication *application)
{
  GSettings *settings = dadam_application_get_settings (DADAM_APPLICATION (application));

  g_settings_set (settings, DADAM_SETTING_WINDOW_SIZE, "(ii)", WIDTH + BORDER, HEIGHT);
  if (test.is_rtl)
    gtk_widget_set_default_direction (GTK_TEXT_DIR_RTL);
  g_object_set (gtk_settings_get_default (), "gtk-xft-dpi", 2 * 96 * 1024, "gtk-enable-animations",
                FALSE, "gtk-decoration-layout", "appmenu:minimize,maximize,close", NULL);
}

static void
activate_cb (void)
{
  g_timeout_add (SETTLE, step_cb, NULL);
}

int
main (int argc, char **argv)
{
  if (argc < 3)
    return 2;
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, DADAM_LOCALE_DIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  test.path = g_canonicalize_filename (argv[1], NULL);
  test.other = g_canonicalize_filename (argv[2], NULL);
  test.is_rtl = argc > 3 && g_str_equal (argv[3], "rtl");
  test.folder = argc > 4 ? argv[4] : NULL;
  test.told = g_string_new (NULL);
  test.application = dadam_application_new ();
  g_signal_connect_after (test.application, "startup", G_CALLBACK (startup_cb), NULL);
  g_signal_connect_after (test.application, "activate", G_CALLBACK (activate_cb), NULL);
  g_application_run (G_APPLICATION (test.application), 1, argv);
  g_object_unref (test.application);
  g_free (test.path);
  g_free (test.other);
  g_string_free (test.told, TRUE);

  return test.step < G_N_ELEMENTS (pages) || test.failed;
}
