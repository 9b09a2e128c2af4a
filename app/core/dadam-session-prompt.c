/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From turns to tokens.  When all of a conversation does not fit any more, the oldest
 * turns are left out: a question always with its answer, never the system prompt and
 * never the last question.
 *
 * What is left out is decided by going through the conversation from its start, and
 * more than necessary is left out at once: so it stays the same for several turns, in
 * which the model need not read everything anew.
 */
#include "config.h"

#include "dadam-session-private.h"

#include "dadam-engine-private.h"

#define MOST_RESERVED 1024 /* tokens kept free for the answer, where there are four times as many */
#define TURN_OVERHEAD 16 /* what a format puts around a text, at most */

typedef struct {
  DadamRole role;
  char *text;
  GBytes *made;
} Turn;

struct _DadamTurns {
  GArray *turns; /* of Turn; a system prompt is the first */
  DadamChoices *choices;
};

static void
turn_clear (gpointer data)
{
  Turn *turn = data;

  g_free (turn->text);
  g_clear_pointer (&turn->made, g_bytes_unref);
}

/**
 * dadam_turns_new:
 * @messages: #DadamMessage objects; copied
 * @choices: with a format; copied
 */
DadamTurns *
dadam_turns_new (GListModel *messages, const DadamChoices *choices)
{
  DadamTurns *self = g_new0 (DadamTurns, 1);
  guint n = g_list_model_get_n_items (messages);

  self->turns = g_array_new (FALSE, TRUE, sizeof (Turn));
  g_array_set_clear_func (self->turns, turn_clear);
  self->choices = dadam_choices_copy (choices);
  if (choices->system != NULL)
    dadam_turns_add (self, DADAM_ROLE_SYSTEM, choices->system);
  for (guint i = 0; i < n; i++) {
    g_autoptr (DadamMessage) message = g_list_model_get_item (messages, i);
    GBytes *made = dadam_message_get_made (message);

    dadam_turns_add (self, dadam_message_get_role (message), dadam_message_get_text (message));
    g_array_index (self->turns, Turn, self->turns->len - 1).made = made ? g_bytes_ref (made) : NULL;
  }

  return self;
}

/* A message at the end; @text is copied. */
void
dadam_turns_add (DadamTurns *self, DadamRole role, const char *text)
{
  Turn turn = { role, g_strdup (text), NULL };

  g_array_append_val (self->turns, turn);
}

void
dadam_turns_free (DadamTurns *self)
{
  g_array_unref (self->turns);
  dadam_choices_free (self->choices);
  g_free (self);
}

const DadamChoices *
dadam_turns_get_choices (DadamTurns *self)
{
  return self->choices;
}

static dd_role
role_to_engine (DadamRole role)
{
  switch (role) {
  case DADAM_ROLE_SYSTEM: return DD_ROLE_SYSTEM;
  case DADAM_ROLE_ASSISTANT: return DD_ROLE_ASSISTANT;
  case DADAM_ROLE_USER:
  default: return DD_ROLE_USER;
  }
}

static guint
n_system (DadamTurns *self)
{
  return self->turns->len > 0 && g_array_index (self->turns, Turn, 0).role == DADAM_ROLE_SYSTEM;
}

/* All but the @n_dropped turns after the system prompt. */
static bool
render (DadamTurns *self, DadamLoaded *model, guint n_dropped, dd_prompt *prompt, dd_error *error)
{
  g_autofree dd_message *messages = g_new0 (dd_message, self->turns->len);
  guint first = n_system (self);
  guint n = 0;

  for (guint i = 0; i < self->turns->len; i++) {
    const Turn *turn = &g_array_index (self->turns, Turn, i);
    gsize size = 0;

    if (i >= first && i < first + n_dropped)
      continue;
    messages[n].role = role_to_engine (turn->role);
    messages[n].text = turn->text;
    messages[n].length = strlen (turn->text);
    messages[n].made = turn->made ? g_bytes_get_data (turn->made, &size) : NULL;
    messages[n].n_made = size / sizeof (dd_token);
    n++;
  }

  return dd_model_prompt (dadam_loaded_get (model), self->choices->format, messages, n, prompt,
                          error);
}

