/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which device runs which steps of a plan.  The dry run and the loading are the
 * same code: what dd_places_find promises is what dd_places_load does.
 */
#pragma once

#include "run/devices.h"

/* A range of steps on one device. */
typedef struct dd_place {
  dd_device *device; /* borrowed; NULL: gone, and with it what was loaded */
  int which;         /* of the devices given to dd_places_find */
  dd_loaded *loaded; /* owned; NULL until loaded */
  size_t first, count;
  dd_measured measured;
} dd_place;

#define DD_RANGES (DD_PLACES + 1) /* the last device may have two */

/* Consecutive ranges that cover a plan. */
typedef struct dd_places {
  dd_place items[DD_RANGES];
  int count;
} dd_places;

/* Splits the plan of `request` (whose range and progress are not looked at) over
 * the devices in their order: each takes as many whole layers as its memory
 * holds.  A device that gets nothing is left out.  Where the last device is the host
 * and another comes before it, the host keeps the table of tokens, of which a batch
 * reads a few rows.  At most `card_layers` layers go to devices that are not the host:
 * for when they have been found to promise too much.  DD_ERROR_DEVICE_MEMORY says how much
 * is missing and what to do; nothing is placed then.  May run on any thread. */
DD_MUST_CHECK bool dd_places_find (dd_device *const *devices,
                                   int n_devices,
                                   int card_layers,
                                   const dd_request *request,
                                   dd_places *out,
                                   dd_error *error);

/* Loads every range, with the progress of all; nothing is left loaded when it
 * fails.  May run on any thread. */
DD_MUST_CHECK bool dd_places_load (dd_places *places, const dd_request *request, dd_error *error);
void dd_places_unload (dd_places *places);

/* The sum over devices and heaps. */
dd_memory dd_places_memory (const dd_places *places);

/* The bytes of a place, in all heaps of its device. */
uint64_t dd_place_bytes (const dd_place *place);
/* How many layers a place has. */
int dd_place_layers (const dd_place *place, const dd_plan *plan);
/* How many of the plan's layers are on devices that are there and not the host. */
int dd_places_card_layers (const dd_places *places, const dd_plan *plan);

/* Whether step `at` can begin on another device than the step before it: of all
 * buffers only X carries something over. */
bool dd_plan_can_cut (const dd_plan *plan, size_t at);
