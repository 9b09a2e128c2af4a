/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A value; what is shown of the text is cut out around the first word that was found.
 */
#include "config.h"

#include "dadam-hit.h"

/* Characters that are shown before and after. */
#define BEFORE 16
#define AFTER 60

struct _DadamHit {
  GObject parent_instance;

  gint64 conversation;
  gint64 message; /* 0: the title */
  char *title;    /* owned, as the next */
  char *snippet;
  gsize from, to; /* of the word, in the snippet */
};

G_DEFINE_FINAL_TYPE (DadamHit, dadam_hit, G_TYPE_OBJECT)

static void
dadam_hit_finalize (GObject *object)
{
  DadamHit *self = DADAM_HIT (object);

  g_free (self->title);
  g_free (self->snippet);

  G_OBJECT_CLASS (dadam_hit_parent_class)->finalize (object);
}

static void
dadam_hit_class_init (DadamHitClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dadam_hit_finalize;
}

static void
dadam_hit_init (DadamHit *self)
{
}

/* In one line. */
static void
append (GString *line, const char *from, const char *to)
{
  for (const char *at = from; at < to; at = g_utf8_next_char (at)) {
    gunichar c = g_utf8_get_char (at);

    g_string_append_unichar (line, g_unichar_isspace (c) ? ' ' : c);
  }
}

/* Some characters before @hit, and the rest of their first word where it is short. */
static const char *
find_begin (const char *text, const char *hit)
{
  const char *begin = hit;

  for (guint i = 0; i < BEFORE && begin > text; i++)
    begin = g_utf8_prev_char (begin);
  for (guint i = 0; i < BEFORE / 2 && begin > text; i++) {
    const char *before = g_utf8_prev_char (begin);

    if (g_unichar_isspace (g_utf8_get_char (before)))
      break;
    begin = before;
  }

  return begin;
}

static void
cut (DadamHit *self, const char *text, gsize from, gsize to)
{
  GString *line = g_string_new (NULL);
  const char *begin = find_begin (text, text + from);
  const char *end = text + to;

  for (guint i = 0; i < AFTER && *end != '\0'; i++)
    end = g_utf8_next_char (end);
  if (begin > text)
    g_string_append (line, "…");
  append (line, begin, text + from);
  self->from = line->len;
  append (line, text + from, text + to);
  self->to = line->len;
  append (line, text + to, end);
  if (*end != '\0')
    g_string_append (line, "…");
  self->snippet = g_string_free_and_steal (line);
}

/**
 * dadam_hit_new:
 * @message: 0 for a title
 * @title: of the conversation
 * @text: in which the word is that stands from @from to @to
 */
DadamHit *
dadam_hit_new (gint64 conversation,
               gint64 message,
               const char *title,
               const char *text,
               gsize from,
               gsize to)
{
  DadamHit *self = g_object_new (DADAM_TYPE_HIT, NULL);

  self->conversation = conversation;
  self->message = message;
  self->title = g_strdup (title);
  cut (self, text, from, to);

  return self;
}

gint64
dadam_hit_get_conversation (DadamHit *self)
{
  g_return_val_if_fail (DADAM_IS_HIT (self), 0);

  return self->conversation;
}

/* The message; 0: the conversation's title was found. */
gint64
dadam_hit_get_message (DadamHit *self)
{
  g_return_val_if_fail (DADAM_IS_HIT (self), 0);

  return self->message;
}

const char *
dadam_hit_get_title (DadamHit *self)
{
  g_return_val_if_fail (DADAM_IS_HIT (self), NULL);

  return self->title;
}

/**
 * dadam_hit_get_snippet:
 * @from: (out): where the word that was found begins in it, in bytes
 * @to: (out): and where it ends
 *
 * Returns: a line of what was found
 */
const char *
dadam_hit_get_snippet (DadamHit *self, gsize *from, gsize *to)
{
  g_return_val_if_fail (DADAM_IS_HIT (self), NULL);

  *from = self->from;
  *to = self->to;

  return self->snippet;
}
