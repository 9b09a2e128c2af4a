/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Small models of every shape and weight type that the families allow, random
 * but always the same, so that goldens made from them once stay true.  They have
 * no vocabulary; tests/tiny.h makes models that can be talked to.
 */
#pragma once

#include "gguf/writer.h"
#include "plan/plan.h"

#define SPECIMEN_VOCAB 96
#define SPECIMEN_TOKENS 72 /* of the text that goldens are made of */
#define SPECIMEN_PROMPT 66 /* of them given, the rest made */

typedef struct specimen {
  const char *name;
  const char *family;
  int layers, width, heads, kv_heads, head_dim, hidden;
  int rope_dims;       /* 0: head_dim */
  int window;          /* 0: none */
  const char *scaling; /* "linear", "yarn"; NULL: none */
  bool factors;        /* rope_freqs.weight */
  bool tied;           /* no output.weight */
  bool bias;           /* on q, k, v */
  bool more_bias;      /* on the output and down projections as well */
  uint32_t embedding, q, k, v, o, gate, up, down, head; /* dd_type */
} specimen;

extern const specimen specimens[];
extern const int n_specimens;

/* Token number `i` of the text of specimen number `which`. */
int32_t specimen_token (int which, int i);

DD_MUST_CHECK bool specimen_write (int which, const char *path, dd_error *error);

/* Writes it to a file in the working folder, opens that, and leaves no file behind. */
DD_MUST_CHECK bool specimen_open (int which, dd_gguf **gguf, dd_plan **plan, dd_error *error);
