/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Scanners equal to the expressions that the models' tokenizers were made with
 * (source: the tokenizer.json files of the models and of the `tokenizers`
 * library's ByteLevel).  Alternatives are tried in the order of the expression.
 */
#include "text/words.h"

#include "base/utf8.h"
#include "text/unicode.h"

#include <string.h>

#define CLASS_END (-1) /* past the end: of no class */

/* The class of the character at `i`, and its bytes. */
static int
class_at (const char *text, size_t length, size_t i, size_t *bytes)
{
  uint32_t character;
  int step;

  if (i >= length)
    return CLASS_END;
  step = dd_utf8_next ((const uint8_t *) text + i, length - i, &character);
  *bytes = step > 0 ? (size_t) step : 1;
  return step > 0 ? (int) dd_class_of (character) : DD_CLASS_OTHER;
}

/* Where the run of characters of class `kind` that begins at `i` ends; at most
 * `most` of them. */
static size_t
run_end (const char *text, size_t length, size_t i, int kind, size_t most)
{
  size_t bytes;

  while (most-- > 0 && class_at (text, length, i, &bytes) == kind)
    i += bytes;
  return i;
}

static inline bool
is_newline (char byte)
{
  return byte == '\r' || byte == '\n';
}

/* \s+(?!\S) or, failing that, \s+: a run that a word follows leaves its last
 * space to the word, unless it has only that one. */
static size_t
spaces (const char *text, size_t length)
{
  size_t i = 0, last = 0, bytes;

  while (class_at (text, length, i, &bytes) == DD_CLASS_SPACE) {
    last = i;
    i += bytes;
  }
  return i == length || last == 0 ? i : last;
}

/* 's 't 're 've 'm 'll 'd; 0: none.  The long s (U+017F) is an s where case does
 * not matter. */
static size_t
contraction (const char *text, size_t length, bool any_case)
{
  static const char *const endings[] = { "s", "t", "re", "ve", "m", "ll", "d" };
  char lower[2] = { 0, 0 };

  if (length < 2 || text[0] != '\'')
    return 0;
  for (size_t i = 0; i < 2 && i + 1 < length; i++)
    lower[i] = any_case && text[i + 1] >= 'A' && text[i + 1] <= 'Z' ? (char) (text[i + 1] | 32)
                                                                    : text[i + 1];
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    size_t n = strlen (endings[i]);

    if (memcmp (lower, endings[i], n) == 0)
      return n + 1;
  }
  return any_case && memcmp (lower, "\xc5\xbf", 2) == 0 ? 3 : 0;
}

/* 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+ */
static size_t
gpt2_next (const char *text, size_t length)
{
  size_t n = contraction (text, length, false);
  size_t skip = text[0] == ' ', bytes;
  int kind;

  if (n > 0)
    return n;
  kind = class_at (text, length, skip, &bytes);
  if (kind == CLASS_END || kind == DD_CLASS_SPACE)
    return spaces (text, length);
  return run_end (text, length, skip, kind, SIZE_MAX);
}

/* \s*[\r\n]+: up to the last line end of a run of spaces; 0: none. */
static size_t
lines (const char *text, size_t length)
{
  size_t end = run_end (text, length, 0, DD_CLASS_SPACE, SIZE_MAX);

  while (end > 0 && !is_newline (text[end - 1]))
    end--;
  return end;
}

/* (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,most}|
 *  ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+ */
static size_t
llama3_words (const char *text, size_t length, size_t most)
{
  size_t n = contraction (text, length, true);
  size_t bytes, more, i;
  int kind = class_at (text, length, 0, &bytes);

  if (n > 0)
    return n;
  if (kind == DD_CLASS_NUMBER)
    return run_end (text, length, 0, DD_CLASS_NUMBER, most);
  if (kind == DD_CLASS_LETTER)
    return run_end (text, length, 0, DD_CLASS_LETTER, SIZE_MAX);
  if (!is_newline (text[0]) && class_at (text, length, bytes, &more) == DD_CLASS_LETTER)
    return run_end (text, length, bytes, DD_CLASS_LETTER, SIZE_MAX);
  i = text[0] == ' ';
  if (class_at (text, length, i, &bytes) == DD_CLASS_OTHER) {
    i = run_end (text, length, i, DD_CLASS_OTHER, SIZE_MAX);
    while (i < length && is_newline (text[i]))
      i++;
    return i;
  }
  n = lines (text, length);
  return n > 0 ? n : spaces (text, length);
}

static size_t
llama3_next (const char *text, size_t length)
{
  return llama3_words (text, length, 3);
}

static size_t
qwen2_next (const char *text, size_t length)
{
  return llama3_words (text, length, 1);
}

static const dd_words known[] = {
  { "gpt-2", false, false, false, gpt2_next },     { "smollm", true, false, false, gpt2_next },
  { "exaone", true, false, false, gpt2_next }, /* the same expressions */
  { "llama-bpe", false, true, true, llama3_next }, { "qwen2", false, false, false, qwen2_next },
};

const dd_words *
dd_words_find (const char *name, size_t length)
{
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (strlen (known[i].name) == length && memcmp (known[i].name, name, length) == 0)
      return &known[i];
  return NULL;
}

size_t
dd_words_piece (const dd_words *words, const char *text, size_t length)
{
  size_t i = 0, bytes;

  if (!words->numbers_apart)
    return length;
  while (i < length) {
    if (class_at (text, length, i, &bytes) == DD_CLASS_NUMBER)
      return i > 0 ? i : bytes;
    i += bytes;
  }
  return i;
}
