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

/* Marks a text that cli_text finds in the language of the environment. */
#ifndef N_
#define N_(text) text
#endif

/* A command; `arguments` stand after its name.  Returns the exit status. */
typedef struct cli_command {
  const char *name;
  const char *usage;   /* what follows the name */
  const char *summary; /* one line */
  int (*run) (int n_arguments, char **arguments);
} cli_command;

extern const cli_command cli_bench, cli_chat, cli_devices, cli_inspect, cli_perplexity,
    cli_tokenize;
/* Of the model store, where the program has one. */
extern const cli_command cli_import, cli_models, cli_pull, cli_remove, cli_verify;

/* Texts in the language of the environment; English where there is no store. */
void cli_set_language (void);
const char *cli_text (const char *text) __attribute__ ((format_arg (1)));

/* The file of a MODEL: a file's name, or an installed model's; for NULL the only
 * one installed.  `*repository` is where it came from, or NULL.  Both are freed
 * with free.  NULL after telling why. */
char *cli_find_model (const char *name, char **repository);

struct dd_engine;
struct dd_error;
struct dd_file;
struct dd_model;
struct dd_session;
struct dd_model_options;

/* The engine as every command uses it: with a cache, and with graphics cards tested
 * before they are used, which is told on standard error.  False after telling why. */
bool cli_open_engine (int64_t threads, struct dd_engine **out);
/* The same, opened; false and NULL after telling why. */
bool cli_open_model (struct dd_engine *engine,
                     const char *name,
                     struct dd_model_options options,
                     struct dd_model **out);
/* dd_session_open; tells if the model had to leave a card for it. */
bool cli_open_session (struct dd_model *model, struct dd_session **out, struct dd_error *error);
struct dd_file *cli_open_file (const char *name);

/* Options: a table that ends with an empty row.  --help, or -h, is in each. */

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
  char letter;       /* 'c': -c is the same; or 0 */
  const char *value; /* what stands for its value in the help; NULL for a flag */
  const char *help;  /* one line, marked with N_ */
  bool live;         /* it may be set anew later: cli_set_live */
} cli_option;

/* Those that several commands have. */
#define CLI_DEVICE(target)                                                                         \
  { "--device", CLI_TEXT, target, 0, 0, 0, "D[,D]", N_ ("what runs it, as “dadam devices” has it") }
#define CLI_THREADS(target)                                                                        \
  { "--threads", CLI_INTEGER, target, 1, 1024, 't', "N", N_ ("threads of the processor") }
#define CLI_JSON(target) { "--json", CLI_FLAG, target, 0, 0, 0, NULL, N_ ("print JSON") }

/* Takes the options out of the arguments and leaves the others, at most `room`,
 * in `rest`.  A value may also follow “=”, and a long name be cut short while it is
 * no other's.  On a mistake says what to do and returns false (exit EXIT_USAGE);
 * asked for help, tells how the command is used and ends the program. */
bool cli_parse (const cli_command *command,
                const cli_option *options,
                int n_arguments,
                char **arguments,
                const char **rest,
                int room,
                int *n_rest);

/* Sets the live option that is called so without its dashes; false after telling why. */
bool cli_set_live (const cli_option *options, const char *name, const char *value);
/* What the live options are set to, a line each. */
void cli_print_live (const cli_option *options);

/* One line on standard error, "dadam: …", of a text marked with N_; returns `status`. */
int cli_fail (int status, const char *format, ...) __attribute__ ((format (printf, 2, 3)));
/* The same for an error of the engine: what it means, and the engine's own line. */
int cli_fail_engine (int status, const struct dd_error *error);
/* What the engine says of an error, or of a device, for a person; freed with free. */
char *cli_error_words (const struct dd_error *error);
char *cli_device_words (const char *text);
/* How the command is used, after a mistake; returns EXIT_USAGE. */
int cli_usage (const cli_command *command);

/* `text` as a JSON string with its quotes; bytes that are no
 * UTF-8 become U+FFFD. */
void cli_json_string (const char *text);

/* A translated text and spaces up to that column: Hangul takes two. */
void cli_label (const char *text, int columns);

/* `status`, or EXIT_FAILURE after telling it when not all of standard output could be written: what
 * the program has to end with. */
int cli_finish (int status);

double cli_seconds (void);
/* Sorts and gives the median. */
double cli_median (double *values, int count);
/* A whole file or, for "-", standard input; free () it.  NULL after telling why. */
char *cli_read_all (const char *path, size_t *length);
