/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test-seen MODEL: what the eye needs, by pictures of the main pages.  Where the focus is can be
 * seen of all that Tab comes to; texts stand out from what is behind them, and more so where the
 * session wants high contrast (ADW_DEBUG_HIGH_CONTRAST); and the dots of an answer that is waited
 * for stand still where it wants less motion.
 */
#include "config.h"

#include "check.h"

#include <locale.h>
#include <math.h>

#include "dadam-application.h"
#include "dadam-compare-page.h"
#include "dadam-composer.h"
#include "dadam-message-parts.h"
#include "dadam-models-page.h"
#include "dadam-welcome.h"

#include "window.h"

#define MOST_STOPS 60
#define ROUND 3        /* pixels around a widget that an outline may take */
#define RING 16        /* pixels of it, at least */
#define STILL 400      /* milliseconds in which something would have moved */
#define TEXT_HEIGHT 10 /* pixels: thinner strokes are blends of both colours */

typedef struct {
  GBytes *bytes;
  int width, height;
} Picture;

static DadamApplication *application;
static const char *page; /* that is looked at */

static GtkWidget *
window (void)
{
  return GTK_WIDGET (gtk_application_get_active_window (GTK_APPLICATION (application)));
}

/* ---- pictures ---------------------------------------------------------- */

