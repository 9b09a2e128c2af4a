/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `dadam bench`: how fast a model reads and answers here, beside the fastest
 * plain read of the same file (on a graphics card: copy in its memory), measured in
 * turns within one run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "dadam/engine.h"

#define LENGTHS 16
#define RUNS 99
#define SEQUENCES 256
#define LABEL 23 /* columns */

typedef struct request {
  const char *model, *device;
  int64_t threads, made, sequences, depth, runs;
  int64_t lengths[LENGTHS];
  int n_lengths;
  bool json;
} request;

/* One number per run. */
typedef struct sample {
  double values[RUNS];
  int count;
} sample;

typedef struct result {
  sample prompts[LENGTHS]; /* tokens per second */
  sample decode;           /* tokens per second of all sequences */
  sample first_token;      /* seconds, of the first length */
  sample read_limit;       /* bytes per second */
  uint64_t token_bytes;
  bool copied;             /* the limit is a copy's */
} result;

/* What the sequences that run together tell. */
typedef struct meter {
  dd_stats stats;   /* of the one that ended last */
  dd_error error;
  bool failed;
  int waiting;      /* sequences that have made no token yet */
  double start;     /* when all had */
  int64_t counted;  /* tokens made since */
} meter;

static void
watch (dd_session *session, const dd_event *event, void *user)
{
  meter *self = user;

  (void) session;
  if (event->kind == DD_EVENT_TOKEN) {
    if (self->waiting == 0)
      self->counted++;
    else if (event->stats.made_tokens == 1 && --self->waiting == 0)
      self->start = cli_seconds ();
  } else if (event->kind == DD_EVENT_END) {
    self->stats = event->stats;
    if (event->reason == DD_STOP_ERROR) {
      self->failed = true;
      self->error = *event->error;
    }
  }
}

/* Tokens that no earlier run has used, so that nothing is reused. */
static dd_token *
fresh_tokens (int64_t count, int64_t n_vocab)
{
  static uint64_t state = 88172645463325252u;
  dd_token *tokens = malloc ((size_t) (count > 0 ? count : 1) * sizeof *tokens);

  for (int64_t i = 0; tokens != NULL && i < count; i++) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    tokens[i] = (dd_token) (state % (uint64_t) n_vocab);
  }
  return tokens;
}

static bool
start (dd_model *model,
       dd_session *session,
       int64_t depth,
       int64_t made,
       meter *into,
       dd_error *error)
{
  dd_model_info info;
  dd_generation generation = {
    .sampling = dd_sampling_default (),
    .max_tokens = made,
    .ignore_end = true,
    .event = watch,
    .user = into,
  };
  dd_span all = { (size_t) depth, DD_GIVEN };
  dd_token *tokens;
  bool ok;

  dd_model_info_get (model, &info);
  generation.sampling.temperature = 0;
  tokens = fresh_tokens (depth, info.vocab);
  if (tokens == NULL) {
    error->code = DD_ERROR_NO_MEMORY;
    snprintf (error->text, sizeof error->text, "not enough memory");
    return false;
  }
  ok = dd_session_sync (session, tokens, &all, 1, error)
       && dd_session_generate (session, &generation, error);
  free (tokens);
  return ok;
}

static bool
work (dd_engine *engine, meter *into, dd_error *error)
{
  bool more = true;

  while (more)
    if (!dd_engine_work (engine, &more, error))
      return false;
  if (into->failed)
    *error = into->error;
  return !into->failed;
}

/* `n` sequences of `depth` tokens each, then `made` more tokens. */
static bool
run_sequences (dd_engine *engine,
               dd_model *model,
               int64_t n,
               int64_t depth,
               int64_t made,
               meter *into,
               dd_error *error)
{
  dd_session *sessions[SEQUENCES] = { 0 };
  bool ok = true;

  *into = (meter) { .waiting = (int) n };
  for (int64_t i = 0; ok && i < n; i++)
    ok = cli_open_session (model, &sessions[i], error)
         && start (model, sessions[i], depth, made, into, error);
  ok = ok && work (engine, into, error);
  for (int64_t i = 0; i < n; i++)
    dd_session_close (&sessions[i]);
  return ok;
}

static void
add (sample *into, double value)
{
  into->values[into->count++] = value;
}

static bool
run_once (dd_engine *engine, dd_model *model, const request *asked, result *out, dd_error *error)
{
  int64_t depth = asked->depth > 0 ? asked->depth : 1;
  meter seen;
  double decode_seconds;

  add (&out->read_limit, dd_model_read_limit (model, &out->copied));
  for (int i = 0; i < asked->n_lengths; i++) {
    if (!run_sequences (engine, model, 1, asked->lengths[i], 1, &seen, error))
      return false;
    add (&out->prompts[i], (double) asked->lengths[i] / seen.stats.first_token_seconds);
    if (i == 0)
      add (&out->first_token, seen.stats.first_token_seconds);
  }
  if (asked->made == 0)
    return true;
  if (!run_sequences (engine, model, asked->sequences, depth, asked->made + 1, &seen, error))
    return false;
  decode_seconds = cli_seconds () - seen.start;
  add (&out->decode, (double) seen.counted / decode_seconds);
  return true;
}

static void
print_sample (const char *what, const char *unit, double scale, sample *taken)
{
  double median = cli_median (taken->values, taken->count);

  if (taken->count == 0)
    return;
  cli_label (what, LABEL);
  printf ("%10.2f %s  (%.2f – %.2f)\n", median * scale, unit, taken->values[0] * scale,
          taken->values[taken->count - 1] * scale);
}

