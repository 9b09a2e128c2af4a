/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The chat page: which conversation it shows, what is said in it, and its states that the
 * banner tells.  The messages are DadamPane's.
 */
#include "config.h"

#include "dadam-chat-page-private.h"

#include <glib/gi18n.h>

#include "dadam-choices-dialog.h"
#include "dadam-error.h"
#include "dadam-greeting.h"
#include "dadam-settings.h"
#include "dadam-sidebar-button.h"

G_DEFINE_FINAL_TYPE (DadamChatPage, dadam_chat_page, ADW_TYPE_BIN)

enum { CHANGED, N_SIGNALS };

static guint signals[N_SIGNALS];

/* ---- the banner -------------------------------------------------------- */

static void
lost_cb (DadamChatPage *self)
{
  dadam_banner_show (self->banner,
                     _ ("The device stopped answering and was started again. The answer goes on."),
                     NULL, NULL);
}

static void
failed_cb (DadamChatPage *self, const GError *error)
{
  if (g_error_matches (error, DADAM_ERROR, DADAM_ERROR_INTERRUPTED)) {
    dadam_banner_show (self->banner, error->message, _ ("_Load Again"), "chat.load-again");
    return;
  }
  dadam_banner_show_error (self->banner, error,
                           dadam_chat_page_is_empty (self) ? NULL : "win.new-chat",
                           dadam_settings_may_use_card (self->settings));
}

static void
needs_model_cb (DadamChatPage *self)
{
  dadam_banner_show (self->banner, _ ("Choose a model first."), _ ("_Open Model…"), "win.open");
}

/* ---- the count of tokens ----------------------------------------------- */

static void
counted_cb (DadamChatPage *self, gint64 n_tokens, gint64 context, guint n_dropped)
{
  dadam_composer_set_tokens (self->composer, n_tokens, context, n_dropped);
  dadam_pane_set_n_dropped (self->pane, n_dropped);
}

void
dadam_chat_page_count (DadamChatPage *self)
{
  g_autofree char *draft = dadam_composer_get_message (self->composer);

  dadam_meter_count (self->meter, self->conversation, draft);
}

/* ---- what the page shows ----------------------------------------------- */

void
dadam_chat_page_show_child (DadamChatPage *self)
{
  GListModel *messages = dadam_conversation_get_messages (self->conversation);
  const char *child = "messages";

  /* What was shown before stays for the moment. */
  if (dadam_conversation_is_loading (self->conversation))
    return;
  if (g_list_model_get_n_items (messages) == 0)
    child = self->model != NULL ? "greeting" : "welcome";
  gtk_widget_set_visible (self->bottom, self->model != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->gone_bar), dadam_chat_page_has_lost_model (self));
  gtk_stack_set_visible_child_name (self->stack, child);
}

static void
settings (GtkWidget *widget, const char *action, GVariant *parameter)
{
  DadamChatPage *self = DADAM_CHAT_PAGE (widget);
  g_autofree char *draft = dadam_composer_get_message (self->composer);
  DadamChoicesDialog *dialog = g_str_equal (action, "chat.settings")
                                   ? dadam_choices_dialog_new_for_conversation (self->conversation,
                                                                                draft)
                                   : dadam_choices_dialog_new_for_model (self->model);

  g_signal_connect_object (dialog, "closed", G_CALLBACK (dadam_chat_page_count), self,
                           G_CONNECT_SWAPPED);
  adw_dialog_present (ADW_DIALOG (dialog), widget);
}

static void
unloaded_cb (DadamChatPage *self)
{
  dadam_banner_show (
      self->banner,
      _ ("Memory is low, so the model was unloaded. It is loaded again with the next "
         "message."),
      NULL, NULL);
}

static void
changed_cb (DadamChatPage *self)
{
  gboolean is_answering = dadam_conversation_is_answering (self->conversation);

  dadam_composer_set_is_answering (self->composer, is_answering);
  dadam_chat_page_show_child (self);
  dadam_chat_page_count (self);
  g_signal_emit (self, signals[CHANGED], 0);
}

