/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of a conversation share: who says what is in dadam-conversation.c,
 * how it is kept in dadam-conversation-keep.c.
 */
#pragma once

#include "dadam-archive-private.h"
#include "dadam-conversation.h"
#include "dadam-session.h"
#include "dadam-tree.h"

G_BEGIN_DECLS

struct _DadamConversation {
  GObject parent_instance;

  /* Owned. */
  DadamArchive *archive;
  DadamTree *tree;
  DadamModel *model;
  DadamSession *session; /* over the model; %NULL until the first answer */
  DadamMessage *answer;  /* being made, also while the model is loading */
  GBytes *begun;         /* the tokens of an answer that goes on, as far as it was */
  char *model_path;      /* of whom it was with the last time */
  char *draft;
  char *settings;

  gint64 id; /* 0: nothing is kept yet */
  guint draft_source;
  guint tick_source;
  gboolean is_loading;
  gboolean is_gone;      /* nothing is written any more */
  gboolean is_new;       /* the answer is the first one, as is its question */
  gboolean has_question; /* the answer came with a question of its own */
  gboolean is_continued; /* the answer had been finished before */
  gboolean is_stored;    /* what the answer is to is on the disk */
  gboolean is_started;   /* the session is at work on it */
  gboolean is_unwritten; /* text has come since the last tick */
};

void dadam_conversation_keep_init (DadamConversation *self, DadamArchive *archive);
void dadam_conversation_keep_dispose (DadamConversation *self);
void dadam_conversation_load (DadamConversation *self, gint64 id);
DadamChange *dadam_conversation_begin_change (DadamConversation *self, const char *title);
void dadam_conversation_write (DadamConversation *self, DadamChange *change);
void dadam_conversation_note_draft (DadamConversation *self,
                                    DadamChange *change,
                                    const char *draft);
void dadam_conversation_forget (DadamConversation *self, DadamChange *change);
void dadam_conversation_flush (DadamConversation *self);
void dadam_conversation_start_ticking (DadamConversation *self);
void dadam_conversation_stop_ticking (DadamConversation *self);

G_END_DECLS
