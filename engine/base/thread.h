/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Starting threads of the engine.
 */
#pragma once

#include <pthread.h>

/* pthread_create of a thread that takes no signals but those it causes itself: the program
 * waits for the others in threads of its own.  0, or an errno.  Any thread. */
int dd_thread_start (pthread_t *out, void *(*run) (void *user), void *user);
