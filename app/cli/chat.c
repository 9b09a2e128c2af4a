/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `dadam chat`: one answer (-p) or a conversation in the terminal.  With -p the
 * answer alone goes to standard output.
 */
#include "chat.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What Ctrl+C stops: the answer being made. */
static dd_session *volatile running;

static void
interrupted (int number)
{
  dd_session *session = running;

  (void) number;
  if (session != NULL)
    dd_session_cancel (session);
}

/* Of the device; the answer goes on. */
static void
tell_trouble (const dd_error *error)
{
  char *words = cli_device_words (error->text);

  cli_fail (0, N_ ("%s The answer goes on."), words != NULL ? words : error->text);
  free (words);
}

static void
show (dd_session *session, const dd_event *event, void *user)
{
  chat *self = user;

  (void) session;
  if (event->length > 0) {
    fwrite (event->text, 1, event->length, stdout);
    fflush (stdout);
    self->line_open = event->text[event->length - 1] != '\n';
  }
  if (event->kind == DD_EVENT_LOST || event->kind == DD_EVENT_MOVED)
    tell_trouble (event->error);
  if (event->kind == DD_EVENT_END) {
    self->stats = event->stats;
    self->reason = event->reason;
    if (event->reason == DD_STOP_ERROR)
      self->error = *event->error;
  }
}

static dd_sampling
sampling_of (const chat_request *asked)
{
  dd_sampling sampling = dd_sampling_default ();

  sampling.temperature = (float) asked->temperature;
  sampling.top_k = (int) asked->top_k;
  sampling.top_p = (float) asked->top_p;
  sampling.min_p = (float) asked->min_p;
  sampling.repeat_penalty = (float) asked->repeat_penalty;
  sampling.frequency_penalty = (float) asked->frequency_penalty;
  sampling.presence_penalty = (float) asked->presence_penalty;
  sampling.seed = (uint64_t) asked->seed;
  return sampling;
}

/* The format's stop strings and those of the command line. */
static void
join_stops (const chat *self, const dd_prompt *prompt, const char **out, size_t room)
{
  size_t count = 0;

  for (int i = 0; i < self->asked->stops.count && count + 1 < room; i++)
    out[count++] = self->asked->stops.items[i];
  for (size_t i = 0; prompt->stops != NULL && prompt->stops[i] != NULL && count + 1 < room; i++)
    out[count++] = prompt->stops[i];
  out[count] = NULL;
}

/* Works until the answer is over; Ctrl+C ends the answer, not the program. */
static bool
work (chat *self, dd_error *error)
{
  struct sigaction stop = { .sa_handler = interrupted }, before;
  bool more = true, ok = true;

  running = self->session;
  sigaction (SIGINT, &stop, &before);
  while (ok && more)
    ok = dd_engine_work (self->engine, &more, error);
  sigaction (SIGINT, &before, NULL);
  running = NULL;
  return ok;
}

bool
chat_answer (chat *self, const dd_prompt *prompt, dd_error *error)
{
  const char *stops[2 * LIST_LIMIT];
  dd_generation generation = {
    .sampling = sampling_of (self->asked),
    .max_tokens = self->asked->max_tokens,
    .stops = stops,
    .event = show,
    .user = self,
  };

  join_stops (self, prompt, stops, sizeof stops / sizeof stops[0]);
  self->prompt_tokens = prompt->n_tokens;
  self->reason = DD_STOP_NONE;
  self->line_open = false;
  if (!dd_session_sync (self->session, prompt->tokens, prompt->spans, prompt->n_spans, error)
      || !dd_session_generate (self->session, &generation, error) || !work (self, error))
    return false;
  if (self->reason == DD_STOP_ERROR)
    *error = self->error;
  return self->reason != DD_STOP_ERROR;
}

