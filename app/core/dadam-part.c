/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is there of a file is trusted as far as its marks say, which are compared with
 * what is really there; a DadamWriter does the rest.
 */
#include "config.h"

#include "dadam-part.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "dadam-disk.h"
#include "dadam-writer.h"

#define BLOCK DADAM_WRITER_BLOCK

struct _DadamPart {
  /* Owned. */
  char *final;
  char *part_path, *marks_path, *facts_path;
  DadamFacts *facts;
  DadamHash *hash;     /* of what was found; then the writer's */
  DadamWriter *writer; /* %NULL: not open yet */

  int fd, marks_fd;
  gint64 found; /* bytes that were there and right */
};

/* ---- files ------------------------------------------------------------- */

static char *
beside (const char *final, const char *ending)
{
  return g_strconcat (final, ending, NULL);
}

/* (transfer full): the name of the facts of a file that is not whole. */
char *
dadam_part_facts_path (const char *final)
{
  return beside (final, ".part.json");
}

/* Bytes that seem to be there of a file that is not whole; what of them is right, only
 * dadam_part_open() knows. */
gint64
dadam_part_peek (const char *final)
{
  g_autofree char *path = beside (final, ".part");
  GStatBuf info;

  return g_stat (path, &info) == 0 ? info.st_size : 0;
}

/* How much of @size the disk does not hold yet, neither written nor reserved. */
gint64
dadam_part_get_missing (const char *final, gint64 size)
{
  g_autofree char *path = beside (final, ".part");
  GStatBuf info;

  return g_stat (path, &info) == 0 ? MAX (0, size - (gint64) info.st_blocks * 512) : size;
}

/**
 * dadam_part_discard:
 *
 * Removes all that there is of a file that is not whole.
 */
void
dadam_part_discard (const char *final)
{
  static const char *const endings[] = { ".part", ".part.marks", ".part.json" };

  for (guint i = 0; i < G_N_ELEMENTS (endings); i++) {
    g_autofree char *path = beside (final, endings[i]);

    g_unlink (path);
  }
}

/**
 * dadam_part_announce:
 *
 * Notes that a file is wanted, before a byte of it is there.
 */
gboolean
dadam_part_announce (const char *final, const DadamFacts *facts, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (final);
  g_autofree char *path = dadam_part_facts_path (final);

  return dadam_disk_make_folder (folder, error) && dadam_facts_save (facts, path, FALSE, error);
}

static gboolean
same_content (const DadamFacts *one, const DadamFacts *two)
{
  return one->size == two->size && g_str_equal (one->commit, two->commit)
         && g_strcmp0 (one->hash, two->hash) == 0;
}

/* ---- opening ----------------------------------------------------------- */

/* Hashes one block of what is there; the hash is that of before if it is not all
 * there or not what the mark says. */
static gboolean
recover_block (DadamPart *self, guint8 *bytes, gsize length)
{
  g_autoptr (DadamHash) before = dadam_hash_copy (self->hash);
  DadamHashMark promised, found;
  gsize got = 0;

  if (read (self->marks_fd, promised.bytes, sizeof promised.bytes) != sizeof promised.bytes)
    return FALSE;
  while (got < length) {
    gssize n = pread (self->fd, bytes + got, length - got, self->found + (gint64) got);

    if (n <= 0)
      return FALSE;
    got += (gsize) n;
  }
  dadam_hash_update (self->hash, bytes, length);
  dadam_hash_mark (self->hash, &found);
  if (memcmp (&promised, &found, sizeof found) == 0)
    return TRUE;
  dadam_hash_free (self->hash);
  self->hash = g_steal_pointer (&before);

  return FALSE;
}

/* Finds the longest right beginning and cuts off the rest. */
static gboolean
recover (DadamPart *self, gint64 *checked, GCancellable *cancellable, GError **error)
{
  g_autofree guint8 *bytes = g_malloc ((gsize) BLOCK);
  gint64 marks = 0;

  self->hash = dadam_hash_new (self->facts->hash, self->facts->size);
  while (self->found < self->facts->size) {
    gsize length = (gsize) MIN (BLOCK, self->facts->size - self->found);

    if (g_cancellable_set_error_if_cancelled (cancellable, error))
      return FALSE;
    if (!recover_block (self, bytes, length))
      break;
    marks++;
    self->found += (gint64) length;
    __atomic_store_n (checked, self->found, __ATOMIC_RELAXED);
  }
  if (ftruncate (self->fd, self->found) != 0
      || ftruncate (self->marks_fd, marks * DADAM_HASH_MARK) != 0
      || lseek (self->marks_fd, 0, SEEK_END) < 0)
    return dadam_disk_fail (error, self->part_path, errno);

  return TRUE;
}

/* Room for all of it now is better than none later; where the file system cannot
 * promise, it is checked as we go. */
static gboolean
reserve (DadamPart *self, GError **error)
{
  if (self->facts->size > self->found
      && fallocate (self->fd, FALLOC_FL_KEEP_SIZE, self->found, self->facts->size - self->found)
             != 0
      && (errno == ENOSPC || errno == EDQUOT))
    return dadam_disk_fail (error, self->part_path, errno);

  return TRUE;
}

