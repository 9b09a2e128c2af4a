/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Byte-level BPE: text is cut into words (words.c), a word into bytes, and
 * neighbours are joined in the order of the list of merges.  In the vocabulary
 * a byte is written as a printable character.
 */
#include "text/vocab_private.h"

#include "base/utf8.h"

#include <string.h>

/* The character that a byte is written as: itself where that prints, else one of
 * those from U+0100 on, in order (source: OpenAI's GPT-2 encoder). */
static uint32_t
character_of (int byte)
{
  if (byte <= 32)
    return 256 + (uint32_t) byte;
  if (byte >= 127 && byte <= 160)
    return 256 + 33 + (uint32_t) (byte - 127);
  return byte == 173 ? 256 + 67 : (uint32_t) byte;
}

/* The inverse; -1: not such a character. */
static int
byte_of (uint32_t character)
{
  if (character >= 256 && character <= 256 + 32)
    return (int) character - 256;
  if (character > 256 + 32 && character < 256 + 67)
    return (int) character - 256 - 33 + 127;
  if (character == 256 + 67)
    return 173;
  return character < 256 && character_of ((int) character) == character ? (int) character : -1;
}

static void
find_bytes (dd_vocab *vocab)
{
  for (int byte = 0; byte < 256; byte++) {
    uint8_t text[4];
    int length = dd_utf8_put (character_of (byte), text);
    dd_token token = dd_vocab_find (vocab, (const char *) text, (size_t) length);

    vocab->bytes[byte] = token >= 0 && dd_kind_is_text (vocab->kinds[token]) ? token : -1;
  }
}

static size_t
pair_slot (const dd_vocab *vocab, dd_token left, dd_token right)
{
  uint64_t pair = (uint64_t) (uint32_t) left << 32 | (uint32_t) right;
  unsigned __int128 product = (unsigned __int128) (pair ^ vocab->pair_key) * 0x9e3779b97f4a7c15u;

  return (size_t) ((uint64_t) product ^ (uint64_t) (product >> 64)) & vocab->pair_mask;
}

/* The pair's slot, or the free one where it would go. */
static dd_pair *
find_pair (const dd_vocab *vocab, dd_token left, dd_token right)
{
  size_t i = pair_slot (vocab, left, right);

  while (vocab->pairs[i].left >= 0
         && (vocab->pairs[i].left != left || vocab->pairs[i].right != right))
    i = (i + 1) & vocab->pair_mask;
  return &vocab->pairs[i];
}

/* The token `text`.  Merges mostly make tokens in the order of their numbers, so
 * `likely` is compared first; a look into the table touches far memory twice. */
static dd_token
find_whole (const dd_vocab *vocab, const char *text, size_t length, size_t likely)
{
  bool unique = vocab->ids.count == vocab->n;

  if (unique && likely < vocab->n && vocab->texts[likely].length == length
      && memcmp (vocab->texts[likely].data, text, length) == 0)
    return (dd_token) likely;
  return dd_vocab_find (vocab, text, length);
}

/* Reads "left right".  The space is looked for from the second byte on, because
 * a token may begin with one. */
static bool
read_merge (dd_vocab *vocab,
            dd_text text,
            char *whole,
            uint32_t rank,
            dd_token *last,
            dd_error *error)
{
  const char *space = text.length > 1 ? memchr (text.data + 1, ' ', text.length - 1) : NULL;
  size_t left_length, right_length;
  dd_token left, right, both;
  dd_pair *pair;

  if (space == NULL)
    return dd_fail (error, DD_ERROR_FORMAT, "Merge %u of the tokenizer has one part", rank);
  left_length = (size_t) (space - text.data);
  right_length = text.length - left_length - 1;
  if (text.length - 1 > vocab->longest)
    return dd_fail (error, DD_ERROR_FORMAT, "Merge %u of the tokenizer makes no token", rank);
  memcpy (whole, text.data, left_length);
  memcpy (whole + left_length, space + 1, right_length);
  left = dd_vocab_find (vocab, whole, left_length);
  right = dd_vocab_find (vocab, space + 1, right_length);
  both = find_whole (vocab, whole, left_length + right_length, (size_t) (*last + 1));
  if (left < 0 || right < 0 || both < 0)
    return dd_fail (error, DD_ERROR_FORMAT, "Merge %u of the tokenizer has a part that is no token",
                    rank);
  *last = both;
  if (!dd_kind_is_text (vocab->kinds[both]))
    return true; /* what people type must not become a control token */
  pair = find_pair (vocab, left, right);
  if (pair->left < 0) /* of equal merges the first counts */
    *pair = (dd_pair) { left, right, both, rank };
  return true;
}

