/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a model runs on, or how far it is from running, in the few words that stand under
 * its name.
 */
#pragma once

#include "dadam-model.h"

G_BEGIN_DECLS

char *dadam_caption_of_model (DadamModel *model, DadamEngine *engine);

G_END_DECLS
