/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The chat page: joins a conversation to the list of its messages, the composer, the
 * model chip and the banner.  How far the list is scrolled is DadamFollower's.
 */
#include "config.h"

#include "dadam-chat-page.h"

#include <glib/gi18n.h>

#include "dadam-choices-dialog.h"
#include "dadam-composer.h"
#include "dadam-conversation.h"
#include "dadam-error.h"
#include "dadam-find-bar.h"
#include "dadam-follower.h"
#include "dadam-format-dialog.h"
#include "dadam-hangul.h"
#include "dadam-message-list.h"
#include "dadam-meter.h"
#include "dadam-model-chip.h"
#include "dadam-rest.h"
#include "dadam-settings.h"
#include "dadam-sidebar-button.h"
#include "dadam-welcome.h"

/* Under this name the archive keeps which conversation is shown. */
#define SHOWN "shown"

struct _DadamChatPage {
  AdwBin parent_instance;

  /* Template. */
  DadamModelChip *chip;
  AdwBanner *banner;
  DadamFindBar *find_bar;
  GtkStack *stack;
  DadamWelcome *welcome;
  AdwWrapBox *prompts;
  GtkScrolledWindow *scroller;
  GtkListView *list;
  GtkWidget *newest_button;
  GtkWidget *bottom;
  DadamComposer *composer;

  /* Owned. */
  DadamArchive *archive;
  DadamConversation *conversation; /* the one that is shown */
  DadamFollower *follower;
  DadamLibrary *library;
  DadamEngine *engine;
  GSettings *settings;
  DadamModel *model;          /* the conversation's, to hear of its changes */
  DadamModelState model_state; /* as last heard */
  GtkWidget *format_dialog;   /* while it is open */
  DadamMeter *meter;
  DadamRest *rest;
  DadamMessage *editing;      /* what the composer has, to be asked anew */
  GCancellable *opening;      /* of the file that is being looked at */
  char *opening_path;
  char *banner_action;        /* what its button does */
  gint64 wanted;              /* the message to be scrolled to; 0: none */
  guint n_dropped;            /* of the first messages, by the last count */
};

G_DEFINE_FINAL_TYPE (DadamChatPage, dadam_chat_page, ADW_TYPE_BIN)

enum { CHANGED, N_SIGNALS };

static guint signals[N_SIGNALS];

/* ---- the banner: one lasting state, the most urgent -------------------- */

static void
show_banner (DadamChatPage *self, const char *title, const char *button, const char *action)
{
  adw_banner_set_title (self->banner, title);
  dadam_hangul_mend (GTK_WIDGET (self->banner));
  adw_banner_set_button_label (self->banner, button);
  g_set_str (&self->banner_action, action);
  adw_banner_set_revealed (self->banner, TRUE);
  gtk_accessible_announce (GTK_ACCESSIBLE (self), title,
                           GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_MEDIUM);
}

/* What is shown when nothing went wrong. */
static void
reset_banner (DadamChatPage *self)
{
  if (dadam_hangul_has_font (gtk_widget_get_pango_context (GTK_WIDGET (self))))
    adw_banner_set_revealed (self->banner, FALSE);
  else
    show_banner (self,
                 _ ("No font on this computer can show Korean. Install “fonts-noto-cjk” (Fedora: "
                    "“google-noto-sans-cjk-fonts”) and start Dadam again."),
                 NULL, NULL);
}

static void
banner_clicked_cb (DadamChatPage *self)
{
  if (self->banner_action != NULL)
    gtk_widget_activate_action (GTK_WIDGET (self), self->banner_action, NULL);
}

static gboolean
is_of_device (const GError *error)
{
  return g_error_matches (error, DADAM_ERROR, DADAM_ERROR_DEVICE_LOST)
         || g_error_matches (error, DADAM_ERROR, DADAM_ERROR_DEVICE_MEMORY)
         || g_error_matches (error, DADAM_ERROR, DADAM_ERROR_NO_DEVICE);
}

static void
lost_cb (DadamChatPage *self)
{
  show_banner (self, _ ("The device stopped answering and was started again. The answer goes on."),
               NULL, NULL);
}

