/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading a model's hyper-parameters from its keys.  Nothing is taken on trust:
 * each is bounded here and checked against the tensors when steps are written.
 */
#include <stdio.h>

#include "model/private.h"

#define LAYERS_LIMIT 512
#define WIDTH_LIMIT (1 << 20)
#define HEAD_DIM_LIMIT 256
#define CONTEXT_LIMIT (1 << 26)

/* The key "<architecture>.<name>". */
static const dd_gguf_key *
find (const dd_gguf *gguf, const char *name)
{
  char full[160];
  dd_text family;

  if (!dd_gguf_string (dd_gguf_find (gguf, "general.architecture"), &family) || family.length > 64)
    return NULL;
  snprintf (full, sizeof full, "%.*s.%s", (int) family.length, family.data, name);
  return dd_gguf_find (gguf, full);
}

bool
dd_shape_integer (const dd_gguf *gguf, const char *name, int64_t *out)
{
  return dd_gguf_integer (find (gguf, name), 0, out);
}

bool
dd_shape_number (const dd_gguf *gguf, const char *name, double *out)
{
  return dd_gguf_number (find (gguf, name), 0, out);
}

bool
dd_shape_text (const dd_gguf *gguf, const char *name, dd_text *out)
{
  return dd_gguf_string (find (gguf, name), out);
}

/* An integer in [1, limit].  Without `fallback` (0) it must be there.  An array
 * with a value per layer is taken if all are the same. */
static bool
read_size (const dd_gguf *gguf,
           const char *name,
           int64_t fallback,
           int64_t limit,
           int64_t *out,
           dd_error *error)
{
  const dd_gguf_key *key = find (gguf, name);
  int64_t other;

  *out = fallback;
  if (key == NULL && fallback != 0)
    return true;
  if (!dd_gguf_integer (key, 0, out))
    return dd_fail (error, DD_ERROR_FORMAT, "the model does not say its %s; its file is damaged",
                    name);
  if (*out < 1 || *out > limit)
    return dd_fail (error, DD_ERROR_FORMAT, "the model's %s of %lld cannot be; its file is damaged",
                    name, (long long) *out);
  for (uint64_t i = 1; i < key->count; i++)
    if (!dd_gguf_integer (key, i, &other) || other != *out)
      return dd_fail (error, DD_ERROR_UNSUPPORTED,
                      "the model's %s differs from layer to layer, which Dadam does not know",
                      name);
  return true;
}

/* The rows of the embedding table, which the vocabulary may not exceed. */
static bool
read_vocab (const dd_gguf *gguf, dd_shape *out, dd_error *error)
{
  const dd_gguf_tensor *table = dd_gguf_find_tensor (gguf, "token_embd.weight");
  const dd_gguf_key *tokens = dd_gguf_find (gguf, "tokenizer.ggml.tokens");

  if (table == NULL)
    return dd_fail (error, DD_ERROR_FORMAT,
                    "the model lacks the tensor “token_embd.weight”; it holds no language model");
  if (table->dims[1] > INT32_MAX)
    return dd_fail (error, DD_ERROR_FORMAT,
                    "the model's vocabulary is too large; the file is damaged");
  if (tokens != NULL && tokens->count > table->dims[1])
    return dd_fail (error, DD_ERROR_FORMAT,
                    "the model has %llu tokens and embeddings of only %llu; the file is damaged",
                    (unsigned long long) tokens->count, (unsigned long long) table->dims[1]);
  out->vocab = (int64_t) table->dims[1];
  return true;
}

static bool
read_heads (const dd_gguf *gguf, dd_shape *out, dd_error *error)
{
  int64_t heads, kv_heads, key_length, value_length, rope_dims;

  if (!read_size (gguf, "attention.head_count", 0, 4096, &heads, error)
      || !read_size (gguf, "attention.head_count_kv", heads, 4096, &kv_heads, error)
      || !read_size (gguf, "attention.key_length", out->width / heads > 0 ? out->width / heads : 1,
                     HEAD_DIM_LIMIT, &key_length, error)
      || !read_size (gguf, "attention.value_length", key_length, HEAD_DIM_LIMIT, &value_length,
                     error)
      || !read_size (gguf, "rope.dimension_count", key_length, HEAD_DIM_LIMIT, &rope_dims, error))
    return false;
  if (heads % kv_heads != 0)
    return dd_fail (error, DD_ERROR_FORMAT, "the model's %lld heads cannot share %lld keys",
                    (long long) heads, (long long) kv_heads);
  if (key_length != value_length)
    return dd_fail (error, DD_ERROR_UNSUPPORTED,
                    "the model's keys and values differ in length, which Dadam does not know");
  if (key_length > HEAD_DIM_LIMIT || key_length % 2 != 0 || rope_dims % 2 != 0
      || rope_dims > key_length)
    return dd_fail (
        error, DD_ERROR_UNSUPPORTED,
        "the model's heads of %lld (%lld rotated) are of a size that Dadam does not know",
        (long long) key_length, (long long) rope_dims);
  out->heads = (int) heads;
  out->kv_heads = (int) kv_heads;
  out->head_dim = (int) key_length;
  out->rope_dims = (int) rope_dims;
  return true;
}

static bool
read_numbers (const dd_gguf *gguf, dd_shape *out, dd_error *error)
{
  double eps, base = 10000;
  int64_t window = 0, experts = 0;

  if (!dd_shape_number (gguf, "attention.layer_norm_rms_epsilon", &eps) || eps <= 0 || eps > 0.1)
    return dd_fail (
        error, DD_ERROR_FORMAT,
        "the model does not say its attention.layer_norm_rms_epsilon; its file is damaged");
  if (dd_shape_number (gguf, "rope.freq_base", &base) && (base <= 1 || base > 1e12))
    return dd_fail (error, DD_ERROR_FORMAT, "the model's rope.freq_base of %g cannot be", base);
  if (dd_shape_integer (gguf, "attention.sliding_window", &window)
      && (window < 0 || window > CONTEXT_LIMIT))
    return dd_fail (error, DD_ERROR_FORMAT,
                    "the model's attention.sliding_window of %lld cannot be", (long long) window);
  if (dd_shape_integer (gguf, "expert_count", &experts) && experts > 0)
    return dd_fail (error, DD_ERROR_UNSUPPORTED,
                    "the model is a mixture of %lld experts, which Dadam does not run; "
                    "take a dense model",
                    (long long) experts);
  out->eps = (float) eps;
  out->rope_base = base;
  out->window = (int) window;
  return true;
}

bool
dd_shape_read (const dd_gguf *gguf, dd_shape *out, dd_error *error)
{
  int64_t layers, width, hidden, context;

  *out = (dd_shape) { 0 };
  if (!read_size (gguf, "block_count", 0, LAYERS_LIMIT, &layers, error)
      || !read_size (gguf, "embedding_length", 0, WIDTH_LIMIT, &width, error)
      || !read_size (gguf, "feed_forward_length", 0, WIDTH_LIMIT, &hidden, error)
      || !read_size (gguf, "context_length", 0, CONTEXT_LIMIT, &context, error))
    return false;
  out->layers = (int) layers;
  out->width = (int) width;
  out->hidden = (int) hidden;
  out->context = context;
  return read_numbers (gguf, out, error) && read_heads (gguf, out, error)
         && read_vocab (gguf, out, error);
}