/* ---- what the user does ------------------------------------------------ */

static void
load_again (GtkWidget *widget, const char *action, GVariant *parameter)
{
  DadamChatPage *self = DADAM_CHAT_PAGE (widget);

  if (self->model != NULL)
    dadam_model_load (self->model);
}

/* Makes ready to ask something; %FALSE: that cannot be now. */
static gboolean
prepare_to_ask (DadamChatPage *self)
{
  if (self->model == NULL || dadam_conversation_is_answering (self->conversation)
      || dadam_conversation_is_loading (self->conversation))
    return FALSE;

  dadam_banner_reset (self->banner);
  dadam_pane_set_sought (self->pane, NULL);
  dadam_pane_follow (self->pane);
  dadam_chat_page_prepare_model (self);

  return TRUE;
}

static void
send (DadamChatPage *self, const char *text)
{
  if (!prepare_to_ask (self))
    return;
  if (self->editing != NULL) {
    g_autoptr (DadamMessage) question = g_object_ref (self->editing);

    dadam_chat_page_end_editing (self);
    dadam_conversation_edit (self->conversation, question, text);
  } else {
    dadam_composer_set_message (self->composer, "");
    dadam_conversation_send (self->conversation, text);
  }
}

static void
stop (DadamChatPage *self)
{
  dadam_conversation_stop (self->conversation);
}

static gboolean
escape_cb (GtkWidget *widget, GVariant *args, gpointer user_data)
{
  DadamChatPage *self = DADAM_CHAT_PAGE (widget);

  if (dadam_conversation_is_answering (self->conversation))
    stop (self);
  else if (self->editing != NULL)
    dadam_chat_page_end_editing (self);
  else
    return FALSE;

  return TRUE;
}

static void
attach_failed_cb (DadamChatPage *self, const GError *error)
{
  dadam_banner_show (self->banner, error->message, NULL, NULL);
}

/* What has been written stays. */
static void
prompt_cb (DadamChatPage *self, const char *text)
{
  g_autofree char *draft = dadam_composer_get_draft (self->composer);

  if (prepare_to_ask (self)) {
    dadam_conversation_send (self->conversation, text);
    dadam_conversation_set_draft (self->conversation, draft);
  }
  dadam_composer_focus (self->composer);
}

/* ---- the conversation -------------------------------------------------- */

static void
release_conversation (DadamChatPage *self)
{
  if (self->conversation != NULL)
    g_signal_handlers_disconnect_by_data (self->conversation, self);
  g_clear_object (&self->conversation);
}

static void
found_cb (DadamChatPage *self, guint position)
{
  dadam_pane_show_position (self->pane, position);
}

/* Once, if it had to be read. */
static void
read_cb (DadamChatPage *self)
{
  if (dadam_conversation_is_loading (self->conversation))
    return;
  g_signal_handlers_disconnect_by_func (self->conversation, read_cb, self);
  dadam_chat_page_take_model (self);
  dadam_chat_page_take_written (self);
  if (self->focuses_when_read && self->model != NULL)
    dadam_composer_focus (self->composer);
}

static void
gone_cb (DadamChatPage *self)
{
  dadam_chat_page_new_chat (self);
}

static void
connect_conversation (DadamChatPage *self)
{
  DadamConversation *conversation = self->conversation;

  if (dadam_conversation_is_loading (conversation))
    g_signal_connect_swapped (conversation, "changed", G_CALLBACK (read_cb), self);
  g_signal_connect_swapped (conversation, "changed", G_CALLBACK (changed_cb), self);
  g_signal_connect_swapped (conversation, "failed", G_CALLBACK (failed_cb), self);
  g_signal_connect_swapped (conversation, "returned", G_CALLBACK (dadam_chat_page_returned_cb),
                            self);
  g_signal_connect_swapped (conversation, "lost", G_CALLBACK (lost_cb), self);
  g_signal_connect_swapped (conversation, "moved", G_CALLBACK (dadam_chat_page_show_passed_over),
                            self);
  g_signal_connect_swapped (conversation, "gone", G_CALLBACK (gone_cb), self);
}