static void
print_plain (const request *asked, result *measured)
{
  double passes, limit;
  char what[64];

  for (int i = 0; i < asked->n_lengths; i++) {
    snprintf (what, sizeof what, cli_text (N_ ("prompt of %lld")), (long long) asked->lengths[i]);
    print_sample (what, cli_text (N_ ("tokens/s")), 1, &measured->prompts[i]);
  }
  snprintf (what, sizeof what, cli_text (N_ ("decode, %lld at once")),
            (long long) asked->sequences);
  print_sample (what, cli_text (N_ ("tokens/s")), 1, &measured->decode);
  print_sample (cli_text (N_ ("first token")), "ms", 1e3, &measured->first_token);
  print_sample (cli_text (measured->copied ? N_ ("plain copy") : N_ ("plain read")), "GB/s", 1e-9,
                &measured->read_limit);
  passes = cli_median (measured->decode.values, measured->decode.count) / (double) asked->sequences;
  limit = cli_median (measured->read_limit.values, measured->read_limit.count);
  if (asked->made == 0 || limit <= 0)
    return;
  cli_label (cli_text (N_ ("read by decode")), LABEL);
  printf (cli_text (measured->copied ? N_ ("%10.2f GB/s, %.2f of the plain copy")
                                     : N_ ("%10.2f GB/s, %.2f of the plain read")),
          passes * (double) measured->token_bytes * 1e-9,
          passes * (double) measured->token_bytes / limit);
  putchar ('\n');
}

static void
print_json (const request *asked, result *measured)
{
  double decode = cli_median (measured->decode.values, measured->decode.count);

  printf ("{\"prompt_tokens_per_second\": %.6g, \"prompts\": {",
          cli_median (measured->prompts[0].values, measured->prompts[0].count));
  for (int i = 0; i < asked->n_lengths; i++)
    printf ("%s\"%lld\": %.6g", i > 0 ? ", " : "", (long long) asked->lengths[i],
            cli_median (measured->prompts[i].values, measured->prompts[i].count));
  printf ("}, \"decode_tokens_per_second\": %.6g, \"sequences\": %lld, "
          "\"first_token_seconds\": %.6g, ",
          decode, (long long) asked->sequences,
          cli_median (measured->first_token.values, measured->first_token.count));
  printf ("\"bandwidth_bytes_per_second\": %.6g, \"read_limit_bytes_per_second\": %.6g}\n",
          decode / (double) asked->sequences * (double) measured->token_bytes,
          cli_median (measured->read_limit.values, measured->read_limit.count));
}

static int
measure (dd_engine *engine, const request *asked)
{
  static result measured; /* a few kilobytes of samples */
  dd_model_options options = { .devices = asked->device,
                               .context = asked->depth + asked->made + 2 };
  dd_model *model;
  dd_error error;
  bool ok = true;

  for (int i = 0; i < asked->n_lengths; i++)
    if (asked->lengths[i] + 2 > options.context)
      options.context = asked->lengths[i] + 2;
  if (!cli_open_model (engine, asked->model, options, &model))
    return EXIT_FAILURE;
  measured.token_bytes = dd_model_token_bytes (model);
  for (int64_t i = -1; ok && i < asked->runs; i++) {
    ok = run_once (engine, model, asked, &measured, &error);
    if (i < 0) /* the first run warms up */
      measured = (result) { .token_bytes = measured.token_bytes };
  }
  dd_model_close (&model);
  if (!ok)
    return cli_fail_engine (EXIT_FAILURE, &error);
  (asked->json ? print_json : print_plain) (asked, &measured);
  return EXIT_SUCCESS;
}

/* "512,16" */
static bool
parse_lengths (const char *text, request *into)
{
  into->n_lengths = 0;
  while (*text != '\0') {
    char *end;
    long long length = strtoll (text, &end, 10);

    if (end == text || length < 1 || length > 1 << 20 || into->n_lengths == LENGTHS
        || (*end != ',' && *end != '\0')) {
      cli_fail (0, N_ ("-p takes prompt lengths such as 512,64,16, not “%s”"), text);
      return false;
    }
    into->lengths[into->n_lengths++] = length;
    text = *end == ',' ? end + 1 : end;
  }
  return into->n_lengths > 0;
}

static int
run (int n_arguments, char **arguments)
{
  request asked = { .made = 128, .sequences = 1, .runs = 5 };
  const char *lengths = "512";
  const cli_option options[] = {
    CLI_DEVICE (&asked.device),
    CLI_THREADS (&asked.threads),
    { "-p", CLI_TEXT, &lengths, 0, 0, 0, "N[,N…]", N_ ("reads prompts of so many tokens: 512") },
    { "-n", CLI_INTEGER, &asked.made, 0, 1 << 20, 0, "N", N_ ("makes so many tokens: 128") },
    { "--sequences", CLI_INTEGER, &asked.sequences, 1, SEQUENCES, 0, "N",
      N_ ("answers so many at once: 1") },
    { "--depth", CLI_INTEGER, &asked.depth, 0, 1 << 20, 0, "N", N_ ("after so many tokens: 0") },
    { "-r", CLI_INTEGER, &asked.runs, 1, RUNS, 0, "N",
      N_ ("measures so many times and takes the median: 5") },
    CLI_JSON (&asked.json),
    { 0 },
  };
  int n_rest, status;
  dd_engine *engine;

  if (!cli_parse (&cli_bench, options, n_arguments, arguments, &asked.model, 1, &n_rest))
    return EXIT_USAGE;
  if (n_rest != 1)
    return cli_usage (&cli_bench);
  if (!parse_lengths (lengths, &asked))
    return EXIT_USAGE;
  if (!cli_open_engine (asked.threads, &engine))
    return EXIT_FAILURE;
  status = measure (engine, &asked);
  dd_engine_close (&engine);
  return status;
}

const cli_command cli_bench = {
  "bench",
  "MODEL [OPTION…]",
  N_ ("measure how fast a model reads and answers"),
  run,
};
