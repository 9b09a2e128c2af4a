/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Opening a vocabulary from a file's keys, and asking it.  Trusts nothing: every
 * array has the length of the list of tokens, every number is a token.  Where a
 * key is absent, the defaults are llama.cpp's.
 */
#include "text/vocab_private.h"

#include <string.h>

static bool
text_is (dd_text text, const char *word)
{
  return text.length == strlen (word) && memcmp (text.data, word, text.length) == 0;
}

static bool
read_texts (dd_vocab *vocab, const dd_gguf *gguf, dd_error *error)
{
  const dd_gguf_key *key = dd_gguf_find (gguf, "tokenizer.ggml.tokens");
  const uint8_t *cursor;

  if (key == NULL || key->kind != DD_GGUF_ARRAY || key->element != DD_GGUF_STRING)
    return dd_fail (error, DD_ERROR_FORMAT, "The file has no list of tokens");
  if (key->count == 0 || key->count > DD_LIST_LIMIT)
    return dd_fail (error, DD_ERROR_FORMAT, "The list of tokens has %llu entries",
                    (unsigned long long) key->count);
  vocab->n = (size_t) key->count;
  vocab->texts = dd_arena_array (&vocab->arena, vocab->n, sizeof *vocab->texts);
  vocab->kinds = dd_arena_array (&vocab->arena, vocab->n, sizeof *vocab->kinds);
  vocab->ends = dd_arena_array (&vocab->arena, vocab->n, sizeof *vocab->ends);
  if (vocab->texts == NULL || vocab->kinds == NULL || vocab->ends == NULL
      || !dd_table_init (&vocab->ids, DD_TAG_TEXT, vocab->n))
    return dd_fail_memory (error, "the vocabulary");
  cursor = key->data;
  for (size_t i = 0; i < vocab->n; i++) {
    dd_text *text = &vocab->texts[i];

    if (!dd_gguf_next_string (key, &cursor, text))
      return dd_fail (error, DD_ERROR_FORMAT, "The list of tokens is cut short at token %zu", i);
    if (text->length > vocab->longest)
      vocab->longest = text->length;
    if (text->length > 0) /* an empty text stands nowhere */
      dd_table_put (&vocab->ids, text->data, text->length, (uint32_t) i);
  }
  return true;
}

/* A token number under `name`; `fallback` if there is none and it is a token. */
static bool
read_id (const dd_vocab *vocab,
         const dd_gguf *gguf,
         const char *name,
         dd_token fallback,
         dd_token *out,
         dd_error *error)
{
  const dd_gguf_key *key = dd_gguf_find (gguf, name);
  int64_t value;

  if (key == NULL) {
    *out = fallback < (int64_t) vocab->n ? fallback : -1;
    return true;
  }
  if (!dd_gguf_integer (key, 0, &value) || value < 0 || value >= (int64_t) vocab->n)
    return dd_fail (error, DD_ERROR_FORMAT, "%s is not one of the %zu tokens", name, vocab->n);
  *out = (dd_token) value;
  return true;
}

static bool
read_flag (const dd_gguf *gguf, const char *name, bool *out, dd_error *error)
{
  const dd_gguf_key *key = dd_gguf_find (gguf, name);

  if (key != NULL && !dd_gguf_bool (key, out))
    return dd_fail (error, DD_ERROR_FORMAT, "%s is neither true nor false", name);
  return true;
}

