/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The answer of a conversation that is being made, from the question on the disk to its
 * end: the model is loaded where it must be, a session says it, and what came to nothing
 * is taken back.
 */
#include "config.h"

#include "dadam-conversation-private.h"

#include "dadam-error.h"

/* ---- the end of an answer ---------------------------------------------- */

static void
remove_message (DadamConversation *self, DadamChange *change, DadamMessage *message)
{
  dadam_change_remove_message (change, dadam_message_get_id (message));
  dadam_tree_remove (self->tree, message);
  dadam_conversation_note_choice (self, change, dadam_message_get_parent (message));
}

/**
 * dadam_conversation_remove_answer:
 * @answer: that came to nothing
 *
 * Takes it out, and the question if that came with it.
 *
 * Returns: (transfer full) (nullable): the question
 */
char *
dadam_conversation_remove_answer (DadamConversation *self,
                                  DadamChange *change,
                                  DadamMessage *answer)
{
  g_autoptr (DadamMessage) question = NULL;

  g_set_object (&question, dadam_tree_get (self->tree, dadam_message_get_parent (answer)));
  remove_message (self, change, answer);
  if (self->has_question)
    remove_message (self, change, question);
  dadam_tree_show (self->tree);

  return self->has_question ? g_strdup (dadam_message_get_text (question)) : NULL;
}

/* Nothing was said: the question goes back to where it was written.  A conversation that began
 * with it is none. */
static void
take_back (DadamConversation *self, DadamMessage *answer)
{
  DadamChange *change = dadam_change_new (self->id);
  g_autofree char *question = dadam_conversation_remove_answer (self, change, answer);

  if (self->is_new)
    dadam_conversation_forget (self, change);
  if (question != NULL)
    dadam_conversation_return_draft (self, change, question);
  dadam_conversation_write (self, change);
  if (question != NULL)
    g_signal_emit_by_name (self, "returned", question);
}

/* The model's hash may have become known while it answered. */
static void
complete_maker (DadamConversation *self, DadamMessage *answer)
{
  const char *sha256 = self->model != NULL ? dadam_model_get_sha256 (self->model) : NULL;
  const DadamMaker *maker = dadam_message_get_maker (answer);
  g_autoptr (DadamMaker) complete = NULL;

  if (maker == NULL || maker->sha256 != NULL || sha256 == NULL
      || g_strcmp0 (maker->path, dadam_model_get_path (self->model)) != 0)
    return;
  complete = dadam_maker_copy_with_sha256 (maker, sha256);
  dadam_message_set_maker (answer, complete);
}

static void
write_end (DadamConversation *self, DadamMessage *answer)
{
  DadamChange *change = dadam_conversation_begin_change (self, NULL);

  complete_maker (self, answer);
  dadam_change_put_message (change, self->pane, answer);
  dadam_conversation_write (self, change);
}

static void
end (DadamConversation *self, const DadamStats *stats, const GError *error)
{
  g_autoptr (DadamMessage) answer = g_steal_pointer (&self->answer);

  dadam_model_end_use (self->model);
  self->seed = -1;
  self->is_started = FALSE;
  dadam_conversation_stop_ticking (self);
  g_clear_pointer (&self->begun, g_bytes_unref);
  dadam_message_end (answer, stats);
  if (dadam_message_came_to_nothing (answer) && !self->is_shared)
    take_back (self, answer);
  else {
    write_end (self, answer);
    g_signal_emit_by_name (self, "answered", answer);
  }
  if (error != NULL)
    g_signal_emit_by_name (self, "failed", error);
  g_signal_emit_by_name (self, "changed");
  g_object_unref (self);
}

/* Ends the answer that is being made, if any: because of @error, or as it was stopped. */
void
dadam_conversation_end_answer (DadamConversation *self, const GError *error)
{
  const DadamStats stats = { .stop = error != NULL ? DADAM_STOP_ERROR : DADAM_STOP_CANCELLED };

  if (self->answer != NULL)
    end (self, &stats, error);
}

/* ---- the session ------------------------------------------------------- */

static void
progress_cb (DadamConversation *self, double fraction)
{
  if (self->answer != NULL && dadam_message_get_state (self->answer) < DADAM_MESSAGE_ANSWERING)
    dadam_message_set_state (self->answer, DADAM_MESSAGE_READING, fraction);
}

static void
text_cb (DadamConversation *self, const char *text)
{
  if (self->answer == NULL)
    return;
  dadam_message_append (self->answer, text);
  self->is_unwritten = TRUE;
}

