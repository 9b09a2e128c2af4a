/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Joining neighbours with a heap of what may be joined.  Entries whose symbols
 * have changed since are dropped when they come up.
 */
#include "text/merge.h"

#include "base/alloc.h"

typedef struct dd_join {
  uint64_t order; /* rank << 32 | left symbol: the least is the best */
  int32_t right;
  uint32_t length; /* of both together, when this was found */
  dd_token token;
} dd_join;

void
dd_merge_start (dd_merge *merge)
{
  merge->n_symbols = 0;
}

void
dd_merge_clear (dd_merge *merge)
{
  dd_free (merge->symbols);
  dd_free (merge->heap);
  *merge = (dd_merge) { 0 };
}

bool
dd_merge_add (dd_merge *merge, uint32_t start, uint32_t length, dd_token token, dd_error *error)
{
  int32_t i = (int32_t) merge->n_symbols;

  if (merge->n_symbols == merge->symbol_room) {
    size_t room = merge->symbol_room > 0 ? 2 * merge->symbol_room : 64;
    void *symbols = merge->symbols;

    if (room > INT32_MAX
        || !dd_grow (DD_TAG_TEXT, &symbols, merge->symbol_room * sizeof (dd_symbol),
                     room * sizeof (dd_symbol)))
      return dd_fail_memory (error, "the text's symbols");
    merge->symbols = symbols;
    merge->symbol_room = room;
  }
  if (i > 0)
    merge->symbols[i - 1].next = i;
  merge->symbols[i] = (dd_symbol) { start, length, i - 1, -1, token };
  merge->n_symbols++;
  return true;
}

/* n symbols have n - 1 neighbourhoods, and each of at most n - 1 joins takes an
 * entry away and adds at most two. */
static bool
reserve_heap (dd_merge *merge, dd_error *error)
{
  size_t room = 2 * merge->symbol_room;
  void *heap = merge->heap;

  merge->n_heap = 0;
  if (merge->heap_room >= room)
    return true;
  if (!dd_grow (DD_TAG_TEXT, &heap, merge->heap_room * sizeof (dd_join), room * sizeof (dd_join)))
    return dd_fail_memory (error, "the text's neighbours");
  merge->heap = heap;
  merge->heap_room = room;
  return true;
}

static void
push (dd_merge *merge, dd_join join)
{
  size_t i = merge->n_heap++;

  while (i > 0 && merge->heap[(i - 1) / 2].order > join.order) {
    merge->heap[i] = merge->heap[(i - 1) / 2];
    i = (i - 1) / 2;
  }
  merge->heap[i] = join;
}

static dd_join
pop (dd_merge *merge)
{
  dd_join best = merge->heap[0];
  dd_join last = merge->heap[--merge->n_heap];
  size_t i = 0;

  for (;;) {
    size_t child = 2 * i + 1;

    if (child + 1 < merge->n_heap && merge->heap[child + 1].order < merge->heap[child].order)
      child++;
    if (child >= merge->n_heap || merge->heap[child].order >= last.order)
      break;
    merge->heap[i] = merge->heap[child];
    i = child;
  }
  merge->heap[i] = last;
  return best;
}

static void
consider (dd_merge *merge, int32_t left, dd_join_fn join, const void *user)
{
  const dd_symbol *l = &merge->symbols[left], *r;
  dd_join entry;
  uint32_t rank;

  if (l->next < 0)
    return;
  r = &merge->symbols[l->next];
  if (!join (user, l, r, &rank, &entry.token))
    return;
  entry.order = (uint64_t) rank << 32 | (uint32_t) left;
  entry.right = l->next;
  entry.length = l->length + r->length;
  push (merge, entry);
}

bool
dd_merge_run (dd_merge *merge, dd_join_fn join, const void *user, dd_error *error)
{
  if (!reserve_heap (merge, error))
    return false;
  for (size_t i = 0; i + 1 < merge->n_symbols; i++)
    consider (merge, (int32_t) i, join, user);
  while (merge->n_heap > 0) {
    dd_join best = pop (merge);
    int32_t left = (int32_t) (uint32_t) best.order;
    dd_symbol *l = &merge->symbols[left], *r = &merge->symbols[best.right];

    if (l->length == 0 || r->length == 0 || l->length + r->length != best.length)
      continue;
    l->length = best.length;
    l->token = best.token;
    l->next = r->next;
    r->length = 0;
    if (l->next >= 0)
      merge->symbols[l->next].previous = left;
    if (l->previous >= 0)
      consider (merge, l->previous, join, user);
    consider (merge, left, join, user);
  }
  return true;
}