static int
hex_digit (char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int
dd_byte_of (dd_text text)
{
  int high, low;

  if (text.length != 6 || memcmp (text.data, "<0x", 3) != 0 || text.data[5] != '>')
    return -1;
  high = hex_digit (text.data[3]);
  low = hex_digit (text.data[4]);
  return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* Files without the list of kinds: what the texts and special numbers say. */
static void
guess_kinds (dd_vocab *vocab)
{
  for (size_t i = 0; i < vocab->n; i++)
    vocab->kinds[i] = vocab->words == NULL && dd_byte_of (vocab->texts[i]) >= 0 ? DD_PIECE_BYTE
                                                                                : DD_PIECE_NORMAL;
  if (vocab->bos >= 0)
    vocab->kinds[vocab->bos] = DD_PIECE_CONTROL;
  if (vocab->eos >= 0)
    vocab->kinds[vocab->eos] = DD_PIECE_CONTROL;
  if (vocab->unknown >= 0)
    vocab->kinds[vocab->unknown] = DD_PIECE_UNKNOWN;
}

static bool
read_kinds (dd_vocab *vocab, const dd_gguf *gguf, dd_error *error)
{
  const dd_gguf_key *key = dd_gguf_find (gguf, "tokenizer.ggml.token_type");

  if (key == NULL) {
    guess_kinds (vocab);
    return true;
  }
  if (key->kind != DD_GGUF_ARRAY || key->count != vocab->n)
    return dd_fail (error, DD_ERROR_FORMAT, "tokenizer.ggml.token_type is no list of %zu kinds",
                    vocab->n);
  for (size_t i = 0; i < vocab->n; i++) {
    int64_t kind;

    if (!dd_gguf_integer (key, i, &kind) || kind < DD_PIECE_NORMAL || kind > DD_PIECE_BYTE)
      return dd_fail (error, DD_ERROR_FORMAT, "Token %zu is of no known kind", i);
    if (kind == DD_PIECE_BYTE && dd_byte_of (vocab->texts[i]) < 0)
      return dd_fail (error, DD_ERROR_FORMAT, "Token %zu is a byte, but is not named like <0x0A>",
                      i);
    vocab->kinds[i] = (uint8_t) kind;
  }
  return true;
}

/* Tokens by these names end a turn, and are control tokens whatever the file
 * says: people must not be able to type them. */
static void
mark_named_ends (dd_vocab *vocab)
{
  static const char *const names[] = {
    "<|eot_id|>",   "<|im_end|>",    "<|end|>",     "<end_of_turn>", "<|endoftext|>",
    "<|eom_id|>",   "<EOT>",         "<|fim_pad|>", "<fim-pad>",     "<fim_pad>",
    "<|fim_repo|>", "<|repo_name|>", "<fim-repo>",  "<reponame>",    "<|file_sep|>",
  };

  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    dd_token token = dd_vocab_find (vocab, names[i], strlen (names[i]));

    if (token >= 0) {
      vocab->ends[token] = true;
      vocab->kinds[token] = DD_PIECE_CONTROL;
    }
  }
}

static bool
read_ends (dd_vocab *vocab, const dd_gguf *gguf, dd_error *error)
{
  static const char *const keys[] = { "tokenizer.ggml.eot_token_id",
                                      "tokenizer.ggml.eom_token_id" };

  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    dd_token token = -1;

    if (!read_id (vocab, gguf, keys[i], -1, &token, error))
      return false;
    if (token >= 0)
      vocab->ends[token] = true;
  }
  if (vocab->eos >= 0)
    vocab->ends[vocab->eos] = true;
  mark_named_ends (vocab);
  return true;
}

/* Which tokenizer, and how text is cut into words. */
static bool
read_family (dd_vocab *vocab, const dd_gguf *gguf, dd_error *error)
{
  const dd_gguf_key *key = dd_gguf_find (gguf, "tokenizer.ggml.model");
  dd_text name;

  if (key == NULL || !dd_gguf_string (key, &name))
    return dd_fail (error, DD_ERROR_FORMAT, "The file does not name its tokenizer");
  if (text_is (name, "llama"))
    return true;
  if (!text_is (name, "gpt2"))
    return dd_fail (error, DD_ERROR_UNSUPPORTED,
                    "The tokenizer “%.*s” is not supported; llama and gpt2 are",
                    (int) (name.length < 64 ? name.length : 64), name.data);
  /* Files from before the key was invented are of GPT-2's kind. */
  name = (dd_text) { "gpt-2", 5 };
  key = dd_gguf_find (gguf, "tokenizer.ggml.pre");
  if (key != NULL && !dd_gguf_string (key, &name))
    return dd_fail (error, DD_ERROR_FORMAT, "tokenizer.ggml.pre is no text");
  vocab->words = dd_words_find (name.data, name.length);
  if (vocab->words == NULL)
    return dd_fail (error, DD_ERROR_UNSUPPORTED,
                    "The tokenizer splits words as “%.*s” does, which is not supported",
                    (int) (name.length < 64 ? name.length : 64), name.data);
  return true;
}

