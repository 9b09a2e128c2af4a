/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Two contenders that have met in duels, and what the votes on them were.  A contender is
 * a model, known by the hash of its file and called by its name; where one model met
 * itself, it is the model with its settings.
 *
 * Only blind votes are counted: who knows the names votes for names.  Open ones are kept,
 * and told apart.
 */
#pragma once

#include <gio/gio.h>

#include "dadam-duel.h"
#include "dadam-tally.h"

G_BEGIN_DECLS

#define DADAM_TYPE_PAIR (dadam_pair_get_type ())

G_DECLARE_FINAL_TYPE (DadamPair, dadam_pair, DADAM, PAIR, GObject)

const char *dadam_pair_get_name (DadamPair *self, guint which);
const DadamTally *dadam_pair_get_tally (DadamPair *self);
guint dadam_pair_get_n_open (DadamPair *self);
GListModel *dadam_pair_get_duels (DadamPair *self);
const char *dadam_pair_name_side (DadamPair *self, DadamDuel *duel, DadamSide side);
char *dadam_pair_describe_settings (DadamPair *self, DadamDuel *duel, DadamSide side);

GListModel *dadam_pairs_count (GListModel *duels, guint *n_alone);

G_END_DECLS
