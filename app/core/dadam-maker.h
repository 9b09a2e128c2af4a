/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Who made an answer, and how: enough to make it again.  Immutable, reference
 * counted, for any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The strings are its own. */
typedef struct {
  const char *title;    /* the model's, as people call it */
  const char *path;     /* of its file then */
  const char *sha256;   /* of that file; %NULL: not known */
  const char *device;
  const char *format;   /* the prompt format */
  const char *settings; /* a JSON object: sampling and what else was chosen */
  gint64 seed;    /* its 64 bits */
} DadamMaker;

DadamMaker *dadam_maker_new (const DadamMaker *fields);
DadamMaker *dadam_maker_copy_with_sha256 (const DadamMaker *self, const char *sha256);
DadamMaker *dadam_maker_ref (DadamMaker *self);
void dadam_maker_unref (DadamMaker *self);
gboolean dadam_maker_is_same_model (const DadamMaker *self, const DadamMaker *other);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamMaker, dadam_maker_unref)

G_END_DECLS
