/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading GGUF (versions 2 and 3, little-endian, whole or split) over read-only
 * maps.  Trusts no length: after dd_gguf_open every key, string, array and
 * tensor lies inside its file.  Interprets no key but general.alignment and
 * split.*.  A dd_gguf does not change after it is opened: any thread may read it.
 */
#pragma once

#include "base/error.h"
#include "base/map.h"

typedef enum dd_gguf_kind {
  DD_GGUF_U8 = 0,
  DD_GGUF_I8 = 1,
  DD_GGUF_U16 = 2,
  DD_GGUF_I16 = 3,
  DD_GGUF_U32 = 4,
  DD_GGUF_I32 = 5,
  DD_GGUF_F32 = 6,
  DD_GGUF_BOOL = 7,
  DD_GGUF_STRING = 8,
  DD_GGUF_ARRAY = 9,
  DD_GGUF_U64 = 10,
  DD_GGUF_I64 = 11,
  DD_GGUF_F64 = 12,
} dd_gguf_kind;

/* Bytes inside the map, without a closing zero, in any encoding the file chose. */
typedef struct dd_text {
  const char *data;
  size_t length;
} dd_text;

typedef struct dd_gguf_key {
  dd_text name;
  dd_gguf_kind kind;
  dd_gguf_kind element; /* of an array; arrays of arrays are refused */
  uint64_t count;       /* 1, or the array's length */
  const uint8_t *data;  /* in the map, unaligned */
  uint64_t bytes;       /* of the data */
} dd_gguf_key;

typedef struct dd_gguf_tensor {
  dd_text name;
  uint32_t type;      /* a dd_type that this engine computes with (others are refused at open) */
  int n_dims;         /* 1-4 */
  uint64_t dims[4];   /* dims[0] is contiguous; unused ones are 1 */
  const void *data;   /* in the map of its part; NULL where only a header was read */
  uint64_t bytes;
} dd_gguf_tensor;

typedef struct dd_gguf dd_gguf;

/* Opens a file; for the first part of a split ("…-00001-of-00003.gguf", or any
 * part of it) all parts beside it.  Errors name the file and what is wrong with
 * it; GGUF 1, big-endian files, GGML/GGMF/GGJT files and tensor types that the
 * engine does not know are each named (DD_ERROR_UNSUPPORTED). */
DD_MUST_CHECK bool dd_gguf_open (const char *path, dd_gguf **out, dd_error *error);

/* The same from `size` bytes of memory that outlive the result (tests, fuzzing,
 * a header fetched by range).  With `header_only` the tensor data need not be
 * there and every tensor's `data` is NULL. */
DD_MUST_CHECK bool dd_gguf_parse (const void *bytes,
                                  uint64_t size,
                                  bool header_only,
                                  dd_gguf **out,
                                  dd_error *error);
void dd_gguf_close (dd_gguf **gguf);

uint32_t dd_gguf_version (const dd_gguf *gguf);
int dd_gguf_parts (const dd_gguf *gguf);
uint64_t dd_gguf_file_bytes (const dd_gguf *gguf); /* of all parts */
/* True once a page of any part could not be read. */
bool dd_gguf_broken (const dd_gguf *gguf);

size_t dd_gguf_n_keys (const dd_gguf *gguf);
const dd_gguf_key *dd_gguf_key_at (const dd_gguf *gguf, size_t i);
size_t dd_gguf_n_tensors (const dd_gguf *gguf);
const dd_gguf_tensor *dd_gguf_tensor_at (const dd_gguf *gguf, size_t i);

/* NULL if there is none. */
const dd_gguf_key *dd_gguf_find (const dd_gguf *gguf, const char *name);
const dd_gguf_tensor *dd_gguf_find_tensor (const dd_gguf *gguf, const char *name);

/* Typed access.  Each returns false without the key or if its value does not
 * fit: integers of any width and sign are converted where the value allows it,
 * F32 and F64 likewise.  `index` is into an array, 0 for a scalar. */
bool dd_gguf_integer (const dd_gguf_key *key, uint64_t index, int64_t *out);
bool dd_gguf_number (const dd_gguf_key *key, uint64_t index, double *out);
bool dd_gguf_bool (const dd_gguf_key *key, bool *out);
bool dd_gguf_string (const dd_gguf_key *key, dd_text *out);

/* Walks an array of strings: start with cursor = key->data. */
bool dd_gguf_next_string (const dd_gguf_key *key, const uint8_t **cursor, dd_text *out);
