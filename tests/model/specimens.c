/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Writing the specimens.
 */
#include "specimens.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "model/model.h"
#include "quant/random.h"

#define CONTEXT 256
#define ORIGINAL_CONTEXT 64 /* before scaling by FACTOR */
#define FACTOR 4.0f

#define ALL(type_) type_, type_, type_, type_, type_, type_, type_, type_, type_

const specimen specimens[] = {
  { "llama-f32", "llama", 2, 64, 4, 4, 16, 96, 0, 0, NULL, false, true, false, false,
    ALL (DD_TYPE_F32) },
  { "llama-f16",  "llama",     3,           64,           8,           2,           16,
    160,          8,           0,           NULL,         false,       false,       false,
    true,         DD_TYPE_F16, DD_TYPE_F16, DD_TYPE_BF16, DD_TYPE_F32, DD_TYPE_F16, DD_TYPE_F16,
    DD_TYPE_BF16, DD_TYPE_F16, DD_TYPE_F16 },
  { "llama-q4_k_m",
    "llama",
    2,
    256,
    8,
    2,
    32,
    512,
    0,
    0,
    NULL,
    false,
    false,
    false,
    false,
    DD_TYPE_Q4_K,
    DD_TYPE_Q4_K,
    DD_TYPE_Q4_K,
    DD_TYPE_Q6_K,
    DD_TYPE_Q4_K,
    DD_TYPE_Q4_K,
    DD_TYPE_Q4_K,
    DD_TYPE_Q6_K,
    DD_TYPE_Q6_K },
  { "llama-linear", "llama", 2, 96, 3, 1, 64, 160, 0, 0, "linear", false, false, false, false,
    ALL (DD_TYPE_Q8_0) },
  { "llama-factors", "llama", 2, 128, 4, 2, 32, 288, 0, 0, NULL, true, true, false, false,
    ALL (DD_TYPE_Q4_0) },
  { "llama-window",
    "llama",
    2,
    256,
    2,
    1,
    128,
    256,
    0,
    24,
    NULL,
    false,
    false,
    false,
    false,
    DD_TYPE_Q5_K,
    DD_TYPE_Q5_K,
    DD_TYPE_Q3_K,
    DD_TYPE_Q2_K,
    DD_TYPE_IQ4_XS,
    DD_TYPE_Q5_K,
    DD_TYPE_IQ4_XS,
    DD_TYPE_Q3_K,
    DD_TYPE_Q6_K },
  { "qwen2-tied",
    "qwen2",
    2,
    128,
    8,
    1,
    16,
    224,
    0,
    0,
    NULL,
    false,
    true,
    true,
    false,
    DD_TYPE_Q8_0,
    DD_TYPE_Q5_0,
    DD_TYPE_Q5_1,
    DD_TYPE_Q8_0,
    DD_TYPE_Q5_0,
    DD_TYPE_Q5_1,
    DD_TYPE_Q5_0,
    DD_TYPE_Q8_0,
    DD_TYPE_Q8_0 },
  { "qwen2-yarn",
    "qwen2",
    2,
    128,
    2,
    2,
    64,
    192,
    0,
    0,
    "yarn",
    false,
    false,
    true,
    false,
    DD_TYPE_IQ4_NL,
    DD_TYPE_Q4_1,
    DD_TYPE_Q4_1,
    DD_TYPE_IQ4_NL,
    DD_TYPE_Q4_1,
    DD_TYPE_Q4_1,
    DD_TYPE_IQ4_NL,
    DD_TYPE_Q4_1,
    DD_TYPE_Q8_0 },
};
const int n_specimens = (int) (sizeof specimens / sizeof specimens[0]);

/* A file being made; tensors live in the arena until it is written. */
typedef struct maker {
  const specimen *model;
  dd_gguf_writer *writer;
  dd_arena arena;
  random_dice dice;
  bool out_of_memory;
} maker;

int32_t
specimen_token (int which, int i)
{
  random_dice dice = { (uint64_t) which * 1000 + (uint64_t) i };

  return (int32_t) dice_below (&dice, SPECIMEN_VOCAB);
}

static void *
room (maker *self, uint64_t bytes)
{
  void *memory = dd_arena_alloc (&self->arena, bytes);

  self->out_of_memory = self->out_of_memory || !memory;
  return memory;
}

static void
put_vector (maker *self, const char *name, int layer, int length, float mean, float deviation)
{
  uint64_t dims[1] = { (uint64_t) length };
  float *values = room (self, dims[0] * sizeof *values);
  char full[64];

  for (int i = 0; i < length && values; i++)
    values[i] = mean + deviation * dice_normal (&self->dice);
  snprintf (full, sizeof full, name, layer);
  if (values)
    dd_gguf_put_tensor (self->writer, full, DD_TYPE_F32, 1, dims, values);
}

static void
put_matrix (maker *self,
            const char *name,
            int layer,
            uint32_t type,
            int rows,
            int columns,
            float deviation)
{
  uint64_t dims[2] = { (uint64_t) columns, (uint64_t) rows };
  void *values = room (self, dims[1] * dd_type_row_bytes ((dd_type) type, dims[0]));
  char full[64];

  if (!values)
    return;
  random_weights (&self->dice, (dd_type) type, deviation, false, values, dims[0] * dims[1]);
  snprintf (full, sizeof full, name, layer);
  dd_gguf_put_tensor (self->writer, full, type, 2, dims, values);
}

static float
deviation (int columns)
{
  return (float) (1 / sqrt ((double) columns));
}

