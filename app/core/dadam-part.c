/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Receiving, writing, hashing and syncing go on at the same time: the worker fills a
 * piece, the writer writes it, the hasher hashes it, appends a mark at each boundary
 * of a block, and asks the syncer to make both files durable.  What is received and
 * not yet durable is bounded, so a loss of power costs at most LAG, one block and the
 * pieces in flight: 15 MiB.
 *
 * The marks need no order: one that promises more than the data holds is found out
 * when the data is hashed again.
 */
#include "config.h"

#include "dadam-part.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "dadam-hash.h"
#include "dadam-store-error.h"

#define BLOCK ((gint64) 4 << 20)
#define LAG ((gint64) 8 << 20)
#define PIECE ((gsize) 512 << 10)
#define PIECES 6

typedef struct {
  gint64 at;
  gsize length; /* 0: the end */
  guint8 bytes[PIECE];
} Piece;

struct _DadamPart {
  /* Owned. */
  char *final;
  char *part_path, *marks_path, *facts_path;
  DadamFacts *facts;
  DadamHash *hash;
  int fd, marks_fd;
  Piece *piece; /* being filled, or %NULL */
  GAsyncQueue *empty, *full, *written;
  GThread *writer, *hasher, *syncer;

  gint64 offset; /* received */

  GMutex lock; /* of what follows */
  GCond changed;
  gint64 hashed;
  gint64 wanted; /* to be made durable: all up to here */
  gint64 synced;
  int problem;   /* errno of a thread of ours */
  gboolean ending;
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

static gboolean
fail (GError **error, const char *path, int code)
{
  g_autofree char *name = g_filename_display_basename (path);

  if (code == ENOSPC || code == EDQUOT)
    g_set_error_literal (error, DADAM_STORE_ERROR, DADAM_STORE_ERROR_NO_SPACE,
                         _ ("The disk is full. Make room, then continue."));
  else
    g_set_error (error, G_IO_ERROR, (int) g_io_error_from_errno (code), "%s: %s", name,
                 g_strerror (code));

  return FALSE;
}

static gboolean
sync_folder (const char *path)
{
  int fd = g_open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  gboolean ok = fd >= 0 && fsync (fd) == 0;

  if (fd >= 0)
    close (fd);

  return ok;
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

/**
 * dadam_make_folder:
 *
 * Makes a folder and those above it, and sees to it that they stay.
 */
gboolean
dadam_make_folder (const char *path, GError **error)
{
  g_autofree char *above = g_path_get_dirname (path);

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    return TRUE;
  if (!g_str_equal (above, path) && !dadam_make_folder (above, error))
    return FALSE;
  if (g_mkdir (path, 0755) != 0 && errno != EEXIST)
    return fail (error, path, errno);
  sync_folder (above);

  return TRUE;
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

  return dadam_make_folder (folder, error) && dadam_facts_save (facts, path, FALSE, error);
}

static gboolean
same_content (const DadamFacts *one, const DadamFacts *two)
{
  return one->size == two->size && g_str_equal (one->commit, two->commit)
         && g_strcmp0 (one->hash, two->hash) == 0;
}

/* ---- the writer, the hasher and the syncer ----------------------------- */

static void
note_problem (DadamPart *self, int code)
{
  g_mutex_lock (&self->lock);
  if (self->problem == 0)
    self->problem = code;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

static int
get_problem (DadamPart *self)
{
  int problem;

  g_mutex_lock (&self->lock);
  problem = self->problem;
  g_mutex_unlock (&self->lock);

  return problem;
}

/* 0, or an errno. */
static int
write_piece (DadamPart *self, const Piece *piece)
{
  gsize done = 0;

  while (done < piece->length) {
    gssize n = pwrite (self->fd, piece->bytes + done, piece->length - done,
                       piece->at + (gint64) done);

    if (n >= 0)
      done += (gsize) n;
    else if (errno != EINTR)
      return errno;
  }

  return 0;
}

/* After a failure nothing more is written or hashed, but the worker finds room until it
 * hears of it. */
static gpointer
writer_thread (gpointer user_data)
{
  DadamPart *self = user_data;
  gboolean ended;

  do {
    Piece *piece = g_async_queue_pop (self->full);
    int problem = get_problem (self);

    ended = piece->length == 0;
    if (problem == 0 && (problem = write_piece (self, piece)) != 0)
      note_problem (self, problem);
    g_async_queue_push (problem == 0 || ended ? self->written : self->empty, piece);
  } while (!ended);

  return NULL;
}

static gpointer
syncer_thread (gpointer user_data)
{
  DadamPart *self = user_data;

  g_mutex_lock (&self->lock);
  for (;;) {
    gint64 wanted;
    gboolean ok;

    while (self->wanted == self->synced && !self->ending)
      g_cond_wait (&self->changed, &self->lock);
    wanted = self->wanted;
    if (wanted == self->synced)
      break;
    g_mutex_unlock (&self->lock);
    ok = fdatasync (self->fd) == 0 && fdatasync (self->marks_fd) == 0;
    if (!ok)
      note_problem (self, errno);
    g_mutex_lock (&self->lock);
    self->synced = wanted;
    g_cond_broadcast (&self->changed);
  }
  g_mutex_unlock (&self->lock);

  return NULL;
}

/* At a boundary: the mark, and the wish that all before it be durable. */
static void
set_mark (DadamPart *self)
{
  DadamHashMark mark;

  dadam_hash_mark (self->hash, &mark);
  if (write (self->marks_fd, mark.bytes, sizeof mark.bytes) != sizeof mark.bytes)
    note_problem (self, errno ? errno : ENOSPC);
  g_mutex_lock (&self->lock);
  self->wanted = self->hashed;
  g_cond_broadcast (&self->changed);
  while (self->wanted - self->synced > LAG && self->problem == 0)
    g_cond_wait (&self->changed, &self->lock);
  g_mutex_unlock (&self->lock);
}

/* Hashes, stopping at each boundary and at the end of the file. */
static void
take_bytes (DadamPart *self, const guint8 *bytes, gsize length)
{
  while (length > 0) {
    gsize step = (gsize) MIN ((gint64) length, BLOCK - self->hashed % BLOCK);

    dadam_hash_update (self->hash, bytes, step);
    self->hashed += (gint64) step;
    bytes += step;
    length -= step;
    if (self->hashed % BLOCK == 0 || self->hashed == self->facts->size)
      set_mark (self);
  }
}

static gpointer
hasher_thread (gpointer user_data)
{
  DadamPart *self = user_data;
  gsize length;

  do {
    Piece *piece = g_async_queue_pop (self->written);

    length = piece->length;
    take_bytes (self, piece->bytes, length);
    g_async_queue_push (self->empty, piece);
  } while (length > 0);

  return NULL;
}

static void
start_threads (DadamPart *self)
{
  self->ending = FALSE;
  self->hashed = self->wanted = self->synced = self->offset;
  self->writer = g_thread_new ("writer", writer_thread, self);
  self->hasher = g_thread_new ("hasher", hasher_thread, self);
  self->syncer = g_thread_new ("syncer", syncer_thread, self);
}

static void
stop_threads (DadamPart *self)
{
  if (self->hasher == NULL)
    return;
  if (self->piece == NULL)
    self->piece = g_async_queue_pop (self->empty);
  self->piece->length = 0;
  g_async_queue_push (self->full, g_steal_pointer (&self->piece));
  g_thread_join (g_steal_pointer (&self->writer));
  g_thread_join (g_steal_pointer (&self->hasher));
  g_mutex_lock (&self->lock);
  self->wanted = self->hashed;
  self->ending = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
  g_thread_join (g_steal_pointer (&self->syncer));
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
    gssize n = pread (self->fd, bytes + got, length - got, self->offset + (gint64) got);

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
  while (self->offset < self->facts->size) {
    gsize length = (gsize) MIN (BLOCK, self->facts->size - self->offset);

    if (g_cancellable_set_error_if_cancelled (cancellable, error))
      return FALSE;
    if (!recover_block (self, bytes, length))
      break;
    marks++;
    self->offset += (gint64) length;
    __atomic_store_n (checked, self->offset, __ATOMIC_RELAXED);
  }
  if (ftruncate (self->fd, self->offset) != 0
      || ftruncate (self->marks_fd, marks * DADAM_HASH_MARK) != 0
      || lseek (self->marks_fd, 0, SEEK_END) < 0)
    return fail (error, self->part_path, errno);

  return TRUE;
}

/* Room for all of it now is better than none later; where the file system cannot
 * promise, it is checked as we go. */
static gboolean
reserve (DadamPart *self, GError **error)
{
  if (self->facts->size > self->offset
      && fallocate (self->fd, FALLOC_FL_KEEP_SIZE, self->offset, self->facts->size - self->offset)
             != 0
      && (errno == ENOSPC || errno == EDQUOT))
    return fail (error, self->part_path, errno);

  return TRUE;
}

static gboolean
open_files (DadamPart *self, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (self->final);

  self->fd = g_open (self->part_path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (self->fd < 0)
    return fail (error, self->part_path, errno);
  self->marks_fd = g_open (self->marks_path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (self->marks_fd < 0)
    return fail (error, self->marks_path, errno);
  sync_folder (folder);

  return TRUE;
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

  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->fd = self->marks_fd = -1;
  self->final = g_strdup (final);
  self->part_path = beside (final, ".part");
  self->marks_path = beside (final, ".part.marks");
  self->facts_path = dadam_part_facts_path (final);
  self->facts = dadam_facts_copy (facts);
  self->empty = g_async_queue_new_full (g_free);
  self->full = g_async_queue_new_full (g_free);
  self->written = g_async_queue_new_full (g_free);
  for (guint i = 0; i < PIECES; i++)
    g_async_queue_push (self->empty, g_malloc (sizeof (Piece)));

  before = dadam_facts_load (self->facts_path);
  if (before == NULL || !same_content (before, facts))
    dadam_part_discard (final);
  if (!dadam_part_announce (final, facts, error) || !open_files (self, error)
      || !recover (self, checked, cancellable, error) || !reserve (self, error))
    return NULL;
  start_threads (self);

  return g_steal_pointer (&self);
}

void
dadam_part_free (DadamPart *self)
{
  if (self == NULL)
    return;
  stop_threads (self);
  if (self->fd >= 0)
    close (self->fd);
  if (self->marks_fd >= 0)
    close (self->marks_fd);
  g_free (self->piece);
  g_async_queue_unref (self->empty);
  g_async_queue_unref (self->full);
  g_async_queue_unref (self->written);
  g_clear_pointer (&self->hash, dadam_hash_free);
  dadam_facts_free (self->facts);
  g_free (self->final);
  g_free (self->part_path);
  g_free (self->marks_path);
  g_free (self->facts_path);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

/* ---- filling ----------------------------------------------------------- */

/* How many bytes are there. */
gint64
dadam_part_get_offset (DadamPart *self)
{
  return self->offset;
}

/**
 * dadam_part_restart:
 *
 * Forgets what is there: the server sends all of it again.
 */
gboolean
dadam_part_restart (DadamPart *self, GError **error)
{
  stop_threads (self);
  dadam_hash_free (self->hash);
  self->hash = dadam_hash_new (self->facts->hash, self->facts->size);
  self->offset = 0;
  if (ftruncate (self->fd, 0) != 0 || ftruncate (self->marks_fd, 0) != 0
      || lseek (self->marks_fd, 0, SEEK_SET) != 0)
    return fail (error, self->part_path, errno);
  if (!reserve (self, error))
    return FALSE;
  start_threads (self);

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
  if (self->piece == NULL)
    self->piece = g_async_queue_pop (self->empty);
  *room = (gsize) MIN ((gint64) PIECE, self->facts->size - self->offset);

  return self->piece->bytes;
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
  int problem = get_problem (self);

  if (problem != 0)
    return fail (error, self->part_path, problem);
  if (length == 0)
    return TRUE;
  self->piece->at = self->offset;
  self->piece->length = length;
  self->offset += (gint64) length;
  g_async_queue_push (self->full, g_steal_pointer (&self->piece));

  return TRUE;
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
  stop_threads (self);
  if (self->problem != 0) {
    fail (error, self->part_path, self->problem);
    return NULL;
  }
  if (fsync (self->fd) != 0) {
    fail (error, self->part_path, errno);
    return NULL;
  }

  return dadam_hash_finish (self->hash);
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
    return fail (error, self->final, errno);
  sync_folder (folder);
  g_unlink (self->marks_path);
  g_unlink (self->facts_path);

  return TRUE;
}
