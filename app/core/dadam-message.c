/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A message that may still be growing.  "appended" says that text was added at the
 * end, "changed" that anything else did; the text never shrinks.
 */
#include "config.h"

#include "dadam-message.h"

struct _DadamMessage {
  GObject parent_instance;

  /* Owned. */
  GString *text;
  GBytes *made;      /* an answer's tokens, int32; %NULL: not known */
  DadamMaker *maker; /* of an answer; %NULL: not known */

  /* In the tree of the conversation; 0 and 0 elsewhere. */
  gint64 id;
  gint64 parent;
  guint sibling;
  guint n_siblings;

  DadamRole role;
  DadamVeil veil;
  DadamMessageState state;
  double fraction; /* of the prompt, while reading */
  DadamStats stats;
};

G_DEFINE_FINAL_TYPE (DadamMessage, dadam_message, G_TYPE_OBJECT)

enum { APPENDED, CHANGED, N_SIGNALS };

static guint signals[N_SIGNALS];

static void
dadam_message_finalize (GObject *object)
{
  DadamMessage *self = DADAM_MESSAGE (object);

  g_string_free (self->text, TRUE);
  g_clear_pointer (&self->made, g_bytes_unref);
  g_clear_pointer (&self->maker, dadam_maker_unref);

  G_OBJECT_CLASS (dadam_message_parent_class)->finalize (object);
}

