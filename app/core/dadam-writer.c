/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The owner fills a piece, the writer writes it, the hasher hashes it, appends a mark
 * at each boundary of a block, and asks the syncer to make both files durable.  What
 * is received and not yet durable is bounded, so a loss of power costs at most LAG,
 * one block and the pieces in flight: 15 MiB.
 *
 * The marks need no order: one that promises more than the data holds is found out
 * when the data is hashed again.
 */
#include "config.h"

#include "dadam-writer.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define LAG ((gint64) 8 << 20)
#define PIECE ((gsize) 512 << 10)
#define PIECES 6

typedef struct {
  gint64 at;
  gsize length; /* 0: the end */
  guint8 bytes[PIECE];
} Piece;

struct _DadamWriter {
  int fd, marks_fd; /* not ours */
  gint64 size;

  /* Owned. */
  DadamHash *hash;
  Piece *piece; /* being filled, or %NULL */
  GAsyncQueue *empty, *full, *written;
  GThread *writer, *hasher, *syncer; /* %NULL: ended */

  gint64 offset; /* received */

  GMutex lock; /* of what follows */
  GCond changed;
  gint64 hashed;
  gint64 wanted; /* to be made durable: all up to here */
  gint64 synced;
  int problem;   /* errno of a thread of ours */
  gboolean ending;
};

static void
note_problem (DadamWriter *self, int code)
{
  g_mutex_lock (&self->lock);
  if (self->problem == 0)
    self->problem = code;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

static int
get_problem (DadamWriter *self)
{
  int problem;

  g_mutex_lock (&self->lock);
  problem = self->problem;
  g_mutex_unlock (&self->lock);

  return problem;
}

/* 0, or an errno. */
static int
write_piece (DadamWriter *self, const Piece *piece)
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
  DadamWriter *self = user_data;
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

/* Makes all durable, and gives back the pages from @before to @wanted: a download goes on
 * beside other work, which should not have to make room in memory for it.  It is quicker,
 * too: the same few pages are filled again and again. */
static void
sync_files (DadamWriter *self, gint64 before, gint64 wanted)
{
  if (fdatasync (self->fd) != 0 || fdatasync (self->marks_fd) != 0)
    note_problem (self, errno);
  else
    posix_fadvise (self->fd, before, wanted - before, POSIX_FADV_DONTNEED);
}

static gpointer
syncer_thread (gpointer user_data)
{
  DadamWriter *self = user_data;

  g_mutex_lock (&self->lock);
  for (;;) {
    gint64 before = self->synced, wanted;

    while (self->wanted == self->synced && !self->ending)
      g_cond_wait (&self->changed, &self->lock);
    wanted = self->wanted;
    if (wanted == self->synced)
      break;
    g_mutex_unlock (&self->lock);
    sync_files (self, before, wanted);
    g_mutex_lock (&self->lock);
    self->synced = wanted;
    g_cond_broadcast (&self->changed);
  }
  g_mutex_unlock (&self->lock);

  return NULL;
}

/* At a boundary: the mark, and the wish that all before it be durable. */
static void
set_mark (DadamWriter *self)
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
take_bytes (DadamWriter *self, const guint8 *bytes, gsize length)
{
  while (length > 0) {
    gsize step = (gsize) MIN ((gint64) length,
                              DADAM_WRITER_BLOCK - self->hashed % DADAM_WRITER_BLOCK);

    dadam_hash_update (self->hash, bytes, step);
    self->hashed += (gint64) step;
    bytes += step;
    length -= step;
    if (self->hashed % DADAM_WRITER_BLOCK == 0 || self->hashed == self->size)
      set_mark (self);
  }
}

static gpointer
hasher_thread (gpointer user_data)
{
  DadamWriter *self = user_data;
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
stop_threads (DadamWriter *self)
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

/**
 * dadam_writer_new:
 * @fd: the file; the owner's
 * @marks_fd: where marks are appended; the owner's
 * @hash: (transfer full): of what is there
 * @offset: how many bytes are there, a multiple of DADAM_WRITER_BLOCK or all
 * @size: of the whole file
 */
DadamWriter *
dadam_writer_new (int fd, int marks_fd, DadamHash *hash, gint64 offset, gint64 size)
{
  DadamWriter *self = g_new0 (DadamWriter, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->fd = fd;
  self->marks_fd = marks_fd;
  self->hash = hash;
  self->size = size;
  self->empty = g_async_queue_new_full (g_free);
  self->full = g_async_queue_new_full (g_free);
  self->written = g_async_queue_new_full (g_free);
  for (guint i = 0; i < PIECES; i++)
    g_async_queue_push (self->empty, g_malloc (sizeof (Piece)));
  self->offset = self->hashed = self->wanted = self->synced = offset;
  self->writer = g_thread_new ("writer", writer_thread, self);
  self->hasher = g_thread_new ("hasher", hasher_thread, self);
  self->syncer = g_thread_new ("syncer", syncer_thread, self);

  return self;
}

/* Writes what it has taken. */
void
dadam_writer_free (DadamWriter *self)
{
  stop_threads (self);
  g_free (self->piece);
  g_async_queue_unref (self->empty);
  g_async_queue_unref (self->full);
  g_async_queue_unref (self->written);
  dadam_hash_free (self->hash);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

/* How many bytes it was given, with those that were there. */
gint64
dadam_writer_get_offset (DadamWriter *self)
{
  return self->offset;
}

/**
 * dadam_writer_get_room:
 * @room: (out): how many bytes there is room for; 0: the file is full
 *
 * Waits while too much is on its way to the disk.
 *
 * Returns: (transfer none): where the next bytes go, for dadam_writer_append()
 */
guint8 *
dadam_writer_get_room (DadamWriter *self, gsize *room)
{
  if (self->piece == NULL)
    self->piece = g_async_queue_pop (self->empty);
  *room = (gsize) MIN ((gint64) PIECE, self->size - self->offset);

  return self->piece->bytes;
}

/**
 * dadam_writer_append:
 *
 * Takes the first @length bytes of the room.
 *
 * Returns: 0, or an errno, perhaps of bytes taken before
 */
int
dadam_writer_append (DadamWriter *self, gsize length)
{
  int problem = get_problem (self);

  if (problem != 0 || length == 0)
    return problem;
  self->piece->at = self->offset;
  self->piece->length = length;
  self->offset += (gint64) length;
  g_async_queue_push (self->full, g_steal_pointer (&self->piece));

  return 0;
}

/**
 * dadam_writer_finish:
 * @hash: (out) (transfer full): of the whole file, in hex digits
 *
 * Ends writing; nothing can be appended any more.
 *
 * Returns: 0: all is durable; or an errno
 */
int
dadam_writer_finish (DadamWriter *self, char **hash)
{
  stop_threads (self);
  if (self->problem != 0)
    return self->problem;
  if (fsync (self->fd) != 0)
    return errno;
  *hash = dadam_hash_finish (self->hash);

  return 0;
}