static void
put_attention (maker *self, int layer)
{
  const specimen *m = self->model;
  int q_width = m->heads * m->head_dim;
  int kv_width = m->kv_heads * m->head_dim;
  float unit = deviation (m->width);

  put_vector (self, "blk.%d.attn_norm.weight", layer, m->width, 1, 0.2f);
  put_matrix (self, "blk.%d.attn_q.weight", layer, m->q, q_width, m->width, 1.5f * unit);
  put_matrix (self, "blk.%d.attn_k.weight", layer, m->k, kv_width, m->width, 1.5f * unit);
  put_matrix (self, "blk.%d.attn_v.weight", layer, m->v, kv_width, m->width, unit);
  put_matrix (self, "blk.%d.attn_output.weight", layer, m->o, m->width, q_width,
              deviation (q_width));
  if (m->bias) {
    put_vector (self, "blk.%d.attn_q.bias", layer, q_width, 0, 0.5f);
    put_vector (self, "blk.%d.attn_k.bias", layer, kv_width, 0, 0.5f);
    put_vector (self, "blk.%d.attn_v.bias", layer, kv_width, 0, 0.5f);
  }
  if (m->more_bias)
    put_vector (self, "blk.%d.attn_output.bias", layer, m->width, 0, 0.1f);
}

static void
put_hidden (maker *self, int layer)
{
  const specimen *m = self->model;
  float unit = deviation (m->width);

  put_vector (self, "blk.%d.ffn_norm.weight", layer, m->width, 1, 0.2f);
  put_matrix (self, "blk.%d.ffn_gate.weight", layer, m->gate, m->hidden, m->width, unit);
  put_matrix (self, "blk.%d.ffn_up.weight", layer, m->up, m->hidden, m->width, unit);
  put_matrix (self, "blk.%d.ffn_down.weight", layer, m->down, m->width, m->hidden,
              deviation (m->hidden));
  if (m->more_bias)
    put_vector (self, "blk.%d.ffn_down.bias", layer, m->width, 0, 0.1f);
}

static void
put_number (maker *self, const char *name, uint32_t value)
{
  char full[80];

  snprintf (full, sizeof full, "%s.%s", self->model->family, name);
  dd_gguf_put_u32 (self->writer, full, value);
}

static void
put_scaling (maker *self)
{
  const specimen *m = self->model;
  char full[80];

  if (!m->scaling)
    return;
  snprintf (full, sizeof full, "%s.rope.scaling.type", m->family);
  dd_gguf_put_string (self->writer, full, m->scaling, strlen (m->scaling));
  snprintf (full, sizeof full, "%s.rope.scaling.factor", m->family);
  dd_gguf_put_f32 (self->writer, full, FACTOR);
  put_number (self, "rope.scaling.original_context_length", ORIGINAL_CONTEXT);
}

static void
put_shape (maker *self)
{
  const specimen *m = self->model;
  char full[80];

  dd_gguf_put_string (self->writer, "general.architecture", m->family, strlen (m->family));
  dd_gguf_put_string (self->writer, "general.name", m->name, strlen (m->name));
  put_number (self, "block_count", (uint32_t) m->layers);
  put_number (self, "context_length", CONTEXT);
  put_number (self, "embedding_length", (uint32_t) m->width);
  put_number (self, "feed_forward_length", (uint32_t) m->hidden);
  put_number (self, "attention.head_count", (uint32_t) m->heads);
  put_number (self, "attention.head_count_kv", (uint32_t) m->kv_heads);
  put_number (self, "attention.key_length", (uint32_t) m->head_dim);
  put_number (self, "attention.value_length", (uint32_t) m->head_dim);
  if (m->rope_dims)
    put_number (self, "rope.dimension_count", (uint32_t) m->rope_dims);
  if (m->window)
    put_number (self, "attention.sliding_window", (uint32_t) m->window);
  snprintf (full, sizeof full, "%s.attention.layer_norm_rms_epsilon", m->family);
  dd_gguf_put_f32 (self->writer, full, 1e-5f);
  snprintf (full, sizeof full, "%s.rope.freq_base", m->family);
  dd_gguf_put_f32 (self->writer, full, 10000);
  put_scaling (self);
}

bool
specimen_write (int which, const char *path, dd_error *error)
{
  const specimen *m = &specimens[which];
  maker self = { .model = m, .dice = { (uint64_t) which } };
  bool ok;

  if (!dd_gguf_writer_new (&self.writer, error))
    return false;
  dd_arena_init (&self.arena, DD_TAG_MODEL);
  put_shape (&self);
  put_matrix (&self, "token_embd.weight", 0, m->embedding, SPECIMEN_VOCAB, m->width, 1);
  if (m->factors)
    put_vector (&self, "rope_freqs.weight", 0, m->head_dim / 2, 4, 0.8f);
  for (int layer = 0; layer < m->layers; layer++) {
    put_attention (&self, layer);
    put_hidden (&self, layer);
  }
  put_vector (&self, "output_norm.weight", 0, m->width, 1, 0.2f);
  if (!m->tied)
    put_matrix (&self, "output.weight", 0, m->head, SPECIMEN_VOCAB, m->width,
                2 * deviation (m->width));
  ok = !self.out_of_memory || dd_fail (error, DD_ERROR_NO_MEMORY, "no memory for a specimen");
  ok = ok && dd_gguf_writer_save (self.writer, path, error);
  dd_gguf_writer_free (&self.writer);
  dd_arena_clear (&self.arena);
  return ok;
}

bool
specimen_open (int which, dd_gguf **gguf, dd_plan **plan, dd_error *error)
{
  char path[128];
  bool ok;

  snprintf (path, sizeof path, "specimen-%s-%ld.gguf", specimens[which].name, (long) getpid ());
  ok = specimen_write (which, path, error) && dd_gguf_open (path, gguf, error);
  unlink (path); /* the map keeps it */
  return ok && dd_model_plan (*gguf, plan, error);
}
