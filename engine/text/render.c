/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writing a conversation as tokens.  Text between two control tokens is encoded
 * in one go, a format's words and what people typed together, because that is
 * how the models' own tools do it; only in the format's words control tokens are
 * looked for.
 */
#include "base/alloc.h"
#include "text/format_private.h"
#include "text/vocab_private.h"

#include <string.h>

typedef struct renderer {
  const dd_vocab *vocab;
  const dd_format_text *format;
  dd_tokens *out;
  /* Text that waits to be encoded with what follows it. */
  char *run;
  size_t n_run, run_room;
  bool goes_on; /* the run follows made tokens: it is no beginning */
  dd_span *spans;
  size_t n_spans, span_room;
} renderer;

/* Notes that the tokens from `first` on are of this kind. */
static bool
mark (renderer *self, size_t first, dd_kind kind, dd_error *error)
{
  size_t count = self->out->count - first;

  if (count == 0)
    return true;
  if (self->n_spans > 0 && self->spans[self->n_spans - 1].kind == kind) {
    self->spans[self->n_spans - 1].count += count;
    return true;
  }
  if (self->n_spans == self->span_room) {
    size_t room = self->span_room > 0 ? 2 * self->span_room : 8;
    void *spans = self->spans;

    if (!dd_grow (DD_TAG_TEXT, &spans, self->span_room * sizeof (dd_span), room * sizeof (dd_span)))
      return dd_fail_memory (error, "the prompt");
    self->spans = spans;
    self->span_room = room;
  }
  self->spans[self->n_spans++] = (dd_span) { count, kind };
  return true;
}

static bool
add_token (renderer *self, dd_token token, dd_error *error)
{
  size_t first = self->out->count;

  return dd_tokens_append (self->out, &token, 1, error) && mark (self, first, DD_GIVEN, error);
}

static bool
flush_run (renderer *self, dd_error *error)
{
  size_t first = self->out->count;
  unsigned flags = self->goes_on ? DD_ENCODE_CONTINUE : DD_ENCODE_TEXT;

  if (!dd_vocab_encode (self->vocab, self->run, self->n_run, flags, self->out, error))
    return false;
  self->n_run = 0;
  self->goes_on = false;
  return mark (self, first, DD_GIVEN, error);
}

static bool
add_text (renderer *self, const char *text, size_t length, dd_error *error)
{
  if (length > self->run_room - self->n_run) {
    size_t room = 2 * (self->n_run + length) + 256;
    void *run = self->run;

    if (!dd_grow (DD_TAG_TEXT, &run, self->run_room, room))
      return dd_fail_memory (error, "the prompt");
    self->run = run;
    self->run_room = room;
  }
  if (length > 0)
    memcpy (self->run + self->n_run, text, length);
  self->n_run += length;
  return true;
}

static bool
is_mark (char c)
{
  return c == *DD_FORMAT_BOS || c == *DD_FORMAT_EOS;
}

/* The token that the piece begins with, and its bytes there; -1: none. */
static dd_token
special_at (const renderer *self, const char *piece, size_t *bytes)
{
  dd_token bos = dd_vocab_adds_bos (self->vocab) ? self->vocab->bos : -1;
  dd_token token;

  *bytes = 1;
  if (is_mark (*piece))
    return *piece == *DD_FORMAT_BOS ? bos : self->vocab->eos;
  token = dd_specials_match (self->vocab, piece, strlen (piece), true);
  if (token >= 0)
    *bytes = self->vocab->texts[token].length;
  return token;
}

/* A format's own words. */
static bool
add_piece (renderer *self, const char *piece, dd_error *error)
{
  for (size_t bytes; piece != NULL && *piece != '\0'; piece += bytes) {
    dd_token token = special_at (self, piece, &bytes);

    if (token >= 0) {
      if (!flush_run (self, error) || !add_token (self, token, error))
        return false;
    } else if (!is_mark (*piece) && !add_text (self, piece, 1, error)) {
      return false;
    }
  }
  return true;
}

