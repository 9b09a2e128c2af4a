/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A conversation's turns, copied so that any thread may write them as a prompt, and
 * what a prompt leaves out when the context is too small for all of them.  Only
 * the files of sessions.
 */
#pragma once

#include "dadam-choices.h"
#include "dadam-engine.h"
#include "dadam-message.h"

#include "dadam/engine.h"

G_BEGIN_DECLS

typedef struct _DadamTurns DadamTurns;

DadamTurns *dadam_turns_new (GListModel *messages, const DadamChoices *choices);
void dadam_turns_add (DadamTurns *self, DadamRole role, const char *text);
void dadam_turns_free (DadamTurns *self);
const DadamChoices *dadam_turns_get_choices (DadamTurns *self);
bool dadam_turns_render (DadamTurns *self,
                         DadamLoaded *model,
                         dd_prompt *prompt,
                         guint *n_dropped,
                         dd_error *error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamTurns, dadam_turns_free)

G_END_DECLS
