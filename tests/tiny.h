/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Tiny models with random weights, written to a file: a SentencePiece vocabulary
 * of bytes and letters, a llama (or qwen2) of a few layers.  They say nothing sensible, but
 * always the same.  Larger ones, where only the shape matters, are of zeros.
 */
#pragma once

#include "gguf/writer.h"

#define TINY_FIRST_BYTE 3 /* token of byte 0; <unk>, <s> and </s> are before */

typedef struct tiny {
  uint64_t seed;
  int layers;       /* 0: 2 */
  int context;      /* 0: 512 */
  int vocab;        /* 0: 320; at least 260 */
  int width, heads, kv_heads, hidden; /* 0: 64, 4, 2, 96 */
  uint32_t type;    /* of the matrices; 0: F32 */
  bool zeros;       /* all matrices are */
  bool qwen2;       /* of that family, with its biases */
  bool factors;     /* of positions, as Llama 3.1 has them */
  bool not_numbers; /* the output's weights are NaN */
  const char *chat_template; /* NULL: none */
} tiny;

/* Exits the program where it cannot. */
void tiny_write (const tiny *model, const char *path);
/* The same under a name of its own in the test's folder; free with free. */
char *tiny_file (const tiny *model, const char *name);
