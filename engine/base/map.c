/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Read-only maps of files, and the SIGBUS handler that keeps a file cut short
 * while in use from ending the program.
 *
 * The handler looks maps up in a fixed table, as it may neither lock nor allocate; a map
 * is a place in it, so that another thread's closing takes nothing away that is read here.
 */
#include "base/map.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAPS 512

struct dd_map {
  atomic_bool taken;
  _Atomic (uint8_t *) data; /* NULL: not open */
  atomic_size_t size;
  atomic_bool broken;
};

static dd_map maps[MAPS];
static struct sigaction before;
static size_t page_size;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The map that holds `address`, counting the rest of its last page. */
static dd_map *
map_at (const uint8_t *address)
{
  for (int i = 0; i < MAPS; i++) {
    const uint8_t *data = atomic_load (&maps[i].data);
    size_t size = atomic_load (&maps[i].size);

    /* The size is of that data unless the place has been given to another map meanwhile. */
    if (data != NULL && address >= data
        && (size_t) (address - data) / page_size <= (size - 1) / page_size
        && atomic_load (&maps[i].data) == data)
      return &maps[i];
  }
  return NULL;
}

static void
pass_on (int number, siginfo_t *info, void *context)
{
  if (before.sa_flags & SA_SIGINFO)
    before.sa_sigaction (number, info, context);
  else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
    before.sa_handler (number);
  else
    sigaction (number, &before, NULL); /* the fault happens again and is fatal */
}

static void
bus_error (int number, siginfo_t *info, void *context)
{
  int saved = errno;
  uint8_t *address = info->si_addr;
  dd_map *map = map_at (address);
  uint8_t *page;

  if (map != NULL) {
    page = address - (uintptr_t) address % page_size;
    atomic_store (&map->broken, true);
    if (mmap (page, page_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page) {
      errno = saved;
      return;
    }
  }
  pass_on (number, info, context);
  errno = saved;
}

static void
install (void)
{
  struct sigaction action = { .sa_sigaction = bus_error, .sa_flags = SA_SIGINFO | SA_NODEFER };

  page_size = (size_t) sysconf (_SC_PAGESIZE);
  sigemptyset (&action.sa_mask);
  sigaction (SIGBUS, &action, &before);
}

/* NULL: all are taken. */
static dd_map *
take_place (void)
{
  for (int i = 0; i < MAPS; i++) {
    bool taken = false;

    if (atomic_compare_exchange_strong (&maps[i].taken, &taken, true))
      return &maps[i];
  }
  return NULL;
}

/* Opens a regular file for reading and tells its size. */
static bool
open_file (const char *path, int *descriptor, size_t *size, dd_error *error)
{
  struct stat status;
  int opened = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

  if (opened < 0)
    return dd_fail_errno (error, errno, "cannot open", path);
  if (fstat (opened, &status) != 0) {
    dd_fail_errno (error, errno, "cannot look at", path);
  } else if (!S_ISREG (status.st_mode)) {
    dd_fail (error, DD_ERROR_IO, "“%s” is not a file", path);
  } else if (status.st_size == 0) {
    dd_fail (error, DD_ERROR_FORMAT, "“%s” is empty", path);
  } else if ((uint64_t) status.st_size > PTRDIFF_MAX) {
    dd_fail (error, DD_ERROR_IO, "“%s” is too large for this system", path);
  } else {
    *descriptor = opened;
    *size = (size_t) status.st_size;
    return true;
  }
  close (opened);
  return false;
}

/* What is not in memory yet is then read in pages of 2 MiB where the file system has such
 * (ext4 since Linux 6.16, XFS), and stays the kernel's cache: a model's weights are gone
 * through once a token, and looking up small pages costs a tenth of that time.  Elsewhere
 * nothing changes. */
static void
use_large_pages (void *data, size_t size)
{
  madvise (data, size, MADV_HUGEPAGE);
}

bool
dd_map_open (const char *path, dd_map **out, dd_error *error)
{
  int descriptor = -1;
  size_t size = 0;
  void *data;
  dd_map *map;

  pthread_once (&once, install);
  if (!open_file (path, &descriptor, &size, error))
    return false;
  data = mmap (NULL, size, PROT_READ, MAP_SHARED, descriptor, 0);
  if (data == MAP_FAILED)
    dd_fail_errno (error, errno, "cannot map", path);
  else
    use_large_pages (data, size);
  close (descriptor);
  if (data == MAP_FAILED)
    return false;

  map = take_place ();
  if (map == NULL) {
    munmap (data, size);
    return dd_fail (error, DD_ERROR_ARGUMENT, "more than %d files are open at once", MAPS);
  }
  atomic_store (&map->broken, false);
  atomic_store (&map->size, size);
  atomic_store (&map->data, data);
  *out = map;
  return true;
}

void
dd_map_close (dd_map **map)
{
  dd_map *self = *map;

  if (self == NULL)
    return;
  munmap (atomic_exchange (&self->data, NULL), atomic_load (&self->size));
  atomic_store (&self->taken, false);
  *map = NULL;
}

const uint8_t *
dd_map_data (const dd_map *map)
{
  return atomic_load_explicit (&map->data, memory_order_relaxed);
}

uint64_t
dd_map_size (const dd_map *map)
{
  return atomic_load_explicit (&map->size, memory_order_relaxed);
}

bool
dd_map_broken (const dd_map *map)
{
  return atomic_load_explicit (&map->broken, memory_order_relaxed);
}
