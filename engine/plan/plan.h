/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What models and devices meet in: a model's forward pass as a straight list of
 * steps.  Types only, and the few functions that count their sizes; runs
 * nothing.
 *
 * Every number belongs to the step, not to the model.  A plan does not change
 * once it is written and is read by any thread.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "quant/quant.h"

#define DD_PAGE_TOKENS 64

/* A matrix of `rows` outputs by `columns` inputs, row after row, each row a
 * whole number of blocks. */
typedef struct dd_weight {
  dd_type type;
  int64_t rows;
  int64_t columns;
  const void
      *data; /* borrowed: in the file map, no alignment promised; NULL in a plan made to measure */
  uint64_t bytes;
} dd_weight;

/* What flows between steps: one row of floats per row of the batch.  The form
 * inside a device is its own. */
typedef enum dd_buffer {
  DD_BUFFER_X, /* the residual stream */
  DD_BUFFER_Q, /* queries, rotated: heads * head_dim */
  DD_BUFFER_O, /* what attention gathered: heads * head_dim */
  DD_BUFFER_H, /* the gated hidden layer */
  DD_BUFFERS
} dd_buffer;

typedef enum dd_rope_style {
  DD_ROPE_NONE,
  DD_ROPE_PAIRS, /* elements 2i and 2i+1 turn together (GGUF's llama) */
  DD_ROPE_HALVES, /* elements i and i + dims/2 (qwen2) */
} dd_rope_style;

/* Rotary positions: pair i turns by position * frequencies[i] and is multiplied
 * by `magnitude` (1 but for YaRN).  Elements from `dims` on are left alone.
 * Scaling (linear, YaRN, Llama-3 factors) is already in the frequencies. */
typedef struct dd_rope {
  dd_rope_style style;
  int dims; /* even, <= head_dim */
  const double *frequencies; /* dims / 2 */
  float magnitude;
} dd_rope;

typedef enum dd_activation {
  DD_ACTIVATION_SILU,
  DD_ACTIVATION_GELU, /* the tanh form */
} dd_activation;

typedef enum dd_step_kind {
  DD_STEP_EMBED,
  DD_STEP_QKV,
  DD_STEP_ATTEND,
  DD_STEP_PROJECT,
  DD_STEP_GATE,
  DD_STEP_HEAD,
  DD_STEP_KINDS
} dd_step_kind;

/* out = scale * table[token] */
typedef struct dd_embed {
  dd_weight table;
  float scale;
} dd_embed;

/* n = rmsnorm (in) * norm;  q = Wq n + bq, k = Wk n + bk, v = Wv n + bv;
 * then per head, where there is one, q = rmsnorm (q) * q_norm and the same for
 * k; then q and k are rotated.  q goes to `out`, k and v to the cache of
 * `layer` at the row's position. */
typedef struct dd_qkv {
  const float *norm; /* in's width */
  float eps;
  dd_weight q, k, v;
  const float *q_bias, *k_bias, *v_bias; /* NULL: none */
  const float *q_norm, *k_norm; /* head_dim each; NULL: none */
  dd_rope rope;
} dd_qkv;

/* s[p] = scale * q . k[p]; if cap: s = cap * tanh (s / cap); out = softmax (s) v,
 * over positions p <= the row's own and, with a window w > 0, p > own - w. */
typedef struct dd_attend {
  float scale;
  float cap; /* 0: none */
  int window; /* 0: none */
} dd_attend;

/* y = W in + bias;  y = rmsnorm (y) * post_norm where there is one;
 * out += scale * y */
typedef struct dd_project {
  dd_weight w;
  const float *bias; /* NULL: none */
  const float *post_norm; /* NULL: none */
  float eps;
  float scale;
} dd_project;

/* n = rmsnorm (in) * norm;  out = activation (Wg n) * (Wu n) */
typedef struct dd_gate {
  const float *norm;
  float eps;
  dd_weight gate, up;
  dd_activation activation;
} dd_gate;

/* n = rmsnorm (in) * norm;  z = scale * W n;  if cap: z = cap * tanh (z / cap).
 * Only for rows that asked. */
typedef struct dd_head {
  const float *norm;
  float eps;
  dd_weight w;
  float scale;
  float cap; /* 0: none */
} dd_head;

typedef struct dd_step {
  dd_step_kind kind;
  int layer; /* QKV, ATTEND: whose cache; else the layer it belongs to, -1 for none */
  dd_buffer in, out; /* EMBED has no in, HEAD no out */
  /* QKV and ATTEND: the geometry they share. */
  int heads;
  int kv_heads; /* divides heads */
  int head_dim;
  union {
    dd_embed embed;
    dd_qkv qkv;
    dd_attend attend;
    dd_project project;
    dd_gate gate;
    dd_head head;
  };
} dd_step;

typedef struct dd_plan {
  dd_arena arena; /* owns the steps and every vector they point to */
  dd_step *steps;
  size_t n_steps;
  int64_t width[DD_BUFFERS]; /* floats per row of each buffer, the most any step needs */
  int n_layers; /* layers 0 … n_layers - 1 have a cache */
  int64_t n_vocab; /* rows of the embedding table and of the head */
  int64_t context; /* positions the model was made for */
  bool (*broken) (const void *owner); /* whether the weights' file could not be read; NULL: never */
  const void *owner;
} dd_plan;

void dd_plan_free (dd_plan **plan);

/* The weights of a step: fills `out` (at most 3) and returns how many. */
int dd_step_weights (const dd_step *step, const dd_weight *out[3]);

/* Bytes of all weights of the steps [first, first + count). */
uint64_t dd_plan_weight_bytes (const dd_plan *plan, size_t first, size_t count);

/* The types of all its weights, a mask of 1 << dd_type. */
uint64_t dd_plan_types (const dd_plan *plan);

/* The largest cache geometry of the steps [first, first + count): how many
 * layers have a cache there and floats of keys (or values) per token and layer. */
int dd_plan_cache_layers (const dd_plan *plan, size_t first, size_t count, int64_t *kv_width);

/* Whether two rotations give the same angles. */
bool dd_rope_same (const dd_rope *a, const dd_rope *b);

/* "EMBED", "QKV", … */
const char *dd_step_name (dd_step_kind kind);
