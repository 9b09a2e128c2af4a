/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A track, filled from the start up to the share; over it the interval as a line with two
 * ends, and a tick in the middle, where neither side is ahead.  In the theme's colours: the
 * accent, and that of the text.
 */
#include "config.h"

#include "dadam-share-bar.h"

#include <adwaita.h>

#define HEIGHT 24
#define TRACK 10
#define END 14  /* of the interval's ends, from top to bottom */
#define LINE 2
#define TRACK_ALPHA 0.15f
#define FILL_ALPHA 0.6f /* so that the interval is seen over it */

struct _DadamShareBar {
  GtkWidget parent_instance;

  double share;
  double low, high;
  gboolean is_known;
};

G_DEFINE_FINAL_TYPE (DadamShareBar, dadam_share_bar, GTK_TYPE_WIDGET)

/* ---- drawing ------------------------------------------------------------- */

typedef struct {
  GtkSnapshot *snapshot;
  float width, height;
  GdkRGBA accent, text, track;
} Drawing;

static void
find_colours (DadamShareBar *self, Drawing *drawing)
{
  AdwStyleManager *styles = adw_style_manager_get_default ();

  gtk_widget_get_color (GTK_WIDGET (self), &drawing->text);
  adw_accent_color_to_standalone_rgba (adw_style_manager_get_accent_color (styles),
                                       adw_style_manager_get_dark (styles), &drawing->accent);
  drawing->accent.alpha *= FILL_ALPHA;
  drawing->track = drawing->text;
  drawing->track.alpha *= TRACK_ALPHA;
}

static void
draw_box (const Drawing *drawing, float x, float width, float height, const GdkRGBA *colour)
{
  graphene_rect_t box = GRAPHENE_RECT_INIT (x, (drawing->height - height) / 2, width, height);

  gtk_snapshot_append_color (drawing->snapshot, colour, &box);
}

static void
draw_track (const Drawing *drawing, double share)
{
  float top = (drawing->height - TRACK) / 2;
  GskRoundedRect outline;

  gsk_rounded_rect_init_from_rect (&outline, &GRAPHENE_RECT_INIT (0, top, drawing->width, TRACK),
                                   TRACK / 2.0f);
  gtk_snapshot_push_rounded_clip (drawing->snapshot, &outline);
  draw_box (drawing, 0, drawing->width, TRACK, &drawing->track);
  draw_box (drawing, 0, (float) share * drawing->width, TRACK, &drawing->accent);
  gtk_snapshot_pop (drawing->snapshot);
}

static void
draw_interval (const Drawing *drawing, double low, double high)
{
  float from = (float) low * (drawing->width - LINE);
  float to = (float) high * (drawing->width - LINE);

  draw_box (drawing, from, to - from + LINE, LINE, &drawing->text);
  draw_box (drawing, from, LINE, END, &drawing->text);
  draw_box (drawing, to, LINE, END, &drawing->text);
}

static void
dadam_share_bar_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  DadamShareBar *self = DADAM_SHARE_BAR (widget);
  Drawing drawing = {
    .snapshot = snapshot,
    .width = (float) gtk_widget_get_width (widget),
    .height = (float) gtk_widget_get_height (widget),
  };

  find_colours (self, &drawing);
  gtk_snapshot_save (snapshot);
  if (gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL) {
    gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (drawing.width, 0));
    gtk_snapshot_scale (snapshot, -1, 1);
  }
  draw_track (&drawing, self->is_known ? self->share : 0);
  draw_box (&drawing, (drawing.width - 1) / 2, 1, drawing.height, &drawing.text);
  if (self->is_known)
    draw_interval (&drawing, self->low, self->high);
  gtk_snapshot_restore (snapshot);
}

static void
dadam_share_bar_measure (GtkWidget *widget,
                         GtkOrientation orientation,
                         int for_size,
                         int *minimum,
                         int *natural,
                         int *minimum_baseline,
                         int *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_VERTICAL ? HEIGHT : 100;
  *natural = *minimum;
}

/* ---- the class ----------------------------------------------------------- */

static void
dadam_share_bar_class_init (DadamShareBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->snapshot = dadam_share_bar_snapshot;
  widget_class->measure = dadam_share_bar_measure;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
dadam_share_bar_init (DadamShareBar *self)
{
  AdwStyleManager *styles = adw_style_manager_get_default ();

  g_signal_connect_object (styles, "notify::accent-color", G_CALLBACK (gtk_widget_queue_draw), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (styles, "notify::dark", G_CALLBACK (gtk_widget_queue_draw), self,
                           G_CONNECT_SWAPPED);
}

GtkWidget *
dadam_share_bar_new (void)
{
  return g_object_new (DADAM_TYPE_SHARE_BAR, NULL);
}

/**
 * dadam_share_bar_set:
 * @share: of the side at the start, from 0 to 1
 * @low: the least that it may be
 * @high: the greatest
 */
void
dadam_share_bar_set (DadamShareBar *self, double share, double low, double high)
{
  g_return_if_fail (DADAM_IS_SHARE_BAR (self));

  self->is_known = TRUE;
  self->share = share;
  self->low = low;
  self->high = high;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* Nothing can be said of it, and the track is empty. */
void
dadam_share_bar_set_unknown (DadamShareBar *self)
{
  g_return_if_fail (DADAM_IS_SHARE_BAR (self));

  self->is_known = FALSE;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
