/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who is worked on next.  A slice is one decode pass of the sessions of one
 * model, or some steps of one session's prompt.  The order never changes a
 * result: that is the devices' promise; it only changes who waits.
 */
#pragma once

#include "run/devices.h"
#include "run/session.h"

/* Sessions in one state, the next to be worked on first. */
typedef struct dd_queue {
  dd_session *first, *last;
} dd_queue;

struct dd_runner {
  dd_devices *devices;   /* borrowed */
  pthread_mutex_t mutex; /* guards `models` */
  dd_ready *models;      /* linked by `next` */
  /* the engine thread's */
  dd_session *sessions;  /* all, linked by `next` */
  dd_queue reading, making;
  bool working;          /* inside dd_runner_work */
  double credit;         /* seconds that prompts may take before the next decode pass */
  double prompt_at;      /* when a prompt had its last slice */
};

DD_MUST_CHECK bool dd_runner_init (dd_runner *runner, dd_devices *devices, dd_error *error);
/* Every model of it is freed before. */
void dd_runner_clear (dd_runner *runner);

/* Models come and go.  Any thread. */
void dd_runner_add (dd_runner *runner, dd_ready *ready);
void dd_runner_remove (dd_runner *runner, dd_ready *ready);

/* Sessions come and go; a running one is taken out of its queue. */
void dd_runner_enlist (dd_runner *runner, dd_session *session);
void dd_runner_leave (dd_runner *runner, dd_session *session);
/* Puts a session at the end of the queue of its state, or takes it out. */
void dd_runner_queue (dd_runner *runner, dd_session *session);
void dd_runner_unqueue (dd_runner *runner, dd_session *session);

/* One slice; returns whether any session is still running. */
bool dd_runner_work (dd_runner *runner);

/* Opens the lost devices of a model anew and loads what was on them, of every
 * model; sessions start over.  False if none is lost. */
bool dd_runner_recover (dd_runner *runner, const dd_ready *lost);

/* Loads a model for whose pages or passes a card has no memory left with fewer layers there;
 * its sessions start over.  False: there is nowhere to go.  `short_of` says what failed. */
bool dd_runner_make_room (dd_runner *runner, dd_ready *ready, const dd_error *short_of);
