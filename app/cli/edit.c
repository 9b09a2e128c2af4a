/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Readline's use: its keys and ours, its signals, and the file that keeps what was typed.
 */
#include "edit.h"

#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "chat.h"

#define KEPT_MESSAGES 1000
#define CONTROL_C 3

static const char *kept_in;               /* NULL: nowhere */
static const char *const *beginnings;     /* what Tab completes */
static edit_end ended;

/* ---- keys -------------------------------------------------------------- */

static int
clear_line (int count, int key)
{
  ended = rl_end > 0 ? EDIT_CLEARED : EDIT_LEFT;
  rl_point = rl_end;
  rl_redisplay ();
  fputs ("^C", rl_outstream);
  rl_crlf ();
  rl_done = 1;
  return 0;
}

static int
break_line (int count, int key)
{
  return rl_insert_text ("\n") == 1 ? 0 : 1;
}

/* Waits for a signal or a key; a signal that comes between looking and waiting is not missed. */
static bool
is_key_there (FILE *stream)
{
  struct pollfd input = { .fd = fileno (stream), .events = POLLIN };
  sigset_t all, before;
  bool there = false;

  sigfillset (&all);
  sigprocmask (SIG_SETMASK, &all, &before);
  if (rl_pending_signal () == 0 && chat_signal () == 0)
    there = ppoll (&input, 1, NULL, &before) > 0;
  sigprocmask (SIG_SETMASK, &before, NULL);
  return there;
}

/* Readline's own would wait on after Ctrl+C, which is a key here. */
static int
next_key (FILE *stream)
{
  unsigned char key;

  while (!is_key_there (stream)) {
    rl_check_signals ();
    if (chat_signal () == SIGINT) {
      chat_forget_interrupt ();
      return CONTROL_C;
    }
    if (chat_signal () != 0)
      return EOF;
  }
  return read (fileno (stream), &key, 1) == 1 ? key : EOF;
}

static char *
next_completion (const char *text, int again)
{
  static size_t at;

  if (again == 0)
    at = 0;
  while (beginnings[at] != NULL)
    if (strncmp (beginnings[at++], text, strlen (text)) == 0)
      return strdup (beginnings[at - 1]);
  return NULL;
}

/* Commands, and nothing else: names of files mean nothing in a message. */
static char **
complete (const char *text, int start, int end)
{
  rl_attempted_completion_over = 1;
  return start == 0 && text[0] == '/' ? rl_completion_matches (text, next_completion) : NULL;
}

static void
set_keys (void)
{
  rl_readline_name = "dadam";
  rl_getc_function = next_key;
  rl_attempted_completion_function = complete;
  rl_completer_word_break_characters = (char *) " ";
  rl_initialize ();
  rl_variable_bind ("echo-control-characters", "off");
  rl_bind_key (CONTROL_C, clear_line);
  rl_bind_keyseq ("\\e\\C-m", break_line);
  rl_bind_keyseq ("\\e\\C-j", break_line);
}

/* ---- what was typed before --------------------------------------------- */

static void
read_kept (void)
{
  int file = open (kept_in, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  if (file < 0) {
    kept_in = NULL;
    return;
  }
  close (file);
  history_truncate_file (kept_in, KEPT_MESSAGES);
  read_history (kept_in);
}

bool
edit_begin (const char *path, const char *const *completions)
{
  kept_in = path;
  beginnings = completions;
  setlocale (LC_CTYPE, "");
  if (strcmp (nl_langinfo (CODESET), "UTF-8") != 0)
    setlocale (LC_CTYPE, "C.UTF-8");
  set_keys ();
  /* A message of several lines is told from several messages by what stands before each, which is
   * nothing that can be typed. */
  history_comment_char = '\1';
  history_write_timestamps = 1;
  using_history ();
  stifle_history (KEPT_MESSAGES);
  if (kept_in != NULL)
    read_kept ();
  return true;
}

void
edit_remember (const char *text)
{
  const HIST_ENTRY *last = history_length > 0 ? history_get (history_base + history_length - 1)
                                              : NULL;

  if (last != NULL && strcmp (last->line, text) == 0)
    return;
  add_history (text);
  if (kept_in != NULL)
    append_history (1, kept_in);
}

/* ---- lines ------------------------------------------------------------- */

edit_end
edit_line (const char *prompt, char **line)
{
  ended = EDIT_LINE;
  *line = readline (prompt);
  if (rl_pending_signal () != 0)
    rl_check_signals ();
  if (ended == EDIT_LINE && *line == NULL)
    ended = EDIT_END;
  if (ended != EDIT_LINE) {
    free (*line);
    *line = NULL;
  }
  return ended;
}

void
edit_hold (bool hold)
{
  if (hold)
    rl_prep_terminal (1);
  else
    rl_deprep_terminal ();
}
