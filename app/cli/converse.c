/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The conversation in the terminal: an answer follows each message, and both stay for the next one.
 * Commands begin with a slash.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "input.h"

#define MOST_NAMES 4

/* The conversation so far; texts and tokens are owned.  The first message is what the model is told
 * before, and may be empty. */
typedef struct history {
  dd_message *messages;
  size_t count, room;
} history;

static bool
remember (history *self, dd_role role, const char *text, const dd_token *made, size_t n_made)
{
  dd_message *message;

  if (self->count == self->room) {
    size_t room = 2 * self->room + 8;
    dd_message *larger = realloc (self->messages, room * sizeof *larger);

    if (larger == NULL)
      return false;
    self->messages = larger;
    self->room = room;
  }
  message = &self->messages[self->count];
  *message = (dd_message) { .role = role, .text = strdup (text), .length = strlen (text) };
  if (made != NULL) {
    dd_token *copy = malloc ((n_made + 1) * sizeof *copy);

    if (copy != NULL)
      memcpy (copy, made, n_made * sizeof *copy);
    message->made = copy;
    message->n_made = n_made;
  }
  if (message->text == NULL || (made != NULL && message->made == NULL))
    return false;
  self->count++;
  return true;
}

static void
forget (history *self, size_t keep)
{
  while (self->count > keep) {
    self->count--;
    free ((char *) self->messages[self->count].text);
    free ((dd_token *) self->messages[self->count].made);
  }
}

/* The answer's tokens as made, without the token that ended it.  Which of them spelt a stop string
 * is not known: then the text, of which that is no part. */
static bool
remember_answer (chat *self, history *talk)
{
  size_t count;
  const dd_token *tokens = dd_session_tokens (self->session, &count);

  if (self->reason == DD_STOP_STRING)
    return remember (talk, DD_ROLE_ASSISTANT, self->text, NULL, 0);
  if (count > self->prompt_tokens && dd_model_is_end (self->model, tokens[count - 1]))
    count--;
  return remember (talk, DD_ROLE_ASSISTANT, "", tokens + self->prompt_tokens,
                   count - self->prompt_tokens);
}

/* Forgets the last message of the user and what follows it. */
static void
forget_turn (history *talk)
{
  size_t keep = talk->count;

  while (keep > 1 && talk->messages[keep - 1].role != DD_ROLE_USER)
    keep--;
  forget (talk, keep - 1);
}

/* Answers the last message; on an error it is forgotten, so that another can be tried. */
static bool
answer (chat *self, history *talk)
{
  size_t skipped = talk->messages[0].length == 0 ? 1 : 0;
  dd_prompt prompt;
  dd_error error;
  bool ok = dd_model_prompt (self->model, self->format, talk->messages + skipped,
                             talk->count - skipped, &prompt, &error);

  if (ok) {
    input_hold (true);
    ok = chat_answer (self, &prompt, &error);
    input_hold (false);
    dd_prompt_clear (&prompt);
  }
  if (!ok) {
    cli_fail_engine (0, &error);
    forget_turn (talk);
    return true;
  }
  chat_print_stats (self);
  return remember_answer (self, talk);
}

/* ---- commands ---------------------------------------------------------- */

typedef struct conversation {
  chat *chat;
  history talk;
  bool leave;
} conversation;

typedef struct command {
  const char *names[MOST_NAMES + 1];
  const char *argument; /* what follows the name; NULL where nothing may */
  const char *summary;
  bool (*run) (conversation *self, const char *argument); /* false if there is no memory */
} command;

static bool tell_commands (conversation *self, const char *argument);

static bool
begin_anew (conversation *self, const char *argument)
{
  forget (&self->talk, 1);
  return true;
}

/* Another seed makes it another answer. */
static bool
answer_again (conversation *self, const char *argument)
{
  history *talk = &self->talk;

  if (talk->count == 1) {
    cli_fail (0, N_ ("there is no answer yet that another could take the place of"));
    return true;
  }
  forget (talk, talk->count - 1);
  self->chat->asked->seed++;
  return answer (self->chat, talk);
}

static bool
instruct (conversation *self, const char *argument)
{
  dd_message *message = &self->talk.messages[0];
  char *text = strdup (argument);

  if (text == NULL)
    return false;
  free ((char *) message->text);
  message->text = text;
  message->length = strlen (text);
  return true;
}

/* NAME VALUE, or nothing to see what is set. */
static bool
set (conversation *self, const char *argument)
{
  const cli_option *options = self->chat->options;
  size_t length = strcspn (argument, " ");
  char *name;

  if (length == 0) {
    cli_print_live (options);
    return true;
  }
  name = strndup (argument, length);
  if (name != NULL)
    cli_set_live (options, name, argument + length + strspn (argument + length, " "));
  free (name);
  return name != NULL;
}

static bool
leave (conversation *self, const char *argument)
{
  self->leave = true;
  return true;
}

