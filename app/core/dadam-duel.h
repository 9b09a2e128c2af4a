/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Two answers to one question, side by side, and what a person thought of them.  Which
 * one was shown on which side is settled before either is made, and never changes.
 *
 * A duel is opened with the change that puts its two answers (dadam_change_open_duel()),
 * read again with dadam_archive_read_duels_async(), and judged once with
 * dadam_archive_vote_async().  Who made the answers it tells only after that.  Main
 * thread.
 */
#pragma once

#include <gio/gio.h>

#include "dadam-maker.h"

G_BEGIN_DECLS

typedef enum {
  DADAM_LEFT,
  DADAM_RIGHT,
} DadamSide;

/* As they are kept. */
typedef enum {
  DADAM_VERDICT_NONE, /* not yet */
  DADAM_VERDICT_LEFT,
  DADAM_VERDICT_RIGHT,
  DADAM_VERDICT_TIE,
  DADAM_VERDICT_BOTH_BAD,
} DadamVerdict;

#define DADAM_TYPE_DUEL (dadam_duel_get_type ())

G_DECLARE_FINAL_TYPE (DadamDuel, dadam_duel, DADAM, DUEL, GObject)

DadamDuel *dadam_duel_new (gint64 left, gint64 right, gboolean is_blind);
gint64 dadam_duel_get_answer (DadamDuel *self, DadamSide side);
gboolean dadam_duel_get_is_blind (DadamDuel *self);
DadamVerdict dadam_duel_get_verdict (DadamDuel *self);
gint64 dadam_duel_get_voted (DadamDuel *self);
void dadam_duel_set_verdict (DadamDuel *self, DadamVerdict verdict, gint64 voted);

gint64 dadam_duel_get_conversation (DadamDuel *self);
const char *dadam_duel_get_title (DadamDuel *self);
const char *dadam_duel_get_question (DadamDuel *self);
void dadam_duel_set_about (DadamDuel *self,
                           gint64 conversation,
                           const char *title,
                           const char *question);
const char *dadam_duel_get_text (DadamDuel *self, DadamSide side);
DadamMaker *dadam_duel_get_maker (DadamDuel *self, DadamSide side);
void dadam_duel_set_said (DadamDuel *self, DadamSide side, const char *text, DadamMaker *maker);

G_END_DECLS