/* All tokens of the answer, where those it began with are known. */
static GBytes *
join_made (DadamConversation *self, const DadamStats *stats, GBytes *made)
{
  GByteArray *joined;

  if (!self->is_continued)
    return made != NULL ? g_bytes_ref (made) : NULL;
  if (self->begun == NULL || (made == NULL && stats->made_tokens > 0))
    return NULL;

  joined = g_byte_array_new ();
  g_byte_array_append (joined, g_bytes_get_data (self->begun, NULL),
                       (guint) g_bytes_get_size (self->begun));
  if (made != NULL)
    g_byte_array_append (joined, g_bytes_get_data (made, NULL), (guint) g_bytes_get_size (made));

  return g_byte_array_free_to_bytes (joined);
}

static void
lost_cb (DadamConversation *self)
{
  g_signal_emit_by_name (self, "lost");
}

static void
moved_cb (DadamConversation *self)
{
  dadam_model_tell_moved (self->model);
  g_signal_emit_by_name (self, "moved");
}

static void
ended_cb (DadamConversation *self, const DadamStats *stats, GBytes *made, const GError *error)
{
  gboolean is_stale = g_error_matches (error, DADAM_ERROR, DADAM_ERROR_BROKEN_MODEL)
                      || g_error_matches (error, DADAM_ERROR, DADAM_ERROR_DEVICE_LOST)
                      || g_error_matches (error, DADAM_ERROR, DADAM_ERROR_DEVICE_MEMORY);
  g_autoptr (DadamModel) model = NULL;
  g_autoptr (GBytes) joined = NULL;

  if (self->answer == NULL)
    return;

  g_set_object (&model, self->model);
  joined = join_made (self, stats, made);
  dadam_message_set_made (self->answer, joined);
  end (self, stats, error);
  /* What is loaded is no longer what the file or the device has: the next message loads it anew, and
   * with fewer layers on a card whose memory others have taken. */
  if (is_stale)
    dadam_model_unload (model);
}

/* The timeline is given up; the next answer has a new one. */
void
dadam_conversation_drop_session (DadamConversation *self)
{
  if (self->session != NULL)
    g_signal_handlers_disconnect_by_data (self->session, self);
  g_clear_object (&self->session);
}

static void
ensure_session (DadamConversation *self)
{
  if (self->session != NULL)
    return;

  self->session = dadam_session_new (dadam_model_get_loaded (self->model));
  g_signal_connect_swapped (self->session, "progress", G_CALLBACK (progress_cb), self);
  g_signal_connect_swapped (self->session, "text", G_CALLBACK (text_cb), self);
  g_signal_connect_swapped (self->session, "lost", G_CALLBACK (lost_cb), self);
  g_signal_connect_swapped (self->session, "moved", G_CALLBACK (moved_cb), self);
  g_signal_connect_swapped (self->session, "ended", G_CALLBACK (ended_cb), self);
}

static DadamMaker *
create_maker (DadamConversation *self, const DadamChoices *choices)
{
  g_autofree char *settings = dadam_choices_to_json (choices, NULL);
  const DadamMaker maker = {
    .title = dadam_model_get_title (self->model),
    .path = dadam_model_get_path (self->model),
    .sha256 = dadam_model_get_sha256 (self->model),
    .device = dadam_model_get_device (self->model),
    .format = choices->format,
    .settings = settings,
    .seed = choices->seed,
  };

  return dadam_maker_new (&maker);
}

/* (transfer full): a message as @maker's model can read it.  Tokens mean something to the model
 * that made them alone. */
static DadamMessage *
readable (DadamMessage *message, const DadamMaker *maker)
{
  const DadamMaker *other = dadam_message_get_maker (message);

  if (dadam_message_get_made (message) == NULL
      || (other != NULL && dadam_maker_is_same_model (maker, other)))
    return g_object_ref (message);

  return dadam_message_new (dadam_message_get_role (message), dadam_message_get_text (message));
}

