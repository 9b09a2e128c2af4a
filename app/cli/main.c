/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `dadam`: a table of commands.  Without a command, or with a file, it becomes
 * the window, which is a program of its own, so that nothing here needs GTK.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "host.h"

static const cli_command *const commands[] = {
  &cli_chat,   &cli_inspect, &cli_tokenize, &cli_perplexity, &cli_bench,  &cli_devices,
#ifdef DADAM_LOCALE
  &cli_models, &cli_pull,    &cli_import,   &cli_remove,     &cli_verify,
#endif
};
#define N_COMMANDS (sizeof commands / sizeof commands[0])

static int
help (FILE *out)
{
  fprintf (out, "usage: dadam                  %s\n", cli_text (N_ ("open the window")));
  fprintf (out, "       dadam FILE.gguf        %s\n",
           cli_text (N_ ("open the window with a model")));
  for (size_t i = 0; i < N_COMMANDS; i++)
    fprintf (out, "       dadam %-11s      %s\n", commands[i]->name,
             cli_text (commands[i]->summary));
  fprintf (out, "       dadam help COMMAND     %s\n", cli_text (N_ ("how a command is used")));
  return out == stdout ? EXIT_SUCCESS : EXIT_USAGE;
}

static const cli_command *
find (const char *name)
{
  for (size_t i = 0; i < N_COMMANDS; i++)
    if (strcmp (commands[i]->name, name) == 0)
      return commands[i];
  return NULL;
}

/* What other programs call our commands. */
static const cli_command *
find_habit (const char *name)
{
  static const struct {
    const char *habit, *ours;
  } habits[] = {
    { "run", "chat" },  { "list", "models" },   { "ls", "models" },    { "download", "pull" },
    { "rm", "remove" }, { "delete", "remove" }, { "show", "inspect" },
  };

  for (size_t i = 0; i < sizeof habits / sizeof habits[0]; i++)
    if (strcmp (habits[i].habit, name) == 0)
      return find (habits[i].ours);
  return NULL;
}

static int
unknown_command (const char *name)
{
  const cli_command *meant = find_habit (name);

  if (meant == NULL)
    return cli_fail (EXIT_USAGE, N_ ("there is no command “%s”; “dadam help” lists them"), name);
  return cli_fail (EXIT_USAGE,
                   N_ ("there is no command “%s”; “dadam help %s” tells of what does that"), name,
                   meant->name);
}

static int
help_command (const char *name)
{
  const cli_command *command = name != NULL ? find (name) : NULL;
  char *asked[] = { (char[]) { "--help" }, NULL };

  if (name == NULL)
    return help (stdout);
  if (command == NULL)
    return unknown_command (name);
  return command->run (1, asked);
}

#ifdef DADAM_WINDOW
static int
open_window (char **arguments)
{
  if (getenv ("WAYLAND_DISPLAY") == NULL && getenv ("DISPLAY") == NULL) {
    cli_fail (0, N_ ("there is no display for a window; “dadam chat FILE” talks in the terminal"));
    return help (stderr);
  }
  execv (DADAM_WINDOW, arguments);
  return cli_fail (EXIT_FAILURE, N_ ("cannot start the window “%s”; install Dadam again"),
                   DADAM_WINDOW);
}
#else
static int
open_window (char **arguments)
{
  if (arguments[1] != NULL)
    cli_fail (0, N_ ("this build has no window; “dadam chat %s” talks in the terminal"),
              arguments[1]);
  return help (stderr);
}
#endif

/* Whether an argument is meant for the window: a file, a URI or a service. */
static bool
is_for_window (const char *argument)
{
  size_t length = strlen (argument);

  return strchr (argument, '/') != NULL || strcmp (argument, "--gapplication-service") == 0
         || (length > 5 && strcmp (argument + length - 5, ".gguf") == 0);
}

/* A stream that is closed would be the next file opened, and what is printed be written into it.
 * Instead writing fails, as it should. */
static void
hold_streams (void)
{
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl (fd, F_GETFD) < 0)
      (void) !open ("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR);
}

static int
run (int argc, char **argv)
{
  const cli_command *command;

  if (argc < 2)
    return open_window (argv);
  if (strcmp (argv[1], "--version") == 0) {
    puts ("dadam " DADAM_VERSION);
    return EXIT_SUCCESS;
  }
  if (strcmp (argv[1], "help") == 0 || strcmp (argv[1], "--help") == 0
      || strcmp (argv[1], "-h") == 0)
    return help_command (argc > 2 ? argv[2] : NULL);
  command = find (argv[1]);
  if (command != NULL)
    return command->run (argc - 2, argv + 2);
  if (is_for_window (argv[1]))
    return open_window (argv);
  return unknown_command (argv[1]);
}

int
main (int argc, char **argv)
{
  int status;

  hold_streams ();
  if (host_take_command (argc, argv, &status))
    return status;
  cli_set_language ();
  return cli_finish (run (argc, argv));
}
