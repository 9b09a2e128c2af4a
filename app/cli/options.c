/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Options by table, errors, and the few small things every command needs.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "dadam/types.h"

int
cli_fail (int status, const char *format, ...)
{
  va_list arguments;

  fputs ("dadam: ", stderr);
  va_start (arguments, format);
  vfprintf (stderr, cli_text (format), arguments);
  va_end (arguments);
  fputc ('\n', stderr);
  return status;
}

int
cli_fail_engine (int status, const dd_error *error)
{
  char *words = cli_error_words (error);

  cli_fail (0, "%s", words != NULL ? words : error->text);
  free (words);
  return status;
}

/* An answer that nobody got is no success. */
int
cli_finish (int status)
{
  if (fflush (stdout) == 0 && !ferror (stdout))
    return status;
  return cli_fail (EXIT_FAILURE, N_ ("not all of the output could be written"));
}

int
cli_usage (const cli_command *command)
{
  fprintf (stderr, "usage: dadam %s %s\n", command->name, command->usage);
  return EXIT_USAGE;
}

/* "  -n, --max-tokens N      ends the answer …" */
static void
print_option (const cli_option *option)
{
  const char *value = option->value != NULL ? option->value : "";
  char names[64];

  if (option->letter != 0)
    snprintf (names, sizeof names, "  -%c, %s %s", option->letter, option->name, value);
  else
    snprintf (names, sizeof names, "  %s%s %s", option->name[1] == '-' ? "    " : "", option->name,
              value);
  cli_label (names, 32);
  puts (cli_text (option->help));
}

static void
print_help (const cli_command *command, const cli_option *options)
{
  printf ("usage: dadam %s %s\n\n%s\n", command->name, command->usage, cli_text (command->summary));
  if (options->name != NULL)
    putchar ('\n');
  for (; options->name != NULL; options++)
    print_option (options);
}

/* The option that an argument names: whole, by its letter, or by a beginning that no other has. */
static const cli_option *
find (const cli_option *options, const char *argument)
{
  size_t length = strcspn (argument, "=");
  bool is_long = length > 2 && argument[0] == '-' && argument[1] == '-';
  const cli_option *found = NULL;
  int n_found = 0;

  for (; options->name != NULL; options++) {
    if (options->kind == CLI_FLAG && argument[length] == '=')
      continue;
    if (strlen (options->name) == length && strncmp (options->name, argument, length) == 0)
      return options;
    if (length == 2 && argument[0] == '-' && options->letter != 0 && argument[1] == options->letter)
      return options;
    if (is_long && strncmp (options->name, argument, length) == 0) {
      found = options;
      n_found++;
    }
  }
  return n_found == 1 ? found : NULL;
}

static bool
set_number (const cli_option *option, const char *value)
{
  char *end;
  double number = strtod (value, &end);

  if (end == value || *end != '\0' || !isfinite (number) || number < option->least
      || number > option->most
      || (option->kind == CLI_INTEGER && (double) (int64_t) number != number)) {
    cli_fail (0,
              option->kind == CLI_INTEGER
                  ? N_ ("%s takes a whole number from %.15g to %.15g, not “%s”")
                  : N_ ("%s takes a number from %.15g to %.15g, not “%s”"),
              option->name, option->least, option->most, value);
    return false;
  }
  if (option->kind == CLI_INTEGER)
    *(int64_t *) option->target = (int64_t) number;
  else
    *(double *) option->target = number;
  return true;
}

static bool
set (const cli_option *option, const char *value)
{
  cli_texts *list = option->target;

  switch (option->kind) {
  case CLI_TEXT: *(const char **) option->target = value; return true;
  case CLI_TEXTS:
    if (list->count == LIST_LIMIT) {
      cli_fail (0, N_ ("%s may be given %d times"), option->name, LIST_LIMIT);
      return false;
    }
    list->items[list->count++] = value;
    return true;
  case CLI_INTEGER:
  case CLI_NUMBER: return set_number (option, value);
  case CLI_FLAG: break;
  }
  return false;
}

/* Takes the option at `*at`, and its value, which may be the next argument. */
static bool
take_option (const cli_option *option, int n_arguments, char **arguments, int *at)
{
  const char *value = strchr (arguments[*at], '=');

  if (option->kind == CLI_FLAG) {
    *(bool *) option->target = true;
    return true;
  }
  if (value != NULL)
    return set (option, value + 1);
  if (++*at == n_arguments) {
    cli_fail (0, N_ ("%s needs a value"), option->name);
    return false;
  }
  return set (option, arguments[*at]);
}

bool
cli_set_live (const cli_option *options, const char *name, const char *value)
{
  for (; options->name != NULL; options++)
    if (options->live && strcmp (options->name + strspn (options->name, "-"), name) == 0)
      return set (options, value);
  cli_fail (0, N_ ("there is no setting “%s”"), name);
  return false;
}

