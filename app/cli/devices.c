/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `dadam devices`: what can run a model here, and why something cannot.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "dadam/engine.h"
#include "diagnose.h"
#include "host.h"

#define GIB (1024.0 * 1024 * 1024)

#define INDENT "           "

static const char *const kind_names[] = {
  [DD_DEVICE_CPU] = N_ ("processor"),
  [DD_DEVICE_DISCRETE] = N_ ("graphics card"),
  [DD_DEVICE_INTEGRATED] = N_ ("integrated graphics"),
  [DD_DEVICE_OTHER] = N_ ("other graphics"),
  [DD_DEVICE_SOFTWARE] = N_ ("graphics in software"),
  [DD_DEVICE_REFERENCE] = N_ ("reference"),
};
static const char *const trust_names[] = {
  [DD_TRUST_UNKNOWN] = N_ ("not tested yet"),
  [DD_TRUST_GOOD] = N_ ("tested"),
  [DD_TRUST_BAD] = N_ ("failed its test"),
};

static void
print_problem (const char *problem)
{
  char *words = cli_device_words (problem);

  fputs (INDENT, stdout);
  printf (cli_text (N_ ("not used: %s")), words != NULL ? words : problem);
  putchar ('\n');
  free (words);
}

static void
print_plain (const dd_device_info *info)
{
  printf ("%-10s %s\n", info->id, info->name);
  if (info->problem != NULL) {
    print_problem (info->problem);
    return;
  }
  fputs (INDENT, stdout);
  printf (cli_text (N_ ("%s; %.1f GiB of memory, %.1f GiB free")), info->features,
          (double) info->memory_total / GIB, (double) info->memory_available / GIB);
  putchar ('\n');
  if (info->driver[0] == '\0')
    return;
  printf (INDENT "%s, %s", cli_text (kind_names[info->kind]), cli_text (trust_names[info->trust]));
  if (info->hidden)
    printf (", %s", cli_text (N_ ("used only where it is named (--device)")));
  putchar ('\n');
}

static void
print_member (const char *name, const char *text)
{
  printf (", \"%s\": ", name);
  if (text != NULL)
    cli_json_string (text);
  else
    printf ("null");
}

static void
print_json (const dd_device_info *info)
{
  static const char *const verdicts[] = { "untested", "good", "bad" };
  static const char *const kinds[] = { "cpu",   "discrete", "integrated",
                                       "other", "software", "reference" };

  printf ("{\"id\": ");
  cli_json_string (info->id);
  print_member ("name", info->name);
  print_member ("kind", kinds[info->kind]);
  print_member ("features", info->features);
  print_member ("driver", info->driver[0] != '\0' ? info->driver : NULL);
  print_member ("uuid", info->uuid[0] != '\0' ? info->uuid : NULL);
  print_member ("test", info->uuid[0] != '\0' ? verdicts[info->trust] : NULL);
  printf (", \"automatic\": %s, \"memory_total\": %llu, \"memory_available\": %llu",
          info->hidden || info->problem != NULL ? "false" : "true",
          (unsigned long long) info->memory_total, (unsigned long long) info->memory_available);
  print_member ("problem", info->problem);
  printf ("}");
}

static void
print_all (dd_engine *engine, bool json)
{
  for (size_t i = 0; i < dd_engine_n_devices (engine); i++) {
    dd_device_info info;

    dd_engine_device (engine, i, &info);
    if (json)
      printf (i == 0 ? "[" : ",\n ");
    (json ? print_json : print_plain) (&info);
  }
  if (json)
    printf ("]\n");
  else
    host_write_nvidia (NULL, NULL, stdout);
}

static int
print_diagnosis (dd_engine *engine)
{
  char *text = host_diagnose (engine, DADAM_VERSION);

  if (text == NULL)
    return cli_fail (EXIT_FAILURE, N_ ("not enough memory"));
  fputs (text, stdout);
  free (text);
  return EXIT_SUCCESS;
}

/* The device of that id or UUID is put to the test again, with all types of weights. */
static int
test_anew (dd_engine *engine, const char *name)
{
  for (size_t i = 0; i < dd_engine_n_devices (engine); i++) {
    dd_device_info info;
    dd_error error;

    dd_engine_device (engine, i, &info);
    if (strcmp (info.id, name) != 0 && strcmp (info.uuid, name) != 0)
      continue;
    if (info.uuid[0] == '\0')
      return cli_fail (EXIT_FAILURE, N_ ("%s is no graphics card: there is nothing to test"),
                       info.id);
    host_forget_verdict (info.uuid);
    if (!dd_engine_try_device (engine, i, &error))
      return cli_fail_engine (EXIT_FAILURE, &error);
    printf (cli_text (N_ ("%s computes right")), info.name);
    putchar ('\n');
    return EXIT_SUCCESS;
  }
  return cli_fail (EXIT_FAILURE, N_ ("no device is called “%s”; “dadam devices” lists them"), name);
}

static int
run (int n_arguments, char **arguments)
{
  bool json = false, verbose = false;
  const char *test = NULL;
  const cli_option options[] = {
    CLI_JSON (&json),
    { "--verbose", CLI_FLAG, &verbose, 0, 0, 0, NULL, N_ ("print a text to add to a report") },
    { "--test", CLI_TEXT, &test, 0, 0, 0, "DEVICE", N_ ("test a graphics card again") },
    { 0 },
  };
  int n_rest, status = EXIT_SUCCESS;
  dd_engine *engine;

  if (!cli_parse (&cli_devices, options, n_arguments, arguments, NULL, 0, &n_rest))
    return EXIT_USAGE;
  if (!cli_open_engine (0, &engine))
    return EXIT_FAILURE;
  if (test != NULL)
    status = test_anew (engine, test);
  else if (verbose)
    status = print_diagnosis (engine);
  else
    print_all (engine, json);
  dd_engine_close (&engine);
  return status;
}

const cli_command cli_devices = {
  "devices",
  "[--json | --verbose | --test DEVICE]",
  N_ ("list what can run a model here"),
  run,
};
