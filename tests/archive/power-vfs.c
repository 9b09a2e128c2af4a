/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The default VFS does the work; beside it each file has an image of what is durable and
 * a list of the writes since.  One thread.
 */
#include "power-vfs.h"

#include <sqlite3.h>
#include <string.h>

#define SECTOR 512

typedef struct {
  gint64 at;     /* -1: a truncation to `size` */
  GBytes *bytes;
  gint64 size;
} Write;

typedef struct {
  GByteArray *durable; /* %NULL: a loss of power may leave no file at all */
  GArray *writes;      /* of Write, since the last sync */
} Image;

typedef struct {
  sqlite3_file base;
  Image *image;
  sqlite3_file *real; /* behind this */
} File;

static sqlite3_vfs *real_vfs;
static sqlite3_vfs vfs;
static GHashTable *images; /* paths to Image */
static PowerFunc before_each;
static gpointer before_data;
static guint64 n_operations;

static void
write_clear (gpointer data)
{
  g_clear_pointer (&((Write *) data)->bytes, g_bytes_unref);
}

static void
image_free (gpointer data)
{
  Image *image = data;

  g_clear_pointer (&image->durable, g_byte_array_unref);
  g_array_unref (image->writes);
  g_free (image);
}

static Image *
image_of (const char *path)
{
  Image *image = g_hash_table_lookup (images, path);

  if (image == NULL) {
    image = g_new0 (Image, 1);
    image->writes = g_array_new (FALSE, FALSE, sizeof (Write));
    g_array_set_clear_func (image->writes, write_clear);
    g_hash_table_insert (images, g_strdup (path), image);
  }

  return image;
}

static void
before (void)
{
  before_each (n_operations++, before_data);
}

/* ---- applying writes ---------------------------------------------------- */

static void
put (GByteArray *to, gint64 at, const guint8 *bytes, gsize length)
{
  guint old = to->len;

  if ((gsize) at + length > old) {
    g_byte_array_set_size (to, (guint) ((gsize) at + length));
    if ((gsize) at > old)
      memset (to->data + old, 0, (gsize) at - old);
  }
  memcpy (to->data + at, bytes, length);
}

static void
apply (GByteArray *to, const Write *write)
{
  gsize length;
  const guint8 *bytes = write->bytes != NULL ? g_bytes_get_data (write->bytes, &length) : NULL;

  if (bytes != NULL)
    put (to, write->at, bytes, length);
  else if (write->size < to->len)
    g_byte_array_set_size (to, (guint) write->size);
}

/* Each sector or not. */
static void
apply_by_chance (GByteArray *to, const Write *write, GRand *random)
{
  gsize length = 0;
  const guint8 *bytes = write->bytes != NULL ? g_bytes_get_data (write->bytes, &length) : NULL;

  if (bytes == NULL && g_rand_boolean (random))
    apply (to, write);
  for (gsize i = 0; i < length;) {
    gsize n = MIN (SECTOR - (gsize) (write->at + (gint64) i) % SECTOR, length - i);

    if (g_rand_boolean (random))
      put (to, write->at + (gint64) i, bytes + i, n);
    i += n;
  }
}

/* ---- files -------------------------------------------------------------- */

static int
file_close (sqlite3_file *file)
{
  File *self = (File *) file;
  int code = self->real->pMethods != NULL ? self->real->pMethods->xClose (self->real) : SQLITE_OK;

  return code;
}

static int
file_read (sqlite3_file *file, void *to, int n, sqlite3_int64 at)
{
  File *self = (File *) file;

  return self->real->pMethods->xRead (self->real, to, n, at);
}

static int
file_write (sqlite3_file *file, const void *from, int n, sqlite3_int64 at)
{
  File *self = (File *) file;
  Write write = { at, g_bytes_new (from, (gsize) n), 0 };

  before ();
  g_array_append_val (self->image->writes, write);

  return self->real->pMethods->xWrite (self->real, from, n, at);
}

static int
file_truncate (sqlite3_file *file, sqlite3_int64 size)
{
  File *self = (File *) file;
  Write write = { -1, NULL, size };

  before ();
  g_array_append_val (self->image->writes, write);

  return self->real->pMethods->xTruncate (self->real, size);
}

