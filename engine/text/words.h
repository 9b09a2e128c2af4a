/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How text is cut into words before byte-level BPE merges inside each: the
 * regular expressions of the known tokenizers, by the name in
 * tokenizer.ggml.pre, written out as small scanners.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct dd_words {
  const char *name;
  bool numbers_apart; /* every \p{N} is first cut out as a piece of its own */
  bool whole_first;   /* a word that is a token is not merged from its parts */
  bool adds_bos;      /* where the file does not say */
  size_t (*next) (const char *text, size_t length);
} dd_words;

/* NULL: unknown. */
const dd_words *dd_words_find (const char *name, size_t length);

/* Bytes of the piece at the start of `text`, which is valid UTF-8 and not empty,
 * in which dd_words.next is to look for words: all of it, or up to or just one
 * number. */
size_t dd_words_piece (const dd_words *words, const char *text, size_t length);
