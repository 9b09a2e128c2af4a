/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writing tiny models.
 */
#include "tiny.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "quant/quant.h"

/* What must live until the file is written. */
typedef struct maker {
  const tiny *model;
  dd_gguf_writer *writer;
  uint64_t state;
  uint64_t width, heads, kv_heads, head_dim, hidden;
  void *owned[8192];
  int n_owned;
} maker;

static void *
own (maker *self, size_t size)
{
  void *memory = calloc (1, size);

  if (memory == NULL || self->n_owned == 8192)
    exit (1);
  self->owned[self->n_owned++] = memory;
  return memory;
}

/* In [-1, 1). */
static float
next_random (maker *self)
{
  self->state += UINT64_C (0x9e3779b97f4a7c15);
  uint64_t z = self->state;

  z = (z ^ (z >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C (0x94d049bb133111eb);
  return (float) ((double) ((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1);
}

static void
put_vector (maker *self, const char *name, uint64_t count)
{
  float *values = own (self, count * sizeof *values);

  for (uint64_t i = 0; i < count; i++)
    values[i] = 1 + 0.2f * next_random (self);
  dd_gguf_put_tensor (self->writer, name, DD_TYPE_F32, 1, &count, values);
}

static void
put_matrix (maker *self, const char *name, uint64_t rows, uint64_t columns, float scale)
{
  uint64_t dims[2] = { columns, rows };
  float *values;
  void *blocks;

  if (self->model->zeros) {
    dd_gguf_put_tensor (self->writer, name, self->model->type, 2, dims,
                        own (self,
                             rows * dd_type_row_bytes ((dd_type) self->model->type, columns)));
    return;
  }
  values = own (self, rows * columns * sizeof *values);
  for (uint64_t i = 0; i < rows * columns; i++)
    values[i] = scale * next_random (self) * 1.7f / sqrtf ((float) columns);
  if (self->model->type == DD_TYPE_F32) {
    dd_gguf_put_tensor (self->writer, name, DD_TYPE_F32, 2, dims, values);
    return;
  }
  blocks = own (self, rows * dd_type_row_bytes ((dd_type) self->model->type, columns));
  for (uint64_t row = 0; row < rows; row++)
    dd_quantise ((dd_type) self->model->type, values + row * columns,
                 (char *) blocks + row * dd_type_row_bytes ((dd_type) self->model->type, columns),
                 columns);
  dd_gguf_put_tensor (self->writer, name, self->model->type, 2, dims, blocks);
}

static void
put_layer (maker *self, int layer)
{
  const uint64_t query = self->heads * self->head_dim, key = self->kv_heads * self->head_dim;
  const struct {
    const char *name;
    uint64_t rows, columns;
  } matrices[] = {
    { "attn_q", query, self->width },
    { "attn_k", key, self->width },
    { "attn_v", key, self->width },
    { "attn_output", self->width, query },
    { "ffn_gate", self->hidden, self->width },
    { "ffn_up", self->hidden, self->width },
    { "ffn_down", self->width, self->hidden },
  };
  char name[64];

  for (size_t i = 0; i < sizeof matrices / sizeof matrices[0]; i++) {
    snprintf (name, sizeof name, "blk.%d.%s.weight", layer, matrices[i].name);
    put_matrix (self, name, matrices[i].rows, matrices[i].columns, 1);
  }
  snprintf (name, sizeof name, "blk.%d.attn_norm.weight", layer);
  put_vector (self, name, self->width);
  snprintf (name, sizeof name, "blk.%d.ffn_norm.weight", layer);
  put_vector (self, name, self->width);
  for (size_t i = 0; self->model->qwen2 && i < 3; i++) {
    snprintf (name, sizeof name, "blk.%d.%s.bias", layer, matrices[i].name);
    put_vector (self, name, matrices[i].rows);
  }
}

static const char *
family (const maker *self)
{
  return self->model->qwen2 ? "qwen2" : "llama";
}

static void
put_fact (maker *self, const char *name, int value)
{
  char key[64];

  snprintf (key, sizeof key, "%s.%s", family (self), name);
  dd_gguf_put_u32 (self->writer, key, (uint32_t) value);
}

static void
put_shape (maker *self, int vocab)
{
  const tiny *model = self->model;
  dd_gguf_writer *w = self->writer;
  char key[64];

  dd_gguf_put_string (w, "general.architecture", family (self), 5);
  dd_gguf_put_string (w, "general.name", "Tiny", 4);
  put_fact (self, "block_count", model->layers > 0 ? model->layers : 2);
  put_fact (self, "context_length", model->context > 0 ? model->context : 512);
  put_fact (self, "embedding_length", (int) self->width);
  put_fact (self, "feed_forward_length", (int) self->hidden);
  put_fact (self, "attention.head_count", (int) self->heads);
  put_fact (self, "attention.head_count_kv", (int) self->kv_heads);
  snprintf (key, sizeof key, "%s.attention.layer_norm_rms_epsilon", family (self));
  dd_gguf_put_f32 (w, key, 1e-5f);
  put_fact (self, "rope.dimension_count", (int) self->head_dim);
  put_fact (self, "vocab_size", vocab);
  if (model->chat_template != NULL)
    dd_gguf_put_string (w, "tokenizer.chat_template", model->chat_template,
                        strlen (model->chat_template));
}

/* Piece number `n`: "▁aa", "▁ab"…, after "▁zz" "▁aaa"…: each once, as other programs want it. */
static void
write_piece (int n, char *text)
{
  int length = 2, room = 26 * 26;

  for (; n >= room; length++, room *= 26)
    n -= room;
  memcpy (text, "\xe2\x96\x81", 3);
  text[3 + length] = '\0';
  for (; length > 0; length--, n /= 26)
    text[2 + length] = (char) ('a' + n % 26);
}

/* <unk>, <s>, </s>, the 256 bytes, then pieces. */
static void
put_vocab (maker *self, int vocab)
{
  dd_text *pieces = own (self, (size_t) vocab * sizeof *pieces);
  char (*texts)[16] = own (self, (size_t) vocab * sizeof *texts);
  float *scores = own (self, (size_t) vocab * sizeof *scores);
  int32_t *kinds = own (self, (size_t) vocab * sizeof *kinds);
  const char *const special[] = { "<unk>", "<s>", "</s>" };

  for (int i = 0; i < vocab; i++) {
    char *text = texts[i];

    if (i < 3)
      snprintf (text, 16, "%s", special[i]);
    else if (i < 259)
      snprintf (text, 16, "<0x%02X>", i - TINY_FIRST_BYTE);
    else
      write_piece (i - 259, text);
    pieces[i] = (dd_text) { text, strlen (text) };
    kinds[i] = i == 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1;
    scores[i] = i < 259 ? 0 : (float) -i;
  }
  dd_gguf_put_string (self->writer, "tokenizer.ggml.model", "llama", 5);
  dd_gguf_put_strings (self->writer, "tokenizer.ggml.tokens", pieces, (size_t) vocab);
  dd_gguf_put_array (self->writer, "tokenizer.ggml.scores", DD_GGUF_F32, scores, (size_t) vocab);
  dd_gguf_put_array (self->writer, "tokenizer.ggml.token_type", DD_GGUF_I32, kinds, (size_t) vocab);
  dd_gguf_put_u32 (self->writer, "tokenizer.ggml.bos_token_id", 1);
  dd_gguf_put_u32 (self->writer, "tokenizer.ggml.eos_token_id", 2);
  dd_gguf_put_bool (self->writer, "tokenizer.ggml.add_bos_token", true);
}

void
tiny_write (const tiny *model, const char *path)
{
  maker self = { .model = model, .state = model->seed };
  int layers = model->layers > 0 ? model->layers : 2;
  int vocab = model->vocab > 0 ? model->vocab : 320;
  dd_error error;

  self.width = model->width > 0 ? (uint64_t) model->width : 64;
  self.heads = model->heads > 0 ? (uint64_t) model->heads : 4;
  self.kv_heads = model->kv_heads > 0 ? (uint64_t) model->kv_heads : 2;
  self.hidden = model->hidden > 0 ? (uint64_t) model->hidden : 96;
  self.head_dim = self.width / self.heads;
  if (!dd_gguf_writer_new (&self.writer, &error))
    exit (1);
  put_shape (&self, vocab);
  put_vocab (&self, vocab);
  put_matrix (&self, "token_embd.weight", (uint64_t) vocab, self.width, 8);
  for (int layer = 0; layer < layers; layer++)
    put_layer (&self, layer);
  put_vector (&self, "output_norm.weight", self.width);
  if (model->factors)
    put_vector (&self, "rope_freqs.weight", self.head_dim / 2);
  put_matrix (&self, "output.weight", (uint64_t) vocab, self.width, model->not_numbers ? NAN : 3);
  if (!dd_gguf_writer_save (self.writer, path, &error)) {
    fprintf (stderr, "%s: %s\n", path, error.text);
    exit (1);
  }
  dd_gguf_writer_free (&self.writer);
  while (self.n_owned > 0)
    free (self.owned[--self.n_owned]);
}

char *
tiny_file (const tiny *model, const char *name)
{
  char *path = malloc (128);

  if (path == NULL)
    exit (1);
  snprintf (path, 128, "tiny-%s-%ld.gguf", name, (long) getpid ());
  tiny_write (model, path);
  return path;
}