/* A better device that stands idle is never kept quiet. */
static void
show_passed_over (DadamChatPage *self)
{
  const char *words = dadam_model_get_passed_over (self->model);
  g_autofree char *text = NULL;

  if (words == NULL)
    return;
  text = dadam_error_word_device (words);
  show_banner (self, text, _ ("_Details"), "win.diagnostics");
}

static void
failed_cb (DadamChatPage *self, const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (g_error_matches (error, DADAM_ERROR, DADAM_ERROR_CONTEXT_FULL))
    show_banner (self, error->message, dadam_chat_page_is_empty (self) ? NULL : _ ("_New Chat"),
                 "win.new-chat");
  else if (is_of_device (error) && dadam_settings_may_use_card (self->settings))
    show_banner (self, error->message, _ ("_Use the CPU"), "win.use-cpu");
  else if (g_error_matches (error, DADAM_ERROR, DADAM_ERROR_DEVICE_LOST))
    show_banner (self, error->message, NULL, NULL);
  else
    show_banner (self, error->message, _ ("_Open Model…"), "win.open");
}

/* ---- the count of tokens ----------------------------------------------- */

static void
counted_cb (DadamChatPage *self, gint64 n_tokens, gint64 context, guint n_dropped)
{
  dadam_composer_set_tokens (self->composer, n_tokens, context, n_dropped);
  self->n_dropped = n_dropped;
  dadam_message_list_update (self->list, self->conversation, n_dropped);
}

static void
count (DadamChatPage *self)
{
  g_autofree char *draft = dadam_composer_get_message (self->composer);

  dadam_meter_count (self->meter, self->conversation, draft);
}

/* ---- the prompt format ------------------------------------------------- */

static void
format_chosen_cb (DadamChatPage *self, const char *format)
{
  dadam_model_set_format (self->model, format);
}

/* Closed without a choice: a message that waits for it goes back into the composer. */
static void
format_closed_cb (DadamChatPage *self)
{
  g_clear_object (&self->format_dialog);
  if (dadam_conversation_needs_format (self->conversation))
    dadam_conversation_stop (self->conversation);
}

static void
ask_for_format (DadamChatPage *self)
{
  DadamFormatDialog *dialog;

  if (self->format_dialog != NULL)
    return;

  dialog = dadam_format_dialog_new (dadam_model_get_title (self->model));
  self->format_dialog = g_object_ref_sink (GTK_WIDGET (dialog));
  g_signal_connect_object (dialog, "chosen", G_CALLBACK (format_chosen_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (dialog, "closed", G_CALLBACK (format_closed_cb), self,
                           G_CONNECT_SWAPPED);
  adw_dialog_present (ADW_DIALOG (dialog), GTK_WIDGET (self));
}

/* ---- what the page shows ----------------------------------------------- */

static void
show_child (DadamChatPage *self)
{
  GListModel *messages = dadam_conversation_get_messages (self->conversation);
  const char *child = "messages";

  if (g_list_model_get_n_items (messages) == 0)
    child = self->model != NULL ? "greeting" : "welcome";
  gtk_widget_set_visible (self->bottom, self->model != NULL);
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

  g_signal_connect_object (dialog, "closed", G_CALLBACK (count), self, G_CONNECT_SWAPPED);
  adw_dialog_present (ADW_DIALOG (dialog), widget);
}

static void
allow_actions (DadamChatPage *self)
{
  static const char *const actions[] = { "chat.edit", "chat.regenerate", "chat.continue",
                                         "chat.sibling-before", "chat.sibling-after" };
  gboolean can = !dadam_conversation_is_answering (self->conversation);

  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    gtk_widget_action_set_enabled (GTK_WIDGET (self), actions[i], can);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "chat.settings", self->model != NULL);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "chat.model-settings", self->model != NULL);
}

static void
unloaded_cb (DadamChatPage *self)
{
  show_banner (self,
               _ ("Memory is low, so the model was unloaded. It is loaded again with the next "
                  "message."),
               NULL, NULL);
}