static gboolean
open_files (DadamPart *self, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (self->final);

  self->fd = g_open (self->part_path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (self->fd < 0)
    return dadam_disk_fail (error, self->part_path, errno);
  self->marks_fd = g_open (self->marks_path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (self->marks_fd < 0)
    return dadam_disk_fail (error, self->marks_path, errno);
  dadam_disk_sync_folder (folder);

  return TRUE;
}

static void
start (DadamPart *self)
{
  self->writer = dadam_writer_new (self->fd, self->marks_fd, g_steal_pointer (&self->hash),
                                   self->found, self->facts->size);
}

/**
 * dadam_part_open:
 * @final: the file's name once it is whole
 * @checked: (out): grows while what is there is hashed; read it from any thread
 *
 * Opens what there is of a file, if it is of the same content; else begins anew.
 * Blocks for the hashing of what is there.
 */
DadamPart *
dadam_part_open (const char *final,
                 const DadamFacts *facts,
                 gint64 *checked,
                 GCancellable *cancellable,
                 GError **error)
{
  g_autoptr (DadamPart) self = g_new0 (DadamPart, 1);
  g_autoptr (DadamFacts) before = NULL;

  self->fd = self->marks_fd = -1;
  self->final = g_strdup (final);
  self->part_path = beside (final, ".part");
  self->marks_path = beside (final, ".part.marks");
  self->facts_path = dadam_part_facts_path (final);
  self->facts = dadam_facts_copy (facts);

  before = dadam_facts_load (self->facts_path);
  if (before == NULL || !same_content (before, facts))
    dadam_part_discard (final);
  if (!dadam_part_announce (final, facts, error) || !open_files (self, error)
      || !recover (self, checked, cancellable, error) || !reserve (self, error))
    return NULL;
  start (self);

  return g_steal_pointer (&self);
}

void
dadam_part_free (DadamPart *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->writer, dadam_writer_free);
  if (self->fd >= 0)
    close (self->fd);
  if (self->marks_fd >= 0)
    close (self->marks_fd);
  g_clear_pointer (&self->hash, dadam_hash_free);
  dadam_facts_free (self->facts);
  g_free (self->final);
  g_free (self->part_path);
  g_free (self->marks_path);
  g_free (self->facts_path);
  g_free (self);
}

/* ---- filling ----------------------------------------------------------- */

/* How many bytes are there. */
gint64
dadam_part_get_offset (DadamPart *self)
{
  return dadam_writer_get_offset (self->writer);
}

/**
 * dadam_part_restart:
 *
 * Forgets what is there: the server sends all of it again.
 */
gboolean
dadam_part_restart (DadamPart *self, GError **error)
{
  g_clear_pointer (&self->writer, dadam_writer_free);
  self->hash = dadam_hash_new (self->facts->hash, self->facts->size);
  self->found = 0;
  if (ftruncate (self->fd, 0) != 0 || ftruncate (self->marks_fd, 0) != 0
      || lseek (self->marks_fd, 0, SEEK_SET) != 0)
    return dadam_disk_fail (error, self->part_path, errno);
  if (!reserve (self, error))
    return FALSE;
  start (self);

  return TRUE;
}

/**
 * dadam_part_get_room:
 * @room: (out): how many bytes there is room for; 0: the file is full
 *
 * Returns: (transfer none): where the next bytes go, for dadam_part_append
 */
guint8 *
dadam_part_get_room (DadamPart *self, gsize *room)
{
  return dadam_writer_get_room (self->writer, room);
}

/**
 * dadam_part_append:
 *
 * Takes the first @length bytes of the room.  An error may be that of bytes taken
 * before.
 */
gboolean
dadam_part_append (DadamPart *self, gsize length, GError **error)
{
  int problem = dadam_writer_append (self->writer, length);

  return problem == 0 || dadam_disk_fail (error, self->part_path, problem);
}

/**
 * dadam_part_finish:
 *
 * Ends writing; all of the file is durable.
 *
 * Returns: (transfer full): the hash of what was written
 */
char *
dadam_part_finish (DadamPart *self, GError **error)
{
  char *hash = NULL;
  int problem = dadam_writer_finish (self->writer, &hash);

  if (problem != 0)
    dadam_disk_fail (error, self->part_path, problem);

  return hash;
}

/**
 * dadam_part_publish:
 *
 * Gives the file its name, after everything about it has been found right.
 */
gboolean
dadam_part_publish (DadamPart *self, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (self->final);
  g_autofree char *facts_path = beside (self->final, ".json");

  if (!dadam_facts_save (self->facts, facts_path, TRUE, error))
    return FALSE;
  if (g_rename (self->part_path, self->final) != 0)
    return dadam_disk_fail (error, self->final, errno);
  dadam_disk_sync_folder (folder);
  g_unlink (self->marks_path);
  g_unlink (self->facts_path);

  return TRUE;
}
