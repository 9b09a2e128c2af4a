/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The pool of pages.  A page is in exactly one of three states: free (in the
 * list of free pages), held (by one or more), or cached (in the list of released
 * pages, oldest first).  Held and cached pages with tokens in them are also
 * linked in a table by the serial number of their parent: a serial number names
 * one content, so finding a page is a walk from the first one, comparing tokens.
 */
#include "run/pages.h"

#include <string.h>

#define NONE DD_PAGE_NONE

typedef struct page {
  uint64_t serial; /* of what is in it; never used again */
  uint64_t parent; /* the serial of the page before it, 0 for the first */
  uint32_t holders;
  uint32_t before, after; /* in the list it is in */
  uint32_t same_slot;     /* the next in its slot of the table */
  bool listed;            /* in the table */
  bool cached;
  int count;              /* tokens in it */
  dd_token tokens[DD_PAGE_TOKENS];
  uint8_t kinds[DD_PAGE_TOKENS];
} page;

typedef struct page_list {
  uint32_t first, last; /* first: the next to be taken */
  uint32_t count;
} page_list;

struct dd_pages {
  const dd_pages_fns *fns;
  void *user;
  page *items;      /* owned, `room` of them */
  uint32_t *slots;  /* owned, `n_slots` of them: the first page of each */
  uint32_t n_slots; /* a power of two, at least `room` */
  uint32_t room;
  uint32_t limit;
  uint32_t size; /* pages that the devices have */
  page_list free, cached;
  uint64_t last_serial;
};

/* ---- lists and the table ----------------------------------------------- */

static void
list_append (dd_pages *pages, page_list *list, uint32_t number)
{
  page *item = &pages->items[number];

  item->before = list->last;
  item->after = NONE;
  if (list->last != NONE)
    pages->items[list->last].after = number;
  else
    list->first = number;
  list->last = number;
  list->count++;
}

static void
list_remove (dd_pages *pages, page_list *list, uint32_t number)
{
  const page *item = &pages->items[number];

  if (item->before != NONE)
    pages->items[item->before].after = item->after;
  else
    list->first = item->after;
  if (item->after != NONE)
    pages->items[item->after].before = item->before;
  else
    list->last = item->before;
  list->count--;
}

static uint32_t *
slot_of (const dd_pages *pages, uint64_t parent)
{
  /* Serials count up, so the top bits of a product with an odd constant spread them. */
  uint64_t hash = parent * UINT64_C (0x9e3779b97f4a7c15);

  return &pages->slots[(hash >> 32) & (pages->n_slots - 1)];
}

static void
table_add (dd_pages *pages, uint32_t number)
{
  page *item = &pages->items[number];
  uint32_t *slot = slot_of (pages, item->parent);

  item->same_slot = *slot;
  item->listed = true;
  *slot = number;
}

static void
table_remove (dd_pages *pages, uint32_t number)
{
  page *item = &pages->items[number];
  uint32_t *link = slot_of (pages, item->parent);

  if (!item->listed)
    return;
  while (*link != number)
    link = &pages->items[*link].same_slot;
  *link = item->same_slot;
  item->listed = false;
}

/* ---- the pool ---------------------------------------------------------- */

bool
dd_pages_new (const dd_pages_fns *fns, void *user, dd_pages **out, dd_error *error)
{
  dd_pages *pages = dd_alloc (DD_TAG_RUN, sizeof *pages);

  *out = pages;
  if (pages == NULL)
    return dd_fail_memory (error, "the cache's pages");
  pages->fns = fns;
  pages->user = user;
  pages->free = pages->cached = (page_list) { NONE, NONE, 0 };
  return true;
}

void
dd_pages_free (dd_pages **pages)
{
  if (*pages == NULL)
    return;
  dd_free ((*pages)->items);
  dd_free ((*pages)->slots);
  dd_free (*pages);
  *pages = NULL;
}

static bool
make_room (dd_pages *pages, uint32_t room, dd_error *error)
{
  void *items = pages->items;
  uint32_t n_slots = 64;
  uint32_t *slots;

  while (n_slots < room)
    n_slots *= 2;
  slots = dd_alloc_array (DD_TAG_RUN, n_slots, sizeof *slots);
  if (slots == NULL
      || !dd_grow (DD_TAG_RUN, &items, pages->room * sizeof (page), room * sizeof (page))) {
    dd_free (slots);
    return dd_fail_memory (error, "the cache's pages");
  }
  dd_free (pages->slots);
  pages->items = items;
  pages->slots = slots;
  pages->n_slots = n_slots;
  pages->room = room;
  memset (slots, 0xff, n_slots * sizeof *slots);
  for (uint32_t i = 0; i < pages->size; i++)
    if (pages->items[i].listed)
      table_add (pages, i);
  return true;
}

bool
dd_pages_raise (dd_pages *pages, uint32_t limit, dd_error *error)
{
  if (limit > UINT32_MAX / 2)
    return dd_fail (error, DD_ERROR_NO_MEMORY,
                    "the sessions' contexts are too long together; choose a shorter context");
  if (limit > pages->room && !make_room (pages, limit, error))
    return false;
  if (limit > pages->limit)
    pages->limit = limit;
  return true;
}

