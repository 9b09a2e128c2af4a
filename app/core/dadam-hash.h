/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The hash of a file's content while it goes by: SHA-256, or git's of a blob,
 * whichever a Hub listed.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _DadamHash DadamHash;

/* A digest of what has gone by, to compare prefixes with. */
#define DADAM_HASH_MARK 16
typedef struct {
  guint8 bytes[DADAM_HASH_MARK];
} DadamHashMark;

typedef gboolean (*DadamHashProgress) (gint64 done, gint64 size, gpointer user_data);

DadamHash *dadam_hash_new (const char *expected, gint64 size);
DadamHash *dadam_hash_copy (DadamHash *self);
void dadam_hash_free (DadamHash *self);
void dadam_hash_update (DadamHash *self, const void *bytes, gsize length);
void dadam_hash_mark (DadamHash *self, DadamHashMark *mark);
char *dadam_hash_finish (DadamHash *self);

char *dadam_hash_file (const char *path,
                       const char *expected,
                       DadamHashProgress progress,
                       gpointer user_data,
                       GCancellable *cancellable,
                       GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamHash, dadam_hash_free)

G_END_DECLS
