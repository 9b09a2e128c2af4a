/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One duel after it was judged: the question, both answers and whose they are.
 */
#pragma once

#include <adwaita.h>

#include "dadam-pair.h"

G_BEGIN_DECLS

AdwNavigationPage *dadam_duel_page_new (DadamPair *pair, DadamDuel *duel);
char *dadam_duel_page_format_time (DadamDuel *duel);

G_END_DECLS
