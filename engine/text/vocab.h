/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A model's vocabulary and the two tokenizers, SentencePiece (BPE by scores,
 * "llama") and byte-level BPE ("gpt2").  Immutable once open: any thread.
 */
#pragma once

#include "gguf/reader.h"

typedef enum dd_piece_kind {
  DD_PIECE_NORMAL = 1,
  DD_PIECE_UNKNOWN = 2,
  DD_PIECE_CONTROL = 3,
  DD_PIECE_USER = 4,
  DD_PIECE_UNUSED = 5,
  DD_PIECE_BYTE = 6,
} dd_piece_kind;

typedef struct dd_vocab dd_vocab;

/* A growing list of tokens; free with dd_tokens_clear. */
typedef struct dd_tokens {
  dd_token *items;
  size_t count;
  size_t room;
} dd_tokens;

DD_MUST_CHECK bool dd_tokens_append (dd_tokens *tokens,
                                     const dd_token *items,
                                     size_t count,
                                     dd_error *error);
void dd_tokens_clear (dd_tokens *tokens);

/* The file outlives the vocabulary (its strings stay in the map). */
DD_MUST_CHECK bool dd_vocab_open (const dd_gguf *gguf, dd_vocab **out, dd_error *error);
void dd_vocab_close (dd_vocab **vocab);

size_t dd_vocab_size (const dd_vocab *vocab);
dd_token dd_vocab_bos (const dd_vocab *vocab); /* -1: none */
dd_token dd_vocab_eos (const dd_vocab *vocab);
bool dd_vocab_adds_bos (const dd_vocab *vocab);
/* Whether a token ends the model's turn: EOS, EOT, EOM and the like. */
bool dd_vocab_is_end (const dd_vocab *vocab, dd_token token);
dd_piece_kind dd_vocab_kind (const dd_vocab *vocab, dd_token token);
/* The token whose text is exactly this (special ones too); -1: none. */
dd_token dd_vocab_find (const dd_vocab *vocab, const char *text, size_t length);

typedef enum dd_encode_flags {
  DD_ENCODE_TEXT = 0,          /* as typed by a person: no special token is recognised */
  DD_ENCODE_SPECIAL = 1 << 0,  /* control tokens written in the text become those tokens */
  DD_ENCODE_CONTINUE = 1 << 1, /* not the start of a text: SentencePiece adds no space in front */
} dd_encode_flags;

/* Appends the tokens of `length` bytes to `out`; no BOS or EOS is added.  Bytes
 * that are no UTF-8 become U+FFFD, one per maximal broken part. */
DD_MUST_CHECK bool dd_vocab_encode (const dd_vocab *vocab,
                                    const char *text,
                                    size_t length,
                                    unsigned flags,
                                    dd_tokens *out,
                                    dd_error *error);

/* The bytes that a token stands for: any bytes, not always whole characters.
 * Control and unknown tokens have none, unless `special` asks for their names.
 * Returns the number of bytes; writes as many as fit in `room`. */
size_t dd_vocab_piece (const dd_vocab *vocab, dd_token token, bool special, char *out, size_t room);
