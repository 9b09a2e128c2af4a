/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the votes on one pair say, among the results.
 */
#pragma once

#include <adwaita.h>

#include "dadam-pair.h"

G_BEGIN_DECLS

AdwPreferencesGroup *dadam_pair_group_new (DadamPair *pair);

G_END_DECLS
