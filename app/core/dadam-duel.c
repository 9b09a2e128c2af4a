/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A value with a verdict that can still come.
 */
#include "config.h"

#include "dadam-duel.h"

typedef struct {
  gint64 answer;
  char *text;        /* owned; %NULL: it was not read */
  DadamMaker *maker; /* owned; %NULL: it was not read, or is not known */
} Side;

struct _DadamDuel {
  GObject parent_instance;

  Side sides[2];
  gint64 conversation;
  char *title; /* owned, as the next */
  char *question;
  DadamVerdict verdict;
  gint64 voted; /* microseconds of UTC; 0: not yet */
  gboolean is_blind;
};

enum { PROP_0, VERDICT, N_PROPERTIES };

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_FINAL_TYPE (DadamDuel, dadam_duel, G_TYPE_OBJECT)

static void
dadam_duel_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  DadamDuel *self = DADAM_DUEL (object);

  switch (id) {
  case VERDICT: g_value_set_int (value, (int) self->verdict); break;
  default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
dadam_duel_finalize (GObject *object)
{
  DadamDuel *self = DADAM_DUEL (object);

  for (guint i = 0; i < G_N_ELEMENTS (self->sides); i++) {
    g_free (self->sides[i].text);
    g_clear_pointer (&self->sides[i].maker, dadam_maker_unref);
  }
  g_free (self->title);
  g_free (self->question);

  G_OBJECT_CLASS (dadam_duel_parent_class)->finalize (object);
}

static void
dadam_duel_class_init (DadamDuelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = dadam_duel_get_property;
  object_class->finalize = dadam_duel_finalize;

  properties[VERDICT] = g_param_spec_int ("verdict", NULL, NULL, DADAM_VERDICT_NONE,
                                          DADAM_VERDICT_BOTH_BAD, DADAM_VERDICT_NONE,
                                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
dadam_duel_init (DadamDuel *self)
{
}

/**
 * dadam_duel_new:
 * @left: the message that is shown on the left, and so on
 * @is_blind: whether the person does not know who answers
 *
 * One that is not kept yet.  Who is to be left is the caller's to draw.
 */
DadamDuel *
dadam_duel_new (gint64 left, gint64 right, gboolean is_blind)
{
  DadamDuel *self = g_object_new (DADAM_TYPE_DUEL, NULL);

  self->sides[DADAM_LEFT].answer = left;
  self->sides[DADAM_RIGHT].answer = right;
  self->is_blind = is_blind;

  return self;
}

/* The id of the message that is shown there. */
gint64
dadam_duel_get_answer (DadamDuel *self, DadamSide side)
{
  g_return_val_if_fail (DADAM_IS_DUEL (self), 0);

  return self->sides[side].answer;
}

gboolean
dadam_duel_get_is_blind (DadamDuel *self)
{
  g_return_val_if_fail (DADAM_IS_DUEL (self), FALSE);

  return self->is_blind;
}

/* Also a property, which notifies. */
DadamVerdict
dadam_duel_get_verdict (DadamDuel *self)
{
  g_return_val_if_fail (DADAM_IS_DUEL (self), DADAM_VERDICT_NONE);

  return self->verdict;
}

/* When, in microseconds of UTC; 0: not yet. */
gint64
dadam_duel_get_voted (DadamDuel *self)
{
  g_return_val_if_fail (DADAM_IS_DUEL (self), 0);

  return self->voted;
}

/* What is kept by now; dadam_archive_vote_async() sets it. */
void
dadam_duel_set_verdict (DadamDuel *self, DadamVerdict verdict, gint64 voted)
{
  g_return_if_fail (DADAM_IS_DUEL (self));

  self->verdict = verdict;
  self->voted = voted;
  g_object_notify_by_pspec (G_OBJECT (self), properties[VERDICT]);
}

/* ---- what it is about, of those that were read --------------------------- */

/* 0: it was not read. */
gint64
dadam_duel_get_conversation (DadamDuel *self)
{
  g_return_val_if_fail (DADAM_IS_DUEL (self), 0);

  return self->conversation;
}

/* (nullable): the conversation's. */
const char *
dadam_duel_get_title (DadamDuel *self)
{
  g_return_val_if_fail (DADAM_IS_DUEL (self), NULL);

  return self->title;
}

/* (nullable): what both answered. */
const char *
dadam_duel_get_question (DadamDuel *self)
{
  g_return_val_if_fail (DADAM_IS_DUEL (self), NULL);

  return self->question;
}

void
dadam_duel_set_about (DadamDuel *self, gint64 conversation, const char *title, const char *question)
{
  g_return_if_fail (DADAM_IS_DUEL (self));

  self->conversation = conversation;
  g_set_str (&self->title, title);
  g_set_str (&self->question, question);
}

/* (nullable): the answer on that side. */
const char *
dadam_duel_get_text (DadamDuel *self, DadamSide side)
{
  g_return_val_if_fail (DADAM_IS_DUEL (self), NULL);

  return self->sides[side].text;
}

/**
 * dadam_duel_get_maker:
 *
 * Returns: (transfer none) (nullable): who made the answer on that side, and how; %NULL
 *   as long as there is no verdict
 */
DadamMaker *
dadam_duel_get_maker (DadamDuel *self, DadamSide side)
{
  g_return_val_if_fail (DADAM_IS_DUEL (self), NULL);

  return self->verdict != DADAM_VERDICT_NONE ? self->sides[side].maker : NULL;
}

/* @maker: (nullable) */
void
dadam_duel_set_said (DadamDuel *self, DadamSide side, const char *text, DadamMaker *maker)
{
  g_return_if_fail (DADAM_IS_DUEL (self));

  g_set_str (&self->sides[side].text, text);
  g_clear_pointer (&self->sides[side].maker, dadam_maker_unref);
  self->sides[side].maker = maker != NULL ? dadam_maker_ref (maker) : NULL;
}
