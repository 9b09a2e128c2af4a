/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One conversation's timeline in the engine.  Main thread only; nothing blocks.
 */
#pragma once

#include "dadam-choices.h"
#include "dadam-engine.h"
#include "dadam-message.h"

G_BEGIN_DECLS

#define DADAM_TYPE_SESSION (dadam_session_get_type ())

G_DECLARE_FINAL_TYPE (DadamSession, dadam_session, DADAM, SESSION, GObject)

DadamSession *dadam_session_new (DadamLoaded *model);
void dadam_session_generate (DadamSession *self, GListModel *messages, const DadamChoices *choices);
void dadam_session_stop (DadamSession *self);

void dadam_session_count_async (DadamLoaded *model,
                                GListModel *messages,
                                const char *draft,
                                const DadamChoices *choices,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
gssize dadam_session_count_finish (GAsyncResult *result, guint *n_dropped, GError **error);
void dadam_session_preview_async (DadamLoaded *model,
                                  GListModel *messages,
                                  const char *draft,
                                  const DadamChoices *choices,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
char *dadam_session_preview_finish (GAsyncResult *result, GError **error);

G_END_DECLS
