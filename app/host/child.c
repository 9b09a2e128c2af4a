/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Starting the child, listening to it, and collecting it.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define AFTER_KILL 2 /* seconds */

extern char **environ;

static bool is_allowed; /* written once, before any thread */

void
host_child_allow (void)
{
  is_allowed = true;
}

bool
host_child_is_allowed (void)
{
  return is_allowed;
}

/* ---- the child --------------------------------------------------------- */

/* Nothing that a driver writes is taken for the answer, and no core is dumped. */
FILE *
host_child_settle (void)
{
  const struct rlimit none = { 0, 0 };
  FILE *out = fdopen (dup (STDOUT_FILENO), "w");

  (void) !dup2 (STDERR_FILENO, STDOUT_FILENO);
  (void) setrlimit (RLIMIT_CORE, &none);
  (void) prctl (PR_SET_PDEATHSIG, SIGKILL);
  return out;
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
start (char *const *arguments, pid_t *child, int *answer)
{
  posix_spawn_file_actions_t actions;
  int ends[2];
  bool ok;

  if (pipe2 (ends, O_CLOEXEC) != 0)
    return false;
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

/* False if it is still there at `until`. */
static bool
collect (pid_t child, double until, int *status)
{
  do {
    pid_t got = waitpid (child, status, WNOHANG);

    if (got == child)
      return true;
    if (got < 0 && errno != EINTR)
      return false;
    nanosleep (&(struct timespec) { .tv_nsec = 10000000 }, NULL);
  } while (now () < until);
  return false;
}

host_end
host_child_run (char *const *arguments, int seconds, char *said, size_t size)
{
  double until = now () + seconds;
  host_end end = { 0 };
  int answer;
  pid_t child;

  said[0] = '\0';
  end.started = start (arguments, &child, &answer);
  if (!end.started)
    return end;
  /* What has said everything may still take its time to end. */
  end.ended = listen_to (answer, until, said, size) && collect (child, until, &end.status);
  close (answer);
  if (end.ended)
    return end;
  (void) kill (child, SIGKILL);
  /* A driver may hold a process that cannot even be killed: it is left alone then. */
  (void) collect (child, now () + AFTER_KILL, &end.status);
  return end;
}