/* Empties a cached page into the free list. */
static void
evict (dd_pages *pages, uint32_t number)
{
  page *item = &pages->items[number];

  table_remove (pages, number);
  list_remove (pages, &pages->cached, number);
  item->cached = false;
  item->count = 0;
  list_append (pages, &pages->free, number);
}

void
dd_pages_lower (dd_pages *pages, uint32_t limit)
{
  uint32_t size = pages->size;
  dd_error ignored;

  if (limit < pages->limit)
    pages->limit = limit;
  while (pages->cached.count > 0 && pages->size - pages->free.count > limit)
    evict (pages, pages->cached.first);
  while (size > limit && pages->items[size - 1].holders == 0) {
    size--;
    if (pages->items[size].cached)
      evict (pages, size);
  }
  if (size == pages->size || !pages->fns->resize (pages->user, size, &ignored))
    return;
  for (uint32_t i = size; i < pages->size; i++)
    list_remove (pages, &pages->free, i);
  pages->size = size;
}

static bool
grow (dd_pages *pages, uint32_t size, dd_error *error)
{
  if (!pages->fns->resize (pages->user, size, error))
    return false;
  for (uint32_t i = pages->size; i < size; i++) {
    memset (&pages->items[i], 0, sizeof pages->items[i]);
    list_append (pages, &pages->free, i);
  }
  pages->size = size;
  return true;
}

void
dd_pages_prepare (dd_pages *pages, uint32_t count)
{
  uint32_t more = count > pages->free.count ? count - pages->free.count : 0;
  dd_error ignored;

  if (pages->size >= pages->limit || more == 0)
    return;
  if (more > pages->limit - pages->size)
    more = pages->limit - pages->size;
  (void) !grow (pages, pages->size + more, &ignored);
}

bool
dd_pages_take (dd_pages *pages, uint32_t *out, dd_error *error)
{
  page *item;

  if (pages->free.count == 0) {
    bool grown = pages->size < pages->limit && grow (pages, pages->size + 1, error);

    if (!grown && pages->cached.count > 0)
      evict (pages, pages->cached.first);
    else if (!grown && pages->size < pages->limit)
      return false;
  }
  if (pages->free.count == 0)
    return dd_fail (error, DD_ERROR_CONTEXT_FULL, "all %u pages of the cache are in use",
                    pages->limit);
  *out = pages->free.first;
  list_remove (pages, &pages->free, *out);
  item = &pages->items[*out];
  item->serial = ++pages->last_serial;
  item->parent = 0;
  item->count = 0;
  item->holders = 1;
  return true;
}

void
dd_pages_hold (dd_pages *pages, uint32_t number)
{
  page *item = &pages->items[number];

  if (item->cached) {
    list_remove (pages, &pages->cached, number);
    item->cached = false;
  }
  item->holders++;
}

void
dd_pages_release (dd_pages *pages, uint32_t number)
{
  page *item = &pages->items[number];

  if (--item->holders > 0)
    return;
  if (item->count == 0) {
    list_append (pages, &pages->free, number);
    return;
  }
  item->cached = true;
  list_append (pages, &pages->cached, number);
}

/* ---- content ----------------------------------------------------------- */

static uint64_t
serial_of (const dd_pages *pages, uint32_t number)
{
  return number == NONE ? 0 : pages->items[number].serial;
}

static int
common_prefix (const page *item, const dd_token *tokens, const uint8_t *kinds, int count)
{
  int same = 0;

  if (count > item->count)
    count = item->count;
  while (same < count && item->tokens[same] == tokens[same] && item->kinds[same] == kinds[same])
    same++;
  return same;
}

int
dd_pages_match (const dd_pages *pages,
                uint32_t parent,
                const dd_token *tokens,
                const uint8_t *kinds,
                int count,
                uint32_t preferred,
                uint32_t *out)
{
  uint64_t serial = serial_of (pages, parent);
  int best = 0;

  *out = NONE;
  if (pages->n_slots == 0)
    return 0;
  for (uint32_t i = *slot_of (pages, serial); i != NONE; i = pages->items[i].same_slot) {
    const page *item = &pages->items[i];
    int same = item->parent == serial ? common_prefix (item, tokens, kinds, count) : 0;

    if (same > best || (same == best && same > 0 && i == preferred)) {
      best = same;
      *out = i;
    }
  }
  return best;
}

/* Gives a page that only the caller holds up to `keep` tokens of its content, and
 * with that another identity. */
static void
shorten (dd_pages *pages, uint32_t number, int keep)
{
  page *item = &pages->items[number];

  table_remove (pages, number);
  item->serial = ++pages->last_serial;
  item->count = keep;
  if (keep > 0)
    table_add (pages, number);
}

