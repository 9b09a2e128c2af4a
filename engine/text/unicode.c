/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Character classes, looked up in a sorted table of where each begins.
 */
#include "text/unicode.h"

#include "text/unicode_table.h"

dd_class
dd_class_of (uint32_t character)
{
  uint32_t low = 0, high = sizeof class_starts / sizeof *class_starts;

  while (high - low > 1) {
    uint32_t middle = low + (high - low) / 2;

    if (class_starts[middle] >> 2 <= character)
      low = middle;
    else
      high = middle;
  }
  return (dd_class) (class_starts[low] & 3);
}
