/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The weights of a model on the processor come into memory by themselves once it is
 * open, before anybody asks it anything; and it may be closed while they come.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "dadam/engine.h"
#include "tiny.h"

#define PATIENCE 60 /* seconds, for a slow disk */

static dd_error error;

/* A file of ours that is looked at from outside. */
typedef struct looked_at {
  int file;
  void *map; /* never touched */
  size_t size, page, pages;
  unsigned char *there;
} looked_at;

static void
look_at (const char *path, looked_at *out)
{
  struct stat status;

  out->file = open (path, O_RDWR);
  CHECK (out->file >= 0 && fstat (out->file, &status) == 0);
  out->size = (size_t) status.st_size;
  out->page = (size_t) sysconf (_SC_PAGESIZE);
  out->pages = (out->size + out->page - 1) / out->page;
  out->map = mmap (NULL, out->size, PROT_READ, MAP_SHARED, out->file, 0);
  out->there = calloc (out->pages, 1);
  CHECK (out->map != MAP_FAILED && out->there != NULL);
}

/* Which part of the file is in memory. */
static double
share (const looked_at *self)
{
  size_t count = 0;

  CHECK (mincore (self->map, self->size, self->there) == 0);
  for (size_t i = 0; i < self->pages; i++)
    count += self->there[i] & 1;
  return (double) count / (double) self->pages;
}

static bool
push_out (const looked_at *self)
{
  CHECK (fsync (self->file) == 0);
  CHECK (posix_fadvise (self->file, 0, 0, POSIX_FADV_DONTNEED) == 0);
  return share (self) < 0.1;
}

static bool
await_all (const looked_at *self)
{
  time_t end = time (NULL) + PATIENCE;

  while (share (self) < 0.99 && time (NULL) < end)
    nanosleep (&(struct timespec) { .tv_nsec = 10000000 }, NULL);
  return share (self) >= 0.99;
}

int
main (void)
{
  tiny model = {
    .layers = 4, .width = 512, .heads = 8, .kv_heads = 8, .hidden = 1024, .zeros = true
  };
  char *path = tiny_file (&model, "ahead.gguf");
  dd_model_options options = { .devices = "cpu" };
  dd_engine *engine;
  dd_model *opened;
  looked_at file;

  look_at (path, &file);
  if (!push_out (&file))
    return CHECK_SKIP; /* a file system in memory */
  REQUIRE_OK (dd_engine_open (&(dd_engine_options) { .threads = 1 }, &engine, &error), error);
  REQUIRE_OK (dd_model_open (engine, path, &options, &opened, &error), error);
  CHECK_MSG (await_all (&file), "%.2f of the file is in memory", share (&file));
  dd_model_close (&opened);
  CHECK (push_out (&file));
  REQUIRE_OK (dd_model_open (engine, path, &options, &opened, &error), error);
  dd_model_close (&opened);
  dd_engine_close (&engine);
  free (file.there);
  free (path);
  return check_done ();
}
