/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of a conversation share: who says what is in dadam-conversation.c, how
 * an answer is made in dadam-conversation-answer.c, how all is kept in
 * dadam-conversation-keep.c; and what a comparison asks of those that are its panes.
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
  char *device;          /* that was chosen for it alone; %NULL: none */
  char *draft;
  char *settings;

  gint64 id; /* 0: nothing is kept yet */
  gint64 seed; /* of the answer that is to come, if its settings have none; -1: any */
  DadamVeil veil; /* over its answers */
  int pane;    /* which one it is of the kept conversation */
  guint draft_source;
  guint tick_source;
  gboolean is_pane; /* of a comparison, which begins what is kept and says when to answer */
  gboolean is_held; /* the comparison has not said so yet */
  gboolean is_loading;
  gboolean is_gone;      /* nothing is written any more */
  gboolean is_new;       /* the answer is the first one, as is its question */
  gboolean has_question; /* the answer came with a question of its own */
  gboolean is_shared; /* which was asked of the other pane too, and is taken back with that one's */
  gboolean is_continued; /* the answer had been finished before */
  gboolean is_stored; /* what the answer is to is on the disk */
  gboolean is_started; /* the session is at work on it */
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
void dadam_conversation_return_draft (DadamConversation *self,
                                      DadamChange *change,
                                      const char *question);
void dadam_conversation_note_model (DadamConversation *self);
void dadam_conversation_put_model (DadamConversation *self, DadamChange *change);
void dadam_conversation_note_choice (DadamConversation *self, DadamChange *change, gint64 parent);
void dadam_conversation_forget (DadamConversation *self, DadamChange *change);
void dadam_conversation_flush (DadamConversation *self);
void dadam_conversation_start_ticking (DadamConversation *self);
void dadam_conversation_stop_ticking (DadamConversation *self);

void dadam_conversation_await_answer (DadamConversation *self,
                                      DadamMessage *answer,
                                      DadamChange *change);
void dadam_conversation_begin_answer (DadamConversation *self,
                                      DadamMessage *answer,
                                      DadamChange *change);
char *dadam_conversation_remove_answer (DadamConversation *self,
                                        DadamChange *change,
                                        DadamMessage *answer);
void dadam_conversation_proceed (DadamConversation *self);
void dadam_conversation_end_answer (DadamConversation *self, const GError *error);
void dadam_conversation_drop_session (DadamConversation *self);

DadamConversation *dadam_conversation_new_pane (DadamArchive *archive, int pane);
void dadam_conversation_ask (DadamConversation *self,
                             DadamChange *change,
                             const char *text,
                             gint64 seed);
void dadam_conversation_set_stored (DadamConversation *self,
                                    gboolean is_stored,
                                    const GError *error);
gboolean dadam_conversation_is_held (DadamConversation *self);
void dadam_conversation_release (DadamConversation *self);
void dadam_conversation_veil (DadamConversation *self, DadamVeil veil, DadamVeil of_last);

G_END_DECLS
