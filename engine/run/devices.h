/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The devices of one engine: opened when first asked for, found by the names
 * people type, opened anew when lost.  Knows how to open a device only through
 * the sources it is given.
 */
#pragma once

#include <pthread.h>

#include "device/device.h"

#define DD_SOURCES DD_DEVICES /* one for each device */
#define DD_PLACES 8           /* devices of a list at most */

/* Where a device comes from. */
typedef struct dd_source {
  const char *id; /* what people type; static */
  const char *uuid; /* what they may type instead; NULL: nothing else */
  bool (*open) (void *user, dd_device **out, dd_error *error);
  /* Whether it may be used for weights of these types, a mask of 1 << dd_type; false
   * says why not.  With `test` it may be put to the test first, which takes seconds; without,
   * it may be used unless it is known that it may not.  NULL: it may. */
  bool (*trust) (void *user, uint64_t types, bool test, dd_error *error);
  void *user;
  bool hidden;    /* never chosen unless named */
  bool takes_rest; /* chosen together with another, for what does not fit there */
} dd_source;

typedef struct dd_devices {
  pthread_mutex_t mutex;   /* guards `opened` */
  pthread_rwlock_t in_use; /* read: a device is being used by another thread than the engine's;
                              write: one is being replaced */
  int count;
  dd_source sources[DD_SOURCES];
  dd_device *opened[DD_SOURCES]; /* owned; NULL until asked for */
} dd_devices;

/* `sources` are copied; `count` is at most DD_SOURCES. */
DD_MUST_CHECK bool dd_devices_init (dd_devices *devices,
                                    const dd_source *sources,
                                    int count,
                                    dd_error *error);
/* Everything loaded on them is unloaded before. */
void dd_devices_clear (dd_devices *devices);

/* The device of a source, opened if it is not yet.  A failure is not kept: the
 * next call tries again.  Any thread. */
DD_MUST_CHECK bool dd_devices_get (dd_devices *devices,
                                   int source,
                                   dd_device **out,
                                   dd_error *error);

typedef struct dd_chosen {
  int sources[DD_PLACES]; /* by number, the first to fill first */
  int count;
  char passed_over[DD_ERROR_TEXT]; /* the first that was not hidden and could not be used, and
                                      why; "": none */
} dd_chosen;

/* "cpu" or "vulkan:0,cpu": the sources in the order of the list, which must all open
 * and be trusted with weights of `types`, else DD_ERROR_NO_DEVICE; NULL or "": the first that is not hidden, is
 * trusted and opens, and one that takes the rest.  `test`: see dd_source.  Any thread. */
DD_MUST_CHECK bool dd_devices_choose (dd_devices *devices,
                                      const char *list,
                                      uint64_t types,
                                      bool test,
                                      dd_chosen *out,
                                      dd_error *error);

/* Frees a lost device, of which everything is unloaded, and opens it again.
 * With `in_use` locked for writing. */
DD_MUST_CHECK bool dd_devices_reopen (dd_devices *devices, int source, dd_error *error);