static void
set_conversation (DadamChatPage *self, DadamConversation *conversation)
{
  dadam_chat_page_leave_editing (self);
  release_conversation (self);
  self->focuses_when_read = FALSE;
  self->conversation = g_object_ref (conversation);
  dadam_pane_set_conversation (self->pane, conversation);
  dadam_find_bar_set_messages (self->find_bar, dadam_conversation_get_messages (conversation));
  dadam_find_bar_close (self->find_bar);
  connect_conversation (self);
  dadam_rest_watch (self->rest, conversation);
  if (!dadam_conversation_is_loading (conversation))
    dadam_chat_page_take_model (self);
  dadam_chat_page_show_draft (self);
  changed_cb (self);
}

/* What was shown when the program ended, unless the user was quicker.  After a damage the user comes
 * to an empty chat, under the window's notice. */
static void
show_last (DadamChatPage *self)
{
  const char *name = dadam_archive_get_value (self->archive, DADAM_ARCHIVE_SHOWN);
  gint64 id = name != NULL ? g_ascii_strtoll (name, NULL, 10) : 0;
  DadamSummary *summary = dadam_archive_find (self->archive, id);

  if (summary != NULL && dadam_archive_get_set_aside (self->archive, NULL) == NULL
      && dadam_summary_get_trashed (summary) == 0 && dadam_composer_is_empty (self->composer))
    gtk_widget_activate_action (GTK_WIDGET (self), "win.show-conversation", "x", id);
}

static void
archive_opened_cb (DadamChatPage *self)
{
  if (dadam_conversation_get_id (self->conversation) == 0) {
    dadam_chat_page_show_draft (self);
    show_last (self);
  }
}

/* ---- the class --------------------------------------------------------- */

static void
dadam_chat_page_dispose (GObject *object)
{
  DadamChatPage *self = DADAM_CHAT_PAGE (object);

  release_conversation (self);
  dadam_chat_page_release_models (self);
  if (self->archive != NULL)
    g_signal_handlers_disconnect_by_data (self->archive, self);
  g_clear_object (&self->meter);
  g_clear_object (&self->rest);
  dadam_chat_page_leave_editing (self);
  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_CHAT_PAGE);
  g_clear_object (&self->archive);
  g_clear_object (&self->settings);

  G_OBJECT_CLASS (dadam_chat_page_parent_class)->dispose (object);
}

static gboolean
dadam_chat_page_grab_focus (GtkWidget *widget)
{
  DadamChatPage *self = DADAM_CHAT_PAGE (widget);

  self->focuses_when_read = dadam_conversation_is_loading (self->conversation);
  if (self->focuses_when_read)
    return FALSE;
  if (self->model == NULL)
    return GTK_WIDGET_CLASS (dadam_chat_page_parent_class)->grab_focus (widget);
  dadam_composer_focus (self->composer);

  return TRUE;
}

static void
bind_template (GtkWidgetClass *widget_class)
{
  gtk_widget_class_set_template_from_resource (widget_class,
                                               DADAM_RESOURCE_PATH "/dadam-chat-page.ui");
  gtk_widget_class_bind_template_child (widget_class, DadamChatPage, chip);
  gtk_widget_class_bind_template_child (widget_class, DadamChatPage, banner);
  gtk_widget_class_bind_template_child (widget_class, DadamChatPage, stack);
  gtk_widget_class_bind_template_child (widget_class, DadamChatPage, welcome);
  gtk_widget_class_bind_template_child (widget_class, DadamChatPage, find_bar);
  gtk_widget_class_bind_template_callback (widget_class, found_cb);
  gtk_widget_class_bind_template_callback (widget_class, dadam_pane_set_sought);
  gtk_widget_class_bind_template_child (widget_class, DadamChatPage, pane);
  gtk_widget_class_bind_template_child (widget_class, DadamChatPage, gone_bar);
  gtk_widget_class_bind_template_child (widget_class, DadamChatPage, bottom);
  gtk_widget_class_bind_template_child (widget_class, DadamChatPage, compare_button);
  gtk_widget_class_bind_template_child (widget_class, DadamChatPage, composer);
  gtk_widget_class_bind_template_callback (widget_class, needs_model_cb);
  gtk_widget_class_bind_template_callback (widget_class, send);
  gtk_widget_class_bind_template_callback (widget_class, stop);
  gtk_widget_class_bind_template_callback (widget_class, prompt_cb);
  gtk_widget_class_bind_template_callback (widget_class, attach_failed_cb);
  gtk_widget_class_bind_template_callback_full (widget_class, "edit",
                                                G_CALLBACK (dadam_chat_page_edit));
  gtk_widget_class_bind_template_callback_full (widget_class, "draft_changed_cb",
                                                G_CALLBACK (dadam_chat_page_draft_changed_cb));
  gtk_widget_class_bind_template_callback_full (widget_class, "end_editing",
                                                G_CALLBACK (dadam_chat_page_end_editing));
}

