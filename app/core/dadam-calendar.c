/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The beginnings of the sections, worked out once a day, so that asking for the
 * section of a time is a search among numbers: a list asks very often.
 */
#include "config.h"

#include "dadam-calendar.h"

#include <glib/gi18n.h>

/* Fifty years; what is older is in the section of the oldest. */
#define N_MONTHS 600

struct _DadamCalendar {
  GDateTime *today;  /* its first moment; owned */
  GArray *beginnings; /* of gint64, microseconds of UTC; by section, so descending */
  gint64 end;         /* of today */
};

static GDateTime *
first_moment (GDateTime *of)
{
  g_autoptr (GTimeZone) zone = g_time_zone_ref (g_date_time_get_timezone (of));

  return g_date_time_new (zone, g_date_time_get_year (of), g_date_time_get_month (of),
                          g_date_time_get_day_of_month (of), 0, 0, 0);
}

static void
add (DadamCalendar *self, GDateTime *beginning)
{
  gint64 time = g_date_time_to_unix_usec (beginning);

  g_array_append_val (self->beginnings, time);
}

static void
add_days_before (DadamCalendar *self, int days)
{
  g_autoptr (GDateTime) beginning = g_date_time_add_days (self->today, -days);

  add (self, beginning);
}

static void
add_months (DadamCalendar *self)
{
  g_autoptr (GDateTime)
      first = g_date_time_add_days (self->today, 1 - g_date_time_get_day_of_month (self->today));

  for (int i = 0; i < N_MONTHS; i++) {
    g_autoptr (GDateTime) beginning = g_date_time_add_months (first, -i);

    add (self, beginning);
  }
}

/**
 * dadam_calendar_new:
 * @now: in the zone that people live in
 */
DadamCalendar *
dadam_calendar_new (GDateTime *now)
{
  DadamCalendar *self = g_new0 (DadamCalendar, 1);
  g_autoptr (GDateTime) tomorrow = NULL;

  self->today = first_moment (now);
  self->beginnings = g_array_new (FALSE, FALSE, sizeof (gint64));
  tomorrow = g_date_time_add_days (self->today, 1);
  self->end = g_date_time_to_unix_usec (tomorrow);
  add (self, self->today);
  add_days_before (self, 1);
  add_days_before (self, g_date_time_get_day_of_week (now) - 1);
  add_months (self);

  return self;
}

void
dadam_calendar_free (DadamCalendar *self)
{
  g_date_time_unref (self->today);
  g_array_unref (self->beginnings);
  g_free (self);
}

/* The first section that begins at @time or before.  On a Monday the week has begun after
 * yesterday, and in the first days of a month the month after the week: then nothing is in them. */
guint
dadam_calendar_get_section (DadamCalendar *self, gint64 time)
{
  const gint64 *beginnings = (const gint64 *) self->beginnings->data;
  guint low = DADAM_CALENDAR_MONTHS, high = self->beginnings->len - 1;

  for (guint i = 0; i < DADAM_CALENDAR_MONTHS; i++)
    if (time >= beginnings[i])
      return i;
  while (low < high) {
    guint middle = (low + high) / 2;

    if (time >= beginnings[middle])
      high = middle;
    else
      low = middle + 1;
  }

  return low;
}

/* (transfer full): what the section is called. */
char *
dadam_calendar_get_title (DadamCalendar *self, guint section)
{
  g_autoptr (GDateTime) beginning = NULL;

  switch (section) {
  case DADAM_CALENDAR_TODAY: return g_strdup (_ ("Today"));
  case DADAM_CALENDAR_YESTERDAY: return g_strdup (_ ("Yesterday"));
  case DADAM_CALENDAR_WEEK: return g_strdup (_ ("This Week"));
  default: break;
  }
  beginning = g_date_time_new_from_unix_local_usec (g_array_index (self->beginnings, gint64,
                                                                   section));

  /* Translators: a month as a heading; the letters are those of g_date_time_format(). */
  return g_date_time_format (beginning, _ ("%B %Y"));
}

/* When today ends, and everything is to be asked again. */
gint64
dadam_calendar_get_end (DadamCalendar *self)
{
  return self->end;
}