static int
file_sync (sqlite3_file *file, int flags)
{
  Image *image = ((File *) file)->image;

  before ();
  if (image->durable == NULL)
    image->durable = g_byte_array_new ();
  for (guint i = 0; i < image->writes->len; i++)
    apply (image->durable, &g_array_index (image->writes, Write, i));
  g_array_set_size (image->writes, 0);

  return SQLITE_OK;
}

static int
file_size (sqlite3_file *file, sqlite3_int64 *size)
{
  File *self = (File *) file;

  return self->real->pMethods->xFileSize (self->real, size);
}

static int
file_lock (sqlite3_file *file, int level)
{
  File *self = (File *) file;

  return self->real->pMethods->xLock (self->real, level);
}

static int
file_unlock (sqlite3_file *file, int level)
{
  File *self = (File *) file;

  return self->real->pMethods->xUnlock (self->real, level);
}

static int
file_check_lock (sqlite3_file *file, int *result)
{
  File *self = (File *) file;

  return self->real->pMethods->xCheckReservedLock (self->real, result);
}

static int
file_control (sqlite3_file *file, int what, void *data)
{
  return SQLITE_NOTFOUND;
}

static int
file_sector_size (sqlite3_file *file)
{
  return SECTOR;
}

static int
file_characteristics (sqlite3_file *file)
{
  return 0; /* nothing is promised */
}

static const sqlite3_io_methods methods = {
  1,
  file_close,
  file_read,
  file_write,
  file_truncate,
  file_sync,
  file_size,
  file_lock,
  file_unlock,
  file_check_lock,
  file_control,
  file_sector_size,
  file_characteristics,
};

/* ---- the VFS ------------------------------------------------------------ */

static int
vfs_open (sqlite3_vfs *self, const char *path, sqlite3_file *file, int flags, int *out_flags)
{
  File *opened = (File *) file;
  int code;

  opened->real = (sqlite3_file *) (opened + 1);
  code = real_vfs->xOpen (real_vfs, path, opened->real, flags, out_flags);
  opened->base.pMethods = code == SQLITE_OK ? &methods : NULL;
  opened->image = image_of (path != NULL ? path : "");

  return code;
}

/* SQLite asks for the removal to be synced where it must be. */
static int
vfs_delete (sqlite3_vfs *self, const char *path, int sync_folder)
{
  before ();
  g_hash_table_remove (images, path);

  return real_vfs->xDelete (real_vfs, path, sync_folder);
}

/**
 * power_vfs_register:
 *
 * Makes it the default of what is opened from now on.
 */
void
power_vfs_register (PowerFunc func, gpointer user_data)
{
  real_vfs = sqlite3_vfs_find (NULL);
  before_each = func;
  before_data = user_data;
  images = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, image_free);
  vfs = *real_vfs;
  vfs.iVersion = 1;
  vfs.szOsFile = (int) sizeof (File) + real_vfs->szOsFile;
  vfs.zName = "power";
  vfs.xOpen = vfs_open;
  vfs.xDelete = vfs_delete;
  sqlite3_vfs_register (&vfs, 1);
}

/**
 * power_vfs_leave:
 *
 * Writes into @folder what the files might be after a loss of power now.
 */
void
power_vfs_leave (const char *folder, GRand *random)
{
  GHashTableIter iter;
  gpointer path, value;

  g_hash_table_iter_init (&iter, images);
  while (g_hash_table_iter_next (&iter, &path, &value)) {
    Image *image = value;
    g_autofree char *name = g_path_get_basename (path);
    g_autofree char *to = g_build_filename (folder, name, NULL);
    g_autoptr (GByteArray) left = g_byte_array_new ();

    if (*(char *) path == '\0' || (image->durable == NULL && g_rand_boolean (random)))
      continue;
    if (image->durable != NULL)
      g_byte_array_append (left, image->durable->data, image->durable->len);
    for (guint i = 0; i < image->writes->len; i++)
      apply_by_chance (left, &g_array_index (image->writes, Write, i), random);
    g_file_set_contents_full (to, (char *) left->data, left->len, G_FILE_SET_CONTENTS_NONE, 0600,
                              NULL);
  }
}
