/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tests of cards: in a child, so that a driver that crashes or never returns harms
 * nobody, and what it says is remembered.
 */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "child.h"
#include "dadam/engine.h"
#include "host.h"
#include "open.h"
#include "verdict.h"

#define COMMAND "--test-card" /* UUID KEY TYPES */
#define SECONDS 60            /* that a test may take; it is made to take five */
#define SECONDS_SOFTWARE 600  /* of a processor that compiles for itself */
#define NOT_KEPT 3            /* exit status: failed, and it may be otherwise another time */

static int patience = SECONDS;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

/* ---- the child --------------------------------------------------------- */

static int
test_card (const char *uuid, const char *key, const char *types)
{
  FILE *out = host_child_settle ();
  dd_error error;

  if (dd_card_test (uuid, key, strtoull (types, NULL, 16), host_cache_folder (), &error))
    return EXIT_SUCCESS;
  if (out != NULL) {
    fputs (error.text, out);
    fclose (out);
  }
  return error.code == DD_ERROR_NO_MEMORY || error.code == DD_ERROR_DEVICE_MEMORY ? NOT_KEPT
                                                                                  : EXIT_FAILURE;
}

bool
host_take_command (int argc, char **argv, int *status)
{
  host_child_allow ();
  if (host_take_list_command (argc, argv, status))
    return true;
  if (argc != 5 || strcmp (argv[1], COMMAND) != 0)
    return false;
  *status = test_card (argv[2], argv[3], argv[4]);
  return true;
}

void
host_set_patience (int seconds)
{
  patience = seconds;
}

/* ---- the parent -------------------------------------------------------- */

/* From outside, which says nothing of the driver. */
static bool
was_stopped (int number)
{
  return number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGKILL;
}

/* Words for how a child ended; whether that is to be kept. */
static bool
judge (host_end end, int seconds, char *problem, size_t size)
{
  if (!end.started) {
    snprintf (problem, size, "the test of its driver could not be started");
    return false;
  }
  if (!end.ended) {
    snprintf (problem, size, "its driver did not answer within %d seconds when it was tested",
              seconds);
    return true;
  }
  if (WIFSIGNALED (end.status) && was_stopped (WTERMSIG (end.status))) {
    snprintf (problem, size, "the test of its driver was interrupted");
    return false;
  }
  if (WIFSIGNALED (end.status)) {
    snprintf (problem, size, "its driver crashed when it was tested (signal %d)",
              WTERMSIG (end.status));
    return true;
  }
  if (WEXITSTATUS (end.status) == EXIT_SUCCESS)
    problem[0] = '\0';
  else if (problem[0] == '\0')
    snprintf (problem, size, "its driver ended the program when it was tested");
  return WEXITSTATUS (end.status) != NOT_KEPT;
}

/* Fills `verdict->problem`; returns whether the outcome is to be kept. */
static bool
run_test (const dd_card *card, uint64_t types, host_verdict *verdict)
{
  int seconds = card->software ? SECONDS_SOFTWARE : patience;
  char mask[20];
  char *arguments[] = {
    (char *) "dadam", (char *) COMMAND, (char *) card->uuid, (char *) card->key, mask, NULL
  };
  host_end end;

  snprintf (mask, sizeof mask, "%" PRIx64, types);
  end = host_child_run (arguments, seconds, verdict->problem, sizeof verdict->problem);
  return judge (end, seconds, verdict->problem, sizeof verdict->problem);
}

/* One line: it becomes a line of a file. */
static void
flatten (char *text)
{
  for (; *text != '\0'; text++)
    if ((unsigned char) *text < 0x20)
      *text = ' ';
}

static void
find_out (const dd_card *card, uint64_t types, const host_watcher *watcher, host_verdict *verdict)
{
  bool keep;

  if (watcher != NULL)
    watcher->testing (card, true, watcher->user);
  host_verdict_begin (card);
  keep = run_test (card, types, verdict);
  flatten (verdict->problem);
  if (verdict->problem[0] == '\0')
    verdict->types |= types;
  if (keep)
    host_verdict_write (card, verdict);
  host_verdict_end (card);
  if (watcher != NULL)
    watcher->testing (card, false, watcher->user);
}

static dd_trust
say (const host_verdict *verdict, uint64_t types, dd_error *why)
{
  why->code = DD_ERROR_UNSUPPORTED;
  snprintf (why->text, sizeof why->text, "%s",
            verdict->problem[0] != '\0' ? verdict->problem : "its driver has not been tested yet");
  if (verdict->problem[0] != '\0')
    return DD_TRUST_BAD;
  return verdict->types != 0 && (verdict->types & types) == types ? DD_TRUST_GOOD
                                                                  : DD_TRUST_UNKNOWN;
}

dd_trust
host_trust (const dd_card *card, uint64_t types, bool test, dd_error *why, void *user)
{
  host_verdict verdict;
  dd_trust trust;

  if (!test) {
    verdict = host_verdict_read (card);
    return say (&verdict, types, why);
  }
  pthread_mutex_lock (&one_at_a_time);
  verdict = host_verdict_read (card);
  if (host_child_is_allowed () && say (&verdict, types, why) == DD_TRUST_UNKNOWN)
    find_out (card, types & ~verdict.types, user, &verdict);
  trust = say (&verdict, types, why);
  pthread_mutex_unlock (&one_at_a_time);
  return trust;
}
