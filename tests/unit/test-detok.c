/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The streaming detokenizer against a plain one that sees all bytes at once, on
 * random tokens and stop strings; then the rules one by one.
 */
#include "base/alloc.h"
#include "base/utf8.h"
#include "check.h"
#include "text/detok.h"
#include "vocabs.h"

#define COUNT(array_) (sizeof (array_) / sizeof *(array_))
#define BYTES(byte_) (4 + (byte_)) /* the golden vocabulary's byte tokens */

typedef struct shown {
  char text[8192];
  size_t length;
  bool stopped;
} shown;

static void
take (shown *out, const char *text, size_t length)
{
  uint32_t character;

  memcpy (out->text + out->length, text, length);
  out->length += length;
  for (size_t i = 0; i < length;) {
    int step = dd_utf8_next ((const uint8_t *) text + i, length - i, &character);

    CHECK (step > 0 && character != 0);
    if (step <= 0)
      return;
    i += (size_t) step;
  }
}

static void
stream (const dd_vocab *vocab,
        const dd_token *tokens,
        size_t n,
        const char *const *stops,
        size_t n_stops,
        bool first,
        shown *out)
{
  dd_detok *detok;
  dd_error error;
  const char *text;
  size_t length;
  uint64_t calls;

  *out = (shown) { .length = 0 };
  REQUIRE_OK (dd_detok_new (vocab, stops, n_stops, first, &detok, &error), error);
  calls = dd_alloc_calls ();
  for (size_t i = 0; i < n; i++) {
    bool before = out->stopped;

    dd_detok_push (detok, tokens[i], &text, &length, &out->stopped);
    CHECK (!before || (out->stopped && length == 0));
    take (out, text, length);
  }
  dd_detok_flush (detok, &text, &length);
  take (out, text, length);
  dd_detok_flush (detok, &text, &length);
  CHECK (length == 0);
  CHECK (dd_alloc_calls () == calls);
  dd_detok_free (&detok);
  CHECK (detok == NULL);
}

/* All bytes first, then characters, then the stop string that ends first. */
static void
plain (const dd_vocab *vocab,
       const dd_token *tokens,
       size_t n,
       const char *const *stops,
       size_t n_stops,
       bool first,
       shown *out)
{
  char raw[4096];
  size_t n_raw = 0;
  uint32_t character = 0;

  *out = (shown) { .length = 0 };
  for (size_t i = 0; i < n; i++)
    n_raw += dd_vocab_piece (vocab, tokens[i], false, raw + n_raw, sizeof raw - n_raw);
  for (size_t i = first && n_raw > 0 && raw[0] == ' '; i < n_raw;) {
    int step = dd_utf8_next ((const uint8_t *) raw + i, n_raw - i, &character);

    if (step <= 0)
      take (out, "\xef\xbf\xbd", 3);
    else if (character != 0)
      take (out, raw + i, (size_t) step);
    i += step > 0 ? (size_t) step : step < 0 ? (size_t) -step : n_raw - i;
  }
  for (size_t end = 1; end <= out->length && !out->stopped; end++) {
    size_t longest = 0;

    for (size_t s = 0; s < n_stops; s++) {
      size_t length = strlen (stops[s]);

      if (length <= end && length > longest
          && memcmp (out->text + end - length, stops[s], length) == 0)
        longest = length;
    }
    if (longest > 0) {
      out->length = end - longest;
      out->stopped = true;
    }
  }
}

static uint32_t
draw (uint64_t *state, uint32_t limit)
{
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t) (*state >> 33) % limit;
}

static void
check_random (const dd_vocab *vocab)
{
  static const char *const stops[] = { "###",  "##!", "llo",  "\xec\x95\x88\xeb\x85\x95",
                                       "aab",  "ab",  "\n\n", "aaaa",
                                       "</s>", "he" };
  static const char letters[] = "aab#!hel \n</s>";
  uint64_t state = 11;

  for (int round = 0; round < 20000; round++) {
    dd_token tokens[40];
    const char *chosen[4];
    size_t n = 1 + draw (&state, 40), n_stops = draw (&state, 5);
    bool first = draw (&state, 2);
    shown a, b;

    for (size_t i = 0; i < n; i++) {
      uint32_t way = draw (&state, 10);

      tokens[i] = way < 5   ? (dd_token) BYTES (letters[draw (&state, sizeof letters - 1)])
                  : way < 7 ? (dd_token) BYTES (draw (&state, 256))
                            : (dd_token) draw (&state, (uint32_t) dd_vocab_size (vocab) + 3);
    }
    for (size_t i = 0; i < n_stops; i++)
      chosen[i] = stops[draw (&state, COUNT (stops))];
    stream (vocab, tokens, n, chosen, n_stops, first, &a);
    plain (vocab, tokens, n, chosen, n_stops, first, &b);
    /* What follows the stop string may differ in nothing that is shown; only the
     * streaming one may know of a stop that the flush completed. */
    CHECK_MSG (a.length == b.length && memcmp (a.text, b.text, a.length) == 0,
               "round %d: “%.*s”, not “%.*s”", round, (int) a.length, a.text, (int) b.length,
               b.text);
  }
}

