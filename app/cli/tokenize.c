/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `dadam tokenize`: the token ids of a text, on one line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "dadam/engine.h"

static int
print_tokens (const dd_file *file, const char *text, bool special)
{
  dd_token *tokens;
  size_t count;
  dd_error error;

  if (!dd_file_tokenize (file, text, strlen (text), special, false, &tokens, &count, &error))
    return cli_fail_engine (EXIT_FAILURE, &error);
  for (size_t i = 0; i < count; i++)
    printf ("%s%d", i > 0 ? " " : "", tokens[i]);
  putchar ('\n');
  dd_engine_free (tokens);
  return EXIT_SUCCESS;
}

static int
run (int n_arguments, char **arguments)
{
  bool special = false;
  const cli_option options[] = { { "--special", CLI_FLAG, &special, 0, 0, 0, NULL,
                                   N_ ("names of special tokens count as those") },
                                 { 0 } };
  const char *rest[2];
  int n_rest;
  dd_file *file;
  int status;

  if (!cli_parse (&cli_tokenize, options, n_arguments, arguments, rest, 2, &n_rest))
    return EXIT_USAGE;
  if (n_rest != 2)
    return cli_usage (&cli_tokenize);
  file = cli_open_file (rest[0]);
  if (file == NULL)
    return EXIT_FAILURE;
  status = print_tokens (file, rest[1], special);
  dd_file_close (&file);
  return status;
}

const cli_command cli_tokenize = {
  "tokenize",
  "MODEL TEXT [--special]",
  N_ ("print the token ids of a text"),
  run,
};
