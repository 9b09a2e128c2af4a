/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A device for tests that is everything a graphics card may be and a processor
 * is not: it runs on its own time, keeps pages and activations in forms and
 * places of its own, runs out of memory, and gets lost.  Its arithmetic is the
 * reference's, rounded to 16 bits between steps.
 */
#pragma once

#include "device/device.h"

DD_MUST_CHECK bool awkward_open (dd_device **out, dd_error *error);

/* Every step takes at least so long (a cancellation cuts it short). */
void awkward_set_delay (dd_device *device, int milliseconds);

/* The n-th (from 1) of the following load, work_new and growing pages_resize
 * fails with DD_ERROR_DEVICE_MEMORY, once; 0: none does. */
void awkward_fail_memory (dd_device *device, int n);

/* The n-th (from 1) of the following waits loses the device; 0: none does. */
void awkward_lose (dd_device *device, int n);

/* Steps that its thread has finished since it was opened. */
int awkward_steps_done (dd_device *device);
