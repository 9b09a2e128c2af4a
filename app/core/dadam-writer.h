/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writes the rest of a file, hashes it and makes it durable, all while more of it
 * comes.  Used by one thread; it makes three of its own.
 */
#pragma once

#include <glib.h>

#include "dadam-hash.h"

G_BEGIN_DECLS

/* At each boundary of a block, and at the end, there is a mark of all before. */
#define DADAM_WRITER_BLOCK ((gint64) 4 << 20)

typedef struct _DadamWriter DadamWriter;

DadamWriter *dadam_writer_new (int fd, int marks_fd, DadamHash *hash, gint64 offset, gint64 size);
gint64 dadam_writer_get_offset (DadamWriter *self);
guint8 *dadam_writer_get_room (DadamWriter *self, gsize *room);
int dadam_writer_append (DadamWriter *self, gsize length);
int dadam_writer_finish (DadamWriter *self, char **hash);
void dadam_writer_free (DadamWriter *self);

G_END_DECLS
