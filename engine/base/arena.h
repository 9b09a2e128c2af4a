/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Memory that is freed all at once: one arena per model, per session.  Not
 * thread-safe.
 */
#pragma once

#include "base/alloc.h"

typedef struct dd_arena {
  dd_tag tag;
  struct dd_arena_chunk *chunks; /* newest first */
  size_t used;                   /* of the newest chunk */
} dd_arena;

void dd_arena_init (dd_arena *arena, dd_tag tag);
/* Frees everything; the arena may be used again. */
void dd_arena_clear (dd_arena *arena);

/* `size` zeroed bytes aligned to 64, or NULL.  A size of 0 gives a valid pointer. */
void *dd_arena_alloc (dd_arena *arena, size_t size);
/* `count * size` bytes alike; NULL also where the product does not fit. */
void *dd_arena_array (dd_arena *arena, size_t count, size_t size);
/* A copy of `length` bytes with a zero byte after them. */
char *dd_arena_string (dd_arena *arena, const char *text, size_t length);
