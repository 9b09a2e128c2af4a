/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * GGUF files in memory; the layout is written out here once more, so that the
 * tests of the text room need no writer.
 */
#include "vocabs.h"

#include "check.h"
#include "golden/text.h"

#define COUNT(array_) (sizeof (array_) / sizeof *(array_))
#define KEYS_AT 16 /* magic, version and the number of tensors are before */

static void
put (vocab_bytes *bytes, const void *data, size_t count)
{
  if (bytes->count + count > bytes->room) {
    bytes->room = 2 * (bytes->count + count) + 4096;
    bytes->data = realloc (bytes->data, bytes->room);
    if (bytes->data == NULL)
      exit (1);
  }
  if (count > 0)
    memcpy (bytes->data + bytes->count, data, count);
  bytes->count += count;
}

static void
put_u64 (vocab_bytes *bytes, uint64_t value)
{
  put (bytes, &value, sizeof value);
}

static void
put_kind (vocab_bytes *bytes, dd_gguf_kind kind)
{
  uint32_t number = (uint32_t) kind;

  put (bytes, &number, sizeof number);
}

static void
put_name (vocab_bytes *bytes, const char *name, dd_gguf_kind kind)
{
  uint64_t n_keys;

  if (bytes->count == 0) {
    put (bytes, "GGUF\3\0\0\0", 8);
    put_u64 (bytes, 0);
    put_u64 (bytes, 0);
  }
  memcpy (&n_keys, bytes->data + KEYS_AT, sizeof n_keys);
  n_keys++;
  memcpy (bytes->data + KEYS_AT, &n_keys, sizeof n_keys);
  vocab_put_item (bytes, name, strlen (name));
  put_kind (bytes, kind);
}

void
vocab_bytes_clear (vocab_bytes *bytes)
{
  free (bytes->data);
  *bytes = (vocab_bytes) { 0 };
}

void
vocab_put_u32 (vocab_bytes *bytes, const char *name, uint32_t value)
{
  put_name (bytes, name, DD_GGUF_U32);
  put (bytes, &value, sizeof value);
}

void
vocab_put_bool (vocab_bytes *bytes, const char *name, bool value)
{
  put_name (bytes, name, DD_GGUF_BOOL);
  put (bytes, value ? "\1" : "\0", 1);
}

void
vocab_put_text (vocab_bytes *bytes, const char *name, const char *text)
{
  put_name (bytes, name, DD_GGUF_STRING);
  vocab_put_item (bytes, text, strlen (text));
}

void
vocab_put_list (vocab_bytes *bytes, const char *name, uint64_t count)
{
  put_name (bytes, name, DD_GGUF_ARRAY);
  put_kind (bytes, DD_GGUF_STRING);
  put_u64 (bytes, count);
}

void
vocab_put_item (vocab_bytes *bytes, const char *text, size_t length)
{
  put_u64 (bytes, length);
  put (bytes, text, length);
}

void
vocab_put_array (vocab_bytes *bytes,
                 const char *name,
                 dd_gguf_kind kind,
                 const void *values,
                 uint64_t count)
{
  put_name (bytes, name, DD_GGUF_ARRAY);
  put_kind (bytes, kind);
  put_u64 (bytes, count);
  put (bytes, values, count * 4);
}

static size_t
count_extras (const vocab_extra *extras)
{
  size_t n = 0;

  while (extras != NULL && extras[n].text != NULL)
    n++;
  return n;
}

void
vocab_put_spm (vocab_bytes *bytes, const vocab_extra *extras)
{
  size_t n = COUNT (golden_spm), more = count_extras (extras);
  float *scores = calloc (n + more, sizeof *scores);
  int32_t *kinds = calloc (n + more, sizeof *kinds);

  if (scores == NULL || kinds == NULL)
    exit (1);
  vocab_put_text (bytes, "tokenizer.ggml.model", "llama");
  vocab_put_list (bytes, "tokenizer.ggml.tokens", n + more);
  for (size_t i = 0; i < n + more; i++) {
    const char *text = i < n ? golden_spm[i].text : extras[i - n].text;

    vocab_put_item (bytes, text, strlen (text));
    kinds[i] = i < n ? golden_spm[i].kind : extras[i - n].kind;
    scores[i] = i < n ? golden_spm[i].score : 0;
  }
  vocab_put_array (bytes, "tokenizer.ggml.scores", DD_GGUF_F32, scores, n + more);
  vocab_put_array (bytes, "tokenizer.ggml.token_type", DD_GGUF_I32, kinds, n + more);
  free (kinds);
  free (scores);
}

void
vocab_put_bpe (vocab_bytes *bytes, const char *pre, const vocab_extra *extras)
{
  size_t n = COUNT (golden_bpe), more = count_extras (extras);
  int32_t *kinds = calloc (n + more, sizeof *kinds);

  if (kinds == NULL)
    exit (1);
  vocab_put_text (bytes, "tokenizer.ggml.model", "gpt2");
  vocab_put_text (bytes, "tokenizer.ggml.pre", pre);
  vocab_put_list (bytes, "tokenizer.ggml.tokens", n + more);
  for (size_t i = 0; i < n + more; i++) {
    const char *text = i < n ? golden_bpe[i] : extras[i - n].text;

    vocab_put_item (bytes, text, strlen (text));
    kinds[i] = i < n ? DD_PIECE_NORMAL : extras[i - n].kind;
  }
  vocab_put_array (bytes, "tokenizer.ggml.token_type", DD_GGUF_I32, kinds, n + more);
  free (kinds);
  vocab_put_list (bytes, "tokenizer.ggml.merges", COUNT (golden_merges));
  for (size_t i = 0; i < COUNT (golden_merges); i++)
    vocab_put_item (bytes, golden_merges[i], strlen (golden_merges[i]));
}

void
vocab_file_open (vocab_file *file, vocab_bytes bytes)
{
  dd_error error;

  file->bytes = bytes;
  REQUIRE_OK (dd_gguf_parse (bytes.data, bytes.count, true, &file->gguf, &error), error);
  REQUIRE_OK (dd_vocab_open (file->gguf, &file->vocab, &error), error);
}

void
vocab_file_spm (vocab_file *file, const vocab_extra *extras)
{
  vocab_bytes bytes = { 0 };

  vocab_put_spm (&bytes, extras);
  vocab_file_open (file, bytes);
}

void
vocab_file_bpe (vocab_file *file, const char *pre, const vocab_extra *extras)
{
  vocab_bytes bytes = { 0 };

  vocab_put_bpe (&bytes, pre, extras);
  vocab_file_open (file, bytes);
}

void
vocab_file_close (vocab_file *file)
{
  dd_vocab_close (&file->vocab);
  dd_gguf_close (&file->gguf);
  vocab_bytes_clear (&file->bytes);
}
