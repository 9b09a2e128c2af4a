/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From tokens to text as they come.  Bytes wait until they are whole characters,
 * characters wait while they could be the beginning of a stop string.  What
 * comes out does not depend on how the text was cut into tokens.
 */
#include "text/detok.h"

#include "base/utf8.h"
#include "text/vocab_private.h"

#include <string.h>

typedef struct stop_string {
  size_t length;
  char text[DD_STOP_BYTES];
} stop_string;

struct dd_detok {
  const dd_vocab *vocab; /* borrowed */
  stop_string stops[DD_STOPS];
  size_t n_stops;
  /* Bytes: the rest of the last piece, at most 3, then the new piece. */
  uint8_t *raw;
  size_t n_raw;
  size_t raw_room;
  /* Text: `shown` bytes the caller has had, then what is held back. */
  char *text;
  size_t n_text;
  size_t shown;
  size_t searched; /* no stop string ends in these first bytes */
  bool drop_space; /* the next character is dropped if it is a space */
  bool stopped;
};

/* A stop string that begins or ends inside a character would cut one. */
static bool
is_utf8 (const char *text, size_t length)
{
  uint32_t character;

  for (size_t i = 0; i < length;) {
    int step = dd_utf8_next ((const uint8_t *) text + i, length - i, &character);

    if (step <= 0)
      return false;
    i += (size_t) step;
  }
  return true;
}

static bool
copy_stops (dd_detok *self, const char *const *stops, size_t n_stops, dd_error *error)
{
  if (n_stops > DD_STOPS)
    return dd_fail (error, DD_ERROR_ARGUMENT, "There are more than %d stop strings", DD_STOPS);
  for (size_t i = 0; i < n_stops; i++) {
    size_t length = strlen (stops[i]);

    if (length == 0 || length > DD_STOP_BYTES)
      return dd_fail (error, DD_ERROR_ARGUMENT, "A stop string has 1 to %d bytes", DD_STOP_BYTES);
    if (!is_utf8 (stops[i], length))
      return dd_fail (error, DD_ERROR_ARGUMENT, "A stop string is not valid UTF-8");
    self->stops[i].length = length;
    memcpy (self->stops[i].text, stops[i], length);
  }
  self->n_stops = n_stops;
  return true;
}

/* Room for the most that one push can bring, so that none allocates. */
static bool
reserve (dd_detok *self, dd_error *error)
{
  self->raw_room = self->vocab->longest + 4;
  self->raw = dd_alloc (DD_TAG_TEXT, self->raw_room);
  /* Each byte may become a U+FFFD; the rest is what stop strings hold back. */
  self->text = dd_alloc_array (DD_TAG_TEXT, self->raw_room + DD_STOP_BYTES, 3);
  return (self->raw != NULL && self->text != NULL) || dd_fail_memory (error, "the answer's text");
}

bool
dd_detok_new (const dd_vocab *vocab,
              const char *const *stops,
              size_t n_stops,
              bool first,
              dd_detok **out,
              dd_error *error)
{
  dd_detok *self = dd_alloc (DD_TAG_TEXT, sizeof *self);

  *out = NULL;
  if (self == NULL)
    return dd_fail_memory (error, "the answer's text");
  self->vocab = vocab;
  self->drop_space = first && vocab->words == NULL && vocab->adds_space;
  if (!copy_stops (self, stops, n_stops, error) || !reserve (self, error)) {
    dd_detok_free (&self);
    return false;
  }
  *out = self;
  return true;
}

void
dd_detok_free (dd_detok **detok)
{
  if (*detok == NULL)
    return;
  dd_free ((*detok)->raw);
  dd_free ((*detok)->text);
  dd_free (*detok);
  *detok = NULL;
}

/* Forgets what the caller has had. */
static void
forget_shown (dd_detok *self)
{
  self->n_text -= self->shown;
  memmove (self->text, self->text + self->shown, self->n_text);
  self->searched = self->searched > self->shown ? self->searched - self->shown : 0;
  self->shown = 0;
}

static void
add_text (dd_detok *self, const void *text, size_t length)
{
  memcpy (self->text + self->n_text, text, length);
  self->n_text += length;
}

/* Moves whole characters from the bytes to the text; NUL is left out. */
static void
take_characters (dd_detok *self, bool last)
{
  size_t i = 0;
  uint32_t character = 0;

  while (i < self->n_raw) {
    int step = dd_utf8_next (self->raw + i, self->n_raw - i, &character);

    if (step == 0 && !last)
      break;
    if (step <= 0)
      add_text (self, "\xef\xbf\xbd", 3);
    else if (character != 0 && !(self->drop_space && character == ' '))
      add_text (self, self->raw + i, (size_t) step);
    self->drop_space = false;
    i += step > 0 ? (size_t) step : step < 0 ? (size_t) -step : self->n_raw - i;
  }
  self->n_raw -= i;
  memmove (self->raw, self->raw + i, self->n_raw);
}

/* Cuts the text where the stop string begins that is complete first, of those
 * the longest. */
static bool
find_stop (dd_detok *self)
{
  for (size_t end = self->searched + 1; end <= self->n_text; end++) {
    size_t longest = 0;

    for (size_t s = 0; s < self->n_stops; s++) {
      const stop_string *stop = &self->stops[s];

      if (stop->length <= end && stop->length > longest
          && memcmp (self->text + end - stop->length, stop->text, stop->length) == 0)
        longest = stop->length;
    }
    if (longest > 0) {
      self->n_text = end - longest;
      return true;
    }
  }
  self->searched = self->n_text;
  return false;
}

/* How many last bytes are the beginning of a stop string. */
static size_t
held_bytes (const dd_detok *self)
{
  size_t held = 0;

  for (size_t s = 0; s < self->n_stops; s++) {
    const stop_string *stop = &self->stops[s];
    size_t n = stop->length - 1 < self->n_text ? stop->length - 1 : self->n_text;

    for (; n > held; n--)
      if (memcmp (self->text + self->n_text - n, stop->text, n) == 0)
        held = n;
  }
  return held;
}

static void
show (dd_detok *self, size_t count, const char **text, size_t *length)
{
  self->shown = count;
  *text = self->text;
  *length = count;
}

void
dd_detok_push (dd_detok *detok, dd_token token, const char **text, size_t *length, bool *stopped)
{
  size_t room = detok->raw_room - detok->n_raw;
  size_t n;

  forget_shown (detok);
  *stopped = detok->stopped;
  show (detok, 0, text, length);
  if (detok->stopped)
    return;
  n = dd_vocab_piece (detok->vocab, token, false, (char *) detok->raw + detok->n_raw, room);
  detok->n_raw += n < room ? n : room;
  take_characters (detok, false);
  *stopped = detok->stopped = find_stop (detok);
  show (detok, detok->n_text - (detok->stopped ? 0 : held_bytes (detok)), text, length);
}

void
dd_detok_flush (dd_detok *detok, const char **text, size_t *length)
{
  forget_shown (detok);
  if (!detok->stopped) {
    take_characters (detok, true);
    find_stop (detok);
  }
  detok->stopped = true;
  show (detok, detok->n_text, text, length);
}
