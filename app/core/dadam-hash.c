/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * libgcrypt's hashes, which use the processor's own instructions.
 */
#include "config.h"

#include "dadam-hash.h"

#include <errno.h>
#include <fcntl.h>
#include <gcrypt.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define PIECE (1 << 20)

struct _DadamHash {
  gcry_md_hd_t handle;
  int algorithm;
};

static void
prepare (void)
{
  static gsize ready;

  if (!g_once_init_enter (&ready))
    return;
  if (!gcry_control (GCRYCTL_INITIALIZATION_FINISHED_P)) {
    gcry_check_version (NULL);
    gcry_control (GCRYCTL_DISABLE_SECMEM, 0);
    gcry_control (GCRYCTL_INITIALIZATION_FINISHED, 0);
  }
  g_once_init_leave (&ready, 1);
}

/**
 * dadam_hash_new:
 * @expected: (nullable): as a Hub lists it: 40 digits are git's hash of a blob of
 *   @size bytes, everything else is SHA-256
 */
DadamHash *
dadam_hash_new (const char *expected, gint64 size)
{
  DadamHash *self = g_new0 (DadamHash, 1);
  gboolean git = expected != NULL && strlen (expected) == 40;

  prepare ();
  self->algorithm = git ? GCRY_MD_SHA1 : GCRY_MD_SHA256;
  if (gcry_md_open (&self->handle, self->algorithm, 0) != 0)
    g_error ("libgcrypt has no hash %d", self->algorithm);
  if (git) {
    g_autofree char *head = g_strdup_printf ("blob %" G_GINT64_FORMAT, size);

    gcry_md_write (self->handle, head, strlen (head) + 1);
  }

  return self;
}

DadamHash *
dadam_hash_copy (DadamHash *self)
{
  DadamHash *copy = g_new0 (DadamHash, 1);

  copy->algorithm = self->algorithm;
  if (gcry_md_copy (&copy->handle, self->handle) != 0)
    g_error ("libgcrypt cannot copy a hash");

  return copy;
}

void
dadam_hash_free (DadamHash *self)
{
  if (self == NULL)
    return;
  gcry_md_close (self->handle);
  g_free (self);
}

void
dadam_hash_update (DadamHash *self, const void *bytes, gsize length)
{
  gcry_md_write (self->handle, bytes, length);
}

/* The digest so far; the hash goes on. */
void
dadam_hash_mark (DadamHash *self, DadamHashMark *mark)
{
  g_autoptr (DadamHash) copy = dadam_hash_copy (self);

  memcpy (mark->bytes, gcry_md_read (copy->handle, 0), sizeof mark->bytes);
}

/* (transfer full): the whole digest, in hex digits. */
char *
dadam_hash_finish (DadamHash *self)
{
  const guint8 *digest = gcry_md_read (self->handle, 0);
  guint length = gcry_md_get_algo_dlen (self->algorithm);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < length; i++)
    g_string_append_printf (text, "%02x", digest[i]);

  return g_string_free (text, FALSE);
}

static void
fail (GError **error, const char *path, int code)
{
  g_autofree char *name = g_filename_display_name (path);

  g_set_error (error, G_IO_ERROR, (int) g_io_error_from_errno (code), "%s: %s", name,
               g_strerror (code));
}

/* Reads from where the file is to its end. */
static gboolean
hash_descriptor (DadamHash *hash,
                 int fd,
                 gint64 size,
                 DadamHashProgress progress,
                 gpointer user_data,
                 GCancellable *cancellable,
                 GError **error)
{
  g_autofree guint8 *piece = g_malloc (PIECE);
  gint64 done = 0;
  gssize got;

  while ((got = read (fd, piece, PIECE)) > 0) {
    dadam_hash_update (hash, piece, (gsize) got);
    done += got;
    if (g_cancellable_set_error_if_cancelled (cancellable, error))
      return FALSE;
    if (progress != NULL && !progress (done, size, user_data))
      return FALSE;
  }
  if (got < 0)
    fail (error, "read", errno);

  return got == 0;
}

/**
 * dadam_hash_file:
 * @expected: (nullable): says which hash is meant
 * @progress: (nullable): called on this thread
 *
 * Blocks.
 *
 * Returns: (transfer full): the hash of a file in hex digits
 */
char *
dadam_hash_file (const char *path,
                 const char *expected,
                 DadamHashProgress progress,
                 gpointer user_data,
                 GCancellable *cancellable,
                 GError **error)
{
  g_autoptr (DadamHash) hash = NULL;
  int fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  GStatBuf info;
  gboolean ok;

  if (fd < 0 || fstat (fd, &info) != 0) {
    fail (error, path, errno);
    if (fd >= 0)
      close (fd);
    return NULL;
  }
  /* What is looked at once must not push out what is in use. */
  posix_fadvise (fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  posix_fadvise (fd, 0, 0, POSIX_FADV_NOREUSE);
  hash = dadam_hash_new (expected, info.st_size);
  ok = hash_descriptor (hash, fd, info.st_size, progress, user_data, cancellable, error);
  close (fd);

  return ok ? dadam_hash_finish (hash) : NULL;
}
