/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where the user judges two answers, by click or by key, and is told whose they were.
 * "voted" has the verdict.
 */
#pragma once

#include <adwaita.h>

#include "dadam-comparison.h"

G_BEGIN_DECLS

#define DADAM_TYPE_VOTE_BAR (dadam_vote_bar_get_type ())

G_DECLARE_FINAL_TYPE (DadamVoteBar, dadam_vote_bar, DADAM, VOTE_BAR, AdwBin)

void dadam_vote_bar_show (DadamVoteBar *self, DadamComparison *comparison);

G_END_DECLS
