/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The cache folder, where the XDG base directories say.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host.h"

static char folder[1024];
static bool exists;

static void
make_folder (void)
{
  const char *base = getenv ("XDG_CACHE_HOME");
  const char *home = getenv ("HOME");

  if (base != NULL && base[0] == '/')
    snprintf (folder, sizeof folder - 8, "%s", base);
  else if (home != NULL && home[0] == '/')
    snprintf (folder, sizeof folder - 8, "%s/.cache", home);
  else
    return;
  (void) mkdir (folder, 0700);
  strcat (folder, "/dadam");
  exists = mkdir (folder, 0700) == 0 || errno == EEXIST;
}

const char *
host_cache_folder (void)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;

  pthread_once (&once, make_folder);
  return exists ? folder : NULL;
}
