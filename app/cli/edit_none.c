/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a program without Readline has in place of edit.c: nothing, and input.c reads lines as the terminal
 * gives them.
 */
#include "edit.h"

#include <stddef.h>

bool
edit_begin (const char *path, const char *const *completions)
{
  return false;
}

edit_end
edit_line (const char *prompt, char **line)
{
  *line = NULL;
  return EDIT_END;
}

void
edit_remember (const char *text)
{
}

void
edit_hold (bool hold)
{
}
