/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The conversation in the terminal: a line, or lines that are pasted, is a message, an
 * answer follows, and both stay for the next one.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chat.h"

#define PASTE_MILLISECONDS 20

/* The conversation so far; texts and tokens are owned. */
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

/* The answer's tokens as made, without the token that ended it. */
static bool
remember_answer (chat *self, history *talk)
{
  size_t count;
  const dd_token *tokens = dd_session_tokens (self->session, &count);

  if (count > self->prompt_tokens && dd_model_is_end (self->model, tokens[count - 1]))
    count--;
  return remember (talk, DD_ROLE_ASSISTANT, "", tokens + self->prompt_tokens,
                   count - self->prompt_tokens);
}

/* Answers the message; on an error the message is forgotten, so that another can
 * be tried. */
static bool
say (chat *self, history *talk, const char *text)
{
  size_t before = talk->count;
  dd_prompt prompt;
  dd_error error;
  bool ok;

  if (!remember (talk, DD_ROLE_USER, text, NULL, 0))
    return false;
  if (!dd_model_prompt (self->model, self->format, talk->messages, talk->count, &prompt, &error)) {
    cli_fail_engine (0, &error);
    forget (talk, before);
    return true;
  }
  ok = chat_answer (self, &prompt, &error);
  dd_prompt_clear (&prompt);
  if (self->line_open)
    putchar ('\n');
  if (!ok) {
    cli_fail_engine (0, &error);
    forget (talk, before);
    return true;
  }
  chat_print_stats (self);
  return remember_answer (self, talk);
}

/* A line without its end; NULL at the end of input. */
static char *
read_line (size_t *length)
{
  char *line = NULL;
  size_t room = 0;
  ssize_t got = getline (&line, &room, stdin);

  if (got < 0) {
    free (line);
    return NULL;
  }
  while (got > 0 && (line[got - 1] == '\n' || line[got - 1] == '\r'))
    line[--got] = '\0';
  *length = (size_t) got;
  return line;
}

/* Whether the next line came with the last one, faster than it could be typed. */
static bool
is_pasted (void)
{
  struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

  return poll (&input, 1, PASTE_MILLISECONDS) > 0;
}

/* The text with a line more, for the two of them; NULL if there is no memory. */
static char *
add_line (char *text, size_t *length, char *line, size_t more)
{
  char *both = realloc (text, *length + more + 2);

  if (both != NULL) {
    both[(*length)++] = '\n';
    memcpy (both + *length, line, more + 1);
    *length += more;
  } else {
    free (text);
  }
  free (line);
  return both;
}

/* The next message: a line, or from a terminal all that was pasted, but a command is alone.  NULL
 * at the end of input. */
static char *
read_message (bool ask)
{
  size_t length, more;
  char *text, *line;

  if (ask) {
    fputs ("\n> ", stdout);
    fflush (stdout);
  }
  text = read_line (&length);
  while (ask && text != NULL && text[0] != '/' && is_pasted ()
         && (line = read_line (&more)) != NULL)
    text = add_line (text, &length, line, more);
  return text;
}

static bool
is_command (const char *line, const char *name, const char *korean)
{
  return strcmp (line, name) == 0 || strcmp (line, korean) == 0;
}

static void
greet (const chat *self)
{
  dd_model_info info;

  dd_model_info_get (self->model, &info);
  fprintf (
      stderr,
      cli_text (N_ ("%s on %s, format %s. Ctrl+C stops an answer; /new begins anew, /exit ends.")),
      info.name, info.device, self->format);
  fputc ('\n', stderr);
}

int
chat_converse (chat *self)
{
  bool ask = isatty (STDIN_FILENO);
  history talk = { 0 };
  size_t kept;
  char *line;
  bool ok = true;

  if (self->format == NULL)
    return cli_fail (EXIT_USAGE, N_ ("--raw needs a text: dadam chat MODEL --raw -p TEXT"));
  if (self->asked->system != NULL)
    ok = remember (&talk, DD_ROLE_SYSTEM, self->asked->system, NULL, 0);
  kept = talk.count;
  if (ask)
    greet (self);
  while (ok && (line = read_message (ask)) != NULL) {
    bool leave = is_command (line, "/exit", "/끝");

    if (is_command (line, "/new", "/새로"))
      forget (&talk, kept);
    else if (!leave && line[0] != '\0')
      ok = say (self, &talk, line);
    free (line);
    if (leave)
      break;
  }
  forget (&talk, 0);
  free (talk.messages);
  return ok ? EXIT_SUCCESS : cli_fail (EXIT_FAILURE, N_ ("not enough memory"));
}
