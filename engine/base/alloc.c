/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The one door to the heap: the only file of the engine that calls the C
 * library's allocator.
 */
#include "base/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 64

/* Stands in the 64 bytes before the memory that the caller gets. */
typedef struct header {
  void *raw; /* what the C library gave */
  size_t size;
  dd_tag tag;
} header;

static atomic_uint_fast64_t calls;
static atomic_uint_fast64_t bytes[DD_TAGS];
static atomic_int_fast64_t until_failure = -1;

/* Whether this call is the one that a test wants to fail. */
static bool
must_fail (void)
{
  if (atomic_load_explicit (&until_failure, memory_order_relaxed) < 0)
    return false;
  return atomic_fetch_sub (&until_failure, 1) == 0;
}

static header *
header_of (void *memory)
{
  return (header *) ((char *) memory - ALIGNMENT);
}

void *
dd_alloc (dd_tag tag, size_t size)
{
  char *raw;
  char *memory;
  header *head;

  atomic_fetch_add_explicit (&calls, 1, memory_order_relaxed);
  if (size == 0 || size > PTRDIFF_MAX - 2 * ALIGNMENT || must_fail ())
    return NULL;
  /* calloc, because large zeroed memory costs nothing until it is touched. */
  raw = calloc (1, size + 2 * ALIGNMENT);
  if (raw == NULL)
    return NULL;
  memory = raw + (2 * ALIGNMENT - (uintptr_t) raw % ALIGNMENT);
  head = header_of (memory);
  head->raw = raw;
  head->size = size;
  head->tag = tag;
  atomic_fetch_add_explicit (&bytes[tag], size, memory_order_relaxed);
  return memory;
}

void *
dd_alloc_array (dd_tag tag, size_t count, size_t size)
{
  size_t total;

  if (__builtin_mul_overflow (count, size, &total))
    return NULL;
  return dd_alloc (tag, total);
}

bool
dd_grow (dd_tag tag, void **memory, size_t old_size, size_t new_size)
{
  void *grown = dd_alloc (tag, new_size);

  if (grown == NULL)
    return false;
  if (old_size > 0)
    memcpy (grown, *memory, old_size < new_size ? old_size : new_size);
  dd_free (*memory);
  *memory = grown;
  return true;
}

void
dd_free (void *memory)
{
  header *head;

  if (memory == NULL)
    return;
  head = header_of (memory);
  atomic_fetch_sub_explicit (&bytes[head->tag], head->size, memory_order_relaxed);
  free (head->raw);
}

char *
dd_copy_string (dd_tag tag, const char *text, size_t length)
{
  char *copy = length < SIZE_MAX ? dd_alloc (tag, length + 1) : NULL;

  if (copy != NULL && length > 0)
    memcpy (copy, text, length);
  return copy;
}

uint64_t
dd_alloc_calls (void)
{
  return atomic_load (&calls);
}

uint64_t
dd_alloc_bytes (dd_tag tag)
{
  return atomic_load (&bytes[tag]);
}

void
dd_alloc_fail_after (int64_t n)
{
  atomic_store (&until_failure, n);
}
