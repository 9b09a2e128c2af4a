/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A driver in trouble: functions between a device and the machine's own driver that
 * refuse memory, lose the device or lack a feature when told to.  In a test they are
 * called through dd_vulkan_options.intercept, for a whole program through
 * trouble-layer.c.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* So many calls go well, then so many fail; 0 times: none does. */
typedef struct trouble_fate {
  int after;
  int times;
} trouble_fate;

typedef struct trouble {
  trouble_fate memory;      /* allocations that are refused */
  bool of_host;             /* for want of the computer's memory, not of the card's */
  trouble_fate submissions; /* submissions in which the device is lost */
  trouble_fate waits;       /* the same while it is waited for */
  bool no_addresses;        /* the feature bufferDeviceAddress is missing */
  bool no_shuffles;         /* subgroups do not shuffle */
  bool twice;               /* every device is listed twice */
  uint64_t most;            /* bytes of one allocation; 0: what the driver says */
  uint64_t heap;            /* bytes that every heap has; 0: what the driver says */
  uint64_t budget;          /* of them that it promises */
  bool decoy;               /* the first type of memory is one that no buffer may have */
  int decoyed;              /* allocations of that type */
  int submitted;            /* submissions so far */
  uint64_t kept;            /* bytes of compiled programs that a device was last opened with */
  void (*ask) (void);       /* called before every allocation and submission; NULL: nobody is */
} trouble;

extern trouble troubles;

/* For dd_vulkan_options.intercept; of devices of one driver. */
void *trouble_intercept (const char *name, void *function, void *user);
