/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Lays toasts over the window's content: in the middle of the page, or of the window
 * where the sidebar lies over the page, and above the bars at the bottom.
 */
#include "config.h"

#include "dadam-toast-area.h"

struct _DadamToastArea {
  AdwBin parent_instance;

  /* Borrowed: in the bin. */
  GtkOverlay *overlay;
  AdwToastOverlay *toasts; /* as large as the toast that is shown */

  AdwOverlaySplitView *content; /* borrowed, from the overlay */
};

G_DEFINE_FINAL_TYPE (DadamToastArea, dadam_toast_area, ADW_TYPE_BIN)

enum { PROP_0, PROP_CONTENT };

/* Of the bars at the bottom of the page that shows below a widget: the first toolbar view has them. */
static int
find_bars (GtkWidget *widget)
{
  if (ADW_IS_TOOLBAR_VIEW (widget))
    return adw_toolbar_view_get_bottom_bar_height (ADW_TOOLBAR_VIEW (widget));
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child)) {
    int height = gtk_widget_get_mapped (child) ? find_bars (child) : 0;

    if (height > 0)
      return height;
  }

  return 0;
}

/* Where toasts may be: in the overlay's coordinates. */
static gboolean
find_room (DadamToastArea *self, graphene_rect_t *room)
{
  GtkWidget *page = adw_overlay_split_view_get_content (self->content);
  gboolean is_over = adw_overlay_split_view_get_collapsed (self->content)
                     && adw_overlay_split_view_get_show_sidebar (self->content);
  int bars = find_bars (page);

  if (is_over)
    bars = MAX (bars, find_bars (adw_overlay_split_view_get_sidebar (self->content)));
  if (!gtk_widget_compute_bounds (is_over ? GTK_WIDGET (self->content) : page,
                                  GTK_WIDGET (self->overlay), room))
    return FALSE;
  room->size.height = MAX (room->size.height - (float) bars, 0);

  return TRUE;
}

static gboolean
place_cb (DadamToastArea *self, GtkWidget *toasts, GdkRectangle *place)
{
  graphene_rect_t room;
  int least, width, height;

  if (self->content == NULL || !find_room (self, &room))
    return FALSE;
  gtk_widget_measure (toasts, GTK_ORIENTATION_HORIZONTAL, -1, &least, &width, NULL, NULL);
  width = MAX (least, MIN (width, (int) room.size.width));
  gtk_widget_measure (toasts, GTK_ORIENTATION_VERTICAL, width, NULL, &height, NULL, NULL);
  place->x = (int) (room.origin.x + (room.size.width - (float) width) / 2);
  place->y = MAX ((int) (room.origin.y + room.size.height) - height, 0);
  place->width = width;
  place->height = height;

  return TRUE;
}

static void
dadam_toast_area_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  DadamToastArea *self = DADAM_TOAST_AREA (object);

  if (id != PROP_CONTENT) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    return;
  }
  self->content = g_value_get_object (value);
  gtk_overlay_set_child (self->overlay, GTK_WIDGET (self->content));
}

static void
dadam_toast_area_class_init (DadamToastAreaClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = dadam_toast_area_set_property;
  /* What toasts are laid over. */
  g_object_class_install_property (object_class, PROP_CONTENT,
                                   g_param_spec_object ("content", NULL, NULL,
                                                        ADW_TYPE_OVERLAY_SPLIT_VIEW,
                                                        G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));
}

static void
dadam_toast_area_init (DadamToastArea *self)
{
  self->overlay = GTK_OVERLAY (gtk_overlay_new ());
  self->toasts = ADW_TOAST_OVERLAY (adw_toast_overlay_new ());
  gtk_widget_set_overflow (GTK_WIDGET (self->toasts), GTK_OVERFLOW_HIDDEN);
  gtk_overlay_add_overlay (self->overlay, GTK_WIDGET (self->toasts));
  g_signal_connect_object (self->overlay, "get-child-position", G_CALLBACK (place_cb), self,
                           G_CONNECT_SWAPPED);
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (self->overlay));
}

/* (transfer full) @toast. */
void
dadam_toast_area_add (DadamToastArea *self, AdwToast *toast)
{
  g_return_if_fail (DADAM_IS_TOAST_AREA (self));

  adw_toast_overlay_add_toast (self->toasts, toast);
}