/* For the next start. */
static void
remember_shown (DadamChatPage *self)
{
  gint64 id = dadam_conversation_get_id (self->conversation);
  g_autofree char *name = g_strdup_printf ("%" G_GINT64_FORMAT, id);

  if (dadam_archive_get_state (self->archive) == DADAM_ARCHIVE_OPEN)
    dadam_archive_set_value (self->archive, SHOWN, id != 0 ? name : NULL);
}

static void
changed_cb (DadamChatPage *self)
{
  gboolean is_answering = dadam_conversation_is_answering (self->conversation);

  dadam_composer_set_is_answering (self->composer, is_answering);
  allow_actions (self);
  dadam_message_list_update (self->list, self->conversation, self->n_dropped);
  show_child (self);
  count (self);
  remember_shown (self);
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
model_changed_cb (DadamChatPage *self)
{
  DadamModelState before = self->model_state;

  self->model_state = dadam_model_get_state (self->model);
  if (self->model_state == DADAM_MODEL_LOADING)
    reset_banner (self);
  if (self->model_state == DADAM_MODEL_LOADED && before != DADAM_MODEL_LOADED)
    show_passed_over (self);
  if (dadam_conversation_needs_format (self->conversation))
    ask_for_format (self);
}

/* The model before goes: two rarely fit into memory. */
static void
set_model (DadamChatPage *self, DadamModel *model)
{
  g_autoptr (DadamModel) before = g_steal_pointer (&self->model);

  if (before != NULL)
    g_signal_handlers_disconnect_by_func (before, model_changed_cb, self);
  g_set_object (&self->model, model);
  dadam_conversation_set_model (self->conversation, model);
  dadam_model_chip_set_model (self->chip, model);
  if (model != NULL)
    g_signal_connect_swapped (model, "changed", G_CALLBACK (model_changed_cb), self);
  if (before != NULL && before != model)
    dadam_model_unload (before);
  allow_actions (self);
  show_child (self);
}

/* The text of a message that was not answered: back where it came from. */
static void
returned_cb (DadamChatPage *self, const char *text)
{
  if (dadam_composer_is_empty (self->composer))
    dadam_composer_set_message (self->composer, text);
}

static void
answered_cb (DadamChatPage *self, DadamMessage *message)
{
  gboolean is_whole = dadam_message_get_stats (message)->stop != DADAM_STOP_CANCELLED;

  gtk_accessible_announce (GTK_ACCESSIBLE (self),
                           is_whole ? _ ("The answer is finished") : _ ("The answer was stopped"),
                           GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_MEDIUM);
}

/* What was written for another conversation is that one's draft by now. */
static void
show_draft (DadamChatPage *self)
{
  /* It changes while it is put in. */
  g_autofree char *draft = g_strdup (dadam_conversation_get_draft (self->conversation));

  if (!dadam_conversation_is_loading (self->conversation))
    dadam_composer_set_message (self->composer, draft);
}

static void
end_editing (DadamChatPage *self)
{
  if (self->editing == NULL)
    return;
  g_clear_object (&self->editing);
  dadam_composer_set_is_editing (self->composer, FALSE);
  show_draft (self);
}

/* ---- what the user does ------------------------------------------------ */

static void
send (DadamChatPage *self, const char *text)
{
  if (self->model == NULL || dadam_conversation_is_answering (self->conversation)
      || dadam_conversation_is_loading (self->conversation))
    return;

  reset_banner (self);
  dadam_follower_follow (self->follower);
  if (self->editing != NULL) {
    g_autoptr (DadamMessage) question = g_object_ref (self->editing);

    end_editing (self);
    dadam_conversation_edit (self->conversation, question, text);
  } else {
    dadam_composer_set_text (self->composer, "");
    dadam_conversation_send (self->conversation, text);
  }
  if (dadam_conversation_needs_format (self->conversation))
    ask_for_format (self);
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
    end_editing (self);
  else
    return FALSE;

  return TRUE;
}

/* ---- what is done with a message --------------------------------------- */

static DadamMessage *
find_message (DadamChatPage *self, gint64 id)
{
  GListModel *messages = dadam_conversation_get_messages (self->conversation);

  for (guint i = g_list_model_get_n_items (messages); i > 0; i--) {
    g_autoptr (DadamMessage) message = g_list_model_get_item (messages, i - 1);

    if (dadam_message_get_id (message) == id)
      return message; /* the list's */
  }

  return NULL;
}

static void
edit (DadamChatPage *self, DadamMessage *message)
{
  g_set_object (&self->editing, message);
  dadam_composer_set_message (self->composer, dadam_message_get_text (message));
  dadam_composer_set_is_editing (self->composer, TRUE);
  dadam_composer_focus (self->composer);
}

static void
message_action (GtkWidget *widget, const char *action, GVariant *parameter)
{
  DadamChatPage *self = DADAM_CHAT_PAGE (widget);
  DadamMessage *message = find_message (self, g_variant_get_int64 (parameter));

  if (message == NULL || dadam_conversation_is_answering (self->conversation))
    return;
  if (g_str_equal (action, "chat.sibling-before"))
    dadam_conversation_show_sibling (self->conversation, message, -1);
  else if (g_str_equal (action, "chat.sibling-after"))
    dadam_conversation_show_sibling (self->conversation, message, 1);
  else if (self->model == NULL)
    show_banner (self, _ ("Choose a model first."), _ ("_Open Model…"), "win.open");
  else if (g_str_equal (action, "chat.edit"))
    edit (self, message);
  else if (g_str_equal (action, "chat.regenerate"))
    dadam_conversation_regenerate (self->conversation, message);
  else if (dadam_conversation_can_continue (self->conversation, message))
    dadam_conversation_continue (self->conversation);
}

static void
attach_failed_cb (DadamChatPage *self, const GError *error)
{
  show_banner (self, error->message, NULL, NULL);
}

/* ---- opening a file ---------------------------------------------------- */

static void
stop_opening (DadamChatPage *self)
{
  if (self->opening != NULL)
    g_cancellable_cancel (self->opening);
  g_clear_object (&self->opening);
  g_clear_pointer (&self->opening_path, g_free);
}

static void
checked_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DadamChatPage) self = DADAM_CHAT_PAGE (user_data);
  g_autoptr (DadamModel) model = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  dadam_engine_check_finish (DADAM_ENGINE (object), result, &error);
  if (g_task_get_cancellable (G_TASK (result)) != self->opening)
    return;

  path = g_steal_pointer (&self->opening_path);
  g_clear_object (&self->opening);
  if (error != NULL) {
    failed_cb (self, error);
    return;
  }
  model = dadam_library_open (self->library, path);
  set_model (self, model);
  dadam_model_load (model);
  dadam_composer_focus (self->composer);
}

