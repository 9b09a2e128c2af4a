/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A line on a terminal that can be edited, with those of before at hand, by GNU Readline.
 */
#pragma once

#include <stdbool.h>

/* How reading a line ended. */
typedef enum edit_end {
  EDIT_LINE,
  EDIT_CLEARED, /* Ctrl+C threw away what was typed */
  EDIT_LEFT,    /* Ctrl+C where nothing was typed */
  EDIT_END,     /* Ctrl+D, or a signal that ends the program */
} edit_end;

/* Once, before the others.  Lines are kept in the file `path`, which stays, as `completions` of input.h
 * does; NULL keeps none.  False, and nothing else may be called, where the program is built without
 * Readline. */
bool edit_begin (const char *path, const char *const *completions);

/* `*line` is the line without its end, with ends of lines in it where several were pasted; free () it.
 * NULL unless EDIT_LINE is returned. */
edit_end edit_line (const char *prompt, char **line);

/* Puts a message among those that the arrow keys bring back. */
void edit_remember (const char *text);

/* Whether the terminal keeps what is typed to itself until the next line is read. */
void edit_hold (bool hold);
