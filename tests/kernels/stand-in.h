/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Functions that stand between a device and the machine's own driver.
 */
#pragma once

#include <string.h>

/* In a function (name, function) that chooses who answers to `name`: `mine_` does, and finds
 * the driver's own in `real_`. */
#define STAND_IN(name_, real_, mine_)                                                              \
  if (strcmp (name, name_) == 0) {                                                                 \
    real_ = (__typeof__ (real_)) function;                                                         \
    return (__typeof__ (function)) mine_;                                                          \
  }
