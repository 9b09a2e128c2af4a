/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test-first-frame EMPTY: from the start of the program to the end of its first frame
 * takes at most one and a half times as long as that of EMPTY, a window with nothing in
 * it; the medians of ten, by turns.  Without an argument it is the program.
 */
#include "config.h"

#include <locale.h>
#include <stdlib.h>

#include "dadam-application.h"

#include "first-frame.h"

#define ROUNDS 10
#define LIMIT 1.5

static int
show_window (void)
{
  g_autoptr (DadamApplication) application = NULL;

  setlocale (LC_ALL, "");
  application = dadam_application_new ();
  first_frame_tell (application);

  return g_application_run (G_APPLICATION (application), 0, NULL);
}

/* Milliseconds, or -1. */
static double
measure (const char *program)
{
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GDataInputStream) output = NULL;
  g_autofree char *line = NULL;
  gint64 started = g_get_monotonic_time ();
  gint64 ended;

  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL, program, NULL);
  if (process == NULL)
    return -1;
  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  line = g_data_input_stream_read_line (output, NULL, NULL, NULL);
  ended = g_get_monotonic_time ();
  g_subprocess_wait (process, NULL, NULL);

  return g_strcmp0 (line, "painted") == 0 ? (double) (ended - started) / 1000 : -1;
}

static int
compare (const void *a, const void *b)
{
  return (*(const double *) a > *(const double *) b) - (*(const double *) a < *(const double *) b);
}

static double
median (double *times)
{
  qsort (times, ROUNDS, sizeof times[0], compare);

  return (times[ROUNDS / 2 - 1] + times[ROUNDS / 2]) / 2;
}

int
main (int argc, char **argv)
{
  double ours[ROUNDS], empty[ROUNDS];
  double ratio;

  if (argc < 2)
    return show_window ();
  /* Once for what is read from the disk, and for the settings to be there. */
  if (measure (argv[0]) < 0 || measure (argv[1]) < 0)
    return 1;
  for (guint i = 0; i < ROUNDS; i++) {
    ours[i] = measure (argv[0]);
    empty[i] = measure (argv[1]);
  }
  ratio = median (ours) / median (empty);
  g_print ("first frame after %.0f ms (%.0f to %.0f), of an empty window after %.0f ms (%.0f to "
           "%.0f): %.2f times as long\n",
           median (ours), ours[0], ours[ROUNDS - 1], median (empty), empty[0], empty[ROUNDS - 1],
           ratio);

  return ours[0] > 0 && empty[0] > 0 && ratio <= LIMIT ? 0 : 1;
}
