/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A lost device: opened anew once for each answer, with everything that was on
 * it.  What sessions had computed is gone; their tokens are not, and computing
 * them again gives the same.  And a card whose memory does not suffice any more: the
 * model is loaded anew with fewer layers there, and its sessions compute again too.
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

/* Sends a running session back to reading and tells it why. */
static void
restart (dd_runner *runner, dd_session *session, dd_event_kind kind, const dd_error *why)
{
  dd_runner_unqueue (runner, session);
  session->state = DD_SESSION_READING;
  dd_runner_queue (runner, session);
  dd_session_tell (session, kind, why);
}

/* Restarts a session whose device was opened anew, or ends it if it lost it before. */
static void
restart_lost (dd_runner *runner, dd_session *session, const char *name)
{
  dd_error error;

  if (++session->losses > 1) {
    dd_fail (&error, DD_ERROR_DEVICE_LOST,
             "%s stopped answering twice; choose another device, such as the CPU", name);
    dd_session_finish (session, DD_STOP_ERROR, &error);
  } else {
    dd_fail (&error, DD_ERROR_DEVICE_LOST, "%s stopped answering and was opened anew", name);
    restart (runner, session, DD_EVENT_LOST, &error);
  }
}

/* The next session that is to start over.  Events may change the list, so each search
 * starts at its beginning. */
static dd_session *
next_to_restart (const dd_runner *runner)
{
  for (dd_session *s = runner->sessions; s != NULL; s = s->next)
    if (s->restart && s->state != DD_SESSION_IDLE)
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
    s->restart = dd_ready_uses (s->ready, lost);
  while ((session = next_to_restart (runner)) != NULL) {
    session->restart = false;
    if (session->ready->gone)
      dd_session_finish (session, DD_STOP_ERROR, &session->ready->gone_error);
    else
      restart_lost (runner, session, name);
  }
  return true;
}

/* ---- a card without memory ---------------------------------------------- */

/* What the device said first, and how it goes on; also for whoever asks later. */
static void
word_move (dd_ready *ready, const dd_error *short_of, dd_error *out)
{
  int layers = dd_places_card_layers (&ready->places, ready->plan);

  dd_fail (out, DD_ERROR_DEVICE_MEMORY, "%.*s; %d of the model's %d layers are left there",
           (int) strcspn (short_of->text, ";"), short_of->text, layers, ready->plan->n_layers);
  memcpy (ready->chosen.passed_over, out->text, sizeof ready->chosen.passed_over);
}

bool
dd_runner_make_room (dd_runner *runner, dd_ready *ready, const dd_error *short_of)
{
  dd_session *session;
  dd_error moved;

  if (!dd_ready_may_shrink (ready))
    return false;
  for (dd_session *s = runner->sessions; s != NULL; s = s->next) {
    s->restart = s->ready == ready;
    if (s->restart)
      dd_session_forget (s);
  }
  dd_ready_shrink (ready);
  word_move (ready, short_of, &moved);
  while ((session = next_to_restart (runner)) != NULL) {
    session->restart = false;
    if (ready->gone)
      dd_session_finish (session, DD_STOP_ERROR, &ready->gone_error);
    else
      restart (runner, session, DD_EVENT_MOVED, &moved);
  }
  return true;
}
