/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * This program, started anew with a hidden command, for what may crash or never return.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

typedef struct host_end {
  bool started;
  bool ended;  /* in time */
  int status;  /* as waitpid has it */
} host_end;

/* The program takes hidden commands: without this there are no children. */
void host_child_allow (void);
bool host_child_is_allowed (void);

/* Waits so many seconds for the child with these arguments (NULL-terminated; the first is
 * the program's name), and kills it then.  `said`: what it says, cut to size.  Any thread. */
host_end host_child_run (char *const *arguments, int seconds, char *said, size_t size);

/* First thing in the child.  Where to speak; NULL: nowhere.  Free with fclose. */
FILE *host_child_settle (void);
