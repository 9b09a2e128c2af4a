/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * SentencePiece's BPE: neighbours whose bytes together are a token are joined,
 * best score first; characters that are no token are written byte by byte.
 */
#include "text/vocab_private.h"

#include "base/utf8.h"

#include <math.h>
#include <string.h>

/* Higher scores to lower ranks, equal ones to equal ones. */
static uint32_t
rank_of (float score)
{
  uint32_t bits;

  score += 0.0f; /* -0 to 0 */
  memcpy (&bits, &score, sizeof bits);
  return bits >> 31 ? bits : ~bits & 0x7fffffff;
}

static bool
read_ranks (dd_vocab *vocab, const dd_gguf *gguf, dd_error *error)
{
  const dd_gguf_key *key = dd_gguf_find (gguf, "tokenizer.ggml.scores");

  if (key == NULL || key->kind != DD_GGUF_ARRAY || key->count != vocab->n)
    return dd_fail (error, DD_ERROR_FORMAT, "tokenizer.ggml.scores is no list of %zu scores",
                    vocab->n);
  vocab->ranks = dd_arena_array (&vocab->arena, vocab->n, sizeof *vocab->ranks);
  if (vocab->ranks == NULL)
    return dd_fail_memory (error, "the vocabulary");
  for (size_t i = 0; i < vocab->n; i++) {
    double score;

    if (!dd_gguf_number (key, i, &score) || isnan (score))
      return dd_fail (error, DD_ERROR_FORMAT, "The score of token %zu is not a number", i);
    vocab->ranks[i] = rank_of ((float) score);
  }
  return true;
}

/* Whether a space stands after another character. */
static bool
has_inner_space (dd_text text)
{
  bool other = false;

  for (size_t i = 0; i < text.length;) {
    if (text.length - i >= 3 && memcmp (text.data + i, DD_SPACE, 3) == 0) {
      if (other)
        return true;
      i += 3;
    } else {
      other = true;
      i++;
    }
  }
  return false;
}

bool
dd_spm_open (dd_vocab *vocab, const dd_gguf *gguf, dd_error *error)
{
  if (!read_ranks (vocab, gguf, error))
    return false;
  vocab->words_apart = true;
  for (size_t i = 0; i < vocab->n; i++) {
    int byte = dd_byte_of (vocab->texts[i]);

    if (vocab->kinds[i] == DD_PIECE_BYTE && byte >= 0)
      vocab->bytes[byte] = (dd_token) i;
    else if (dd_kind_is_text (vocab->kinds[i]) && has_inner_space (vocab->texts[i]))
      vocab->words_apart = false;
  }
  return true;
}

static dd_token
find_text (const dd_vocab *vocab, const char *text, size_t length)
{
  dd_token token;

  if (length > vocab->longest)
    return -1;
  token = dd_vocab_find (vocab, text, length);
  return token >= 0 && dd_kind_is_text (vocab->kinds[token]) ? token : -1;
}

static bool
join (const void *user,
      const dd_symbol *left,
      const dd_symbol *right,
      uint32_t *rank,
      dd_token *token)
{
  const dd_encoder *encoder = user;

  *token = find_text (encoder->vocab, encoder->text + left->start,
                      (size_t) left->length + right->length);
  if (*token < 0)
    return false;
  *rank = encoder->vocab->ranks[*token];
  return true;
}

static bool
emit_bytes (dd_encoder *encoder, const char *text, size_t length, dd_error *error)
{
  const dd_vocab *vocab = encoder->vocab;

  for (size_t i = 0; i < length; i++) {
    dd_token token = vocab->bytes[(uint8_t) text[i]];

    if (token < 0) /* one unknown for what is left of the character */
      return vocab->unknown >= 0
                 ? dd_tokens_append (encoder->out, &vocab->unknown, 1, error)
                 : dd_fail (error, DD_ERROR_FORMAT,
                            "The vocabulary has no token for the byte 0x%02X", (uint8_t) text[i]);
    if (!dd_tokens_append (encoder->out, &token, 1, error))
      return false;
  }
  return true;
}

static bool
emit (dd_encoder *encoder, const dd_symbol *symbol, dd_error *error)
{
  const char *text = encoder->text + symbol->start;
  dd_token token = symbol->token;

  if (token < 0)
    token = find_text (encoder->vocab, text, symbol->length);
  if (token < 0)
    return emit_bytes (encoder, text, symbol->length, error);
  return dd_tokens_append (encoder->out, &token, 1, error);
}

static bool
encode_word (dd_encoder *encoder, size_t start, size_t end, dd_error *error)
{
  dd_merge *merge = &encoder->merge;
  uint32_t character;

  dd_merge_start (merge);
  while (start < end) {
    int step = dd_utf8_next ((const uint8_t *) encoder->text + start, end - start, &character);
    size_t bytes = step > 0 ? (size_t) step : 1;

    if (!dd_merge_add (merge, (uint32_t) start, (uint32_t) bytes, -1, error))
      return false;
    start += bytes;
  }
  if (!dd_merge_run (merge, join, encoder, error))
    return false;
  for (int32_t i = 0; i >= 0; i = merge->symbols[i].next)
    if (!emit (encoder, &merge->symbols[i], error))
      return false;
  return true;
}

/* Where the word that begins at `i` ends.  A word is spaces and what follows
 * them: if no token has a space after another character, no joining crosses
 * from one word to the next, and short words are merged much faster. */
static size_t
word_end (const dd_encoder *encoder, size_t i)
{
  const char *text = encoder->text, *end = text + encoder->length, *at = text + i, *next;

  if (!encoder->vocab->words_apart)
    return encoder->length;
  while (end - at >= 3 && memcmp (at, DD_SPACE, 3) == 0)
    at += 3;
  next = memmem (at, (size_t) (end - at), DD_SPACE, 3);
  return next != NULL ? (size_t) (next - text) : encoder->length;
}

bool
dd_spm_encode (dd_encoder *encoder, dd_error *error)
{
  for (size_t i = 0; i < encoder->length;) {
    size_t end = word_end (encoder, i);

    if (!encode_word (encoder, i, end, error))
      return false;
    i = end;
  }
  return true;
}

size_t
dd_spm_piece (dd_text text, char *out, size_t room)
{
  size_t n = 0;

  for (size_t i = 0; i < text.length; n++) {
    bool space = text.length - i >= 3 && memcmp (text.data + i, DD_SPACE, 3) == 0;

    if (n < room)
      out[n] = space ? ' ' : text.data[i];
    i += space ? 3 : 1;
  }
  return n;
}
