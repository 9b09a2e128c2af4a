/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The folders for what a program keeps, where the XDG base directories say.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host.h"

typedef struct folder {
  char path[1024];
  bool exists;
} folder;

static folder cache, state;

/* All of the path; false with errno set. */
static bool
make_path (char *path)
{
  for (char *at = strchr (path + 1, '/'); at != NULL; at = strchr (at + 1, '/')) {
    *at = '\0';
    (void) mkdir (path, 0700);
    *at = '/';
  }
  return mkdir (path, 0700) == 0 || errno == EEXIST;
}

static void
make_folder (folder *self, const char *variable, const char *below_home)
{
  const char *base = getenv (variable);
  const char *home = getenv ("HOME");
  int length = -1;

  if (base != NULL && base[0] == '/')
    length = snprintf (self->path, sizeof self->path, "%s/dadam", base);
  else if (home != NULL && home[0] == '/')
    length = snprintf (self->path, sizeof self->path, "%s/%s/dadam", home, below_home);
  self->exists = length > 0 && (size_t) length < sizeof self->path && make_path (self->path);
}

static void
make_folders (void)
{
  make_folder (&cache, "XDG_CACHE_HOME", ".cache");
  make_folder (&state, "XDG_STATE_HOME", ".local/state");
}

static const char *
made (const folder *self)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;

  pthread_once (&once, make_folders);
  return self->exists ? self->path : NULL;
}

const char *
host_cache_folder (void)
{
  return made (&cache);
}

const char *
host_state_folder (void)
{
  return made (&state);
}
