/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Scrolls the one when the other is, as far down in parts of what there is: their
 * lengths may differ.  The property "is-active" says whether it does.
 */
#include "config.h"

#include "dadam-scroll-link.h"

struct _DadamScrollLink {
  GObject parent_instance;

  GtkAdjustment *ends[2]; /* owned */

  gboolean is_active;
  gboolean is_scrolling; /* the one because of the other */
};

G_DEFINE_FINAL_TYPE (DadamScrollLink, dadam_scroll_link, G_TYPE_OBJECT)

enum { PROP_0, PROP_IS_ACTIVE, N_PROPERTIES };

static GParamSpec *properties[N_PROPERTIES];

/* How far it can be scrolled. */
static double
length_of (GtkAdjustment *adjustment)
{
  return gtk_adjustment_get_upper (adjustment) - gtk_adjustment_get_page_size (adjustment)
         - gtk_adjustment_get_lower (adjustment);
}

static void
scrolled_cb (DadamScrollLink *self, GtkAdjustment *adjustment)
{
  GtkAdjustment *other = self->ends[adjustment == self->ends[0] ? 1 : 0];
  double length = length_of (adjustment);

  if (!self->is_active || self->is_scrolling || length <= 0)
    return;
  self->is_scrolling = TRUE;
  gtk_adjustment_set_value (other,
                            gtk_adjustment_get_value (adjustment) / length * length_of (other));
  self->is_scrolling = FALSE;
}

static void
dadam_scroll_link_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_IS_ACTIVE)
    g_value_set_boolean (value, DADAM_SCROLL_LINK (object)->is_active);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
dadam_scroll_link_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (id == PROP_IS_ACTIVE)
    DADAM_SCROLL_LINK (object)->is_active = g_value_get_boolean (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
dadam_scroll_link_dispose (GObject *object)
{
  DadamScrollLink *self = DADAM_SCROLL_LINK (object);

  g_clear_object (&self->ends[0]);
  g_clear_object (&self->ends[1]);

  G_OBJECT_CLASS (dadam_scroll_link_parent_class)->dispose (object);
}

static void
dadam_scroll_link_class_init (DadamScrollLinkClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = dadam_scroll_link_get_property;
  object_class->set_property = dadam_scroll_link_set_property;
  object_class->dispose = dadam_scroll_link_dispose;

  properties[PROP_IS_ACTIVE] = g_param_spec_boolean ("is-active", NULL, NULL, FALSE,
                                                     G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
dadam_scroll_link_init (DadamScrollLink *self)
{
}

/* Not active at first. */
DadamScrollLink *
dadam_scroll_link_new (GtkAdjustment *one, GtkAdjustment *other)
{
  DadamScrollLink *self = g_object_new (DADAM_TYPE_SCROLL_LINK, NULL);
  GtkAdjustment *const ends[] = { one, other };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++) {
    self->ends[i] = g_object_ref (ends[i]);
    g_signal_connect_object (ends[i], "value-changed", G_CALLBACK (scrolled_cb), self,
                             G_CONNECT_SWAPPED);
  }

  return self;
}
