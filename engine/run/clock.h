/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Time for measuring; it never decides what is computed.
 */
#pragma once

#include <time.h>

static inline double
dd_now (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}
