/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The votes on a pair one by one; each can be looked at whole.
 */
#pragma once

#include <adwaita.h>

#include "dadam-pair.h"

G_BEGIN_DECLS

AdwNavigationPage *dadam_duels_page_new (DadamPair *pair);

G_END_DECLS
