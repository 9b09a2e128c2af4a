/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the files of the chat page share: what is said on it is in dadam-chat-page.c, whom
 * it is said to in dadam-chat-page-model.c, what is being written in
 * dadam-chat-page-writing.c.
 */
#pragma once

#include "dadam-banner.h"
#include "dadam-chat-page.h"
#include "dadam-composer.h"
#include "dadam-conversation.h"
#include "dadam-find-bar.h"
#include "dadam-gone-bar.h"
#include "dadam-meter.h"
#include "dadam-model-chip.h"
#include "dadam-opener.h"
#include "dadam-pane.h"
#include "dadam-rest.h"
#include "dadam-welcome.h"

G_BEGIN_DECLS

struct _DadamChatPage {
  AdwBin parent_instance;

  /* Template. */
  DadamModelChip *chip;
  DadamBanner *banner;
  DadamFindBar *find_bar;
  GtkStack *stack;
  DadamWelcome *welcome;
  DadamPane *pane;
  DadamGoneBar *gone_bar;
  GtkWidget *bottom;
  GtkWidget *compare_button;
  DadamComposer *composer;

  /* Owned. */
  DadamArchive *archive;
  DadamConversation *conversation; /* the one that is shown */
  DadamLibrary *library;
  DadamManager *manager;
  DadamOpener *opener;
  GSettings *settings;
  DadamModel *model;          /* the conversation's, to hear of its changes */
  DadamModelState model_state; /* as last heard */
  gboolean is_narrow;
  DadamMeter *meter;
  DadamRest *rest;
  DadamMessage *editing;      /* what the composer has, to be asked anew */
  char *unedited;             /* it, as it was put there; %NULL: it is just being put there */
  char *put_off;              /* what was being written when the editing began */

  gboolean
      focuses_when_read; /* the conversation is being read, and the composer will be there then */
};

void dadam_chat_page_show_child (DadamChatPage *self);
void dadam_chat_page_count (DadamChatPage *self);

void dadam_chat_page_show_draft (DadamChatPage *self);
void dadam_chat_page_draft_changed_cb (DadamChatPage *self);
void dadam_chat_page_take_written (DadamChatPage *self);
void dadam_chat_page_returned_cb (DadamChatPage *self, const char *text);
void dadam_chat_page_edit (DadamChatPage *self, DadamMessage *message);
void dadam_chat_page_leave_editing (DadamChatPage *self);
void dadam_chat_page_end_editing (DadamChatPage *self);

void dadam_chat_page_set_up_models (DadamChatPage *self,
                                    DadamEngine *engine,
                                    DadamLibrary *library,
                                    DadamManager *manager);
void dadam_chat_page_release_models (DadamChatPage *self);
void dadam_chat_page_look_for_last (DadamChatPage *self);
gboolean dadam_chat_page_has_lost_model (DadamChatPage *self);
void dadam_chat_page_take_model (DadamChatPage *self);
void dadam_chat_page_prepare_model (DadamChatPage *self);
void dadam_chat_page_show_passed_over (DadamChatPage *self);

G_END_DECLS
