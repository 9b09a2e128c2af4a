/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What would be sent if what is being written were sent: how many tokens that is, and
 * its text.  No timeline is needed for it.
 */
#include "config.h"

#include "dadam-session-private.h"

#include "dadam-session.h"

#include "dadam-engine-private.h"
#include "dadam-error.h"

#include "dadam/engine.h"

typedef struct {
  DadamLoaded *model;
  DadamTurns *turns;
  guint n_dropped; /* once it has been counted */
} Count;

static void
count_free (gpointer data)
{
  Count *count = data;

  dadam_loaded_unref (count->model);
  dadam_turns_free (count->turns);
  g_free (count);
}

static GTask *
count_task_new (DadamLoaded *model,
                GListModel *messages,
                const char *draft,
                const DadamChoices *choices,
                GCancellable *cancellable,
                GAsyncReadyCallback callback,
                gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  Count *count = g_new0 (Count, 1);

  count->model = dadam_loaded_ref (model);
  count->turns = dadam_turns_new (messages, choices);
  dadam_turns_add (count->turns, DADAM_ROLE_USER, draft);
  g_task_set_task_data (task, count, count_free);

  return task;
}

/* What would be sent; FALSE after the task has failed. */
static gboolean
render (GTask *task, Count *count, dd_prompt *prompt)
{
  dd_error error = { 0 };

  if (dadam_turns_render (count->turns, count->model, prompt, &count->n_dropped, &error))
    return TRUE;
  g_task_return_error (task, dadam_error_new_from_engine (&error));

  return FALSE;
}

static void
count_thread (GTask *task, gpointer source_object, gpointer task_data, GCancellable *cancellable)
{
  dd_prompt prompt = { 0 };

  if (!render (task, task_data, &prompt))
    return;
  g_task_return_int (task, (gssize) prompt.n_tokens);
  dd_prompt_clear (&prompt);
}

/**
 * dadam_session_count_async:
 * @draft: what the user is writing
 * @choices: with a format; copied
 *
 * Counts the tokens that the conversation would have if @draft were sent, off the
 * main loop.
 */
void
dadam_session_count_async (DadamLoaded *model,
                           GListModel *messages,
                           const char *draft,
                           const DadamChoices *choices,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask)
      task = count_task_new (model, messages, draft, choices, cancellable, callback, user_data);

  g_task_set_source_tag (task, dadam_session_count_async);
  g_task_run_in_thread (task, count_thread);
}

/**
 * dadam_session_count_finish:
 * @n_dropped: (out): how many messages, the oldest, would be left out
 *
 * Returns: the tokens of the others, or -1
 */
gssize
dadam_session_count_finish (GAsyncResult *result, guint *n_dropped, GError **error)
{
  *n_dropped = ((Count *) g_task_get_task_data (G_TASK (result)))->n_dropped;

  return g_task_propagate_int (G_TASK (result), error);
}

static char *
prompt_to_text (dd_model *model, const dd_prompt *prompt)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char piece[1024];

  for (gsize i = 0; i < prompt->n_tokens; i++) {
    gsize length = dd_model_piece (model, prompt->tokens[i], piece, sizeof piece);

    g_string_append_len (text, piece, (gssize) MIN (length, sizeof piece));
  }

  return g_utf8_make_valid (text->str, (gssize) text->len);
}

static void
preview_thread (GTask *task, gpointer source_object, gpointer task_data, GCancellable *cancellable)
{
  Count *count = task_data;
  dd_prompt prompt = { 0 };

  if (!render (task, count, &prompt))
    return;
  g_task_return_pointer (task, prompt_to_text (dadam_loaded_get (count->model), &prompt), g_free);
  dd_prompt_clear (&prompt);
}

/**
 * dadam_session_preview_async:
 * @draft: what the user is writing
 * @choices: with a format; copied
 *
 * Writes out the prompt that the model would read if @draft were sent, with the names
 * of control tokens, off the main loop.
 */
void
dadam_session_preview_async (DadamLoaded *model,
                             GListModel *messages,
                             const char *draft,
                             const DadamChoices *choices,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask)
      task = count_task_new (model, messages, draft, choices, cancellable, callback, user_data);

  g_task_set_source_tag (task, dadam_session_preview_async);
  g_task_run_in_thread (task, preview_thread);
}

/* (transfer full). */
char *
dadam_session_preview_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
