/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is exported, and the writers that have files of their own.
 */
#pragma once

#include "dadam-archive-private.h"
#include "dadam-export.h"

G_BEGIN_DECLS

/* What is shown of a chat, or of both panes of a comparison. */
typedef struct {
  const char *title;
  GListModel *panes[2]; /* of DadamMessage; the second one is %NULL for a chat */
} DadamTranscript;

char *dadam_export_to_html (const DadamTranscript *transcript);
guint dadam_transcript_get_length (const DadamTranscript *self);
DadamMessage *dadam_transcript_get (const DadamTranscript *self, guint pane, guint i);
gboolean dadam_transcript_has_pair (const DadamTranscript *self, guint i);
char *dadam_transcript_name_speaker (const DadamTranscript *self,
                                     guint pane,
                                     DadamMessage *message);

G_END_DECLS
