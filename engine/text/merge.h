/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What both tokenizers do inside a word: of all neighbours that may be joined
 * join the best, the leftmost of equals, until none may.  O(n log n).
 */
#pragma once

#include "base/error.h"

typedef struct dd_symbol {
  uint32_t start, length; /* bytes of the text; a joined-away symbol has length 0 */
  int32_t previous, next; /* -1: none */
  dd_token token;         /* -1: not looked up, or none */
} dd_symbol;

typedef struct dd_merge {
  dd_symbol *symbols;
  size_t n_symbols, symbol_room;
  struct dd_join *heap;
  size_t n_heap, heap_room;
} dd_merge;

/* Whether two neighbours may be joined, into which token, and how gladly: lower
 * ranks first. */
typedef bool (*dd_join_fn) (const void *user,
                            const dd_symbol *left,
                            const dd_symbol *right,
                            uint32_t *rank,
                            dd_token *token);

/* Starts a word. */
void dd_merge_start (dd_merge *merge);
/* Adds the next symbol of the word. */
DD_MUST_CHECK bool dd_merge_add (dd_merge *merge,
                                 uint32_t start,
                                 uint32_t length,
                                 dd_token token,
                                 dd_error *error);
/* Joins; then symbols[0], its next and so on are the word's symbols. */
DD_MUST_CHECK bool dd_merge_run (dd_merge *merge,
                                 dd_join_fn join,
                                 const void *user,
                                 dd_error *error);
void dd_merge_clear (dd_merge *merge);