static void
dadam_chat_page_class_init (DadamChatPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = dadam_chat_page_dispose;
  widget_class->grab_focus = dadam_chat_page_grab_focus;

  /* Messages came or went, or an answer began or ended. */
  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);

  g_type_ensure (DADAM_TYPE_BANNER);
  g_type_ensure (DADAM_TYPE_GONE_BAR);
  g_type_ensure (DADAM_TYPE_GREETING);
  g_type_ensure (DADAM_TYPE_MODEL_CHIP);
  g_type_ensure (DADAM_TYPE_PANE);
  g_type_ensure (DADAM_TYPE_SIDEBAR_BUTTON);
  g_type_ensure (DADAM_TYPE_WELCOME);
  g_type_ensure (DADAM_TYPE_COMPOSER);
  g_type_ensure (DADAM_TYPE_FIND_BAR);
  bind_template (widget_class);
  gtk_widget_class_install_action (widget_class, "chat.settings", NULL, settings);
  gtk_widget_class_install_action (widget_class, "chat.model-settings", NULL, settings);
  gtk_widget_class_install_action (widget_class, "chat.load-again", NULL, load_again);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Escape, 0, escape_cb, NULL);
}

static void
dadam_chat_page_init (DadamChatPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->meter = dadam_meter_new ();
  self->rest = dadam_rest_new ();
  g_signal_connect_object (self->rest, "unloaded", G_CALLBACK (unloaded_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->meter, "counted", G_CALLBACK (counted_cb), self,
                           G_CONNECT_SWAPPED);
}

static void
unload_after_changed_cb (DadamChatPage *self)
{
  guint minutes = (guint) g_settings_get_int (self->settings, DADAM_SETTING_UNLOAD_AFTER);

  dadam_rest_set_seconds (self->rest, minutes * 60);
}

static void
enter_sends_changed_cb (DadamChatPage *self)
{
  dadam_composer_set_enter_sends (self->composer,
                                  g_settings_get_boolean (self->settings,
                                                          DADAM_SETTING_ENTER_SENDS));
}

/**
 * dadam_chat_page_set_up:
 *
 * Once, before the page is shown.  It begins with the model of the last time, which
 * is loaded with the first message.
 */
void
dadam_chat_page_set_up (DadamChatPage *self,
                        DadamEngine *engine,
                        DadamLibrary *library,
                        DadamArchive *archive,
                        DadamManager *manager,
                        GSettings *settings)
{
  g_autoptr (DadamConversation) conversation = dadam_conversation_new (archive);

  g_return_if_fail (DADAM_IS_CHAT_PAGE (self));

  self->archive = g_object_ref (archive);
  self->settings = g_object_ref (settings);
  g_signal_connect_swapped (archive, "opened", G_CALLBACK (archive_opened_cb), self);
  dadam_chat_page_set_up_models (self, engine, library, manager);
  g_signal_connect_swapped (self->opener, "failed", G_CALLBACK (failed_cb), self);
  g_signal_connect_object (settings, "changed::" DADAM_SETTING_DEVICE,
                           G_CALLBACK (dadam_banner_reset), self->banner, G_CONNECT_SWAPPED);
  dadam_welcome_set_up (self->welcome, manager);
  g_signal_connect_object (settings, "changed::" DADAM_SETTING_ENTER_SENDS,
                           G_CALLBACK (enter_sends_changed_cb), self, G_CONNECT_SWAPPED);
  enter_sends_changed_cb (self);
  g_signal_connect_object (settings, "changed::" DADAM_SETTING_UNLOAD_AFTER,
                           G_CALLBACK (unload_after_changed_cb), self, G_CONNECT_SWAPPED);
  unload_after_changed_cb (self);

  dadam_banner_reset (self->banner);
  set_conversation (self, conversation);
  dadam_chat_page_look_for_last (self);
}

gboolean
dadam_chat_page_is_empty (DadamChatPage *self)
{
  g_return_val_if_fail (DADAM_IS_CHAT_PAGE (self), TRUE);

  return self->conversation == NULL
         || g_list_model_get_n_items (dadam_conversation_get_messages (self->conversation)) == 0;
}

/* (transfer full): what was asked last in the conversation that is shown, or "". */
char *
dadam_chat_page_get_question (DadamChatPage *self)
{
  GListModel *messages;

  g_return_val_if_fail (DADAM_IS_CHAT_PAGE (self), NULL);

  messages = dadam_conversation_get_messages (self->conversation);
  for (guint i = g_list_model_get_n_items (messages); i > 0; i--) {
    g_autoptr (DadamMessage) message = g_list_model_get_item (messages, i - 1);

    if (dadam_message_get_role (message) == DADAM_ROLE_USER)
      return g_strdup (dadam_message_get_text (message));
  }

  return g_strdup ("");
}

/* The id of the conversation that is shown; 0: one that is not kept yet. */
gint64
dadam_chat_page_get_shown (DadamChatPage *self)
{
  g_return_val_if_fail (DADAM_IS_CHAT_PAGE (self), 0);

  return self->conversation != NULL ? dadam_conversation_get_id (self->conversation) : 0;
}

/**
 * dadam_chat_page_show:
 * @id: of a conversation that is kept
 */
void
dadam_chat_page_show (DadamChatPage *self, gint64 id)
{
  g_autoptr (DadamConversation) conversation = NULL;

  g_return_if_fail (DADAM_IS_CHAT_PAGE (self));

  if (dadam_conversation_get_id (self->conversation) == id)
    return;
  dadam_banner_reset (self->banner);
  conversation = dadam_conversation_open (self->archive, id);
  set_conversation (self, conversation);
}

/**
 * dadam_chat_page_show_message:
 * @sought: (nullable): words that are marked in what is shown
 *
 * Brings a message of the conversation that is shown into sight, whichever branch it is
 * on.
 */
void
dadam_chat_page_show_message (DadamChatPage *self, gint64 message, const char *sought)
{
  g_return_if_fail (DADAM_IS_CHAT_PAGE (self));

  dadam_pane_set_sought (self->pane, sought);
  dadam_pane_show_message (self->pane, message);
}

/* Lets the user find something in the conversation. */
void
dadam_chat_page_find (DadamChatPage *self)
{
  g_return_if_fail (DADAM_IS_CHAT_PAGE (self));

  if (!dadam_chat_page_is_empty (self))
    dadam_find_bar_open (self->find_bar);
}

void
dadam_chat_page_new_chat (DadamChatPage *self)
{
  g_autoptr (DadamConversation) conversation = NULL;

  g_return_if_fail (DADAM_IS_CHAT_PAGE (self));

  dadam_banner_reset (self->banner);
  conversation = dadam_conversation_new (self->archive);
  set_conversation (self, conversation);
  dadam_composer_focus (self->composer);
}

/* Puts a text file to what is being written. */
void
dadam_chat_page_attach (DadamChatPage *self, GFile *file)
{
  g_return_if_fail (DADAM_IS_CHAT_PAGE (self));

  dadam_banner_reset (self->banner);
  dadam_composer_attach (self->composer, file);
}
