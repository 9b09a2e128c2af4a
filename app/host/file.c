/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reads by the C library alone.
 */
#include <stdio.h>

#include "file.h"

bool
host_read_file (const char *path, char *out, size_t size)
{
  FILE *file = fopen (path, "rbe");
  size_t got = file != NULL ? fread (out, 1, size - 1, file) : 0;

  if (file != NULL)
    fclose (file);
  out[got] = '\0';
  return got > 0;
}
