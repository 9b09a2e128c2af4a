/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one door to the heap.  Every allocation has a tag and may fail; tests
 * make the n-th one fail and count calls.  Thread-safe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum dd_tag {
  DD_TAG_BASE,
  DD_TAG_GGUF,
  DD_TAG_TEXT,
  DD_TAG_PLAN,
  DD_TAG_MODEL,
  DD_TAG_DEVICE,
  DD_TAG_CACHE,
  DD_TAG_RUN,
  DD_TAG_ENGINE,
  DD_TAGS
} dd_tag;

/* Memory aligned to 64 bytes, zeroed; NULL when there is none or `size` is 0
 * or absurd.  Freed by dd_free. */
void *dd_alloc (dd_tag tag, size_t size);

/* `count * size` bytes, checked for overflow. */
void *dd_alloc_array (dd_tag tag, size_t count, size_t size);

/* Grows `*memory` from `old_size` to `new_size` bytes keeping its content, the
 * new part zeroed.  On failure returns false and `*memory` is as it was. */
bool dd_grow (dd_tag tag, void **memory, size_t old_size, size_t new_size);

/* Accepts NULL. */
void dd_free (void *memory);

/* A copy of `length` bytes with a zero byte after them. */
char *dd_copy_string (dd_tag tag, const char *text, size_t length);

/* For tests.  Calls of dd_alloc and dd_grow so far, by all threads. */
uint64_t dd_alloc_calls (void);
/* Bytes now allocated under `tag`. */
uint64_t dd_alloc_bytes (dd_tag tag);
/* The allocation that follows `n` successful ones fails, once; -1: none does. */
void dd_alloc_fail_after (int64_t n);
