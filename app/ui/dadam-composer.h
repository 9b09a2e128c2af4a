/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where a message is written and sent, and an answer stopped.
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define DADAM_TYPE_COMPOSER (dadam_composer_get_type ())

G_DECLARE_FINAL_TYPE (DadamComposer, dadam_composer, DADAM, COMPOSER, AdwBin)

void dadam_composer_set_enter_sends (DadamComposer *self, gboolean enter_sends);
void dadam_composer_set_is_answering (DadamComposer *self, gboolean is_answering);
void dadam_composer_set_tokens (DadamComposer *self,
                                gint64 n_tokens,
                                gint64 context,
                                guint n_dropped);
char *dadam_composer_get_text (DadamComposer *self);
void dadam_composer_set_is_editing (DadamComposer *self, gboolean is_editing);
char *dadam_composer_get_draft (DadamComposer *self);
char *dadam_composer_get_message (DadamComposer *self);
void dadam_composer_set_message (DadamComposer *self, const char *message);
void dadam_composer_attach (DadamComposer *self, GFile *file);
gboolean dadam_composer_is_empty (DadamComposer *self);
void dadam_composer_focus (DadamComposer *self);

G_END_DECLS
