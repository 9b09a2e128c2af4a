/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Times as people sort them: today, yesterday, this week, and months before.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define DADAM_CALENDAR_TODAY 0
#define DADAM_CALENDAR_YESTERDAY 1
#define DADAM_CALENDAR_WEEK 2
#define DADAM_CALENDAR_MONTHS 3 /* this month, and each month before counts one more */

typedef struct _DadamCalendar DadamCalendar;

DadamCalendar *dadam_calendar_new (GDateTime *now);
void dadam_calendar_free (DadamCalendar *self);
guint dadam_calendar_get_section (DadamCalendar *self, gint64 time);
char *dadam_calendar_get_title (DadamCalendar *self, guint section);
gint64 dadam_calendar_get_end (DadamCalendar *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamCalendar, dadam_calendar_free)

G_END_DECLS
