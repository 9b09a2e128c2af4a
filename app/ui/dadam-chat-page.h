/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The page on which one conversation is held.
 */
#pragma once

#include <adwaita.h>

#include "dadam-archive.h"
#include "dadam-library.h"
#include "dadam-manager.h"

G_BEGIN_DECLS

#define DADAM_TYPE_CHAT_PAGE (dadam_chat_page_get_type ())

G_DECLARE_FINAL_TYPE (DadamChatPage, dadam_chat_page, DADAM, CHAT_PAGE, AdwBin)

void dadam_chat_page_set_up (DadamChatPage *self,
                             DadamEngine *engine,
                             DadamLibrary *library,
                             DadamArchive *archive,
                             DadamManager *manager,
                             GSettings *settings);
gboolean dadam_chat_page_has_model (DadamChatPage *self);
void dadam_chat_page_attach (DadamChatPage *self, GFile *file);
void dadam_chat_page_open (DadamChatPage *self, const char *path);
gboolean dadam_chat_page_is_empty (DadamChatPage *self);
const char *dadam_chat_page_get_model_path (DadamChatPage *self);
char *dadam_chat_page_get_question (DadamChatPage *self);
gint64 dadam_chat_page_get_shown (DadamChatPage *self);
void dadam_chat_page_show (DadamChatPage *self, gint64 id);
void dadam_chat_page_show_message (DadamChatPage *self, gint64 message, const char *sought);
void dadam_chat_page_find (DadamChatPage *self);
void dadam_chat_page_new_chat (DadamChatPage *self);
void dadam_chat_page_set_is_narrow (DadamChatPage *self, gboolean is_narrow);

G_END_DECLS
