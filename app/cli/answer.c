/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * One answer as it streams to standard output, what stops it, and its statistics.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "chat.h"

/* ---- signals ----------------------------------------------------------- */

static volatile sig_atomic_t caught;
static dd_session *volatile running; /* what a signal stops */

static void catch (int number)
{
  dd_session *session = running;

  if (caught == 0 || caught == SIGINT)
    caught = number;
  if (session != NULL)
    dd_session_cancel (session);
}

void
chat_catch_signals (void)
{
  const struct sigaction action = { .sa_handler = catch };

  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
  sigaction (SIGHUP, &action, NULL);
}

int
chat_signal (void)
{
  return caught;
}

void
chat_forget_interrupt (void)
{
  if (caught == SIGINT)
    caught = 0;
}

/* ---- the answer -------------------------------------------------------- */

/* Of the device; the answer goes on. */
static void
tell_trouble (const dd_error *error)
{
  char *words = cli_device_words (error->text);

  cli_fail (0, N_ ("%s The answer goes on."), words != NULL ? words : error->text);
  free (words);
}

/* Bytes of the control character that the text begins with, which a terminal would obey; 0 for others. */
static size_t
control_bytes (const char *text, size_t length)
{
  const unsigned char *at = (const unsigned char *) text;

  if (length >= 2 && at[0] == 0xc2 && at[1] < 0xa0)
    return 2;
  return (at[0] < 0x20 && at[0] != '\n' && at[0] != '\t') || at[0] == 0x7f ? 1 : 0;
}

/* What a model says moves no cursor and names no window: on a terminal its control characters are
 * shown, elsewhere they stay what they are. */
static void
write_text (const char *text, size_t length)
{
  const char *end = text + length;
  size_t step;

  if (!isatty (STDOUT_FILENO)) {
    fwrite (text, 1, length, stdout);
    return;
  }
  for (; text < end; text += step) {
    step = control_bytes (text, (size_t) (end - text));
    if (step > 0) {
      fputs ("\xef\xbf\xbd", stdout);
    } else {
      putchar (*text);
      step = 1;
    }
  }
}

static void
show (dd_session *session, const dd_event *event, void *user)
{
  chat *self = user;

  (void) session;
  if (event->length > 0) {
    fwrite (event->text, 1, event->length, self->writer);
    write_text (event->text, event->length);
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

/* Until the answer is over.  A signal that came before it could be stopped stops it now. */
static bool
work (chat *self, dd_error *error)
{
  bool more = true, ok = true;

  running = self->session;
  if (caught != 0)
    dd_session_cancel (self->session);
  while (ok && more)
    ok = dd_engine_work (self->engine, &more, error);
  running = NULL;
  return ok;
}

static bool
fail_memory (dd_error *error)
{
  *error = (dd_error) { .code = DD_ERROR_NO_MEMORY, .text = "not enough memory for the answer" };
  return false;
}

/* The last answer's text gives way to the next one's. */
static bool
begin_text (chat *self, dd_error *error)
{
  free (self->text);
  self->text = NULL;
  self->writer = open_memstream (&self->text, &self->length);
  return self->writer != NULL || fail_memory (error);
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
  bool ok;

  join_stops (self, prompt, stops, sizeof stops / sizeof stops[0]);
  self->prompt_tokens = prompt->n_tokens;
  self->reason = DD_STOP_NONE;
  self->line_open = false;
  if (!begin_text (self, error))
    return false;
  ok = dd_session_sync (self->session, prompt->tokens, prompt->spans, prompt->n_spans, error)
       && dd_session_generate (self->session, &generation, error) && work (self, error);
  if (fclose (self->writer) != 0 && ok)
    ok = fail_memory (error);
  if (self->line_open)
    putchar ('\n');
  if (self->reason == DD_STOP_ERROR)
    *error = self->error;
  return ok && self->reason != DD_STOP_ERROR;
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
