/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Memory that is freed all at once, in chunks that grow with the arena.
 */
#include "base/arena.h"

#include <string.h>

#define ALIGNMENT 64
#define FIRST_CHUNK 4096
#define LARGEST_CHUNK (1 << 20)

struct dd_arena_chunk {
  struct dd_arena_chunk *next;
  size_t size; /* of the memory that follows the 64 bytes of this */
};

void
dd_arena_init (dd_arena *arena, dd_tag tag)
{
  *arena = (dd_arena) { .tag = tag };
}

void
dd_arena_clear (dd_arena *arena)
{
  struct dd_arena_chunk *chunk = arena->chunks;

  while (chunk != NULL) {
    struct dd_arena_chunk *next = chunk->next;

    dd_free (chunk);
    chunk = next;
  }
  dd_arena_init (arena, arena->tag);
}

/* A new newest chunk with room for at least `size` bytes. */
static bool
add_chunk (dd_arena *arena, size_t size)
{
  size_t room = arena->chunks != NULL ? 2 * arena->chunks->size : FIRST_CHUNK;
  struct dd_arena_chunk *chunk;

  if (room > LARGEST_CHUNK)
    room = LARGEST_CHUNK;
  if (room < size)
    room = size;
  if (room > SIZE_MAX - ALIGNMENT)
    return false;
  chunk = dd_alloc (arena->tag, ALIGNMENT + room);
  if (chunk == NULL)
    return false;
  chunk->next = arena->chunks;
  chunk->size = room;
  arena->chunks = chunk;
  arena->used = 0;
  return true;
}

void *
dd_arena_alloc (dd_arena *arena, size_t size)
{
  char *memory;

  if (size > SIZE_MAX - ALIGNMENT)
    return NULL;
  size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  if (size == 0)
    size = ALIGNMENT;
  if (arena->chunks == NULL || arena->chunks->size - arena->used < size)
    if (!add_chunk (arena, size))
      return NULL;
  memory = (char *) arena->chunks + ALIGNMENT + arena->used;
  arena->used += size;
  return memory;
}

void *
dd_arena_array (dd_arena *arena, size_t count, size_t size)
{
  size_t total;

  if (__builtin_mul_overflow (count, size, &total))
    return NULL;
  return dd_arena_alloc (arena, total);
}

char *
dd_arena_string (dd_arena *arena, const char *text, size_t length)
{
  char *copy = length < SIZE_MAX ? dd_arena_alloc (arena, length + 1) : NULL;

  if (copy != NULL && length > 0)
    memcpy (copy, text, length);
  return copy;
}
