/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The inside of a vocabulary, shared by vocab.c (opening and asking), special.c
 * (tokens written in text), spm.c and bpe.c (the two tokenizers) and encode.c.
 */
#pragma once

#include "base/arena.h"
#include "base/table.h"
#include "text/merge.h"
#include "text/vocab.h"
#include "text/words.h"

/* Tokens or merges that a file may list: ten times the most that any model has. */
#define DD_LIST_LIMIT (1 << 22)

#define DD_SPACE "\xe2\x96\x81" /* U+2581, which stands for a space in SentencePiece's tokens */

/* Two tokens that byte-level BPE may join; left is -1 in a free slot. */
typedef struct dd_pair {
  dd_token left, right, whole;
  uint32_t rank;
} dd_pair;

struct dd_vocab {
  dd_arena arena;
  dd_table ids;         /* text to token; of equal texts the last */
  /* In the file's map. */
  dd_text *texts;
  /* In the arena, one per token. */
  uint8_t *kinds;       /* dd_piece_kind */
  bool *ends;
  size_t n;
  size_t longest;       /* bytes of the longest text */
  dd_token bos, eos, unknown; /* -1: none */
  bool adds_bos, adds_space;
  dd_token bytes[256];  /* the token of one byte, -1: none */
  /* What is recognised as a whole, by its bytes; special.c. */
  dd_token *specials;
  size_t n_specials;
  bool begins_special[256];
  /* SentencePiece: the better the score, the lower the rank. */
  uint32_t *ranks;
  bool words_apart;     /* no token has a space after another character */
  /* Byte-level BPE. */
  const dd_words *words; /* NULL: SentencePiece */
  dd_pair *pairs;        /* open addressing */
  size_t pair_mask;
  uint64_t pair_key;     /* so that a file cannot choose collisions */
};

/* What one call of dd_vocab_encode works with. */
typedef struct dd_encoder {
  const dd_vocab *vocab;
  dd_merge merge;
  char *text; /* the fragment at work, valid UTF-8 */
  size_t length;
  dd_tokens *out;
} dd_encoder;

/* Whether text may be cut into tokens of this kind. */
static inline bool
dd_kind_is_text (uint8_t kind)
{
  return kind == DD_PIECE_NORMAL || kind == DD_PIECE_USER;
}

/* special.c.  Collects the specials; false without memory. */
bool dd_specials_collect (dd_vocab *vocab);
/* The longest special token that `text` begins with, or -1; without `control`
 * only user-defined ones. */
dd_token dd_specials_match (const dd_vocab *vocab, const char *text, size_t length, bool control);

/* spm.c and bpe.c: their part of opening, of encoding (encoder->text) and of
 * dd_vocab_piece for a normal token. */
DD_MUST_CHECK bool dd_spm_open (dd_vocab *vocab, const dd_gguf *gguf, dd_error *error);
DD_MUST_CHECK bool dd_bpe_open (dd_vocab *vocab, const dd_gguf *gguf, dd_error *error);
DD_MUST_CHECK bool dd_spm_encode (dd_encoder *encoder, dd_error *error);
DD_MUST_CHECK bool dd_bpe_encode (dd_encoder *encoder, dd_error *error);
size_t dd_spm_piece (dd_text text, char *out, size_t room);
size_t dd_bpe_piece (dd_text text, char *out, size_t room);

/* A byte token's byte, of "<0x0A>" exactly so; -1: not of that form. */
int dd_byte_of (dd_text text);
