/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Any file as a vocabulary, and any text with it.  Input: the text's length (16
 * bits), the text, the file.
 */
#include "fuzz.h"

#include "unit/vocabs.h"

#include <stdlib.h>
#include <string.h>

static void
check (bool good)
{
  if (!good)
    abort ();
}

static void
encode (const dd_vocab *vocab, const char *text, size_t length, unsigned flags)
{
  dd_tokens tokens = { 0 };
  dd_error error;
  char piece[64];

  if (dd_vocab_encode (vocab, text, length, flags, &tokens, &error))
    for (size_t i = 0; i < tokens.count; i++) {
      dd_token token = tokens.items[i];

      check (token >= 0 && (size_t) token < dd_vocab_size (vocab));
      check ((flags & DD_ENCODE_SPECIAL) || dd_vocab_kind (vocab, token) != DD_PIECE_CONTROL);
      dd_vocab_piece (vocab, token, i % 2, piece, sizeof piece);
      dd_vocab_is_end (vocab, token);
    }
  else
    check (error.code != DD_OK && tokens.count == 0);
  dd_tokens_clear (&tokens);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  size_t length = size < 2 ? 0 : (size_t) (data[0] | data[1] << 8);
  dd_gguf *gguf = NULL;
  dd_vocab *vocab = NULL;
  dd_error error = { 0 };

  if (size < 2 || length > size - 2)
    return 0;
  if (dd_gguf_parse (data + 2 + length, size - 2 - length, true, &gguf, &error)
      && dd_vocab_open (gguf, &vocab, &error)) {
    for (unsigned flags = 0; flags < 4; flags++)
      encode (vocab, (const char *) data + 2, length, flags);
    check (dd_vocab_bos (vocab) < (dd_token) dd_vocab_size (vocab));
    dd_vocab_find (vocab, (const char *) data + 2, length);
  } else {
    check (error.code != DD_OK && error.text[0] != '\0');
  }
  dd_vocab_close (&vocab);
  dd_gguf_close (&gguf);
  return 0;
}

/* Small vocabularies, so that mutations hit what matters. */
static void
put_small (vocab_bytes *bytes, const char *model, const char *pre)
{
  static const char *const tokens[] = { "<unk>",
                                        "<s>",
                                        "</s>",
                                        "<0x0A>",
                                        "<0xEA>",
                                        "a",
                                        "b",
                                        "ab",
                                        "\xe2\x96\x81",
                                        "\xe2\x96\x81"
                                        "a",
                                        "abab",
                                        "<|u|>",
                                        "\xc4\xa0",
                                        "1",
                                        "\xec\x95\x88" };
  static const int32_t kinds[] = { 2, 3, 3, 6, 6, 1, 1, 1, 1, 1, 1, 4, 1, 1, 1 };
  static const char *const merges[] = { "a b", "ab ab" };
  float scores[15];

  for (int i = 0; i < 15; i++)
    scores[i] = (float) -i;
  vocab_put_text (bytes, "tokenizer.ggml.model", model);
  vocab_put_text (bytes, "tokenizer.ggml.pre", pre);
  vocab_put_list (bytes, "tokenizer.ggml.tokens", 15);
  for (int i = 0; i < 15; i++)
    vocab_put_item (bytes, tokens[i], strlen (tokens[i]));
  vocab_put_array (bytes, "tokenizer.ggml.scores", DD_GGUF_F32, scores, 15);
  vocab_put_array (bytes, "tokenizer.ggml.token_type", DD_GGUF_I32, kinds, 15);
  vocab_put_list (bytes, "tokenizer.ggml.merges", 2);
  for (int i = 0; i < 2; i++)
    vocab_put_item (bytes, merges[i], strlen (merges[i]));
  vocab_put_u32 (bytes, "tokenizer.ggml.bos_token_id", 1);
  vocab_put_u32 (bytes, "tokenizer.ggml.eot_token_id", 2);
  vocab_put_bool (bytes, "tokenizer.ggml.add_space_prefix", true);
}

size_t
fuzz_seed (unsigned i, uint8_t *out, size_t room)
{
  static const char *const words[] = { "gpt-2", "smollm", "llama-bpe", "qwen2" };
  static const char text[] = " abab a1 <s>it's\r\n <|u|>\xec\x95\x88\xea\xb0\x80!!\xff  b";
  vocab_bytes bytes = { 0 };
  size_t size = 2 + sizeof text - 1;

  if (i > 6)
    return 0;
  if (i == 0)
    put_small (&bytes, "llama", "");
  else if (i < 5)
    put_small (&bytes, "gpt2", words[i - 1]);
  else if (i == 5)
    vocab_put_spm (&bytes, NULL);
  else
    vocab_put_bpe (&bytes, "llama-bpe", NULL);
  out[0] = (uint8_t) (sizeof text - 1);
  out[1] = 0;
  memcpy (out + 2, text, sizeof text - 1);
  size = bytes.count <= room - size ? size : 0;
  if (size > 0) {
    memcpy (out + size, bytes.data, bytes.count);
    size += bytes.count;
  }
  vocab_bytes_clear (&bytes);
  return size;
}
