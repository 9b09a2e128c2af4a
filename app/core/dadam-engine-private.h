/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What sessions need of the engine thread: to run a function on it, and to hear
 * when the engine as a whole fails.  Only the files of DadamEngine and DadamSession.
 */
#pragma once

#include "dadam-engine.h"

G_BEGIN_DECLS

struct dd_error;
struct dd_model;

typedef struct _DadamWorker DadamWorker;

typedef void (*DadamCommand) (gpointer data);
typedef void (*DadamFailure) (gpointer data, const struct dd_error *error);

/* Any thread: @command runs on the engine thread, after those pushed before. */
void dadam_loaded_push (DadamLoaded *self, DadamCommand command, gpointer data);
/* Engine thread: between the two calls, @failure is called if the engine fails
 * in a way that no single session is to blame for. */
void dadam_loaded_begin (DadamLoaded *self, gpointer data, DadamFailure failure);
void dadam_loaded_end (DadamLoaded *self, gpointer data);
struct dd_model *dadam_loaded_get (DadamLoaded *self);

/* Where a model is: the same for all who use it, until a card has no memory left for it. */
typedef struct _DadamPlace DadamPlace;

void dadam_place_free (DadamPlace *place);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DadamPlace, dadam_place_free)

/* Engine thread: (transfer full): where it is now. */
DadamPlace *dadam_loaded_find_place (DadamLoaded *self);
/* Main thread: that is what it says from now on; whether it is news. */
gboolean dadam_loaded_take_place (DadamLoaded *self, DadamPlace *place);

G_END_DECLS