/* ---- what is left out -------------------------------------------------- */

/* How many tokens a prompt may have, so that there is room for the answer. */
static gsize
limit_of (DadamTurns *self, DadamLoaded *model)
{
  gint64 context = dadam_loaded_get_context (model);
  gint64 reserved = MIN (context / 4, MOST_RESERVED);

  if (self->choices->max_tokens > 0)
    reserved = MIN (self->choices->max_tokens, context / 2);

  return (gsize) (context - reserved);
}

/* About how many tokens a turn has; rather too many. */
static bool
measure (const Turn *turn, DadamLoaded *model, gsize *n_tokens, dd_error *error)
{
  dd_token *tokens = NULL;

  if (turn->made != NULL)
    *n_tokens = g_bytes_get_size (turn->made) / sizeof (dd_token);
  else if (!dd_model_tokenize (dadam_loaded_get (model), turn->text, strlen (turn->text), false,
                               false, &tokens, n_tokens, error))
    return false;
  dd_engine_free (tokens);
  *n_tokens += TURN_OVERHEAD;

  return true;
}

static bool
is_question (DadamTurns *self, guint i)
{
  return i < self->turns->len && g_array_index (self->turns, Turn, i).role == DADAM_ROLE_USER;
}

/* The question after the one at @i, or the end. */
static guint
next_question (DadamTurns *self, guint i)
{
  for (i++; i < self->turns->len && !is_question (self, i); i++)
    ;

  return i;
}

/* Leaves out whole turns from @start on, never that of @question, until @limit is kept. */
static guint
forget (DadamTurns *self, guint start, guint question, gsize limit, const gsize *sizes, gsize *sum)
{
  while (start < question && *sum > limit)
    for (guint end = next_question (self, start); start < end; start++)
      *sum -= sizes[start];

  return start;
}

/* Goes through the conversation: whenever it gets longer than @limit, the oldest turns go until
 * two thirds are left. */
static bool
choose (DadamTurns *self, DadamLoaded *model, gsize limit, guint *n_dropped, dd_error *error)
{
  g_autofree gsize *sizes = g_new0 (gsize, self->turns->len);
  guint first = n_system (self);
  guint start = first;
  gsize sum = 0;

  for (guint i = 0; i < self->turns->len; i++)
    if (!measure (&g_array_index (self->turns, Turn, i), model, &sizes[i], error))
      return false;
  if (first > 0)
    sum = sizes[0];

  for (guint question = first; question < self->turns->len;) {
    guint next = next_question (self, question);

    for (guint i = question; i < next; i++)
      sum += sizes[i];
    if (sum > limit)
      start = forget (self, start, question, limit / 3 * 2, sizes, &sum);
    question = next;
  }
  *n_dropped = start - first;

  return true;
}

/**
 * dadam_turns_render:
 * @n_dropped: (out): how many of the messages, the oldest ones, are left out
 *
 * Writes the turns as a prompt of @model.  Any thread.  One last question that is
 * longer than the context is no error here: the session says so.
 */
bool
dadam_turns_render (DadamTurns *self,
                    DadamLoaded *model,
                    dd_prompt *prompt,
                    guint *n_dropped,
                    dd_error *error)
{
  gsize limit = limit_of (self, model);
  guint first = n_system (self);

  *n_dropped = 0;
  if (!render (self, model, 0, prompt, error))
    return false;
  if (prompt->n_tokens <= limit)
    return true;

  if (!choose (self, model, limit, n_dropped, error)) {
    dd_prompt_clear (prompt);
    return false;
  }
  /* The sizes were a guess. */
  for (;;) {
    guint next = next_question (self, first + *n_dropped);

    dd_prompt_clear (prompt);
    if (!render (self, model, *n_dropped, prompt, error))
      return false;
    if (prompt->n_tokens <= limit || next >= self->turns->len)
      return true;
    *n_dropped = next - first;
  }
}
