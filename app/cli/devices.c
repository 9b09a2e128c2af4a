/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `dadam devices`: what can run a model here, and why something cannot.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "dadam/engine.h"

#define GIB (1024.0 * 1024 * 1024)

static void
print_plain (const dd_device_info *info)
{
  printf ("%-10s %s\n", info->id, info->name);
  if (info->problem != NULL)
    printf ("           not used: %s\n", info->problem);
  else
    printf ("           %s; %.1f GiB of memory, %.1f GiB free\n", info->features,
            (double) info->memory_total / GIB, (double) info->memory_available / GIB);
}

static void
print_json (const dd_device_info *info)
{
  printf ("{\"id\": ");
  cli_json_string (info->id);
  printf (", \"name\": ");
  cli_json_string (info->name);
  printf (", \"features\": ");
  cli_json_string (info->features);
  printf (", \"memory_total\": %llu, \"memory_available\": %llu, \"problem\": ",
          (unsigned long long) info->memory_total, (unsigned long long) info->memory_available);
  if (info->problem != NULL)
    cli_json_string (info->problem);
  else
    printf ("null");
  printf ("}");
}

static int
run (int n_arguments, char **arguments)
{
  bool json = false;
  const cli_option options[] = { { "--json", CLI_FLAG, &json, 0, 0 }, { 0 } };
  dd_engine *engine;
  dd_error error;
  int n_rest;

  if (!cli_parse (&cli_devices, options, n_arguments, arguments, NULL, 0, &n_rest))
    return EXIT_USAGE;
  if (!dd_engine_open (&(dd_engine_options) { 0 }, &engine, &error))
    return cli_fail (EXIT_FAILURE, "%s", error.text);
  if (json)
    printf ("[");
  for (size_t i = 0; i < dd_engine_n_devices (engine); i++) {
    dd_device_info info;

    dd_engine_device (engine, i, &info);
    if (json && i > 0)
      printf (",\n ");
    (json ? print_json : print_plain) (&info);
  }
  if (json)
    printf ("]\n");
  dd_engine_close (&engine);
  return EXIT_SUCCESS;
}

const cli_command cli_devices = { "devices", "[--json]", N_ ("list what can run a model here"),
                                  run };
