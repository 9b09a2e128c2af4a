/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Duels in the base: opening, judging and reading them.  On the scribe's thread.
 */
#pragma once

#include "dadam-base.h"
#include "dadam-duel.h"
#include "dadam-message.h"

G_BEGIN_DECLS

/* @text is only there during the call. */
typedef void (*DadamBeforeFunc) (const char *text, DadamRole role, gpointer user_data);

gboolean dadam_duel_insert (DadamBase *base,
                            gint64 conversation,
                            gint64 left,
                            gint64 right,
                            gboolean is_blind,
                            GError **error);
gboolean dadam_duel_judge (DadamBase *base,
                           DadamDuel *duel,
                           DadamVerdict verdict,
                           gint64 voted,
                           GError **error);
gboolean dadam_duel_read (DadamBase *base, gint64 conversation, GPtrArray *duels, GError **error);
gboolean dadam_duel_read_before (DadamBase *base,
                                 gint64 answer,
                                 DadamBeforeFunc func,
                                 gpointer user_data,
                                 GError **error);

G_END_DECLS
