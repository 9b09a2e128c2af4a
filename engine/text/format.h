/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Prompt formats as data: how a conversation is written for a model, which
 * strings end its turn, and how to tell which format a model wants.  What a
 * person typed is encoded as text; only the format's own words may be special.
 */
#pragma once

#include "text/vocab.h"

typedef struct dd_format {
  const char *name;        /* "komt-llama2", what people type */
  const char *title;       /* "KoMT Llama 2" */
  const char *const *stops; /* NULL-terminated */
  const struct dd_format_text *text; /* the pieces; private to format.c */
} dd_format;

/* All formats in a fixed order; NULL past the last. */
const dd_format *dd_format_at (size_t i);
const dd_format *dd_format_find (const char *name);

/* What format a file wants: by its repository or metadata, else by its chat
 * template.  `repository` is "owner/name" where known, or NULL.  NULL: unknown,
 * to be asked for, never guessed. */
const dd_format *dd_format_detect (const dd_gguf *gguf, const char *repository);

/* Writes a conversation as tokens, up to where the model is to answer: after the
 * user's message that it ends with, or in the answer that it ends with, which is to
 * go on.  BOS is included if the vocabulary wants it (never twice).
 * `*spans` gets alternating given and made spans that cover the tokens; free both
 * with dd_tokens_clear and dd_free. */
DD_MUST_CHECK bool dd_format_render (const dd_format *format,
                                     const dd_vocab *vocab,
                                     const dd_message *messages,
                                     size_t n_messages,
                                     dd_tokens *out,
                                     dd_span **spans,
                                     size_t *n_spans,
                                     dd_error *error);