bool
dd_pages_own (dd_pages *pages, uint32_t *number, int keep, dd_error *error)
{
  const page *item = &pages->items[*number];
  uint32_t copy;

  if (item->holders == 1 && item->count == keep)
    return true;
  if (!dd_pages_take (pages, &copy, error)) {
    if (pages->items[*number].holders > 1)
      return false;
    shorten (pages, *number, keep);
    return true;
  }
  if (keep > 0 && !pages->fns->copy (pages->user, *number, copy, keep, error)) {
    dd_pages_release (pages, copy);
    return false;
  }
  if (keep > 0) {
    page *made = &pages->items[copy];

    made->parent = item->parent;
    made->count = keep;
    memcpy (made->tokens, item->tokens, (size_t) keep * sizeof (dd_token));
    memcpy (made->kinds, item->kinds, (size_t) keep);
    table_add (pages, copy);
  }
  dd_pages_release (pages, *number);
  *number = copy;
  return true;
}

/* An older page with the same content as a full one; NONE if there is none. */
static uint32_t
find_twin (const dd_pages *pages, uint32_t number)
{
  const page *item = &pages->items[number];

  for (uint32_t i = *slot_of (pages, item->parent); i != NONE; i = pages->items[i].same_slot) {
    const page *other = &pages->items[i];

    if (i != number && other->parent == item->parent && other->count == DD_PAGE_TOKENS
        && common_prefix (other, item->tokens, item->kinds, DD_PAGE_TOKENS) == DD_PAGE_TOKENS)
      return i;
  }
  return NONE;
}

/* Empties a page that one holds. */
static void
discard (dd_pages *pages, uint32_t number)
{
  table_remove (pages, number);
  pages->items[number].count = 0;
  dd_pages_release (pages, number);
}

void
dd_pages_wrote (dd_pages *pages,
                uint32_t *number,
                uint32_t parent,
                const dd_token *tokens,
                const uint8_t *kinds,
                int count)
{
  page *item = &pages->items[*number];
  uint32_t twin;

  if (count == 0)
    return;
  memcpy (item->tokens + item->count, tokens, (size_t) count * sizeof *tokens);
  memcpy (item->kinds + item->count, kinds, (size_t) count);
  item->count += count;
  if (!item->listed) {
    item->parent = serial_of (pages, parent);
    table_add (pages, *number);
  }
  if (item->count < DD_PAGE_TOKENS)
    return;
  twin = find_twin (pages, *number);
  if (twin == NONE)
    return;
  dd_pages_hold (pages, twin);
  discard (pages, *number);
  *number = twin;
}

int
dd_pages_count (const dd_pages *pages, uint32_t number)
{
  return pages->items[number].count;
}

void
dd_pages_forget (dd_pages *pages)
{
  if (pages->n_slots > 0)
    memset (pages->slots, 0xff, pages->n_slots * sizeof *pages->slots);
  pages->free = pages->cached = (page_list) { NONE, NONE, 0 };
  pages->size = 0;
}

/* ---- for statistics and tests ------------------------------------------ */

void
dd_pages_describe (const dd_pages *pages, dd_pages_state *out)
{
  out->limit = pages->limit;
  out->size = pages->size;
  out->free = pages->free.count;
  out->cached = pages->cached.count;
  out->held = pages->size - out->free - out->cached;
}

uint32_t
dd_pages_holders (const dd_pages *pages, uint32_t number)
{
  return pages->items[number].holders;
}

static bool
list_sound (const dd_pages *pages, const page_list *list, bool cached)
{
  uint32_t count = 0, before = NONE;

  for (uint32_t i = list->first; i != NONE; i = pages->items[i].after) {
    const page *item = &pages->items[i];

    if (i >= pages->size || item->before != before || item->holders != 0 || item->cached != cached
        || (item->count > 0) != cached || count++ >= pages->size)
      return false;
    before = i;
  }
  return list->last == before && list->count == count;
}

/* Whether no cached page has been released before one that follows it. */
static bool
order_sound (const dd_pages *pages)
{
  for (uint32_t i = pages->cached.first; i != NONE; i = pages->items[i].after)
    for (uint32_t j = pages->items[i].after; j != NONE; j = pages->items[j].after)
      if (pages->items[j].parent == pages->items[i].serial)
        return false;
  return true;
}

bool
dd_pages_sound (const dd_pages *pages)
{
  uint32_t listed = 0, in_table = 0, held = 0;

  if (!list_sound (pages, &pages->free, false) || !list_sound (pages, &pages->cached, true)
      || !order_sound (pages))
    return false;
  for (uint32_t i = 0; i < pages->size; i++) {
    const page *item = &pages->items[i];

    held += item->holders > 0;
    listed += item->listed;
    if (item->listed != (item->count > 0) || item->count > DD_PAGE_TOKENS)
      return false;
  }
  for (uint32_t slot = 0; slot < pages->n_slots; slot++)
    for (uint32_t i = pages->slots[slot]; i != NONE; i = pages->items[i].same_slot)
      in_table += pages->items[i].listed
                  && slot_of (pages, pages->items[i].parent) == &pages->slots[slot];
  return in_table == listed && held + pages->free.count + pages->cached.count == pages->size;
}