static bool
read_merges (dd_vocab *vocab, const dd_gguf_key *key, dd_error *error)
{
  const uint8_t *cursor = key->data;
  char *whole = dd_arena_alloc (&vocab->arena, vocab->longest);
  dd_token last = -1;
  dd_text text;

  if (whole == NULL)
    return dd_fail_memory (error, "the vocabulary");
  for (uint32_t rank = 0; rank < key->count; rank++) {
    if (!dd_gguf_next_string (key, &cursor, &text))
      return dd_fail (error, DD_ERROR_FORMAT, "The tokenizer's merges are cut short");
    if (!read_merge (vocab, text, whole, rank, &last, error))
      return false;
  }
  return true;
}

bool
dd_bpe_open (dd_vocab *vocab, const dd_gguf *gguf, dd_error *error)
{
  const dd_gguf_key *key = dd_gguf_find (gguf, "tokenizer.ggml.merges");
  size_t slots = 16;

  if (key == NULL || key->kind != DD_GGUF_ARRAY || key->element != DD_GGUF_STRING
      || key->count > DD_LIST_LIMIT)
    return dd_fail (error, DD_ERROR_FORMAT, "The file has no list of the tokenizer's merges");
  while (slots < key->count + key->count / 2)
    slots *= 2;
  vocab->pairs = dd_arena_array (&vocab->arena, slots, sizeof *vocab->pairs);
  if (vocab->pairs == NULL)
    return dd_fail_memory (error, "the vocabulary");
  for (size_t i = 0; i < slots; i++)
    vocab->pairs[i].left = -1;
  vocab->pair_mask = slots - 1;
  vocab->pair_key = (uintptr_t) vocab->pairs * 0xd6e8feb86659fd93u;
  find_bytes (vocab);
  return read_merges (vocab, key, error);
}

static bool
join (const void *user,
      const dd_symbol *left,
      const dd_symbol *right,
      uint32_t *rank,
      dd_token *token)
{
  const dd_encoder *encoder = user;
  const dd_pair *pair;

  pair = find_pair (encoder->vocab, left->token, right->token);
  if (pair->left < 0)
    return false;
  *rank = pair->rank;
  *token = pair->whole;
  return true;
}

/* The token whose bytes are exactly this word, or -1. */
static dd_token
whole_word (const dd_vocab *vocab, const char *text, size_t length)
{
  uint8_t written[512];
  size_t n = 0;
  dd_token token;

  if (length > sizeof written / 2 || length > vocab->longest)
    return -1;
  for (size_t i = 0; i < length; i++)
    n += (size_t) dd_utf8_put (character_of ((uint8_t) text[i]), written + n);
  token = dd_vocab_find (vocab, (const char *) written, n);
  return token >= 0 && dd_kind_is_text (vocab->kinds[token]) ? token : -1;
}

static bool
encode_word (dd_encoder *encoder, size_t start, size_t end, dd_error *error)
{
  const dd_vocab *vocab = encoder->vocab;
  dd_merge *merge = &encoder->merge;

  if (vocab->words->whole_first) {
    dd_token token = whole_word (vocab, encoder->text + start, end - start);

    if (token >= 0)
      return dd_tokens_append (encoder->out, &token, 1, error);
  }
  dd_merge_start (merge);
  for (size_t i = start; i < end; i++) {
    dd_token token = vocab->bytes[(uint8_t) encoder->text[i]];

    /* A byte that the vocabulary lacks is left out, and its neighbours meet, as
     * in the `tokenizers` library. */
    if (token >= 0 && !dd_merge_add (merge, (uint32_t) i, 1, token, error))
      return false;
  }
  if (merge->n_symbols == 0)
    return true;
  if (!dd_merge_run (merge, join, encoder, error))
    return false;
  for (int32_t i = 0; i >= 0; i = merge->symbols[i].next)
    if (!dd_tokens_append (encoder->out, &merge->symbols[i].token, 1, error))
      return false;
  return true;
}

bool
dd_bpe_encode (dd_encoder *encoder, dd_error *error)
{
  const dd_words *words = encoder->vocab->words;

  for (size_t i = 0; i < encoder->length;) {
    size_t end = i + dd_words_piece (words, encoder->text + i, encoder->length - i);

    while (i < end) {
      size_t n = words->next (encoder->text + i, end - i);

      if (!encode_word (encoder, i, i + n, error))
        return false;
      i += n;
    }
  }
  return true;
}

/* A token with a character that stands for no byte is taken as it is written. */
static bool
is_bytes (dd_text text)
{
  uint32_t character;

  for (size_t i = 0; i < text.length;) {
    int step = dd_utf8_next ((const uint8_t *) text.data + i, text.length - i, &character);

    if (step <= 0 || byte_of (character) < 0)
      return false;
    i += (size_t) step;
  }
  return true;
}

size_t
dd_bpe_piece (dd_text text, char *out, size_t room)
{
  bool bytes = is_bytes (text);
  uint32_t character = 0;
  size_t n = 0;

  for (size_t i = 0; i < text.length; n++) {
    int step = bytes ? dd_utf8_next ((const uint8_t *) text.data + i, text.length - i, &character)
                     : 1;

    if (n < room)
      out[n] = bytes ? (char) byte_of (character) : text.data[i];
    i += (size_t) step;
  }
  return n;
}
