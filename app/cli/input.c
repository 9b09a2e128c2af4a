/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Messages from lines: as the terminal gives them, as Readline does where it was built with it, or from a
 * pipe or file.
 */
#include "input.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chat.h"
#include "edit.h"
#include "host.h"

#define PASTE_MILLISECONDS 20
#define QUOTES "\"\"\""

static bool is_typed, is_edited;

void
input_begin (bool keep, const char *const *completions)
{
  static char path[1100];
  const char *folder;

  is_typed = isatty (STDIN_FILENO);
  folder = is_typed && keep ? host_state_folder () : NULL;
  if (folder != NULL)
    snprintf (path, sizeof path, "%s/typed", folder);
  is_edited = is_typed && isatty (STDOUT_FILENO)
              && edit_begin (folder != NULL ? path : NULL, completions);
}

bool
input_is_typed (void)
{
  return is_typed;
}

bool
input_is_edited (void)
{
  return is_edited;
}

void
input_hold (bool hold)
{
  if (is_edited)
    edit_hold (hold);
}

/* ---- lines ------------------------------------------------------------- */

/* A line as the terminal or a pipe gives it. */
static edit_end
plain_line (const char *prompt, char **line)
{
  size_t room = 0;
  ssize_t got;

  if (is_typed) {
    fputs (prompt, stdout);
    fflush (stdout);
  }
  *line = NULL;
  got = getline (line, &room, stdin);
  while (got > 0 && ((*line)[got - 1] == '\n' || (*line)[got - 1] == '\r'))
    (*line)[--got] = '\0';
  if (got >= 0)
    return EDIT_LINE;
  free (*line);
  *line = NULL;
  clearerr (stdin);
  if (is_typed)
    putchar ('\n');
  return is_typed && chat_signal () == SIGINT ? EDIT_LEFT : EDIT_END;
}

static edit_end
read_line (const char *prompt, char **line)
{
  return is_edited ? edit_line (prompt, line) : plain_line (prompt, line);
}

/* Whether more has come in. */
static bool
is_waiting (int milliseconds)
{
  struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

  return poll (&input, 1, milliseconds) > 0;
}

/* ---- messages ---------------------------------------------------------- */

/* Puts a line after the text, which it owns, like the line; false if there is no memory. */
static bool
add_line (char **text, char *line)
{
  size_t length = strlen (*text), more = strlen (line);
  char *both = realloc (*text, length + more + 2);

  if (both != NULL) {
    both[length] = '\n';
    memcpy (both + length + 1, line, more + 1);
    *text = both;
  }
  free (line);
  return both != NULL;
}

/* Lines that follow the first faster than they could be typed. */
static edit_end
read_pasted (char **text)
{
  edit_end end = EDIT_LINE;
  char *line;

  while (end == EDIT_LINE && is_waiting (PASTE_MILLISECONDS)) {
    end = plain_line ("", &line);
    if (end == EDIT_LINE && !add_line (text, line))
      end = EDIT_END;
  }
  return end == EDIT_END ? EDIT_LINE : end;
}

/* What stands between quotes, the first of which begin the text. */
static edit_end
read_quoted (char **text)
{
  const size_t quotes = strlen (QUOTES);
  size_t length = strlen (*text);
  edit_end end = EDIT_LINE;
  char *line;

  while (end == EDIT_LINE
         && (length < 2 * quotes || strcmp (*text + length - quotes, QUOTES) != 0)) {
    end = read_line ("… ", &line);
    if (end == EDIT_LINE && !add_line (text, line))
      end = EDIT_END;
    length = strlen (*text);
  }
  if (end == EDIT_LINE) {
    (*text)[length - quotes] = '\0';
    memmove (*text, *text + quotes, length - 2 * quotes + 1);
  }
  return end;
}

/* All that belongs to the first line. */
static edit_end
read_rest (char **text, bool may_be_pasted)
{
  if (strncmp (*text, QUOTES, strlen (QUOTES)) == 0)
    return read_quoted (text);
  if (may_be_pasted && (*text)[0] != '/')
    return read_pasted (text);
  return EDIT_LINE;
}

/* Ends of lines at either end are no part of what is said. */
static void
trim (char *text)
{
  size_t skipped = strspn (text, "\n"), length = strlen (text);

  while (length > skipped && text[length - 1] == '\n')
    length--;
  memmove (text, text + skipped, length - skipped);
  text[length - skipped] = '\0';
}

static edit_end
read_message (char **text)
{
  /* What was typed while an answer was made is told from what is pasted by being there already. */
  bool may_be_pasted = is_typed && !is_edited && !is_waiting (0);
  edit_end end = read_line ("> ", text);

  if (end == EDIT_LINE)
    end = read_rest (text, may_be_pasted);
  if (end != EDIT_LINE) {
    free (*text);
    *text = NULL;
    return end;
  }
  trim (*text);
  if (is_edited && (*text)[0] != '\0')
    edit_remember (*text);
  return EDIT_LINE;
}

char *
input_read (void)
{
  edit_end end;
  char *text;

  if (is_typed)
    putchar ('\n');
  do {
    chat_forget_interrupt ();
    end = read_message (&text);
    if (end == EDIT_LEFT)
      puts (cli_text (N_ ("Ctrl+D or /exit ends the conversation.")));
  } while (end == EDIT_CLEARED || end == EDIT_LEFT);
  return text;
}
