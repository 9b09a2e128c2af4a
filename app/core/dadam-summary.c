/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A value with a title that can change while it is shown.
 */
#include "config.h"

#include "dadam-summary.h"

#include "dadam-attachment.h"

#define LONGEST_TITLE 60 /* characters */

struct _DadamSummary {
  GObject parent_instance;

  gint64 id;
  DadamKind kind;
  char *title; /* owned */
  gint64 changed; /* microseconds of UTC, as the next */
  gint64 trashed; /* 0: it is not in the trash */
  gboolean is_pinned;
};

enum { PROP_0, TITLE, IS_PINNED, N_PROPERTIES };

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_FINAL_TYPE (DadamSummary, dadam_summary, G_TYPE_OBJECT)

static void
dadam_summary_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  DadamSummary *self = DADAM_SUMMARY (object);

  switch (id) {
  case TITLE: g_value_set_string (value, self->title); break;
  case IS_PINNED: g_value_set_boolean (value, self->is_pinned); break;
  default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
dadam_summary_finalize (GObject *object)
{
  g_free (DADAM_SUMMARY (object)->title);

  G_OBJECT_CLASS (dadam_summary_parent_class)->finalize (object);
}

static void
dadam_summary_class_init (DadamSummaryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = dadam_summary_get_property;
  object_class->finalize = dadam_summary_finalize;

  properties[TITLE] = g_param_spec_string ("title", NULL, NULL, NULL, flags);
  properties[IS_PINNED] = g_param_spec_boolean ("is-pinned", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
dadam_summary_init (DadamSummary *self)
{
}

DadamSummary *
dadam_summary_new (gint64 id, DadamKind kind, const char *title, gint64 changed)
{
  DadamSummary *self = g_object_new (DADAM_TYPE_SUMMARY, NULL);

  self->id = id;
  self->kind = kind;
  self->title = g_strdup (title);
  self->changed = changed;

  return self;
}

gint64
dadam_summary_get_id (DadamSummary *self)
{
  g_return_val_if_fail (DADAM_IS_SUMMARY (self), 0);

  return self->id;
}

DadamKind
dadam_summary_get_kind (DadamSummary *self)
{
  g_return_val_if_fail (DADAM_IS_SUMMARY (self), DADAM_KIND_CHAT);

  return self->kind;
}

void
dadam_summary_set_kind (DadamSummary *self, DadamKind kind)
{
  g_return_if_fail (DADAM_IS_SUMMARY (self));

  self->kind = kind;
}

const char *
dadam_summary_get_title (DadamSummary *self)
{
  g_return_val_if_fail (DADAM_IS_SUMMARY (self), NULL);

  return self->title;
}

void
dadam_summary_set_title (DadamSummary *self, const char *title)
{
  g_return_if_fail (DADAM_IS_SUMMARY (self));

  if (g_set_str (&self->title, title))
    g_object_notify_by_pspec (G_OBJECT (self), properties[TITLE]);
}

/* When something was last said, in microseconds of UTC. */
gint64
dadam_summary_get_changed (DadamSummary *self)
{
  g_return_val_if_fail (DADAM_IS_SUMMARY (self), 0);

  return self->changed;
}

void
dadam_summary_set_changed (DadamSummary *self, gint64 changed)
{
  g_return_if_fail (DADAM_IS_SUMMARY (self));

  self->changed = changed;
}

gboolean
dadam_summary_get_is_pinned (DadamSummary *self)
{
  g_return_val_if_fail (DADAM_IS_SUMMARY (self), FALSE);

  return self->is_pinned;
}

void
dadam_summary_set_is_pinned (DadamSummary *self, gboolean is_pinned)
{
  g_return_if_fail (DADAM_IS_SUMMARY (self));

  if (self->is_pinned == is_pinned)
    return;
  self->is_pinned = is_pinned;
  g_object_notify_by_pspec (G_OBJECT (self), properties[IS_PINNED]);
}

/* When it was deleted; 0: it was not. */
gint64
dadam_summary_get_trashed (DadamSummary *self)
{
  g_return_val_if_fail (DADAM_IS_SUMMARY (self), 0);

  return self->trashed;
}

void
dadam_summary_set_trashed (DadamSummary *self, gint64 trashed)
{
  g_return_if_fail (DADAM_IS_SUMMARY (self));

  self->trashed = trashed;
}

/* Where a title that is too long is cut: after a word, if it is not one long word. */
static const char *
find_cut (const char *title)
{
  const char *end = g_utf8_offset_to_pointer (title, LONGEST_TITLE - 1);
  const char *space = g_strrstr_len (title, end - title, " ");

  return space != NULL && g_utf8_pointer_to_offset (title, space) > LONGEST_TITLE / 2 ? space : end;
}

/**
 * dadam_summary_make_title:
 * @text: the message that a conversation begins with
 *
 * Returns: (transfer full): the first line with words of what is said in it, shortened.
 *   Where only files were sent, it is the first of them
 */
char *
dadam_summary_make_title (const char *text)
{
  g_autofree char *said = dadam_attachments_make_said (text);
  g_auto (GStrv) lines = g_strsplit (said, "\n", -1);
  g_autoptr (GString) title = g_string_new (NULL);
  gboolean is_space = FALSE;

  for (guint i = 0; lines[i] != NULL && title->len == 0; i++)
    for (const char *at = lines[i]; *at != '\0'; at = g_utf8_next_char (at)) {
      gunichar c = g_utf8_get_char (at);

      if (g_unichar_isgraph (c) && is_space && title->len > 0)
        g_string_append_c (title, ' ');
      if (g_unichar_isgraph (c))
        g_string_append_unichar (title, c);
      is_space = !g_unichar_isgraph (c);
    }
  if (g_utf8_strlen (title->str, -1) > LONGEST_TITLE) {
    g_string_truncate (title, (gsize) (find_cut (title->str) - title->str));
    g_string_append (title, "…");
  }

  return g_string_free_and_steal (g_steal_pointer (&title));
}

/* The order of the list: what is pinned, then the newest. */
int
dadam_summary_compare (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const DadamSummary *one = a, *other = b;

  if (one->is_pinned != other->is_pinned)
    return one->is_pinned ? -1 : 1;
  if (one->changed != other->changed)
    return one->changed > other->changed ? -1 : 1;

  return one->id > other->id ? -1 : one->id < other->id;
}
