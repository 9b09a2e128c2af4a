/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `dadam perplexity`: how well a model foresees a text.  The text is cut into
 * windows of `ctx` tokens; of each, the second half is scored.  The first token
 * of a window is BOS where the model wants it, as llama.cpp does it.
 *
 * --logits OUT: the eight bytes "DDLOGITS", the numbers of rows and columns as
 * little-endian 64-bit integers, then the rows of float32 logits, one for each
 * scored token in order.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "dadam/engine.h"

typedef struct request {
  const char *model, *text;
  const char *device;
  const char *logits;
  int64_t context;
  int64_t threads;
} request;

/* The sum over the tokens scored so far. */
typedef struct score {
  const dd_token *window;
  size_t length;
  double sum, sum_of_squares; /* of negative log-likelihoods */
  uint64_t count;
  FILE *logits;               /* NULL: not wanted */
  bool write_failed;
} score;

static double
log_sum_exp (const float *logits, int64_t n)
{
  double largest = logits[0], sum = 0;

  for (int64_t i = 1; i < n; i++)
    largest = logits[i] > largest ? logits[i] : largest;
  for (int64_t i = 0; i < n; i++)
    sum += exp (logits[i] - largest);
  return largest + log (sum);
}

static bool
take_row (size_t row, const float *logits, int64_t n_vocab, void *user)
{
  score *self = user;
  double surprise;

  if (row + 1 >= self->length)
    return false;
  surprise = log_sum_exp (logits, n_vocab) - logits[self->window[row + 1]];
  self->sum += surprise;
  self->sum_of_squares += surprise * surprise;
  self->count++;
  if (self->logits != NULL
      && fwrite (logits, sizeof *logits, (size_t) n_vocab, self->logits) != (size_t) n_vocab) {
    self->write_failed = true;
    return false;
  }
  return true;
}

static bool
score_window (dd_session *session, dd_token *window, size_t length, score *into, dd_error *error)
{
  dd_span all = { length, DD_GIVEN };

  into->window = window;
  into->length = length;
  return dd_session_sync (session, window, &all, 1, error)
         && dd_session_score (session, length / 2, take_row, into, error);
}

static void
write_header (score *into, uint64_t rows, uint64_t columns)
{
  uint64_t shape[2] = { rows, columns };

  if (into->logits != NULL)
    into->write_failed = fwrite ("DDLOGITS", 1, 8, into->logits) != 8
                         || fwrite (shape, sizeof shape, 1, into->logits) != 1;
}

static bool
score_all (dd_model *model,
           dd_session *session,
           const request *asked,
           dd_token *tokens,
           size_t n_tokens,
           score *into,
           dd_error *error)
{
  size_t length = (size_t) asked->context;
  size_t windows = n_tokens / length;
  dd_model_info info;

  dd_model_info_get (model, &info);
  write_header (into, windows * (length - length / 2 - 1), (uint64_t) info.vocab);
  for (size_t i = 0; i < windows && !into->write_failed; i++) {
    dd_token *window = tokens + i * length;

    if (dd_model_begin_token (model) >= 0)
      window[0] = dd_model_begin_token (model);
    if (!score_window (session, window, length, into, error))
      return false;
    fprintf (stderr, "\r%zu/%zu  %.4f ", i + 1, windows, exp (into->sum / (double) into->count));
  }
  fputc ('\n', stderr);
  return true;
}

static int
report (const score *result)
{
  double n = (double) result->count;
  double mean = result->sum / n;
  double variance = result->sum_of_squares / n - mean * mean;
  double perplexity = exp (mean);

  if (result->write_failed)
    return cli_fail (EXIT_FAILURE, N_ ("cannot write the logits: %s"), strerror (errno));
  printf (cli_text (N_ ("perplexity %.6f ± %.6f over %llu tokens")), perplexity,
          n > 1 ? perplexity * sqrt (variance / (n - 1)) : 0, (unsigned long long) result->count);
  putchar ('\n');
  return EXIT_SUCCESS;
}

static int
score_tokens (dd_model *model, const request *asked, dd_token *tokens, size_t n_tokens)
{
  score result = { 0 };
  dd_session *session;
  dd_error error;
  bool ok;

  if (n_tokens < (size_t) asked->context)
    return cli_fail (EXIT_FAILURE,
                     N_ ("the text has %zu tokens and one window needs %lld; take a longer "
                         "text or a smaller --ctx"),
                     n_tokens, (long long) asked->context);
  if (asked->logits != NULL && (result.logits = fopen (asked->logits, "wbe")) == NULL)
    return cli_fail (EXIT_FAILURE, N_ ("cannot write “%s”: %s"), asked->logits, strerror (errno));
  ok = cli_open_session (model, &session, &error);
  if (ok) {
    ok = score_all (model, session, asked, tokens, n_tokens, &result, &error);
    dd_session_close (&session);
  }
  if (result.logits != NULL && fclose (result.logits) != 0)
    result.write_failed = true;
  return ok ? report (&result) : cli_fail_engine (EXIT_FAILURE, &error);
}

static int
with_model (dd_engine *engine, const request *asked)
{
  dd_model_options options = { .devices = asked->device, .context = asked->context };
  size_t length, n_tokens;
  char *text = cli_read_all (asked->text, &length);
  dd_model *model;
  dd_token *tokens;
  dd_error error;
  int status;

  if (text == NULL)
    return EXIT_FAILURE;
  if (!cli_open_model (engine, asked->model, options, &model)) {
    free (text);
    return EXIT_FAILURE;
  }
  if (dd_model_tokenize (model, text, length, false, true, &tokens, &n_tokens, &error)) {
    status = score_tokens (model, asked, tokens, n_tokens);
    dd_engine_free (tokens);
  } else {
    status = cli_fail_engine (EXIT_FAILURE, &error);
  }
  dd_model_close (&model);
  free (text);
  return status;
}

static int
run (int n_arguments, char **arguments)
{
  request asked = { .context = 512 };
  const cli_option options[] = {
    { "--ctx", CLI_INTEGER, &asked.context, 4, 1 << 20, 'c', "N", N_ ("tokens of a window: 512") },
    CLI_DEVICE (&asked.device),
    CLI_THREADS (&asked.threads),
    { "--logits", CLI_TEXT, &asked.logits, 0, 0, 0, "OUT",
      N_ ("writes the logits, rows of 32-bit floats, to this file") },
    { 0 },
  };
  const char *rest[2];
  int n_rest, status;
  dd_engine *engine;

  if (!cli_parse (&cli_perplexity, options, n_arguments, arguments, rest, 2, &n_rest))
    return EXIT_USAGE;
  if (n_rest != 2)
    return cli_usage (&cli_perplexity);
  asked.model = rest[0];
  asked.text = rest[1];
  if (!cli_open_engine (asked.threads, &engine))
    return EXIT_FAILURE;
  status = with_model (engine, &asked);
  dd_engine_close (&engine);
  return status;
}

const cli_command cli_perplexity = {
  "perplexity",
  "MODEL FILE [OPTION…]",
  N_ ("measure how well a model foresees a text"),
  run,
};
