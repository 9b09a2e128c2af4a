/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tests of cards: this program is started anew with a hidden command, so that a driver
 * that crashes or never returns harms nobody, and what it says is remembered.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dadam/engine.h"
#include "host.h"
#include "verdict.h"

#define COMMAND "--test-card" /* UUID KEY TYPES */
#define SECONDS 60            /* that a test may take; it is made to take five */
#define SECONDS_SOFTWARE 600  /* of a processor that compiles for itself */
#define NOT_KEPT 3            /* exit status: failed, and it may be otherwise another time */

extern char **environ;

static int patience = SECONDS;
static bool can_test; /* the program knows the command; written once, before any thread */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

/* ---- the child --------------------------------------------------------- */

/* Nothing that the driver writes is taken for the answer, and no core is dumped. */
static FILE *
keep_quiet (void)
{
  const struct rlimit none = { 0, 0 };
  FILE *out = fdopen (dup (STDOUT_FILENO), "w");

  (void) !dup2 (STDERR_FILENO, STDOUT_FILENO);
  (void) setrlimit (RLIMIT_CORE, &none);
  (void) prctl (PR_SET_PDEATHSIG, SIGKILL);
  return out;
}

static int
test_card (const char *uuid, const char *key, const char *types)
{
  FILE *out = keep_quiet ();
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
  can_test = true;
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

static double
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double) time.tv_sec + 1e-9 * (double) time.tv_nsec;
}

static bool
start (const dd_card *card, uint64_t types, pid_t *child, int *answer)
{
  posix_spawn_file_actions_t actions;
  char mask[20];
  char *arguments[] = {
    (char *) "dadam", (char *) COMMAND, (char *) card->uuid, (char *) card->key, mask, NULL
  };
  int ends[2];
  bool ok;

  if (pipe2 (ends, O_CLOEXEC) != 0)
    return false;
  snprintf (mask, sizeof mask, "%" PRIx64, types);
  posix_spawn_file_actions_init (&actions);
  ok = posix_spawn_file_actions_addopen (&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0
       && posix_spawn_file_actions_addopen (&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) == 0
       && posix_spawn_file_actions_adddup2 (&actions, ends[1], STDOUT_FILENO) == 0
       && posix_spawn (child, "/proc/self/exe", &actions, NULL, arguments, environ) == 0;
  posix_spawn_file_actions_destroy (&actions);
  close (ends[1]);
  *answer = ends[0];
  if (!ok)
    close (ends[0]);
  return ok;
}

/* Reads what the child says until it ends; false if it is still there at `until`. */
static bool
listen_to (int answer, double until, char *out, size_t size)
{
  struct pollfd poller = { .fd = answer, .events = POLLIN };
  size_t used = 0;
  char rest[256];

  for (;;) {
    double left = until - now ();
    bool full = used + 1 >= size;
    ssize_t got;

    if (left <= 0)
      return false;
    if (poll (&poller, 1, (int) (left * 1000) + 1) <= 0)
      continue;
    got = read (answer, full ? rest : out + used, full ? sizeof rest : size - 1 - used);
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
      break;
    used += got > 0 && !full ? (size_t) got : 0;
    out[used] = '\0';
  }
  return true;
}

/* A driver may hold a process that cannot even be killed: it is left alone then. */
static bool
collect (pid_t child, int *status)
{
  for (int i = 0; i < 200; i++) {
    pid_t got = waitpid (child, status, WNOHANG);

    if (got == child)
      return true;
    if (got < 0 && errno != EINTR)
      return false;
    nanosleep (&(struct timespec) { .tv_nsec = 10000000 }, NULL);
  }
  return false;
}

/* Words for how a child ended; whether that is to be kept. */
static bool
judge (int status, char *problem, size_t size)
{
  int number = WIFSIGNALED (status) ? WTERMSIG (status) : 0;

  if (number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGKILL) {
    snprintf (problem, size, "the test of its driver was interrupted");
    return false;
  }
  if (number != 0)
    snprintf (problem, size, "its driver crashed when it was tested (signal %d)", number);
  else if (WEXITSTATUS (status) == EXIT_SUCCESS)
    problem[0] = '\0';
  else if (problem[0] == '\0')
    snprintf (problem, size, "its driver ended the program when it was tested");
  return WEXITSTATUS (status) != NOT_KEPT || number != 0;
}

/* Fills `verdict->problem`; returns whether the outcome is to be kept. */
static bool
run_test (const dd_card *card, uint64_t types, host_verdict *verdict)
{
  int seconds = card->software ? SECONDS_SOFTWARE : patience;
  char *problem = verdict->problem;
  size_t size = sizeof verdict->problem;
  int answer, status;
  pid_t child;
  bool ended;

  problem[0] = '\0';
  if (!start (card, types, &child, &answer)) {
    snprintf (problem, size, "the test of its driver could not be started");
    return false;
  }
  ended = listen_to (answer, now () + seconds, problem, size);
  close (answer);
  if (!ended)
    (void) kill (child, SIGKILL);
  if (!collect (child, &status) || !ended) {
    snprintf (problem, size, "its driver did not answer within %d seconds when it was tested",
              seconds);
    return true;
  }
  return judge (status, problem, size);
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
  if (can_test && say (&verdict, types, why) == DD_TRUST_UNKNOWN)
    find_out (card, types & ~verdict.types, user, &verdict);
  trust = say (&verdict, types, why);
  pthread_mutex_unlock (&one_at_a_time);
  return trust;
}
