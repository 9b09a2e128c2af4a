/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writes every specimen and its text into a folder, for tests/golden/models.py.
 */
#include <stdio.h>

#include "check.h"
#include "specimens.h"

int
main (int argc, char **argv)
{
  if (argc != 2) {
    fprintf (stderr, "usage: write-specimens FOLDER\n");
    return 2;
  }
  for (int i = 0; i < n_specimens; i++) {
    char path[4096];
    dd_error error;

    snprintf (path, sizeof path, "%s/%s.gguf", argv[1], specimens[i].name);
    REQUIRE_OK (specimen_write (i, path, &error), error);
    printf ("%s", specimens[i].name);
    for (int t = 0; t < SPECIMEN_TOKENS; t++)
      printf (" %d", (int) specimen_token (i, t));
    printf ("\n");
  }
  return 0;
}
