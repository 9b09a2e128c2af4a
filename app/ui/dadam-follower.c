/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Follows the end of what is scrolled.  Scrolling up lets go, coming within 24 pixels
 * of the end takes hold again; the button is there while it does not follow.
 */
#include "config.h"

#include "dadam-follower.h"

#define NEAR 24

struct _DadamFollower {
  GObject parent_instance;

  /* Borrowed: the page owns both them and this. */
  GtkWidget *scroller;
  GtkAdjustment *adjustment;
  GtkWidget *button; /* to the newest */

  double value; /* the last one seen */
  double upper;
  guint tick; /* a move that waits for the next frame */
  gboolean is_following;
};

G_DEFINE_FINAL_TYPE (DadamFollower, dadam_follower, G_TYPE_OBJECT)

static double
end_of (GtkAdjustment *adjustment)
{
  return gtk_adjustment_get_upper (adjustment) - gtk_adjustment_get_page_size (adjustment);
}

static void
set_following (DadamFollower *self, gboolean is_following)
{
  self->is_following = is_following;
  gtk_widget_set_visible (self->button, !is_following && end_of (self->adjustment) > NEAR);
}

static gboolean
tick_cb (GtkWidget *widget, GdkFrameClock *clock, gpointer user_data)
{
  DadamFollower *self = DADAM_FOLLOWER (user_data);

  self->tick = 0;
  if (self->is_following)
    gtk_adjustment_set_value (self->adjustment, end_of (self->adjustment));

  return G_SOURCE_REMOVE;
}

/* Never at once: the list may be in the middle of finding its own size. */
static void
move_soon (DadamFollower *self)
{
  if (self->tick == 0)
    self->tick = gtk_widget_add_tick_callback (self->scroller, tick_cb, self, NULL);
}

static void
size_changed_cb (DadamFollower *self)
{
  if (self->is_following)
    move_soon (self);
  else
    set_following (self, FALSE);
}

/* A smaller value in a list of the same length is the user's doing. */
static void
value_changed_cb (DadamFollower *self)
{
  double value = gtk_adjustment_get_value (self->adjustment);
  double upper = gtk_adjustment_get_upper (self->adjustment);

  if (end_of (self->adjustment) - value <= NEAR)
    set_following (self, TRUE);
  else if (value < self->value && upper == self->upper)
    set_following (self, FALSE);
  self->value = value;
  self->upper = upper;
}

static gboolean
scroll_cb (DadamFollower *self, double dx, double dy)
{
  if (dy < 0 && gtk_adjustment_get_value (self->adjustment) > 0)
    set_following (self, FALSE);

  return GDK_EVENT_PROPAGATE;
}

static void
dadam_follower_dispose (GObject *object)
{
  DadamFollower *self = DADAM_FOLLOWER (object);

  if (self->tick != 0)
    gtk_widget_remove_tick_callback (self->scroller, self->tick);
  self->tick = 0;

  G_OBJECT_CLASS (dadam_follower_parent_class)->dispose (object);
}

static void
dadam_follower_class_init (DadamFollowerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dadam_follower_dispose;
}

static void
dadam_follower_init (DadamFollower *self)
{
  self->is_following = TRUE;
}

/**
 * dadam_follower_new:
 * @scroller: what is scrolled, for as long as this lives
 * @button: shown while the end is out of sight
 */
DadamFollower *
dadam_follower_new (GtkScrolledWindow *scroller, GtkWidget *button)
{
  DadamFollower *self = g_object_new (DADAM_TYPE_FOLLOWER, NULL);
  GtkEventController *scroll =
      gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_VERTICAL);

  self->scroller = GTK_WIDGET (scroller);
  self->adjustment = gtk_scrolled_window_get_vadjustment (scroller);
  self->button = button;
  gtk_event_controller_set_propagation_phase (scroll, GTK_PHASE_CAPTURE);
  g_signal_connect_object (scroll, "scroll", G_CALLBACK (scroll_cb), self, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (GTK_WIDGET (scroller), scroll);
  g_signal_connect_object (self->adjustment, "changed", G_CALLBACK (size_changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->adjustment, "value-changed", G_CALLBACK (value_changed_cb), self,
                           G_CONNECT_SWAPPED);

  return self;
}

/* Goes to the end and stays there. */
void
dadam_follower_follow (DadamFollower *self)
{
  g_return_if_fail (DADAM_IS_FOLLOWER (self));

  set_following (self, TRUE);
  move_soon (self);
}

/* Stays where it is, or is brought. */
void
dadam_follower_release (DadamFollower *self)
{
  g_return_if_fail (DADAM_IS_FOLLOWER (self));

  set_following (self, FALSE);
}