static bool
read_special (dd_vocab *vocab, const dd_gguf *gguf, dd_error *error)
{
  bool spm = vocab->words == NULL;

  vocab->adds_bos = spm || vocab->words->adds_bos;
  vocab->adds_space = spm;
  return read_id (vocab, gguf, "tokenizer.ggml.bos_token_id", spm ? 1 : -1, &vocab->bos, error)
         && read_id (vocab, gguf, "tokenizer.ggml.eos_token_id", spm ? 2 : -1, &vocab->eos, error)
         && read_id (vocab, gguf, "tokenizer.ggml.unknown_token_id", spm ? 0 : -1, &vocab->unknown,
                     error)
         && read_flag (gguf, "tokenizer.ggml.add_bos_token", &vocab->adds_bos, error)
         && read_flag (gguf, "tokenizer.ggml.add_space_prefix", &vocab->adds_space, error);
}

static bool
read_all (dd_vocab *vocab, const dd_gguf *gguf, dd_error *error)
{
  if (!read_family (vocab, gguf, error) || !read_texts (vocab, gguf, error)
      || !read_special (vocab, gguf, error) || !read_kinds (vocab, gguf, error)
      || !read_ends (vocab, gguf, error))
    return false;
  /* What people type must not become a control token, not even where it is unknown. */
  if (vocab->unknown >= 0 && vocab->kinds[vocab->unknown] == DD_PIECE_CONTROL)
    vocab->unknown = -1;
  memset (vocab->bytes, -1, sizeof vocab->bytes);
  if (!(vocab->words == NULL ? dd_spm_open (vocab, gguf, error) : dd_bpe_open (vocab, gguf, error)))
    return false;
  return dd_specials_collect (vocab) || dd_fail_memory (error, "the vocabulary");
}

bool
dd_vocab_open (const dd_gguf *gguf, dd_vocab **out, dd_error *error)
{
  dd_vocab *vocab = dd_alloc (DD_TAG_TEXT, sizeof *vocab);

  *out = NULL;
  if (vocab == NULL)
    return dd_fail_memory (error, "the vocabulary");
  dd_arena_init (&vocab->arena, DD_TAG_TEXT);
  if (!read_all (vocab, gguf, error)) {
    dd_vocab_close (&vocab);
    return false;
  }
  *out = vocab;
  return true;
}

void
dd_vocab_close (dd_vocab **vocab)
{
  if (*vocab == NULL)
    return;
  dd_table_clear (&(*vocab)->ids);
  dd_arena_clear (&(*vocab)->arena);
  dd_free (*vocab);
  *vocab = NULL;
}

size_t
dd_vocab_size (const dd_vocab *vocab)
{
  return vocab->n;
}

dd_token
dd_vocab_bos (const dd_vocab *vocab)
{
  return vocab->bos;
}

dd_token
dd_vocab_eos (const dd_vocab *vocab)
{
  return vocab->eos;
}

bool
dd_vocab_adds_bos (const dd_vocab *vocab)
{
  return vocab->adds_bos && vocab->bos >= 0;
}

static bool
is_token (const dd_vocab *vocab, dd_token token)
{
  return token >= 0 && (size_t) token < vocab->n;
}

bool
dd_vocab_is_end (const dd_vocab *vocab, dd_token token)
{
  return is_token (vocab, token) && vocab->ends[token];
}

dd_piece_kind
dd_vocab_kind (const dd_vocab *vocab, dd_token token)
{
  return is_token (vocab, token) ? (dd_piece_kind) vocab->kinds[token] : DD_PIECE_UNKNOWN;
}

dd_token
dd_vocab_find (const dd_vocab *vocab, const char *text, size_t length)
{
  uint32_t token;

  return dd_table_get (&vocab->ids, text, length, &token) ? (dd_token) token : -1;
}

static size_t
copy (const char *text, size_t length, char *out, size_t room)
{
  if (room > 0 && length > 0)
    memcpy (out, text, length < room ? length : room);
  return length;
}

size_t
dd_vocab_piece (const dd_vocab *vocab, dd_token token, bool special, char *out, size_t room)
{
  dd_text text;
  char byte;

  if (!is_token (vocab, token))
    return 0;
  text = vocab->texts[token];
  switch (vocab->kinds[token]) {
  case DD_PIECE_NORMAL:
    return vocab->words == NULL ? dd_spm_piece (text, out, room) : dd_bpe_piece (text, out, room);
  case DD_PIECE_BYTE: byte = (char) dd_byte_of (text); return copy (&byte, 1, out, room);
  case DD_PIECE_USER: return copy (text.data, text.length, out, room);
  default: return special ? copy (text.data, text.length, out, room) : 0;
  }
}