static void
check_text (const dd_vocab *vocab,
            const dd_token *tokens,
            size_t n,
            const char *stop,
            const char *expected,
            bool stopped)
{
  shown out;

  stream (vocab, tokens, n, &stop, stop != NULL, true, &out);
  CHECK_MSG (out.length == strlen (expected) && memcmp (out.text, expected, out.length) == 0,
             "“%.*s”, not “%s”", (int) out.length, out.text, expected);
  CHECK (out.stopped == stopped);
}

static void
check_rules (const dd_vocab *vocab)
{
  dd_token hello = dd_vocab_find (vocab, "\xe2\x96\x81hello", 8);
  dd_token space = dd_vocab_find (vocab, "\xe2\x96\x81", 3);
  dd_token syllable[] = { BYTES (0xeb), BYTES (0xb7), BYTES (0x81) }; /* U+BDC1 */
  dd_token cut[] = { BYTES (0xeb), BYTES (0xb7), hello };
  dd_token nul[] = { BYTES ('a'), BYTES (0), BYTES ('b') };
  dd_token hashes[] = { BYTES ('#'), BYTES ('#'), BYTES ('a'), BYTES ('#'),
                        BYTES ('#'), BYTES ('#'), BYTES ('b') };
  dd_detok *detok;
  dd_error error;
  const char *text;
  size_t length;
  bool stopped;

  /* One space in front is SentencePiece's, the second is the text's. */
  check_text (vocab, (dd_token[]) { hello, hello }, 2, NULL, "hello hello", false);
  check_text (vocab, (dd_token[]) { 1, space, hello }, 3, NULL, " hello", false);
  check_text (vocab, syllable, 3, NULL, "\xeb\xb7\x81", false);
  check_text (vocab, syllable, 2, NULL, "\xef\xbf\xbd", false);
  check_text (vocab, cut, 3, NULL, "\xef\xbf\xbd hello", false);
  check_text (vocab, nul, 3, NULL, "ab", false);
  check_text (vocab, nul, 3, "ab", "", true);
  check_text (vocab, hashes, 7, "###", "##a", true);
  check_text (vocab, hashes, 5, "###", "##a##", false);
  check_text (vocab, (dd_token[]) { hello }, 1, "ell", "h", true);

  /* What cannot become a stop string any more is shown at once. */
  REQUIRE_OK (dd_detok_new (vocab, (const char *const[]) { "###" }, 1, false, &detok, &error),
              error);
  dd_detok_push (detok, BYTES ('#'), &text, &length, &stopped);
  CHECK (length == 0 && !stopped);
  dd_detok_push (detok, BYTES ('a'), &text, &length, &stopped);
  CHECK (length == 2 && memcmp (text, "#a", 2) == 0);
  dd_detok_free (&detok);
  dd_detok_free (&detok);
}

static void
check_refused (const dd_vocab *vocab)
{
  char long_stop[DD_STOP_BYTES + 2];
  const char *many[DD_STOPS + 1];
  dd_detok *detok;
  dd_error error;

  memset (long_stop, 'a', sizeof long_stop);
  long_stop[sizeof long_stop - 1] = '\0';
  for (size_t i = 0; i < COUNT (many); i++)
    many[i] = "a";
  CHECK (!dd_detok_new (vocab, many, COUNT (many), true, &detok, &error) && detok == NULL);
  CHECK (error.code == DD_ERROR_ARGUMENT);
  many[0] = "";
  CHECK (!dd_detok_new (vocab, many, 1, true, &detok, &error));
  many[0] = "\x95\x88";
  CHECK (!dd_detok_new (vocab, many, 1, true, &detok, &error));
  many[0] = long_stop;
  CHECK (!dd_detok_new (vocab, many, 1, true, &detok, &error));
  many[0] = long_stop + 1;
  REQUIRE_OK (dd_detok_new (vocab, many, 1, true, &detok, &error), error);
  dd_detok_free (&detok);
  for (int n = 0; n < 3; n++) {
    dd_alloc_fail_after (n);
    CHECK (!dd_detok_new (vocab, NULL, 0, true, &detok, &error));
    CHECK (error.code == DD_ERROR_NO_MEMORY);
  }
  dd_alloc_fail_after (-1);
}

int
main (void)
{
  vocab_file file;

  vocab_file_spm (&file, NULL);
  check_rules (file.vocab);
  check_refused (file.vocab);
  check_random (file.vocab);
  vocab_file_close (&file);
  return check_done ();
}