/* (transfer full): all messages but the answer that is to come, or with the one that goes on. */
static GListModel *
collect (DadamConversation *self, const DadamMaker *maker)
{
  GListModel *all = dadam_tree_get_branch (self->tree);
  GListStore *asked = g_list_store_new (DADAM_TYPE_MESSAGE);
  guint n = g_list_model_get_n_items (all) - (self->is_continued ? 0 : 1);

  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamMessage) message = g_list_model_get_item (all, i);
    g_autoptr (DadamMessage) asked_message = readable (message, maker);

    g_list_store_append (asked, asked_message);
    if (i + 1 == n && self->is_continued && dadam_message_get_made (asked_message) != NULL)
      self->begun = g_bytes_ref (dadam_message_get_made (asked_message));
  }

  return G_LIST_MODEL (asked);
}

static void
start (DadamConversation *self)
{
  g_autoptr (DadamChoices) choices = dadam_conversation_get_choices (self);
  g_autoptr (DadamMaker) maker = NULL;
  g_autoptr (GListModel) asked = NULL;

  ensure_session (self);
  if (choices->seed < 0)
    choices->seed = self->seed >= 0 ? self->seed : g_random_int ();
  maker = create_maker (self, choices);
  asked = collect (self, maker);
  dadam_message_set_maker (self->answer, maker);
  self->is_started = TRUE;
  dadam_conversation_start_ticking (self);
  dadam_session_generate (self->session, asked, choices);
}

/* As far as is possible: called again whenever the model changes or something was written. */
void
dadam_conversation_proceed (DadamConversation *self)
{
  if (self->answer == NULL || self->is_started || self->is_held)
    return;

  if (dadam_model_get_state (self->model) != DADAM_MODEL_LOADED)
    dadam_model_load (self->model);
  else if (self->is_stored && !dadam_conversation_needs_format (self))
    start (self);
}

/* ---- the beginning ----------------------------------------------------- */

typedef struct {
  DadamConversation *self; /* owned, as the next */
  DadamMessage *answer;
} Storing;

static void
storing_free (Storing *storing)
{
  g_object_unref (storing->self);
  g_object_unref (storing->answer);
  g_free (storing);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Storing, storing_free)

/**
 * dadam_conversation_set_stored:
 * @is_stored: whether what the answer is to is on the disk
 * @error: (nullable): why it is not
 *
 * Lets the answer begin, or ends it.  Where nothing can be kept at all, that was said
 * when the archive was opened.
 */
void
dadam_conversation_set_stored (DadamConversation *self, gboolean is_stored, const GError *error)
{
  self->is_stored = is_stored
                    || dadam_archive_get_state (self->archive) == DADAM_ARCHIVE_UNAVAILABLE;
  if (self->is_stored)
    dadam_conversation_proceed (self);
  else
    dadam_conversation_end_answer (self, error);
}

static void
stored_cb (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Storing) storing = user_data;
  g_autoptr (GError) error = NULL;
  DadamConversation *self = storing->self;
  gboolean is_stored = dadam_archive_write_finish (result, &error);

  if (self->answer == storing->answer)
    dadam_conversation_set_stored (self, is_stored, error);
}

/* There is an answer to come, which @change is told.  The conversation keeps itself alive from here
 * to its end. */
void
dadam_conversation_await_answer (DadamConversation *self, DadamMessage *answer, DadamChange *change)
{
  g_object_ref (self);
  g_set_object (&self->answer, answer);
  dadam_model_begin_use (self->model);
  self->is_stored = FALSE;
  self->is_held = self->is_pane;
  dadam_message_set_state (answer, DADAM_MESSAGE_WAITING, 0);
  dadam_change_put_message (change, self->pane, answer);
  dadam_conversation_note_choice (self, change, dadam_message_get_parent (answer));
  dadam_conversation_put_model (self, change);
  dadam_tree_show (self->tree);
}

/* The same, and lets it begin once @change, which is taken, is on the disk. */
void
dadam_conversation_begin_answer (DadamConversation *self, DadamMessage *answer, DadamChange *change)
{
  Storing *storing = g_new (Storing, 1);

  storing->self = g_object_ref (self);
  storing->answer = g_object_ref (answer);
  self->is_shared = FALSE;
  dadam_conversation_await_answer (self, answer, change);
  dadam_archive_write_async (self->archive, change, stored_cb, storing);
  dadam_conversation_proceed (self);
  g_signal_emit_by_name (self, "changed");
}

/* Whether an answer waits for dadam_conversation_release(). */
gboolean
dadam_conversation_is_held (DadamConversation *self)
{
  return self->answer != NULL && self->is_held;
}

/* An answer that was held may begin. */
void
dadam_conversation_release (DadamConversation *self)
{
  self->is_held = FALSE;
  dadam_conversation_proceed (self);
}
