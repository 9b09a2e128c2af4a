/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A shim (LD_PRELOAD) that keeps a second tree beside the first: what a loss of
 * power would leave for sure.  $POWER_LIVE is the tree the program works in,
 * $POWER_KEPT the other.  Bytes get there when their file is synced; names, removals
 * and renames when their folder is.  $POWER_ROOM is how many bytes the disk has.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t written;

/* Files that were cut: what is kept from there on is no longer theirs. */
static struct {
  ino_t inode;
  off_t from;
} cuts[64];
static int n_cuts;

static off_t
cut_of (ino_t inode, off_t size)
{
  for (int i = 0; i < n_cuts; i++)
    if (cuts[i].inode == inode && cuts[i].from < size) {
      size = cuts[i].from;
      cuts[i].inode = 0;
    }
  return size;
}

/* The path of a descriptor's file below the live tree, or false. */
static int
below_live (int fd, char *relative)
{
  const char *live = getenv ("POWER_LIVE");
  char link[64], path[PATH_MAX];
  ssize_t n;

  snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  n = readlink (link, path, sizeof path - 1);
  if (live == NULL || n <= 0)
    return 0;
  path[n] = '\0';
  if (strncmp (path, live, strlen (live)) != 0 || path[strlen (live)] != '/')
    return strcmp (path, live) == 0 ? (strcpy (relative, ""), 1) : 0;
  strcpy (relative, path + strlen (live) + 1);
  return 1;
}

/* Where an inode's durable bytes are, whatever it is called. */
static void
kept_inode (const struct stat *info, char *path)
{
  snprintf (path, PATH_MAX, "%s.inodes/%lu", getenv ("POWER_KEPT"), (unsigned long) info->st_ino);
}

static void
copy_bytes (int fd, const char *to)
{
  static char piece[1 << 20];
  struct stat info, have = { 0 };
  int out = open (to, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  int in;
  char link[64];

  snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  in = open (link, O_RDONLY | O_CLOEXEC);
  if (in < 0 || out < 0 || fstat (in, &info) != 0 || fstat (out, &have) != 0)
    abort ();
  /* Large files here are cut or grow: what is kept is not copied again. */
  for (off_t at = info.st_size > 65536 ? cut_of (info.st_ino, have.st_size) : 0;
       at < info.st_size;) {
    ssize_t n = pread (in, piece, sizeof piece, at);

    if (n <= 0 || pwrite (out, piece, (size_t) n, at) != n)
      abort ();
    at += n;
  }
  if (((int (*) (int, off_t)) dlsym (RTLD_NEXT, "ftruncate")) (out, info.st_size) != 0)
    abort ();
  close (in);
  close (out);
}

static void
keep_file (int fd, const char *relative)
{
  struct stat info;
  char inode[PATH_MAX];

  (void) relative;
  if (fstat (fd, &info) != 0 || !S_ISREG (info.st_mode))
    return;
  kept_inode (&info, inode);
  copy_bytes (fd, inode);
}

/* Names that the live folder has no more. */
static void
drop_names (const char *live, const char *kept)
{
  char from[3 * PATH_MAX], to[3 * PATH_MAX];
  struct dirent *entry;
  DIR *dir = opendir (kept);

  while (dir != NULL && (entry = readdir (dir)) != NULL) {
    snprintf (from, sizeof from, "%s/%s", live, entry->d_name);
    snprintf (to, sizeof to, "%s/%s", kept, entry->d_name);
    if (entry->d_type == DT_REG && access (from, F_OK) != 0)
      unlink (to);
  }
  if (dir != NULL)
    closedir (dir);
}

/* Gives what is durable of a file a name, in place of what had it: one step, since we may
 * be killed between two. */
static void
keep_name (const struct stat *info, const char *kept, const char *name)
{
  char inode[PATH_MAX], to[3 * PATH_MAX], beside[PATH_MAX + 16];

  kept_inode (info, inode);
  if (access (inode, F_OK) != 0)
    close (open (inode, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
  snprintf (to, sizeof to, "%s/%s", kept, name);
  snprintf (beside, sizeof beside, "%s.name", inode);
  unlink (beside);
  if (link (inode, beside) != 0 || rename (beside, to) != 0)
    abort ();
  unlink (beside);
}

/* The names of a folder as they are now, each with what is durable of its file. */
static void
keep_folder (const char *relative)
{
  char live[2 * PATH_MAX], kept[2 * PATH_MAX], path[3 * PATH_MAX];
  struct dirent *entry;
  struct stat info;
  DIR *dir;

  snprintf (live, sizeof live, "%s/%s", getenv ("POWER_LIVE"), relative);
  snprintf (kept, sizeof kept, "%s/%s", getenv ("POWER_KEPT"), relative);
  mkdir (kept, 0755);
  dir = opendir (live);
  while (dir != NULL && (entry = readdir (dir)) != NULL) {
    snprintf (path, sizeof path, "%s/%s", live, entry->d_name);
    if (entry->d_name[0] == '.' || stat (path, &info) != 0)
      continue;
    if (!S_ISDIR (info.st_mode)) {
      keep_name (&info, kept, entry->d_name);
      continue;
    }
    snprintf (path, sizeof path, "%s/%s", kept, entry->d_name);
    mkdir (path, 0755);
  }
  if (dir != NULL)
    closedir (dir);
  drop_names (live, kept);
}

static int
keep (int fd, int result)
{
  char relative[PATH_MAX];
  struct stat info;
  int saved = errno;

  pthread_mutex_lock (&lock);
  if (result == 0 && getenv ("POWER_KEPT") != NULL && below_live (fd, relative)
      && fstat (fd, &info) == 0) {
    if (S_ISDIR (info.st_mode))
      keep_folder (relative);
    else
      keep_file (fd, relative);
  }
  pthread_mutex_unlock (&lock);
  errno = saved;
  return result;
}

int
fsync (int fd)
{
  int (*real) (int) = (int (*) (int)) dlsym (RTLD_NEXT, "fsync");

  return keep (fd, real (fd));
}

int
fdatasync (int fd)
{
  int (*real) (int) = (int (*) (int)) dlsym (RTLD_NEXT, "fdatasync");

  return keep (fd, real (fd));
}

ssize_t
pwrite (int fd, const void *bytes, size_t length, off_t at)
{
  ssize_t (*real) (int, const void *, size_t,
                   off_t) = (ssize_t (*) (int, const void *, size_t, off_t)) dlsym (RTLD_NEXT,
                                                                                    "pwrite");
  const char *room = getenv ("POWER_ROOM");
  char relative[PATH_MAX];

  if (room != NULL && below_live (fd, relative)
      && __atomic_add_fetch (&written, (int64_t) length, __ATOMIC_RELAXED) > atoll (room)) {
    errno = ENOSPC;
    return -1;
  }
  return real (fd, bytes, length, at);
}

int
ftruncate (int fd, off_t length)
{
  int (*real) (int, off_t) = (int (*) (int, off_t)) dlsym (RTLD_NEXT, "ftruncate");
  struct stat info;

  pthread_mutex_lock (&lock);
  if (fstat (fd, &info) == 0) {
    if (n_cuts == sizeof cuts / sizeof *cuts)
      abort ();
    cuts[n_cuts].inode = info.st_ino;
    cuts[n_cuts++].from = length;
  }
  pthread_mutex_unlock (&lock);
  return real (fd, length);
}

int
fallocate (int fd, int mode, off_t at, off_t length)
{
  (void) fd, (void) mode, (void) at, (void) length;
  errno = EOPNOTSUPP;
  return -1;
}
