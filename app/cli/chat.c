/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * `dadam chat`: one answer (-p) or a conversation in the terminal.  With -p the
 * answer alone goes to standard output.
 */
#include "chat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
  chat_catch_signals ();
  status = self->asked->prompt != NULL ? answer_once (self) : chat_converse (self);
  dd_session_close (&self->session);
  free (self->text);
  return chat_signal () != 0 ? 128 + chat_signal () : status;
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

static chat_request asked = {
  .max_tokens = -1,
  .seed = -1,
  .temperature = 0.8,
  .top_k = 40,
  .top_p = 0.95,
  .min_p = 0.05,
  .repeat_penalty = 1,
};

static const cli_option options[] = {
  { "-p", CLI_TEXT, &asked.prompt, 0, 0, 0, "TEXT",
    N_ ("gives one answer to this; - reads it from standard input") },
  { "--system", CLI_TEXT, &asked.system, 0, 0, 0, "TEXT",
    N_ ("what the model is told before the conversation") },
  { "--raw", CLI_FLAG, &asked.raw, 0, 0, 0, NULL,
    N_ ("sends the text as it is, in no prompt format") },
  { "--format", CLI_TEXT, &asked.format, 0, 0, 0, "NAME",
    N_ ("the prompt format; an unknown one lists them") },
  { "--private", CLI_FLAG, &asked.private, 0, 0, 0, NULL,
    N_ ("does not keep what is typed for the arrow keys") },
  CLI_DEVICE (&asked.device),
  CLI_THREADS (&asked.threads),
  { "--ctx", CLI_INTEGER, &asked.context, 16, 1 << 20, 'c', "N", N_ ("room for so many tokens") },
  { "--stop", CLI_TEXTS, &asked.stops, 0, 0, 0, "TEXT",
    N_ ("ends the answer before this; may be given again") },
  { "--max-tokens", CLI_INTEGER, &asked.max_tokens, 1, 1 << 20, 'n', "N",
    N_ ("ends the answer after so many tokens"), true },
  { "--temperature", CLI_NUMBER, &asked.temperature, 0, 100, 0, "T",
    N_ ("how freely tokens are drawn: 0.8; 0 takes the likeliest"), true },
  { "--top-k", CLI_INTEGER, &asked.top_k, 0, 1 << 20, 0, "N",
    N_ ("draws among the N likeliest: 40; 0 among all"), true },
  { "--top-p", CLI_NUMBER, &asked.top_p, 0, 1, 0, "P",
    N_ ("among the likeliest that together reach P: 0.95"), true },
  { "--min-p", CLI_NUMBER, &asked.min_p, 0, 1, 0, "P",
    N_ ("among those at least P times as likely as the likeliest: 0.05"), true },
  { "--repeat-penalty", CLI_NUMBER, &asked.repeat_penalty, 0.01, 100, 0, "R",
    N_ ("divides what makes a token likely that was there: 1 does nothing"), true },
  { "--frequency-penalty", CLI_NUMBER, &asked.frequency_penalty, -100, 100, 0, "R",
    N_ ("takes R from it for each time it was there"), true },
  { "--presence-penalty", CLI_NUMBER, &asked.presence_penalty, -100, 100, 0, "R",
    N_ ("takes R from it once"), true },
  { "--seed", CLI_INTEGER, &asked.seed, 0, 9007199254740991, 's', "N",
    N_ ("the same seed gives the same answer"), true },
  { 0 },
};

/* MODEL, and a question as `ollama run` takes it. */
static bool
take_arguments (int n_arguments, char **arguments)
{
  const char *given[2] = { NULL, NULL };
  int count;

  if (!cli_parse (&cli_chat, options, n_arguments, arguments, given, 2, &count))
    return false;
  if (count == 2 && asked.prompt != NULL) {
    cli_fail (0, N_ ("the question is given twice: “%s” and with -p"), given[1]);
    return false;
  }
  asked.model = given[0];
  if (count == 2)
    asked.prompt = given[1];
  if (asked.raw && asked.prompt == NULL) {
    cli_fail (0, N_ ("--raw needs a text: dadam chat MODEL --raw -p TEXT"));
    return false;
  }
  if (asked.seed < 0)
    asked.seed = (int64_t) time (NULL);
  return true;
}

static int
run (int n_arguments, char **arguments)
{
  chat self = { .asked = &asked, .options = options };
  int status;

  if (!take_arguments (n_arguments, arguments))
    return EXIT_USAGE;
  if (!cli_open_engine (asked.threads, &self.engine))
    return EXIT_FAILURE;
  status = with_engine (&self);
  dd_engine_close (&self.engine);
  return status;
}

const cli_command cli_chat = {
  "chat",
  "[MODEL [TEXT]] [OPTION…]",
  N_ ("talk with a model in the terminal, or get one answer with -p"),
  run,
};
