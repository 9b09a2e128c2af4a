/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `dadam inspect`: what a GGUF is, and whether and how this machine can run it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "dadam/engine.h"
#include "host.h"

#define MIB (1024.0 * 1024)
#define TYPES 32
#define LABEL 12 /* columns */

/* Bytes and tensors of each type, in the order of first appearance. */
typedef struct tally {
  const char *type[TYPES];
  size_t tensors[TYPES];
  uint64_t bytes[TYPES];
  int count;
} tally;

/* The answer to "will it run here?". */
typedef struct verdict {
  bool runs;
  dd_estimate estimate;
  dd_error error;
} verdict;

static void
count_types (const dd_file *file, size_t n_tensors, tally *out)
{
  *out = (tally) { 0 };
  for (size_t i = 0; i < n_tensors; i++) {
    dd_tensor_info tensor;
    int t = 0;

    dd_file_tensor (file, i, &tensor);
    while (t < out->count && strcmp (out->type[t], tensor.type) != 0)
      t++;
    if (t == TYPES)
      continue;
    if (t == out->count)
      out->type[out->count++] = tensor.type;
    out->tensors[t]++;
    out->bytes[t] += tensor.bytes;
  }
}

/* One row: its label, then the text of `format`, both translated. */
__attribute__ ((format (printf, 2, 3))) static void
print_row (const char *label, const char *format, ...)
{
  va_list arguments;

  cli_label (cli_text (label), LABEL);
  va_start (arguments, format);
  vprintf (cli_text (format), arguments);
  va_end (arguments);
  putchar ('\n');
}

static void
print_types (const dd_file *file, size_t n_tensors)
{
  tally types;

  count_types (file, n_tensors, &types);
  for (int t = 0; t < types.count; t++)
    print_row (t == 0 ? N_ ("types") : " ", N_ ("%s: %zu tensors, %.1f MiB"), types.type[t],
               types.tensors[t], (double) types.bytes[t] / MIB);
}

static void
print_verdict (const verdict *answer)
{
  const dd_memory *memory = &answer->estimate.memory;
  char *words;

  if (answer->runs) {
    print_row (N_ ("runs here"),
               N_ ("yes: %.0f MiB of weights read from the file, %.0f MiB of context, "
                   "%.0f MiB to compute"),
               (double) memory->weights / MIB, (double) memory->cache / MIB,
               (double) memory->activations / MIB);
    if (answer->estimate.card_layers > 0)
      print_row (" ", N_ ("%d of %d layers on a graphics card"), answer->estimate.card_layers,
                 answer->estimate.layers);
  } else {
    words = cli_error_words (&answer->error);
    print_row (N_ ("runs here"), N_ ("no: %s"), words != NULL ? words : answer->error.text);
    free (words);
  }
}

static void
print_keys (const dd_file *file, size_t count)
{
  putchar ('\n');
  for (size_t i = 0; i < count; i++) {
    dd_key_info key;

    dd_file_key (file, i, &key);
    printf ("%s = %s\n", key.name, key.value);
  }
}

static void
print_plain (const dd_file *file, const dd_file_info *info, const verdict *answer)
{
  print_row (N_ ("name"), "%s", info->name);
  print_row (N_ ("family"), "%s", info->family);
  print_row (N_ ("parameters"), "%.2fB", (double) info->parameters / 1e9);
  if (info->parts > 1)
    print_row (N_ ("size"), N_ ("%.1f MiB in %d parts"), (double) info->bytes / MIB, info->parts);
  else
    print_row (N_ ("size"), "%.1f MiB", (double) info->bytes / MIB);
  print_row ("GGUF", N_ ("version %d, %zu keys, %zu tensors"), info->version, info->n_keys,
             info->n_tensors);
  print_row (N_ ("shape"), N_ ("%d layers, %lld wide, %d heads sharing %d keys, %lld tokens"),
             info->layers, (long long) info->width, info->heads, info->kv_heads,
             (long long) info->vocab);
  print_row (N_ ("context"), N_ ("%lld tokens"), (long long) info->context);
  print_row (N_ ("format"), "%s",
             info->format != NULL ? info->format
                                  : cli_text (N_ ("unknown; give one with --format")));
  print_types (file, info->n_tensors);
  print_verdict (answer);
  print_keys (file, info->n_keys);
}