void
chat_print_stats (const chat *self)
{
  static const char *const reasons[] = {
    N_ ("still running"),
    N_ ("end"),
    N_ ("stop string"),
    N_ ("token limit (--max-tokens)"),
    N_ ("context full (--ctx)"),
    N_ ("stopped"),
    N_ ("error"),
  };
  const dd_stats *stats = &self->stats;

  fflush (stdout);
  fputc ('[', stderr);
  fprintf (stderr, cli_text (N_ ("prompt tokens: %lld")),
           (long long) (stats->prompt_tokens + stats->reused_tokens));
  if (stats->prompt_seconds > 0)
    fprintf (stderr, ", %.1f/s", (double) stats->prompt_tokens / stats->prompt_seconds);
  fputs (" · ", stderr);
  fprintf (stderr, cli_text (N_ ("first token: %.2f s · tokens made: %lld")),
           stats->first_token_seconds, (long long) stats->made_tokens);
  if (stats->decode_seconds > 0)
    fprintf (stderr, ", %.1f/s", (double) (stats->made_tokens - 1) / stats->decode_seconds);
  fprintf (stderr, " · %s]\n", cli_text (reasons[self->reason]));
}

/* The prompt as it is typed, with BOS if the model wants it. */
static bool
raw_prompt (const chat *self, const char *text, dd_prompt *out, dd_error *error)
{
  static dd_span all;

  *out = (dd_prompt) { 0 };
  if (!dd_model_tokenize (self->model, text, strlen (text), false, true, &out->tokens,
                          &out->n_tokens, error))
    return false;
  all = (dd_span) { out->n_tokens, DD_GIVEN };
  out->spans = &all;
  out->n_spans = 1;
  return true;
}

static bool
answer_raw (chat *self, const char *text, dd_error *error)
{
  dd_prompt prompt;
  bool ok;

  if (!raw_prompt (self, text, &prompt, error))
    return false;
  ok = chat_answer (self, &prompt, error);
  dd_engine_free (prompt.tokens);
  return ok;
}

static bool
answer_formatted (chat *self, const char *text, dd_error *error)
{
  const chat_request *asked = self->asked;
  dd_message messages[2];
  size_t count = 0;
  dd_prompt prompt;
  bool ok;

  if (asked->system != NULL)
    messages[count++] = (dd_message) { .role = DD_ROLE_SYSTEM,
                                       .text = asked->system,
                                       .length = strlen (asked->system) };
  messages[count++] = (dd_message) { .role = DD_ROLE_USER, .text = text, .length = strlen (text) };
  if (!dd_model_prompt (self->model, self->format, messages, count, &prompt, error))
    return false;
  ok = chat_answer (self, &prompt, error);
  dd_prompt_clear (&prompt);
  return ok;
}

static int
answer_once (chat *self)
{
  bool from_input = strcmp (self->asked->prompt, "-") == 0;
  size_t length;
  char *input = from_input ? cli_read_all ("-", &length) : NULL;
  const char *text = from_input ? input : self->asked->prompt;
  dd_error error;
  bool ok;

  if (text == NULL)
    return EXIT_FAILURE;
  ok = self->asked->raw ? answer_raw (self, text, &error) : answer_formatted (self, text, &error);
  free (input);
  if (self->line_open)
    putchar ('\n');
  if (!ok)
    return cli_fail_engine (EXIT_FAILURE, &error);
  chat_print_stats (self);
  return EXIT_SUCCESS;
}

static int
unknown_format (const char *given)
{
  const char *title;

  if (given != NULL)
    cli_fail (0, N_ ("there is no prompt format “%s”; give one of these with --format:"), given);
  else
    cli_fail (0, N_ ("this model does not say its prompt format; give one of these with --format, "
                     "or --raw:"));
  for (size_t i = 0; dd_format_name (i, &title) != NULL; i++)
    fprintf (stderr, "  %-14s %s\n", dd_format_name (i, &title), title);
  return EXIT_FAILURE;
}

static bool
choose_format (chat *self)
{
  dd_model_info info;
  const char *title;

  dd_model_info_get (self->model, &info);
  self->format = info.format;
  if (self->asked->format == NULL)
    return info.format != NULL || self->asked->raw;
  for (size_t i = 0; (self->format = dd_format_name (i, &title)) != NULL; i++)
    if (strcmp (self->format, self->asked->format) == 0)
      return true;
  return false;
}

