/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A lost device: opened anew once for each answer, with everything that was on
 * it.  What sessions had computed is gone; their tokens are not, and computing
 * them again gives the same.
 */
#include <string.h>

#include "run/scheduler.h"

static unsigned
lost_sources (const dd_ready *ready)
{
  unsigned lost = 0;

  for (int i = 0; i < ready->places.count; i++) {
    const dd_place *place = &ready->places.items[i];

    if (place->device != NULL && dd_device_lost (place->device))
      lost |= 1u << ready->chosen.sources[place->which];
  }
  return lost;
}

/* Of the first that was lost. */
static void
name_lost (dd_devices *devices, unsigned lost, char *out)
{
  dd_caps caps;
  int source = 0;

  while (!(lost >> source & 1))
    source++;
  dd_device_caps (devices->opened[source], &caps);
  memcpy (out, caps.name, sizeof caps.name);
}

static void
forget_sessions (dd_runner *runner, unsigned lost)
{
  for (dd_session *s = runner->sessions; s != NULL; s = s->next)
    if (dd_ready_uses (s->ready, lost))
      dd_session_forget (s);
}

/* Puts the model's devices back in place. */
static void
reload (dd_ready *ready)
{
  ready->gone = !dd_ready_reload (ready, &ready->gone_error);
}

/* Sends a running session back to reading, or ends it if it lost its device
 * before. */
static void
restart (dd_runner *runner, dd_session *session, const char *lost_name)
{
  dd_error error;

  if (session->ready->gone) {
    error = session->ready->gone_error;
    dd_session_finish (session, DD_STOP_ERROR, &error);
  } else if (++session->losses > 1) {
    dd_fail (&error, DD_ERROR_DEVICE_LOST,
             "%s stopped answering twice; choose another device, such as the CPU", lost_name);
    dd_session_finish (session, DD_STOP_ERROR, &error);
  } else {
    dd_runner_unqueue (runner, session);
    session->state = DD_SESSION_READING;
    dd_runner_queue (runner, session);
    dd_fail (&error, DD_ERROR_DEVICE_LOST, "%s stopped answering and was opened anew", lost_name);
    dd_session_tell_lost (session, &error);
  }
}

/* The first running session of such a model that has not been restarted yet.
 * Events may change the list, so each search starts over. */
static dd_session *
next_affected (const dd_runner *runner, unsigned lost)
{
  for (dd_session *s = runner->sessions; s != NULL; s = s->next)
    if (s->state != DD_SESSION_IDLE && s->restart && dd_ready_uses (s->ready, lost))
      return s;
  return NULL;
}

bool
dd_runner_recover (dd_runner *runner, const dd_ready *ready)
{
  unsigned lost = lost_sources (ready);
  dd_devices *devices = runner->devices;
  char name[sizeof ((dd_caps *) 0)->name];
  dd_session *session;
  dd_error ignored;

  if (lost == 0)
    return false;
  name_lost (devices, lost, name);
  pthread_rwlock_wrlock (&devices->in_use);
  forget_sessions (runner, lost);
  for (dd_ready *r = runner->models; r != NULL; r = r->next)
    if (dd_ready_uses (r, lost))
      dd_ready_unload (r, lost);
  /* A device that does not open again is told of by the loading below. */
  for (int i = 0; i < devices->count; i++)
    if (lost >> i & 1)
      (void) !dd_devices_reopen (devices, i, &ignored);
  for (dd_ready *r = runner->models; r != NULL; r = r->next)
    if (dd_ready_uses (r, lost))
      reload (r);
  pthread_rwlock_unlock (&devices->in_use);
  for (dd_session *s = runner->sessions; s != NULL; s = s->next)
    s->restart = s->state != DD_SESSION_IDLE;
  while ((session = next_affected (runner, lost)) != NULL) {
    session->restart = false;
    restart (runner, session, name);
  }
  return true;
}
