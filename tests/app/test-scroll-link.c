/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test-scroll-link: two lengths are scrolled together, in parts of what there is of each;
 * and only where that is wanted.
 */
#include "config.h"

#include <math.h>

#include "check.h"
#include "dadam-scroll-link.h"

/* Of 1100 pixels 100 can be seen, of 300 too. */
static GtkAdjustment *
create (double upper)
{
  return g_object_ref_sink (gtk_adjustment_new (0, 0, upper, 1, 10, 100));
}

static gboolean
is_at (GtkAdjustment *adjustment, double value)
{
  return fabs (gtk_adjustment_get_value (adjustment) - value) < 1e-9;
}

int
main (void)
{
  g_autoptr (GtkAdjustment) tall = create (1100);
  g_autoptr (GtkAdjustment) low = create (300);
  g_autoptr (GtkAdjustment) whole = create (100);
  g_autoptr (DadamScrollLink) link = dadam_scroll_link_new (tall, low);
  g_autoptr (DadamScrollLink) still = dadam_scroll_link_new (tall, whole);

  gtk_adjustment_set_value (tall, 500);
  CHECK (is_at (low, 0));

  g_object_set (link, "is-active", TRUE, NULL);
  g_object_set (still, "is-active", TRUE, NULL);
  gtk_adjustment_set_value (tall, 250);
  CHECK (is_at (low, 50) && is_at (tall, 250) && is_at (whole, 0));
  gtk_adjustment_set_value (low, 200);
  CHECK (is_at (tall, 1000) && is_at (low, 200));
  gtk_adjustment_set_value (low, 0);
  CHECK (is_at (tall, 0));

  g_object_set (link, "is-active", FALSE, NULL);
  gtk_adjustment_set_value (tall, 700);
  CHECK (is_at (low, 0));

  return check_done ();
}
