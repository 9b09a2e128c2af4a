/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the votes on a pair mean, in words for people who know no statistics.  All texts
 * are (transfer full).
 */
#pragma once

#include "dadam-pair.h"

G_BEGIN_DECLS

char *dadam_pair_describe_result (DadamPair *self);
char *dadam_pair_describe_share (DadamPair *self);
char *dadam_pair_describe_chance (DadamPair *self);
char *dadam_pair_describe_rest (DadamPair *self);
char *dadam_pair_describe_vote (DadamPair *self, DadamDuel *duel);

G_END_DECLS