static int
with_model (chat *self)
{
  dd_error error;
  int status;

  if (!choose_format (self))
    return unknown_format (self->asked->format);
  if (!cli_open_session (self->model, &self->session, &error))
    return cli_fail_engine (EXIT_FAILURE, &error);
  status = self->asked->prompt != NULL ? answer_once (self) : chat_converse (self);
  dd_session_close (&self->session);
  return status;
}

static int
with_engine (chat *self)
{
  dd_model_options options = { .devices = self->asked->device, .context = self->asked->context };
  int status;

  if (!cli_open_model (self->engine, self->asked->model, options, &self->model))
    return EXIT_FAILURE;
  status = with_model (self);
  dd_model_close (&self->model);
  return status;
}

static int
run (int n_arguments, char **arguments)
{
  chat_request asked = {
    .max_tokens = -1,
    .seed = -1,
    .temperature = 0.8,
    .top_k = 40,
    .top_p = 0.95,
    .min_p = 0.05,
    .repeat_penalty = 1,
  };
  const cli_option options[] = {
    { "-p", CLI_TEXT, &asked.prompt, 0, 0, 0, "TEXT",
      N_ ("gives one answer to this; - reads it from standard input") },
    { "--system", CLI_TEXT, &asked.system, 0, 0, 0, "TEXT",
      N_ ("what the model is told before the conversation") },
    { "--raw", CLI_FLAG, &asked.raw, 0, 0, 0, NULL,
      N_ ("sends the text as it is, in no prompt format") },
    { "--format", CLI_TEXT, &asked.format, 0, 0, 0, "NAME",
      N_ ("the prompt format; an unknown one lists them") },
    CLI_DEVICE (&asked.device),
    CLI_THREADS (&asked.threads),
    { "--ctx", CLI_INTEGER, &asked.context, 16, 1 << 20, 'c', "N", N_ ("room for so many tokens") },
    { "--max-tokens", CLI_INTEGER, &asked.max_tokens, 1, 1 << 20, 'n', "N",
      N_ ("ends the answer after so many tokens") },
    { "--stop", CLI_TEXTS, &asked.stops, 0, 0, 0, "TEXT",
      N_ ("ends the answer before this; may be given again") },
    { "--temperature", CLI_NUMBER, &asked.temperature, 0, 100, 0, "T",
      N_ ("how freely tokens are drawn: 0.8; 0 takes the likeliest") },
    { "--top-k", CLI_INTEGER, &asked.top_k, 0, 1 << 20, 0, "N",
      N_ ("draws among the N likeliest: 40; 0 among all") },
    { "--top-p", CLI_NUMBER, &asked.top_p, 0, 1, 0, "P",
      N_ ("among the likeliest that together reach P: 0.95") },
    { "--min-p", CLI_NUMBER, &asked.min_p, 0, 1, 0, "P",
      N_ ("among those at least P times as likely as the likeliest: 0.05") },
    { "--repeat-penalty", CLI_NUMBER, &asked.repeat_penalty, 0.01, 100, 0, "R",
      N_ ("divides what makes a token likely that was there: 1 does nothing") },
    { "--frequency-penalty", CLI_NUMBER, &asked.frequency_penalty, -100, 100, 0, "R",
      N_ ("takes R from it for each time it was there") },
    { "--presence-penalty", CLI_NUMBER, &asked.presence_penalty, -100, 100, 0, "R",
      N_ ("takes R from it once") },
    { "--seed", CLI_INTEGER, &asked.seed, 0, 9007199254740991, 's', "N",
      N_ ("the same seed gives the same answer") },
    { 0 },
  };
  chat self = { .asked = &asked };
  int n_rest, status;

  if (!cli_parse (&cli_chat, options, n_arguments, arguments, &asked.model, 1, &n_rest))
    return EXIT_USAGE;
  if (asked.seed < 0)
    asked.seed = (int64_t) time (NULL);
  if (!cli_open_engine (asked.threads, &self.engine))
    return EXIT_FAILURE;
  status = with_engine (&self);
  dd_engine_close (&self.engine);
  return status;
}

const cli_command cli_chat = {
  "chat",
  "[MODEL] [OPTION…]",
  N_ ("talk with a model in the terminal, or get one answer with -p"),
  run,
};