void
cli_print_live (const cli_option *options)
{
  for (; options->name != NULL; options++) {
    if (!options->live)
      continue;
    printf ("  %-20s ", options->name + strspn (options->name, "-"));
    if (options->kind == CLI_NUMBER)
      printf ("%.15g\n", *(const double *) options->target);
    else if (*(const int64_t *) options->target >= (int64_t) options->least)
      printf ("%lld\n", (long long) *(const int64_t *) options->target);
    else
      puts (cli_text (N_ ("not set")));
  }
}

static bool
asks_for_help (const char *argument)
{
  return strcmp (argument, "--help") == 0 || strcmp (argument, "-h") == 0;
}

bool
cli_parse (const cli_command *command,
           const cli_option *options,
           int n_arguments,
           char **arguments,
           const char **rest,
           int room,
           int *n_rest)
{
  bool only_rest = false;

  *n_rest = 0;
  for (int i = 0; i < n_arguments; i++) {
    const char *argument = arguments[i];
    bool is_option = !only_rest && argument[0] == '-' && argument[1] != '\0';
    const cli_option *option = is_option ? find (options, argument) : NULL;

    if (is_option && strcmp (argument, "--") == 0) {
      only_rest = true;
    } else if (is_option && asks_for_help (argument)) {
      print_help (command, options);
      exit (cli_finish (EXIT_SUCCESS));
    } else if (option != NULL) {
      if (!take_option (option, n_arguments, arguments, &i))
        return false;
    } else if (is_option || *n_rest == room) {
      cli_fail (0, N_ ("“%s” is not understood; “dadam help %s” says what is"), argument,
                command->name);
      return false;
    } else {
      rest[(*n_rest)++] = argument;
    }
  }
  return true;
}

/* The bytes of the UTF-8 character at `text`, or 0 if there is none. */
static int
character_bytes (const unsigned char *text)
{
  int length = text[0] < 0x80   ? 1
               : text[0] < 0xc2 ? 0
               : text[0] < 0xe0 ? 2
               : text[0] < 0xf0 ? 3
               : text[0] < 0xf5 ? 4
                                : 0;

  for (int i = 1; i < length; i++)
    if ((text[i] & 0xc0) != 0x80)
      return 0;
  return length;
}

void
cli_json_string (const char *text)
{
  const unsigned char *at = (const unsigned char *) text;

  putchar ('"');
  while (*at != '\0') {
    int length = character_bytes (at);

    if (length == 0) {
      fputs ("\\ufffd", stdout);
      length = 1;
    } else if (*at == '"' || *at == '\\') {
      printf ("\\%c", *at);
    } else if (*at < 0x20) {
      printf ("\\u%04x", *at);
    } else {
      fwrite (at, 1, (size_t) length, stdout);
    }
    at += length;
  }
  putchar ('"');
}

/* Columns on a terminal: those of Hangul, hanja and wide punctuation are two, as East
 * Asian Width (UAX 11) has them for what is written here. */
static int
columns_of (const char *text)
{
  int columns = 0;

  for (const unsigned char *at = (const unsigned char *) text; *at != '\0';) {
    int length = character_bytes (at);

    columns += length == 3 && *at >= 0xe3 ? 2 : 1; /* from U+3000 on */
    at += length > 0 ? length : 1;
  }
  return columns;
}

void
cli_label (const char *text, int columns)
{
  int taken = columns_of (text);

  printf ("%s%*s", text, columns > taken ? columns - taken : 1, "");
}

double
cli_seconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

static int
compare (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

double
cli_median (double *values, int count)
{
  if (count == 0)
    return 0;
  qsort (values, (size_t) count, sizeof *values, compare);
  return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

/* Reads a stream to its end; NULL with errno set. */
static char *
read_stream (FILE *file, size_t *length)
{
  size_t room = 65536;
  char *text = malloc (room + 1);

  *length = 0;
  while (text != NULL) {
    size_t got = fread (text + *length, 1, room - *length, file);
    char *larger;

    *length += got;
    if (*length < room)
      break;
    room *= 2;
    larger = realloc (text, room + 1);
    if (larger == NULL)
      free (text);
    text = larger;
  }
  if (text != NULL && ferror (file)) {
    free (text);
    return NULL;
  }
  if (text != NULL)
    text[*length] = '\0';
  return text;
}

char *
cli_read_all (const char *path, size_t *length)
{
  bool standard = strcmp (path, "-") == 0;
  FILE *file = standard ? stdin : fopen (path, "rbe");
  char *text = file != NULL ? read_stream (file, length) : NULL;

  if (text == NULL)
    cli_fail (0, N_ ("cannot read “%s”: %s"), path, strerror (errno));
  if (file != NULL && !standard)
    fclose (file);
  return text;
}