static const command commands[] = {
  { { "/help", "/?", "/도움말" }, NULL, N_ ("lists these commands"), tell_commands },
  { { "/new", "/clear", "/새로" }, NULL, N_ ("begins a new conversation"), begin_anew },
  { { "/regenerate", "/regen", "/다시" }, NULL, N_ ("makes another answer"), answer_again },
  { { "/system", "/지시" },
    "TEXT",
    N_ ("what the model is told before the conversation"),
    instruct },
  { { "/set", "/설정" }, "NAME VALUE", N_ ("changes a setting; alone it lists them"), set },
  { { "/exit", "/bye", "/quit", "/끝" },
    NULL,
    N_ ("ends the conversation, as Ctrl+D does"),
    leave },
};
#define N_COMMANDS (sizeof commands / sizeof commands[0])

static bool
tell_commands (conversation *self, const char *argument)
{
  for (size_t i = 0; i < N_COMMANDS; i++) {
    const command *row = &commands[i];
    char names[96];
    int length = 0;

    for (size_t j = 0; j < MOST_NAMES && row->names[j] != NULL; j++)
      length += snprintf (names + length, sizeof names - (size_t) length, "%s%s",
                          j > 0 ? ", " : "  ", row->names[j]);
    snprintf (names + length, sizeof names - (size_t) length, " %s",
              row->argument != NULL ? row->argument : "");
    cli_label (names, 34);
    puts (cli_text (row->summary));
  }
  putchar ('\n');
  puts (cli_text (
      N_ ("Lines that are pasted, or stand between \"\"\" and \"\"\", are one message.")));
  if (input_is_edited ())
    puts (cli_text (
        N_ ("Alt+Enter begins another line; the arrow keys bring back what was typed, and "
            "Ctrl+R searches it.")));
  return true;
}

/* The command that the line begins with, of so many bytes. */
static const command *
find (const char *line, size_t length)
{
  for (size_t i = 0; i < N_COMMANDS; i++)
    for (size_t j = 0; j < MOST_NAMES && commands[i].names[j] != NULL; j++)
      if (strlen (commands[i].names[j]) == length
          && strncmp (commands[i].names[j], line, length) == 0)
        return &commands[i];
  return NULL;
}

/* A path is none. */
static bool
is_command (const char *line)
{
  return line[0] == '/' && line[1 + strcspn (line + 1, " /\n")] != '/';
}

static bool
obey (conversation *self, const char *line)
{
  size_t length = strcspn (line, " \n");
  const char *argument = line + length + strspn (line + length, " ");
  const command *found = find (line, length);

  if (found == NULL) {
    cli_fail (
        0,
        N_ ("there is no command “%.*s”; /help lists them, and a space before it makes it a message"),
        (int) length, line);
    return true;
  }
  if (found->argument == NULL && argument[0] != '\0') {
    cli_fail (0, N_ ("nothing may follow %s"), found->names[0]);
    return true;
  }
  return found->run (self, argument);
}

static void
begin_input (const chat *self)
{
  static const char *completions[N_COMMANDS * MOST_NAMES + 1];
  size_t count = 0;

  for (size_t i = 0; i < N_COMMANDS; i++)
    for (size_t j = 0; j < MOST_NAMES && commands[i].names[j] != NULL; j++)
      completions[count++] = commands[i].names[j];
  input_begin (!self->asked->private, completions);
}

/* ---- the conversation -------------------------------------------------- */

static void
greet (const chat *self)
{
  dd_model_info info;

  dd_model_info_get (self->model, &info);
  fprintf (stderr,
           cli_text (N_ ("%s on %s, format %s. Ctrl+C stops an answer; /help lists the commands, "
                         "/exit ends.")),
           info.name, info.device, self->format);
  fputc ('\n', stderr);
}

/* False if there is no memory. */
static bool
take (conversation *self, const char *line)
{
  if (line[0] == '\0')
    return true;
  if (is_command (line))
    return obey (self, line);
  return remember (&self->talk, DD_ROLE_USER, line, NULL, 0) && answer (self->chat, &self->talk);
}

int
chat_converse (chat *self)
{
  const char *system = self->asked->system != NULL ? self->asked->system : "";
  conversation talking = { .chat = self };
  char *line;
  bool ok;

  begin_input (self);
  if (input_is_typed ())
    greet (self);
  ok = remember (&talking.talk, DD_ROLE_SYSTEM, system, NULL, 0);
  while (ok && !talking.leave && (line = input_read ()) != NULL) {
    ok = take (&talking, line);
    free (line);
    if (chat_signal () != 0 && chat_signal () != SIGINT)
      break;
  }
  forget (&talking.talk, 0);
  free (talking.talk.messages);
  return ok ? EXIT_SUCCESS : cli_fail (EXIT_FAILURE, N_ ("not enough memory"));
}