static void
print_json_tensors (const dd_file *file, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    dd_tensor_info tensor;

    dd_file_tensor (file, i, &tensor);
    printf ("%s\n  {\"name\": ", i > 0 ? "," : "");
    cli_json_string (tensor.name);
    printf (", \"type\": \"%s\", \"dims\": [", tensor.type);
    for (int d = 0; d < tensor.n_dims; d++)
      printf ("%s%llu", d > 0 ? ", " : "", (unsigned long long) tensor.dims[d]);
    printf ("], \"bytes\": %llu}", (unsigned long long) tensor.bytes);
  }
}

static void
print_json_keys (const dd_file *file, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    dd_key_info key;

    dd_file_key (file, i, &key);
    printf ("%s\n  ", i > 0 ? "," : "");
    cli_json_string (key.name);
    printf (": ");
    cli_json_string (key.value);
  }
}

static void
print_json_text (const char *name, const char *text)
{
  printf (" \"%s\": ", name);
  if (text != NULL)
    cli_json_string (text);
  else
    printf ("null");
  printf (",\n");
}

static void
print_json (const dd_file *file, const dd_file_info *info, const verdict *answer)
{
  const dd_memory *memory = &answer->estimate.memory;

  printf ("{\n");
  print_json_text ("name", info->name);
  print_json_text ("family", info->family);
  print_json_text ("type", info->type);
  print_json_text ("format", info->format);
  print_json_text ("problem", answer->runs ? NULL : answer->error.text);
  printf (" \"version\": %d, \"parts\": %d, \"bytes\": %llu, \"parameters\": %llu,\n",
          info->version, info->parts, (unsigned long long) info->bytes,
          (unsigned long long) info->parameters);
  printf (" \"layers\": %d, \"width\": %lld, \"heads\": %d, \"kv_heads\": %d, \"vocab\": %lld, "
          "\"context\": %lld,\n",
          info->layers, (long long) info->width, info->heads, info->kv_heads,
          (long long) info->vocab, (long long) info->context);
  printf (
      " \"runs\": %s, \"memory\": {\"weights\": %llu, \"cache\": %llu, \"activations\": %llu},\n",
      answer->runs ? "true" : "false", (unsigned long long) memory->weights,
      (unsigned long long) memory->cache, (unsigned long long) memory->activations);
  printf (" \"card_layers\": %d,\n", answer->estimate.card_layers);
  printf (" \"keys\": {");
  print_json_keys (file, info->n_keys);
  printf ("},\n \"tensors\": [");
  print_json_tensors (file, info->n_tensors);
  printf ("]\n}\n");
}

static void
measure (const dd_file *file, verdict *out)
{
  dd_engine *engine;

  *out = (verdict) { 0 };
  if (!host_open_engine (&(dd_engine_options) { 0 }, &engine, &out->error))
    return;
  out->runs = dd_file_measure (file, engine, NULL, 0, &out->estimate, &out->error);
  dd_engine_close (&engine);
}

static int
run (int n_arguments, char **arguments)
{
  bool json = false;
  const cli_option options[] = { CLI_JSON (&json), { 0 } };
  const char *name;
  int n_rest;
  dd_file *file;
  dd_file_info info;
  verdict answer;

  if (!cli_parse (&cli_inspect, options, n_arguments, arguments, &name, 1, &n_rest))
    return EXIT_USAGE;
  if (n_rest != 1)
    return cli_usage (&cli_inspect);
  file = cli_open_file (name);
  if (file == NULL)
    return EXIT_FAILURE;
  dd_file_info_get (file, &info);
  measure (file, &answer);
  (json ? print_json : print_plain) (file, &info, &answer);
  dd_file_close (&file);
  return EXIT_SUCCESS;
}

const cli_command cli_inspect = {
  "inspect",
  "MODEL [--json]",
  N_ ("tell what a GGUF file is and whether it runs here"),
  run,
};
