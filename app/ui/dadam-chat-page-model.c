/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whom the conversation of the chat page is with: the model it was with before, another
 * one that was opened, or none, as its file is gone.
 */
#include "config.h"

#include "dadam-chat-page-private.h"

#include <glib/gi18n.h>

#include "dadam-error.h"

/* Whether there was a model, whose file has been taken away. */
gboolean
dadam_chat_page_has_lost_model (DadamChatPage *self)
{
  return self->model == NULL && !dadam_conversation_is_loading (self->conversation)
         && dadam_conversation_get_model_path (self->conversation) != NULL;
}

/* A better device that stands idle is never kept quiet. */
void
dadam_chat_page_show_passed_over (DadamChatPage *self)
{
  const char *words = dadam_model_get_passed_over (self->model);
  g_autofree char *text = NULL;

  if (words == NULL)
    return;
  text = dadam_error_word_device (words);
  dadam_banner_show (self->banner, text, _ ("_Details"), "win.diagnostics");
}

static void
allow_actions (DadamChatPage *self)
{
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "chat.settings", self->model != NULL);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "chat.model-settings", self->model != NULL);
  gtk_widget_set_visible (self->compare_button, self->model != NULL && !self->is_narrow);
}

/* Where there is room for little, the name of the model goes before a button whose page the
 * sidebar leads to as well. */
void
dadam_chat_page_set_is_narrow (DadamChatPage *self, gboolean is_narrow)
{
  g_return_if_fail (DADAM_IS_CHAT_PAGE (self));

  self->is_narrow = is_narrow;
  allow_actions (self);
}

static void
model_changed_cb (DadamChatPage *self)
{
  DadamModelState before = self->model_state;

  self->model_state = dadam_model_get_state (self->model);
  if (self->model_state == DADAM_MODEL_LOADING)
    dadam_banner_reset (self->banner);
  if (self->model_state == DADAM_MODEL_LOADED && before != DADAM_MODEL_LOADED)
    dadam_chat_page_show_passed_over (self);
}

static void
set_model (DadamChatPage *self, DadamModel *model)
{
  if (self->model != NULL)
    g_signal_handlers_disconnect_by_func (self->model, model_changed_cb, self);
  g_set_object (&self->model, model);
  self->model_state = model != NULL ? dadam_model_get_state (model) : DADAM_MODEL_UNLOADED;
  dadam_conversation_set_model (self->conversation, model);
  dadam_model_chip_set_model (self->chip, model);
  if (model != NULL)
    g_signal_connect_swapped (model, "changed", G_CALLBACK (model_changed_cb), self);
  if (dadam_chat_page_has_lost_model (self))
    dadam_gone_bar_show (self->gone_bar, dadam_conversation_get_model_path (self->conversation),
                         self->library, dadam_manager_get_store (self->manager));
  allow_actions (self);
  dadam_chat_page_show_child (self);
}

/* (transfer full) (nullable): whom the conversation that is shown goes on with.  A new one begins
 * with the model that was talked to last. */
static DadamModel *
find_model (DadamChatPage *self)
{
  DadamModel *model = dadam_conversation_get_model (self->conversation);
  const char *path = dadam_conversation_get_model_path (self->conversation);

  if (model != NULL)
    return g_object_ref (model);
  if (path == NULL)
    return dadam_library_get_last (self->library);

  return g_path_is_absolute (path) && g_file_test (path, G_FILE_TEST_EXISTS)
             ? dadam_library_get (self->library, path)
             : NULL;
}

void
dadam_chat_page_take_model (DadamChatPage *self)
{
  g_autoptr (DadamModel) model = find_model (self);

  set_model (self, model);
}

/* What is talked to is what the next conversation begins with, and has the memory to itself. */
void
dadam_chat_page_prepare_model (DadamChatPage *self)
{
  g_autoptr (DadamModel)
      model = dadam_library_open (self->library, dadam_model_get_path (self->model));

  dadam_library_make_room (self->library, model, NULL);
}

/* The file that was to be opened is a model. */
static void
opened_cb (DadamChatPage *self, DadamModel *model)
{
  set_model (self, model);
  dadam_library_make_room (self->library, model, NULL);
  dadam_model_load (model);
  dadam_composer_focus (self->composer);
}

/* ---- the page's life --------------------------------------------------- */

void
dadam_chat_page_set_up_models (DadamChatPage *self,
                               DadamEngine *engine,
                               DadamLibrary *library,
                               DadamManager *manager)
{
  self->library = g_object_ref (library);
  self->manager = g_object_ref (manager);
  self->opener = dadam_opener_new (engine, library, self->settings);
  g_signal_connect_swapped (self->opener, "opened", G_CALLBACK (opened_cb), self);
  dadam_model_chip_set_up (self->chip, engine, library, self->settings);
}

void
dadam_chat_page_release_models (DadamChatPage *self)
{
  if (self->opener != NULL)
    g_signal_handlers_disconnect_by_data (self->opener, self);
  if (self->model != NULL)
    g_signal_handlers_disconnect_by_func (self->model, model_changed_cb, self);
  g_clear_object (&self->model);
  g_clear_object (&self->opener);
  g_clear_object (&self->library);
  g_clear_object (&self->manager);
}

/* Says if the model that was talked to last is not where it was. */
void
dadam_chat_page_look_for_last (DadamChatPage *self)
{
  g_autoptr (DadamModel) last = dadam_library_get_last (self->library);

  if (last != NULL && !g_file_test (dadam_model_get_path (last), G_FILE_TEST_EXISTS))
    dadam_banner_show (self->banner,
                       _ ("The model used last time cannot be found. Open another one."),
                       _ ("_Open Model…"), "win.open");
}

/**
 * dadam_chat_page_open:
 * @path: a file name, absolute
 *
 * Lets that model answer from now on, and loads it.  A file that is no model this
 * computer can run changes nothing; the banner says why.
 */
void
dadam_chat_page_open (DadamChatPage *self, const char *path)
{
  g_return_if_fail (DADAM_IS_CHAT_PAGE (self));

  dadam_banner_reset (self->banner);
  dadam_opener_open (self->opener, path);
}

/* Whether there is a model to talk to, loaded or not. */
gboolean
dadam_chat_page_has_model (DadamChatPage *self)
{
  g_return_val_if_fail (DADAM_IS_CHAT_PAGE (self), FALSE);

  return self->model != NULL;
}

/* (nullable): the file of the model to talk to. */
const char *
dadam_chat_page_get_model_path (DadamChatPage *self)
{
  g_return_val_if_fail (DADAM_IS_CHAT_PAGE (self), NULL);

  return self->model != NULL ? dadam_model_get_path (self->model) : NULL;
}
