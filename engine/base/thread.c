/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Threads inherit the signals that are held where they are started.
 */
#include "base/thread.h"

#include <signal.h>

int
dd_thread_start (pthread_t *out, void *(*run) (void *user), void *user)
{
  static const int own[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT };
  sigset_t held, before;
  int result;

  sigfillset (&held);
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
    sigdelset (&held, own[i]);
  pthread_sigmask (SIG_SETMASK, &held, &before);
  result = pthread_create (out, NULL, run, user);
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  return result;
}
