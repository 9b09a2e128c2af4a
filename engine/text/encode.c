/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * From text to tokens: tokens written in the text are cut out, and what lies
 * between them is made valid UTF-8 and handed to the tokenizer.
 */
#include "base/utf8.h"
#include "text/vocab_private.h"

#include <string.h>

/* Symbols and their bytes are counted in 32 bits, and a space may become three bytes. */
#define LONGEST_TEXT (INT32_MAX / 4)

bool
dd_tokens_append (dd_tokens *tokens, const dd_token *items, size_t count, dd_error *error)
{
  if (count > tokens->room - tokens->count) {
    size_t room = tokens->room > 0 ? tokens->room : 64;
    void *grown = tokens->items;

    while (room < tokens->count + count)
      room *= 2;
    if (!dd_grow (DD_TAG_TEXT, &grown, tokens->room * sizeof *items, room * sizeof *items))
      return dd_fail_memory (error, "the tokens");
    tokens->items = grown;
    tokens->room = room;
  }
  if (count > 0)
    memcpy (tokens->items + tokens->count, items, count * sizeof *items);
  tokens->count += count;
  return true;
}

void
dd_tokens_clear (dd_tokens *tokens)
{
  dd_free (tokens->items);
  *tokens = (dd_tokens) { 0 };
}

/* Copies a fragment: spaces as SentencePiece writes them, broken parts as U+FFFD. */
static void
write_text (dd_encoder *encoder, const char *text, size_t length, bool begin)
{
  bool spm = encoder->vocab->words == NULL;
  const char *space = spm ? DD_SPACE : " ";
  size_t space_bytes = strlen (space);
  char *out = encoder->text;
  uint32_t character;

  if (begin && encoder->vocab->adds_space)
    out = (char *) memcpy (out, space, space_bytes) + space_bytes;
  while (length > 0) {
    int step = dd_utf8_next ((const uint8_t *) text, length, &character);
    size_t bytes = step > 0 ? (size_t) step : step < 0 ? (size_t) -step : length;
    const char *from = step <= 0 ? "\xef\xbf\xbd" : *text == ' ' ? space : text;
    size_t n = step <= 0 ? 3 : *text == ' ' ? space_bytes : bytes;

    out = (char *) memcpy (out, from, n) + n;
    text += bytes;
    length -= bytes;
  }
  encoder->length = (size_t) (out - encoder->text);
}

static bool
encode_fragment (dd_encoder *encoder, const char *text, size_t length, bool begin, dd_error *error)
{
  if (length == 0)
    return true;
  write_text (encoder, text, length, begin);
  return encoder->vocab->words == NULL ? dd_spm_encode (encoder, error)
                                       : dd_bpe_encode (encoder, error);
}

static bool
encode (dd_encoder *encoder, const char *text, size_t length, unsigned flags, dd_error *error)
{
  const dd_vocab *vocab = encoder->vocab;
  bool begin = !(flags & DD_ENCODE_CONTINUE);
  size_t start = 0, i = 0;

  while (i < length) {
    dd_token token = dd_specials_match (vocab, text + i, length - i,
                                        (flags & DD_ENCODE_SPECIAL) != 0);

    if (token < 0) {
      i++;
      continue;
    }
    if (!encode_fragment (encoder, text + start, i - start, begin, error)
        || !dd_tokens_append (encoder->out, &token, 1, error))
      return false;
    i += vocab->texts[token].length;
    start = i;
    begin = true; /* after a token of its own text begins anew, as in llama.cpp */
  }
  return encode_fragment (encoder, text + start, length - start, begin, error);
}

bool
dd_vocab_encode (const dd_vocab *vocab,
                 const char *text,
                 size_t length,
                 unsigned flags,
                 dd_tokens *out,
                 dd_error *error)
{
  dd_encoder encoder = { .vocab = vocab, .out = out };
  size_t before = out->count;
  bool ok;

  if (length == 0)
    return true;
  if (length > LONGEST_TEXT)
    return dd_fail (error, DD_ERROR_ARGUMENT, "The text is too long to be read as tokens");
  encoder.text = dd_alloc (DD_TAG_TEXT, 3 * (length + 1));
  if (encoder.text == NULL)
    return dd_fail_memory (error, "the text");
  ok = encode (&encoder, text, length, flags, error);
  if (!ok)
    out->count = before;
  dd_merge_clear (&encoder.merge);
  dd_free (encoder.text);
  return ok;
}
