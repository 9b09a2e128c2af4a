/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Vocabularies for tests: GGUF files made in memory, key by key, and the two
 * small vocabularies of golden/text.h.  Exits the program where it cannot.
 */
#pragma once

#include "gguf/reader.h"
#include "text/vocab.h"

/* A GGUF without tensors being written; starts zeroed. */
typedef struct vocab_bytes {
  uint8_t *data; /* owned */
  size_t count, room;
} vocab_bytes;

void vocab_bytes_clear (vocab_bytes *bytes);
void vocab_put_u32 (vocab_bytes *bytes, const char *name, uint32_t value);
void vocab_put_bool (vocab_bytes *bytes, const char *name, bool value);
void vocab_put_text (vocab_bytes *bytes, const char *name, const char *text);
/* Starts an array of strings; `count` calls of vocab_put_item follow. */
void vocab_put_list (vocab_bytes *bytes, const char *name, uint64_t count);
void vocab_put_item (vocab_bytes *bytes, const char *text, size_t length);
/* An array of 32-bit numbers of `kind`. */
void vocab_put_array (vocab_bytes *bytes,
                      const char *name,
                      dd_gguf_kind kind,
                      const void *values,
                      uint64_t count);

/* A token put behind the golden ones. */
typedef struct vocab_extra {
  const char *text;
  int32_t kind;
} vocab_extra;

/* The SentencePiece vocabulary, or for the words `pre` the byte-level one; with
 * extras up to one without text, or NULL. */
void vocab_put_spm (vocab_bytes *bytes, const vocab_extra *extras);
void vocab_put_bpe (vocab_bytes *bytes, const char *pre, const vocab_extra *extras);

/* An opened vocabulary and all that it stands on. */
typedef struct vocab_file {
  vocab_bytes bytes;
  dd_gguf *gguf;
  dd_vocab *vocab;
} vocab_file;

/* Takes the bytes. */
void vocab_file_open (vocab_file *file, vocab_bytes bytes);
void vocab_file_spm (vocab_file *file, const vocab_extra *extras);
void vocab_file_bpe (vocab_file *file, const char *pre, const vocab_extra *extras);
void vocab_file_close (vocab_file *file);