static gboolean
count_frame_cb (GtkWidget *widget, GdkFrameClock *clock, gpointer user_data)
{
  guint *frames = user_data;

  return --*frames > 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* Until what was done is drawn. */
static void
await_frames (GtkWidget *widget)
{
  guint frames = 3;

  gtk_widget_add_tick_callback (widget, count_frame_cb, &frames, NULL);
  while (frames > 0)
    g_main_context_iteration (NULL, TRUE);
}

static Picture
take_picture (GtkWidget *widget)
{
  Picture picture = { NULL, gtk_widget_get_width (widget), gtk_widget_get_height (widget) };
  g_autoptr (GdkTexture)
      texture = window_render (widget, &GRAPHENE_RECT_INIT (0, 0, (float) picture.width,
                                                            (float) picture.height));
  GdkTextureDownloader *downloader;
  gsize stride;

  g_assert (texture != NULL);
  downloader = gdk_texture_downloader_new (texture);
  gdk_texture_downloader_set_format (downloader, GDK_MEMORY_R8G8B8A8);
  picture.bytes = gdk_texture_downloader_download_bytes (downloader, &stride);
  g_assert (stride == (gsize) picture.width * 4);
  gdk_texture_downloader_free (downloader);

  return picture;
}

static const guint8 *
pixel_at (const Picture *picture, int x, int y)
{
  const guint8 *pixels = g_bytes_get_data (picture->bytes, NULL);

  return pixels + ((gsize) y * (gsize) picture->width + (gsize) x) * 4;
}

/* The part of @widget, and of so many pixels around it, that is in the picture of the window. */
static gboolean
get_area (GtkWidget *widget, const Picture *picture, int round, GdkRectangle *area)
{
  const GdkRectangle whole = { 0, 0, picture->width, picture->height };
  graphene_rect_t box;

  if (!gtk_widget_compute_bounds (widget, window (), &box))
    return FALSE;
  *area = (GdkRectangle) { (int) box.origin.x - round, (int) box.origin.y - round,
                           (int) box.size.width + 2 * round, (int) box.size.height + 2 * round };

  return gdk_rectangle_intersect (area, &whole, area);
}

static guint
count_different (const Picture *one, const Picture *other, const GdkRectangle *area)
{
  guint n = 0;

  for (int y = area->y; y < area->y + area->height; y++)
    for (int x = area->x; x < area->x + area->width; x++)
      n += memcmp (pixel_at (one, x, y), pixel_at (other, x, y), 4) != 0;

  return n;
}

/* ---- focus ------------------------------------------------------------- */

/* A caret, or what is selected, shows it there. */
static gboolean
is_text (GtkWidget *widget)
{
  return GTK_IS_TEXT (widget) || GTK_IS_TEXT_VIEW (widget) || GTK_IS_LABEL (widget);
}

/* The same place with and without what shows the focus. */
static void
check_ring (GtkWidget *focus)
{
  Picture with, without;
  GdkRectangle area;

  gtk_window_set_focus_visible (GTK_WINDOW (window ()), TRUE);
  await_frames (window ());
  with = take_picture (window ());
  gtk_window_set_focus_visible (GTK_WINDOW (window ()), FALSE);
  await_frames (window ());
  without = take_picture (window ());
  CHECK_MSG (get_area (focus, &with, ROUND, &area)
                 && count_different (with.width == without.width ? &with : &without, &without,
                                     &area)
                        >= RING,
             "%s: the focus is not seen on a %s", page, G_OBJECT_TYPE_NAME (focus));
  g_bytes_unref (with.bytes);
  g_bytes_unref (without.bytes);
}

static void
walk_focus (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  guint n_rings = 0;

  for (guint i = 0; i < MOST_STOPS; i++) {
    GtkWidget *focus;

    g_signal_emit_by_name (window (), "move-focus", GTK_DIR_TAB_FORWARD);
    focus = gtk_window_get_focus (GTK_WINDOW (window ()));
    if (focus == NULL || !g_hash_table_add (seen, focus))
      break;
    if (is_text (focus))
      continue;
    check_ring (focus);
    n_rings++;
  }
  CHECK_MSG (n_rings >= 2, "%s: Tab comes to %u places", page, n_rings);
}

/* ---- contrast ---------------------------------------------------------- */

static double
linear (guint8 value)
{
  double share = value / 255.0;

  return share <= 0.04045 ? share / 12.92 : pow ((share + 0.055) / 1.055, 2.4);
}

static double
luminance (const guint8 *pixel)
{
  return 0.2126 * linear (pixel[0]) + 0.7152 * linear (pixel[1]) + 0.0722 * linear (pixel[2]);
}

/* Of the lightest and the darkest there, as WCAG reckons it. */
static double
get_contrast (const Picture *picture, const GdkRectangle *area)
{
  double least = 1, most = 0;

  for (int y = area->y; y < area->y + area->height; y++)
    for (int x = area->x; x < area->x + area->width; x++) {
      double value = luminance (pixel_at (picture, x, y));

      least = MIN (least, value);
      most = MAX (most, value);
    }

  return (most + 0.05) / (least + 0.05);
}

/* What has been scrolled away, or is below something else, is not judged. */
static gboolean
is_in_sight (GtkWidget *widget, const GdkRectangle *area)
{
  GtkWidget *found = gtk_widget_pick (window (), area->x + area->width / 2.0,
                                      area->y + area->height / 2.0,
                                      GTK_PICK_INSENSITIVE | GTK_PICK_NON_TARGETABLE);

  return found == widget;
}

/* White on the accent is libadwaita's own choice. */
static gboolean
is_to_be_judged (GtkWidget *widget)
{
  return gtk_widget_get_mapped (widget) && gtk_widget_is_sensitive (widget)
         && !gtk_widget_has_css_class (widget, "suggested-action");
}

static void
check_contrast (GtkWidget *widget, const Picture *picture, double least)
{
  GdkRectangle area;

  if (!is_to_be_judged (widget))
    return;
  if (GTK_IS_LABEL (widget) && *gtk_label_get_text (GTK_LABEL (widget)) != '\0'
      && get_area (widget, picture, 0, &area) && area.height >= TEXT_HEIGHT
      && is_in_sight (widget, &area))
    CHECK_MSG (get_contrast (picture, &area) >= least, "%s: “%.40s” has a contrast of %.1f", page,
               gtk_label_get_text (GTK_LABEL (widget)), get_contrast (picture, &area));
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    check_contrast (child, picture, least);
}

/* ---- motion ------------------------------------------------------------ */

static gboolean
time_over_cb (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;

  return G_SOURCE_REMOVE;
}

static guint
count_moved (GtkWidget *widget)
{
  Picture before, after;
  gboolean is_over = FALSE;
  guint moved;

  await_frames (widget);
  before = take_picture (widget);
  g_timeout_add (STILL, time_over_cb, &is_over);
  while (!is_over)
    g_main_context_iteration (NULL, TRUE);
  after = take_picture (widget);
  moved = count_different (&before, &after, &(GdkRectangle) { 0, 0, before.width, before.height });
  g_bytes_unref (before.bytes);
  g_bytes_unref (after.bytes);

  return moved;
}

/* The dots of an answer that is waited for stand still. */
static void
check_pulse (void)
{
  GtkWidget *pulse = dadam_message_parts_create_pulse ();
  GtkWidget *place = gtk_window_new ();
  GtkSettings *settings = gtk_settings_get_default ();

  gtk_window_set_child (GTK_WINDOW (place), pulse);
  gtk_window_present (GTK_WINDOW (place));
  g_object_set (settings, "gtk-enable-animations", TRUE, NULL);
  CHECK (count_moved (place) > 0);
  g_object_set (settings, "gtk-enable-animations", FALSE, NULL);
  CHECK (count_moved (place) == 0);
  gtk_window_destroy (GTK_WINDOW (place));
}

/* ---- the pages --------------------------------------------------------- */

static void
await (GType type)
{
  GtkWidget *widget;

  while ((widget = window_find (window (), type)) == NULL || !gtk_widget_get_mapped (widget))
    g_main_context_iteration (NULL, TRUE);
}

/* A page is looked at once it is there. */
static void
look (const char *name, GType type)
{
  double least = adw_style_manager_get_high_contrast (adw_style_manager_get_default ()) ? 4.5 : 3;
  Picture picture;

  page = name;
  await (type);
  await_frames (window ());
  picture = take_picture (window ());
  check_contrast (window (), &picture, least);
  g_bytes_unref (picture.bytes);
  walk_focus ();
}

static void
look_at_all (const char *model)
{
  look ("first start", DADAM_TYPE_WELCOME);
  gtk_widget_activate_action (window (), "win.show-models", NULL);
  look ("models", DADAM_TYPE_MODELS_PAGE);
  gtk_widget_activate_action (window (), "win.open-path", "s", model);
  look ("empty chat", DADAM_TYPE_COMPOSER);
  gtk_widget_activate_action (window (), "win.compare", NULL);
  look ("comparison", DADAM_TYPE_COMPARE_PAGE);
  gtk_widget_activate_action (window (), "app.preferences", NULL);
  look ("preferences", ADW_TYPE_DIALOG);
}

int
main (int argc, char **argv)
{
  g_autofree char *model = g_canonicalize_filename (argv[argc - 1], NULL);

  setlocale (LC_ALL, "");
  application = dadam_application_new ();
  CHECK (g_application_register (G_APPLICATION (application), NULL, NULL));
  /* Twice the size: strokes are wide enough to have their own colour somewhere. */
  g_object_set (gtk_settings_get_default (), "gtk-xft-dpi", 2 * 96 * 1024, "gtk-cursor-blink",
                FALSE, "gtk-enable-animations", FALSE, NULL);
  g_application_activate (G_APPLICATION (application));
  look_at_all (model);
  check_pulse ();
  gtk_window_destroy (GTK_WINDOW (window ()));
  g_object_unref (application);

  return check_done ();
}
