/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the commands of `dadam` share: the table's row, options, errors, JSON.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXIT_USAGE 2
#define LIST_LIMIT 16

/* A command; `arguments` stand after its name.  Returns the exit status. */
typedef struct cli_command {
  const char *name;
  const char *usage;   /* what follows the name */
  const char *summary; /* one line */
  int (*run) (int n_arguments, char **arguments);
} cli_command;

extern const cli_command cli_bench, cli_chat, cli_devices, cli_inspect, cli_perplexity,
    cli_tokenize;

/* Options: a table that ends with an empty row. */

typedef enum cli_kind {
  CLI_FLAG,    /* bool */
  CLI_TEXT,    /* const char * */
  CLI_INTEGER, /* int64_t, within [least, most] */
  CLI_NUMBER,  /* double, within [least, most] */
  CLI_TEXTS,   /* cli_texts: may be given several times */
} cli_kind;

typedef struct cli_texts {
  const char *items[LIST_LIMIT + 1]; /* NULL after the last */
  int count;
} cli_texts;

typedef struct cli_option {
  const char *name; /* "--ctx" */
  cli_kind kind;
  void *target;
  double least, most;
} cli_option;

/* Takes the options out of the arguments and leaves the others, at most `room`,
 * in `rest`.  On a mistake says what to do and returns false (exit EXIT_USAGE). */
bool cli_parse (const cli_command *command,
                const cli_option *options,
                int n_arguments,
                char **arguments,
                const char **rest,
                int room,
                int *n_rest);

/* One line on standard error, "dadam: …"; returns `status`. */
int cli_fail (int status, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
/* How the command is used, after a mistake; returns EXIT_USAGE. */
int cli_usage (const cli_command *command);

/* `text` as a JSON string with its quotes; bytes that are no
 * UTF-8 become U+FFFD. */
void cli_json_string (const char *text);

/* The folder where compiled programs of graphics cards are kept, made if it is not
 * there; static; NULL if it cannot be. */
const char *cli_cache_folder (void);

double cli_seconds (void);
/* Sorts and gives the median. */
double cli_median (double *values, int count);
/* A whole file or, for "-", standard input; free () it.  NULL after telling why. */
char *cli_read_all (const char *path, size_t *length);
