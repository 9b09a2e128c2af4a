/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opening an engine.  For that drivers of graphics cards are loaded and asked, in this
 * process, and one that crashes takes the program with it.  So a file says that it is
 * being done; where it still does at the next time, a child tries it first, and while
 * that child dies of it graphics cards are left out.
 */
#include "open.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "dadam/engine.h"
#include "host.h"

#define COMMAND "--list-cards"
#define SECONDS 20 /* that it may take; a driver that starts for the first time is slow */

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static char problem[DD_ERROR_TEXT]; /* found out in this process, for all its engines */

/* ---- the child --------------------------------------------------------- */

bool
host_take_list_command (int argc, char **argv, int *status)
{
  dd_engine *engine;
  dd_error error;
  FILE *out;

  if (argc != 2 || strcmp (argv[1], COMMAND) != 0)
    return false;
  out = host_child_settle ();
  if (dd_engine_open (NULL, &engine, &error))
    dd_engine_close (&engine);
  if (out != NULL)
    fclose (out);
  *status = EXIT_SUCCESS;
  return true;
}

/* ---- the parent -------------------------------------------------------- */

/* Fills `problem` if a driver ends the child, too. */
static void
try_in_child (void)
{
  char *arguments[] = { (char *) "dadam", (char *) COMMAND, NULL };
  char said[2]; /* nothing */
  host_end end = { 0 };

  if (host_child_is_allowed ())
    end = host_child_run (arguments, SECONDS, said, sizeof said);
  if (!end.started)
    snprintf (problem, sizeof problem,
              "a driver ended the program when it was asked which graphics cards there are");
  else if (!end.ended)
    snprintf (problem, sizeof problem,
              "a driver did not answer within %d seconds when it was asked which graphics cards "
              "there are",
              SECONDS);
  else if (WIFSIGNALED (end.status))
    snprintf (problem, sizeof problem,
              "a driver crashed when it was asked which graphics cards there are (signal %d)",
              WTERMSIG (end.status));
  else if (WEXITSTATUS (end.status) != EXIT_SUCCESS)
    snprintf (problem, sizeof problem,
              "a driver ended the program when it was asked which graphics cards there are");
}

/* The file, which nobody else has at the same time; -1: there can be none, and nothing is
 * known after a crash. */
static int
open_mark (void)
{
  const char *folder = host_cache_folder ();
  char path[1200];
  int file = -1;

  if (folder != NULL && snprintf (path, sizeof path, "%s/listing", folder) < (int) sizeof path)
    file = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file >= 0 && flock (file, LOCK_EX) != 0) {
    close (file);
    file = -1;
  }
  return file;
}

static bool
is_marked (int file)
{
  struct stat facts;

  return fstat (file, &facts) == 0 && facts.st_size > 0;
}

static void
mark (int file)
{
  (void) !pwrite (file, "cards\n", 6, 0);
}

static void
unmark (int file)
{
  (void) !ftruncate (file, 0);
}

static bool
open_engine (dd_engine_options *options, dd_engine **out, dd_error *error)
{
  int file = problem[0] == '\0' ? open_mark () : -1;
  bool ok;

  if (file >= 0 && is_marked (file))
    try_in_child ();
  if (file >= 0 && problem[0] == '\0')
    mark (file);
  options->no_cards = problem[0] != '\0' ? problem : NULL;
  ok = dd_engine_open (options, out, error);
  if (file >= 0 && problem[0] == '\0')
    unmark (file);
  if (file >= 0)
    close (file);
  return ok;
}

bool
host_open_engine (const dd_engine_options *options, dd_engine **out, dd_error *error)
{
  dd_engine_options own = *options;
  bool ok;

  own.cache = host_cache_folder ();
  own.trust = host_trust;
  pthread_mutex_lock (&one_at_a_time);
  ok = open_engine (&own, out, error);
  pthread_mutex_unlock (&one_at_a_time);
  return ok;
}
