/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The pages of one model's cache: who holds which, what is in them, and which
 * may go.  A page is shared by all sessions whose tokens so far are the same, in
 * tokens and kinds, compared one by one and never by hash alone.  Pages that
 * nobody holds stay findable, the least recently released going first.  Knows no
 * device: growing and copying are functions it is given.
 *
 * What is in a page only ever grows; whoever wants less of it gets a copy.  One
 * thread.
 */
#pragma once

#include "base/alloc.h"
#include "base/error.h"
#include "plan/plan.h"

#define DD_PAGE_NONE UINT32_MAX

/* What the devices do, all placements of the model alike. */
typedef struct dd_pages_fns {
  /* Makes the pool hold `count` pages in all. */
  bool (*resize) (void *user, uint32_t count, dd_error *error);
  /* Copies the first `tokens` tokens of a page. */
  bool (*copy) (void *user, uint32_t from, uint32_t to, int tokens, dd_error *error);
} dd_pages_fns;

typedef struct dd_pages dd_pages;

DD_MUST_CHECK bool dd_pages_new (const dd_pages_fns *fns,
                                 void *user,
                                 dd_pages **out,
                                 dd_error *error);
void dd_pages_free (dd_pages **pages);

/* How many pages there may be.  Raising it needs memory for bookkeeping only;
 * lowering it (which cannot fail) forgets cached pages until no more than that are
 * used, and gives back what then lies unused at the end of the pool. */
DD_MUST_CHECK bool dd_pages_raise (dd_pages *pages, uint32_t limit, dd_error *error);
void dd_pages_lower (dd_pages *pages, uint32_t limit);

/* Grows the pool, within its limit, until `count` pages can be taken without
 * growing it.  Not being able to is an error only of the taking. */
void dd_pages_prepare (dd_pages *pages, uint32_t count);

/* An empty page held once.  A free one, else the pool grows, else the page that
 * was released longest ago is forgotten. */
DD_MUST_CHECK bool dd_pages_take (dd_pages *pages, uint32_t *page, dd_error *error);
void dd_pages_hold (dd_pages *pages, uint32_t page);
/* Holders of several pages of a sequence release the last one first: a cached
 * page is then never older than those that follow it. */
void dd_pages_release (dd_pages *pages, uint32_t page);

/* The page that follows `parent` (DD_PAGE_NONE: the first of a sequence) and
 * begins with the most of these `count` <= 64 tokens; returns how many, 0 if
 * there is none.  `preferred` wins a tie.  Does not hold it. */
int dd_pages_match (const dd_pages *pages,
                    uint32_t parent,
                    const dd_token *tokens,
                    const uint8_t *kinds,
                    int count,
                    uint32_t preferred,
                    uint32_t *page);

/* Makes `*page`, held by the caller, one that the caller alone may write from
 * token `keep` on: the same page, or a copy of its first `keep` tokens held in
 * its place. */
DD_MUST_CHECK bool dd_pages_own (dd_pages *pages, uint32_t *page, int keep, dd_error *error);

/* Says that `count` tokens have been written at the end of `*page`, which the
 * caller owns and whose parent is full.  A page that became full and equals an
 * older one is exchanged for that. */
void dd_pages_wrote (dd_pages *pages,
                     uint32_t *page,
                     uint32_t parent,
                     const dd_token *tokens,
                     const uint8_t *kinds,
                     int count);

int dd_pages_count (const dd_pages *pages, uint32_t page); /* tokens in it */

/* Forgets every page, held or not: their holders must forget them too.  After a
 * device was lost; the pool is empty. */
void dd_pages_forget (dd_pages *pages);

/* For statistics and tests. */
typedef struct dd_pages_state {
  uint32_t limit, size;      /* pages allowed; pages of the pool */
  uint32_t held, cached, free;
} dd_pages_state;

void dd_pages_describe (const dd_pages *pages, dd_pages_state *out);
uint32_t dd_pages_holders (const dd_pages *pages, uint32_t page);
/* Whether lists, counts and the order of release agree with each other. */
bool dd_pages_sound (const dd_pages *pages);