static void
prompt_cb (GtkButton *button, gpointer user_data)
{
  DadamChatPage *self = DADAM_CHAT_PAGE (user_data);
  GtkWidget *label = gtk_button_get_child (button);

  send (self, gtk_label_get_text (GTK_LABEL (label)));
  dadam_composer_focus (self->composer);
}

static void
newest_cb (DadamChatPage *self)
{
  dadam_follower_follow (self->follower);
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
draft_changed_cb (DadamChatPage *self)
{
  g_autofree char *draft = dadam_composer_get_draft (self->composer);

  if (self->conversation == NULL)
    return;
  if (self->editing == NULL)
    dadam_conversation_set_draft (self->conversation, draft);
  count (self);
}

/* It can be read all the same, and any other model can go on with it. */
static void
tell_gone_model (DadamChatPage *self)
{
  const char *path = dadam_conversation_get_model_path (self->conversation);
  g_autofree char *name = NULL;
  g_autofree char *text = NULL;

  if (path == NULL || g_file_test (path, G_FILE_TEST_EXISTS))
    return;
  name = g_filename_display_basename (path);
  /* Translators: a file's name. */
  text = g_strdup_printf (_ ("The model of this conversation, “%s”, is gone. Another one can go on "
                             "with it."),
                          name);
  show_banner (self, text, _ ("_Open Model…"), "win.open");
}

static void
found_cb (DadamChatPage *self, guint position)
{
  dadam_follower_release (self->follower);
  dadam_message_list_show (self->list, position);
}

/* The message that is to be seen, as soon as it is there. */
static void
show_wanted (DadamChatPage *self)
{
  gint64 wanted = self->wanted;
  guint position;

  if (wanted == 0 || dadam_conversation_is_loading (self->conversation))
    return;
  self->wanted = 0;
  if (!dadam_conversation_show_message (self->conversation, wanted, &position))
    return;
  dadam_follower_release (self->follower);
  dadam_message_list_show (self->list, position);
}

/* Once, if it had to be read. */
static void
read_cb (DadamChatPage *self)
{
  if (dadam_conversation_is_loading (self->conversation))
    return;
  g_signal_handlers_disconnect_by_func (self->conversation, read_cb, self);
  show_draft (self);
  tell_gone_model (self);
  dadam_follower_follow (self->follower);
  show_wanted (self);
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
  g_signal_connect_swapped (conversation, "returned", G_CALLBACK (returned_cb), self);
  g_signal_connect_swapped (conversation, "answered", G_CALLBACK (answered_cb), self);
  g_signal_connect_swapped (conversation, "lost", G_CALLBACK (lost_cb), self);
  g_signal_connect_swapped (conversation, "gone", G_CALLBACK (gone_cb), self);
}

/* One that answers keeps its model; any other goes on with the one that is chosen. */
static void
set_conversation (DadamChatPage *self, DadamConversation *conversation)
{
  end_editing (self);
  release_conversation (self);
  self->conversation = g_object_ref (conversation);
  self->n_dropped = 0;
  self->wanted = 0;
  dadam_message_list_set_messages (self->list, dadam_conversation_get_messages (conversation));
  dadam_find_bar_set_messages (self->find_bar, dadam_conversation_get_messages (conversation));
  dadam_find_bar_close (self->find_bar);
  connect_conversation (self);
  dadam_rest_watch (self->rest, conversation);
  if (!dadam_conversation_is_answering (conversation))
    dadam_conversation_set_model (conversation, self->model);
  show_draft (self);
  changed_cb (self);
  dadam_follower_follow (self->follower);
}

static void
archive_failed_cb (DadamChatPage *self, const GError *error)
{
  show_banner (self, error->message, NULL, NULL);
}

/* What was shown when the program ended, unless the user was quicker. */
static void
show_last (DadamChatPage *self)
{
  const char *name = dadam_archive_get_value (self->archive, SHOWN);
  gint64 id = name != NULL ? g_ascii_strtoll (name, NULL, 10) : 0;
  DadamSummary *summary = dadam_archive_find (self->archive, id);

  if (summary != NULL && dadam_summary_get_trashed (summary) == 0
      && dadam_composer_is_empty (self->composer))
    dadam_chat_page_show (self, id);
}

static void
archive_opened_cb (DadamChatPage *self)
{
  const GError *error = dadam_archive_get_error (self->archive);
  const char *set_aside = dadam_archive_get_set_aside (self->archive);
  g_autofree char *text = NULL;

  if (error != NULL)
    text = g_strdup_printf ("%s %s", error->message, _ ("What you write now is not kept."));
  else if (set_aside != NULL)
    text = g_strdup_printf (_ ("The file with your conversations was damaged, so a new one was "
                               "begun. The damaged one is kept as “%s”."),
                            set_aside);
  if (text != NULL)
    show_banner (self, text, NULL, NULL);
  if (dadam_conversation_get_id (self->conversation) != 0)
    return;
  show_draft (self);
  show_last (self);
}

/* ---- the class --------------------------------------------------------- */

static void
create_prompts (DadamChatPage *self)
{
  const char *const prompts[] = {
    _ ("Is a cat an animal?"),
    _ ("Plan two days on Jeju Island for me"),
    _ ("Why does the sun rise in the east?"),
    _ ("Write a polite email to postpone a meeting"),
  };

  for (guint i = 0; i < G_N_ELEMENTS (prompts); i++) {
    GtkWidget *button = gtk_button_new ();
    GtkWidget *label = gtk_label_new (prompts[i]);

    gtk_label_set_wrap (GTK_LABEL (label), TRUE);
    gtk_label_set_justify (GTK_LABEL (label), GTK_JUSTIFY_CENTER);
    gtk_label_set_natural_wrap_mode (GTK_LABEL (label), GTK_NATURAL_WRAP_NONE);
    gtk_button_set_child (GTK_BUTTON (button), label);
    gtk_widget_add_css_class (button, "prompt");
    gtk_widget_add_css_class (button, "circular");
    g_signal_connect_object (button, "clicked", G_CALLBACK (prompt_cb), self, G_CONNECT_DEFAULT);
    adw_wrap_box_append (self->prompts, button);
  }
}

static void
dadam_chat_page_dispose (GObject *object)
{
  DadamChatPage *self = DADAM_CHAT_PAGE (object);

  stop_opening (self);
  release_conversation (self);
  if (self->archive != NULL)
    g_signal_handlers_disconnect_by_data (self->archive, self);
  if (self->model != NULL)
    g_signal_handlers_disconnect_by_func (self->model, model_changed_cb, self);
  g_clear_object (&self->follower);
  g_clear_object (&self->meter);
  g_clear_object (&self->rest);
  g_clear_object (&self->editing);
  gtk_widget_dispose_template (GTK_WIDGET (self), DADAM_TYPE_CHAT_PAGE);
  g_clear_object (&self->archive);
  g_clear_object (&self->model);
  g_clear_object (&self->library);
  g_clear_object (&self->engine);
  g_clear_object (&self->settings);
  g_clear_object (&self->format_dialog);
  g_clear_pointer (&self->banner_action, g_free);

  G_OBJECT_CLASS (dadam_chat_page_parent_class)->dispose (object);
}

static gboolean
dadam_chat_page_grab_focus (GtkWidget *widget)
{
  DadamChatPage *self = DADAM_CHAT_PAGE (widget);

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
  gtk_widget_class_bind_template_child (widget_class, DadamChatPage, prompts);
  gtk_widget_class_bind_template_child (widget_class, DadamChatPage, scroller);
  gtk_widget_class_bind_template_child (widget_class, DadamChatPage, list);
  gtk_widget_class_bind_template_child (widget_class, DadamChatPage, newest_button);
  gtk_widget_class_bind_template_child (widget_class, DadamChatPage, bottom);
  gtk_widget_class_bind_template_child (widget_class, DadamChatPage, composer);
  gtk_widget_class_bind_template_callback (widget_class, banner_clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, newest_cb);
  gtk_widget_class_bind_template_callback (widget_class, send);
  gtk_widget_class_bind_template_callback (widget_class, stop);
  gtk_widget_class_bind_template_callback (widget_class, draft_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, end_editing);
  gtk_widget_class_bind_template_callback (widget_class, attach_failed_cb);
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

  g_type_ensure (DADAM_TYPE_MODEL_CHIP);
  g_type_ensure (DADAM_TYPE_SIDEBAR_BUTTON);
  g_type_ensure (DADAM_TYPE_WELCOME);
  g_type_ensure (DADAM_TYPE_COMPOSER);
  g_type_ensure (DADAM_TYPE_FIND_BAR);
  bind_template (widget_class);
  gtk_widget_class_install_action (widget_class, "chat.settings", NULL, settings);
  gtk_widget_class_install_action (widget_class, "chat.model-settings", NULL, settings);
  gtk_widget_class_install_action (widget_class, "chat.edit", "x", message_action);
  gtk_widget_class_install_action (widget_class, "chat.regenerate", "x", message_action);
  gtk_widget_class_install_action (widget_class, "chat.continue", "x", message_action);
  gtk_widget_class_install_action (widget_class, "chat.sibling-before", "x", message_action);
  gtk_widget_class_install_action (widget_class, "chat.sibling-after", "x", message_action);
  gtk_widget_class_add_binding (widget_class, GDK_KEY_Escape, 0, escape_cb, NULL);
}

static void
dadam_chat_page_init (DadamChatPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  create_prompts (self);
  dadam_hangul_mend (GTK_WIDGET (self->stack));
  dadam_message_list_set_up (self->list);
  self->meter = dadam_meter_new ();
  self->rest = dadam_rest_new ();
  g_signal_connect_object (self->rest, "unloaded", G_CALLBACK (unloaded_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->meter, "counted", G_CALLBACK (counted_cb), self,
                           G_CONNECT_SWAPPED);
  self->follower = dadam_follower_new (self->scroller, self->newest_button);
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
  g_autoptr (DadamModel) last = NULL;
  g_autoptr (DadamConversation) conversation = dadam_conversation_new (archive);

  g_return_if_fail (DADAM_IS_CHAT_PAGE (self));

  self->library = g_object_ref (library);
  self->engine = g_object_ref (engine);
  self->archive = g_object_ref (archive);
  self->settings = g_object_ref (settings);
  g_signal_connect_swapped (archive, "opened", G_CALLBACK (archive_opened_cb), self);
  g_signal_connect_swapped (archive, "failed", G_CALLBACK (archive_failed_cb), self);
  set_conversation (self, conversation);
  dadam_model_chip_set_up (self->chip, engine, library, settings);
  g_signal_connect_object (settings, "changed::" DADAM_SETTING_DEVICE, G_CALLBACK (reset_banner),
                           self, G_CONNECT_SWAPPED);
  dadam_welcome_set_up (self->welcome, manager);
  g_signal_connect_object (settings, "changed::" DADAM_SETTING_ENTER_SENDS,
                           G_CALLBACK (enter_sends_changed_cb), self, G_CONNECT_SWAPPED);
  enter_sends_changed_cb (self);
  g_signal_connect_object (settings, "changed::" DADAM_SETTING_UNLOAD_AFTER,
                           G_CALLBACK (unload_after_changed_cb), self, G_CONNECT_SWAPPED);
  unload_after_changed_cb (self);

  last = dadam_library_get_last (library);
  set_model (self, last);
  reset_banner (self);
  if (last != NULL && !g_file_test (dadam_model_get_path (last), G_FILE_TEST_EXISTS))
    show_banner (self, _ ("The model used last time cannot be found. Open another one."),
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
  g_autofree char *devices = NULL;

  g_return_if_fail (DADAM_IS_CHAT_PAGE (self));

  reset_banner (self);
  stop_opening (self);
  self->opening = g_cancellable_new ();
  self->opening_path = g_strdup (path);
  devices = dadam_settings_get_devices (self->settings);
  dadam_engine_check_async (self->engine, path, devices, self->opening, checked_cb,
                            g_object_ref (self));
}

/* Whether there is a model to talk to, loaded or not. */
gboolean
dadam_chat_page_has_model (DadamChatPage *self)
{
  g_return_val_if_fail (DADAM_IS_CHAT_PAGE (self), FALSE);

  return self->model != NULL;
}

gboolean
dadam_chat_page_is_empty (DadamChatPage *self)
{
  g_return_val_if_fail (DADAM_IS_CHAT_PAGE (self), TRUE);

  return self->conversation == NULL
         || g_list_model_get_n_items (dadam_conversation_get_messages (self->conversation)) == 0;
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
  reset_banner (self);
  conversation = dadam_conversation_open (self->archive, id);
  set_conversation (self, conversation);
}

/* Brings a message of the conversation that is shown into sight, whichever branch it is on. */
void
dadam_chat_page_show_message (DadamChatPage *self, gint64 message)
{
  g_return_if_fail (DADAM_IS_CHAT_PAGE (self));

  self->wanted = message;
  show_wanted (self);
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

  reset_banner (self);
  conversation = dadam_conversation_new (self->archive);
  set_conversation (self, conversation);
  dadam_composer_focus (self->composer);
}

/* Puts a text file to what is being written. */
void
dadam_chat_page_attach (DadamChatPage *self, GFile *file)
{
  g_return_if_fail (DADAM_IS_CHAT_PAGE (self));

  reset_banner (self);
  dadam_composer_attach (self->composer, file);
}