static void
dadam_message_class_init (DadamMessageClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dadam_message_finalize;

  signals[APPENDED] = g_signal_new ("appended", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                    NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
}

static void
dadam_message_init (DadamMessage *self)
{
  self->text = g_string_new (NULL);
  self->n_siblings = 1;
  self->state = DADAM_MESSAGE_ENDED;
}

/**
 * dadam_message_new:
 *
 * Makes a message that has ended; dadam_message_set_state() makes it one that is
 * still to come.
 */
DadamMessage *
dadam_message_new (DadamRole role, const char *text)
{
  DadamMessage *self = g_object_new (DADAM_TYPE_MESSAGE, NULL);

  self->role = role;
  g_string_assign (self->text, text);

  return self;
}

DadamRole
dadam_message_get_role (DadamMessage *self)
{
  g_return_val_if_fail (DADAM_IS_MESSAGE (self), DADAM_ROLE_USER);

  return self->role;
}

const char *
dadam_message_get_text (DadamMessage *self)
{
  g_return_val_if_fail (DADAM_IS_MESSAGE (self), NULL);

  return self->text->str;
}

/* In bytes. */
gsize
dadam_message_get_length (DadamMessage *self)
{
  g_return_val_if_fail (DADAM_IS_MESSAGE (self), 0);

  return self->text->len;
}

/**
 * dadam_message_get_made:
 *
 * Returns: (nullable) (transfer none): the tokens of an answer as the model made
 *   them, which lets the next turn go on from them instead of reading them again
 */
GBytes *
dadam_message_get_made (DadamMessage *self)
{
  g_return_val_if_fail (DADAM_IS_MESSAGE (self), NULL);

  return self->made;
}

DadamMessageState
dadam_message_get_state (DadamMessage *self)
{
  g_return_val_if_fail (DADAM_IS_MESSAGE (self), DADAM_MESSAGE_ENDED);

  return self->state;
}

double
dadam_message_get_fraction (DadamMessage *self)
{
  g_return_val_if_fail (DADAM_IS_MESSAGE (self), 0);

  return self->fraction;
}

/* Meaningful for an answer that has ended. */
const DadamStats *
dadam_message_get_stats (DadamMessage *self)
{
  g_return_val_if_fail (DADAM_IS_MESSAGE (self), NULL);

  return &self->stats;
}

/* Whether it is an answer that was stopped, or failed, before its first word. */
gboolean
dadam_message_came_to_nothing (DadamMessage *self)
{
  g_return_val_if_fail (DADAM_IS_MESSAGE (self), FALSE);

  return self->role == DADAM_ROLE_ASSISTANT && self->state == DADAM_MESSAGE_ENDED
         && self->text->len == 0
         && (self->stats.stop == DADAM_STOP_CANCELLED || self->stats.stop == DADAM_STOP_ERROR);
}

/* What it is called in its conversation, and the message that it follows; 0: none. */
gint64
dadam_message_get_id (DadamMessage *self)
{
  g_return_val_if_fail (DADAM_IS_MESSAGE (self), 0);

  return self->id;
}

gint64
dadam_message_get_parent (DadamMessage *self)
{
  g_return_val_if_fail (DADAM_IS_MESSAGE (self), 0);

  return self->parent;
}

void
dadam_message_set_place (DadamMessage *self, gint64 id, gint64 parent)
{
  g_return_if_fail (DADAM_IS_MESSAGE (self));

  self->id = id;
  self->parent = parent;
}

/**
 * dadam_message_get_sibling:
 * @n_siblings: (out): how many messages there are in this place, itself among them
 *
 * Returns: which of them it is, from 0
 */
guint
dadam_message_get_sibling (DadamMessage *self, guint *n_siblings)
{
  g_return_val_if_fail (DADAM_IS_MESSAGE (self), 0);

  *n_siblings = self->n_siblings;

  return self->sibling;
}

void
dadam_message_set_sibling (DadamMessage *self, guint position, guint n_siblings)
{
  g_return_if_fail (DADAM_IS_MESSAGE (self));

  if (self->sibling == position && self->n_siblings == n_siblings)
    return;
  self->sibling = position;
  self->n_siblings = n_siblings;
  g_signal_emit (self, signals[CHANGED], 0);
}

/* (nullable) (transfer none): who made an answer. */
DadamMaker *
dadam_message_get_maker (DadamMessage *self)
{
  g_return_val_if_fail (DADAM_IS_MESSAGE (self), NULL);

  return self->maker;
}

void
dadam_message_set_maker (DadamMessage *self, DadamMaker *maker)
{
  g_return_if_fail (DADAM_IS_MESSAGE (self));

  if (maker != NULL)
    dadam_maker_ref (maker);
  g_clear_pointer (&self->maker, dadam_maker_unref);
  self->maker = maker;
}

DadamVeil
dadam_message_get_veil (DadamMessage *self)
{
  g_return_val_if_fail (DADAM_IS_MESSAGE (self), DADAM_VEIL_NONE);

  return self->veil;
}

/**
 * dadam_message_set_veil:
 *
 * Says what is not to be shown.  It hides nothing from who asks for it all the same.
 */
void
dadam_message_set_veil (DadamMessage *self, DadamVeil veil)
{
  DadamVeil before;

  g_return_if_fail (DADAM_IS_MESSAGE (self));

  if (self->veil == veil)
    return;
  before = self->veil;
  self->veil = veil;
  if (before == DADAM_VEIL_ALL)
    g_signal_emit (self, signals[APPENDED], 0);
  g_signal_emit (self, signals[CHANGED], 0);
}

void
dadam_message_append (DadamMessage *self, const char *text)
{
  g_return_if_fail (DADAM_IS_MESSAGE (self));

  if (*text == '\0')
    return;

  g_string_append (self->text, text);
  if (self->state < DADAM_MESSAGE_ANSWERING)
    dadam_message_set_state (self, DADAM_MESSAGE_ANSWERING, 1);
  g_signal_emit (self, signals[APPENDED], 0);
}

void
dadam_message_set_made (DadamMessage *self, GBytes *made)
{
  g_return_if_fail (DADAM_IS_MESSAGE (self));

  g_clear_pointer (&self->made, g_bytes_unref);
  self->made = made ? g_bytes_ref (made) : NULL;
}

void
dadam_message_set_state (DadamMessage *self, DadamMessageState state, double fraction)
{
  g_return_if_fail (DADAM_IS_MESSAGE (self));

  self->state = state;
  self->fraction = fraction;
  g_signal_emit (self, signals[CHANGED], 0);
}

void
dadam_message_end (DadamMessage *self, const DadamStats *stats)
{
  g_return_if_fail (DADAM_IS_MESSAGE (self));

  self->stats = *stats;
  dadam_message_set_state (self, DADAM_MESSAGE_ENDED, 1);
}