static bool
is_blank (char c)
{
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/* What somebody wrote. */
static bool
add_message (renderer *self, const dd_message *message, dd_error *error)
{
  const char *text = message->text;
  size_t length = message->length;

  if (self->format->trims) {
    for (; length > 0 && is_blank (text[length - 1]); length--)
      ;
    for (; length > 0 && is_blank (*text); length--)
      text++;
  }
  return add_text (self, text, length, error);
}

/* With what ends it, or as the beginning of one that is to go on. */
static bool
add_answer (renderer *self, const dd_message *message, bool is_whole, dd_error *error)
{
  size_t first;

  if (message->made == NULL)
    return add_piece (self, self->format->answer_before, error)
           && (is_whole ? add_message (self, message, error)
                              && add_piece (self, self->format->answer_after, error)
                        : add_text (self, message->text, message->length, error));
  for (size_t i = 0; i < message->n_made; i++)
    if (message->made[i] < 0 || (size_t) message->made[i] >= self->vocab->n)
      return dd_fail (error, DD_ERROR_ARGUMENT, "An answer has the token %d, which there is not",
                      (int) message->made[i]);
  if (!flush_run (self, error))
    return false;
  first = self->out->count;
  if (!dd_tokens_append (self->out, message->made, message->n_made, error)
      || !mark (self, first, DD_MADE, error))
    return false;
  self->goes_on = true;
  return !is_whole || add_piece (self, self->format->made_after, error);
}

/* A user's text, with the system text before it where the format has no place for
 * that of its own. */
static bool
add_user (renderer *self, const dd_message *message, const dd_message *system, dd_error *error)
{
  return add_piece (self, self->format->user_before, error)
         && (system == NULL
             || (add_message (self, system, error) && add_text (self, "\n\n", 2, error)))
         && add_message (self, message, error) && add_piece (self, self->format->user_after, error);
}

/* A system text may stand first; then user and assistant take turns. */
static bool
check_roles (const dd_message *messages, size_t n, dd_error *error)
{
  size_t first = n > 0 && messages[0].role == DD_ROLE_SYSTEM;

  for (size_t i = first; i < n; i++)
    if (messages[i].role != ((i - first) % 2 == 0 ? DD_ROLE_USER : DD_ROLE_ASSISTANT))
      return dd_fail (
          error, DD_ERROR_ARGUMENT,
          "Message %zu is out of turn: after a system text, user and assistant alternate", i + 1);
  if (n == first)
    return dd_fail (error, DD_ERROR_ARGUMENT, "A prompt has a message of the user's");
  return true;
}

static bool
add_system (renderer *self, const dd_message *system, dd_error *error)
{
  if (system == NULL)
    return add_piece (self, self->format->start, error);
  return add_piece (self, self->format->system_before, error) && add_message (self, system, error)
         && add_piece (self, self->format->system_after, error);
}

static bool
render (renderer *self, const dd_message *messages, size_t n, dd_error *error)
{
  const dd_format_text *format = self->format;
  const dd_message *system = messages[0].role == DD_ROLE_SYSTEM ? messages : NULL;
  size_t first = system != NULL;
  size_t host = n; /* the user's message that takes the system text */

  if (system != NULL && format->system_before == NULL)
    host = format->system_in_last ? n - 1 - (messages[n - 1].role != DD_ROLE_USER) : first;
  if (dd_vocab_adds_bos (self->vocab) && !add_token (self, self->vocab->bos, error))
    return false;
  if (!add_system (self, host == n ? system : NULL, error))
    return false;
  for (size_t i = first; i < n; i++) {
    const dd_message *message = &messages[i];
    bool ok = message->role == DD_ROLE_ASSISTANT
                  ? add_answer (self, message, i + 1 < n, error)
                  : (i == first || add_piece (self, format->again, error))
                        && add_user (self, message, i == host ? system : NULL, error);

    if (!ok)
      return false;
  }
  return flush_run (self, error);
}

bool
dd_format_render (const dd_format *format,
                  const dd_vocab *vocab,
                  const dd_message *messages,
                  size_t n_messages,
                  dd_tokens *out,
                  dd_span **spans,
                  size_t *n_spans,
                  dd_error *error)
{
  renderer self = { .vocab = vocab, .format = format->text, .out = out };
  const char *needs = format->text->needs;
  bool ok;

  *spans = NULL;
  *n_spans = 0;
  *out = (dd_tokens) { 0 };
  if (!check_roles (messages, n_messages, error))
    return false;
  if (needs != NULL && dd_vocab_find (vocab, needs, strlen (needs)) < 0)
    return dd_fail (error, DD_ERROR_UNSUPPORTED,
                    "The prompt format %s needs the token %s, which this model does not have",
                    format->name, needs);
  ok = render (&self, messages, n_messages, error);
  dd_free (self.run);
  if (!ok) {
    dd_tokens_clear (out);
    dd_free (self.spans);
    return false;
  }
  *spans = self.spans;
  *n_spans = self.n_spans;
  return true;
}
