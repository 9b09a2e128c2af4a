/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A value.
 */
#include "config.h"

#include "dadam-maker.h"

/**
 * dadam_maker_new:
 * @fields: copied
 */
DadamMaker *
dadam_maker_new (const DadamMaker *fields)
{
  DadamMaker *self = g_atomic_rc_box_new0 (DadamMaker);

  self->title = g_strdup (fields->title);
  self->path = g_strdup (fields->path);
  self->sha256 = g_strdup (fields->sha256);
  self->device = g_strdup (fields->device);
  self->format = g_strdup (fields->format);
  self->settings = g_strdup (fields->settings);
  self->seed = fields->seed;

  return self;
}

/* (transfer full): the same, of a file whose hash is known by now. */
DadamMaker *
dadam_maker_copy_with_sha256 (const DadamMaker *self, const char *sha256)
{
  DadamMaker fields = *self;

  fields.sha256 = sha256;

  return dadam_maker_new (&fields);
}

DadamMaker *
dadam_maker_ref (DadamMaker *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  DadamMaker *self = data;

  g_free ((char *) self->title);
  g_free ((char *) self->path);
  g_free ((char *) self->sha256);
  g_free ((char *) self->device);
  g_free ((char *) self->format);
  g_free ((char *) self->settings);
}

void
dadam_maker_unref (DadamMaker *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

/* Whether the tokens of one mean the same to the other: by content where it is known of both, else
 * by place. */
gboolean
dadam_maker_is_same_model (const DadamMaker *self, const DadamMaker *other)
{
  if (self->sha256 != NULL && other->sha256 != NULL)
    return g_str_equal (self->sha256, other->sha256);

  return g_strcmp0 (self->path, other->path) == 0;
}
